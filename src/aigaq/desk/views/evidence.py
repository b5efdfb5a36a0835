"""The evidence of a report: its files and where they come from, custody, its place in the log.

Also what is due to be erased by terms and by consent, and the terms themselves.
"""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aigaq.accounts.errors import NotThere
from aigaq.accounts.permissions import Capability
from aigaq.desk import words
from aigaq.desk.access import actor_of, needs
from aigaq.evidence import selectors as store
from aigaq.evidence import services as store_services
from aigaq.evidence.errors import EvidenceError, TimestampError
from aigaq.evidence.retention import LONGEST_DAYS, LONGEST_FIXITY_DAYS
from aigaq.evidence.shapes import Provenance, TermsOfKeeping
from aigaq.evidence.timestamp_selectors import list_item_tokens
from aigaq.intake import cooling_off, selectors, services
from aigaq.intake.timestamp_tasks import wish_timestamp

GOOD = 25


@require_safe
@needs(Capability.READ_REPORTS)
def evidence(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Return a report's evidence; that it was opened, and by whom, is recorded first."""
    actor = actor_of(request)
    services.open_report(actor=actor, report_id=report_id)
    detail = selectors.access_report(actor=actor, report_id=report_id)
    found = store.access_report(actor=actor, report_id=bytes.fromhex(detail.report_id))
    provenances = [(one.value, words.say(words.PROVENANCE, one)) for one in Provenance]
    return render(
        request,
        "desk/work/evidence.html",
        {
            "row": detail.row,
            "evidence": found,
            "provenances": provenances,
            "tokens": list_item_tokens(report_id=found.report_id),
        },
    )


@require_POST
@needs(Capability.SEE_ITEMS)
def set_provenance(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Say where an item comes from."""
    actor = actor_of(request)
    item = store.access_item(actor=actor, item_id=item_id)
    try:
        provenance = Provenance(request.POST.get("provenance", ""))
        store_services.set_provenance(actor=actor, item_id=item_id, provenance=provenance)
    except (ValueError, EvidenceError):
        raise NotThere from None
    messages.add_message(request, GOOD, _("It is noted where the file comes from."))
    report_id = selectors.find_by_report_id(actor=actor, report_id=item.report_id)
    return HttpResponseRedirect(
        reverse("report-evidence", args=[report_id]) + f"#item-{item.number}"
    )


@require_POST
@needs(Capability.SEE_ITEMS)
def timestamp(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Have an item timestamped: noted here, and done in the background within a minute."""
    actor = actor_of(request)
    item = store.access_item(actor=actor, item_id=item_id)
    try:
        wish_timestamp(actor=actor, item_id=item_id)
    except TimestampError:
        said = _("No timestamp authority is named yet. Whoever keeps the organisation can do it.")
        messages.add_message(request, messages.WARNING, said)
    else:
        messages.add_message(request, GOOD, _("The timestamp authorities are being asked."))
    report_id = selectors.find_by_report_id(actor=actor, report_id=item.report_id)
    return HttpResponseRedirect(
        reverse("report-evidence", args=[report_id]) + f"#item-{item.number}"
    )


@require_safe
@needs(Capability.READ_REPORTS)
def due(request: HttpRequest) -> HttpResponse:
    """Return the reports that terms or consent say should go; each is erased by a person."""
    actor = actor_of(request)
    context = {"due": selectors.list_due(actor=actor), "terms": store.get_terms()}
    return render(request, "desk/work/due.html", context)


class TermsForm(forms.Form):
    """How long reports are kept; an empty field keeps them until someone decides."""

    keep_days = forms.IntegerField(
        label=gettext_lazy("Days after filing"),
        help_text=gettext_lazy("Empty: a report is kept until someone decides."),
        min_value=0,
        max_value=LONGEST_DAYS,
        required=False,
    )
    keep_damaged_days = forms.IntegerField(
        label=gettext_lazy("Days after filing, if it cannot be read"),
        min_value=0,
        max_value=LONGEST_DAYS,
        required=False,
    )
    keep_withdrawn_days = forms.IntegerField(
        label=gettext_lazy("Days after the consent to keep it was taken back"),
        min_value=0,
        max_value=LONGEST_DAYS,
        required=False,
    )
    fixity_days = forms.IntegerField(
        label=gettext_lazy("Within how many days every stored file is read again and compared"),
        min_value=1,
        max_value=LONGEST_FIXITY_DAYS,
    )
    cooling_off_days = forms.IntegerField(
        label=gettext_lazy("For how many days a wish to withdraw, erase or limit waits"),
        help_text=gettext_lazy("So long can the reporter and the team call it off."),
        min_value=1,
        max_value=cooling_off.LONGEST_DAYS,
    )
    legal_basis = forms.CharField(
        label=gettext_lazy("Which law or rule says so"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )


@require_http_methods(["GET", "POST"])
@needs(Capability.MANAGE_ORGANISATION)
def terms(request: HttpRequest) -> HttpResponse:
    """Choose how long reports are kept."""
    actor = actor_of(request)
    now = store.get_terms()
    initial = {name: getattr(now, name, None) for name in TermsForm.base_fields}
    initial["cooling_off_days"] = cooling_off.get_cooling_off_days()
    form = TermsForm(request.POST or None, initial=initial)
    if form.is_valid():
        chosen = dict(form.cleaned_data)
        cooling_off.set_cooling_off_days(actor=actor, days=chosen.pop("cooling_off_days"))
        store_services.set_terms(actor=actor, terms=TermsOfKeeping(**chosen))
        messages.add_message(request, GOOD, _("The terms of keeping are saved."))
        return HttpResponseRedirect(reverse("organisation"))
    status = 422 if form.errors else 200
    return render(request, "desk/account/terms.html", {"form": form}, status=status)
