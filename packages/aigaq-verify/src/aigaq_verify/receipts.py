"""What a receipt file proves: that a report was handed over, and whether it was filed.

Steps, codes and exits: ``spec/policy.md``, "Steps of receipt"; formats: ``spec/receipts.md``.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aigaq_verify.cards import Card, parse_card, read_root_key
from aigaq_verify.encoding import Form, format_time, hash_parts, parse_json
from aigaq_verify.errors import VerifyError
from aigaq_verify.moments import find_until
from aigaq_verify.policy import Policy
from aigaq_verify.promises import Promise, open_filing, open_promise
from aigaq_verify.receipt_heads import ReceiptHeads, has_retired_key
from aigaq_verify.verdict import NOT_ANCHORED, PASSED, SKIPPED, UNKNOWN, Verdict
from aigaq_verify.words import Told

MAXIMUM_BYTES = 1_048_576
_NAMES = (
    "card",
    "commitment",
    "filing_receipt",
    "format",
    "leaf_count",
    "mailbox_key",
    "promise",
    "proof",
    "report_id",
    "root",
    "root_salt",
    "team_id",
)


@dataclass(frozen=True)
class Receipt:
    """A receipt file as read."""

    card: bytes
    commitment: bytes
    filing_receipt: bytes | None
    leaf_count: int
    mailbox_key: bytes
    promise: bytes
    proof: bytes | None
    report_id: bytes
    root: bytes
    root_salt: bytes
    team_id: bytes


def parse_receipt(data: bytes) -> Receipt:
    """Return the receipt file in ``data``. Raises `VerifyError` (``receipt.bad_form``)."""
    if len(data) > MAXIMUM_BYTES or data[-1:] != b"\n":
        raise VerifyError("receipt.bad_form")
    form = Form(
        parse_json(data[:-1], code="receipt.bad_form"), names=_NAMES, code="receipt.bad_form"
    )
    if form.text("format") != "aigaq/receipt/v1":
        raise VerifyError("receipt.bad_form")
    filing, proof = form.optional_text("filing_receipt"), form.optional_text("proof")
    return Receipt(
        card=form.text("card").encode("utf-8"),
        commitment=form.hex("commitment"),
        filing_receipt=None if filing is None else filing.encode("utf-8"),
        leaf_count=form.integer("leaf_count", minimum=1),
        mailbox_key=form.base64("mailbox_key"),
        promise=form.text("promise").encode("utf-8"),
        proof=None if proof is None else proof.encode("utf-8"),
        report_id=form.hex("report_id"),
        root=form.hex("root"),
        root_salt=form.base64("root_salt"),
        team_id=form.hex("team_id", length=16),
    )


def verify_receipt(
    data: bytes, *, policy: Policy | None, log: Path | None, now: datetime | None = None
) -> Verdict:
    """Return the verdict over a receipt file as of ``now``, with a copy of the log if given."""
    verdict = Verdict(of="receipt_")
    receipt = verdict.run(0, "form", lambda: parse_receipt(data))
    if receipt is None:
        return verdict
    at = now if now is not None else datetime.now(UTC)
    verdict.run(2, "policy", lambda: _check_policy(verdict, receipt, policy, at))
    card = verdict.run(3, "card", lambda: _check_card(verdict, receipt, policy))
    if card is None:
        return verdict
    promise = verdict.run(4, "promise", lambda: _check_promise(verdict, receipt, card, policy, at))
    verdict.run(5, "commitment", lambda: _check_commitment(receipt))
    until = find_until(now, at=at)
    heads = ReceiptHeads(verdict, receipt.commitment, card, policy, log, at, until)
    verdict.run(6, "inclusion", lambda: heads.check_proof(receipt.proof))
    verdict.run(7, "filing", lambda: _check_filing(verdict, receipt, card, promise, at))
    if log is not None:
        verdict.run(8, "log", lambda: heads.check_log(log, promise=promise))
    return verdict


def _check_policy(verdict: Verdict, receipt: Receipt, policy: Policy | None, now: datetime) -> None:
    if policy is None:
        verdict.note(2, "policy", NOT_ANCHORED, [("no_policy",)])
        return
    policy.check_root(read_root_key(receipt.card))
    verdict.note(2, "policy", PASSED, policy.describe(at=now))


def _check_card(verdict: Verdict, receipt: Receipt, policy: Policy | None) -> Card:
    card = parse_card(receipt.card, root_key=read_root_key(receipt.card))
    if card.team_id != receipt.team_id:
        raise VerifyError("card.other_team")
    verdict.note(3, "card", PASSED, card.describe("card_of", is_trusted=policy is not None))
    return card


def _check_promise(
    verdict: Verdict, receipt: Receipt, card: Card, policy: Policy | None, now: datetime
) -> Promise | None:
    if not receipt.promise:
        verdict.note(4, "promise", UNKNOWN, [("promise_missing",)], code="promise.missing")
        return None
    promise = open_promise(
        receipt.promise,
        card=card,
        report_id=receipt.report_id,
        commitment=receipt.commitment,
        now=now,
    )
    told: list[Told] = [("promised", format_time(promise.promised_at))]
    if has_retired_key(card, policy):
        told.append(("promise_retired",))
    verdict.note(4, "promise", PASSED, told)
    return promise


def _check_commitment(receipt: Receipt) -> None:
    opened = hash_parts(
        "aigaq/commitment/v1",
        receipt.root_salt,
        receipt.team_id,
        receipt.mailbox_key,
        receipt.leaf_count,
        receipt.root,
    )
    if opened != receipt.commitment:
        raise VerifyError("commitment.wrong")


def _check_filing(
    verdict: Verdict, receipt: Receipt, card: Card, promise: Promise | None, now: datetime
) -> None:
    """Without a filing receipt nothing shows that the desk filed it, nor that it did not."""
    if receipt.filing_receipt is not None:
        filing = open_filing(
            receipt.filing_receipt,
            card=card,
            report_id=receipt.report_id,
            commitment=receipt.commitment,
        )
        if filing.has_other_time(promise, now=now):
            told = [filing.describe(), ("filing_other_time",)]
            code = "filing_receipt.other_time"
            verdict.note(7, "filing", UNKNOWN, told, code=code)
        else:
            verdict.note(7, "filing", PASSED, [filing.describe()])
    elif promise is None:
        verdict.note(7, "filing", SKIPPED, [("filing_not_shown",)])
    elif now <= promise.filing_due_at:
        due = format_time(promise.filing_due_at)
        verdict.note(7, "filing", SKIPPED, [("filing_not_due", due)])
    else:
        due, code = format_time(promise.filing_due_at), "filing_receipt.missing"
        verdict.note(7, "filing", UNKNOWN, [("filing_overdue", due)], code=code)
