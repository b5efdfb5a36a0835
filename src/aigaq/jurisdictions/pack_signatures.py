"""Who stands for the bytes of a pack: a signed note beside the file.

Form: ``FILE.sig``, a C2SP signed note whose text is ``aigaq-pack/v1``, ``ID VERSION`` and the hex
SHA-256 of the file, one line each (``spec/jurisdiction-pack.md``, *Signature*). A key file holds
JSON ``{"format": "aigaq/pack-key/v1", "name", "seed": b64}``, mode 0600.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.blobs import write_durably
from aigaq.jurisdictions.errors import PackError
from aigaq.jurisdictions.loading import load_pack_file
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.encoding import decode_base64, encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.signatures import public_bytes
from aigaq.tlog.errors import TlogError
from aigaq.tlog.notes import (
    Ed25519Verifier,
    Note,
    VerifierKey,
    open_note,
    parse_note,
    parse_verifier_key,
    sign_note,
)

FORMAT = "aigaq-pack/v1"
KEY_FORMAT = "aigaq/pack-key/v1"
SUFFIX = ".sig"


@dataclass(frozen=True)
class PackKey:
    """A reviewer's key with the name under which it signs."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier_key(self) -> str:
        """The line that others keep to check signatures with."""
        return str(VerifierKey(self.name, 0x01, public_bytes(self.key)))


def open_pack_key(path: Path, *, name: str | None = None) -> PackKey:
    """Return the key of a key file, which is made when it is missing and ``name`` is given.

    Raises `PackError` ``pack.bad_key``.
    """
    if not path.exists():
        if name is None:
            raise PackError("pack.bad_key")
        seed = secrets.token_bytes(32)
        members = {"format": KEY_FORMAT, "name": name, "seed": encode_base64(seed)}
        write_durably(path, build_json(members) + b"\n")
        path.chmod(0o600)
    try:
        read: Any = json.loads(path.read_bytes())
        if read["format"] != KEY_FORMAT or name not in (None, read["name"]):
            raise PackError("pack.bad_key")
        key = Ed25519PrivateKey.from_private_bytes(decode_base64(read["seed"]))
        return PackKey(name=read["name"], key=key)
    except (OSError, ValueError, KeyError, TypeError, SealingError):
        raise PackError("pack.bad_key") from None


def build_statement(file: Path) -> str:
    """Return the text that is signed for the pack in ``file``."""
    pack = load_pack_file(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return f"{FORMAT}\n{pack.facts.id} {pack.facts.version}\n{digest}\n"


def sign_pack(file: Path, *, key: PackKey) -> Path:
    """Write the signature beside ``file``, over an older one, and return where it lies."""
    text = build_statement(file)
    try:
        note = Note(text=text, signatures=(sign_note(text, name=key.name, key=key.key),))
    except TlogError:
        raise PackError("pack.bad_key") from None
    target = file.with_name(file.name + SUFFIX)
    write_durably(target, note.encode())
    return target


def check_signature(file: Path, *, verifier_key: str) -> None:
    """Check that the key stands for these bytes. Raises `PackError` ``pack.bad_signature``."""
    try:
        key = parse_verifier_key(verifier_key)
        note = parse_note(file.with_name(file.name + SUFFIX).read_bytes())
        open_note(note, verifiers=[Ed25519Verifier(key.name, key.public_key)])
    except (OSError, TlogError):
        raise PackError("pack.bad_signature") from None
    if note.text != build_statement(file):
        raise PackError("pack.bad_signature")
