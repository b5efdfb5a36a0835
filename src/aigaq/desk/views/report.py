"""One report: what was said and sent, who opened it, who works on it, what was allowed."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability, may
from aigaq.desk import words
from aigaq.desk.access import actor_of, needs
from aigaq.desk.forms_work import HandOverForm
from aigaq.intake import (
    claims,
    collecting,
    erasing,
    exports,
    healing,
    selectors,
    services,
    told_receipts,
    viewing,
)
from aigaq.intake.shapes import Answer, ItemDetail, NearRow, Person

GOOD = 25


@dataclass(frozen=True)
class SaidAnswer:
    """An answer with the heading of its question."""

    number: int
    heading: str
    text: str


@require_safe
@needs(Capability.READ_REPORTS)
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Return a report; that it was opened, and by whom, is recorded first."""
    actor = actor_of(request)
    services.open_report(actor=actor, report_id=report_id)
    detail = selectors.access_report(actor=actor, report_id=report_id)
    held = collecting.list_collections_of(actor=actor, report_id=report_id)
    return render(
        request,
        "desk/work/report.html",
        {
            "report": detail,
            "row": detail.row,
            "answers": [_say(answer) for answer in detail.answers],
            "faults": [words.say(words.FAULTS, code) for code in detail.faults],
            "waiting": erasing.get_waiting(actor=actor, report_id=report_id),
            "healing": healing.access_healing(actor=actor, report_id=report_id),
            "openings": selectors.list_openings(actor=actor, report_id=report_id),
            "form": _hand_over_form(detail.row.assigned_to),
            "receipt": told_receipts.find_receipt(actor=actor, report_id=report_id),
            "packages": exports.list_exports(actor=actor, report_id=report_id),
            "collections_of": held,
            "collections": [
                one for one in collecting.list_collections(actor=actor) if one not in held
            ],
        },
    )


@require_POST
@needs(Capability.HAND_OVER_REPORTS)
def hand_over(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Give a report to a colleague, or to nobody yet."""
    actor = actor_of(request)
    form = HandOverForm(request.POST, people=_list_people())
    if not form.is_valid():
        detail = selectors.access_report(actor=actor, report_id=report_id)
        context = {"report": detail, "row": detail.row, "form": form}
        return render(request, "desk/work/hand_over.html", context, status=422)
    to = form.cleaned_data["to"]
    colleague = accounts.access_staff(staff_id=UUID(to)) if to else None
    services.assign_report(
        actor=actor, report_id=report_id, to=colleague, note=form.cleaned_data["note"]
    )
    said = (
        _("%(name)s works on the report now.") % {"name": colleague}
        if colleague
        else _("Nobody works on the report now.")
    )
    messages.add_message(request, GOOD, said)
    return HttpResponseRedirect(reverse("report", args=[report_id]))


@require_POST
@needs(Capability.PULL)
def ask_again(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Ask the gate for a damaged report once more, now instead of at its time."""
    services.ask_again(actor=actor_of(request), report_id=report_id)
    messages.add_message(request, messages.INFO, _("The desk is asking the gate now."))
    return HttpResponseRedirect(reverse("report", args=[report_id]))


@require_POST
@needs(Capability.ANSWER_REPORTS)
def settle(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Say that nobody waits for us here."""
    services.settle_waiting(actor=actor_of(request), report_id=report_id)
    messages.add_message(request, GOOD, _("Nobody waits for us in this report now."))
    return HttpResponseRedirect(reverse("report", args=[report_id]))


@require_POST
@needs(Capability.ANSWER_REPORTS)
def receipt(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Hand over the receipt file of a told report; that it was taken is recorded."""
    actor = actor_of(request)
    data = told_receipts.hand_out_receipt(actor=actor, report_id=report_id)
    row = selectors.access_report(actor=actor, report_id=report_id).row
    name = f"receipt-{row.register_number:04d}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type="application/json", headers=headers)


@require_safe
@needs(Capability.SEE_ITEMS)
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Return an item in the calm viewer; that it was looked at is recorded first."""
    actor = actor_of(request)
    viewing.open_item(actor=actor, item_id=item_id)
    detail = selectors.access_item(actor=actor, item_id=item_id)
    return render(
        request,
        "desk/work/item.html",
        {
            "item": detail,
            "shown": _list_shown(detail),
            "texts": _list_texts(request, detail),
            "claims": claims.access_claims(actor=actor, item_id=item_id),
            "near": [
                _show_near(one, name=detail.name)
                for one in selectors.list_near(actor=actor, item_id=item_id)
            ],
        },
    )


@require_safe
@needs(Capability.SEE_ITEMS)
def preview(request: HttpRequest, preview_id: UUID) -> HttpResponse:
    """Return pixels or samples that the sandbox made anew; never the reporter's own bytes."""
    actor = actor_of(request)
    meta = selectors.access_preview(actor=actor, preview_id=preview_id)
    body = viewing.read_preview(actor=actor, preview_id=preview_id)
    return HttpResponse(body, content_type=meta.content_type)


@require_POST
@needs(Capability.SEE_ITEMS)
def download(request: HttpRequest, item_id: UUID) -> HttpResponseBase:
    """Return the original as an attachment that no browser opens; the download is recorded."""
    file = viewing.read_item(actor=actor_of(request), item_id=item_id)
    return StreamingHttpResponse(file.chunks, headers=dict(file.headers))


def _say(answer: Answer) -> SaidAnswer:
    return SaidAnswer(
        number=answer.question,
        heading=words.say_question(answer.question),
        text=words.say_answer(answer.question, answer.value),
    )


def _list_shown(detail: ItemDetail) -> list[dict[str, object]]:
    kinds = {"still": "picture", "clip": "video", "sound": "sound"}
    shown = [each for each in detail.previews if each.kind in kinds]
    if detail.kind == "image" and shown:
        # The sandbox makes a small and a large one of the same picture.
        shown = [max(shown, key=lambda each: each.width or 0)]
    numbers = dict.fromkeys(kinds, 0)
    viewers: list[dict[str, object]] = []
    for each in shown:
        numbers[each.kind] += 1
        of = sum(other.kind == each.kind for other in shown)
        viewers.append(
            {
                "kind": kinds[each.kind],
                "url": reverse("preview", args=[each.id]),
                "name": detail.name,
                "label": _label(each.kind, number=numbers[each.kind], of=of),
            }
        )
    return viewers


def _show_near(near: NearRow, *, name: str) -> dict[str, object]:
    """Return both pictures for the calm viewer, grey and closed until someone asks."""

    def show(preview_id: UUID, named: str) -> dict[str, object]:
        url = reverse("preview", args=[preview_id])
        return {"kind": "picture", "url": url, "label": _("Picture"), "name": named}

    return {"row": near, "ours": show(near.ours, name), "theirs": show(near.theirs, near.name)}


def _label(kind: str, *, number: int, of: int) -> str:
    name = {"still": _("Picture"), "clip": _("Video without sound"), "sound": _("Sound")}[kind]
    if of == 1:
        return name
    return _("%(name)s, %(number)s of %(of)s") % {"name": name, "number": number, "of": of}


def _list_texts(request: HttpRequest, detail: ItemDetail) -> list[str]:
    actor = actor_of(request)
    return [
        viewing.read_preview(actor=actor, preview_id=each.id).decode("utf-8", "replace")
        for each in detail.previews
        if each.kind == "text"
    ]


def _list_people() -> list[Person]:
    return [
        Person(id=who.id, name=who.display_name)
        for who in accounts.list_staff()
        if may(who, capability=Capability.READ_REPORTS)
    ]


def _hand_over_form(assigned_to: Person | None) -> HandOverForm:
    initial = {"to": str(assigned_to.id) if assigned_to else ""}
    return HandOverForm(people=_list_people(), initial=initial)
