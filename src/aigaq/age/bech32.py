"""Bech32 as age uses it: the checksum of BIP 173 without its limit on length.

Shapes: a prefix is printable ASCII in one case; data are whole bytes. Text is all lower or all
upper case, and the checksum is computed over the lower case. Source: BIP 173, https://c2sp.org/age.
"""

from collections.abc import Iterable

from aigaq.age.errors import KeyTextError

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LETTERS = 6
# The longest key, a hybrid recipient, has 1,959 letters; what is longer is not looked at.
_MAX_LETTERS = 4096


def encode(prefix: str, *, data: bytes) -> str:
    """Return ``data`` under a lower-case ``prefix`` as lower-case Bech32."""
    groups = _to_fives(data)
    remainder = _polymod([*_expand(prefix), *groups, *[0] * _CHECKSUM_LETTERS]) ^ 1
    checksum = [remainder >> 5 * (5 - place) & 31 for place in range(_CHECKSUM_LETTERS)]
    return prefix + "1" + "".join(_ALPHABET[group] for group in [*groups, *checksum])


def decode(text: str) -> tuple[str, bytes]:
    """Return prefix (in the case of the text) and data of ``text``.

    Raises `KeyTextError` (``age.bad_key_text``) unless ``text`` is exactly what `encode` writes, or
    the same in upper case.
    """
    if len(text) > _MAX_LETTERS or not text.isascii() or text not in (text.lower(), text.upper()):
        raise KeyTextError("age.bad_key_text")
    lower = text.lower()
    end = lower.rfind("1")
    prefix, letters = lower[: max(end, 0)], lower[end + 1 :]
    if not prefix or not all("!" <= sign <= "~" for sign in prefix):
        raise KeyTextError("age.bad_key_text")
    if len(letters) < _CHECKSUM_LETTERS or any(letter not in _VALUES for letter in letters):
        raise KeyTextError("age.bad_key_text")
    groups = [_VALUES[letter] for letter in letters]
    if _polymod([*_expand(prefix), *groups]) != 1:
        raise KeyTextError("age.bad_key_text")
    return text[:end], _from_fives(groups[:-_CHECKSUM_LETTERS])


def _polymod(groups: Iterable[int]) -> int:
    checksum = 1
    for group in groups:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ group
        for place, generator in enumerate(_GENERATOR):
            if top >> place & 1:
                checksum ^= generator
    return checksum


def _expand(prefix: str) -> list[int]:
    return [*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix)]


def _to_fives(data: bytes) -> list[int]:
    padding_bits = -8 * len(data) % 5
    number = int.from_bytes(data, "big") << padding_bits
    count = (8 * len(data) + padding_bits) // 5
    return [number >> 5 * place & 31 for place in reversed(range(count))]


def _from_fives(groups: list[int]) -> bytes:
    number = 0
    for group in groups:
        number = number << 5 | group
    padding_bits = 5 * len(groups) % 8
    # A whole letter of padding, or padding that is not zero, would give one key two texts.
    if padding_bits >= 5 or number & ((1 << padding_bits) - 1):
        raise KeyTextError("age.bad_key_text")
    return (number >> padding_bits).to_bytes(5 * len(groups) // 8, "big")
