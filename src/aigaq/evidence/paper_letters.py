"""Text for papers in letters that their fonts have; any other letter stands as its code.

What reporters and staff write may hold any letter of Unicode, above all the name of a file from a
phone. PDF/A refuses a letter without a glyph, and the typesetter breaks down over some text from
right to left: without this, one such name would keep a whole package from being made. The pages of
a package show all letters as they are.
"""

import re
from typing import Any

#: What every font of the papers, or one that stands in for it, was seen to have: Latin, Greek and
#: Cyrillic with their accents, and the signs that texts use.
_WITHOUT_GLYPH = re.compile(
    "[^\n\u0020-\u007e\u00a0-\u00ac\u00ae-\u02af\u0300-\u036f\u0370-\u0377\u037a-\u037f"
    "\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u04ff\u2010-\u2015\u2018-\u201e\u2020-\u2022"
    "\u2026\u2030\u2032\u2033\u2039\u203a\u20ac\u2116\u2122\ufffd]"
)


def spell(facts: Any) -> Any:
    """Return ``facts`` (lists and objects of plain values) with every text in such letters.

    A letter without a glyph becomes ``[U+1F600]``.
    """
    if isinstance(facts, str):
        return _WITHOUT_GLYPH.sub(lambda found: f"[U+{ord(found[0]):04X}]", facts)
    if isinstance(facts, dict):
        return {name: spell(value) for name, value in facts.items()}
    if isinstance(facts, list | tuple):
        return [spell(value) for value in facts]
    return facts
