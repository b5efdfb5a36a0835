"""What this app records in the audit chain, each with one sentence."""

CODES = {
    "evidence.provenance_set": "Someone said where an item comes from.",
    "evidence.file_changed": "A file of the store is not what was written.",
    "evidence.file_gone": "A file of the store cannot be found.",
    "evidence.heads_made": "Heads of register, custody and history were made for the log.",
    "evidence.log_begun_anew": "The log's key was retired; what it does not prove waits anew.",
    "evidence.audited": "The whole log was compared with what the desk holds.",
    "evidence.terms_set": "The terms of keeping evidence were changed.",
    "evidence.timestamped": "A timestamp was taken.",
    "evidence.authority_added": "The desk asks a further timestamp authority.",
    "evidence.authority_removed": "The desk asks a timestamp authority no more.",
}
