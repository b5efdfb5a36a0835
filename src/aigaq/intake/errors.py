"""The errors of intake."""

from aigaq.accounts.errors import NotThere
from aigaq.errors import AigaqError


class IntakeError(AigaqError):
    """A rule about reports or mailboxes was broken."""


class NotFound(NotThere):
    """Absent, or not for this person: one answer for both (P9), the same as that of accounts."""


class ReplyRefused(IntakeError):
    """This reporter cannot be answered through the mailbox, or not with this text."""


class AlreadyDecided(IntakeError):
    """Someone decided this request or alarm before."""

    def __init__(self) -> None:
        super().__init__("intake.already_decided")


class ImportRefused(IntakeError):
    """A carried file is not a report in the file form (``container.*``, ``report.*``)."""


class GateError(IntakeError):
    """The gate cannot be reached, refuses us, or answers what the format does not allow."""


class PackageRefused(IntakeError):
    """An evidence package is not handed out: no consent, no proof, or not what it must be."""


class SecondPlaceError(IntakeError):
    """The second place cannot be written, or does not hold what was written."""


class NoticeError(IntakeError):
    """The settings of notices are not usable."""
