"""Finds packs and reads them with their parents; remembers what it read.

A pack of the project is found by its id, one of one's own by its path; a parent is looked for
beside its child first. Raises `PackFaults` with every fault, or `PackError` ``pack.unknown``.
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


@lru_cache(maxsize=16)
def load_pack(pack_id: str) -> Pack:
    """Return the project's pack ``pack_id``."""
    return load_pack_file(find_pack(pack_id))


def find_pack(pack_id: str) -> Path:
    """Return the file of the project's pack ``pack_id``. Raises `PackError` ``pack.unknown``."""
    file = Path(str(files("aigaq.jurisdictions").joinpath("packs", f"{pack_id}.yaml")))
    if not ID.fullmatch(pack_id.replace("-", "_")) or not file.is_file():
        raise PackError("pack.unknown", id=pack_id[:50])
    return file


def load_pack_file(file: Path, *, children: tuple[str, ...] = ()) -> Pack:
    """Return the pack in ``file``, with what it takes from its parents."""
    try:
        document = parse_yaml(file.read_bytes())
    except OSError:
        raise PackError("pack.unreadable", file=file.name) from None
    except FileFault as fault:
        raise PackFaults([fault], file=str(file)) from None
    faults = Faults(document)
    parent = None
    parent_id = read_parent_id(document)
    if parent_id is not None:
        line = ("pack", "extends")
        if parent_id in children or len(children) >= MOST_GENERATIONS:
            faults.add("pack.circular_parent", line, id=parent_id)
        else:
            try:
                beside = file.with_name(f"{parent_id}.yaml")
                known = beside if beside.is_file() else find_pack(parent_id)
                parent = load_pack_file(known, children=(*children, file.stem))
            except PackError:
                faults.add("pack.unknown_parent", line, id=parent_id)
    pack = read_pack(document, faults=faults, parent=parent)
    if faults.found:
        raise PackFaults(faults.found, file=str(file))
    return pack
