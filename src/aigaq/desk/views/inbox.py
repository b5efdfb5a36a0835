"""The inbox: lists by who waits and how urgent, and reports that came as a file."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aigaq.accounts.permissions import Capability
from aigaq.desk import words
from aigaq.desk.access import actor_of, needs
from aigaq.desk.forms_work import ReportFileForm
from aigaq.intake import carrying, selectors, services
from aigaq.intake.errors import ImportRefused, NotFound
from aigaq.intake.shapes import InboxView

GOOD = 25
VIEW_NAMES = {
    InboxView.OPEN: gettext_lazy("Open"),
    InboxView.WAITING: gettext_lazy("Wait for us"),
    InboxView.MINE: gettext_lazy("Mine"),
    InboxView.UNASSIGNED: gettext_lazy("Nobody's yet"),
    InboxView.FLAGGED: gettext_lazy("Flagged"),
    InboxView.ALL: gettext_lazy("All"),
}


@require_safe
@needs(Capability.READ_REPORTS)
def inbox(request: HttpRequest) -> HttpResponse:
    """Return one list of the inbox, or lead to the report whose register number was asked for."""
    actor = actor_of(request)
    number = request.GET.get("number", "").strip().lstrip("№").strip()
    not_found = ""
    if number:
        try:
            found = selectors.find_by_register_number(actor=actor, number=_parse_number(number))
            return HttpResponseRedirect(reverse("report", args=[found]))
        except NotFound:
            not_found = number[:20]
    view = _parse_view(request.GET.get("view", ""))
    counts = selectors.count_inbox(actor=actor)
    return render(
        request,
        "desk/work/inbox.html",
        {
            "view": view,
            "views": [
                (each, name, getattr(counts, each.value, None)) for each, name in VIEW_NAMES.items()
            ],
            "page": selectors.list_inbox(
                actor=actor, view=view, cursor=request.GET.get("after") or None
            ),
            "is_first": not request.GET.get("after"),
            "number": number[:20],
            "not_found": not_found,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.IMPORT_REPORTS)
def import_file(request: HttpRequest) -> HttpResponse:
    """Take in a sealed report that was carried by hand, mail or messenger."""
    form = ReportFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            report_id = carrying.import_report_file(
                actor=actor_of(request), file=form.cleaned_data["file"].file
            )
        except ImportRefused as refusal:
            form.add_error("file", words.say(words.FAULTS, refusal.code))
        else:
            messages.add_message(request, GOOD, _("The report is filed."))
            return HttpResponseRedirect(reverse("report", args=[report_id]))
    return render(request, "desk/work/import_file.html", {"form": form})


@require_POST
@needs(Capability.PULL)
def pull(request: HttpRequest) -> HttpResponse:
    """Ask the gate now instead of at the next turn of the clock."""
    services.pull_now()
    messages.add_message(request, messages.INFO, _("The desk is asking the gate now."))
    return HttpResponseRedirect(reverse("today"))


def _parse_view(text: str) -> InboxView:
    try:
        return InboxView(text)
    except ValueError:
        return InboxView.OPEN


def _parse_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise NotFound
    return int(text)
