"""The master key of the desk and its two wrappings on the disk.

``keys/passphrase.age`` is an age file to the passphrase (scrypt), ``keys/recovery.age`` one to the
identity of the recovery key; both hold the same 32 random bytes. Any age tool opens them. Nothing
here keeps a key: the master key is returned, and whoever gets it holds the derived keys only
(`aigaq.core.held_keys`). Source: PROTOCOL 4.
"""

import secrets
from pathlib import Path

from aigaq import age
from aigaq.blobs import write_durably
from aigaq.core import recovery, words
from aigaq.core.errors import VaultError
from aigaq.core.held_keys import KEY_BYTES


class Vault:
    """The folder ``keys/`` of a desk. ``work_factor`` is scrypt's log2 N, as age writes it."""

    def __init__(self, folder: Path, *, work_factor: int = 18) -> None:
        self._by_passphrase = folder / "passphrase.age"
        self._by_recovery = folder / "recovery.age"
        self._work_factor = work_factor

    def create(self, *, passphrase: str, recovery_secret: bytes) -> bytes:
        """Draw a master key, wrap it both ways and return it. Raises if there is one already."""
        if self._by_passphrase.exists() or self._by_recovery.exists():
            raise VaultError("vault.exists")
        master = secrets.token_bytes(KEY_BYTES)
        recipient = recovery.derive_identity(recovery_secret).recipient
        sealed = age.encrypt_bytes(master, recipients=[recipient])
        write_durably(self._by_recovery, sealed)
        self.change_passphrase(master=master, passphrase=passphrase)
        return master

    def change_passphrase(self, *, master: bytes, passphrase: str) -> None:
        """Wrap the master key by another passphrase; the old one opens nothing on this disk."""
        recipient = age.ScryptRecipient(
            words.normalise_words(passphrase), work_factor=self._work_factor
        )
        write_durably(self._by_passphrase, age.encrypt_bytes(master, recipients=[recipient]))

    def open_with_passphrase(self, typed: str) -> bytes:
        """Return the master key.

        Raises `VaultError`: ``vault.wrong_passphrase``, also for an empty one and a damaged file,
        so that the answer tells nothing; ``vault.missing`` if there is no file.
        """
        normal = words.normalise_words(typed)
        sealed = _read(self._by_passphrase)
        try:
            return _check_key(
                age.decrypt_bytes(sealed, identities=[age.ScryptIdentity(normal or " ")])
            )
        except age.AgeError:
            raise VaultError("vault.wrong_passphrase") from None

    def open_with_recovery(self, typed: tuple[str, str]) -> bytes:
        """Return the master key from two recovery parts.

        Raises `VaultError`: ``recovery.wrong_parts``, also for parts of another desk;
        ``vault.missing``.
        """
        identity = recovery.derive_identity(recovery.join_parts(typed))
        sealed = _read(self._by_recovery)
        try:
            return _check_key(age.decrypt_bytes(sealed, identities=[identity]))
        except age.AgeError:
            raise VaultError("recovery.wrong_parts") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise VaultError("vault.missing") from None


def _check_key(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise VaultError("vault.damaged")
    return key
