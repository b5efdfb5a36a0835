"""The first page, the organisation's settings, and the history of what was done at this desk."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from aigaq.accounts import selectors, services
from aigaq.accounts.permissions import Capability, may
from aigaq.core import audit
from aigaq.core.errors import AuditError
from aigaq.desk.access import actor_of, needs
from aigaq.intake import selectors as intake

PAGE_ROWS = 50


class SettingsForm(forms.Form):
    """How the desk opens, and when it locks by itself."""

    one_unlock = forms.BooleanField(
        label=gettext_lazy("While I am the only one here, the passphrase is all I need"),
        required=False,
    )
    idle_lock_minutes = forms.IntegerField(
        label=gettext_lazy("Lock by itself after this many minutes without work"),
        min_value=1,
        max_value=240,
    )


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Lead to where this person works."""
    if may(actor_of(request), capability=Capability.PULL):
        return HttpResponseRedirect(reverse("today"))
    return render(request, "desk/account/home.html")


@require_http_methods(["GET", "POST"])
@needs(Capability.MANAGE_ORGANISATION)
def organisation(request: HttpRequest) -> HttpResponse:
    """Show the organisation and its card, and change how the desk opens."""
    ours = selectors.get_organisation()
    initial = {"one_unlock": ours.one_unlock, "idle_lock_minutes": ours.idle_lock_minutes}
    form = SettingsForm(request.POST or None, initial=initial)
    if form.is_valid():
        services.change_settings(**form.cleaned_data, changed_by=actor_of(request))
        return HttpResponseRedirect(reverse("organisation"))
    context = {
        "card": selectors.get_card_summary(),
        "form": form,
        "organisation": ours,
        "name": ours.names.get(request.LANGUAGE_CODE) or ours.names["en"],
        "notice": intake.get_notice_settings(actor=actor_of(request)),
        "second": intake.get_second_place(actor=actor_of(request)),
    }
    return render(request, "desk/account/organisation.html", context)


@require_GET
@needs(Capability.READ_AUDIT)
def history(request: HttpRequest) -> HttpResponse:
    """Show who did what, newest first, a page at a time; check the whole chain when asked."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < 16 else None
    rows = audit.list_events(before=before, limit=PAGE_ROWS + 1)
    names = {str(staff.pk): staff.display_name for staff in selectors.list_staff()}
    sentences = audit.list_codes()
    context = {
        "rows": [
            {
                "event": row,
                "who": names.get(row.actor, ""),
                "what": gettext_lazy(sentences.get(row.code, row.code)),
                "count": row.context.get("count"),
            }
            for row in rows[:PAGE_ROWS]
        ],
        "next": rows[PAGE_ROWS - 1].sequence if len(rows) > PAGE_ROWS else None,
        "checked": _check_chain() if "check" in request.GET else None,
    }
    return render(request, "desk/account/history.html", context)


def _check_chain() -> dict[str, int | None]:
    """Return how many events stand unchanged, or the number of the first that does not."""
    try:
        return {"whole": audit.check_chain(), "broken_at": None}
    except AuditError as error:
        return {"whole": None, "broken_at": int(str(error.context["sequence"]))}
