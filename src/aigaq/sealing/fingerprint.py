"""The fingerprint of a root key as eight words that people compare by eye or by telephone.

The first 88 bits of SHA-256 of the 32-byte public key, as 8 groups of 11 bits; each group is a word
of the BIP39 English list and its index with four digits, for readers of another script. The list
is ``data/bip39-english.txt``: 2,048 lines, SHA-256 2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8
eff3a2ed3b24dbda, source https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt (MIT).
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

WORDS = 8
BITS_A_WORD = 11


@dataclass(frozen=True)
class FingerprintWord:
    """One word and its place in the list, from 0 to 2047."""

    word: str
    index: int

    def __str__(self) -> str:
        return f"{self.word} {self.index:04d}"


@cache
def bip39_words() -> tuple[str, ...]:
    """Return the 2,048 words in their order."""
    text = files("aigaq.sealing").joinpath("data/bip39-english.txt").read_text("ascii")
    return tuple(text.split())


def fingerprint(root_key: bytes) -> tuple[FingerprintWord, ...]:
    """Return the eight words of a raw public key."""
    bits = int.from_bytes(hashlib.sha256(root_key).digest()[: WORDS * BITS_A_WORD // 8], "big")
    shifts = range((WORDS - 1) * BITS_A_WORD, -1, -BITS_A_WORD)
    indexes = [bits >> shift & (2**BITS_A_WORD - 1) for shift in shifts]
    return tuple(FingerprintWord(word=bip39_words()[index], index=index) for index in indexes)


def format_fingerprint(root_key: bytes) -> str:
    """Return ``abandon 0000 · ability 0001 · …``."""
    return " · ".join(str(word) for word in fingerprint(root_key))
