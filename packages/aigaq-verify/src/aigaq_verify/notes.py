"""Signed notes, checkpoints, cosignatures, proofs: the C2SP formats, read and checked.

Sources: https://c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof; limits in
``spec/log.md``. Times are whole Unix seconds.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from aigaq_verify.encoding import decode_base64, encode_base64
from aigaq_verify.errors import VerifyError
from aigaq_verify.signatures import check_ed25519

ED25519, COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44 = 0x01, 0x04, 0x06
MAXIMUM_NOTE_BYTES = 262_144
_MAXIMUM_SIGNATURES = 64
_MAXIMUM_HASHES = 63
_LATEST = 253_402_300_799  # The end of year 9999, in Unix seconds.
_KEY_BYTES = {ED25519: 32, COSIGNATURE_ED25519: 32, COSIGNATURE_ML_DSA_44: 1_312}
_SIGNATURE_BYTES = {COSIGNATURE_ED25519: 72, COSIGNATURE_ML_DSA_44: 2_428}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
# Half of a pair of surrogates, which JSON can bring, has no bytes.
_NAME = re.compile(r"[^\s+\x00-\x1f\ud800-\udfff]+")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\Z")
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z", re.ASCII)
_PROOF = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class SignatureLine:
    """A line: name, key id, signature."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A note as read, nothing believed yet."""

    text: str
    signatures: tuple[SignatureLine, ...]


def parse_note(data: bytes, *, maximum_bytes: int = MAXIMUM_NOTE_BYTES) -> Note:
    """Return the note in ``data``. Raises `VerifyError` (``note.bad_form``)."""
    try:
        whole = data[: maximum_bytes + 1].decode("utf-8")
    except UnicodeDecodeError:
        raise VerifyError("note.bad_form") from None
    head, blank, tail = whole.rpartition("\n\n")
    lines = tail.split("\n")
    if len(data) > maximum_bytes or not blank or _CONTROL.search(whole) or lines.pop() != "":
        raise VerifyError("note.bad_form")
    if not 0 < len(lines) <= _MAXIMUM_SIGNATURES:
        raise VerifyError("note.bad_form")
    return Note(text=head + "\n", signatures=tuple(map(_parse_line, lines)))


def _parse_line(line: str) -> SignatureLine:
    match = _LINE.match(line)
    if match is None:
        raise VerifyError("note.bad_form")
    data = decode_base64(match[2], code="note.bad_form")
    if len(data) < 5:
        raise VerifyError("note.bad_form")
    return SignatureLine(name=match[1], key_id=data[:4], signature=data[4:])


@dataclass(frozen=True)
class NoteKey:
    """A public key as notes name it: name, type byte, raw key."""

    name: str
    kind: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand in a signature line."""
        data = self.name.encode("utf-8") + b"\n" + bytes([self.kind]) + self.public_key
        return hashlib.sha256(data).digest()[:4]

    def check(self, note: Note, line: SignatureLine) -> int | None:
        """Raise ``note.wrong_signature`` unless this key made ``line`` over ``note``.

        Returns when, in Unix seconds, for a cosignature, else None.
        """
        if self.kind == ED25519:
            self._check_ed25519(note.text.encode("utf-8"), line.signature)
            return None
        at = int.from_bytes(line.signature[:8], "big")
        # Time 0 says nothing of time; taken for one it would be older than any retirement.
        if len(line.signature) != _SIGNATURE_BYTES[self.kind] or not 0 < at <= _LATEST:
            raise VerifyError("note.wrong_signature")
        if self.kind == COSIGNATURE_ED25519:
            message = f"cosignature/v1\ntime {at}\n{note.text}".encode()
            self._check_ed25519(message, line.signature[8:])
            return at
        self._check_ml_dsa(parse_checkpoint(note.text), line.signature[8:], at=at)
        return at

    def _check_ed25519(self, data: bytes, signature: bytes) -> None:
        code = "note.wrong_signature"
        check_ed25519(data=data, signature=signature, public_key=self.public_key, code=code)

    def _check_ml_dsa(self, checkpoint: "Checkpoint", signature: bytes, *, at: int) -> None:
        name, origin = self.name.encode("utf-8"), checkpoint.origin.encode("utf-8")
        if len(name) > 255 or len(origin) > 255:
            raise VerifyError("note.wrong_signature")
        message = b"".join(
            [
                b"subtree/v1\n\x00",
                bytes([len(name)]) + name,
                at.to_bytes(8, "big"),
                bytes([len(origin)]) + origin,
                bytes(8),
                checkpoint.size.to_bytes(8, "big"),
                checkpoint.root,
            ]
        )
        try:
            MLDSA44PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise VerifyError("note.wrong_signature") from None


def parse_vkey(text: str, *, code: str) -> NoteKey:
    """Return the key in a vkey. Raises `VerifyError` with ``code``."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = decode_base64(encoded, code=code)
    if not _NAME.fullmatch(name) or not data:
        raise VerifyError(code)
    key = NoteKey(name=name, kind=data[0], public_key=data[1:])
    if _KEY_BYTES.get(key.kind) != len(key.public_key) or key.key_id.hex() != key_id:
        raise VerifyError(code)
    return key


def find_signers(note: Note, keys: Iterable[NoteKey]) -> dict[NoteKey, int | None]:
    """Return the keys that signed ``note``, and when, for cosignatures.

    Lines of unknown keys are passed over. Raises ``note.wrong_signature`` for a line of a known key
    that fails.
    """
    signers: dict[NoteKey, int | None] = {}
    known = list(keys)
    for line in note.signatures:
        for key in known:
            if (key.name, key.key_id) == (line.name, line.key_id):
                at, before = key.check(note, line), signers.get(key)
                # Of two cosignatures by one key the earlier counts.
                signers[key] = at if before is None or at is None else min(at, before)
    return signers


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log."""

    origin: str
    size: int
    root: bytes


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the head in a note's text. Raises `VerifyError` (``checkpoint.bad_form``)."""
    code = "checkpoint.bad_form"
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or any(map(str.isspace, lines[0])):
        raise VerifyError(code)
    root, size = decode_base64(lines[2], code=code), parse_number(lines[1], code=code)
    if len(root) != 32 or (size == 0 and root != hashlib.sha256(b"").digest()):
        raise VerifyError(code)
    return Checkpoint(origin=lines[0], size=size, root=root)


def parse_number(text: str, *, code: str) -> int:
    """Return a decimal without leading zeroes. Raises `VerifyError` with ``code``."""
    if not _NUMBER.match(text) or int(text) >= 2**53:
        raise VerifyError(code)
    return int(text)


@dataclass(frozen=True)
class Proof:
    """A ``.tlog-proof``: index, path, and the bytes of the checkpoint's note."""

    index: int
    path: tuple[bytes, ...]
    note: bytes


def parse_proof(data: bytes) -> Proof:
    """Return what a proof file says. Raises `VerifyError` (``proof.bad_form``)."""
    code = "proof.bad_form"
    head, blank, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise VerifyError(code) from None
    if not blank or lines[0] != _PROOF or not 2 <= len(lines) <= _MAXIMUM_HASHES + 2:
        raise VerifyError(code)
    if not lines[1].startswith("index "):
        raise VerifyError(code)
    path = tuple(decode_base64(line, code=code) for line in lines[2:])
    if any(len(one) != 32 for one in path):
        raise VerifyError(code)
    return Proof(index=parse_number(lines[1][6:], code=code), path=path, note=note)


def format_vkey(key: NoteKey) -> str:
    """Return ``key`` as a vkey."""
    return f"{key.name}+{key.key_id.hex()}+{encode_base64(bytes([key.kind]) + key.public_key)}"
