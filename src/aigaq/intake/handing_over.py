"""That a package really was handed over: to whom, when, by whom, under which act.

A package that was fetched has left the desk; whether it reached an office, only people know. What
they write down stands in custody, one line for each file of the package, and goes with it when a
report is erased. Audit holds the day and no names. Source: ``spec/evidence-package.md``, "Custody
event".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.core.commands import Answer, Arguments
from aigaq.evidence import custody
from aigaq.evidence import services as evidence
from aigaq.evidence.custody import ExportedItem
from aigaq.evidence.shapes import AtCommandLine
from aigaq.intake import models
from aigaq.intake.errors import NotFound, PackageRefused
from aigaq.intake.package_command import find_actor
from aigaq.intake.selectors import check_may

LENGTH = 200
#: What stands between the parts of a note.
BETWEEN = " · "
_PARTS = 5


@dataclass(frozen=True)
class Handover:
    """A handover as someone wrote it down; ``act`` is what was signed: its number and day."""

    to: str
    on: date
    carried_by: str
    act: str


def record_handover(
    *, actor: Staff, seal: str, handover: Handover, by: AtCommandLine | None = None
) -> int:
    """Write down that the package with ``seal`` was handed over; return of how many files.

    ``by``: in custody instead of ``actor``, where nobody signed in. Raises `NotFound`, also for a
    package that never left the desk; `PackageRefused` ``handover.incomplete``,
    ``handover.too_long``, ``handover.wrong_day``.
    """
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    note = _build_note(seal, handover)
    items = find_exported(seal)
    if handover.on < min(timezone.localdate(item.at) for item in items):
        raise PackageRefused("handover.wrong_day")
    with transaction.atomic():
        for item in items:
            evidence.record_custody(
                "handed_over",
                by=by or actor,
                report_id=item.report_id,
                item_number=item.item_number,
                sha256=item.sha256,
                note=note,
            )
        audit.record(
            "intake.package_handed_over",
            actor=None if by is not None else actor,
            kind="package",
            subject_id=seal,
            context={"items": len(items), "on": handover.on.isoformat()},
        )
    return len(items)


def list_handovers(*, actor: Staff, seal: str, of: Sequence[UUID]) -> list[Handover]:
    """Return what was written down of a package, the first one first; ``of``: its reports."""
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    rows = models.Report.objects.filter(pk__in=of).values_list("report_id", flat=True)
    report_ids = [bytes(one) for one in rows if one is not None]
    notes = custody.list_notes("handed_over", holding=seal, report_ids=report_ids) if seal else []
    own = [note for note in dict.fromkeys(notes) if note.startswith(f"{seal}{BETWEEN}")]
    return [found for note in own if (found := read_note(note)) is not None]


def find_exported(seal: str) -> Sequence[ExportedItem]:
    """Return the files of a package that left the desk, each once. Raises `NotFound`."""
    is_seal = len(seal) == 64 and set(seal) <= set("0123456789abcdef")
    items = custody.list_exported(seal=seal) if is_seal else ()
    if not items:
        raise NotFound
    return items


def read_note(note: str) -> Handover | None:
    """Return what a line of custody says of a handover; None if it is of another one."""
    parts = note.split(BETWEEN)
    if len(parts) != _PARTS:
        return None
    _seal, on, to, carried_by, act = parts
    try:
        return Handover(to, date.fromisoformat(on), carried_by, act)
    except ValueError:
        return None


def run_handover_command(arguments: Arguments) -> Answer:
    """Write down a handover for `aigaq evidence handed-over`."""
    actor = find_actor(arguments.get("by"))
    try:
        on = date.fromisoformat(str(arguments.get("on", "")))
    except ValueError:
        raise PackageRefused("handover.wrong_day") from None
    given = {name: str(arguments.get(name) or "") for name in ("to", "carried_by", "act")}
    handover = Handover(on=on, **given)
    said = AtCommandLine(None if arguments.get("by") is None else actor)
    seal = str(arguments.get("seal", "")).lower()
    items = record_handover(actor=actor, seal=seal, handover=handover, by=said)
    return {"items": items, "seal": seal}


def _build_note(seal: str, handover: Handover) -> str:
    parts = [_clean(one) for one in (handover.to, handover.carried_by, handover.act)]
    if not all(parts):
        raise PackageRefused("handover.incomplete")
    if max(map(len, parts)) > LENGTH:
        raise PackageRefused("handover.too_long", limit=LENGTH)
    if handover.on > timezone.localdate():
        raise PackageRefused("handover.wrong_day")
    return BETWEEN.join([seal, handover.on.isoformat(), *parts])


def _clean(text: str) -> str:
    """Return ``text`` on one line, without what stands between the parts."""
    return " ".join(text.replace("·", " ").split())
