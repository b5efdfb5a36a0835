"""Letters both ways with one reporter, what was asked of us there, and what looks wrong."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aigaq.accounts.permissions import Capability
from aigaq.desk import words
from aigaq.desk.access import actor_of, needs
from aigaq.desk.forms_work import DecisionForm, LetterForm
from aigaq.desk.views.drafts import LETTER
from aigaq.drafts.services import forget_draft
from aigaq.intake import answering, selectors, services
from aigaq.intake.errors import IntakeError, ReplyRefused

GOOD = 25


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.ANSWER_REPORTS)
def mailbox(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """Return the letters of a mailbox, or send one."""
    actor = actor_of(request)
    form = LetterForm(request.POST or None)
    if form.is_valid():
        try:
            answering.send_reply(actor=actor, mailbox_id=mailbox_id, text=form.cleaned_data["text"])
        except ReplyRefused as refusal:
            form.add_error("text", words.say(words.REPLY_REFUSALS, refusal.code))
        else:
            forget_draft(owner=actor, form=LETTER, subject=str(mailbox_id))
            said = _("The letter is sealed and goes out with the next contact to the gate.")
            messages.add_message(request, GOOD, said)
            return HttpResponseRedirect(reverse("mailbox", args=[mailbox_id]))
    detail = selectors.access_mailbox(actor=actor, mailbox_id=mailbox_id)
    return render(
        request,
        "desk/work/mailbox.html",
        {
            "mailbox": detail,
            "form": form,
            "decision": DecisionForm(),
            "why_not": words.say(words.REPLY_REFUSALS, detail.cannot_reply_code or ""),
        },
        status=422 if form.errors else 200,
    )


@require_POST
@needs(Capability.ANSWER_REPORTS)
def decide(request: HttpRequest, mailbox_id: UUID, request_id: UUID) -> HttpResponse:
    """Record what a person decided on a request of the reporter."""
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            services.decide_request(
                actor=actor_of(request),
                request_id=request_id,
                decision=form.cleaned_data["decision"],
                note=form.cleaned_data["note"],
            )
            messages.add_message(request, GOOD, _("The decision is recorded."))
        except IntakeError as refusal:
            said = words.say(words.REPLY_REFUSALS, refusal.code)
            messages.add_message(request, messages.WARNING, said)
    else:
        said = _("Nothing was recorded: choose what was decided.")
        messages.add_message(request, messages.WARNING, said)
    return HttpResponseRedirect(reverse("mailbox", args=[mailbox_id]))
