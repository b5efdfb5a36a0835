"""*Today*: what waits for us, what to know about gate and copies, and three things to do next."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aigaq.accounts.permissions import Capability, may
from aigaq.desk.access import actor_of, needs
from aigaq.desk.dates import weekday_date
from aigaq.desk.shell import url_of
from aigaq.intake import selectors
from aigaq.intake.shapes import InboxView

FEW = 5


@dataclass(frozen=True)
class Step:
    """One of the things to do next: a sentence, where it leads, whether it is done."""

    text: str
    url: str
    done: bool


@require_safe
@needs(Capability.PULL)
def today(request: HttpRequest) -> HttpResponse:
    """Return the day's page; who may not read reports sees the state of the desk alone."""
    actor = actor_of(request)
    reads = may(actor, capability=Capability.READ_REPORTS)
    on = timezone.localdate()
    context: dict[str, object] = {
        "heading": weekday_date(on, today=on),
        "reads": reads,
        "gate": selectors.get_gate_status(actor=actor),
        "watch": selectors.get_public_watch(),
        "second": selectors.get_second_place(actor=actor),
        "alarms": selectors.list_alarms(actor=actor),
    }
    if reads:
        counts = selectors.count_inbox(actor=actor)
        page = selectors.list_inbox(actor=actor, view=InboxView.OPEN, limit=FEW)
        waiting = selectors.list_inbox(actor=actor, view=InboxView.WAITING, limit=FEW)
        seen = {row.id for row in waiting.rows}
        context |= {
            "counts": counts,
            "waiting": waiting.rows,
            "fresh": [row for row in page.rows if row.is_new and row.id not in seen],
            "nothing": not counts.open and not waiting.rows,
            "requests": selectors.list_requests(actor=actor)[:FEW],
            "sample": next((row for row in page.rows + waiting.rows if row.is_sample), None),
        }
    context["steps"] = _list_steps(context)
    return render(request, "desk/work/today.html", context)


def _list_steps(context: dict[str, object]) -> list[Step]:
    sample, second = context.get("sample"), context["second"]
    steps = []
    if context["reads"]:
        read = sample is None or not getattr(sample, "is_new", False)
        where = url_of("inbox")
        steps.append(Step(_("Open the sample report and look around."), where, read))
        steps.append(Step(_("Write back to it. The letter goes to its mailbox."), where, False))
    steps.append(
        Step(
            _("Name a second place for the copies: a folder on another disk."),
            url_of("organisation"),
            getattr(second, "state", "") == "fine" and not getattr(second, "is_trial", True),
        )
    )
    if people := url_of("people"):
        steps.append(Step(_("Invite a colleague."), people, False))
    return [step for step in steps if step.url][:3]
