"""What the command line says for an error: what happened, what is safe, what to do."""

from aigaq.errors import AigaqError

SENTENCES = {
    "accounts.no_card": "There is no team card yet. Run `aigaq init` first.",
    "accounts.no_organisation": "No organisation was founded here. Run `aigaq init` first.",
    "accounts.other_root": "This is not the root key of this organisation. Nothing was signed.",
    "ceremony.already_founded": "An organisation was founded here already; nothing was changed. "
    "Set AIGAQ_HOME to another folder to found another one.",
    "ceremony.bad_exit_url": "The exit address has to begin with https:// and be a plain page.",
    "ceremony.bad_gate_origin": "The gate's address has to look like https://example.org, without "
    "anything after it (http only on this computer or as an onion service).",
    "ceremony.bad_reading_hours": "Reading hours go from 1 to 336.",
    "ceremony.copy_differs": "Word {position} differs from what was shown. Compare it.",
    "ceremony.missing_name": "A name in {language} is missing.",
    "ceremony.no_founder": "The founder's name is missing.",
    "commands.failed": "The desk could not do that. Its log names the error.",
    "commands.unknown": "The running desk does not know this command; it may be an older version.",
    "desk.already_running": "A desk runs on this folder already. Ask it: `aigaq desk status`.",
    "desk.locked": "The desk is locked. Open it with `aigaq desk unlock`.",
    "desk.not_running": "No desk runs on this folder. Start it with `aigaq desk serve`.",
    "gate.refused_card": "The gate refused the card ({code}). The one it has stays in use.",
    "gate.unreachable": "The gate does not answer. Nothing was changed; try again later.",
    "home.not_absolute": "AIGAQ_HOME has to be an absolute path.",
    "recovery.wrong_parts": "These parts do not belong together, or not to this desk. Check each "
    "word and its place.",
    "vault.missing": "The key file of this desk is missing, or no organisation was founded here.",
    "vault.wrong_passphrase": "These are not the words of this desk.",
    "words.unknown_word": "Word {position} is not in the list. Compare it with your paper.",
    "words.wrong_checksum": "One of the words is another than it was. Compare them all.",
    "words.wrong_number": "There have to be {expected} words; these are {got}.",
}


def say(error: AigaqError) -> str:
    """Return the sentence for ``error``, with its code at the end."""
    sentence = SENTENCES.get(error.code)
    if sentence is None:
        return f"this did not work: {error}"
    return f"{sentence.format(**error.context)} [{error.code}]"
