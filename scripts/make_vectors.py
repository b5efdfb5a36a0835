"""Write the vectors of spec/vectors, or check that they are what this code would write.

    python -m scripts.make_vectors            write what is new or changed
    python -m scripts.make_vectors --check    write nothing; exit 1 if a file differs or is missing

Vectors without age files and ML-DSA signatures are the same bytes at every run. Those two are
random: such files are written when they are not there (to renew one, delete it), and tests/vectors
opens them.
"""

import sys
from pathlib import Path

from scripts.vector_sources import (
    containers,
    logs,
    mailboxes,
    plain,
    receipt_verdicts,
    reports,
    signed,
    verdicts,
)

FOLDER = Path(__file__).resolve().parent.parent / "spec" / "vectors"


def main(arguments: list[str]) -> int:
    """Write or check all vectors and say what was done. Return the exit code."""
    check = arguments == ["--check"]
    if arguments and not check:
        print(__doc__, file=sys.stderr)
        return 2
    fixed = plain.build() | signed.build() | containers.build() | logs.build()
    fixed |= verdicts.build() | receipt_verdicts.build()
    random = mailboxes.build() | reports.build() | logs.build_random()
    wanted = {path: data for path, data in fixed.items() if _read(path) != data}
    wanted |= {path: data for path, data in random.items() if _read(path) is None}
    # A tar and its description are one vector: half of it may not be kept.
    wanted |= {path: data for path, data in random.items() if _sibling_is_new(path, wanted)}
    for path, data in sorted(wanted.items()):
        print(f"{'differs' if check else 'written'}: {path}")
        if not check:
            (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
            (FOLDER / path).write_bytes(data)
    print(f"{len(fixed) + len(random)} files, {len(wanted)} {'differ' if check else 'written'}")
    return 1 if check and wanted else 0


def _read(path: str) -> bytes | None:
    file = FOLDER / path
    return file.read_bytes() if file.is_file() else None


def _sibling_is_new(path: str, wanted: dict[str, bytes]) -> bool:
    folder, _, _ = path.rpartition("/")
    return path.startswith("report/") and any(one.startswith(f"{folder}/") for one in wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
