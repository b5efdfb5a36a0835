"""The reporters' pages with this organisation's card in them: made here, carried to the gate.

Phones take the team's keys from the card in the page and from nowhere else, so a new card reaches
them only with pages that hold it. The gate does not make them: it is not trusted to. Source:
spec/card.md, "Stamping".
"""

from pathlib import Path

import aigaq
from aigaq.blobs import write_durably
from aigaq.core.home import Home
from aigaq.sealing.bundle import MANIFEST, stamp_bundle

UNSTAMPED = Path(aigaq.__file__).parent / "gate" / "bundle"


def stamp_pages(*, home: Home, gate: Path, root_key: bytes, card: bytes) -> Path:
    """Write the pages into the gate's folder, and note at the desk what must be found there.

    Returns the folder of the pages. Raises `SealingError`: ``card.*``, ``bundle.*``.
    """
    target = gate / "bundle"
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp_bundle(UNSTAMPED, target, root_key=root_key, card=card)
    write_durably(gate / "card.json", card)
    write_durably(home.locked / MANIFEST, (target / MANIFEST).read_bytes())
    return target
