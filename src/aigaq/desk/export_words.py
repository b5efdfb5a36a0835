"""What the desk says of packages, consents by word of mouth and collections, code by code."""

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from aigaq.desk.words import Words, say
from aigaq.intake.handing_over import read_note

FOR_WHOM: Words = {
    "prove": _("A court"),
    "complain": _("An authority"),
    "represent": _("A lawyer"),
    "refer": _("A doctor, psychologist or shelter"),
}

REFUSALS: Words = {
    "consent.missing": _("The reporter has not allowed this."),
    "consent.withdrawn": _("The reporter has taken this consent back."),
    "consent.expired": _("The time of this consent is over."),
    "consent.wrong_purpose": _("No consent for this purpose carries files."),
    "package.bad_recipient": _("This is no public age key of one person: it begins with age1."),
    "package.damaged_item": _("The file came damaged: what it was cannot be proven."),
    "package.disk_full": _("There is no room left on this computer. Make room, then try again."),
    "package.failed": _(
        "The desk could not make it. Try again; if it fails again, tell whoever administers the"
        " desk."
    ),
    "package.no_items": _("Choose at least one file."),
    "package.no_language": _("Choose at least one language."),
    "package.no_log": _(
        "The public log cannot be read now, or is not the one that the desk watches. Look at the"
        " notices, then try again."
    ),
    "package.no_recipient": _("Write who gets it."),
    "package.not_logged": _(
        "A report is not in the public log yet, so nothing proves when it came. Try again tomorrow."
    ),
    "package.not_stripped": _(
        "The reporter wants the hidden details of a file removed before anyone outside the team"
        " sees it, and that cannot be done for this file. Leave it out of the package."
    ),
    "package.not_verified": _(
        "Our own verifier refuses it, so it is not handed out. Tell whoever administers the desk."
    ),
    "package.retired_log": _(
        "These reports are proven by a log whose key was retired, and no signed state of it is here"
        " any more. The receipt files of those who reported still prove them."
    ),
    "package.too_large_to_pack": _(
        "These files do not fit into this computer's memory together. Choose fewer."
    ),
    "package.too_large_here": _(
        "These files are too large for this page. Choose fewer, or have the administrator use"
        " “aigaq evidence export” on this computer."
    ),
    "package.two_logs": _(
        "Some of these reports stand in the present log, some in one whose key was retired. Make a"
        " package for each log."
    ),
}

HANDOVER_REFUSALS: Words = {
    "handover.incomplete": _("Say to whom, by whom and under which act."),
    "handover.too_long": _("This is too long."),
    "handover.wrong_day": _("Not before the package was saved, and not in the future."),
}

STAGES: Words = {
    "": _("It waits for its turn."),
    "log": _("The newest state of the public log is fetched."),
    "writing": _("The files are copied and compared with what came."),
    "packing": _("Everything is packed into one file."),
    "checking": _("Our verifier checks it as a court would."),
    "keeping": _("It is stored encrypted until you fetch it."),
}

STEPS: Words = {
    "files": _("The package can be opened, and nothing in it leads outside."),
    "bag": _("No file was changed, added or lost."),
    "policy": _("Whose keys count: the one who checks says so."),
    "card": _("The organisation's keys signed it."),
    "checkpoint": _("Signatures under this state of the log."),
    "tokens": _("Each timestamp over this state is genuine."),
    "no_tokens": _("There is no timestamp over this state."),
    "inclusion": _("Each report stands in the public log."),
    "commitment": _("What the log holds belongs to these reports."),
    "items": _("Each file is the one that came, byte for byte."),
    "custody": _("Who held the files is written without a gap."),
    "consent": _("Each file is covered by a consent that stands."),
    "verdict": _("All steps together"),
}

RESULTS: Words = {
    "passed": _("holds"),
    "failed": _("does not hold"),
    "not anchored": _("for the other side to judge"),
    "unknown": _("cannot be said"),
    "skipped": _("not looked at"),
}

FOUND: Words = {
    "custody.not_logged": _(
        "The newest lines of custody come into the log within a day. A package that is made after"
        " that proves more."
    ),
}

COLLECTION_REFUSALS: Words = {
    "collection.no_name": _("Write a name."),
    "collection.name_taken": _("There is a collection of this name already."),
    "collection.full": _("A collection holds at most 500 reports."),
}

CONSENT_REFUSALS: Words = {
    "consent.unknown_purpose": _("Choose what was allowed."),
    "consent.bad_items": _("Choose the files, or the whole report."),
    "consent.no_how": _("Say how it was told."),
    "consent.too_long": _("This is too long."),
    "consent.bad_time": _("It cannot have been said in the future, nor be over already."),
    "consent.taken_back": _(
        "The reporter has signed that nothing of this report is allowed any more. Only a new report"
        " of the same person can allow it again."
    ),
}

SEAL_SHOWN = 16


def say_exported(note: str) -> str:
    """Return for whom a file was put into a package, and how the package's seal begins.

    ``note``: purpose, audience and seal, with a space between.
    """
    purpose, _audience, seal = (*note.split(" "), "", "")[:3]
    begins = f"SHA-256 {seal[:SEAL_SHOWN]}…" if seal else ""
    return ", ".join(one for one in (say(FOR_WHOM, purpose), begins) if one)


def say_handed_over(note: str) -> str:
    """Return to whom a package went and under which act; "" if it is no note of a package."""
    found = read_note(note)
    if found is None:
        return ""
    day = date_format(found.on, "SHORT_DATE_FORMAT")
    return ", ".join([found.to, found.act, day, found.carried_by])
