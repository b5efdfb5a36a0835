"""The evidence log: appending in memory, proofs at a million leaves, and the durable writer.

Run alone: ``python -m bench.log [--leaves 1000000]``. Leaves are hashed from blinded entries and
added in batches of 1,000 in one process. A proof is made from tiles, in memory and in files; each
is for a leaf drawn by chance, so that its lowest tile is hashed anew. The durable writer stands
beside *one fsync an entry*: as many entries written one behind the other into one file on the same
disk, an fsync each, the least that a log must do that promises each entry by itself.
"""

import os
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figures import Figure, build_parser, show
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.sealing.log_entries import build_blinded
from aigaq.tlog import LogWriter, Tile, TileTree, check_inclusion, hash_entry
from aigaq.tlog.hashing import hash_entries
from aigaq.tlog.writer import Frontier

ORIGIN = "bench.example/log"
LEAVES = 1_000_000
BATCH = 1_000
PROOFS = 2_000
DURABLE_BATCHES = 20
SINGLE_ENTRIES = 1_000
LEAST_LEAVES, MOST_MILLISECONDS, LEAST_RATIO = 200_000, 1.0, 10


def make_entries(count: int) -> list[bytes]:
    """Return blinded entries of chance."""
    noise = secrets.token_bytes(32 * count)
    return [build_blinded(noise[at : at + 32]) for at in range(0, len(noise), 32)]


def measure_append(leaves: int) -> tuple[float, Frontier, dict[Tile, bytes], list[bytes]]:
    """Return seconds of hashing and adding ``leaves`` entries, and the tree that came of it."""
    entries, frontier = make_entries(leaves), Frontier()
    tiles: dict[Tile, bytes] = {}
    began = time.perf_counter()
    for start in range(0, leaves, BATCH):
        tiles.update(frontier.append(hash_entries(entries[start : start + BATCH])))
    seconds = time.perf_counter() - began
    return seconds, frontier, tiles, entries


def measure_proofs(
    read: Callable[[Tile], bytes], *, entries: list[bytes], root: bytes
) -> list[float]:
    """Return the milliseconds of each of some proofs; every one of them is checked."""
    tree = TileTree(size=len(entries), read=read)
    taken = []
    for _ in range(PROOFS):
        index = random.randrange(len(entries))
        began = time.perf_counter()
        proof = tree.prove_inclusion(index)
        taken.append((time.perf_counter() - began) * 1_000)
        leaf = hash_entry(entries[index])
        check_inclusion(leaf=leaf, index=index, size=len(entries), proof=proof, root=root)
    return taken


def write_tiles(folder: Path, tiles: dict[Tile, bytes]) -> None:
    """Write the tiles of level 0 and above as a log's folder has them."""
    for tile, data in tiles.items():
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def measure_writer(folder: Path) -> float:
    """Return entries a second of the durable writer, in batches."""
    key = Ed25519PrivateKey.generate()
    batches = [make_entries(BATCH) for _ in range(DURABLE_BATCHES)]
    with LogWriter(folder, origin=ORIGIN, key=key) as log:
        began = time.perf_counter()
        for batch in batches:
            log.append(batch, start=log.checkpoint.size)
        seconds = time.perf_counter() - began
        assert log.checkpoint.size == BATCH * DURABLE_BATCHES
    return BATCH * DURABLE_BATCHES / seconds


def measure_single(folder: Path) -> float:
    """Return entries a second with one fsync each."""
    entries = make_entries(SINGLE_ENTRIES)
    with (folder / "entries").open("wb", buffering=0) as file:
        began = time.perf_counter()
        for entry in entries:
            file.write(entry)
            os.fsync(file.fileno())
        return SINGLE_ENTRIES / (time.perf_counter() - began)


def measure(*, leaves: int) -> Iterator[Figure]:
    """Measure all of it and yield the figures."""
    seconds, frontier, tiles, entries = measure_append(leaves)
    yield Figure(
        "leaves hashed and appended in memory",
        leaves / seconds,
        "leaves/s",
        LEAST_LEAVES,
        more_is_better=True,
        beside=f"{leaves:,} leaves in batches of {BATCH:,}",
    )
    root = frontier.root()
    taken = measure_proofs(tiles.__getitem__, entries=entries, root=root)
    yield _proof_figure("tiles in memory", taken, leaves=leaves)
    with tempfile.TemporaryDirectory(prefix="aigaq-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        write_tiles(folder / "tiles", tiles)
        read = measure_proofs(
            lambda tile: (folder / "tiles" / tile.path).read_bytes(), entries=entries, root=root
        )
        yield _proof_figure("tiles in files", read, leaves=leaves)
        durable, single = [], []
        for round_number in range(3):
            durable.append(measure_writer(folder / f"log-{round_number}"))
            single.append(measure_single(folder))
    rate, alone = statistics.median(durable), statistics.median(single)
    yield Figure("durable writer", rate, "entries/s", beside=f"one fsync an entry {alone:,.0f} /s")
    yield Figure(
        f"durable writer, batches of {BATCH:,}, to one fsync an entry",
        rate / alone,
        "×",
        LEAST_RATIO,
        more_is_better=True,
        beside="median of 3",
    )


def _proof_figure(where: str, taken: list[float], *, leaves: int) -> Figure:
    p95 = statistics.quantiles(taken, n=20)[-1]
    beside = f"median {statistics.median(taken):.3f} ms, longest {max(taken):.2f} ms"
    what = f"inclusion proof at {leaves:,} leaves, {where}, p95"
    return Figure(what, p95, "ms", MOST_MILLISECONDS, beside=beside)


def main() -> None:
    """Print the table."""
    parser = build_parser(__doc__)
    parser.add_argument("--leaves", type=int, default=LEAVES)
    arguments = parser.parse_args()
    show(measure(leaves=arguments.leaves), as_json=arguments.json)


if __name__ == "__main__":
    main()
