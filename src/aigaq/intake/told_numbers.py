"""Numbers and tiles of what staff say of a told report: spec/told-questions.json."""

from aigaq.intake import models

TOLD_BY, TOLD_HOW, TOLD_WHEN, TOLD_MAILBOX = 201, 202, 203, 204
WAYS = ("phone", "door", "letter", "messenger", "other")
WITH_CODE, NO_MAILBOX = "code", "none"


def has_no_reader(box: models.Mailbox) -> bool:
    """Tell whether a mailbox is one whose keys nobody has: the reporter wanted none."""
    return models.Answer.objects.filter(
        report__mailbox=box, number=TOLD_MAILBOX, value=NO_MAILBOX
    ).exists()
