"""Words for people: passphrases, and keys written by hand. BIP39's English list, 2,048 words.

A word is 11 bits and is known by its first four letters. A passphrase of seven random words has 77
bits. A key of 32 bytes is 24 words, the last of which holds the checksum of BIP39 (eight bits of
SHA-256). Source: https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki.
"""

import hashlib
import secrets
import unicodedata

from aigaq.core.errors import VaultError
from aigaq.sealing.fingerprint import bip39_words

WORD_BITS = 11
PASSPHRASE_WORDS = 7
KEY_BYTES = 32
KEY_WORDS = 24


def draw_passphrase() -> str:
    """Return seven random words with one space between them: 77 bits."""
    return " ".join(secrets.choice(bip39_words()) for _ in range(PASSPHRASE_WORDS))


def normalise_words(typed: str) -> str:
    """Return typed words in the one form that counts: lower case, one space, no accents lost."""
    return " ".join(unicodedata.normalize("NFKD", typed).lower().split())


def key_to_words(key: bytes) -> str:
    """Return the 24 words of a 32-byte key."""
    if len(key) != KEY_BYTES:
        raise VaultError("words.wrong_key_length")
    number = int.from_bytes(key + hashlib.sha256(key).digest()[:1], "big")
    words = bip39_words()
    last = (KEY_WORDS - 1) * WORD_BITS
    return " ".join(words[number >> shift & 2047] for shift in range(last, -1, -WORD_BITS))


def words_to_key(typed: str) -> bytes:
    """Return the 32-byte key of 24 words.

    Raises `VaultError`: ``words.wrong_number``, ``words.unknown_word`` (with its position from 1),
    ``words.wrong_checksum`` (a word is another than it was).
    """
    given, known = normalise_words(typed).split(), bip39_words()
    if len(given) != KEY_WORDS:
        raise VaultError("words.wrong_number", expected=KEY_WORDS, got=len(given))
    number = 0
    for position, word in enumerate(given, start=1):
        if word not in known:
            raise VaultError("words.unknown_word", position=position)
        number = number << WORD_BITS | known.index(word)
    whole = number.to_bytes(KEY_BYTES + 1, "big")
    if hashlib.sha256(whole[:-1]).digest()[:1] != whole[-1:]:
        raise VaultError("words.wrong_checksum")
    return whole[:-1]
