"""Collections: named sets of reports that are handed out together.

Made, renamed and dissolved by whoever may hand out packages; a report may stand in several. Nothing
is decided by being in one: consent, custody and forgetting go report by report.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet

from aigaq import clock
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.intake.collection_models import CollectedReport, Collection
from aigaq.intake.errors import IntakeError, NotFound
from aigaq.intake.rows import build_inbox_row
from aigaq.intake.selectors import check_may, get_report
from aigaq.intake.shapes import InboxRow

NAME_LENGTH = 120
REPORTS = 500


class CollectionError(IntakeError):
    """A collection cannot be so: ``collection.*``."""


@dataclass(frozen=True)
class CollectionRow:
    """One collection in a list."""

    id: UUID
    name: str
    reports: int
    made_at: datetime
    made_by: str


@dataclass(frozen=True)
class CollectionDetail:
    """A collection with its reports, by register number."""

    row: CollectionRow
    reports: tuple[InboxRow, ...]


def list_collections(*, actor: Staff) -> list[CollectionRow]:
    """Return every collection by name. Raises `NotFound`."""
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    return [_build_row(row) for row in _list_rows().order_by("name")]


def list_collections_of(*, actor: Staff, report_id: UUID) -> list[CollectionRow]:
    """Return the collections that a report stands in, by name. Raises `NotFound`."""
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    held = CollectedReport.objects.filter(report_id=report_id).values("collection")
    return [_build_row(row) for row in _list_rows().filter(pk__in=held).order_by("name")]


def access_collection(*, actor: Staff, collection_id: UUID) -> CollectionDetail:
    """Return a collection with its reports. Raises `NotFound`."""
    row = get_collection(actor=actor, collection_id=collection_id)
    entries = row.entries.select_related("report__assigned_to").order_by("report__register_number")
    reports = tuple(build_inbox_row(one.report) for one in entries)
    return CollectionDetail(_build_row(_list_rows().get(pk=row.pk)), reports)


def find_by_name(*, actor: Staff, name: str) -> CollectionDetail:
    """Return the collection of a name. Raises `NotFound`."""
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    row = Collection.objects.filter(name=_tidy(name)).first()
    if row is None:
        raise NotFound
    return access_collection(actor=actor, collection_id=row.pk)


@transaction.atomic
def make_collection(*, actor: Staff, name: str) -> UUID:
    """Make an empty collection; return its id.

    Raises `NotFound`; `CollectionError` ``collection.no_name``, ``collection.name_taken``.
    """
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    row = Collection(name=_check_name(name), made_by=actor, made_at=clock.now())
    _save(row)
    audit.record("intake.collection_made", actor=actor, subject=row)
    return row.pk


@transaction.atomic
def rename_collection(*, actor: Staff, collection_id: UUID, name: str) -> None:
    """Give a collection another name. Raises as `make_collection` does."""
    row = get_collection(actor=actor, collection_id=collection_id)
    row.name = _check_name(name)
    _save(row)
    audit.record("intake.collection_renamed", actor=actor, subject=row)


@transaction.atomic
def dissolve_collection(*, actor: Staff, collection_id: UUID) -> None:
    """Remove a collection; its reports stay as they are. Raises `NotFound`."""
    row = get_collection(actor=actor, collection_id=collection_id)
    count = row.entries.count()
    audit.record(
        "intake.collection_dissolved", actor=actor, subject=row, context={"reports": count}
    )
    row.delete()


@transaction.atomic
def add_report(*, actor: Staff, collection_id: UUID, report_id: UUID) -> None:
    """Put a report into a collection; a second time changes nothing.

    Raises `NotFound`; `CollectionError` ``collection.full``.
    """
    row = get_collection(actor=actor, collection_id=collection_id)
    report = get_report(actor=actor, report_id=report_id)
    if report.forgotten_at is not None:
        raise NotFound
    if row.entries.filter(report=report).exists():
        return
    if row.entries.count() >= REPORTS:
        raise CollectionError("collection.full", limit=REPORTS)
    CollectedReport.objects.create(
        collection=row, report=report, added_by=actor, added_at=clock.now()
    )
    context = {"register_number": report.register_number}
    audit.record("intake.report_collected", actor=actor, subject=row, context=context)


@transaction.atomic
def remove_report(*, actor: Staff, collection_id: UUID, report_id: UUID) -> None:
    """Take a report out of a collection; the report stays. Raises `NotFound`."""
    row = get_collection(actor=actor, collection_id=collection_id)
    report = get_report(actor=actor, report_id=report_id)
    removed, _by_table = row.entries.filter(report=report).delete()
    if removed:
        context = {"register_number": report.register_number}
        audit.record("intake.report_uncollected", actor=actor, subject=row, context=context)


def get_collection(*, actor: Staff, collection_id: UUID) -> Collection:
    """Return the row of a collection, for this app's services. Raises `NotFound`."""
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    row = Collection.objects.filter(pk=collection_id).first()
    if row is None:
        raise NotFound
    return row


def _list_rows() -> QuerySet[Collection]:
    living = Count("entries", filter=Q(entries__report__forgotten_at=None))
    return Collection.objects.select_related("made_by").annotate(living=living)


def _build_row(row: Collection) -> CollectionRow:
    return CollectionRow(
        id=row.pk,
        name=row.name,
        reports=row.living,  # type: ignore[attr-defined]
        made_at=row.made_at,
        made_by=str(row.made_by),
    )


def _check_name(name: str) -> str:
    name = _tidy(name)
    if not name or len(name) > NAME_LENGTH:
        raise CollectionError("collection.no_name", limit=NAME_LENGTH)
    return name


def _tidy(name: str) -> str:
    return " ".join(name.split())


def _save(row: Collection) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise CollectionError("collection.name_taken") from None
