"""A cosigner's seed file, and what of it goes into a team card.

RFC 8785 JSON ``{"format": "aigaq/cosigner-seed/v1", "name", "seed": b64}`` and one LF, mode 0600.
The desk's own is the bare base64 of the 32 bytes; its name follows from the gate.

Beside a partner's seed ``FILE`` lies ``FILE.log/``, what it remembers. A seed that finds no memory
is refused: it would begin anew at whatever log it is shown, and sign a second history.
"""

import json
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aigaq.blobs import write_durably
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.encoding import decode_base64, encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.witnessing import build_cosigner
from aigaq.tlog import Cosigner, TlogError
from aigaq.watching.errors import WatchError

FORMAT = "aigaq/cosigner-seed/v1"
#: In ``FILE.log/`` from the making of a seed until its first head is remembered.
_AWAITED = "first-head-awaited"
_NAME = re.compile(r"[!-*,-~]{1,200}\Z")


def name_desk_cosigner(gate_origin: str) -> str:
    """Return the name of the cosigner of the desk whose gate is at ``gate_origin``."""
    return f"{urlsplit(gate_origin).netloc}/desk"


def open_desk_cosigner(path: Path, *, gate_origin: str) -> Cosigner:
    """Return the desk's cosigner; its seed file is made when there is none.

    Raises `WatchError` ``watch.bad_seed``.
    """
    if not path.exists():
        write_durably(path, encode_base64(secrets.token_bytes(32)).encode("ascii") + b"\n")
    try:
        seed = decode_base64(path.read_text("ascii").strip())
        return Cosigner(name=name_desk_cosigner(gate_origin), seed=seed)
    except (ValueError, SealingError, TlogError):
        raise WatchError("watch.bad_seed") from None


def open_seed_file(path: Path, *, name: str | None = None) -> Cosigner:
    """Return the cosigner of a seed file, which is made when it is missing.

    ``name`` is for a new one, else drawn. Raises `WatchError` ``watch.bad_seed``: no seed file, a
    name that cannot be, or another name than the file's.
    """
    if not path.exists():
        _make_seed_file(path, name=name or f"cosigner-{secrets.token_hex(4)}")
    try:
        members: Any = json.loads(path.read_bytes())
        if members["format"] != FORMAT or (name is not None and members["name"] != name):
            raise WatchError("watch.bad_seed")
        return Cosigner(name=members["name"], seed=decode_base64(members["seed"]))
    except (ValueError, KeyError, TypeError, SealingError, TlogError):
        raise WatchError("watch.bad_seed") from None


def name_memory(seed_file: Path) -> Path:
    """Return the folder in which the cosigner of ``seed_file`` remembers."""
    return seed_file.with_name(f"{seed_file.name}.log")


def check_memory(seed_file: Path, *, begin_anew: bool = False) -> None:
    """See that what this seed cosigned is remembered, or that it never cosigned anything.

    ``begin_anew`` is a person's word that the memory is gone for good. Raises `WatchError`
    ``watch.memory_lost``.
    """
    folder = name_memory(seed_file)
    if any((folder / "heads").glob("*.checkpoint")):
        (folder / _AWAITED).unlink(missing_ok=True)
    elif begin_anew:
        _await_first_head(folder)
    elif not (folder / _AWAITED).exists():
        raise WatchError("watch.memory_lost", folder=str(folder))


def describe_cosigner(
    cosigner: Cosigner, *, is_independent: bool, url: str | None = None
) -> dict[str, Any]:
    """Return what a card says of ``cosigner``."""
    keys = tuple(map(str, cosigner.keys))
    return build_cosigner(
        name=cosigner.name, verifier_keys=keys, is_independent=is_independent, url=url
    )


def _make_seed_file(path: Path, *, name: str) -> None:
    if _NAME.match(name) is None:
        raise WatchError("watch.bad_seed")
    seed = encode_base64(secrets.token_bytes(32))
    _await_first_head(name_memory(path))
    write_durably(path, build_json({"format": FORMAT, "name": name, "seed": seed}) + b"\n")


def _await_first_head(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(folder / _AWAITED, b"")
