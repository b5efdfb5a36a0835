"""A law of an invented country, as small as a test needs: for what no real pack has yet."""

from collections.abc import Sequence
from typing import Any

from tests.unit.reckoning.random_cases import build_institution, build_pack, ground, text

from aigaq.jurisdictions.marked_yaml import Document
from aigaq.reckoning.answer_json import to_json
from aigaq.reckoning.case_files import read_case
from aigaq.reckoning.evaluation import evaluate

AS_OF = "2026-06-01T12:00:00+05:00"


def rule(name: str, **more: Any) -> dict[str, Any]:
    """Return a rule with title, text and article."""
    return ground(id=name, title=text(name), text=text(name)) | more


def trigger(name: str, by: str) -> dict[str, Any]:
    return ground(id=name, by=by, text=text(name))


def happen(name: str, at: str, /, **fields: Any) -> dict[str, Any]:
    """Return an event at a local time: ``05-04T09:00``."""
    return {"type": name, "at": f"2026-{at}:00+05:00"} | fields


def judge_by(sections: dict[str, Any], *events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the JSON answer under a law of the police, and of what ``sections`` add to it."""
    pack = build_pack(
        {
            "format": "aigaq-pack/v1",
            "pack": {
                "id": "inv",
                "version": "1",
                "status": "draft",
                "names": text("Invented"),
                "languages": ["en"],
                "timezone": "Asia/Almaty",
                "law_as_of": "now",
            },
            "sources": {"s": {"title": "t", "read_at": "here"}},
            "calendar": {"weekend": ["saturday", "sunday"]},
            "institutions": [
                build_institution("police", branch="police", level=1, roles=["accept_report"])
            ],
            "resolvers": [],
        }
        | sections
    )
    case = {"pack": "inv", "as_of": AS_OF, "events": list(events)} | changes
    return to_json(evaluate(read_case(Document(case, {}), pack=pack), pack=pack))


def get_steps(answer: dict[str, Any], duty: str, step: str) -> Sequence[dict[str, Any]]:
    """Return the steps of one kind of the first duty of that name."""
    one = next(one for one in answer["duties"] if one["id"] == duty)
    return [found for found in one["how"] if found["rule"] == step]
