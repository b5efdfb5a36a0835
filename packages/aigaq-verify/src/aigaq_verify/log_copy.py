"""A copy of a log in a folder, read from its first entry to its last; memory stays small.

Source: https://c2sp.org/tlog-tiles; ``spec/policy.md``, step 8 of receipts.
"""

from collections.abc import Iterator
from pathlib import Path

from aigaq_verify.errors import VerifyError
from aigaq_verify.merkle import Roots, hash_entry

_WIDTH = 256
_MAXIMUM_BUNDLE = _WIDTH * 65_537


def iterate_entries(folder: Path, *, size: int) -> Iterator[bytes]:
    """Yield the first ``size`` entries.

    Raises `VerifyError`: ``log.missing_tile``, ``log.bad_entries``.
    """
    for number in range((size + _WIDTH - 1) // _WIDTH):
        width = min(_WIDTH, size - number * _WIDTH)
        path = _find(folder, number, width=width)
        entries = list(_split(_read(path), where=str(path)))
        if len(entries) < width:
            raise VerifyError("log.bad_entries", str(path))
        yield from entries[:width]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAXIMUM_BUNDLE + 1)
    except OSError:
        raise VerifyError("log.missing_tile", str(path)) from None
    if len(data) > _MAXIMUM_BUNDLE:
        raise VerifyError("log.bad_entries", str(path))
    return data


def check_copy(folder: Path, *, size: int, root: bytes, wanted: bytes) -> int | None:
    """Check that ``folder`` holds the log of ``size`` and ``root``; find ``wanted`` in it.

    Returns the first index at which the entry ``wanted`` stands, or None. Raises `VerifyError`:
    ``log.*``.
    """
    roots, found = Roots(), None
    for index, entry in enumerate(iterate_entries(folder, size=size)):
        roots.add(hash_entry(entry))
        if entry == wanted and found is None:
            found = index
    if roots.root() != root:
        raise VerifyError("log.wrong_root")
    return found


def _find(folder: Path, number: int, *, width: int) -> Path:
    """Return the bundle of at least ``width`` entries: the full one, or a partial one."""
    text = f"{number % 1000:03d}"
    rest = number // 1000
    while rest:
        text, rest = f"x{rest % 1000:03d}/{text}", rest // 1000
    full = folder / "tile/entries" / text
    for path in (full, *(full.with_name(f"{full.name}.p") / str(one) for one in range(width, 256))):
        if path.is_file() and not path.is_symlink():
            return path
    raise VerifyError("log.missing_tile", f"tile/entries/{text}")


def _split(data: bytes, *, where: str) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        begin = at + 2
        at = begin + int.from_bytes(data[at:begin], "big")
        if begin > len(data) or at > len(data):
            raise VerifyError("log.bad_entries", where)
        yield data[begin:at]
