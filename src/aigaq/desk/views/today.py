"""*Today*: what waits for us, what to know about gate and copies, and what to do next."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aigaq.accounts.permissions import Capability, may
from aigaq.accounts.selectors import get_organisation, list_staff
from aigaq.desk.access import actor_of, needs
from aigaq.desk.dates import weekday_date
from aigaq.desk.views.notices import list_open_alarms
from aigaq.intake import erasing, selectors
from aigaq.intake.shapes import InboxRow, InboxView, SecondPlaceStatus

FEW = 5


@dataclass(frozen=True)
class Step:
    """One of the things to do next: a sentence and where it leads."""

    text: str
    url: str


@require_safe
@needs(Capability.PULL)
def today(request: HttpRequest) -> HttpResponse:
    """Return the day's page; who may not read reports sees the state of the desk alone."""
    actor = actor_of(request)
    reads = may(actor, capability=Capability.READ_REPORTS)
    on = timezone.localdate()
    watch = selectors.get_public_watch()
    second = selectors.get_second_place(actor=actor)
    sample: InboxRow | None = None
    is_new_here = False
    context: dict[str, object] = {
        "heading": weekday_date(on, today=on),
        "reads": reads,
        "gate": selectors.get_gate_status(actor=actor),
        "watch": watch,
        "second": second,
        "alarms": list_open_alarms(actor, watch=watch),
    }
    if reads:
        counts = selectors.count_inbox(actor=actor)
        page = selectors.list_inbox(actor=actor, view=InboxView.OPEN, limit=FEW)
        waiting = selectors.list_inbox(actor=actor, view=InboxView.WAITING, limit=FEW)
        sample = next((row for row in page.rows + waiting.rows if row.is_sample), None)
        is_new_here = counts.open <= 1
        seen = {row.id for row in waiting.rows}
        context |= {
            "counts": counts,
            "waiting": waiting.rows,
            "fresh": [row for row in page.rows if row.is_new and row.id not in seen],
            "nothing": not counts.open and not waiting.rows,
            "requests": selectors.list_requests(actor=actor)[:FEW],
            "erasings": erasing.list_waiting(actor=actor)[:FEW],
            "sample": sample,
        }
    context["steps"] = _list_steps(
        sample=sample,
        second=second,
        manages=may(actor, capability=Capability.MANAGE_ORGANISATION),
        is_new_here=is_new_here,
    )
    return render(request, "desk/work/today.html", context)


def _list_steps(
    *, sample: InboxRow | None, second: SecondPlaceStatus, manages: bool, is_new_here: bool
) -> list[Step]:
    """Return at most three things to do next; what is done is not asked for again."""
    steps = []
    if sample is not None and sample.is_new:
        there = reverse("report", args=[sample.id])
        steps.append(Step(_("Open the sample report and look around."), there))
    if sample is not None and not sample.messages:
        there = reverse("report", args=[sample.id])
        steps.append(Step(_("Write back to it. The letter goes to its mailbox."), there))
    if is_new_here:
        page = get_organisation().gate_origin
        steps.append(Step(_("Send a report of your own from a phone, as a trial."), page))
    if manages and (second.state == "not_set" or second.is_trial):
        there = reverse("second-place")
        steps.append(
            Step(_("Name a second place for the copies: a folder on another disk."), there)
        )
    if manages and len(list_staff()) == 1:
        steps.append(Step(_("Invite a colleague."), reverse("people")))
    return steps[:3]
