"""Gathers what goes into an evidence package: items under a live consent, proofs, custody.

Nothing without a grant of the report for this purpose and audience that nobody took back. Source:
``spec/evidence-package.md``; PROTOCOL 8, 19.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol, cast
from uuid import UUID

from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.age import X25519Recipient
from aigaq.consent import selectors as consent
from aigaq.consent.errors import NoConsent
from aigaq.consent.shapes import ITEM_PURPOSES, PURPOSES
from aigaq.core import blob_store
from aigaq.evidence import selectors as evidence
from aigaq.evidence.custody_lines import hide_line
from aigaq.evidence.documents import LANGUAGES
from aigaq.evidence.package_shapes import (
    DerivedFrom,
    EarlierHead,
    LoggedHead,
    Package,
    PackagedItem,
    PackagedReport,
    PackagedToken,
)
from aigaq.evidence.shapes import FileKind, ItemEvidence, LeafOfReport
from aigaq.evidence.stamped_heads import find_earlier
from aigaq.evidence.timestamp_selectors import list_tokens
from aigaq.intake import models
from aigaq.intake.errors import NotFound, PackageRefused
from aigaq.intake.package_consent import (
    find_told,
    list_changes,
    list_for,
    list_grants,
    list_staff_grants,
)
from aigaq.intake.selectors import check_may
from aigaq.intake.stripping import find_stripped, must_be_stripped
from aigaq.intake.watched_head import find_retired_head
from aigaq.redaction.strip import name_copy
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.errors import SealingError
from aigaq.sealing.log_entries import build_blinded
from aigaq.tlog import ProofFile, build_proof_file, hash_entry, read_checkpoint

#: As many rows as a package may name.
MAXIMUM_TOKENS = 99


class LogHead(Protocol):
    """A head of our log as a package carries it."""

    @property
    def note(self) -> bytes:
        """The checkpoint with its signatures."""

    @property
    def size(self) -> int:
        """How many entries stand under it."""

    @property
    def retired_log(self) -> str:
        """The log's name, if its key was retired; empty for the present one."""

    def find(self, leaf: bytes) -> int | None:
        """Return where an entry of this leaf hash stands under this head."""

    def prove(self, index: int) -> Sequence[bytes]:
        """Return the inclusion path of an entry."""

    def go_back(self, note: bytes) -> "LogHead | None":
        """Return an earlier head of this log; None if ``note`` is over another history."""


@dataclass(frozen=True)
class PackageChoice:
    """What someone wants to hand out, and to whom.

    ``items``: by register number those of a report, None for every one. ``languages``: of the
    papers for people.
    """

    items: Mapping[int, tuple[int, ...] | None]
    purpose: str
    audience: str
    sealed_to: X25519Recipient | None = None
    languages: tuple[str, ...] = LANGUAGES


@dataclass(frozen=True)
class Gathered:
    """A package without its documents, and which rows it was made of."""

    package: Package
    is_trial: bool
    items: tuple[ItemEvidence, ...]


def check_choice(*, actor: Staff, choice: PackageChoice) -> None:
    """Check all that can be checked of ``choice`` before the log is asked.

    Raises `NotFound`; `PackageRefused`: ``package.no_items``, ``package.no_language``,
    ``package.damaged_item``, ``consent.wrong_purpose`` (no consent for it carries items),
    ``consent.missing``, ``consent.withdrawn``, ``consent.expired``. Whether an item can be freed of
    its hidden details, if its reporter asked for that, is found only when it is tried.
    """
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    if not choice.items:
        raise PackageRefused("package.no_items")
    if choice.purpose not in ITEM_PURPOSES or PURPOSES[choice.purpose] != choice.audience:
        raise PackageRefused("consent.wrong_purpose")
    if not choice.languages or not set(choice.languages) <= set(LANGUAGES):
        raise PackageRefused("package.no_language")
    for number in choice.items:
        report = _get_report(number)
        for item in _choose_items(report, choice=choice):
            try:
                consent.require(item.report_id, item.number, choice.purpose, choice.audience)
            except NoConsent as error:
                raise PackageRefused(error.code, report=number, number=item.number) from None


def list_chosen(choice: PackageChoice) -> list[ItemEvidence]:
    """Return the chosen items of every report. Raises as `check_choice` does."""
    reports = [_get_report(number) for number in choice.items]
    return [item for one in reports for item in _choose_items(one, choice=choice)]


@transaction.atomic
def gather_package(*, actor: Staff, choice: PackageChoice, head: LogHead) -> Gathered:
    """Return what ``choice`` names as it stands at this moment, ready to be written.

    Reports of a log whose key was retired stand on a head of that log, not on ``head``. Raises what
    `check_choice` and `find_retired_head` raise; `PackageRefused` ``package.not_logged``.
    """
    check_choice(actor=actor, choice=choice)
    reports = [_get_report(number) for number in choice.items]
    retired = find_retired_head(bytes(one.report_id) for one in reports)
    head = head if retired is None else retired
    organisation = accounts.get_organisation()
    card_bytes = accounts.get_card()
    card = parse_card(card_bytes, root_key=bytes(organisation.root_key))
    leaves = {one.pk: evidence.access_leaf(report_id=bytes(one.report_id)) for one in reports}
    chosen = [item for one in reports for item in _choose_items(one, choice=choice)]
    grants = [list_for(one, purpose=choice.purpose, audience=choice.audience) for one in reports]
    made_at = clock.now()
    packed = tuple(_pack_report(leaves[one.pk], head=head) for one in reports)
    package = Package(
        made_at=made_at,
        purpose=choice.purpose,
        audience=choice.audience,
        organisation=card.names["ru"],
        identifier=f"{made_at:%Y%m%d-%H%M%S}-" + "-".join(str(r.register_number) for r in reports),
        team_id=card.team_id,
        root_key=bytes(organisation.root_key),
        cards=_list_cards(card, signed=card_bytes, root_key=bytes(organisation.root_key)),
        checkpoint=head.note,
        checkpoint_size=head.size,
        reports=packed,
        items=tuple(_pack_item(item, choice=choice) for item in chosen),
        grants=tuple(grant for one in grants for grant in list_grants(one)),
        staff_grants=tuple(grant for one in grants for grant in list_staff_grants(one)),
        changes=tuple(
            list_changes(list(leaves.values()), grants=[each for one in grants for each in one])
        ),
        custody_lines=tuple(_list_custody(chosen, reports=reports)),
        custody_head=evidence.read_custody_head().head,
        logged_head=_find_logged_head(head),
        tokens=_list_tokens(head),
        documents={},
        told=tuple(told for one in reports for told in find_told(one)),
        earlier=tuple(_list_earlier(packed, head=head)),
    )
    return Gathered(package, card.state == "trial", tuple(chosen))


def _list_cards(newest: Card, *, signed: bytes, root_key: bytes) -> dict[int, bytes]:
    """Return the chain of cards up to the newest, as far back as the desk has it without a gap."""
    kept: dict[int, bytes] = {newest.version: signed}
    for data in reversed(accounts.list_cards()):
        try:
            one = parse_card(data, root_key=root_key)
        except SealingError:  # Of another root, before a new beginning.
            break
        if one.version == min(kept) - 1 and one.team_id == newest.team_id:
            kept[one.version] = data
    return dict(sorted(kept.items()))


def _get_report(number: int) -> models.Report:
    row = models.Report.objects.filter(register_number=number, forgotten_at=None).first()
    if row is None:
        raise NotFound
    return row


def _choose_items(report: models.Report, *, choice: PackageChoice) -> list[ItemEvidence]:
    """Return the chosen items of a report; at least one, each one whole and there."""
    items = evidence.list_items(report_id=bytes(report.report_id))
    chosen = choice.items[report.register_number]
    if chosen is not None:
        known = {item.number: item for item in items}
        if not set(chosen) <= known.keys():
            raise NotFound
        items = tuple(known[number] for number in sorted(set(chosen)))
    if not items:
        raise PackageRefused("package.no_items", report=report.register_number)
    for item in items:
        if item.fault or _find_working(item) is None:
            raise PackageRefused(
                "package.damaged_item", report=report.register_number, number=item.number
            )
    return list(items)


def _find_working(item: ItemEvidence) -> UUID | None:
    found = [one.blob_id for one in item.files if one.kind == FileKind.WORKING]
    return found[0] if found else None


def _list_custody(
    items: Sequence[ItemEvidence], *, reports: Sequence[models.Report]
) -> Iterator[bytes]:
    """Yield the whole chain: lines of what is shown and of the store, hashes for the rest."""
    shown: set[tuple[bytes, int | None]] = {(item.report_id, item.number) for item in items}
    shown |= {(bytes(one.report_id), None) for one in reports}
    for stored in evidence.read_custody_lines():
        is_shown = stored.report_id is None or (stored.report_id, stored.item_number) in shown
        if stored.line is not None and is_shown:
            yield stored.line
        else:
            yield hide_line(sequence=stored.sequence, line_sha256=stored.line_sha256)


def _pack_report(leaf: LeafOfReport, *, head: LogHead) -> PackagedReport:
    index = head.find(hash_entry(build_blinded(leaf.commitment)))
    if index is None:
        raise PackageRefused("package.not_logged", report=leaf.register_number)
    return PackagedReport(
        report_id=leaf.report_id,
        received_at=leaf.received_at,
        mailbox_key=leaf.mailbox_key,
        root_salt=leaf.root_salt,
        leaves=leaf.leaves,
        root=leaf.root,
        commitment=leaf.commitment,
        register_number=leaf.register_number,
        log_index=index,
        proof=_build_proof(head, index=index),
    )


def _list_tokens(head: LogHead) -> tuple[PackagedToken, ...]:
    return list_tokens(head.size, text=read_checkpoint(head.note).note.text)


def _list_earlier(reports: Sequence[PackagedReport], *, head: LogHead) -> Iterator[EarlierHead]:
    """Yield the heads of before under which the reports are proven to be there the longest."""
    indexes, left = [one.log_index for one in reports], MAXIMUM_TOKENS - len(_list_tokens(head))
    origin = read_checkpoint(head.note).checkpoint.origin
    for found in find_earlier(log_origin=origin, holds=max(indexes), below=head.size):
        earlier = head.go_back(found.note)
        if earlier is None:
            continue
        tokens = tuple(one for one in _list_tokens(earlier) if one.since is not None)[:left]
        left -= len(tokens)
        if tokens:
            yield EarlierHead(
                checkpoint=found.note,
                size=found.size,
                proofs=tuple(_build_proof(earlier, index=index) for index in indexes),
                tokens=tokens,
            )


def _build_proof(head: LogHead, *, index: int) -> bytes:
    hashes = tuple(head.prove(index))
    return build_proof_file(ProofFile(index=index, hashes=hashes, checkpoint=head.note))


def _find_logged_head(head: LogHead) -> LoggedHead | None:
    found = evidence.find_logged_head(size=head.size, retired_log=head.retired_log)
    if found is None or found.count == 0:  # A new desk's first head stands over no line at all.
        return None
    index = head.find(hash_entry(build_blinded(found.opening.blinded)))
    if index is None:
        return None
    return LoggedHead(found.count, found.opening, _build_proof(head, index=index))


def _pack_item(item: ItemEvidence, *, choice: PackageChoice) -> PackagedItem:
    blob_id = _find_working(item)
    if blob_id is None:
        raise PackageRefused("package.damaged_item", number=item.number)
    packaged = PackagedItem(
        report_id=item.report_id,
        item_number=item.number,
        leaf_index=item.leaf_index,
        name=item.name,
        media_type=item.media_type,
        size_bytes=item.size_bytes,
        sha256=item.sha256,
        salt=item.salt,
        provenance=str(item.provenance),
        open=_opener(blob_id),
        sealed_to=choice.sealed_to,
    )
    return _pack_stripped(item, packaged=packaged) if must_be_stripped(item) else packaged


def _pack_stripped(item: ItemEvidence, *, packaged: PackagedItem) -> PackagedItem:
    """Return the copy without hidden details in place of the item."""
    copy = find_stripped(item)
    if copy is None:
        raise PackageRefused("package.not_stripped", number=item.number)
    return replace(
        packaged,
        name=name_copy(item.name, content_type=copy.content_type),
        media_type=copy.content_type,
        size_bytes=copy.size_bytes,
        sha256=copy.sha256,
        open=_opener(copy.blob_id),
        derived_from=DerivedFrom(
            name=item.name,
            media_type=item.media_type,
            size_bytes=item.size_bytes,
            sha256=item.sha256,
            recipe=copy.recipe,
        ),
    )


def _opener(blob_id: UUID) -> Callable[[], AbstractContextManager[BinaryIO]]:
    @contextmanager
    def open_blob() -> Iterator[BinaryIO]:
        chunks = _Chunks(blob_store.read_chunks(blob_id))
        yield io.BufferedReader(cast(io.FileIO, chunks))

    return open_blob


class _Chunks(io.RawIOBase):
    """An iterator of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = chunk
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size
