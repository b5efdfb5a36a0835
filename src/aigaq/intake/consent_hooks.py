"""Hands to consent what reports allow and what signed messages take back, as it is filed.

A desk that took withdrawals before consent had an app of its own hands their signed texts over once
(`hand_over_older`): what they took back was carried over by migration 0005.
"""

from collections.abc import Iterable
from contextlib import suppress

from django.db import transaction

from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.consent import selectors as consent
from aigaq.consent import services as consent_services
from aigaq.consent.errors import ConsentError
from aigaq.consent.services import MailboxOf
from aigaq.intake import exports, models
from aigaq.intake.shapes import Direction
from aigaq.sealing.errors import SealingError
from aigaq.sealing.manifest import Manifest
from aigaq.sealing.messages import decrypt_message


def record_filed(report: models.Report, *, manifest: Manifest | None, by: Staff | None) -> None:
    """Write down what a report allows, in the transaction that files it."""
    if manifest is None:
        return
    consent_services.record_grants(
        report_id=bytes(report.report_id),
        manifest=manifest,
        mailbox_key=None if report.mailbox is None else bytes(report.mailbox.key),
        received_at=report.received_at,
        by=by,
    )


def take_back(box: models.Mailbox, *, row: models.Message) -> None:
    """Withdraw at once what an accepted message names: nothing that leaves waits for a person."""
    hand_over_older(box=box, before=row.sequence)
    _take(box, row=row, reports=box.reports.filter(forgotten_at=None))
    exports.remove_what_is_over()


def hand_over_older(*, box: models.Mailbox | None = None, before: int | None = None) -> int:
    """Give consent the signed texts that it does not have yet; return how many."""
    rows = models.Message.objects.filter(
        direction=Direction.TO_DESK, kind="withdraw_consent", fault=""
    ).exclude(ciphertext=b"")
    if box is not None:
        rows = rows.filter(mailbox=box)
    if before is not None:
        rows = rows.filter(sequence__lt=before)
    count = 0
    for row in rows.select_related("mailbox").order_by("mailbox", "sequence"):
        if row.sequence <= consent.get_last_sequence(mailbox_key=bytes(row.mailbox.key)):
            continue
        # A text that cannot be read any more proves nothing; what it took back stays so.
        with suppress(SealingError, ConsentError), transaction.atomic():
            _take(row.mailbox, row=row, reports=_list_then(row))
            count += 1
    return count


def _list_then(row: models.Message) -> Iterable[models.Report]:
    """Return the reports that a mailbox had when a message came, also if another has them now."""
    boxes: list[models.Mailbox] = []
    box: models.Mailbox | None = row.mailbox
    while box is not None and box not in boxes:
        boxes.append(box)
        box = box.rebound_to
    return models.Report.objects.filter(
        mailbox__in=boxes, forgotten_at=None, filed_at__lte=row.kept_at
    )


def _take(box: models.Mailbox, *, row: models.Message, reports: Iterable[models.Report]) -> None:
    signed = decrypt_message(bytes(row.ciphertext), identities=accounts.list_team_identities())
    mailbox = MailboxOf(
        team_id=bytes.fromhex(accounts.get_organisation().team_id),
        key=bytes(box.key),
        first_commitment=bytes(box.first_commitment),
    )
    consent_services.withdraw_by_message(
        text=signed.decode("utf-8"),
        mailbox=mailbox,
        report_ids=[bytes(report.report_id) for report in reports],
    )
