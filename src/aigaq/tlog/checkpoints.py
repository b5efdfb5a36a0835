"""Checkpoints: which log, how many leaves, which root. Source: https://c2sp.org/tlog-checkpoint.

Ours have three lines and nothing else; extension lines, which nobody could audit, are refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.tlog.errors import TlogError
from aigaq.tlog.hashing import EMPTY_ROOT, HASH_BYTES
from aigaq.tlog.notes import Note, Verifier, open_note, parse_note, sign_note
from aigaq.tlog.text import MAXIMUM_SIZE, decode_base64, decode_number, encode_base64


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log's tree."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint with the note that carries it."""

    checkpoint: Checkpoint
    note: Note


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint in a note's text. Raises `TlogError` (``checkpoint.bad_form``)."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] != "" or not lines[0] or any(map(str.isspace, lines[0])):
        raise TlogError("checkpoint.bad_form")
    size = decode_number(lines[1], code="checkpoint.bad_form")
    root = decode_base64(lines[2], code="checkpoint.bad_form")
    if len(root) != HASH_BYTES or (size == 0 and root != EMPTY_ROOT):
        raise TlogError("checkpoint.bad_form")
    return Checkpoint(origin=lines[0], size=size, root=root)


def read_checkpoint(data: bytes) -> SignedCheckpoint:
    """Return a checkpoint as it stands, unchecked. Raises `TlogError`: note or checkpoint form."""
    note = parse_note(data)
    return SignedCheckpoint(parse_checkpoint(note.text), note)


def open_checkpoint(data: bytes, *, origin: str, verifiers: Iterable[Verifier]) -> SignedCheckpoint:
    """Return the checkpoint in ``data`` after one of ``verifiers`` signed it for ``origin``.

    Raises `TlogError`: ``note.*``, ``checkpoint.bad_form``, ``checkpoint.other_log``.
    """
    signed = read_checkpoint(data)
    if signed.checkpoint.origin != origin:
        raise TlogError("checkpoint.other_log")
    open_note(signed.note, verifiers=verifiers)
    return signed


def sign_checkpoint(checkpoint: Checkpoint, *, key: Ed25519PrivateKey) -> Note:
    """Return the note of ``checkpoint`` under the log's key, named as its origin."""
    if not 0 <= checkpoint.size <= MAXIMUM_SIZE:
        raise TlogError("checkpoint.bad_form")
    line = sign_note(checkpoint.text, name=checkpoint.origin, key=key)
    return Note(text=checkpoint.text, signatures=(line,))
