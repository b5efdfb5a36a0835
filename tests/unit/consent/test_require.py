"""Promise P5: nothing leaves without a live consent for that item, purpose and audience."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Founding
from tests.unit.consent.granting import COURT, Reporter

from aigaq import clock
from aigaq.consent import rules, selectors, services
from aigaq.consent.errors import ConsentError, NoConsent
from aigaq.consent.rules import Wanted
from aigaq.consent.shapes import Grant

START = datetime(2026, 5, 4, 9, tzinfo=clock.now().tzinfo)
KEPT = {"prove": "court", "publish": "public"}


class SetClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **how_long: float) -> None:
        self.at += timedelta(**how_long)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetClock]:
    set_clock = SetClock()
    monkeypatch.setattr(clock, "now", set_clock)
    return set_clock  # type: ignore[return-value]


def refusal(
    report_id: bytes,
    item_number: int | None,
    purpose: str,
    audience: str,
    at: datetime | None = None,
) -> str:
    """Return the code that stops this from leaving, or an empty text."""
    try:
        selectors.require(report_id, item_number, purpose, audience, at)
    except NoConsent as error:
        return error.code
    return ""


def by_mouth(founding: Founding, report_id: bytes, **changed: Any) -> UUID:
    asked: dict[str, Any] = {
        "purpose": "prove",
        "audience": "court",
        "items": None,
        "how": "in a call",
        "given_at": clock.now(),
    }
    return services.record_staff_grant(
        actor=founding.founder, report_id=report_id, **(asked | changed)
    )


@pytest.mark.django_db
def test_a_grant_of_the_whole_report_covers_each_item_and_the_report() -> None:
    report = Reporter().report((*COURT, None))
    assert selectors.require(report, 0, *COURT).number == 0
    assert selectors.require(report, None, *COURT).items is None


@pytest.mark.django_db
def test_a_grant_of_one_item_covers_no_other_and_not_the_report() -> None:
    report = Reporter().report((*COURT, (1,)))
    assert refusal(report, 1, *COURT) == ""
    assert refusal(report, 0, *COURT) == "consent.missing"
    assert refusal(report, None, *COURT) == "consent.missing"


@pytest.mark.django_db
def test_another_purpose_audience_or_report_is_not_covered_and_the_error_says_what_lacks() -> None:
    hers = Reporter()
    report, other = hers.report((*COURT, None)), hers.report(("keep", "team", None))
    assert refusal(report, 0, "publish", "public") == "consent.missing"
    assert refusal(report, 0, "prove", "public") == "consent.missing"
    with pytest.raises(NoConsent) as caught:
        selectors.require(other, 7, *COURT)
    lacking = {"report": other.hex(), "item": 7, "purpose": "prove", "audience": "court"}
    assert (caught.value.code, caught.value.context) == ("consent.missing", lacking)


@pytest.mark.django_db
def test_what_was_taken_back_is_closed_for_every_moment_also_one_before() -> None:
    hers = Reporter()
    report = hers.report((*COURT, None))
    hers.withdraw()
    assert refusal(report, 0, *COURT) == "consent.withdrawn"
    earlier = clock.now() - timedelta(days=1)
    assert refusal(report, 0, *COURT, at=earlier) == "consent.withdrawn"


@pytest.mark.django_db
def test_a_grant_by_mouth_ends_at_its_end_and_a_past_moment_does_not_open_it(
    founding: Founding, time: SetClock
) -> None:
    report = Reporter().report(("keep", "team", None))
    by_mouth(founding, report, valid_until=START + timedelta(hours=1))
    assert refusal(report, 0, *COURT) == ""
    assert refusal(report, 0, *COURT, at=START + timedelta(hours=1)) == "consent.expired"
    time.wait(hours=1)
    assert refusal(report, 0, *COURT) == "consent.expired"
    assert refusal(report, 0, *COURT, at=START) == "consent.expired"


@pytest.mark.django_db
def test_a_grant_of_the_report_comes_before_one_by_mouth(founding: Founding) -> None:
    report = Reporter().report((*COURT, None))
    by_mouth(founding, report)
    assert selectors.require(report, 0, *COURT).number == 0


MOMENTS = st.integers(-3, 3).map(lambda hours: START + timedelta(hours=hours))
GRANTS = st.builds(
    Grant,
    id=st.uuids(),
    report_id=st.sampled_from([b"a" * 32, b"b" * 32]),
    number=st.none() | st.integers(0, 2),
    purpose=st.sampled_from(sorted(KEPT)),
    audience=st.sampled_from(sorted(KEPT.values())),
    items=st.none() | st.lists(st.integers(0, 2), max_size=3).map(tuple),
    given_at=MOMENTS,
    valid_from=MOMENTS,
    valid_until=st.none() | MOMENTS,
    withdrawn_at=st.none() | MOMENTS,
)
WANTED = st.builds(
    Wanted,
    report_id=st.sampled_from([b"a" * 32, b"b" * 32]),
    item_number=st.none() | st.integers(0, 2),
    purpose=st.sampled_from(sorted(KEPT)),
    audience=st.sampled_from(sorted(KEPT.values())),
)


def opens(grant: Grant, wanted: Wanted, at: datetime) -> bool:
    """Say it once more, condition by condition."""
    return all(
        (
            grant.report_id == wanted.report_id,
            grant.purpose == wanted.purpose,
            grant.audience == wanted.audience,
            grant.items is None or wanted.item_number in grant.items,
            grant.withdrawn_at is None,
            not at < grant.valid_from,
            grant.valid_until is None or not at >= grant.valid_until,
        )
    )


@settings(max_examples=500, deadline=None)
@given(st.lists(GRANTS, max_size=6), WANTED, MOMENTS)
def test_no_grants_let_pass_what_none_of_them_opens(
    grants: list[Grant], wanted: Wanted, at: datetime
) -> None:
    able = [grant for grant in grants if opens(grant, wanted, at)]
    if able:
        assert rules.find_live(grants, wanted=wanted, at=at) in able
        return
    with pytest.raises(NoConsent) as caught:
        rules.find_live(grants, wanted=wanted, at=at)
    assert caught.value.code in ("consent.missing", "consent.withdrawn", "consent.expired")


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("report"),
            st.sampled_from(sorted(KEPT)),
            st.none() | st.lists(st.integers(0, 2), max_size=2, unique=True).map(sorted),
        ),
        st.tuples(
            st.just("mouth"),
            st.sampled_from(sorted(KEPT)),
            st.none() | st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True),
            st.none() | st.integers(1, 4),
        ),
        st.tuples(st.just("signed"), st.none() | st.lists(st.integers(0, 1), unique=True)),
        st.tuples(st.just("staff"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.integers(1, 3)),
    ),
    max_size=8,
)


class Known:
    """What a reader of the story would say is allowed, kept apart from the desk's tables."""

    def __init__(self) -> None:
        self.grants: list[dict[str, Any]] = []
        self.shut: set[bytes] = set()

    def allows(self, report: bytes, item: int | None, purpose: str, at: datetime) -> bool:
        return any(
            one["report"] == report
            and one["purpose"] == purpose
            and (one["items"] is None or item in one["items"])
            and (one["until"] is None or at < one["until"])
            for one in self.grants
        )


@pytest.mark.django_db
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_no_story_of_grants_withdrawals_and_times_lets_anything_out_unallowed(
    founding: Founding, time: SetClock, steps: list[tuple[Any, ...]]
) -> None:
    time.at = START
    hers, known = Reporter(), Known()
    tell: dict[str, Callable[..., None]] = {
        "report": lambda purpose, items: tell_report(hers, known, purpose, items),
        "mouth": lambda *said: tell_mouth(founding, hers, known, *said),
        "signed": lambda numbers: tell_signed(hers, known, numbers),
        "staff": lambda number: tell_staff(founding, known, number),
        "wait": lambda hours: time.wait(hours=hours),
    }
    for what, *said in [("report", "prove", None), *steps]:
        tell[what](*said)
    for report in hers.reports:
        for item in (None, 0, 1, 2):
            for purpose, audience in KEPT.items():
                for hours in (-2, 0, 2):
                    at = time.at + timedelta(hours=hours)
                    may = known.allows(report, item, purpose, max(at, time.at))
                    assert (refusal(report, item, purpose, audience, at=at) == "") == may


def tell_report(hers: Reporter, known: Known, purpose: str, items: list[int] | None) -> None:
    # A second later than what she signed before: she allows anew.
    clock.now.wait(seconds=1)  # type: ignore[attr-defined]
    chosen = None if items is None else tuple(items)
    report = hers.report((purpose, KEPT[purpose], chosen))
    (grant,) = selectors.list_grants(report)
    known.grants.append(
        {
            "id": grant.id,
            "report": report,
            "purpose": purpose,
            "items": items,
            "until": None,
            "number": 0,
        }
    )


def tell_mouth(
    founding: Founding,
    hers: Reporter,
    known: Known,
    purpose: str,
    items: list[int] | None,
    hours: int | None,
) -> None:
    report = min(hers.reports)
    until = None if hours is None else clock.now() + timedelta(hours=hours)
    said = {"purpose": purpose, "audience": KEPT[purpose], "items": items, "valid_until": until}
    if report in known.shut:
        with pytest.raises(ConsentError) as caught:
            by_mouth(founding, report, **said)
        assert caught.value.code == "consent.taken_back"
        return
    grant = by_mouth(founding, report, **said)
    known.grants.append(
        {
            "id": grant,
            "report": report,
            "purpose": purpose,
            "items": items,
            "until": until,
            "number": None,
        }
    )


def tell_signed(hers: Reporter, known: Known, numbers: list[int] | None) -> None:
    hers.withdraw(numbers=None if numbers is None else sorted(numbers))
    if numbers is None:
        known.shut |= set(hers.reports)
        known.grants.clear()
    known.grants = [one for one in known.grants if one["number"] not in (numbers or ())]


def tell_staff(founding: Founding, known: Known, number: int) -> None:
    if number < len(known.grants):
        gone = known.grants.pop(number)
        services.withdraw(actor=founding.founder, grant_id=gone["id"], reason="in a call")
