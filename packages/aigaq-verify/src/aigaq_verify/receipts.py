"""What a receipt file proves: that a report was handed over, and whether it was filed.

Steps, codes and exits: ``spec/policy.md``, "Steps of receipt"; formats: ``spec/receipts.md``.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aigaq_verify.anchors import Head, check_not_retired, is_retired, open_head
from aigaq_verify.cards import Card, parse_card, read_root_key
from aigaq_verify.encoding import Form, format_time, hash_parts, parse_json
from aigaq_verify.errors import VerifyError
from aigaq_verify.log_copy import check_copy
from aigaq_verify.merkle import check_inclusion, hash_entry
from aigaq_verify.notes import MAXIMUM_NOTE_BYTES, Proof, parse_proof
from aigaq_verify.policy import Policy
from aigaq_verify.signatures import open_signed_json
from aigaq_verify.verdict import FAILED, NOT_ANCHORED, PASSED, SKIPPED, UNKNOWN, Verdict

MAXIMUM_BYTES = 1_048_576
_LONGEST_DELAY_SECONDS = 366 * 86_400
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


@dataclass(frozen=True)
class Promise:
    """The gate's signed word, over the values of the receipt."""

    promised_at: datetime
    due_at: datetime
    #: Not so once its key is retired: who seized it promises with any date what never came.
    counts_alone: bool


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


def verify_receipt(data: bytes, *, policy: Policy | None, log: Path | None) -> Verdict:
    """Return the verdict over a receipt file, with a copy of the log if there is one."""
    verdict = Verdict()
    receipt = verdict.run(0, "form", lambda: parse_receipt(data))
    if receipt is None:
        return verdict
    verdict.run(2, "policy", lambda: _check_policy(verdict, receipt, policy))
    card = verdict.run(3, "card", lambda: _check_card(receipt))
    if card is None:
        return verdict
    promise = verdict.run(4, "promise", lambda: _check_promise(verdict, receipt, card, policy))
    verdict.run(5, "commitment", lambda: _check_commitment(receipt))
    verdict.run(6, "inclusion", lambda: _check_proof(verdict, receipt, card, policy, log))
    verdict.run(7, "filing", lambda: _check_filing(verdict, receipt, card))
    if log is not None:
        verdict.run(8, "log", lambda: _check_log(verdict, receipt, card, policy, log, promise))
    return verdict


def _check_policy(verdict: Verdict, receipt: Receipt, policy: Policy | None) -> None:
    if policy is None:
        words = "no policy was given: whose keys these are is not known"
        verdict.note(2, "policy", NOT_ANCHORED, words)
        return
    policy.check_root(read_root_key(receipt.card))


def _check_card(receipt: Receipt) -> Card:
    card = parse_card(receipt.card, root_key=read_root_key(receipt.card))
    if card.team_id != receipt.team_id:
        raise VerifyError("card.other_team")
    return card


def _check_promise(
    verdict: Verdict, receipt: Receipt, card: Card, policy: Policy | None
) -> Promise | None:
    if not receipt.promise:
        words = "the report was sealed; nothing shows that it was sent"
        verdict.note(4, "promise", UNKNOWN, words, code="promise.missing")
        return None
    members: Any = open_signed_json(
        receipt.promise, format_name="aigaq/promise/v1", public_key=card.log_key, area="promise"
    )
    names = (
        "commitment",
        "format",
        "log_origin",
        "maximum_delay_seconds",
        "promised_at",
        "report_id",
        "team_id",
    )
    form = Form(members, names=names, code="promise.bad_form")
    at, delay = form.time("promised_at"), form.integer("maximum_delay_seconds")
    same = {
        "promise.other_team": form.hex("team_id", length=16) == receipt.team_id,
        "promise.other_log": form.text("log_origin") == card.log_origin,
        "promise.other_report": form.hex("report_id") == receipt.report_id,
        "promise.wrong_commitment": form.hex("commitment") == receipt.commitment,
        # With a delay of years it would never be missing.
        "promise.other_delay": delay <= min(card.maximum_delay_seconds, _LONGEST_DELAY_SECONDS),
        "promise.from_the_future": at <= datetime.now(UTC) + timedelta(days=1),
    }
    for code, holds in same.items():
        if not holds:
            raise VerifyError(code)
    words = f"the organisation's server took this report on {format_time(at)}"
    is_alone = not _has_retired_key(card, policy)
    if not is_alone:
        words += ", says a key that was retired since: it counts only with an entry in the log"
    verdict.note(4, "promise", PASSED, words)
    return Promise(at, at + timedelta(seconds=delay), is_alone)


def _has_retired_key(card: Card, policy: Policy | None) -> bool:
    try:
        return is_retired(card.log_key, policy=policy, root_key=card.root_key)
    except VerifyError:  # The step that looks at a head says what is wrong with the policy.
        return False


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


def _check_proof(
    verdict: Verdict, receipt: Receipt, card: Card, policy: Policy | None, log: Path | None
) -> None:
    if receipt.proof is None:
        words = "no proof from the log yet; ask the mailbox later, or give a copy of the log"
        if log is not None:
            verdict.note(6, "inclusion", SKIPPED, "no proof in this file; step 8 looks in the log")
            return
        verdict.note(6, "inclusion", UNKNOWN, words, code="proof.missing")
        return
    proof = parse_proof(receipt.proof)
    head = open_head(proof.note, cards=[card], policy=policy)
    _check_in_head(receipt, proof, head)
    seen = _witnessed_at(head, card, policy)
    if seen is None:
        words = "in the log; no quorum of cosigners that you trust has seen this head"
        verdict.note(6, "inclusion", NOT_ANCHORED, words)
        return
    words = f"in the log, entry {proof.index}; cosigned by {format_time(seen)}"
    verdict.note(6, "inclusion", PASSED, words)


def _witnessed_at(head: Head, card: Card, policy: Policy | None) -> datetime | None:
    """Return when a quorum had cosigned ``head``, whose key was not retired by then."""
    seen = head.witnessed_at(policy)
    witnessed = [seen] if seen is not None else []
    check_not_retired(head, policy=policy, root_key=card.root_key, witnessed_at=witnessed)
    return seen


def _check_in_head(receipt: Receipt, proof: Proof, head: Head) -> None:
    check_inclusion(
        leaf=hash_entry(b"\x01" + receipt.commitment),
        index=proof.index,
        size=head.checkpoint.size,
        path=proof.path,
        root=head.checkpoint.root,
        area="proof",
    )


def _check_filing(verdict: Verdict, receipt: Receipt, card: Card) -> None:
    if receipt.filing_receipt is None:
        words = "no filing receipt in this file: whether it was filed is not shown"
        verdict.note(7, "filing", SKIPPED, words)
        return
    members: Any = open_signed_json(
        receipt.filing_receipt,
        format_name="aigaq/filing-receipt/v1",
        public_key=card.message_key,
        area="filing_receipt",
    )
    names = (
        "commitment",
        "filed_at",
        "format",
        "register_number",
        "report_id",
        "state",
        "team_id",
    )
    form = Form(members, names=names, code="filing_receipt.bad_form")
    if form.hex("team_id", length=16) != receipt.team_id:
        raise VerifyError("filing_receipt.other_team")
    if form.hex("report_id") != receipt.report_id:
        raise VerifyError("filing_receipt.other_report")
    if form.hex("commitment") != receipt.commitment:
        raise VerifyError("filing_receipt.wrong_commitment")
    if form.text("state") not in ("filed", "damaged", "duplicate"):
        raise VerifyError("filing_receipt.bad_form")
    number = form.integer("register_number", minimum=1)
    at = format_time(form.time("filed_at"))
    verdict.note(7, "filing", PASSED, f"{form.text('state')} as number {number} on {at}")


def _check_log(
    verdict: Verdict,
    receipt: Receipt,
    card: Card,
    policy: Policy | None,
    log: Path,
    promise: Promise | None,
) -> None:
    """Find the commitment in a whole copy of the log; its absence counts only past the delay."""
    try:
        with (log / "checkpoint").open("rb") as file:
            note = file.read(MAXIMUM_NOTE_BYTES + 1)
    except (OSError, ValueError):
        raise VerifyError("log.bad_checkpoint", str(log)) from None
    head = open_head(note, cards=[card], policy=policy)
    checkpoint = head.checkpoint
    wanted = b"\x01" + receipt.commitment
    index = check_copy(log, size=checkpoint.size, root=checkpoint.root, wanted=wanted)
    seen = _witnessed_at(head, card, policy)
    if index is not None:
        result = PASSED if seen is not None else NOT_ANCHORED
        verdict.note(8, "log", result, f"the copy of {checkpoint.size} entries holds it at {index}")
    elif promise is None:
        words = f"not among the {checkpoint.size} entries, and no promise says that it should be"
        verdict.note(8, "log", UNKNOWN, words)
    elif not promise.counts_alone:
        words = f"not among the {checkpoint.size} entries, and the promise is of a retired key"
        verdict.note(8, "log", UNKNOWN, words, code="promise.retired")
    elif seen is not None and seen > promise.due_at:
        words = (
            f"promised for {format_time(promise.due_at)}, and not among the {checkpoint.size} "
            f"entries that were cosigned on {format_time(seen)}"
        )
        verdict.note(8, "log", FAILED, words, code="receipt.missing")
    else:
        due = format_time(promise.due_at.astimezone(UTC))
        words = f"not in this copy, which no trusted cosigner has seen after {due}"
        verdict.note(8, "log", UNKNOWN, words)
