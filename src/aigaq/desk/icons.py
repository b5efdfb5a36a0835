"""Icons as inline SVG, so that a page needs no request and no font for them.

The set is Lucide (npm ``lucide-static`` 1.62.0), licence ISC and in part MIT, kept beside the
files in ``static/desk/icons/LICENSE``. An icon is decoration: it is hidden from screen readers,
and a word always stands beside it.
"""

import re
from functools import cache
from pathlib import Path

from aigaq.errors import AigaqError

FOLDER = Path(__file__).parent / "static" / "desk" / "icons"
_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def build_icon(name: str) -> str:
    """Return the ``<svg>`` called ``name``. Raises `AigaqError` ``desk.no_such_icon``."""
    file = FOLDER / f"{name}.svg"
    found = _BODY.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    if found is None:
        raise AigaqError("desk.no_such_icon", name=name)
    body = " ".join(found.group(1).split())
    return (
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{body}</svg>'
    )
