"""Bech32 as age uses it: the checksum of BIP 173 without its limit on length.

Shapes: a prefix is printable ASCII in one case; data are whole bytes. Text is all lower or all
upper case, and the checksum is computed over the lower case. Source: BIP 173, https://c2sp.org/age.
"""

import base64
from functools import cache

from aigaq.age.errors import KeyTextError

_ALPHABET = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_DIGITS = b"0123456789abcdefghijklmnopqrstuv"  # The same values as Python writes them in base 32.
_TO_VALUES = bytes.maketrans(_ALPHABET, bytes(range(32)))
_FROM_VALUES = bytes.maketrans(bytes(range(32)), _ALPHABET)
_TO_DIGITS = bytes.maketrans(bytes(range(32)), _DIGITS)
_FROM_BASE32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bytes(range(32)))
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LETTERS = 6
# The longest key, a hybrid recipient, has 1,959 letters; what is longer is not looked at.
_MAX_LETTERS = 4096
_HYBRID_GROUPS = 2 * len("age1pq") + 1 + 1_952  # The expanded prefix, and the letters after it.


def encode(prefix: str, *, data: bytes) -> str:
    """Return ``data`` under a lower-case ``prefix`` as lower-case Bech32."""
    groups = _to_fives(data)
    remainder = _polymod(_expand(prefix) + groups + bytes(_CHECKSUM_LETTERS)) ^ 1
    checksum = bytes(remainder >> 5 * (5 - place) & 31 for place in range(_CHECKSUM_LETTERS))
    return prefix + "1" + (groups + checksum).translate(_FROM_VALUES).decode("ascii")


def decode(text: str) -> tuple[str, bytes]:
    """Return prefix (in the case of the text) and data of ``text``.

    Raises `KeyTextError` (``age.bad_key_text``) unless ``text`` is exactly what `encode` writes, or
    the same in upper case.
    """
    if len(text) > _MAX_LETTERS or not text.isascii() or text not in (text.lower(), text.upper()):
        raise KeyTextError("age.bad_key_text")
    lower = text.lower()
    end = lower.rfind("1")
    prefix, letters = lower[: max(end, 0)], lower[end + 1 :].encode("ascii")
    if not prefix or not all("!" <= sign <= "~" for sign in prefix):
        raise KeyTextError("age.bad_key_text")
    if len(letters) < _CHECKSUM_LETTERS or letters.translate(None, _ALPHABET):
        raise KeyTextError("age.bad_key_text")
    groups = letters.translate(_TO_VALUES)
    if _checksum(_expand(prefix) + groups) != 1:
        raise KeyTextError("age.bad_key_text")
    return text[:end], _from_fives(groups[:-_CHECKSUM_LETTERS])


def _step(checksum: int) -> int:
    """Return the checksum after one group of five zero bits."""
    top = checksum >> 25
    checksum = (checksum & 0x1FFFFFF) << 5
    for place, generator in enumerate(_GENERATOR):
        if top >> place & 1:
            checksum ^= generator
    return checksum


# The checksum is linear: what its ten highest bits become in two steps is looked up, because a
# hybrid recipient is long and a gate reads one with every report.
_TWO_STEPS = tuple(_step(_step(top << 20)) for top in range(1024))


def _polymod(groups: bytes) -> int:
    checksum = 1
    if len(groups) % 2:
        checksum, groups = _step(checksum) ^ groups[0], groups[1:]
    for first, second in zip(groups[::2], groups[1::2], strict=True):
        rest = (checksum & 0xFFFFF) << 10 ^ first << 5 ^ second
        checksum = rest ^ _TWO_STEPS[checksum >> 20]
    return checksum


def _checksum(groups: bytes) -> int:
    """Return what `_polymod` does, in a fifth of the time for the length of a hybrid recipient.

    A gate reads one of those with every report. Bit ``n`` of a checksum is the parity of some bits
    of the text. No other length has masks: making them costs milliseconds, and a stranger could ask
    for each length.
    """
    if len(groups) != _HYBRID_GROUPS:
        return _polymod(groups)
    number = int((b"\1" + groups).translate(_TO_DIGITS), 32)
    masks = _list_parity_masks()
    return sum(((number & mask).bit_count() & 1) << bit for bit, mask in enumerate(masks))


@cache
def _list_parity_masks() -> tuple[int, ...]:
    """Return, for each bit of a checksum, which bits of a hybrid recipient's groups make it."""
    masks = [0] * 5 * _CHECKSUM_LETTERS
    effects = [1 << bit for bit in range(5)]  # What each bit of the last group does.
    for place in range(1 + _HYBRID_GROUPS):
        for bit, effect in enumerate(effects):
            for target in range(len(masks)):
                masks[target] |= (effect >> target & 1) << (5 * place + bit)
        effects = [_step(effect) for effect in effects]
    return tuple(masks)


def _expand(prefix: str) -> bytes:
    return bytes([*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix)])


def _to_fives(data: bytes) -> bytes:
    return base64.b32encode(data).rstrip(b"=").translate(_FROM_BASE32)


def _from_fives(groups: bytes) -> bytes:
    number = int(groups.translate(_TO_DIGITS), 32) if groups else 0
    padding_bits = 5 * len(groups) % 8
    # A whole letter of padding, or padding that is not zero, would give one key two texts.
    if padding_bits >= 5 or number & ((1 << padding_bits) - 1):
        raise KeyTextError("age.bad_key_text")
    return (number >> padding_bits).to_bytes(5 * len(groups) // 8, "big")
