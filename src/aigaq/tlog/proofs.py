"""Checking inclusion and consistency; nothing here ever builds a tree.

Shapes and units: a hash is 32 ``bytes``; an index counts leaves from 0; an inclusion proof runs
from the leaf's sibling up to the root's child. Roots must come from checkpoints whose signatures
were checked before: a proof against an unsigned root proves nothing. Sources: RFC 6962 section 2.1
(hashes), RFC 9162 sections 2.1.3.2 and 2.1.4.2 (algorithms), https://c2sp.org/tlog-proof (file).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aigaq.tlog.errors import TlogError
from aigaq.tlog.hashing import HASH_BYTES, hash_children
from aigaq.tlog.text import decode_base64, decode_number, encode_base64

MAXIMUM_HASHES = 63
_FIRST_LINE = "c2sp.org/tlog-proof@v1"


def check_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf hash ``leaf`` stands at ``index`` of the ``size`` leaves under ``root``.

    Raises `TlogError`: ``proof.bad_form`` (a hash is not 32 bytes), ``proof.wrong_index``,
    ``proof.wrong_length`` or ``proof.wrong_root``.
    """
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise TlogError("proof.wrong_index", index=index, size=size)
    number, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise TlogError("proof.wrong_length")
        if number & 1 or number == last:
            node = hash_children(sibling, node)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            node = hash_children(node, sibling)
        number, last = number >> 1, last >> 1
    if last != 0:
        raise TlogError("proof.wrong_length")
    if node != root:
        raise TlogError("proof.wrong_root")


def check_consistency(
    *, old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of ``size`` leaves begins with the tree of ``old_size`` leaves.

    Nothing can be proven from an empty tree, and no proof is needed between equal sizes. Raises
    `TlogError`: ``proof.bad_form``, ``.wrong_index`` (sizes), ``.wrong_length``, ``.wrong_root``.
    """
    _check_hashes(old_root, root, *proof)
    if not 0 < old_size <= size:
        raise TlogError("proof.wrong_index", index=old_size, size=size)
    if old_size == size:
        if proof:
            raise TlogError("proof.wrong_length")
        if old_root != root:
            raise TlogError("proof.wrong_root")
        return
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise TlogError("proof.wrong_length")
    number, last = old_size - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise TlogError("proof.wrong_length")
        if number & 1 or number == last:
            old, new = hash_children(sibling, old), hash_children(sibling, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = hash_children(new, sibling)
        number, last = number >> 1, last >> 1
    if last != 0:
        raise TlogError("proof.wrong_length")
    if old != old_root or new != root:
        raise TlogError("proof.wrong_root")


@dataclass(frozen=True)
class ProofFile:
    """A ``.tlog-proof``: where the entry stands, the way to the root, the checkpoint's note."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes


def build_proof_file(proof: ProofFile) -> bytes:
    """Return the text of a proof file."""
    lines = [_FIRST_LINE, f"index {proof.index}", *map(encode_base64, proof.hashes), "", ""]
    return "\n".join(lines).encode("ascii") + proof.checkpoint


def parse_proof_file(data: bytes) -> ProofFile:
    """Return what a proof file says; nothing of it is checked yet. Extra data is refused.

    Raises `TlogError` (``proof.bad_form``).
    """
    head, blank, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise TlogError("proof.bad_form") from None
    if not blank or len(lines) < 2 or lines[0] != _FIRST_LINE or not lines[1].startswith("index "):
        raise TlogError("proof.bad_form")
    if len(lines) - 2 > MAXIMUM_HASHES:
        raise TlogError("proof.bad_form")
    index = decode_number(lines[1].removeprefix("index "), code="proof.bad_form")
    hashes = tuple(decode_base64(line, code="proof.bad_form") for line in lines[2:])
    _check_hashes(*hashes)
    return ProofFile(index=index, hashes=hashes, checkpoint=checkpoint)


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise TlogError("proof.bad_form")
