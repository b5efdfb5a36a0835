"""Packages: chosen here, made in the background, shown with our verifier's verdict, fetched here.

What is allowed is decided by intake when a package is asked for, made and fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aigaq.accounts.errors import NotThere
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.consent.shapes import ITEM_PURPOSES
from aigaq.desk import export_words, words
from aigaq.desk.access import actor_of, needs
from aigaq.desk.forms_exports import ExportForm, HandoverForm, name_item
from aigaq.intake import collecting, exports, handing_over, selectors, services
from aigaq.intake.errors import PackageRefused
from aigaq.intake.export_offer import LIVE, list_purposes, offer_items
from aigaq.intake.export_shapes import ExportDetail, ExportState, OfferedItem, OfferedReport
from aigaq.intake.shapes import Preview

GOOD = 25
FIELD_OF = {
    "package.no_language": "languages",
    "package.no_recipient": "recipient",
    "package.bad_recipient": "key",
}
STAGES = ("log", "writing", "packing", "checking", "keeping")


@dataclass(frozen=True)
class From:
    """What files are chosen from: a report, or a collection by its name.

    Pictures are shown for one report alone: that it was opened is recorded then, and a collection
    of hundreds would fill custody with openings that nobody did.
    """

    report_ids: Sequence[UUID]
    title: str
    back_url: str
    shows_pictures: bool


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.HAND_OUT_PACKAGES)
def report_export(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Return the page on which files of a report are chosen, or have the package made."""
    actor = actor_of(request)
    row = selectors.access_report(actor=actor, report_id=report_id).row
    if row.state.value == "forgotten":
        raise NotThere
    title = _("Report %(n)s") % {"n": row.register_number}
    back_url = reverse("report", args=[report_id])
    return _choose(request, source=From([report_id], title, back_url, shows_pictures=True))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.HAND_OUT_PACKAGES)
def collection_export(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Return the page on which files of a collection are chosen, or have the package made."""
    actor = actor_of(request)
    found = collecting.access_collection(actor=actor, collection_id=collection_id)
    ids = [row.id for row in found.reports]
    back_url = reverse("collection", args=[collection_id])
    return _choose(request, source=From(ids, found.row.name, back_url, shows_pictures=False))


def _choose(request: HttpRequest, *, source: From) -> HttpResponse:
    actor = actor_of(request)
    standing = list_purposes(actor=actor, report_ids=source.report_ids)
    purpose = _read_purpose(request, standing=standing)
    offered = offer_items(actor=actor, report_ids=source.report_ids, purpose=purpose)
    form = ExportForm(request.POST or None, offered=offered)
    if form.is_valid():
        try:
            export_id = exports.ask_for_export(
                actor=actor,
                choice=form.build_choice(purpose=purpose),
                recipient=form.cleaned_data["recipient"],
            )
        except PackageRefused as refused:
            said = words.say(export_words.REFUSALS, refused.code)
            form.add_error(FIELD_OF.get(refused.code), said)
        else:
            return HttpResponseRedirect(reverse("export", args=[export_id]))
    elif request.method == "GET" and source.shows_pictures:
        services.open_report(actor=actor, report_id=source.report_ids[0])
    context = {
        "source": source,
        "form": form,
        "purpose": purpose,
        "purposes": [(one, standing[one]) for one in ITEM_PURPOSES],
        "is_allowed": any(not one.hindrance for report in offered for one in report.items),
        "standing": standing[purpose],
        "reports": [(one, _list_rows(one, form=form, source=source)) for one in offered],
        "has_files": any(one.items for one in offered),
        "mailbox_id": _find_mailbox(actor, offered=offered),
        "only_report": offered[0].id if len(offered) == 1 else None,
    }
    status = 422 if form.errors else 200
    return render(request, "desk/work/export_choose.html", context, status=status)


def _find_mailbox(actor: Staff, *, offered: Sequence[OfferedReport]) -> UUID | None:
    """Return the mailbox of the one report, if someone reads what is written to it."""
    if len(offered) != 1 or offered[0].mailbox_id is None:
        return None
    box = selectors.access_mailbox(actor=actor, mailbox_id=offered[0].mailbox_id)
    return box.id if box.can_reply else None


def _read_purpose(request: HttpRequest, *, standing: dict[str, str]) -> str:
    asked = request.GET.get("for", "")
    if asked in ITEM_PURPOSES:
        return asked
    return next((one for one in ITEM_PURPOSES if standing[one] == LIVE), ITEM_PURPOSES[0])


@dataclass(frozen=True)
class ChoiceRow:
    """A file as the page offers it."""

    item: OfferedItem
    value: str
    is_chosen: bool
    picture: dict[str, object] | None


def _list_rows(report: OfferedReport, *, form: ExportForm, source: From) -> list[ChoiceRow]:
    chosen = set(form["items"].value() or ())
    rows = []
    for item in report.items:
        value = name_item(report, number=item.number)
        still = item.still if source.shows_pictures else None
        picture = None if still is None else _show(still, name=item.name)
        rows.append(ChoiceRow(item, value, value in chosen, picture))
    return rows


def _show(still: Preview, *, name: str) -> dict[str, object]:
    url = reverse("preview", args=[still.id])
    return {"kind": "picture", "url": url, "label": _("Picture"), "name": name}


@require_safe
@needs(Capability.HAND_OUT_PACKAGES)
def export(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Return a package as it stands: at work, ready with its verdict, refused, or gone."""
    return _show_export(request, export_id=export_id, form=HandoverForm())


def _show_export(request: HttpRequest, *, export_id: UUID, form: HandoverForm) -> HttpResponse:
    actor = actor_of(request)
    found = exports.access_export(actor=actor, export_id=export_id)
    of = [part.id for part in found.reports]
    context = {
        "export": found,
        "form": form,
        "handovers": handing_over.list_handovers(actor=actor, seal=found.seal, of=of),
        "is_at_work": found.state in (ExportState.WAITING, ExportState.WORKING),
        "stages": [(name, _place(name, now=found.stage)) for name in STAGES],
    }
    status = 422 if form.errors else 200
    return render(request, "desk/work/export.html", context, status=status)


@require_POST
@needs(Capability.HAND_OUT_PACKAGES)
def handed_over(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Write down that the package was really handed over."""
    actor = actor_of(request)
    seal = exports.access_export(actor=actor, export_id=export_id).seal
    form = HandoverForm(request.POST)
    if form.is_valid():
        try:
            handing_over.record_handover(actor=actor, seal=seal, handover=form.build())
        except PackageRefused as refused:
            field = "on" if refused.code == "handover.wrong_day" else None
            form.add_error(field, words.say(export_words.HANDOVER_REFUSALS, refused.code))
        else:
            said = _("It stands in the custody of each file of the package.")
            messages.add_message(request, GOOD, said)
            return HttpResponseRedirect(reverse("export", args=[export_id]))
    return _show_export(request, export_id=export_id, form=form)


def _place(name: str, *, now: str) -> str:
    if now not in STAGES:
        return "later"
    difference = STAGES.index(name) - STAGES.index(now)
    return "now" if difference == 0 else "done" if difference < 0 else "later"


@require_safe
@needs(Capability.HAND_OUT_PACKAGES)
def progress(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Say how far a package is, for the page that waits for it."""
    found = exports.access_export(actor=actor_of(request), export_id=export_id)
    return JsonResponse(
        {
            "done": found.state not in (ExportState.WAITING, ExportState.WORKING),
            "percent": found.percent,
            "stage": found.stage,
            "words": _say_stage(found),
        }
    )


def _say_stage(found: ExportDetail) -> str:
    return words.say(export_words.STAGES, found.stage)


@require_POST
@needs(Capability.HAND_OUT_PACKAGES)
def download(request: HttpRequest, export_id: UUID) -> HttpResponseBase:
    """Hand the package over; custody says so of each file in it."""
    try:
        file = exports.open_export(actor=actor_of(request), export_id=export_id)
    except PackageRefused:
        return HttpResponseRedirect(reverse("export", args=[export_id]))
    return StreamingHttpResponse(file.chunks, headers=dict(file.headers))


@require_POST
@needs(Capability.HAND_OUT_PACKAGES)
def again(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Have a refused package made once more."""
    try:
        exports.try_again(actor=actor_of(request), export_id=export_id)
    except PackageRefused as refused:
        said = words.say(export_words.REFUSALS, refused.code)
        messages.add_message(request, messages.WARNING, said)
    return HttpResponseRedirect(reverse("export", args=[export_id]))


@require_POST
@needs(Capability.HAND_OUT_PACKAGES)
def remove(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Remove a package from the desk, or stop it."""
    exports.remove_export(actor=actor_of(request), export_id=export_id)
    messages.add_message(request, GOOD, _("The package is removed from the desk."))
    return HttpResponseRedirect(reverse("export", args=[export_id]))
