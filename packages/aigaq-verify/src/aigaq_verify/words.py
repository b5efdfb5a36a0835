"""What is told to people, in Kazakh, Russian and English: a key and its values, said at the end.

``texts.json`` beside this file is the one source, of the command and of ``verify.html``. In a text
``{1}``, ``{2}``, … are the values; ``{kk}``, ``{ru}``, ``{en}`` and ``{n}`` the first four of them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

LANGUAGES = ("kk", "ru", "en")
#: A key of the texts, and the values in their order.
Told = tuple[str, ...]
_PLACES = {"kk": 1, "ru": 2, "en": 3, "n": 4}
_PLACE = re.compile(r"\{(\w+)\}")


def say(key: str, *values: str, language: str) -> str:
    """Return one text with its values in ``language``."""

    def fill(found: re.Match[str]) -> str:
        place = found[1]
        return values[_PLACES[place] - 1 if place in _PLACES else int(place) - 1]

    return _PLACE.sub(fill, read_texts()[language][key])


def say_all(told: Sequence[Told], *, language: str, between: str = " ") -> str:
    """Return all of ``told`` in ``language``, one after the other."""
    return between.join(say(key, *values, language=language) for key, *values in told)


def find_language(environment: Mapping[str, str]) -> str:
    """Return the language of the surroundings, as POSIX names it; English if it is another."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    named = next((name for name in names if name), "")
    return next((one for one in LANGUAGES if re.match(rf"{one}(?![a-z])", named)), "en")


@cache
def read_texts() -> Mapping[str, Mapping[str, str]]:
    """Return the texts by language and key."""
    data = files("aigaq_verify").joinpath("texts.json").read_bytes()
    texts: Mapping[str, Mapping[str, str]] = json.loads(data)
    return texts
