"""What the evidence store refuses. Codes stand in ``spec/evidence-package.md``."""

from aigaq.errors import AigaqError


class EvidenceError(AigaqError):
    """Something about evidence that a person must learn of."""
