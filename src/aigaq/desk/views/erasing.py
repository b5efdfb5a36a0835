"""Erasing a report: planned, waited for, called off; and the second channel that confirms it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aigaq.accounts.errors import NotThere
from aigaq.accounts.permissions import Capability
from aigaq.desk import words
from aigaq.desk.access import actor_of, needs
from aigaq.desk.forms_second_channel import SecondChannelForm
from aigaq.desk.forms_work import EraseForm
from aigaq.intake import cooling_off, erasing, selectors, services
from aigaq.intake import second_channel as channels
from aigaq.intake.errors import AlreadyDecided
from aigaq.intake.shapes import ReportState

GOOD = 25


@require_http_methods(["GET", "POST"])
@needs(Capability.ANSWER_REPORTS)
def erase(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Plan to erase a report, after its number was typed; what stays is said before."""
    actor = actor_of(request)
    detail = selectors.access_report(actor=actor, report_id=report_id)
    row = detail.row
    if row.state == ReportState.FORGOTTEN or row.is_sample:
        raise NotThere
    form = EraseForm(request.POST or None, register_number=row.register_number)
    waiting = erasing.get_waiting(actor=actor, report_id=report_id)
    if form.is_valid() and waiting is None:
        erasing.plan_erasing(
            actor=actor,
            report_id=report_id,
            reason=form.cleaned_data["reason"],
            is_confirmed=form.cleaned_data["confirmed"] == "yes",
            why=form.cleaned_data["why"],
        )
        said = _("The erasing waits for its cooling-off. Until then anyone can call it off.")
        messages.add_message(request, GOOD, said)
        return HttpResponseRedirect(reverse("report", args=[report_id]))
    box = detail.mailbox_id and selectors.access_mailbox(actor=actor, mailbox_id=detail.mailbox_id)
    context = {
        "row": row,
        "form": form,
        "waiting": waiting,
        "mailbox": box or None,
        "days": cooling_off.get_cooling_off_days(),
    }
    status = 422 if form.errors else 200
    return render(request, "desk/work/erase.html", context, status=status)


@require_POST
@needs(Capability.ANSWER_REPORTS)
def call_off(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Call an erasing off, whoever planned it."""
    try:
        erasing.call_off(actor=actor_of(request), report_id=report_id)
        messages.add_message(request, GOOD, _("The erasing is called off. The report stays."))
    except AlreadyDecided as refusal:
        said = words.say(words.REPLY_REFUSALS, refusal.code)
        messages.add_message(request, messages.WARNING, said)
    return HttpResponseRedirect(reverse("report", args=[report_id]))


@require_POST
@needs(Capability.ANSWER_REPORTS)
def remove_sample(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Remove the fictional sample in one tap; a real report goes by `erase`."""
    services.remove_sample(actor=actor_of(request), report_id=report_id)
    messages.add_message(request, GOOD, _("The sample report is removed."))
    return HttpResponseRedirect(reverse("today"))


@require_http_methods(["GET", "POST"])
@needs(Capability.ANSWER_REPORTS)
def second_channel(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """Write down a second channel that was agreed in a meeting."""
    actor = actor_of(request)
    mailbox = selectors.access_mailbox(actor=actor, mailbox_id=mailbox_id)
    if mailbox.is_dead:
        raise NotThere
    form = SecondChannelForm(request.POST or None)
    if form.is_valid():
        channels.write_second_channel(
            actor=actor,
            mailbox_id=mailbox_id,
            text=form.cleaned_data["text"],
            agreed_by=form.cleaned_data["agreed_by"],
            agreed_at=form.moment,
        )
        messages.add_message(request, GOOD, _("The second channel is written down."))
        return HttpResponseRedirect(reverse("mailbox", args=[mailbox_id]))
    return render(
        request,
        "desk/work/second_channel.html",
        {"mailbox": mailbox, "form": form},
        status=422 if form.errors else 200,
    )
