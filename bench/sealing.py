"""How fast a report is sealed and opened, beside the bare cost of its arithmetic.

    python -m bench.sealing [--megabytes 100]

The bare pass is one ChaCha20-Poly1305 encryption in 64 KiB chunks and one SHA-256 of the result in
the same run: the least that any sealing must do. Sealing hashes content and ciphertext; opening
hashes the ciphertext, decrypts, and hashes the content. Nothing touches a disk.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench.figures import Figure, build_parser, show
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aigaq.age import HybridIdentity
from aigaq.clock import now
from aigaq.sealing.envelope import ItemToSeal, ReportToSeal, seal_report
from aigaq.sealing.opening import open_report
from aigaq.sealing.receipt_code import derive_mailbox_keys, draw_code

MEGABYTE = 1_000_000
CHUNK_BYTES = 64 * 1024
BLOCK = secrets.token_bytes(CHUNK_BYTES)


class Content:
    """So many bytes, made as they are read."""

    def __init__(self, size: int) -> None:
        """Hold ``size`` bytes."""
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        count = min(self._left, CHUNK_BYTES if size < 0 else size, CHUNK_BYTES)
        self._left -= count
        return BLOCK[:count]


@dataclass
class Memory:
    """Members kept as the pieces that were written: a sink and a source that cost nothing."""

    members: dict[str, list[bytes]] = field(default_factory=dict)
    last: str = ""

    def begin(self, name: str, *, size: int) -> None:
        """Begin a member."""
        self.members[name] = []
        self.last = name

    def write(self, data: bytes, /) -> int:
        """Keep a piece."""
        self.members[self.last].append(bytes(data))
        return len(data)

    def close(self) -> None:
        """Do nothing: it is all there."""

    def names(self) -> list[str]:
        """Return the names of the members."""
        return list(self.members)

    def size(self, name: str) -> int:
        """Return the size of a member."""
        return sum(map(len, self.members[name]))

    def open(self, name: str) -> "Pieces":
        """Open a member."""
        return Pieces(self.members[name])


class Pieces:
    """Reads pieces one after the other."""

    def __init__(self, pieces: list[bytes]) -> None:
        """Read ``pieces``."""
        self._pieces = iter(pieces)
        self._rest = b""

    def __enter__(self) -> "Pieces":
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def read(self, size: int = -1, /) -> bytes:
        """Return the next piece, or what is left of it."""
        data = self._rest or next(self._pieces, b"")
        if 0 <= size < len(data):
            data, self._rest = data[:size], data[size:]
        else:
            self._rest = b""
        return data


class Nowhere:
    """A writer that forgets."""

    def write(self, data: bytes, /) -> int:
        """Forget the bytes."""
        return len(data)


def bare_pass(size: int) -> None:
    """Encrypt and hash so many bytes, and nothing else."""
    cipher, digest = ChaCha20Poly1305(bytes(32)), hashlib.sha256()
    content = Content(size)
    number = 0
    while chunk := content.read(CHUNK_BYTES):
        digest.update(cipher.encrypt(number.to_bytes(12, "big"), chunk, None))
        number += 1
    digest.digest()


def measure_rate(work: Callable[[], object], *, size: int, rounds: int = 3) -> float:
    """Return megabytes a second of the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return size / MEGABYTE / best


def measure(*, size: int) -> Iterator[Figure]:
    """Seal and open an item of ``size`` bytes, and reports of text alone."""
    team, team_id = HybridIdentity.generate(), secrets.token_bytes(16)
    keys = derive_mailbox_keys(draw_code(), team_id=team_id)
    memory = Memory()

    def seal() -> None:
        item = ItemToSeal(Content(size), size_bytes=size, name="video", media_type="video/mp4")
        report = ReportToSeal(
            team_id=team_id,
            team_recipient=str(team.recipient),
            card_version=1,
            language="ru",
            made_at=now(),
            items=[item],
        )
        memory.members.clear()
        seal_report(report, keys=keys, sink=memory)

    def open_whole() -> None:
        opened = open_report(memory, identities=[team], team_id=team_id)
        opened.copy_item(0, writer=Nowhere())

    def seal_text() -> None:
        report = ReportToSeal(
            team_id=team_id,
            team_recipient=str(team.recipient),
            card_version=1,
            language="ru",
            made_at=now(),
            answers=[(4, "Вымышленный пример. " * 50)],
        )
        seal_report(report, keys=keys, sink=Memory())

    bare = measure_rate(lambda: bare_pass(size), size=size)
    sealed = measure_rate(seal, size=size)
    opened = measure_rate(open_whole, size=size)
    texts = 200
    began = time.perf_counter()
    for _ in range(texts):
        seal_text()
    milliseconds = (time.perf_counter() - began) / texts * 1_000
    megabytes = size // MEGABYTE
    yield Figure("bare ChaCha20-Poly1305 and SHA-256", bare, "MB/s")
    yield Figure(f"seal an item of {megabytes} MB", sealed, "MB/s", beside=_share(sealed, bare))
    yield Figure("open and check it", opened, "MB/s", beside=_share(opened, bare))
    yield Figure("seal a report of text alone", milliseconds, "ms")


def _share(rate: float, bare: float) -> str:
    return f"{rate / bare:.2f} of the bare pass"


def main() -> None:
    """Print the table."""
    parser = build_parser(__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    arguments = parser.parse_args()
    show(measure(size=arguments.megabytes * MEGABYTE), as_json=arguments.json)


if __name__ == "__main__":
    main()
