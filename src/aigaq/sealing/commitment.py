"""The commitment of a report: one salted hash over every answer, consent and item.

Each of them is a leaf of its own with its own salt, so that one can be opened later without the
others. Source: spec/report.md, "Commitment".
"""

from aigaq.sealing.encoding import Part, hash_leaf, hash_parts

LEAF_LABEL = "aigaq/report-leaf/v1"
COMMITMENT_LABEL = "aigaq/commitment/v1"


def _leaf(kind: str, *parts: Part, number: int, salt: bytes) -> bytes:
    return hash_leaf(LEAF_LABEL, salt, kind, number, *parts)


def answer_leaf(*, number: int, salt: bytes, value: str) -> bytes:
    """Return the leaf of an answer."""
    return _leaf("answer", value, number=number, salt=salt)


def consent_leaf(*, number: int, salt: bytes, unsalted_json: bytes) -> bytes:
    """Return the leaf of a consent; ``unsalted_json`` is its RFC 8785 form without the salt."""
    return _leaf("consent", unsalted_json, number=number, salt=salt)


def item_leaf(
    *, number: int, salt: bytes, name: str, media_type: str, size_bytes: int, sha256: bytes
) -> bytes:
    """Return the leaf of an item; size and hash are those of its content without padding."""
    return _leaf("item", name, media_type, size_bytes, sha256, number=number, salt=salt)


def commit_root(
    *, root: bytes, leaf_count: int, root_salt: bytes, team_id: bytes, mailbox_key: bytes
) -> bytes:
    """Return the commitment to a root of so many leaves, for a team and a mailbox."""
    return hash_parts(COMMITMENT_LABEL, root_salt, team_id, mailbox_key, leaf_count, root)
