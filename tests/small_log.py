"""A log of five entries that holds one commitment: for what reads a proof and grows no log."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.sealing.log_entries import build_blinded
from aigaq.tlog import (
    Checkpoint,
    ProofFile,
    TileTree,
    build_proof_file,
    hash_entry,
    sign_checkpoint,
)

SIZE = 5


def prove_commitment(
    commitment: bytes, *, key: Ed25519PrivateKey, origin: str, index: int = 2
) -> str:
    """Return the proof of ``commitment`` at ``index``, signed by the log's ``key`` alone."""
    entries = [build_blinded(bytes([number]) * 32) for number in range(SIZE)]
    entries[index] = build_blinded(commitment)
    leaves = b"".join(map(hash_entry, entries))
    tree = TileTree(size=SIZE, read=lambda tile: leaves)
    head = Checkpoint(origin=origin, size=SIZE, root=tree.root())
    note = sign_checkpoint(head, key=key)
    hashes = tuple(tree.prove_inclusion(index))
    return build_proof_file(ProofFile(index, hashes, note.encode())).decode()
