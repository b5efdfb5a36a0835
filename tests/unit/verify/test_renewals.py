"""A token whose certificate ended is proof if it was renewed in time, and else says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from tests.courthouse import Court
from tests.insider import Insider
from tests.renewed import renew, stamp
from tests.token_maker import AT, Maker

from aigaq.evidence.package_shapes import PackagedToken
from aigaq.sealing.retirement import KeyRetirement, build_retirement

Check = Callable[..., dict[str, Any]]
DAY = timedelta(days=1)
END = datetime(2026, 8, 1, tzinfo=UTC)
BEFORE, LATER = END - DAY, datetime(2030, 1, 1, tzinfo=UTC)
REASON = x509.ReasonFlags


@dataclass
class Bench:
    """A court that wants a token of one authority, whose signer ends in August."""

    court: Court
    folder: Path
    check: Check
    short: Maker
    long: Maker
    number: int = 0

    @property
    def text(self) -> bytes:
        return self.court.checkpoint()[1].rpartition(b"\n\n")[0] + b"\n"

    def row(
        self, *, renewed_at: datetime | None, by: Maker | None = None, lists: Sequence[bytes] = ()
    ) -> PackagedToken:
        first = stamp(self.short, self.text, at=AT, lists=lists)
        if renewed_at is None:
            return first
        again = renew([first], by or self.long, text=self.text, at=renewed_at)
        return replace(first, renewals=(again,))

    def write(self, *tokens: PackagedToken) -> Path:
        self.number += 1
        folder = self.folder / f"package-{self.number}"
        return self.court.write(folder, tokens=tokens, made_at=END + DAY)

    def judge(
        self,
        package: Path,
        *,
        at: datetime,
        trusted: Sequence[Maker] | None = None,
        wanted: int = 1,
    ) -> tuple[int, str, str, str]:
        """Return the exit, and result, code and place of step 5."""
        makers = (self.short, self.long) if trusted is None else trusted
        policy = self.court.write_policy(
            self.folder / "policy.json",
            timestamp_authorities=[
                {"certificates": one.root.pem, "name": one.name} for one in makers
            ],
            require={"cosigned": False, "timestamps": wanted},
        )
        moment = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        verdict = self.check("package", package, "--policy", policy, "--at", moment)
        step = verdict["steps"][5]
        return verdict["exit"], step["result"], step["code"], step["where"]


@pytest.fixture(scope="module")
def makers() -> tuple[Maker, Maker]:
    return Maker(name="Fictional short", end=END), Maker(name="Fictional long", kind="rsa2048")


@pytest.fixture
def bench(court: Court, makers: tuple[Maker, Maker], tmp_path: Path, check: Check) -> Bench:
    return Bench(court, tmp_path, check, *makers)


PASSED = (0, "passed", "", "")
EXPIRED = (3, "not anchored", "token.expired", "")
REVOKED = (3, "not anchored", "token.revoked", "")


def test_a_token_is_proof_until_its_certificate_ends_and_then_says_so(bench: Bench) -> None:
    package = bench.write(bench.row(renewed_at=None))
    assert bench.judge(package, at=BEFORE) == PASSED
    assert bench.judge(package, at=END - timedelta(seconds=1)) == PASSED
    assert bench.judge(package, at=END) == EXPIRED


def test_one_that_was_renewed_in_time_stays_proof(bench: Bench) -> None:
    package = bench.write(bench.row(renewed_at=BEFORE))
    assert bench.judge(package, at=BEFORE) == PASSED
    assert bench.judge(package, at=LATER) == PASSED
    # Until the renewal's own certificate ends.
    assert bench.judge(package, at=datetime(2046, 1, 1, tzinfo=UTC)) == EXPIRED


def test_a_renewal_that_came_too_late_stands_for_its_own_time_alone(bench: Bench) -> None:
    package = bench.write(bench.row(renewed_at=END))
    assert bench.judge(package, at=LATER) == (0, "passed", "token.expired", "")
    assert bench.judge(package, at=LATER, trusted=[bench.short]) == EXPIRED


def test_a_renewal_by_nobody_whom_the_court_trusts_does_not_help(bench: Bench) -> None:
    package = bench.write(bench.row(renewed_at=BEFORE))
    assert bench.judge(package, at=LATER, trusted=[bench.short]) == EXPIRED


def test_a_known_renewal_of_an_unknown_token_counts_from_its_own_time(bench: Bench) -> None:
    package = bench.write(bench.row(renewed_at=BEFORE))
    assert bench.judge(package, at=LATER, trusted=[bench.long]) == PASSED


def test_a_row_of_three_stands_on_its_last(bench: Bench) -> None:
    middle = Maker(name="Fictional middle", end=END + 60 * DAY)
    first = stamp(bench.short, bench.text, at=AT)
    second = renew([first], middle, text=bench.text, at=BEFORE)
    third = renew([first, second], bench.long, text=bench.text, at=END + 50 * DAY)
    trusted = [bench.short, middle, bench.long]
    whole = bench.write(replace(first, renewals=(second, third)))
    assert bench.judge(whole, at=LATER, trusted=trusted) == PASSED
    cut = bench.write(replace(first, renewals=(second,)))
    assert bench.judge(cut, at=LATER, trusted=trusted) == EXPIRED


def test_one_that_ended_does_not_take_the_others_place(bench: Bench) -> None:
    """The other one is enough; that one ended is still said."""
    live = stamp(bench.long, bench.text, at=AT)
    package = bench.write(bench.row(renewed_at=None), live)
    assert bench.judge(package, at=LATER) == (0, "passed", "token.expired", "")
    assert bench.judge(package, at=LATER, wanted=2) == EXPIRED


FIRST, AGAIN = "evidence/tokens/01", "evidence/tokens/01.renewal-01"


def test_a_renewal_covers_token_chain_lists_and_checkpoint(bench: Bench) -> None:
    """Whoever changes one of them, and signs the package again, is found at the renewal."""
    good = bench.short.build_list(at=BEFORE - DAY)
    other = bench.short.build_list(at=BEFORE)
    package = bench.write(bench.row(renewed_at=BEFORE, lists=[good]))
    assert bench.judge(package, at=LATER) == PASSED
    changes: dict[str, bytes] = {
        f"{FIRST}.tsr": bench.short.stamp(bench.text, at=AT + DAY),
        f"{FIRST}.chain.pem": b"\n" + (package / f"{FIRST}.chain.pem").read_bytes(),
        f"{FIRST}.list-01.crl": other,
    }
    for name, data in changes.items():
        insider = Insider(bench.court, package)
        before = insider.read(name)
        insider.write(name, data)
        found = bench.judge(insider.seal(), at=LATER)
        assert found == (1, "failed", "token.wrong_imprint", f"{AGAIN}.tsr"), name
        insider.write(name, before)
    assert bench.judge(Insider(bench.court, package).seal(), at=LATER) == PASSED


def test_lists_that_are_left_out_are_missed_by_the_renewal(bench: Bench) -> None:
    package = bench.write(bench.row(renewed_at=BEFORE, lists=[bench.short.build_list(at=BEFORE)]))
    insider = Insider(bench.court, package)
    insider.remove(f"{FIRST}.list-01.crl")
    insider.edit(lambda one: one["tokens"][0].update(lists=[]))
    found = bench.judge(insider.seal(), at=LATER)
    assert found == (1, "failed", "token.wrong_imprint", f"{AGAIN}.tsr")


@pytest.mark.parametrize(
    ("since", "reason", "expected"),
    [
        (AT - DAY, REASON.superseded, REVOKED),
        (AT, REASON.superseded, REVOKED),
        (AT + DAY, REASON.superseded, PASSED),
        (AT + DAY, REASON.cessation_of_operation, PASSED),
        (AT + DAY, REASON.key_compromise, REVOKED),
        (AT + DAY, None, REVOKED),
    ],
)
def test_a_token_under_a_revoked_certificate_is_no_proof(
    bench: Bench, since: datetime, reason: Any, expected: tuple[int, str, str, str]
) -> None:
    """RFC 3161 section 4: afterwards only with a reason that leaves the key alone."""
    serial = bench.short.signer.certificate.serial_number
    given = bench.short.build_list(at=BEFORE, revoked=[(5, AT, None), (serial, since, reason)])
    package = bench.write(bench.row(renewed_at=BEFORE, lists=[given]))
    assert bench.judge(package, at=BEFORE, trusted=[bench.short]) == expected
    # What a known authority stamped over it stands for its own time.
    assert bench.judge(package, at=BEFORE) == (0, "passed", expected[2], "")


def test_a_list_is_signed_by_who_issued_the_certificate(bench: Bench) -> None:
    stranger = Maker(name="Stranger").build_list(at=BEFORE)
    broken = bytearray(bench.short.build_list(at=BEFORE))
    broken[-1] ^= 1
    for data in (stranger, bytes(broken), b"", b"no list", broken[:-3]):
        package = bench.write(bench.row(renewed_at=None, lists=[bytes(data)]))
        found = bench.judge(package, at=BEFORE)
        assert found == (1, "failed", "token.bad_list", f"{FIRST}.list-01.crl")


def retire(court: Court, *, at: datetime) -> str:
    card = court.organisation.card
    told = KeyRetirement(
        log_key=card.log_key,
        log_origin=card.log_origin,
        new_log_origin="127.0.0.1:8470/log/2",
        last_checkpoint=None,
        retired_at=at,
        team_id=card.team_id,
    )
    return build_retirement(told, root_key=court.organisation.root)


def test_a_token_that_ended_saves_no_head_of_a_retired_key(court: Court, bench: Bench) -> None:
    """PROTOCOL 25: what was seen before counts, if that it was seen is still proven."""
    for renewed_at, expected in ((BEFORE, "verified"), (None, "failed")):
        package = bench.write(bench.row(renewed_at=renewed_at))
        policy = bench.court.write_policy(
            bench.folder / "retired.json",
            retirements=[retire(court, at=AT + 30 * DAY)],
            tlog_policy=court.policy()["tlog_policy"].replace("quorum partner", "quorum none"),
            timestamp_authorities=[
                {"certificates": one.root.pem, "name": one.name}
                for one in (bench.short, bench.long)
            ],
            require={"cosigned": False, "timestamps": 1},
        )
        arguments = ["package", package, "--policy", policy, "--at", "2030-01-01T00:00:00Z"]
        assert bench.check(*arguments)["verdict"] == expected


@pytest.mark.parametrize(
    "change",
    [
        {"renewals": None},
        {"lists": ["evidence/tokens/01.list-02.crl"]},
        {"lists": "evidence"},
        {"lists": [[]]},
        {"renewals": [{}]},
        {"renewals": [{"authority": "", "chain": "", "lists": [], "token": ""}]},
    ],
)
def test_a_row_of_another_form_is_refused(bench: Bench, change: dict[str, Any]) -> None:
    insider = Insider(bench.court, bench.write(bench.row(renewed_at=None)))
    insider.edit(lambda one: one["tokens"][0].update(change))
    verdict = bench.check("package", insider.seal())
    assert verdict["steps"][1]["code"] == "package.bad_form"


def test_a_package_of_before_renewals_were_carried_is_read_as_before(bench: Bench) -> None:
    insider = Insider(bench.court, bench.write(bench.row(renewed_at=None)))

    def drop(one: dict[str, Any]) -> None:
        for name in ("lists", "renewals"):
            del one["tokens"][0][name]

    insider.edit(drop)
    assert bench.judge(insider.seal(), at=BEFORE) == PASSED


def test_a_time_that_is_none_is_a_fault_of_use(bench: Bench, capsys: Any) -> None:
    package = bench.write(bench.row(renewed_at=None))
    with pytest.raises(SystemExit) as caught:
        bench.check("package", package, "--at", "yesterday")
    assert caught.value.code == 2
    capsys.readouterr()
