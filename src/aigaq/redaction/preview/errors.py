"""The errors of previews; each code is the reason why something "cannot be shown"."""

from aigaq.errors import AigaqError

#: What the decoding child may say; anything else it says is ``preview.broken``.
CHILD_CODES = frozenset(
    {
        "preview.broken",
        "preview.too_many_pixels",
        "preview.too_large",
        "preview.too_slow",
        "preview.unknown_kind",
    }
)


class PreviewError(AigaqError):
    """An item cannot be shown; the original is untouched and can be downloaded."""
