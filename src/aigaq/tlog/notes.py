"""Signed notes: a text, and lines of signatures by named keys.

Source: https://c2sp.org/signed-note. The text counts only after `open_note`. Keys are written as
vkeys, ``<name>+<8 hex>+<base64 of type byte and public key>``. Limits: ``spec/log.md``.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from aigaq.tlog.errors import TlogError
from aigaq.tlog.text import decode_base64, encode_base64

ED25519 = 0x01
MAXIMUM_NOTE_BYTES = 262_144
MAXIMUM_SIGNATURES = 64
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
# Half of a pair of surrogates, which JSON can bring, has no bytes.
_NAME = re.compile(r"[^\s+\x00-\x1f\ud800-\udfff]+")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\Z")


@dataclass(frozen=True)
class SignatureLine:
    """One line: the key's name, its id (4 bytes) and the bytes of the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """A note as read, nothing of it believed yet. ``text`` ends with its LF."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def encode(self) -> bytes:
        """Return the whole note."""
        return f"{self.text}\n{''.join(map(str, self.signatures))}".encode()


class Verifier(Protocol):
    """A key that a reader trusts for one kind of signature."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...
    def check(self, *, text: str, signature: bytes) -> None:
        """Raise `TlogError` (``note.wrong_signature``) unless the key signed ``text``."""


def parse_note(data: bytes) -> Note:
    """Return the note in ``data``. Raises `TlogError` (``note.bad_form``)."""
    if len(data) > MAXIMUM_NOTE_BYTES:
        raise TlogError("note.bad_form")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise TlogError("note.bad_form") from None
    head, blank, tail = whole.rpartition("\n\n")
    if not blank or _CONTROL.search(whole) or not tail.endswith("\n"):
        raise TlogError("note.bad_form")
    return Note(text=head + "\n", signatures=parse_signature_lines(tail))


def parse_signature_lines(text: str) -> tuple[SignatureLine, ...]:
    """Return the lines of ``text``, each with its LF. Raises `TlogError` (``note.bad_form``)."""
    lines = text.split("\n")
    if lines.pop() != "" or not 0 < len(lines) <= MAXIMUM_SIGNATURES:
        raise TlogError("note.bad_form")
    return tuple(map(_parse_line, lines))


def _parse_line(line: str) -> SignatureLine:
    match = _LINE.match(line)
    if match is None:
        raise TlogError("note.bad_form")
    data = decode_base64(match[2], code="note.bad_form")
    if len(data) < 5:
        raise TlogError("note.bad_form")
    return SignatureLine(name=match[1], key_id=data[:4], signature=data[4:])


def open_note(note: Note, *, verifiers: Iterable[Verifier]) -> tuple[Verifier, ...]:
    """Return the verifiers whose keys signed ``note``, each once.

    Lines of unknown keys are passed over; a line of a known key that fails makes the whole note
    invalid. Raises `TlogError`: ``note.wrong_signature`` or ``note.not_signed`` (by none of them).
    """
    known = list(verifiers)
    signed: list[Verifier] = []
    for line in note.signatures:
        for one in known:
            if (one.name, one.key_id) == (line.name, line.key_id):
                one.check(text=note.text, signature=line.signature)
                if one not in signed:
                    signed.append(one)
    if not signed:
        raise TlogError("note.not_signed")
    return tuple(signed)


def keep_lines(note: Note, *, verifiers: Iterable[Verifier]) -> Note:
    """Return ``note`` with the lines of ``verifiers`` alone, by name and id; they are not checked.

    What is kept or handed on carries no line that nobody checked: one in the name of a key that
    another reader knows would make the whole note invalid for that reader.
    """
    known = {(one.name, one.key_id) for one in verifiers}
    lines = tuple(line for line in note.signatures if (line.name, line.key_id) in known)
    return Note(text=note.text, signatures=lines)


def add_signatures(note: Note, lines: Sequence[SignatureLine]) -> Note:
    """Return ``note`` with ``lines`` that it does not have yet, at its end."""
    new = tuple(line for line in lines if line not in note.signatures)
    return Note(text=note.text, signatures=note.signatures + new)


def compute_key_id(*, name: str, kind: int, public_key: bytes) -> bytes:
    """Return the 4 bytes that name a key beside its name."""
    data = name.encode("utf-8") + b"\n" + bytes([kind]) + public_key
    return hashlib.sha256(data).digest()[:4]


def check_key_name(name: str) -> None:
    """Raise `TlogError` (``note.bad_form``) unless ``name`` can stand in a signature line."""
    if not _NAME.fullmatch(name):
        raise TlogError("note.bad_form")


@dataclass(frozen=True)
class Ed25519Verifier:
    """A plain Ed25519 key (type 0x01): a log's, or the desk's over a tag manifest."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The id of this key as type 0x01."""
        return compute_key_id(name=self.name, kind=ED25519, public_key=self.public_key)

    def check(self, *, text: str, signature: bytes) -> None:
        """Raise `TlogError` (``note.wrong_signature``) unless this key signed ``text``."""
        check_ed25519(data=text.encode("utf-8"), signature=signature, public_key=self.public_key)


def check_ed25519(*, data: bytes, signature: bytes, public_key: bytes) -> None:
    """Raise `TlogError` (``note.wrong_signature``) unless ``public_key`` signed ``data``."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        raise TlogError("note.wrong_signature") from None


def sign_note(text: str, *, name: str, key: Ed25519PrivateKey) -> SignatureLine:
    """Return the line of an Ed25519 key (type 0x01) over ``text``, which ends with its LF."""
    check_key_name(name)
    public_key = key.public_key().public_bytes_raw()
    return SignatureLine(
        name=name,
        key_id=compute_key_id(name=name, kind=ED25519, public_key=public_key),
        signature=key.sign(text.encode("utf-8")),
    )


@dataclass(frozen=True)
class VerifierKey:
    """A vkey as read: name, type byte and public key."""

    name: str
    kind: int
    public_key: bytes

    def __str__(self) -> str:
        key_id = compute_key_id(name=self.name, kind=self.kind, public_key=self.public_key)
        return f"{self.name}+{key_id.hex()}+{encode_base64(bytes([self.kind]) + self.public_key)}"


def parse_verifier_key(text: str) -> VerifierKey:
    """Return the vkey in ``text``. Raises `TlogError` (``note.bad_key``)."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = decode_base64(encoded, code="note.bad_key")
    if not _NAME.fullmatch(name) or len(data) < 2:
        raise TlogError("note.bad_key")
    key = VerifierKey(name=name, kind=data[0], public_key=data[1:])
    if str(key) != text or key_id != key_id.lower():
        raise TlogError("note.bad_key")
    return key
