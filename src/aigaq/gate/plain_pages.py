"""The pages of the path without JavaScript, rendered from the pages' own templates and texts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aigaq.gate.answers import Answer
from aigaq.gate.static_bundle import LANGUAGES
from aigaq.sealing.card import Card

_HERE = Path(__file__).parent


class PlainPages:
    """Renders a page in a language, with the facts of a card."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
        )
        self._texts = {one: _read_json(_HERE / "texts" / f"{one}.json") for one in LANGUAGES}
        listed = _read_json(_HERE / "texts" / "questions.json")
        self.questions: Sequence[Mapping[str, Any]] = listed["questions"]
        self.consents: Sequence[Mapping[str, Any]] = listed["consents"]

    def answer(
        self, page: str, *, card: Card, language: str, status: int = 200, **facts: object
    ) -> Answer:
        """Return ``plain_<page>.html`` with ``facts`` beside those of the card."""
        html = self._environment.get_template(f"plain_{page}.html").render(
            t=self._texts[language],
            lang=language,
            exit_url=card.exit_url,
            trial=card.state == "trial",
            services=card.services,
            reading=card.reading_text[language],
            name=card.names[language],
            **facts,
        )
        return Answer(html.encode("utf-8"), status_code=status, media_type="text/html")


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
