"""Finds packs and reads them with their parents; remembers what it read.

A pack of the project is found by its id, one of one's own by its path, or by its id in a folder
that is named: a folder adds packs and replaces none of the project's. A parent is looked for beside
its child first. Raises `PackFaults` with every fault, or `PackError` ``pack.unknown``.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from aigaq.errors import AigaqError
from aigaq.jurisdictions.errors import PackError
from aigaq.jurisdictions.fields import ID, Faults
from aigaq.jurisdictions.marked_yaml import FileFault, parse_yaml
from aigaq.jurisdictions.pack_reading import read_pack, read_parent_id
from aigaq.jurisdictions.pack_shapes import Pack

MOST_GENERATIONS = 4


class PackFaults(AigaqError):
    """A pack is wrong; ``faults`` has each with its line, ``file`` says in which."""

    def __init__(self, faults: Sequence[FileFault], *, file: str) -> None:
        super().__init__("pack.faults", count=len(faults), file=file)
        self.faults = tuple(faults)
        self.file = file


def list_pack_ids() -> list[str]:
    """Return the ids of the project's own packs."""
    folder = files("aigaq.jurisdictions").joinpath("packs")
    names = [entry.name for entry in folder.iterdir()]
    return sorted(
        name.removesuffix(".yaml")
        for name in names
        if name.endswith(".yaml") and not name.endswith("-services.yaml")
    )


def load_pack(pack_id: str, *, folders: Sequence[Path] = ()) -> Pack:
    """Return the project's pack ``pack_id``, or one of that name in ``folders``, in their order."""
    try:
        return _load_own(pack_id)
    except PackError:
        for folder in folders:
            file = folder / f"{pack_id}.yaml"
            if _is_id(pack_id) and file.is_file():
                return load_pack_file(file)
        raise


@lru_cache(maxsize=16)
def _load_own(pack_id: str) -> Pack:
    return load_pack_file(find_pack(pack_id))


def find_pack(pack_id: str) -> Path:
    """Return the file of the project's pack ``pack_id``. Raises `PackError` ``pack.unknown``."""
    file = Path(str(files("aigaq.jurisdictions").joinpath("packs", f"{pack_id}.yaml")))
    if not _is_id(pack_id) or not file.is_file():
        raise PackError("pack.unknown", id=pack_id[:50])
    return file


def _is_id(text: str) -> bool:
    return ID.fullmatch(text.replace("-", "_")) is not None


def load_pack_file(file: Path, *, children: tuple[str, ...] = ()) -> Pack:
    """Return the pack in ``file``, with what it takes from its parents."""
    try:
        document = parse_yaml(file.read_bytes())
    except OSError:
        raise PackError("pack.unreadable", file=file.name) from None
    except FileFault as fault:
        raise PackFaults([fault], file=str(file)) from None
    faults = Faults(document)
    parent_id = read_parent_id(document)
    parent = None
    if parent_id is not None:
        parent = _load_parent(parent_id, file=file, children=children, faults=faults)
    pack = read_pack(document, faults=faults, parent=parent)
    if parent_id is not None and parent is None:
        # What an unreadable parent has is not known, so nothing is said to be missing in it.
        faults.found[:] = [one for one in faults.found if one.code != "pack.removes_nothing"]
    if faults.found:
        raise PackFaults(faults.found, file=str(file))
    return pack


def _load_parent(
    parent_id: str, *, file: Path, children: tuple[str, ...], faults: Faults
) -> Pack | None:
    line = ("pack", "extends")
    family = (*children, file.stem)
    if parent_id in family or len(family) > MOST_GENERATIONS:
        faults.add("pack.circular_parent", line, id=parent_id)
        return None
    try:
        beside = file.with_name(f"{parent_id}.yaml")
        is_beside = _is_id(parent_id) and beside.is_file()
        return load_pack_file(beside if is_beside else find_pack(parent_id), children=family)
    except PackFaults as wrong:
        codes = [fault.code for fault in wrong.faults]
        if "pack.circular_parent" in codes:
            faults.add("pack.circular_parent", line, id=parent_id)
        else:
            place = f"{wrong.file}:{wrong.faults[0].line}"
            faults.add("pack.faulty_parent", line, id=parent_id, place=place, problem=codes[0])
    except PackError:
        faults.add("pack.unknown_parent", line, id=parent_id)
    return None
