"""The errors of accounts."""

from aigaq.errors import AigaqError


class NotThere(AigaqError):
    """What was asked for is absent, or is not for this person: one answer for both (P9)."""

    def __init__(self) -> None:
        super().__init__("accounts.not_there")


class AccountsError(AigaqError):
    """A rule about staff or the organisation was broken."""


class CeremonyError(AigaqError):
    """The ceremony cannot go on: a value is missing or wrong, or a typed copy differs."""
