"""A report told to staff by phone, at the door or by letter: typed here, sealed and filed at once.

The receipt code is drawn by the browser, as on the page of a new code; its digits never come here.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability
from aigaq.desk import words
from aigaq.desk.access import actor_of, needs
from aigaq.desk.forms_new_report import NewReportForm
from aigaq.desk.views.drafts import NEW_REPORT
from aigaq.desk.views.new_code import POLICY
from aigaq.drafts.services import forget_draft
from aigaq.intake.errors import ImportRefused
from aigaq.intake.told import file_told

GOOD = 25


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@needs(Capability.IMPORT_REPORTS)
def new_report(request: HttpRequest) -> HttpResponse:
    """Return the page, or seal and file what staff took down."""
    form = NewReportForm(request.POST or None, request.FILES or None)
    if form.is_valid() and _has_all_files(request, form=form):
        try:
            report_id = file_told(
                actor=actor_of(request), told=form.build_report(), keys=form.build_keys()
            )
        except ImportRefused as refusal:
            form.add_error(None, words.say(words.FAULTS, refusal.code))
        else:
            forget_draft(owner=actor_of(request), form=NEW_REPORT)
            said = _("The report is filed. The gate gets its sealed copy at the next contact.")
            messages.add_message(request, GOOD, said)
            return HttpResponseRedirect(reverse("report", args=[report_id]))
    context: dict[str, Any] = {
        "form": form,
        "team_id": accounts.get_organisation().team_id,
        "has_keys": form.has_keys,
    }
    status = 422 if form.errors else 200
    response = render(request, "desk/work/new_report.html", context, status=status)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _has_all_files(request: HttpRequest, *, form: NewReportForm) -> bool:
    """Refuse what was too large to take: a report must not be filed without its files."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE or request.FILES:
        return True
    form.add_error("attached", _("These files are too large together. Send fewer at once."))
    return False
