"""What needs a look: alarms, and the card and pages of the gate as a stranger sees them."""

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aigaq.accounts.permissions import Capability, may
from aigaq.accounts.selectors import Staff
from aigaq.desk import words
from aigaq.desk.access import actor_of, needs
from aigaq.desk.forms_work import NoteForm
from aigaq.evidence.timestamp_selectors import access_timestamp_status
from aigaq.intake import keeping, selectors, services
from aigaq.intake.errors import AlreadyDecided, GateError
from aigaq.intake.shapes import AlarmRow, PublicWatch

GOOD = 25


@require_safe
@needs(Capability.SEE_ALARMS)
def notices(request: HttpRequest) -> HttpResponse:
    """Return open alarms, the public watch, gate and second place."""
    actor = actor_of(request)
    watch = selectors.get_public_watch()
    return render(
        request,
        "desk/work/notices.html",
        {
            "alarms": list_open_alarms(actor, watch=watch),
            "closed": [
                alarm
                for alarm in selectors.list_alarms(actor=actor, open_only=False)
                if alarm.resolved_at
            ][:20],
            "form": NoteForm(),
            "gate": selectors.get_gate_status(actor=actor),
            "log": selectors.get_log_status(),
            "second": selectors.get_second_place(actor=actor),
            "timestamps": access_timestamp_status(actor=actor),
            "watch": watch,
            "can_publish": may(actor, capability=Capability.MANAGE_ORGANISATION),
            "can_read": may(actor, capability=Capability.READ_REPORTS),
        },
    )


def list_open_alarms(actor: Staff, *, watch: PublicWatch) -> list[AlarmRow]:
    """Return open alarms without those that the public watch shows as they stand now."""
    shown = {
        f"watch.{name}_differs"
        for name, state in (("card", watch.card), ("bundle", watch.bundle))
        if state.state == "different"
    }
    return [alarm for alarm in selectors.list_alarms(actor=actor) if alarm.code not in shown]


@require_POST
@needs(Capability.SEE_ALARMS)
def resolve_alarm(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    """Close an alarm with what was found out."""
    form = NoteForm(request.POST)
    if form.is_valid():
        # Closed by a colleague a moment before is closed, too.
        with suppress(AlreadyDecided):
            services.resolve_alarm(
                actor=actor_of(request), alarm_id=alarm_id, note=form.cleaned_data["note"]
            )
        messages.add_message(request, GOOD, _("The alarm is closed."))
    else:
        said = _("The alarm stays open: write what you found out.")
        messages.add_message(request, messages.WARNING, said)
    return HttpResponseRedirect(reverse("notices"))


@require_POST
@needs(Capability.MANAGE_ORGANISATION)
def publish_again(request: HttpRequest) -> HttpResponse:
    """Give the gate our own card again."""
    try:
        services.publish_again(actor=actor_of(request), what="card")
    except GateError:
        said = _("The gate did not take the card. Try again when it answers.")
        messages.add_message(request, messages.WARNING, said)
    else:
        messages.add_message(request, GOOD, _("The desk is giving the gate our card again."))
    return HttpResponseRedirect(reverse("notices"))


@require_POST
@needs(Capability.MANAGE_SECOND_PLACE)
def copy_now(request: HttpRequest) -> HttpResponse:
    """Bring the second place up to date now."""
    copied = keeping.copy_to_second_place(actor=actor_of(request))
    if copied.state == "fine":
        messages.add_message(request, GOOD, _("The second place holds everything."))
    else:
        said = _("Name a second place first.")
        if copied.state != "not_set":
            said = words.say(words.SECOND_PLACE_REFUSALS, copied.code or "second_place.missing")
        messages.add_message(request, messages.WARNING, said)
    return HttpResponseRedirect(reverse("notices"))
