"""Padding that hides sizes: steps for messages and manifests, Padmé for items.

Sizes are bytes. Padding is zeros; a reader refuses anything else, since bytes that nobody looks at
are a place to hide something. Source: spec/encoding.md; Nikitin et al., "Reducing Metadata Leakage
from Encrypted Files and Communication with PURBs", 2019, section 4.
"""

from aigaq.sealing.errors import SealingError

MESSAGE_STEP = 4_096
MANIFEST_STEP = 16_384
ANSWER_STEP = 65_536
LENGTH_BYTES = 8


def pad_to_step(content: bytes, *, step: int) -> bytes:
    """Return the length of ``content``, ``content`` and zeros up to a multiple of ``step``."""
    padded = len(content).to_bytes(LENGTH_BYTES, "big") + content
    return padded + bytes(-len(padded) % step)


def unpad_from_step(padded: bytes, *, step: int) -> bytes:
    """Return the content of ``padded``. Raises `SealingError` (``encoding.bad_padding``)."""
    if not padded or len(padded) % step:
        raise SealingError("encoding.bad_padding")
    end = LENGTH_BYTES + int.from_bytes(padded[:LENGTH_BYTES], "big")
    if end > len(padded) or len(padded) - end >= step:
        raise SealingError("encoding.bad_padding")
    if padded.count(0, end) != len(padded) - end:
        raise SealingError("encoding.bad_padding")
    return padded[LENGTH_BYTES:end]


def padme_size(size: int) -> int:
    """Return the size to which Padmé pads ``size`` bytes: at most 12 % more."""
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    kept_bits = exponent.bit_length()
    mask = (1 << (exponent - kept_bits)) - 1
    return (size + mask) & ~mask
