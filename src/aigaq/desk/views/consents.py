"""Consent of a report with its history: what was allowed or taken back, in the report, by a signed
message or by word of mouth, and the two forms on which staff write down what they were told."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aigaq.accounts.errors import NotThere
from aigaq.accounts.permissions import Capability
from aigaq.consent.errors import ConsentError
from aigaq.consent.shapes import PURPOSES
from aigaq.desk import export_words, words
from aigaq.desk.access import actor_of, needs
from aigaq.desk.forms_consents import GrantForm, WithdrawForm
from aigaq.intake import exports, selectors, spoken_consent
from aigaq.intake.export_shapes import ExportDetail
from aigaq.intake.shapes import Consent
from aigaq.intake.told_numbers import TOLD_HOW

GOOD = 25
FIELD_OF = {
    "consent.unknown_purpose": "purpose",
    "consent.bad_items": "items",
    "consent.no_how": "how",
    "consent.too_long": "limits",
    "consent.bad_time": "said_on",
}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.ANSWER_REPORTS)
def consents(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Return every consent of a report with its history, or write down a new one."""
    actor = actor_of(request)
    detail = selectors.access_report(actor=actor, report_id=report_id)
    if detail.row.state.value == "forgotten":
        raise NotThere
    form = GrantForm(request.POST or None, items=detail.items, initial=_begin(request))
    if form.is_valid():
        purpose = form.cleaned_data["purpose"]
        try:
            spoken_consent.record_consent(
                actor=actor,
                report_id=report_id,
                purpose=purpose,
                audience=PURPOSES[purpose],
                items=form.items,
                how=form.way,
                given_at=form.moment,
                valid_until=form.valid_until,
                heard_by=form.cleaned_data["heard_by"],
                limits=form.cleaned_data["limits"],
            )
        except ConsentError as refused:
            said = words.say(export_words.CONSENT_REFUSALS, refused.code)
            form.add_error(FIELD_OF.get(refused.code), said)
        else:
            messages.add_message(request, GOOD, _("The consent is written down."))
            return HttpResponseRedirect(reverse("report-consents", args=[report_id]))
    context = {
        "row": detail.row,
        "consents": detail.consents,
        "is_told": any(one.question == TOLD_HOW for one in detail.answers),
        "names": {one.number: one.name for one in detail.items},
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "desk/work/consents.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.ANSWER_REPORTS)
def withdraw(request: HttpRequest, report_id: UUID, consent_id: UUID) -> HttpResponse:
    """Say what taking back does and what it cannot call back, and write down that it was said."""
    actor = actor_of(request)
    detail = selectors.access_report(actor=actor, report_id=report_id)
    consent = next((one for one in detail.consents if one.id == consent_id), None)
    if consent is None or consent.withdrawn_at is not None:
        raise NotThere
    form = WithdrawForm(request.POST or None, initial=_begin(request))
    if form.is_valid():
        spoken_consent.withdraw_consent(
            actor=actor,
            consent_id=consent_id,
            reason=form.cleaned_data["reason"],
            how=form.way,
            heard_by=form.cleaned_data["heard_by"],
            said_at=form.moment,
        )
        messages.add_message(request, GOOD, _("The consent is taken back."))
        return HttpResponseRedirect(reverse("report-consents", args=[report_id]))
    context = {
        "row": detail.row,
        "consent": consent,
        "form": form,
        "gone": _list_gone(request, report_id=report_id, consent=consent),
    }
    status = 422 if form.errors else 200
    return render(request, "desk/work/consent_withdraw.html", context, status=status)


def _begin(request: HttpRequest) -> dict[str, object]:
    now = timezone.localtime()
    return {
        "heard_by": str(actor_of(request)),
        "said_on": now.date(),
        "said_at": now.time().replace(second=0, microsecond=0),
    }


def _list_gone(request: HttpRequest, *, report_id: UUID, consent: Consent) -> list[ExportDetail]:
    """Return the packages for this purpose that were handed out already."""
    found = exports.list_exports(actor=actor_of(request), report_id=report_id)
    return [one for one in found if one.handed_out and one.purpose == consent.purpose]
