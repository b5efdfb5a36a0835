"""Speed of age files: ours beside pyrage and beside bare ChaCha20-Poly1305, in one run.

Run as ``python -m bench.age [--megabytes 256]``. A megabyte is 10^6 bytes of plaintext; a figure
is the best of five rounds, taken round by round and not tool by tool, on one core. *Bare* encrypts
one chunk of 64 KiB again and again and moves nothing: no file format can be faster; *chunks* is
STREAM without files at its ends, and *copy* the files without STREAM. Post-quantum recipients have
no comparison, since pyrage has none.
"""

import io
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyrage
from bench.figures import Figure, build_parser, show
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aigaq import age
from aigaq.age import stream

ROUNDS = 5
DEFAULT_MEGABYTES = 256
SMALL_BYTES = 4096
SMALL_FILES = 500


def best_seconds(tasks: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the shortest time that each of ``tasks`` took."""
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def bare_encrypt(size: int) -> None:
    aead, chunk, nonce = ChaCha20Poly1305(bytes(32)), bytes(stream.CHUNK_BYTES), bytes(12)
    for _ in range(size // len(chunk)):
        aead.encrypt(nonce, chunk, None)


def bare_decrypt(size: int) -> None:
    aead, nonce = ChaCha20Poly1305(bytes(32)), bytes(12)
    sealed = aead.encrypt(nonce, bytes(stream.CHUNK_BYTES), None)
    for _ in range(size // stream.CHUNK_BYTES):
        aead.decrypt(nonce, sealed, None)


def exhaust(pieces: Iterable[bytes]) -> None:
    for _ in pieces:
        pass


def large_tasks(folder: Path, size: int) -> dict[str, Callable[[], object]]:
    """Return the tasks over one large file, and prepare what they read."""
    identity, other = age.X25519Identity.generate(), pyrage.x25519.Identity.generate()
    plain, sealed, theirs = folder / "plain", folder / "sealed", folder / "theirs"
    opened = folder / "opened"
    plain.write_bytes(bytes(size))
    data = plain.read_bytes()
    sealed_data = age.encrypt_bytes(data, recipients=[identity.recipient])
    chunks = b"".join(stream.encrypt_chunks(bytes(32), io.BytesIO(data)))
    their_data = pyrage.encrypt(data, [other.to_public()])

    def encrypt_file() -> None:
        with plain.open("rb") as reader, sealed.open("wb") as writer:
            age.encrypt(reader, writer, recipients=[identity.recipient])

    def decrypt_file() -> None:
        with sealed.open("rb") as reader, opened.open("wb") as writer:
            age.decrypt(reader, writer, identities=[identity])

    def copy_file() -> None:
        with plain.open("rb") as reader, opened.open("wb") as writer:
            shutil.copyfileobj(reader, writer, stream.CHUNK_BYTES)

    return {
        "bare encrypt": lambda: bare_encrypt(size),
        "bare decrypt": lambda: bare_decrypt(size),
        "chunks encrypt": lambda: exhaust(stream.encrypt_chunks(bytes(32), io.BytesIO(data))),
        "chunks decrypt": lambda: exhaust(stream.decrypt_chunks(bytes(32), io.BytesIO(chunks))),
        "file copy": copy_file,
        "file encrypt": encrypt_file,
        "file encrypt, pyrage": lambda: pyrage.encrypt_file(
            str(plain), str(theirs), [other.to_public()]
        ),
        "file decrypt": decrypt_file,
        "file decrypt, pyrage": lambda: pyrage.decrypt_file(str(theirs), str(opened), [other]),
        "memory encrypt": lambda: age.encrypt_bytes(data, recipients=[identity.recipient]),
        "memory encrypt, pyrage": lambda: pyrage.encrypt(data, [other.to_public()]),
        "memory decrypt": lambda: age.decrypt_bytes(sealed_data, identities=[identity]),
        "memory decrypt, pyrage": lambda: pyrage.decrypt(their_data, [other]),
    }


def small_tasks() -> dict[str, Callable[[], object]]:
    """Return the tasks over many small files, such as messages."""
    hybrid, classic = age.HybridIdentity.generate(), age.X25519Identity.generate()
    other = pyrage.x25519.Identity.generate()
    data = bytes(SMALL_BYTES)
    to_hybrid = age.encrypt_bytes(data, recipients=[hybrid.recipient])
    to_classic = age.encrypt_bytes(data, recipients=[classic.recipient])
    to_other = pyrage.encrypt(data, [other.to_public()])

    def repeat(task: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(SMALL_FILES):
                task()

        return run

    return {
        "encrypt, X25519": repeat(lambda: age.encrypt_bytes(data, recipients=[classic.recipient])),
        "encrypt, X25519, pyrage": repeat(lambda: pyrage.encrypt(data, [other.to_public()])),
        "decrypt, X25519": repeat(lambda: age.decrypt_bytes(to_classic, identities=[classic])),
        "decrypt, X25519, pyrage": repeat(lambda: pyrage.decrypt(to_other, [other])),
        "encrypt, hybrid": repeat(lambda: age.encrypt_bytes(data, recipients=[hybrid.recipient])),
        "decrypt, hybrid": repeat(lambda: age.decrypt_bytes(to_hybrid, identities=[hybrid])),
    }


def measure(*, megabytes: int) -> Iterator[Figure]:
    """Measure one large file and many small ones."""
    size = megabytes * 10**6
    with tempfile.TemporaryDirectory(dir=_memory_folder()) as folder:
        seconds = best_seconds(large_tasks(Path(folder), size))
    rates = {name: megabytes / taken for name, taken in seconds.items()}
    yield from compare(rates, unit="MB/s")
    seconds = best_seconds(small_tasks())
    yield from compare({name: SMALL_FILES / taken for name, taken in seconds.items()}, unit="/s")


def _memory_folder() -> str | None:
    """Return a folder in memory if there is one, so that no disk is measured."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def compare(rates: dict[str, float], *, unit: str) -> Iterator[Figure]:
    """Yield our rates, each with that of pyrage beside it."""
    for name, rate in rates.items():
        if name.endswith(", pyrage"):
            continue
        theirs = rates.get(f"{name}, pyrage")
        beside = "" if theirs is None else f"pyrage {theirs:,.0f} {unit} ({rate / theirs:.2f} ×)"
        yield Figure(name, rate, unit, more_is_better=True, beside=beside)


def main() -> None:
    """Print the table."""
    parser = build_parser(__doc__)
    parser.add_argument("--megabytes", type=int, default=DEFAULT_MEGABYTES)
    arguments = parser.parse_args()
    show(measure(megabytes=arguments.megabytes), as_json=arguments.json)


if __name__ == "__main__":
    main()
