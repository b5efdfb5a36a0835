"""Timestamps that lie in a copy of a log, over its checkpoint, named as in a package.

Source: ``spec/policy.md``, "Steps of receipt"; ``spec/evidence-package.md``, "Timestamps".
"""

import os
from collections.abc import Iterator
from pathlib import Path

from aigaq_verify.errors import VerifyError
from aigaq_verify.renewals import Stamp
from aigaq_verify.revocation import MAXIMUM_BYTES as LIST_BYTES
from aigaq_verify.sources import open_regular, read_whole

_MAXIMUM_BYTES = 1_048_576
_MOST = 99
_MOST_LISTS = 31


def read_rows(folder: Path) -> list[list[Stamp]]:
    """Return the rows of tokens in ``tokens/``: 01, 02 …, each with what renewed it.

    Raises `VerifyError`: ``files.special``, ``files.unreadable``, ``files.too_large``.
    """
    tokens = folder / "tokens"
    return [
        [_read(tokens, stem), *(_read(tokens, one) for one in _list_renewals(tokens, stem))]
        for stem in _list_stems(tokens, "{:02d}")
    ]


def _list_renewals(tokens: Path, stem: str) -> Iterator[str]:
    return _list_stems(tokens, f"{stem}.renewal-{{:02d}}")


def _list_stems(tokens: Path, form: str) -> Iterator[str]:
    """Yield the stems of tokens in their order, up to the first that is not there."""
    for number in range(1, _MOST + 1):
        stem = form.format(number)
        if not os.path.lexists(tokens / f"{stem}.tsr"):
            return
        yield stem


def _read(tokens: Path, stem: str) -> Stamp:
    names = [f"{stem}.list-{number:02d}.crl" for number in range(1, _MOST_LISTS + 1)]
    there = [name for name in names if os.path.lexists(tokens / name)]
    return Stamp(
        name=f"tokens/{stem}.tsr",
        response=_read_file(tokens / f"{stem}.tsr", maximum_bytes=_MAXIMUM_BYTES),
        chain=_read_file(tokens / f"{stem}.chain.pem", maximum_bytes=_MAXIMUM_BYTES),
        lists=tuple(_read_file(tokens / name, maximum_bytes=LIST_BYTES) for name in there),
        list_names=tuple(f"tokens/{name}" for name in there),
    )


def _read_file(path: Path, *, maximum_bytes: int) -> bytes:
    where = f"tokens/{path.name}"
    with open_regular(path, where=where) as file:
        data = read_whole(file, maximum_bytes=maximum_bytes + 1)
    if len(data) > maximum_bytes:
        raise VerifyError("files.too_large", where)
    return data
