"""Keeps what is typed into a form that is marked for it, and gives it back after a lock."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from aigaq.accounts.errors import NotThere
from aigaq.accounts.permissions import Capability, may
from aigaq.desk.access import actor_of
from aigaq.desk.forms_new_report import NewReportForm
from aigaq.desk.forms_work import LetterForm
from aigaq.drafts.services import DraftTooLargeError, find_draft, forget_draft, save_draft

NEW_REPORT, LETTER = "new-report", "letter"
#: Never kept: files, and what the seed of a receipt code gives.
NEVER = ("attached", "mailbox_seed", "mailbox_recipient")


@dataclass(frozen=True)
class _Drafted:
    capability: Capability
    list_names: Callable[[], frozenset[str]]


FORMS = {
    NEW_REPORT: _Drafted(
        Capability.IMPORT_REPORTS, lambda: frozenset(NewReportForm().fields) - frozenset(NEVER)
    ),
    LETTER: _Drafted(Capability.ANSWER_REPORTS, lambda: frozenset(LetterForm().fields)),
}


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def draft(request: HttpRequest, form: str, subject: UUID | None = None) -> HttpResponse:
    """Give what was kept as JSON (204: nothing), keep what came, or throw it away."""
    actor, drafted = actor_of(request), FORMS.get(form)
    if drafted is None or not may(actor, capability=drafted.capability):
        raise NotThere
    about = str(subject or "")
    if request.method == "GET":
        kept = find_draft(owner=actor, form=form, subject=about)
        return HttpResponse(status=204) if kept is None else JsonResponse({"fields": kept})
    if "throw-away" in request.POST:
        forget_draft(owner=actor, form=form, subject=about)
        return HttpResponse(status=204)
    fields = {
        name: values
        for name in drafted.list_names()
        if any(values := [str(one) for one in request.POST.getlist(name)])
    }
    try:
        save_draft(owner=actor, form=form, subject=about, fields=fields)
    except DraftTooLargeError:
        return HttpResponse(status=413)
    return HttpResponse(status=204)
