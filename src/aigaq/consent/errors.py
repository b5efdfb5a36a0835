"""What consent refuses. Codes that a verifier also gives stand in ``spec/evidence-package.md``."""

from aigaq.accounts.errors import NotThere
from aigaq.errors import AigaqError


class ConsentError(AigaqError):
    """A rule about grants was broken, or a message that takes grants back cannot be believed."""


class NoConsent(ConsentError):
    """Nothing may leave: ``consent.missing``, ``consent.withdrawn`` or ``consent.expired``.

    The context says what is lacking: ``report`` (hex), ``item`` (number or None for the whole
    report), ``purpose``, ``audience``.
    """


class NotFound(NotThere):
    """Absent, or not for this person: one answer for both (P9), the same as that of accounts."""
