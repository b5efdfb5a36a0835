"""Why hidden details cannot be taken out; the file stays at the desk then."""

from aigaq.errors import AigaqError

#: What the child may say; anything else it says is ``strip.broken``.
CHILD_CODES = frozenset(
    {"strip.broken", "strip.left_over", "strip.too_large", "strip.unknown_kind"}
)


class StripError(AigaqError):
    """No copy without hidden details can be made: ``strip.*``."""
