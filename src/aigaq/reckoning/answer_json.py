"""The answer to a case file as JSON ``aigaq-clocks/v1``.

Source of the form: ``spec/clocks.md``, *Answer*, and ``spec/clocks-answer.schema.json``.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from aigaq.jurisdictions.pack_shapes import Ground as RuleGround
from aigaq.jurisdictions.pack_shapes import Pack
from aigaq.reckoning import reasons
from aigaq.reckoning.case_shapes import Proceeding
from aigaq.reckoning.conflicts import Caution, Reached
from aigaq.reckoning.due_dates import Due, Step
from aigaq.reckoning.evaluation import (
    Answer,
    Breach,
    PressureOffence,
    get_lawful_window,
    list_lawful_along,
)
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.places import Office
from aigaq.reckoning.proposals import Proposal
from aigaq.reckoning.qualification import list_qualifications
from aigaq.reckoning.windows import OpenWindow

FORMAT = "aigaq-clocks/v1"


def to_json(answer: Answer) -> dict[str, Any]:
    """Return the answer as ``aigaq-clocks/v1``."""
    pack, as_of = answer.pack.facts, answer.case.as_of
    said: reasons.Said = {}
    return {
        "format": FORMAT,
        "as_of": as_of.isoformat(),
        "pack": {
            "id": pack.id,
            "version": pack.version,
            "status": pack.status,
            "reviewed": pack.review is not None,
        },
        "proceedings": [
            _show_proceeding(one, answer=answer) for one in answer.case.proceedings.values()
        ],
        "duties": [_show_duty(one, as_of=as_of) for one in answer.duties],
        "breaches": [_show_breach(one) for one in answer.breaches],
        "windows": [_show_window(one, as_of=as_of) for one in answer.windows],
        "proposals": [
            _show_proposal(one, answer=answer, said=said) for one in answer.ladder.proposals
        ],
        "cautions": [_show_caution(one) for one in answer.cautions],
        "excluded": [_show_excluded(one, answer=answer) for one in answer.reached],
        "offences": [_show_offence(one, pack=answer.pack) for one in answer.offences],
        "warnings": [{"code": code, "text": text} for code, text in answer.warnings],
    }


def show_due(due: Due | None) -> dict[str, str | None]:
    """Return both dates; null for a duty without term."""
    return {
        "strict": _show_moment(due.strict if due else None),
        "lenient": _show_moment(due.lenient if due else None),
    }


def show_steps(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return how a date was reckoned."""
    return [_show_step(step) for step in steps]


def show_ground(ground: RuleGround) -> dict[str, Any]:
    """Return what a rule stands on."""
    return {
        "article": ground.article,
        "confidence": ground.confidence,
        "reviewed": ground.reviewed is not None,
        "source": list(ground.sources),
        "basis": ground.basis,
    }


def _show_step(step: Step) -> dict[str, Any]:
    return {
        "rule": step.rule,
        "article": step.article,
        "from": step.start.isoformat(),
        "to": step.end.isoformat(),
        "text": step.text,
    }


def _show_moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _show_office(office: Office | None) -> str | None:
    return None if office is None else str(office)


def _show_proceeding(one: Proceeding, *, answer: Answer) -> dict[str, Any]:
    known = list_qualifications(answer.case, proceeding=one.id, pack=answer.pack)
    return {
        "id": one.id,
        "kind": one.kind,
        "institution": _show_office(one.office),
        "number": one.number,
        "offences": [
            {
                "id": each.offence.id,
                "title": each.offence.title,
                "severity": each.offence.severity,
                "mode": each.offence.mode,
                "law_of": each.on.isoformat(),
                **show_ground(each.offence.ground),
            }
            for each in known
        ],
    }


def _show_duty(one: Owed, *, as_of: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "proceeding": one.proceeding,
        "actor": _show_office(one.actor),
        "starts_at": one.starts_at.isoformat(),
        "due": show_due(one.due),
        "state": one.get_state(as_of),
        "met_at": _show_moment(one.met_at),
        "critical": one.is_critical,
        **show_ground(one.ground),
        "how": show_steps(one.list_steps()),
    }


def _show_breach(one: Breach) -> dict[str, Any]:
    return {
        "duty": one.owed.id,
        "proceeding": one.owed.proceeding,
        "actor": _show_office(one.owed.actor),
        "since": one.since.isoformat(),
        "until": _show_moment(one.until),
        "article": one.owed.ground.article,
    }


def _show_window(one: OpenWindow, *, as_of: datetime) -> dict[str, Any]:
    return {
        "id": one.window.id,
        "title": one.window.title,
        "proceeding": one.proceeding,
        "starts_at": one.starts_at.isoformat(),
        "due": show_due(one.due),
        "state": one.get_state(as_of),
        **show_ground(one.window.ground),
        "how": show_steps(one.due.how),
    }


def _show_proposal(one: Proposal, *, answer: Answer, said: reasons.Said) -> dict[str, Any]:
    body = answer.pack.institutions[one.office.institution]
    confidences = [one.remedy.ground.confidence, *(owed.ground.confidence for owed in one.because)]
    return {
        "remedy": one.remedy.id,
        "title": one.remedy.title,
        "addressee": {"institution": str(one.office), "level": body.level},
        "file_within": _show_moment(one.file_within),
        "because": reasons.build_proposal(one, pack=answer.pack, case=answer.case, said=said),
        "duties": list(dict.fromkeys(owed.id for owed in one.because if owed.rule is None)),
        "instead_of": [str(office) for office in one.instead_of],
        "with": list(one.remedy.along) if one.instead_of else [],
        **show_ground(one.remedy.ground),
        "confidence": min(confidences),
    }


def _show_caution(one: Caution) -> dict[str, Any]:
    return {
        "institution": str(one.office),
        "path": list(one.path),
        "because": one.rule.text,
        "basis": one.rule.ground.basis,
        "article": one.rule.ground.article,
    }


def _show_excluded(one: Reached, *, answer: Answer) -> dict[str, Any]:
    return {
        "institution": str(one.office),
        "path": list(one.path),
        "because": reasons.build_excluded(one, pack=answer.pack),
        "lawful_addressee_of": list(answer.ladder.lawful.get(one.office, {})),
        "file_within": _show_moment(get_lawful_window(answer, one)),
        "with": list_lawful_along(answer, one),
    }


def _show_offence(one: PressureOffence, *, pack: Pack) -> dict[str, Any]:
    rule = pack.offences[one.id][0]
    title = one.owed.title if one.owed else None
    return {
        "id": one.id,
        "title": rule.title,
        "because": reasons.build_offence(one.event, duty=title),
        "event": None
        if one.event is None
        else {"type": one.event.type, "at": one.event.at.isoformat()},
        **show_ground(rule.ground),
    }
