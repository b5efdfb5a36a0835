"""The receipt file of a report that was told to staff, for whoever told it, or kept at the desk.

A reporter with a phone saves it there; who told a report by voice has no other way to get it. It
holds the gate's promise, the desk's filing receipt and, once the log has it, the proof; nothing of
the content. Source: ``spec/receipts.md``; PROTOCOL 23, 24.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.evidence import selectors as evidence
from aigaq.intake import models
from aigaq.intake.errors import NotFound
from aigaq.intake.selectors import check_may, get_report
from aigaq.sealing.card import parse_card
from aigaq.sealing.errors import SealingError
from aigaq.sealing.receipts import ReceiptFile, build_receipt_file, parse_promise


@dataclass(frozen=True)
class ToldReceipt:
    """What there is to hand out: a promise at all, and the proof from the log."""

    has_promise: bool
    has_proof: bool


def find_receipt(*, actor: Staff, report_id: UUID) -> ToldReceipt | None:
    """Return what there is of a told report; None for a report that was not told. `NotFound`."""
    report = get_report(actor=actor, report_id=report_id)
    if report.came_by != "desk" or report.forgotten_at is not None or report.commitment is None:
        return None
    sent = models.SentReport.objects.filter(report=report).exists()
    return ToldReceipt(has_promise=sent, has_proof=_find_proof(report) is not None)


@transaction.atomic
def hand_out_receipt(*, actor: Staff, report_id: UUID) -> bytes:
    """Record that someone took the receipt file of a told report, and return it.

    Raises `NotFound`, also while the gate has promised nothing yet.
    """
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    report = get_report(actor=actor, report_id=report_id)
    sent = models.SentReport.objects.filter(report=report, report__forgotten_at=None).first()
    if sent is None:
        raise NotFound
    leaf = evidence.access_leaf(report_id=bytes(report.report_id))
    receipt = ReceiptFile(
        card=_find_card(sent.promise),
        team_id=bytes.fromhex(accounts.get_organisation().team_id),
        mailbox_key=leaf.mailbox_key,
        report_id=leaf.report_id,
        commitment=leaf.commitment,
        root_salt=leaf.root_salt,
        root=leaf.root,
        leaf_count=len(leaf.leaves),
        promise=sent.promise,
        filing_receipt=report.filing_receipt or None,
        proof=_find_proof(report),
    )
    audit.record("intake.receipt_handed_out", actor=actor, subject=report)
    return build_receipt_file(receipt)


def _find_card(promise: str) -> str:
    """Return the newest card whose log key signed the promise."""
    root_key = bytes(accounts.get_organisation().root_key)
    for data in (accounts.get_card(), *reversed(accounts.list_cards())):
        try:
            parse_promise(promise, log_key=parse_card(data, root_key=root_key).log_key)
        except SealingError:
            continue
        return data.decode("utf-8")
    raise NotFound


def _find_proof(report: models.Report) -> str | None:
    """Return the proof that lies in the mailbox, the one with the most cosignatures."""
    if report.mailbox is None:
        return None
    named = bytes(report.report_id).hex()
    bodies = report.mailbox.messages.filter(kind="proof").values_list("body", flat=True)
    texts = [str(body["proof"]) for body in bodies if body.get("report_id") == named]
    return max(texts, key=len, default=None)
