"""Receipt files through the verifier's command: what is proven, missing, or unknown."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.courthouse import AT, Authority, Court, Sealed

from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.log_entries import build_blinded, make_chaff
from aigaq.sealing.receipts import FilingReceipt, build_filing_receipt
from aigaq.sealing.retirement import KeyRetirement, build_retirement
from aigaq.sealing.signed_json import build_signed_json
from aigaq.tlog import LogWriter, add_signatures, parse_note
from aigaq_verify.policy import parse_policy
from aigaq_verify.receipts import verify_receipt

Check = Callable[..., dict[str, Any]]
WEEK = 7 * 86_400


@pytest.fixture
def own_court(tmp_path: Path) -> Court:
    court = Court(tmp_path / "court")
    court.add_report([("photo.jpg", b"fictional")])
    court.publish()
    return court


@pytest.fixture
def receipt(own_court: Court, tmp_path: Path, check: Check) -> Callable[..., dict[str, Any]]:
    def run(data: bytes, *, log: bool = False, **policy: Any) -> dict[str, Any]:
        (tmp_path / "receipt.json").write_bytes(data)
        trusted = own_court.write_policy(tmp_path / "policy.json", **policy)
        more = ["--log", own_court.log] if log else []
        return check("receipt", tmp_path / "receipt.json", "--policy", trusted, *more)

    return run


Receipt = Callable[..., dict[str, Any]]


def proven(court: Court, one: Sealed) -> bytes:
    _, note = court.checkpoint()
    return court.receipt(one, proof=court.prove(one.index, note=note))


def cosign_copy(court: Court, *, at: datetime) -> None:
    """Have the partner cosign the log's folder as it is, as a copy of it would carry."""
    with LogWriter(
        court.log, origin=court.organisation.card.log_origin, key=court.organisation.log
    ) as log:
        head = log.checkpoint
    note = parse_note((court.log / "checkpoint").read_bytes())
    lines = court.partner.cosign(head, at=int(at.timestamp()))
    (court.log / "checkpoint").write_bytes(add_signatures(note, lines).encode())


def step(verdict: dict[str, Any], number: int) -> dict[str, Any]:
    (found,) = [one for one in verdict["steps"] if one["number"] == number]
    taken: dict[str, Any] = found
    return taken


def test_a_whole_receipt_is_verified(own_court: Court, receipt: Receipt) -> None:
    verdict = receipt(proven(own_court, own_court.sealed[0]))
    assert verdict["verdict"] == "verified", verdict
    assert "filed as number 1" in step(verdict, 7)["words"]


def test_without_a_policy_it_is_not_anchored(
    own_court: Court, tmp_path: Path, check: Check
) -> None:
    (tmp_path / "receipt.json").write_bytes(proven(own_court, own_court.sealed[0]))
    assert check("receipt", tmp_path / "receipt.json")["exit"] == 3


def test_without_a_proof_nothing_is_known_yet(own_court: Court, receipt: Receipt) -> None:
    verdict = receipt(own_court.receipt(own_court.sealed[0]))
    assert (verdict["verdict"], step(verdict, 6)["code"]) == ("unknown", "proof.missing")


def test_a_copy_of_the_log_stands_for_a_proof(own_court: Court, receipt: Receipt) -> None:
    cosign_copy(own_court, at=AT + timedelta(days=2))
    verdict = receipt(own_court.receipt(own_court.sealed[0]), log=True)
    assert verdict["verdict"] == "verified", verdict
    assert step(verdict, 6)["result"] == "skipped"


def buried(court: Court) -> bytes:
    """Return the receipt of a report that was promised and never came into the log."""
    index = len(court.sealed)
    sealed = court.add_report([("buried.jpg", b"buried")])
    sealed.index = 10_000 + index
    return court.receipt(sealed, is_filed=False)


def test_a_promised_report_that_a_late_cosigned_log_lacks_is_missing(
    own_court: Court, receipt: Receipt
) -> None:
    data = buried(own_court)
    cosign_copy(own_court, at=AT + timedelta(days=2))
    verdict = receipt(data, log=True)
    assert (verdict["exit"], step(verdict, 8)["code"]) == (1, "receipt.missing")


def test_before_the_delay_is_over_its_absence_says_nothing(
    own_court: Court, receipt: Receipt
) -> None:
    data = buried(own_court)
    cosign_copy(own_court, at=AT + timedelta(hours=23))
    assert receipt(data, log=True)["verdict"] == "unknown"


def test_a_copy_that_nobody_cosigned_proves_no_absence(own_court: Court, receipt: Receipt) -> None:
    assert receipt(buried(own_court), log=True)["verdict"] == "unknown"


def test_a_copy_of_which_an_entry_was_changed_is_no_copy(
    own_court: Court, receipt: Receipt
) -> None:
    data = own_court.receipt(own_court.sealed[0])
    cosign_copy(own_court, at=AT + timedelta(days=2))
    (bundle,) = [one for one in (own_court.log / "tile/entries").rglob("*") if one.is_file()]
    content = bytearray(bundle.read_bytes())
    content[-1] ^= 1
    bundle.write_bytes(content)
    verdict = receipt(data, log=True)
    assert (verdict["exit"], step(verdict, 8)["code"]) == (1, "log.wrong_root")


def test_a_copy_with_a_bundle_missing_is_no_copy(own_court: Court, receipt: Receipt) -> None:
    data = own_court.receipt(own_court.sealed[0])
    (bundle,) = [one for one in (own_court.log / "tile/entries").rglob("*") if one.is_file()]
    bundle.unlink()
    assert step(receipt(data, log=True), 8)["code"] == "log.missing_tile"


@pytest.mark.parametrize("content", [None, b"", b"no note", b"\xff" * 300_000])
def test_a_copy_without_a_readable_head_is_no_copy(
    own_court: Court, receipt: Receipt, content: bytes | None
) -> None:
    data = own_court.receipt(own_court.sealed[0])
    (own_court.log / "checkpoint").unlink()
    if content is not None:
        (own_court.log / "checkpoint").write_bytes(content)
    code = step(receipt(data, log=True), 8)["code"]
    assert code in ("log.bad_checkpoint", "note.bad_form")


def fork(court: Court, folder: Path, *, size: int, at: datetime | None = None) -> Path:
    """Return another log of ``size`` under the same key, as its partner would cosign it."""
    card = court.organisation.card
    with LogWriter(folder, origin=card.log_origin, key=court.organisation.log) as log:
        log.append([build_blinded(make_chaff().blinded) for _ in range(size)], start=0)
        head = log.checkpoint
    if at is not None:
        note = parse_note((folder / "checkpoint").read_bytes())
        lines = court.partner.cosign(head, at=int(at.timestamp()))
        (folder / "checkpoint").write_bytes(add_signatures(note, lines).encode())
    return folder


@pytest.fixture
def beside(own_court: Court, tmp_path: Path, check: Check) -> Callable[..., dict[str, Any]]:
    """Judge a receipt with a copy of the log that lies in a folder."""

    def run(data: bytes, log: Path, **policy: Any) -> dict[str, Any]:
        (tmp_path / "receipt.json").write_bytes(data)
        trusted = own_court.write_policy(tmp_path / "policy.json", **policy)
        return check("receipt", tmp_path / "receipt.json", "--policy", trusted, "--log", log)

    return run


@pytest.fixture
def late(own_court: Court, tmp_path: Path) -> tuple[bytes, Path]:
    """Give a proven receipt of a later report, and a copy of the log from before it."""
    older = shutil.copytree(own_court.log, tmp_path / "older")
    one = own_court.add_report([("late.jpg", b"late")])
    own_court.publish()
    return proven(own_court, one), older


def test_a_copy_from_before_the_entry_takes_nothing_from_a_proof(
    late: tuple[bytes, Path], receipt: Receipt, beside: Receipt
) -> None:
    data, older = late
    assert receipt(data)["verdict"] == "verified"
    verdict = beside(data, older)
    assert (verdict["verdict"], step(verdict, 8)["result"]) == ("verified", "skipped"), verdict


def test_a_newer_copy_that_nobody_cosigned_takes_nothing_from_a_proof(
    own_court: Court, receipt: Receipt
) -> None:
    data = proven(own_court, own_court.sealed[0])
    own_court.add_report([("later.jpg", b"later")])
    own_court.publish()
    verdict = receipt(data, log=True)
    assert (verdict["verdict"], step(verdict, 8)["result"]) == ("verified", "passed"), verdict


def test_a_shorter_copy_that_reaches_the_entry_holds_it(
    own_court: Court, tmp_path: Path, beside: Receipt
) -> None:
    older = shutil.copytree(own_court.log, tmp_path / "older")
    own_court.add_report([("later.jpg", b"later")])
    own_court.publish()
    verdict = beside(proven(own_court, own_court.sealed[0]), older)
    assert (verdict["verdict"], step(verdict, 8)["result"]) == ("verified", "passed"), verdict


@pytest.mark.parametrize("size", [30, 10])
@pytest.mark.parametrize("at", [None, AT + timedelta(days=2)])
def test_a_proof_and_a_copy_of_two_histories_are_a_fork_and_not_missing(
    own_court: Court, tmp_path: Path, beside: Receipt, size: int, at: datetime | None
) -> None:
    """Longer and shorter than the proof's head, cosigned and not."""
    data = proven(own_court, own_court.sealed[0])
    verdict = beside(data, fork(own_court, tmp_path / "fork", size=size, at=at))
    assert (verdict["exit"], step(verdict, 8)["code"]) == (1, "log.forked")


def test_a_fork_that_was_signed_with_a_seized_key_accuses_nobody(
    own_court: Court, tmp_path: Path, beside: Receipt
) -> None:
    retired = [retirement(own_court, at=AT + timedelta(days=3))]
    data = proven(own_court, own_court.sealed[0])
    other = fork(own_court, tmp_path / "fork", size=30)
    verdict = beside(data, other, retirements=retired)
    assert verdict["verdict"] == "verified", verdict
    assert (step(verdict, 8)["result"], step(verdict, 8)["code"]) == (
        "skipped",
        "checkpoint.retired",
    )


def uncosigned(court: Court, one: Sealed) -> bytes:
    note = (court.log / "checkpoint").read_bytes()
    return court.receipt(one, proof=court.prove(one.index, note=note))


def test_a_cosigned_copy_vouches_for_a_proof_that_it_extends(
    own_court: Court, receipt: Receipt
) -> None:
    data = uncosigned(own_court, own_court.sealed[0])
    assert receipt(data)["verdict"] == "not_anchored"
    own_court.add_report([("later.jpg", b"later")])
    own_court.publish()
    assert receipt(data, log=True)["verdict"] == "not_anchored"
    cosign_copy(own_court, at=AT + timedelta(days=2))
    assert receipt(data, log=True)["verdict"] == "verified"


def test_a_cosigned_copy_from_before_the_entry_vouches_for_nothing(
    own_court: Court, tmp_path: Path, beside: Receipt
) -> None:
    cosign_copy(own_court, at=AT + timedelta(days=2))
    older = shutil.copytree(own_court.log, tmp_path / "older")
    one = own_court.add_report([("late.jpg", b"late")])
    own_court.publish()
    assert beside(uncosigned(own_court, one), older)["verdict"] == "not_anchored"


def test_an_early_and_a_late_cosignature_of_one_partner_show_what_the_late_one_shows(
    own_court: Court, receipt: Receipt
) -> None:
    """Who buries a report cannot save himself by an early signature beside the late one."""
    data = buried(own_court)
    cosign_copy(own_court, at=AT + timedelta(hours=1))
    assert receipt(data, log=True)["verdict"] == "unknown"
    cosign_copy(own_court, at=AT + timedelta(days=2))
    assert step(receipt(data, log=True), 8)["code"] == "receipt.missing"


@pytest.mark.timeout(20)
def test_a_pipe_in_a_copy_is_no_file(own_court: Court, receipt: Receipt) -> None:
    data = own_court.receipt(own_court.sealed[0])
    head = own_court.log / "checkpoint"
    note = head.read_bytes()
    head.unlink()
    os.mkfifo(head)
    assert step(receipt(data, log=True), 8)["code"] == "log.bad_checkpoint"
    head.unlink()
    head.symlink_to("elsewhere")
    (own_court.log / "elsewhere").write_bytes(note)
    assert step(receipt(data, log=True), 8)["code"] == "log.bad_checkpoint"
    head.unlink()
    head.write_bytes(note)
    (bundle,) = [one for one in (own_court.log / "tile/entries").rglob("*") if one.is_file()]
    bundle.unlink()
    os.mkfifo(bundle)
    assert step(receipt(data, log=True), 8)["code"] == "log.missing_tile"


@pytest.mark.parametrize(("kind", "word"), [("missing", "MISSING"), ("forked", "FORKED")])
def test_the_last_line_says_that_the_log_failed_and_not_the_receipt(
    own_court: Court, tmp_path: Path, kind: str, word: str
) -> None:
    late = AT + timedelta(days=2)
    data = buried(own_court) if kind == "missing" else proven(own_court, own_court.sealed[0])
    log = fork(own_court, tmp_path / "fork", size=30, at=late)
    policy = parse_policy(json.dumps(own_court.policy()).encode())
    told = verify_receipt(data, policy=policy, log=log).to_text()
    assert told.rpartition("\n")[2].startswith(word)
    assert "FAILED:" not in told


# Timestamps in a copy of the log (PROTOCOL 26: two authorities stand for a cosigner).


class Stamped:
    """A court that trusts two authorities and no cosigner, and what they stamped."""

    def __init__(self, court: Court, folder: Path) -> None:
        self.court = court
        self.authorities = [Authority(folder / f"tsa{n}", name=f"Fictional {n}") for n in (1, 2)]
        self.policy = {
            "require": {"cosigned": False, "timestamps": 2},
            "timestamp_authorities": [
                {"certificates": one.root_pem, "name": one.name} for one in self.authorities
            ],
            "tlog_policy": court.policy()["tlog_policy"].partition("witness")[0] + "quorum none\n",
        }

    def stamp(self, log: Path, *, count: int = 2) -> None:
        """Put tokens over the head of ``log`` beside it."""
        text = (log / "checkpoint").read_bytes().rpartition(b"\n\n")[0] + b"\n"
        folder = log / "tokens"
        folder.mkdir()
        for number, one in enumerate(self.authorities[:count], start=1):
            (folder / f"{number:02d}.tsr").write_bytes(one.stamp(text))
            (folder / f"{number:02d}.chain.pem").write_text(one.chain)


@pytest.fixture
def stamped(own_court: Court, tmp_path: Path) -> Stamped:
    return Stamped(own_court, tmp_path)


def test_timestamps_over_a_copy_anchor_a_receipt(
    own_court: Court, receipt: Receipt, stamped: Stamped
) -> None:
    data = uncosigned(own_court, own_court.sealed[0])
    assert receipt(data, **stamped.policy)["verdict"] == "not_anchored"
    assert receipt(data, log=True, **stamped.policy)["verdict"] == "not_anchored"
    stamped.stamp(own_court.log)
    for one in (data, own_court.receipt(own_court.sealed[0])):
        verdict = receipt(one, log=True, **stamped.policy)
        assert verdict["verdict"] == "verified", verdict
        assert "2 timestamps that you trust" in step(verdict, 8)["words"]


def test_one_timestamp_is_not_two(own_court: Court, receipt: Receipt, stamped: Stamped) -> None:
    stamped.stamp(own_court.log, count=1)
    shutil.copyfile(own_court.log / "tokens/01.tsr", own_court.log / "tokens/02.tsr")
    shutil.copyfile(own_court.log / "tokens/01.chain.pem", own_court.log / "tokens/02.chain.pem")
    data = own_court.receipt(own_court.sealed[0])
    assert receipt(data, log=True, **stamped.policy)["verdict"] == "not_anchored"


def test_a_timestamp_over_an_old_head_shows_no_absence(
    own_court: Court, receipt: Receipt, stamped: Stamped
) -> None:
    """Anyone can have a head of before the promise timestamped long after the due time."""
    data = buried(own_court)
    stamped.stamp(own_court.log)
    verdict = receipt(data, log=True, **stamped.policy)
    assert verdict["verdict"] == "unknown", verdict
    assert step(verdict, 8)["result"] == "unknown"


def test_a_timestamp_over_another_head_is_found(
    own_court: Court, receipt: Receipt, stamped: Stamped
) -> None:
    stamped.stamp(own_court.log)
    own_court.add_report([("later.jpg", b"later")])
    own_court.publish()
    verdict = receipt(own_court.receipt(own_court.sealed[0]), log=True, **stamped.policy)
    assert (step(verdict, 8)["code"], step(verdict, 8)["where"]) == (
        "token.wrong_imprint",
        "tokens/01.tsr",
    )


def test_a_policy_that_asks_for_both_is_not_met_by_a_cosigner(
    own_court: Court, receipt: Receipt, stamped: Stamped
) -> None:
    both = {
        "require": {"cosigned": True, "timestamps": 2},
        "timestamp_authorities": stamped.policy["timestamp_authorities"],
    }
    data = proven(own_court, own_court.sealed[0])
    assert receipt(data, **both)["verdict"] == "not_anchored"
    cosign_copy(own_court, at=AT + timedelta(days=2))
    stamped.stamp(own_court.log)
    assert receipt(data, log=True, **both)["verdict"] == "verified"


@pytest.mark.timeout(20)
def test_a_pipe_among_the_tokens_is_no_token(
    own_court: Court, receipt: Receipt, stamped: Stamped
) -> None:
    (own_court.log / "tokens").mkdir()
    os.mkfifo(own_court.log / "tokens/01.tsr")
    verdict = receipt(own_court.receipt(own_court.sealed[0]), log=True, **stamped.policy)
    assert step(verdict, 8)["code"] == "files.special"


# Whether the desk filed it.


def unfiled(court: Court) -> bytes:
    one = court.sealed[0]
    _, note = court.checkpoint()
    return court.receipt(one, proof=court.prove(one.index, note=note), is_filed=False)


def test_a_report_that_the_desk_never_filed_is_not_called_verified(
    own_court: Court, receipt: Receipt
) -> None:
    verdict = receipt(unfiled(own_court))
    assert (verdict["exit"], step(verdict, 7)["code"]) == (4, "filing_receipt.missing")
    cosign_copy(own_court, at=AT + timedelta(days=2))
    verdict = receipt(unfiled(own_court), log=True)
    assert (verdict["exit"], step(verdict, 7)["code"]) == (4, "filing_receipt.missing")


def test_before_a_filing_receipt_is_due_none_is_asked_for(
    own_court: Court, tmp_path: Path, check: Check
) -> None:
    """The desk has the promised delay, a day, and the card's reading interval, another one."""
    (tmp_path / "receipt.json").write_bytes(unfiled(own_court))
    policy = own_court.write_policy(tmp_path / "policy.json")
    for at, outcome in (("06T09:00:00Z", "verified"), ("06T09:00:01Z", "unknown")):
        more = ("--policy", policy, "--at", f"2026-05-{at}")
        assert check("receipt", tmp_path / "receipt.json", *more)["verdict"] == outcome


def changed(data: bytes, **values: Any) -> bytes:
    members = json.loads(data)
    members.update(values)
    return (
        json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        + b"\n"
    )


@pytest.mark.parametrize(
    ("values", "number", "code"),
    [
        ({"report_id": "00" * 32}, 4, "promise.other_report"),
        ({"commitment": "00" * 32}, 4, "promise.wrong_commitment"),
        ({"team_id": "00" * 16}, 3, "card.other_team"),
        ({"root_salt": encode_base64(bytes(32))}, 5, "commitment.wrong"),
        ({"leaf_count": 99}, 5, "commitment.wrong"),
        ({"mailbox_key": encode_base64(bytes(32))}, 5, "commitment.wrong"),
        ({"root": "00" * 32}, 5, "commitment.wrong"),
        ({"promise": "no promise"}, 4, "promise.bad_form"),
        ({"proof": "no proof"}, 6, "proof.bad_form"),
        ({"filing_receipt": "none"}, 7, "filing_receipt.bad_form"),
        ({"card": "none"}, 2, "card.bad_form"),
        ({"leaf_count": 0}, 0, "receipt.bad_form"),
        ({"extra": 1}, 0, "receipt.bad_form"),
    ],
)
def test_a_receipt_changed_in_one_value_fails_there(
    own_court: Court, receipt: Receipt, values: dict[str, Any], number: int, code: str
) -> None:
    verdict = receipt(changed(proven(own_court, own_court.sealed[0]), **values))
    assert verdict["exit"] == 1
    assert (step(verdict, number)["result"], step(verdict, number)["code"]) == ("failed", code)


def promise(court: Court, **values: Any) -> str:
    one, card = court.sealed[0], court.organisation.card
    members = {
        "commitment": one.report.commitment.hex(),
        "format": "aigaq/promise/v1",
        "log_origin": card.log_origin,
        "maximum_delay_seconds": card.maximum_delay_seconds,
        "promised_at": "2026-05-04T09:00:00Z",
        "report_id": one.report.report_id.hex(),
        "team_id": card.team_id.hex(),
    }
    return build_signed_json({**members, **values}, key=court.organisation.log).decode()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"maximum_delay_seconds": 10**15}, "promise.other_delay"),
        ({"promised_at": "9999-12-31T23:59:59Z"}, "promise.from_the_future"),
        ({"log_origin": "other.example/log"}, "promise.other_log"),
        ({"team_id": "00" * 16}, "promise.other_team"),
    ],
)
def test_a_promise_that_would_bind_nobody(
    own_court: Court, receipt: Receipt, values: dict[str, Any], code: str
) -> None:
    data = changed(own_court.receipt(own_court.sealed[0]), promise=promise(own_court, **values))
    assert step(receipt(data), 4)["code"] == code


def test_a_date_at_the_end_of_all_dates_breaks_nothing(own_court: Court) -> None:
    late = promise(own_court, promised_at="9999-12-31T23:59:59Z")
    data = changed(own_court.receipt(own_court.sealed[0]), promise=late)
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    verdict = verify_receipt(data, policy=None, log=None, now=end)
    assert verdict.steps[3].code == "promise.from_the_future"


def test_a_report_that_was_sealed_and_not_sent_is_unknown(
    own_court: Court, receipt: Receipt
) -> None:
    verdict = receipt(changed(proven(own_court, own_court.sealed[0]), promise=""))
    assert (verdict["verdict"], step(verdict, 4)["code"]) == ("unknown", "promise.missing")


def test_a_forged_receipt_of_another_organisation_fails_under_the_policy(
    receipt: Receipt, tmp_path: Path
) -> None:
    forger = Court(tmp_path / "forger")
    one = forger.add_report([("a.jpg", b"forged")])
    forger.publish()
    verdict = receipt(proven(forger, one))
    assert step(verdict, 2)["code"] == "policy.other_root"


# A seized log key cannot back-date (PROTOCOL 25).


def retirement(court: Court, *, at: datetime, last: str | None = None) -> str:
    card = court.organisation.card
    told = KeyRetirement(
        log_key=card.log_key,
        log_origin=card.log_origin,
        new_log_origin="new.example/log",
        last_checkpoint=last,
        retired_at=at,
        team_id=card.team_id,
    )
    return build_retirement(told, root_key=court.organisation.root)


def test_a_seized_log_key_cannot_back_date_a_report(own_court: Court, receipt: Receipt) -> None:
    """After the seizure the key enters a report, and a cosigner who did not know signs it."""
    seized_at = datetime.fromtimestamp(own_court.cosigned_at, UTC) + timedelta(days=1)
    retired = [retirement(own_court, at=seized_at)]
    before = proven(own_court, own_court.sealed[0])
    assert receipt(before, retirements=retired)["verdict"] == "verified"
    forged = own_court.add_report([("forged.jpg", b"forged")])
    own_court.publish()
    own_court.cosigned_at += WEEK
    verdict = receipt(proven(own_court, forged), retirements=retired)
    assert (verdict["exit"], step(verdict, 6)["code"]) == (1, "checkpoint.retired")


def test_a_seized_log_key_cannot_accuse_the_team_of_burying_what_never_came(
    own_court: Court, receipt: Receipt
) -> None:
    """The key promises for last month what nobody sent; the log lacks it, and that shows nothing.

    The same receipt under a key that was not retired is that of a buried report.
    """
    data = buried(own_court)
    cosign_copy(own_court, at=AT + timedelta(days=30))
    assert step(receipt(data, log=True), 8)["code"] == "receipt.missing"
    retired = [retirement(own_court, at=AT + timedelta(days=60))]
    verdict = receipt(data, log=True, retirements=retired)
    assert (verdict["exit"], step(verdict, 8)["code"]) == (4, "promise.retired")
    assert receipt(data, retirements=retired)["exit"] == 4


def test_a_copy_of_a_retired_log_still_stands_for_a_proof(
    own_court: Court, receipt: Receipt
) -> None:
    cosign_copy(own_court, at=AT + timedelta(days=2))
    retired = [retirement(own_court, at=AT + timedelta(days=60))]
    data = own_court.receipt(own_court.sealed[0])
    assert receipt(data, log=True, retirements=retired)["verdict"] == "verified"


def test_a_head_that_nobody_saw_before_the_retirement_fails(
    own_court: Court, receipt: Receipt
) -> None:
    early = datetime.fromtimestamp(own_court.cosigned_at, UTC) - timedelta(seconds=1)
    verdict = receipt(
        proven(own_court, own_court.sealed[0]), retirements=[retirement(own_court, at=early)]
    )
    assert step(verdict, 6)["code"] == "checkpoint.retired"


def test_the_last_head_that_the_root_key_names_counts(own_court: Court, receipt: Receipt) -> None:
    early = datetime.fromtimestamp(own_court.cosigned_at, UTC) - timedelta(seconds=1)
    _, note = own_court.checkpoint()
    last = parse_note(note).text
    retired = [retirement(own_court, at=early, last=last)]
    verdict = receipt(proven(own_court, own_court.sealed[0]), retirements=retired)
    assert verdict["verdict"] == "verified"


def test_a_package_under_a_retired_key_fails_at_its_checkpoint(
    own_court: Court, tmp_path: Path, check: Check
) -> None:
    early = datetime.fromtimestamp(own_court.cosigned_at, UTC) - timedelta(seconds=1)
    package = own_court.write(tmp_path / "package")
    policy = own_court.write_policy(
        tmp_path / "policy.json", retirements=[retirement(own_court, at=early)]
    )
    verdict = check("package", package, "--policy", policy)
    assert (step(verdict, 4)["result"], step(verdict, 4)["code"]) == (
        "failed",
        "checkpoint.retired",
    )


def test_a_retirement_that_the_root_key_did_not_sign_is_a_fault_of_the_policy(
    own_court: Court, receipt: Receipt
) -> None:
    text = retirement(own_court, at=AT).replace("new.example", "old.example")
    verdict = receipt(proven(own_court, own_court.sealed[0]), retirements=[text])
    assert step(verdict, 6)["code"] == "retirement.wrong_signature"


@pytest.mark.parametrize(
    ("days", "verdict_is", "code"),
    [
        (-900, "unknown", "filing_receipt.other_time"),
        (9_000, "unknown", "filing_receipt.other_time"),
        (0, "verified", ""),
    ],
)
def test_a_filing_dated_before_the_report_or_yet_to_come_is_not_taken(
    own_court: Court, receipt: Receipt, days: int, verdict_is: str, code: str
) -> None:
    data = file_as(own_court, state="filed", at=AT + timedelta(days=days))
    verdict = receipt(data)
    assert (verdict["verdict"], step(verdict, 7)["code"]) == (verdict_is, code)


def test_a_report_filed_as_damaged_is_said_to_be(own_court: Court, receipt: Receipt) -> None:
    verdict = receipt(file_as(own_court, state="damaged", at=AT))
    assert "damaged" in step(verdict, 7)["words"]
    assert "The organisation says" in step(verdict, 7)["words"]


def test_a_receipt_of_a_trial_says_so(own_court: Court, receipt: Receipt) -> None:
    verdict = receipt(proven(own_court, own_court.sealed[0]))
    assert own_court.organisation.card.state == "trial"
    assert "no real evidence" in step(verdict, 3)["words"]


def file_as(court: Court, *, state: str, at: datetime) -> bytes:
    """Return a whole receipt whose report was filed as ``state`` on a day of the desk's choice."""
    one, card = court.sealed[0], court.organisation.card
    filing = FilingReceipt(
        commitment=one.report.commitment,
        report_id=one.report.report_id,
        team_id=card.team_id,
        register_number=1,
        state=state,
        filed_at=at,
    )
    signed = build_filing_receipt(filing, message_key=court.organisation.message)
    members = json.loads(proven(court, one))
    return build_json(members | {"filing_receipt": signed}) + b"\n"
