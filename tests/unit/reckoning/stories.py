"""Case files for tests: a short beginning, and what a test adds to it."""

from datetime import datetime
from typing import Any

import yaml

from aigaq.jurisdictions.loading import load_pack
from aigaq.reckoning.answer_json import to_json
from aigaq.reckoning.case_files import parse_document, read_case
from aigaq.reckoning.evaluation import evaluate

REPORT = {
    "type": "report_submitted",
    "at": "2026-05-04T09:00:00+05:00",
    "by": "s",
    "to": "police_district",
}
KIN = [{"from": "p1", "to": "o1", "kind": "kin"}]


def build_story(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a case file in Kazakhstan: survivor, one alleged perpetrator, one official."""
    return {
        "pack": "kz",
        "as_of": "2026-05-20T12:00:00+05:00",
        "offence": "cc120_1",
        "place": {"region": "KZ-35"},
        "parties": [
            {"id": "s", "roles": ["survivor"]},
            {"id": "p1", "roles": ["alleged_perpetrator"]},
            {"id": "o1", "roles": ["official"], "office": "police_district"},
        ],
        "events": list(events),
    } | changes


def event(name: str, at: str, /, **fields: Any) -> dict[str, Any]:
    """Return an event at a local time of Karaganda."""
    return {"type": name, "at": f"{at}:00+05:00"} | fields


#: A complaint that most stories have, and the registration that some do.
COMPLAINT = event(
    "complaint_submitted",
    "2026-05-06T10:00",
    remedy="complaint_prosecutor",
    to="prosecutor_district",
)
REGISTERED = event("erdr_registered", "2026-05-04T10:00")


def judge(story: dict[str, Any], *, as_of: datetime | None = None) -> dict[str, Any]:
    """Return the JSON answer to a story."""
    document = parse_document(yaml.safe_dump(story, allow_unicode=True).encode())
    pack = load_pack(story["pack"])
    return to_json(evaluate(read_case(document, pack=pack, as_of=as_of), pack=pack))


def get_duty(answer: dict[str, Any], name: str, *, number: int = 0) -> dict[str, Any]:
    """Return the duty ``name`` of an answer; the first of several unless told."""
    duty: dict[str, Any] = [one for one in answer["duties"] if one["id"] == name][number]
    return duty


def get_proposals(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return remedy and addressee of each proposal, in order."""
    return [(one["remedy"], one["addressee"]["institution"]) for one in answer["proposals"]]
