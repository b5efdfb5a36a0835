"""A copy of a log in a folder, read from its first entry to its last; memory stays small.

Source: https://c2sp.org/tlog-tiles; ``spec/policy.md``, step 8 of receipts.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aigaq_verify.errors import VerifyError
from aigaq_verify.merkle import Roots, hash_entry
from aigaq_verify.sources import open_regular, read_whole

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


def read_head(folder: Path, *, maximum_bytes: int) -> bytes:
    """Return the checkpoint of a copy. Raises `VerifyError` (``log.bad_checkpoint``)."""
    path = folder / "checkpoint"
    try:
        with open_regular(path, where=str(path)) as file:
            return read_whole(file, maximum_bytes=maximum_bytes + 1)
    except VerifyError as error:
        raise VerifyError("log.bad_checkpoint", error.where) from None


def _read(path: Path) -> bytes:
    try:
        with open_regular(path, where=str(path)) as file:
            data = read_whole(file, maximum_bytes=_MAXIMUM_BUNDLE + 1)
    except VerifyError as error:
        raise VerifyError("log.missing_tile", error.where) from None
    if len(data) > _MAXIMUM_BUNDLE:
        raise VerifyError("log.bad_entries", str(path))
    return data


@dataclass(frozen=True)
class Copy:
    """What reading a whole copy gave."""

    #: The first index at which the wanted entry stands, or None.
    index: int | None
    #: The root over the first entries, as many as was asked, or None if there are not so many.
    early_root: bytes | None
    #: Whether the wanted entry stands at the place that was asked.
    is_in_place: bool


def check_copy(
    folder: Path, *, size: int, root: bytes, wanted: bytes, early_size: int = 0, place: int = 0
) -> Copy:
    """Check that ``folder`` holds the log of ``size`` and ``root``; look for ``wanted`` in it.

    Tells also the root over the first ``early_size`` entries, and whether ``wanted`` is at
    ``place``. Raises `VerifyError`: ``log.*``.
    """
    roots, index, early_root, is_in_place = Roots(), None, None, False
    for number, entry in enumerate(iterate_entries(folder, size=size)):
        roots.add(hash_entry(entry))
        if roots.size == early_size:
            early_root = roots.root()
        if entry == wanted:
            index = number if index is None else index
            is_in_place |= number == place
    if roots.root() != root:
        raise VerifyError("log.wrong_root")
    return Copy(index, early_root, is_in_place)


def _find(folder: Path, number: int, *, width: int) -> Path:
    """Return the bundle of at least ``width`` entries: the full one, or a partial one."""
    text = f"{number % 1000:03d}"
    rest = number // 1000
    while rest:
        text, rest = f"x{rest % 1000:03d}/{text}", rest // 1000
    full = folder / "tile/entries" / text
    for path in (full, *(full.with_name(f"{full.name}.p") / str(one) for one in range(width, 256))):
        if os.path.lexists(path):
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
