"""What the command line says for an error: what happened, what is safe, what to do."""

from collections import defaultdict

from aigaq.errors import AigaqError

SENTENCES = {
    "accounts.no_card": "There is no team card yet. Run `aigaq init` first.",
    "accounts.bad_retirement_time": "The time of the seizure lies in the future. Nothing was "
    "signed; give it in UTC, or leave it out.",
    "accounts.no_organisation": "No organisation was founded here. Run `aigaq init` first.",
    "accounts.bad_card_change": "{named} cannot be set so in the card. Nothing was signed. "
    "docs/reference/commands.md lists what can be changed, and how.",
    "accounts.no_review": "The pages of this installation do not say whether their texts were "
    "reviewed. Install the program again.",
    "accounts.unreviewed_texts": "No native speaker has reviewed the texts in: {languages} "
    "(client/texts/review.json). Live pages do not ship them, and nothing was changed. Have them "
    "read, or say in writing why they go out all the same: "
    '--accept-unreviewed-texts "REASON". It is kept in the audit log; name no one in it.',
    "accounts.other_root": "This is not the root key of this organisation. Nothing was signed.",
    "card.other_root": "The gate's card is under another root key than --root. Nothing was sent. "
    "Check the key, and warn the team if it is right.",
    "card.wrong_signature": "The card was changed after it was signed. Nothing was sent.",
    "ceremony.already_founded": "An organisation was founded here already; nothing was changed. "
    "Set AIGAQ_HOME to another folder to found another one.",
    "ceremony.bad_exit_url": "The exit address has to begin with https:// and be a plain page.",
    "ceremony.bad_gate_origin": "The gate's address has to look like https://example.org, "
    "without anything after it (http only on this computer or as an onion service).",
    "ceremony.bad_reading_hours": "Reading hours go from 1 to 336.",
    "ceremony.copy_differs": "Word {position} differs from what was shown. Compare it.",
    "ceremony.missing_name": "A name in {language} is missing.",
    "ceremony.no_founder": "The founder's name is missing.",
    "chat.bad_archive": "The archive holds links, locked files or names that lead out of it. "
    "Nothing was filed, and it lies where it lay. Export the chat once more.",
    "chat.damaged_archive": "The archive is cut or damaged. Nothing was filed, and it lies where "
    "it lay. Export the chat once more.",
    "chat.not_an_export": "This is no chat that WhatsApp or Telegram exported. Nothing was filed. "
    "Take the .zip or _chat.txt of WhatsApp, or the folder's result.json of Telegram.",
    "chat.too_large": "The export would grow beyond what can be taken in (8 GiB in all, or a file "
    "that swells 200-fold). Nothing was filed. Export a shorter time, or without media.",
    "chat.too_many_files": "The export holds more than 9,900 files. Nothing was filed. Export a "
    "shorter time.",
    "chat.unreadable_file": "The file cannot be read. Nothing was filed.",
    "chat.whole_account": "This is the export of a whole account, with chats of other people. "
    "Nothing was filed. In Telegram Desktop open the one chat, menu, Export chat history.",
    "commands.failed": "The desk could not do that. Its log names the error.",
    "commands.unknown": "The running desk does not know this command; it may be an older version.",
    "consent.expired": "The consent for item {number} of report {report} is over. Nothing was "
    "handed out. Ask the reporter.",
    "consent.missing": "No consent covers item {number} of report {report} for this purpose and "
    "audience. Nothing was handed out. Ask the reporter, or leave it out with --items.",
    "consent.withdrawn": "The consent for item {number} of report {report} was taken back. Nothing "
    "was handed out.",
    "consent.wrong_purpose": "No consent for this purpose and audience carries items: those for "
    "represent (lawyer), refer (partner), complain (authority) and prove (court) do. Nothing was "
    "handed out.",
    "package.bad_recipient": "--sealed-to takes the public key of one person, age1… (X25519).",
    "package.damaged_item": "Item {number} of report {report} could not be opened whole, so it "
    "cannot be handed out.",
    "package.disk_full": "There is no room for the package. Nothing was handed out.",
    "package.exists": "Something lies at that place already. Nothing was written; name a new one.",
    "package.items_of_one_report": "--items names items of one report. Leave it out for several.",
    "package.no_items": "Report {report} has no items to hand out.",
    "package.no_language": "--language takes kk, ru and en, each once, at least one of them.",
    "package.no_log": "The log at the gate cannot be read, or is not the one that this desk "
    "watches. Nothing was handed out; look at the alarms.",
    "package.nothing_allowed": "No consent covers any of these items for this purpose. Nothing was "
    "handed out. Ask the reporters.",
    "package.not_logged": "Report {report} is not in the log yet. Try again after the delay that "
    "the card promises, at most a day.",
    "package.retired_log": "These reports are proven by a log whose key was retired, and this desk "
    "has no head of it any more. Nothing was handed out; the reporters' receipt files still prove.",
    "package.two_logs": "Some of these reports stand in the present log, some in one whose key was "
    "retired. Nothing was handed out; make a package for each.",
    "package.not_stripped": "The reporter wants the hidden details of item {number} removed before "
    "anyone outside the team sees it, and that cannot be done for this file ({found}). Nothing was "
    "handed out; leave it out with --items.",
    "package.not_verified": "The verifier refuses the package that this desk made ({found}, step "
    "{step}). Nothing was handed out; tell who keeps this program.",
    "package.too_large_to_pack": "These items do not fit into memory, where an archive is put "
    "together. Nothing was handed out; name a folder instead of a .zip.",
    "handover.incomplete": "Say to whom it was handed over, by whom, and under which act.",
    "handover.too_long": "Each of --to, --carried-by and --act takes at most {limit} characters.",
    "handover.wrong_day": "--on takes a day such as 2026-05-04: not before the package left "
    "the desk and not in the future.",
    "collection.empty": "No report is in this collection.",
    "collection.unknown": "There is no collection of this name at the desk.",
    "container.bad_name": "This is not the file of a sealed report. Name another one.",
    "container.bad_order": "This is not the file of a sealed report, or parts of it are missing.",
    "container.bad_tar": "This is not the file of a sealed report, or it was damaged on the way.",
    "container.trailing_data": "Something stands after the end of the report. Copy the file again.",
    "container.truncated": "The file ends too early. Copy it again.",
    "timestamp.bad_authority": "The authority cannot be taken so: a name, an address that begins "
    "with http:// or https://, two capital letters for the country, and its root in PEM.",
    "timestamp.known_authority": "An authority of this name is asked already.",
    "timestamp.no_authority": "No timestamp authority is named: in the card "
    "(`aigaq card sign`), or here with `aigaq desk authority add`. Nothing was stamped.",
    "timestamp.no_checkpoint": "The desk has cosigned no checkpoint yet, or is just about to. Try "
    "again in some minutes.",
    "timestamp.unknown_authority": "No authority of this name was named on this desk. Those of "
    "the card go with the next card.",
    "desk.already_running": "A desk runs on this folder already. Ask it: `aigaq desk status`.",
    "desk.locked": "The desk is locked. Open it with `aigaq desk unlock`.",
    "desk.not_running": "No desk runs on this folder. Start it with `aigaq desk serve`.",
    "gate.already_running": "A gate runs on this data folder already. Stop that one first.",
    "gate.bad_key_file": "The file of the log key does not hold a key. It is gate/log.key "
    "of `aigaq init`.",
    "gate.bad_proxy": "AIGAQ_PROXY has to look like socks5://127.0.0.1:9050, or be `none`.",
    "gate.desk_here": "A desk lies on this computer. A gate on a public address must not "
    "stand beside it: run the gate on a server of its own.",
    "gate.wrong_log_key": "This log key is not the one that the card names. Use the folder "
    "gate/ of the same `aigaq init`.",
    "gate.refused_card": "The gate refused the card ({code}). The one it has stays in use.",
    "gate.unreachable": "The gate does not answer. Nothing was changed; try again later.",
    "home.not_absolute": "AIGAQ_HOME has to be an absolute path.",
    "init.trial_not_live": "A trial cannot be live: its secrets are printed and lie in files. "
    "Nothing was founded. Leave --trial out to found a live organisation.",
    "mailbox.alarm": "Gate and team contradict each other, or a message is forged. Write nothing "
    "more here; reach the team by the way that was agreed.",
    "mailbox.not_for_us": "No mailbox opens with this code here. Compare the digits and the team.",
    "log.bad_checkpoint": "There is no checkpoint in this folder: it is not a log.",
    "log.bad_entries": "Entries of this log are not what its tree says ({path}).",
    "log.bad_tile": "A tile of this log is not what its entries say ({path}).",
    "log.forked": "This log shows two histories. Your copy stays as it was; both heads are kept in "
    "{folder}. Tell the organisation.",
    "log.missing_tile": "A part of this log is missing ({path}).",
    "log.rolled_back": "The log has fewer entries ({size}) than it had ({known}). Your copy stays "
    "as it was; both heads are kept in {folder}. Tell the organisation.",
    "log.wrong_root": "The entries of this log do not lead to its checkpoint.",
    "mailbox.out_of_order": "Another device writes into this mailbox now. Wait a little and try "
    "again.",
    "message.too_long": "The message is too long. Write it in two.",
    "note.not_signed": "This checkpoint is not signed by the key of the log.",
    "note.wrong_signature": "A signature under this checkpoint is false.",
    "open.bad_identity": "This file does not hold a team identity (AGE-SECRET-KEY-PQ-1…).",
    "open.damaged": "Not everything is as it was sealed ({fault}). What could be read lies in "
    "{folder}; report.json says what is wrong.",
    "open.folder_exists": "{folder} is there already. Name a new folder.",
    "receipt_code.not_a_digit": "A receipt code has digits only.",
    "receipt_code.wrong_check_digit": "One of the digits is another than it was. Compare them all.",
    "receipt_code.wrong_length": "A receipt code has 20 digits, or 24 from the page without "
    "JavaScript.",
    "policy.file_exists": "{file} is there already. Nothing was overwritten; name another file.",
    "promise.from_the_future": "The gate dates its promise later than this computer's clock. Check "
    "the clock, then run the same command again.",
    "promise.other_delay": "The gate promises a longer delay than its team card allows. Do not "
    "count on it; tell the team by another way.",
    "recovery.wrong_parts": "These parts do not belong together, or not to this desk. Check each "
    "word and its place.",
    "report.empty": "There is nothing to seal. Give --answers or --item.",
    "report.item_changed": "A file changed while it was read. Nothing was written; try again.",
    "report.not_for_us": "This report was sealed for another team.",
    "seal.bad_answers": 'The answers have to be a JSON object such as {{"4": "what happened"}}.',
    "seal.bad_consent": "A consent looks like PURPOSE:AUDIENCE, such as prove:court.",
    "seal.bad_report_id": "A report id has 64 hexadecimal digits.",
    "seal.file_exists": "{file} is there already. Nothing was overwritten; name another file.",
    "send.bad_answer": "What answers there does not speak as a gate does. Nothing more was sent.",
    "send.bad_gate": "The address of the gate has to look like https://example.org.",
    "send.other_receipt": "This receipt file is of another report. The report was received; keep "
    "the promise with --json.",
    "send.refused": "The gate refused ({status} {said}).",
    "send.unreachable": "The gate does not answer. What arrived is kept for a day: run the same "
    "command again.",
    "vault.missing": "The key file of this desk is missing, or no organisation was founded here.",
    "vault.wrong_passphrase": "These are not the words of this desk.",
    "watch.bad_log": "The log has to look like https://example.org/log.",
    "watch.bad_seed": "This is not the seed file of a cosigner, or it has another name. A name has "
    "neither spaces nor `+`.",
    "watch.memory_lost": "What this seed has cosigned is not remembered here: {folder} is gone or "
    "empty. Put it back. Who cosigns without it can be shown a second history. If it is gone for "
    "good, see docs/how-to/cosign.md before you use --begin-anew; nothing was cosigned.",
    "watch.no_card": "Whose log it is, is not known yet. Give --root with the organisation's "
    "fingerprint, or --card with its signed card.",
    "watch.no_checkpoint": "The log has no checkpoint yet. Try again in some minutes.",
    "watch.no_tile": "A part of the log ({path}) is not there. Try again; if it stays so, the log "
    "is not whole.",
    "watch.other_root": "The card is under another root key than --root. Compare the fingerprint "
    "with the organisation by another way; nothing was cosigned.",
    "watch.unreachable": "The log does not answer. Try again later.",
    "words.unknown_word": "Word {position} is not in the list. Compare it with your paper.",
    "words.wrong_checksum": "One of the words is another than it was. Compare them all.",
    "words.wrong_number": "There have to be {expected} words; these are {got}.",
    "told.bad_file": "The file does not describe a told report ({what}). Nothing was filed. See "
    "docs/reference/commands.md.",
    "up.already_running": "A desk runs on this folder already. Stop that one first (Ctrl+C).",
    "up.did_not_start": "Gate or desk did not start; the lines above say why. Nothing was lost.",
    "up.ended": "Gate or desk ended by itself; the lines above say why. What was received "
    "lies in {home}. Start again with `make run`.",
    "up.failed": "The trial organisation could not be founded; the lines above say why.",
    "up.not_a_trial": "The organisation in AIGAQ_HOME is not a trial. Run its gate and "
    "desk by themselves (`aigaq gate serve`, `aigaq desk serve`), or set AIGAQ_HOME "
    "to an empty folder.",
    "up.port_taken": "Port {port} on this computer is taken by another program. Stop it first.",
}


def say(error: AigaqError) -> str:
    """Return the sentence for ``error``, with its code at the end."""
    sentence = SENTENCES.get(error.code)
    if sentence is None:
        return f"this did not work: {error}"
    known = defaultdict(lambda: "?", error.context)
    return f"{sentence.format_map(known)} [{error.code}]"
