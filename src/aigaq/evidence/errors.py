"""What the evidence store refuses. Codes stand in ``spec/evidence-package.md``."""

from aigaq.accounts.errors import NotThere
from aigaq.errors import AigaqError


class EvidenceError(AigaqError):
    """Something about evidence that a person must learn of."""


class NotFound(NotThere):
    """Absent, or not for this person: one answer for both (P9), the same as that of accounts."""


class TimestampError(EvidenceError):
    """A timestamp authority did not give a token that counts: ``timestamp.*``."""
