"""What this app records, each with one sentence."""

CODES = {
    "accounts.organisation_founded": "The ceremony ended and the first team card was signed.",
    "accounts.settings_changed": "A setting of the organisation was changed.",
    "accounts.language_chosen": "Someone chose the language of the pages.",
    "accounts.staff_invited": "Someone was invited with a role.",
    "accounts.invitation_taken_back": "An invitation was taken back before anyone took it up.",
    "accounts.staff_joined": "An invitation was taken up.",
    "accounts.role_refused": "A role that reads reports was refused: a second person is needed.",
    "accounts.role_changed": "Someone was given another role.",
    "accounts.staff_deactivated": "Someone may no longer sign in.",
    "accounts.signed_in": "Someone signed in.",
    "accounts.sign_in_failed": "Someone tried to sign in with a wrong name or password.",
    "accounts.signed_out": "Someone signed out.",
    "accounts.key_rotated": "The team got a new identity; the old one still opens old reports.",
    "accounts.card_signed": "The root key signed a new version of the team card.",
    "accounts.unreviewed_texts_accepted": "Live pages may ship texts that nobody has reviewed.",
    "accounts.card_published": "The gate took a version of the team card.",
    "accounts.passphrase_changed": "The desk got a new passphrase.",
    "accounts.passphrase_recovered": "Two of three recovery parts gave the desk a new passphrase.",
    "desk.wrong_words": "Wrong words were typed at the locked desk.",
    "desk.unlocked": "The desk was opened.",
}
