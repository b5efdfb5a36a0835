"""Packages that people ask for on the pages: asked for here, made in the background, fetched once
or more, and gone from the desk after a day.

A package leaves when it is fetched: only then custody says *exported*, and only under a consent
that stands at that moment. Source: ``spec/evidence-package.md``; PROTOCOL 19, 28, 29.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from aigaq import clock
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.consent import selectors as consent
from aigaq.consent.errors import NoConsent
from aigaq.core import audit, background, blob_store
from aigaq.intake import models
from aigaq.intake.errors import NotFound, PackageRefused
from aigaq.intake.export_models import Export, ExportedReport
from aigaq.intake.export_shapes import ExportDetail, ExportedPart, ExportState, VerdictStep
from aigaq.intake.package_gathering import PackageChoice, check_choice
from aigaq.intake.packaging import Leaving, read_recipient, record_handed_out
from aigaq.intake.rows import build_person
from aigaq.intake.selectors import check_may, get_report
from aigaq.intake.shapes import Download

ROUNDS = "intake-exports"
KEPT_HOURS = 24
RECIPIENT_LENGTH = 200
HEADERS = {
    "Content-Type": "application/zip",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: Where each stage of the work begins and ends, of a hundred.
STAGES = {
    "log": (1, 5),
    "writing": (5, 50),
    "packing": (50, 75),
    "checking": (75, 90),
    "keeping": (90, 100),
}


@transaction.atomic
def ask_for_export(*, actor: Staff, choice: PackageChoice, recipient: str) -> UUID:
    """Have a package made in the background; return its id. Each report names its items.

    Raises what `check_choice` raises; `PackageRefused` ``package.no_recipient``.
    """
    check_choice(actor=actor, choice=choice)
    recipient = " ".join(recipient.split())
    if not recipient or len(recipient) > RECIPIENT_LENGTH:
        raise PackageRefused("package.no_recipient", limit=RECIPIENT_LENGTH)
    row = Export.objects.create(
        asked_by=actor,
        asked_at=clock.now(),
        purpose=choice.purpose,
        audience=choice.audience,
        recipient=recipient,
        sealed_to="" if choice.sealed_to is None else str(choice.sealed_to),
        languages=list(choice.languages),
        state=ExportState.WAITING,
    )
    reports = models.Report.objects.in_bulk(list(choice.items), field_name="register_number")
    for number, items in choice.items.items():
        if items is None:
            raise PackageRefused("package.no_items", report=number)
        ExportedReport.objects.create(export=row, report=reports[number], items=sorted(set(items)))
    context = {"purpose": choice.purpose, "register_numbers": sorted(choice.items)}
    audit.record("intake.package_asked", actor=actor, subject=row, context=context)
    transaction.on_commit(lambda: background.REGISTRY.wake(ROUNDS))
    return row.pk


def access_export(*, actor: Staff, export_id: UUID) -> ExportDetail:
    """Return a package that someone asked for. Raises `NotFound`."""
    return build_detail(get_export(actor=actor, export_id=export_id))


def list_exports(*, actor: Staff, report_id: UUID) -> list[ExportDetail]:
    """Return the packages of a report, newest first, at most 100. Raises `NotFound`."""
    report = get_report(actor=actor, report_id=report_id)
    rows = Export.objects.filter(reports__report=report).select_related("asked_by")
    rows = rows.prefetch_related("reports__report").order_by("-asked_at")
    return [build_detail(row) for row in rows[:100]]


def open_export(*, actor: Staff, export_id: UUID) -> Download:
    """Record that a package leaves, item by item, and return it as a stream.

    Raises `NotFound`, also while there is none; `PackageRefused` ``consent.*``: then it is removed
    from the desk as well.
    """
    row = get_export(actor=actor, export_id=export_id)
    if row.state != ExportState.READY or row.blob_id is None:
        raise NotFound
    if not blob_store.has_file(row.blob_id):  # A desk that was restored has none.
        remove_export(actor=actor, export_id=export_id)
        raise NotFound
    try:
        return _open(row, actor=actor)
    except PackageRefused as refused:
        refuse(row, code=refused.code, facts=refused.context)
        raise


@transaction.atomic
def _open(row: Export, *, actor: Staff) -> Download:
    assert row.blob_id is not None  # noqa: S101 - for the type only.
    record_handed_out(
        actor=actor,
        leaving=list_leaving(row),
        purpose=row.purpose,
        audience=row.audience,
        seal=row.seal,
    )
    row.handed_out, row.handed_out_at = row.handed_out + 1, clock.now()
    row.save(update_fields=["handed_out", "handed_out_at"])
    numbers = row.reports.order_by("report__register_number")
    name = "-".join(str(n) for n in numbers.values_list("report__register_number", flat=True)[:5])
    name = f"package-{row.asked_at:%Y%m%d}-{name}.zip"
    headers = HEADERS | {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(row.size_bytes),
    }
    chunks = blob_store.read_chunks(row.blob_id)
    return Download(name=name, size_bytes=row.size_bytes, headers=headers, chunks=chunks)


@transaction.atomic
def try_again(*, actor: Staff, export_id: UUID) -> None:
    """Have a package that was refused made once more. Raises what `ask_for_export` raises."""
    row = get_export(actor=actor, export_id=export_id)
    if row.state != ExportState.REFUSED:
        raise NotFound
    check_choice(actor=actor, choice=build_choice(row))
    row.state, row.code, row.facts, row.verdict = ExportState.WAITING, "", {}, {}
    row.asked_by, row.stage = actor, ""
    row.save(update_fields=["state", "code", "facts", "verdict", "asked_by", "stage"])
    audit.record("intake.package_asked", actor=actor, subject=row)
    transaction.on_commit(lambda: background.REGISTRY.wake(ROUNDS))


@transaction.atomic
def remove_export(*, actor: Staff, export_id: UUID) -> None:
    """Remove a package from the desk, or stop asking for it; what was handed out stays on record.

    Raises `NotFound`.
    """
    row = get_export(actor=actor, export_id=export_id)
    if row.state != ExportState.REMOVED:
        _remove(row, actor=actor)


def remove_what_is_over() -> int:
    """Remove packages older than a day, and those whose consent does not stand any more."""
    removed = 0
    for row in Export.objects.filter(state=ExportState.READY):
        over = row.made_at is None or clock.now() >= row.made_at + timedelta(hours=KEPT_HOURS)
        if over:
            _remove(row, actor=None)
        elif code := _find_hindrance(row):
            refuse(row, code=code)
        removed += bool(over or code)
    return removed


def forget_report(*, report: models.Report) -> None:
    """Forget what packages say of a report, in the shredder's transaction."""
    for row in Export.objects.filter(reports__report=report):
        if row.state != ExportState.REMOVED:
            _remove(row, actor=None)
        row.recipient, row.sealed_to, row.verdict, row.facts, row.leaving = "", "", {}, {}, []
        row.save(update_fields=["recipient", "sealed_to", "verdict", "facts", "leaving"])
    ExportedReport.objects.filter(report=report).update(items=[])


@transaction.atomic
def refuse(row: Export, *, code: str, facts: object = None) -> None:
    """Say why a package is not there; what lies in the store of it goes."""
    blob_id = row.blob_id
    row.state, row.code, row.blob_id = ExportState.REFUSED, code, None
    row.facts = {
        str(name): value
        for name, value in (facts.items() if isinstance(facts, dict) else ())
        if isinstance(value, int | str)
    }
    row.save(update_fields=["state", "code", "facts", "blob_id", "verdict"])
    if blob_id is not None:
        blob_store.delete_blob(blob_id)
    audit.record("intake.package_refused", actor=None, subject=row, context={"code": code})


@transaction.atomic
def _remove(row: Export, *, actor: Staff | None) -> None:
    blob_id = row.blob_id
    row.state, row.blob_id = ExportState.REMOVED, None
    row.save(update_fields=["state", "blob_id"])
    if blob_id is not None:
        blob_store.delete_blob(blob_id)
    audit.record("intake.package_removed", actor=actor, subject=row)


def _find_hindrance(row: Export) -> str:
    for item in list_leaving(row):
        try:
            consent.require(item.report_id, item.number, row.purpose, row.audience)
        except NoConsent as error:
            return error.code
    return ""


def get_export(*, actor: Staff, export_id: UUID) -> Export:
    """Return the row of a package, for this app's services. Raises `NotFound`."""
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    row = Export.objects.select_related("asked_by").filter(pk=export_id).first()
    if row is None:
        raise NotFound
    return row


def build_choice(row: Export) -> PackageChoice:
    """Return what was chosen."""
    parts = row.reports.select_related("report").order_by("report__register_number")
    return PackageChoice(
        items={one.report.register_number: tuple(one.items) for one in parts},
        purpose=row.purpose,
        audience=row.audience,
        sealed_to=read_recipient(row.sealed_to or None),
        languages=tuple(row.languages),
    )


def list_leaving(row: Export) -> list[Leaving]:
    """Return the items in a package."""
    return [
        Leaving(bytes.fromhex(report_id), number, bytes.fromhex(sha256))
        for report_id, number, sha256 in row.leaving
    ]


def build_detail(row: Export) -> ExportDetail:
    """Return what a row says."""
    person = build_person(row.asked_by)
    assert person is not None  # noqa: S101 - the column is not null.
    parts = tuple(
        ExportedPart(
            id=one.report_id,
            register_number=one.report.register_number,
            items=tuple(one.items),
            is_forgotten=one.report.forgotten_at is not None,
        )
        for one in sorted(
            row.reports.select_related("report"), key=lambda one: one.report.register_number
        )
    )
    return ExportDetail(
        id=row.pk,
        state=ExportState(row.state),
        stage=row.stage,
        percent=_count_percent(row),
        asked_by=person,
        asked_at=row.asked_at,
        purpose=row.purpose,
        audience=row.audience,
        recipient=row.recipient,
        sealed_to=row.sealed_to,
        languages=tuple(row.languages),
        reports=parts,
        items=sum(len(one.items) for one in parts),
        code=row.code,
        facts=dict(row.facts),
        outcome=row.verdict.get("verdict", ""),
        steps=tuple(_list_steps(row.verdict.get("steps", ()))),
        control=row.control,
        seal=row.seal,
        size_bytes=row.size_bytes,
        made_at=row.made_at,
        kept_until=row.made_at and row.made_at + timedelta(hours=KEPT_HOURS),
        handed_out=row.handed_out,
        handed_out_at=row.handed_out_at,
    )


def _list_steps(steps: Iterable[dict[str, object]]) -> Iterable[VerdictStep]:
    for one in steps:
        yield VerdictStep(
            number=int(str(one["number"])),
            name=str(one["name"]),
            result=str(one["result"]),
            code=str(one["code"]),
            where=str(one["where"]),
            words=_read_words(one["words"]),
        )


def _read_words(stored: object) -> dict[str, str]:
    if isinstance(stored, dict):
        return {str(language): str(words) for language, words in stored.items()}
    return {"en": str(stored)}


def _count_percent(row: Export) -> int:
    if row.state == ExportState.READY:
        return 100
    low, high = STAGES.get(row.stage, (0, 0))
    share = row.done_bytes / row.total_bytes if row.total_bytes else 0
    return low + int((high - low) * min(share, 1))
