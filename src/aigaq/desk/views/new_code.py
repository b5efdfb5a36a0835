"""A new receipt code in place of one that was lost or seen (PROTOCOL 5, 20).

The code is drawn by the browser (client/src/desk/new-code.ts), not here: what comes in is the new
mailbox's public key and recipient. Argon2id runs in WebAssembly, which this one page allows.
"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.desk import words
from aigaq.desk.access import actor_of, needs
from aigaq.desk.forms_new_code import NewCodeForm
from aigaq.intake import answering, selectors
from aigaq.intake.errors import GateError, NotFound, ReplyRefused

GOOD = 25
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; font-src 'none'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
KEYS = ("mailbox_key", "mailbox_recipient")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.ANSWER_REPORTS)
def new_code(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """Return the page that draws a code, or bind the mailbox that a code opens."""
    actor = actor_of(request)
    mailbox = selectors.access_mailbox(actor=actor, mailbox_id=mailbox_id)
    if not mailbox.can_reply:
        raise NotFound
    form = NewCodeForm(request.POST or None)
    if form.is_valid():
        new_id = _bind(actor, form=form, mailbox_id=mailbox_id)
        if new_id is not None:
            said = _("The new code opens the mailbox. The old one opens nothing any more.")
            messages.add_message(request, GOOD, said)
            return HttpResponseRedirect(reverse("mailbox", args=[new_id]))
    context = {
        "mailbox": mailbox,
        "form": form,
        "team_id": accounts.get_organisation().team_id,
        "has_keys": form.is_bound and not any(form.has_error(name) for name in KEYS),
    }
    status = 422 if form.errors else 200
    response = render(request, "desk/work/new_code.html", context, status=status)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _bind(actor: Staff, *, form: NewCodeForm, mailbox_id: UUID) -> UUID | None:
    try:
        return answering.rebind_mailbox(
            actor=actor,
            mailbox_id=mailbox_id,
            new_mailbox_key=form.cleaned_data["mailbox_key"],
            new_mailbox_recipient=form.cleaned_data["mailbox_recipient"],
            reason=form.cleaned_data["reason"],
        )
    except GateError as error:
        form.add_error(None, _say_gate(error.code))
    except ReplyRefused as refusal:
        form.add_error(None, words.say(words.REPLY_REFUSALS, refusal.code))
    return None


def _say_gate(code: str) -> str:
    if code == "mailbox.unknown":
        return _("The gate has no such mailbox: this report was carried here as a file.")
    if code == "gate.unreachable":
        return _("The gate did not answer. The new code stays good: try again below.")
    return _("The gate did not take the new mailbox. The old code still opens the old one.")
