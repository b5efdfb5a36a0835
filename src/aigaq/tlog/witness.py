"""The tlog-witness protocol: what is asked, what is remembered, what is answered.

Source: https://c2sp.org/tlog-witness. The network stands elsewhere; here are the bytes of a
request, and a `Memory` on disk that takes a newer head only with its proof, one at a time.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aigaq.blobs import write_durably
from aigaq.tlog.checkpoints import SignedCheckpoint, read_checkpoint
from aigaq.tlog.errors import TlogError
from aigaq.tlog.hashing import HASH_BYTES
from aigaq.tlog.proofs import MAXIMUM_HASHES, check_consistency
from aigaq.tlog.text import decode_base64, decode_number, encode_base64


@dataclass(frozen=True)
class AddCheckpoint:
    """A request: the size that the witness knows, the proof from there, the newer checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


def build_add_checkpoint(request: AddCheckpoint) -> bytes:
    """Return the body of a request."""
    lines = [f"old {request.old_size}", *map(encode_base64, request.proof), "", ""]
    return "\n".join(lines).encode("ascii") + request.checkpoint


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Return what a request asks. Raises `TlogError` (``witness.bad_request``)."""
    head, blank, checkpoint = body.partition(b"\n\n")
    try:
        first, *rest = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise TlogError("witness.bad_request") from None
    if not blank or not first.startswith("old ") or len(rest) > MAXIMUM_HASHES:
        raise TlogError("witness.bad_request")
    proof = tuple(decode_base64(line, code="witness.bad_request") for line in rest)
    if any(len(one) != HASH_BYTES for one in proof):
        raise TlogError("witness.bad_request")
    old_size = decode_number(first.removeprefix("old "), code="witness.bad_request")
    return AddCheckpoint(old_size=old_size, proof=proof, checkpoint=checkpoint)


class Memory:
    """The newest checkpoint of each log that somebody verified, in a folder, durable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, origin: str) -> SignedCheckpoint | None:
        """Return what is remembered of a log."""
        try:
            return read_checkpoint(self._path(origin).read_bytes())
        except FileNotFoundError:
            return None

    def advance(self, new: SignedCheckpoint, *, proof: Sequence[bytes], old_size: int) -> None:
        """Remember ``new``, whose signature was checked before, if it goes on from what is known.

        Raises `TlogError`: ``witness.other_size`` (``size``: what is known; ask again from there),
        ``log.rolled_back`` (smaller than ``old_size``), ``log.forked`` (same size, other root),
        ``proof.*`` (no consistency). Nothing is remembered then.
        """
        with self._alone():
            known = self.get(new.checkpoint.origin)
            known_size = known.checkpoint.size if known is not None else 0
            if new.checkpoint.size < old_size:
                raise TlogError("log.rolled_back", size=new.checkpoint.size, known=old_size)
            if old_size != known_size:
                raise TlogError("witness.other_size", size=known_size)
            if known is not None and known_size == new.checkpoint.size:
                if known.checkpoint.root != new.checkpoint.root:
                    raise TlogError("log.forked", size=known_size)
                if proof:
                    raise TlogError("proof.wrong_length")
                return
            if known is not None and known_size > 0:
                check_consistency(
                    old_size=known_size,
                    old_root=known.checkpoint.root,
                    size=new.checkpoint.size,
                    root=new.checkpoint.root,
                    proof=proof,
                )
            elif proof:
                raise TlogError("proof.wrong_length")
            write_durably(self._path(new.checkpoint.origin), new.note.encode())

    def _path(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
