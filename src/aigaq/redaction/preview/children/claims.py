"""Runs inside the sandbox: hostile bytes come in, one JSON object of what they claim goes out.

``state`` is ``found`` (with the JSON of the reader in ``claims``), ``elsewhere`` (the file names an
address of its claims in ``where``, which is not asked), ``none`` or ``broken``. The sandbox has no
network; that nothing is fetched is said to the reader besides.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = ["/children", "/packages"]

from limits import set_limits  # type: ignore[import-not-found]  # noqa: E402

FILES_BYTES = set_limits()

INPUT = Path("/tmp/in")  # noqa: S108 - the sandbox's own tmpfs.
FETCH_NOTHING = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}


def spool() -> bool:
    total = 0
    with INPUT.open("wb") as file:
        while chunk := sys.stdin.buffer.read(1 << 20):
            total += len(chunk)
            if total >= FILES_BYTES:
                return False
            file.write(chunk)
    return True


def read(kind: str) -> dict[str, Any]:
    import c2pa

    settings = c2pa.Settings.from_dict(FETCH_NOTHING)
    try:
        with INPUT.open("rb") as file:
            reader = c2pa.Reader(kind, file, context=c2pa.Context(settings))
            return {"state": "found", "claims": json.loads(reader.json())}
    except c2pa.C2paError as error:
        said = str(error)
    if said.startswith("ManifestNotFound"):
        return {"state": "none"}
    if said.startswith("Remote:"):
        _, _, where = said.partition(" from url ")
        return {"state": "elsewhere", "where": where}
    return {"state": "broken"}


if not spool():
    answer: dict[str, Any] = {"state": "broken"}
else:
    answer = read(sys.argv[4])
sys.stdout.buffer.write(json.dumps(answer).encode())
