"""How an article is cited in each language: a pack's ``article`` is written once, in English.

A pack names its instruments (``instruments``: how each is cited, and what lawyers of each language
call it); numbers stay as they are. Source: ``spec/jurisdiction-pack.md``, *instruments*.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from aigaq.jurisdictions.pack_shapes import Pack


def cite_article(article: str, *, language: str, pack: Pack) -> str:
    """Return ``article`` with every instrument of the pack named in ``language``."""
    if not pack.instruments:
        return article
    pattern = _compile(tuple(pack.instruments))
    return pattern.sub(lambda found: pack.instruments[found[0]][language], article)


def list_unnamed(article: str, *, cites: Iterable[str]) -> list[str]:
    """Return the words of an article that belong to no instrument."""
    rest = _compile(tuple(cites)).sub(" ", article)
    return re.findall(r"[^\W\d_][\w'’-]*", rest)


@lru_cache(maxsize=64)
def _compile(cites: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds the longest cite first, as whole words."""
    longest = sorted(cites, key=len, reverse=True)
    words = "|".join(re.escape(cite) for cite in longest)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)" if words else r"(?!)")
