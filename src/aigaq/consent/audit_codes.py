"""What this app records in the audit chain, each with one sentence."""

CODES = {
    "consent.granted": "The grants that came with a report were written down.",
    "consent.granted_by_mouth": "Someone wrote down a grant that was given by word of mouth.",
    "consent.withdrawn_by_message": "A signed message of the reporter took grants back.",
    "consent.withdrawn_by_mouth": "Someone took a grant back as the reporter had said.",
}
