"""The recovery key: a 128-bit secret in three parts of 20 words, any two of which give it back.

The parts are SLIP-39 mnemonics without a passphrase, so that other tools can join them too. One
part alone says nothing. The secret is the seed of an age identity (HKDF-SHA512, its label), to
which the master key is encrypted. Source: https://github.com/satoshilabs/slips/blob/master/slip-0039.md.
"""

import secrets

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from aigaq.age import HybridIdentity
from aigaq.core.errors import VaultError
from aigaq.core.held_keys import derive_key
from aigaq.core.words import normalise_words

SECRET_BYTES = 16
PARTS = 3
NEEDED = 2
LABEL = b"aigaq/recovery/v1"


def draw_recovery_secret() -> bytes:
    """Return a new 128-bit secret."""
    return secrets.token_bytes(SECRET_BYTES)


def split_secret(secret: bytes) -> tuple[str, ...]:
    """Return three parts of 20 words."""
    return tuple(generate_mnemonics(1, [(NEEDED, PARTS)], secret)[0])


def join_parts(typed: tuple[str, str]) -> bytes:
    """Return the secret from two typed parts. Raises `VaultError` ``recovery.wrong_parts``."""
    try:
        secret = combine_mnemonics([normalise_words(part) for part in typed])
    except (MnemonicError, ValueError):
        raise VaultError("recovery.wrong_parts") from None
    return bytes(secret)


def derive_identity(secret: bytes) -> HybridIdentity:
    """Return the age identity that grows from the secret."""
    return HybridIdentity.from_seed(derive_key(secret=secret, label=LABEL))
