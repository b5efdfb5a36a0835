"""Proofs of our log in the words of Sigstore, good ones and tampered ones."""

import random
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.sealing.log_entries import build_blinded
from aigaq.tlog import Checkpoint, Ed25519Verifier, Tile, TileTree, hash_entry, sign_checkpoint
from aigaq.tlog.writer import Frontier

ORIGIN = "gate.example/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG = Ed25519Verifier(ORIGIN, KEY.public_key().public_bytes_raw())


@dataclass(frozen=True)
class Case:
    """One proof: what it is about, what it says, and whether it was tampered with."""

    entry: bytes
    index: int
    size: int
    hashes: tuple[bytes, ...]
    root: bytes
    note: str
    tampering: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the proof as Sigstore's bundles write it."""
        return {
            "logIndex": str(self.index),
            "logId": {"keyId": encode(LOG.key_id)},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
            "integratedTime": "0",
            "inclusionProof": {
                "logIndex": str(self.index),
                "rootHash": encode(self.root),
                "treeSize": str(self.size),
                "hashes": list(map(encode, self.hashes)),
                "checkpoint": {"envelope": self.note},
            },
            "canonicalizedBody": encode(self.entry),
        }


def encode(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def make_case(*, size: int, index: int) -> Case:
    """Return the proof that our code makes for an entry of a log of ``size``."""
    entries = [build_blinded(number.to_bytes(32, "big")) for number in range(size)]
    frontier, tiles = Frontier(), dict[Tile, bytes]()
    leaves = list(map(hash_entry, entries))
    for start in range(0, size, 100):
        tiles.update(frontier.append(leaves[start : start + 100]))
    root = frontier.root()
    note = sign_checkpoint(Checkpoint(ORIGIN, size, root), key=KEY)
    return Case(
        entry=entries[index],
        index=index,
        size=size,
        hashes=tuple(TileTree(size=size, read=tiles.__getitem__).prove_inclusion(index)),
        root=root,
        note=note.encode().decode(),
    )


def flip(data: bytes, *, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


def tamper(case: Case, *, bit: int) -> Iterator[Case]:
    """Yield ``case`` with one thing wrong, each in its own way."""
    yield replace(case, entry=flip(case.entry, bit=bit), tampering="the entry")
    yield replace(case, root=flip(case.root, bit=bit), tampering="the root")
    yield replace(case, hashes=(*case.hashes, bytes(32)), tampering="a hash too many")
    for at in range(len(case.hashes)):
        hashes = list(case.hashes)
        hashes[at] = flip(hashes[at], bit=bit)
        yield replace(case, hashes=tuple(hashes), tampering=f"hash {at}")
    if case.hashes:
        yield replace(case, hashes=case.hashes[:-1], tampering="a hash too few")
    if len(case.hashes) > 1:
        yield replace(case, hashes=case.hashes[::-1], tampering="hashes the other way round")
    if case.size > 1:
        yield replace(case, index=case.index ^ 1, tampering="the index")


def tamper_note(case: Case, *, bit: int) -> Iterator[Case]:
    """Yield ``case`` with a checkpoint that the log did not sign."""
    size = f"\n{case.size}\n"
    other = case.note.replace(size, f"\n{case.size + 1}\n", 1)
    yield replace(case, note=other, tampering="the checkpoint's size")
    foreign = sign_checkpoint(
        Checkpoint(ORIGIN, case.size, case.root),
        key=Ed25519PrivateKey.from_private_bytes(bytes(32)),
    )
    yield replace(case, note=foreign.encode().decode(), tampering="the checkpoint's key")
    head = Checkpoint(ORIGIN, case.size, flip(case.root, bit=bit))
    note = sign_checkpoint(head, key=KEY).encode().decode()
    yield replace(case, note=note, tampering="the checkpoint's root")


def draw_cases(*, count: int, seed: int) -> Sequence[Case]:
    """Return good proofs of logs of many sizes, among them those around full tiles."""
    chance = random.Random(seed)
    sizes = [1, 2, 3, 255, 256, 257, 511, 512, 513]
    sizes += [chance.randint(1, 1_500) for _ in range(count - len(sizes))]
    return [make_case(size=size, index=chance.randrange(size)) for size in sizes]
