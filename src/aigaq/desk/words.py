"""What the desk says for each code of the layers below: questions, tiles, states, faults, alarms.

A code without words here is shown as it is, never hidden; a test asks for words for every code of
`spec/questions.json` and of intake. Texts are lazy, so one table serves all languages.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from aigaq.evidence.timestamping import RENEWED

Words = Mapping[str, Promise]
QUIET_SIGN = 17
#: The recipe of a copy without hidden details.
STRIPPED = "strip/v1"

QUESTIONS: Mapping[int, Promise] = {
    1: _("Age"),
    2: _("Who writes"),
    3: _("Safe right now"),
    4: _("What happened"),
    5: _("Where"),
    6: _("When"),
    7: _("Who did it"),
    8: _("What may vanish soon, and who has it"),
    9: _("Who has been told, and what they did"),
    10: _("What the reporter wants"),
    11: _("Other wishes, in own words"),
    12: _("How to address the reporter"),
    13: _("Safe ways to get in touch"),
    14: _("Details for that"),
    15: _("Safe hours, and what not to say"),
    16: _("Language to answer in"),
    17: _("Quiet sign"),
    18: _("Second channel"),
    201: _("Told to staff by"),
    202: _("How it was told"),
    203: _("When it was told"),
    204: _("Mailbox"),
}

OPTIONS: Mapping[int, Words] = {
    1: {
        "under_14": _("under 14"),
        "14_15": _("14 or 15"),
        "16_17": _("16 or 17"),
        "18_24": _("18 to 24"),
        "25_59": _("25 to 59"),
        "60_up": _("60 or older"),
    },
    2: {
        "survivor": _("It happened to the reporter"),
        "relative": _("A relative"),
        "witness": _("A witness"),
        "helper": _("Someone who helps"),
    },
    3: {"yes": _("Yes"), "no": _("No"), "unsure": _("Not sure")},
    10: {
        "heard": _("to be heard"),
        "advice": _("advice"),
        "lawyer": _("a lawyer"),
        "care": _("medical or psychological care"),
        "shelter": _("a safe place to stay"),
        "complaint": _("a complaint to an authority"),
        "speak_out": _("to speak out in public"),
        "keep_only": _("only to keep it safe for now"),
    },
    13: {
        "mailbox": _("through this mailbox"),
        "call": _("by phone call"),
        "messenger": _("by messenger"),
        "email": _("by e-mail"),
        "person": _("through a person the reporter trusts"),
    },
    16: {
        "kk": _("Kazakh"),
        "ru": _("Russian"),
        "en": _("English"),
        "sign": _("sign language"),
        "other": _("another language"),
    },
    17: {
        "a": _("apple"),
        "b": _("bell"),
        "c": _("cup"),
        "d": _("door"),
        "e": _("tree"),
        "f": _("fish"),
    },
    202: {
        "phone": _("by phone"),
        "door": _("in person"),
        "letter": _("by letter"),
        "messenger": _("in a messenger"),
        "other": _("in another way"),
    },
    204: {
        "code": _("a receipt code was drawn and handed over"),
        "none": _("none wanted: nothing can be written to it"),
    },
}

CONSENTS: Words = {
    "keep": _("The organisation keeps the report and its files sealed."),
    "advise": _("The organisation reads the report and answers."),
    "represent": _("A lawyer who works with the organisation may see the report."),
    "refer": _("A doctor, psychologist or shelter may get what the referral needs."),
    "complain": _("The report may be used in complaints and statements to authorities."),
    "prove": _("Files may be handed to a court as evidence."),
    "publish": _("The story may be told in public once the reporter has approved the text."),
    "count": _("The report may be counted, without name and place, in published figures."),
}

ROLES: Words = {
    "caseworker": _("caseworker"),
    "lawyer": _("lawyer"),
    "editor": _("editor"),
    "analyst": _("analyst"),
    "administrator": _("administrator"),
}

URGENCY_REASONS: Words = {
    "urgency.not_safe": _("not safe right now"),
    "urgency.unsure_whether_safe": _("not sure of being safe"),
    "urgency.under_14": _("under 14"),
    "urgency.under_18": _("under 18"),
    "urgency.wants_care": _("needs care: hours count"),
    "urgency.wants_shelter": _("needs a safe place"),
    "urgency.wants_lawyer": _("asks for a lawyer"),
}

CAME_BY: Words = {
    "gate": _("through the gate"),
    "file": _("as a file"),
    "desk": _("taken down at the desk"),
}

FAULTS: Words = {
    "report.bad_header": _("The cover of the report cannot be read."),
    "report.wrong_signature": _("The signature on the cover is not right."),
    "report.other_team": _("The report was sealed for another organisation."),
    "report.missing_member": _("A part of the report is missing."),
    "report.extra_member": _("The report holds a part that does not belong to it."),
    "report.wrong_size": _("A part of the report has another size than its cover says."),
    "report.wrong_hash": _("A part of the report was changed on the way."),
    "report.not_for_us": _("None of our keys opens it."),
    "report.bad_key": _("The key inside the report cannot be read."),
    "report.bad_manifest": _("The contents page of the report cannot be read."),
    "report.contradictory": _("Cover and contents name different mailboxes."),
    "report.bad_item": _("A file was changed or cut on the way."),
    "report.bad_padding": _("A part has an unexpected filling."),
    "report.wrong_commitment": _("The sealed fingerprint does not match the contents."),
    "report.empty": _("The report is empty."),
    "report.too_many_items": _("The report holds more files than are allowed."),
    "container.truncated": _("The file ends too early."),
    "container.bad_tar": _("This is not a sealed report."),
    "container.bad_name": _("The file holds a part with a wrong name."),
    "container.bad_order": _("The parts of the file stand in a wrong order."),
    "container.trailing_data": _("Something was added behind the report."),
    "message.wrong_signature": _("The signature is not the one of this mailbox."),
    "message.other_mailbox": _("It was written for another mailbox."),
    "message.out_of_order": _("It does not follow the letter before it: one may be missing."),
    "message.repeated": _("It has come before."),
    "message.bad_form": _("It cannot be read as a letter."),
    "message.bad_padding": _("It has an unexpected filling."),
    "message.not_for_us": _("None of our keys opens it."),
    "message.unknown_mailbox": _("It came for a mailbox that this desk does not know."),
    "message.dead_mailbox": _("It came from a mailbox that was replaced."),
    "mailbox.other_recipient": _("A later part names another key for the same mailbox."),
}

REPLY_REFUSALS: Words = {
    "intake.no_mailbox": _("This report came without a mailbox: there is nowhere to write to."),
    "intake.contradictory": _(
        "Cover and contents of this report name different mailboxes. A letter could reach the"
        " wrong person, so none is sent."
    ),
    "intake.unreadable": _(
        "Nobody could read the contents of this report, so nothing shows whose mailbox this is. A"
        " letter could reach the wrong person, so none is sent."
    ),
    "intake.dead_mailbox": _("This mailbox was replaced by a new one. Write there."),
    "intake.text_too_long": _("The letter is too long. Send it in two."),
    "intake.empty_text": _("The letter is empty."),
    "intake.already_decided": _("A colleague has decided this already."),
    "intake.cooling_off": _("The cooling-off is not over. Until then it can be kept or refused."),
    "intake.not_erased": _("Nothing is deleted yet. Erase the report: that decides it."),
}

SECOND_PLACE_REFUSALS: Words = {
    "second_place.not_a_folder": _("There is no such folder on this computer."),
    "second_place.inside_the_desk": _("This folder lies inside the desk. Choose another one."),
    "second_place.of_another_team": _("The copies of another organisation lie there."),
    "second_place.not_writable": _("The desk may not write there."),
    "second_place.missing": _("The disk is not there. Plug it in."),
    "second_place.full": _("The disk is full."),
    "second_place.differs": _("What was read back differs. The disk may be failing."),
    "second_place.ahead": _("The copy there is newer than this desk. Ask for help first."),
    "second_place.backup_failed": _("The copy could not be written to its end."),
}

NOTICE_REFUSALS: Words = {
    "notices.no_address": _("One of these is no e-mail address."),
    "notices.bad_host": _("The name of a mail server is needed."),
    "notices.bad_security": _("An open line is only for a mail server on this very computer."),
    "notices.bad_sender": _("This is no e-mail address."),
}

ALARMS: Words = {
    "evidence.file_changed": _("A stored file is not what was written"),
    "evidence.file_gone": _("A stored file is gone"),
    "gate.wrong_member": _("The gate hands out a part of a report with other bytes than promised"),
    "gate.swapped_report": _("The gate handed out another report than the one asked for"),
    "intake.message_flagged": _("A letter does not look right"),
    "log.bad_entries": _("The log hands out entries that are not in its tree"),
    "log.cosigner_silent": _(
        "One of those who cosign the public log has been silent for more than a day"
    ),
    "log.forked": _("The public log shows two histories"),
    "log.promise_broken": _("A report is not in the public log although it was promised"),
    "log.rolled_back": _("The public log has fewer entries than before"),
    "log.stalled": _("The public log has stood still for too long"),
    "log.unlisted_bundle": _("Pages were served that the public log does not name"),
    "log.unlisted_card": _("A card was served that the public log does not name"),
    "log.withheld": _("The gate shows that the public log grows, but not all that is in it"),
    "log.wrong_signature": _("The public log came with a wrong signature"),
    "mailbox.gate_refuses_order": _("The gate does not take our letter in its order"),
    "mailbox.heads_disagree": _("Gate and desk disagree about the letters of a mailbox"),
    "mailbox.other_recipient": _("A later part names another key for the same mailbox"),
    "message.after_erasing": _("A letter came from a reporter whose report was erased"),
    "message.unknown_mailbox": _("A letter came for a mailbox that this desk does not know"),
    "report.same_commitment": _("The same report came under another mailbox"),
    "watch.card_differs": _("The card that the gate shows is not ours"),
    "watch.bundle_differs": _("The pages that the gate serves are not the ones that we published"),
}

PREVIEW_REASONS: Words = {
    "preview.no_bubblewrap": _("This computer has no sandbox (bubblewrap), so nothing is opened."),
    "preview.too_large": _("It is too large to show here."),
    "preview.too_many_pixels": _("The picture is too large to show here."),
    "preview.too_slow": _("It took too long to prepare."),
    "preview.broken": _("It cannot be read; it may be damaged."),
    "preview.no_decoders": _("The programs that read pictures and sound are not installed here."),
    "preview.damaged_item": _("It was changed or cut on the way, so nothing is opened."),
    "preview.unknown_kind": _("Files of this kind are not shown here."),
}

KINDS: Words = {
    "image": _("Picture"),
    "sound": _("Sound"),
    "video": _("Video"),
    "text": _("Text"),
    "other": _("File"),
}

REQUESTS: Words = {
    "withdraw": _("The reporter takes the report back"),
    "delete": _("The reporter asks to delete the report"),
    "limit": _("The reporter asks to keep the report and do nothing with it for now"),
}

DECISIONS: Words = {
    "done": _("Done as asked"),
    "refused": _("Not possible"),
    "kept": _("Kept after talking with the reporter"),
}

DELIVERIES: Words = {
    "waiting": _("waits for the gate to answer"),
    # The gate says so; a false one that dropped a letter would say the same.
    "read": _("read, as the gate says"),
    "at_gate": _("lies in the mailbox, not read yet"),
    "not_taken": _("the gate did not take it: see the notices"),
}

MESSAGE_KINDS: Words = {
    "filing_receipt": _("Receipt: the report was filed"),
    "safe": _("Note: the report is safe in two places"),
    "proof": _("Proof: the report is in the public log"),
    "rebind": _("A new mailbox takes the place of this one"),
    "withdraw_consent": _("The reporter takes back a consent"),
    "request": _("The reporter asks for something"),
}

OPENED: Words = {
    "report": _("opened the report"),
    "item": _("looked at a file"),
    "download": _("saved a file"),
}


PROVENANCE: Words = {
    "recorded": _("recorded by the reporter in our page"),
    "received": _("received from another, or not yet known"),
    "secondary": _("from a secondary source"),
    "official": _("an official document"),
    "web_capture": _("a capture of a web page"),
}

FILE_KINDS: Words = {
    "sealed": _("Sealed original, as it came"),
    "working": _("Working copy: the opened original"),
    "derivative": _("Derivative, for looking only"),
}

FIXITY: Words = {
    "unchecked": _("not read back yet"),
    "same": _("unchanged"),
    "changed": _("changed: not what was written"),
    "gone": _("gone"),
}

CUSTODY: Words = {
    "received": _("received"),
    "opened": _("opened"),
    "copied": _("copied out of the desk"),
    "exported": _("put into a package"),
    "handed_over": _("handed over"),
    "fixity": _("read again and compared"),
    "derived": _("a copy was made"),
    "timestamped": _("timestamped"),
    "corrected": _("corrected"),
    "shredded": _("erased"),
}

CUSTODY_NOTES: Words = {
    "download": _("saved by hand"),
    "second_place": _("to the second place"),
    "nobody": _("to nobody yet"),
    "second_channel": _("a second channel was agreed in a meeting"),
}

DUE_REASONS: Words = {
    "consent_withdrawn": _("The consent to keep it was taken back"),
    "damaged": _("It cannot be read, and the term for such reports is over"),
    "kept_long_enough": _("The term of keeping is over"),
}


def say(words: Words, code: str) -> str:
    """Return the words for ``code``, or the code itself when there are none yet."""
    return str(words.get(code, code))


def say_answer(question: int, value: str) -> str:
    """Return an answer as a person reads it: her own words, or the words of her tiles."""
    if question == QUIET_SIGN:
        # Which tile it is stays between her and the desk's machine.
        return _now("agreed; the desk watches for it")
    options = OPTIONS.get(question)
    if options is None:
        return value
    return ", ".join(say(options, tile) for tile in value.split(" "))


def say_question(question: int) -> str:
    """Return the short heading of a question, also for one that this version does not know."""
    words = QUESTIONS.get(question)
    return str(words) if words else _now("Question %(number)s") % {"number": question}


def say_custody_note(event: str, note: str) -> str:
    """Return the note of a line of custody as a person reads it."""
    if event == "received":
        came, heals, number = note.partition(" heals ")
        if heals:
            said = {"came": say(CAME_BY, came), "n": number}
            return _now("%(came)s; whole, after the damaged copy № %(n)s") % said
        return say(CAME_BY, note) if note in CAME_BY else say(FAULTS, note)
    if event == "fixity":
        counts = (one.rsplit(" ", 1) for one in note.split(", "))
        return ", ".join(f"{say(FIXITY, state)}: {count}" for state, count in counts)
    if event == "corrected" and note.startswith("provenance "):
        return say(PROVENANCE, note.rsplit(" ", 1)[1])
    if event == "derived":
        return _now("without hidden details") if note == STRIPPED else _now("for viewing")
    if event == "copied" and note.startswith("package "):
        return _now("for a package that was begun")
    if event == "timestamped" and note.endswith(RENEWED):
        return _now("%(authority)s, renewed") % {"authority": note.removesuffix(RENEWED)}
    return say(CUSTODY_NOTES, note)
