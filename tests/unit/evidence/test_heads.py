"""Heads of register, custody and history reach the log; the desk keeps all openings."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.conftest import Founding
from tests.unit.evidence.log_of import LogGate
from tests.unit.intake.desk_of import carry_report

from aigaq import clock
from aigaq.core import audit
from aigaq.evidence import heads, selectors, services
from aigaq.evidence.models import ChaffOpening, FiledReport, HeadOpening
from aigaq.evidence.shapes import ChainHead
from aigaq.sealing.log_entries import AUDIT_HEAD, CUSTODY_HEAD, REGISTER_HEAD, encode_head

pytestmark = pytest.mark.django_db


def sync(gate: LogGate) -> None:
    """Let the desk and the log speak, as a round of the desk does, some time after the last."""
    HeadOpening.objects.update(asked_at=None)
    FiledReport.objects.update(asked_at=None)
    services.sync_log(gate, source=gate.source, card=gate.card)


def grow_older(seconds: float) -> None:
    """Let the newest heads be older."""
    for row in HeadOpening.objects.all():
        row.made_at -= timedelta(seconds=seconds)
        row.save(update_fields=["made_at"])


def test_all_heads_are_in_the_log_after_a_day(founding: Founding, gate: LogGate) -> None:
    carry_report(founding)
    history = ChainHead(*audit.read_head())
    sync(gate)
    gate.publish()
    sync(gate)
    for kind, now in (
        (REGISTER_HEAD, selectors.read_register_head()),
        (CUSTODY_HEAD, selectors.read_custody_head()),
        (AUDIT_HEAD, history),
    ):
        logged = selectors.find_logged_head(kind=kind)
        assert logged is not None
        assert (logged.count, logged.head) == (now.count, now.head)
        assert logged.opening.value == encode_head(count=now.count, head=now.head)
        assert gate.places[logged.opening.blinded] == logged.log_index


def test_heads_are_made_once_a_day(founding: Founding, gate: LogGate) -> None:
    for _ in range(3):
        sync(gate)
    assert HeadOpening.objects.count() == 3
    grow_older(heads.DAY_SECONDS + 1)
    sync(gate)
    assert HeadOpening.objects.count() == 6


def test_a_clock_that_was_years_ahead_stops_no_head(founding: Founding, gate: LogGate) -> None:
    sync(gate)
    ahead = clock.now() + timedelta(days=900)
    HeadOpening.objects.update(made_at=ahead, posted_at=ahead, asked_at=ahead)
    gate.queued.clear()
    sync(gate)
    assert HeadOpening.objects.filter(made_at__lte=clock.now()).count() == 3
    assert len(gate.queued) == 6
    gate.publish()
    HeadOpening.objects.filter(asked_at__lte=clock.now()).update(asked_at=ahead)
    sync(gate)
    assert not HeadOpening.objects.filter(log_index=None).exists()


def test_a_trial_may_make_heads_more_often(
    founding: Founding, gate: LogGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(heads.SETTING, "60")
    sync(gate)
    grow_older(61)
    sync(gate)
    assert HeadOpening.objects.count() == 6


def test_a_head_says_nothing_without_its_opening(founding: Founding, gate: LogGate) -> None:
    sync(gate)
    grow_older(heads.DAY_SECONDS + 1)
    sync(gate)
    same = HeadOpening.objects.exclude(kind=AUDIT_HEAD)  # The history grew.
    assert same.values("value").distinct().count() == 1
    assert same.values("blinded").distinct().count() == 4


def test_what_the_gate_says_of_a_place_is_not_believed_without_proof(
    founding: Founding, gate: LogGate
) -> None:
    sync(gate)
    for row in HeadOpening.objects.all():
        gate.places[bytes(row.blinded)] = 0
    sync(gate)
    assert not HeadOpening.objects.exclude(log_index=None).exists()


def test_the_report_that_was_carried_is_entered_by_the_desk(
    founding: Founding, gate: LogGate
) -> None:
    carried = carry_report(founding)
    sync(gate)
    assert bytes(carried.report.commitment or b"") in gate.queued
    gate.publish()
    sync(gate)
    leaf = selectors.access_leaf(report_id=bytes(carried.report.report_id))
    assert leaf.log_index == gate.places[leaf.commitment]


def test_what_the_gate_lost_is_queued_again(founding: Founding, gate: LogGate) -> None:
    sync(gate)
    gate.queued.clear()
    sync(gate)
    assert gate.queued == []
    later = timedelta(seconds=gate.card.maximum_delay_seconds + 1)
    HeadOpening.objects.update(posted_at=clock.now() - later)
    sync(gate)
    assert len(gate.queued) == 3


def test_chaff_is_kept_before_the_gate_may_erase_it(founding: Founding, gate: LogGate) -> None:
    gate.publish()
    sync(gate)
    assert gate.chaff == []
    assert ChaffOpening.objects.count() == 4
    assert {bytes(one.blinded) for one in ChaffOpening.objects.all()} <= set(gate.places)


def test_chaff_that_was_kept_and_not_confirmed_is_taken_again(
    founding: Founding, gate: LogGate
) -> None:
    before = list(gate.chaff)
    sync(gate)
    gate.chaff = before
    sync(gate)
    assert gate.chaff == []
    assert ChaffOpening.objects.count() == 2


MINUTE = timedelta(seconds=60)


def test_a_head_waits_until_the_second_place_has_its_opening(
    founding: Founding, gate: LogGate
) -> None:
    before, after = clock.now() - MINUTE, clock.now() + MINUTE
    services.sync_log(gate, source=gate.source, card=gate.card, kept_until=before)
    assert gate.queued == []
    assert services.has_unkept_heads(kept_until=before)
    services.sync_log(gate, source=gate.source, card=gate.card, kept_until=after)
    assert len(gate.queued) == 3
    assert not services.has_unkept_heads(kept_until=before)


def test_the_gate_keeps_chaff_until_the_second_place_has_it(
    founding: Founding, gate: LogGate
) -> None:
    before, after = clock.now() - MINUTE, clock.now() + MINUTE
    for _ in range(2):
        services.sync_log(gate, source=gate.source, card=gate.card, kept_until=before)
    assert len(gate.chaff) == 2
    assert ChaffOpening.objects.count() == 2
    ChaffOpening.objects.update(taken_at=before - MINUTE)
    gate.publish()
    services.sync_log(gate, source=gate.source, card=gate.card, kept_until=before)
    assert len(gate.chaff) == 2
    assert ChaffOpening.objects.count() == 4
    services.sync_log(gate, source=gate.source, card=gate.card, kept_until=after)
    assert gate.chaff == []
    assert ChaffOpening.objects.filter(number=None).count() == 4


def test_a_second_place_that_is_away_holds_up_a_head_for_a_day_at_most(
    founding: Founding, gate: LogGate
) -> None:
    never = datetime.min.replace(tzinfo=UTC)
    services.sync_log(gate, source=gate.source, card=gate.card, kept_until=never)
    assert gate.queued == []
    grow_older(heads.DAY_SECONDS + 1)
    services.sync_log(gate, source=gate.source, card=gate.card, kept_until=never)
    assert len(gate.queued) == 3


def test_a_told_report_is_left_to_the_gate_until_it_has_no_place_in_time(
    founding: Founding, gate: LogGate
) -> None:
    """The gate queues it when it is sent; posted by the desk, too, it could stand twice."""
    told = carry_report(founding)
    FiledReport.objects.update(came_by="desk")
    commitment = bytes(told.report.commitment or b"")
    sync(gate)
    assert commitment not in gate.queued
    late = clock.now() - timedelta(seconds=gate.card.maximum_delay_seconds + 1)
    FiledReport.objects.update(received_at=late)
    sync(gate)
    assert commitment in gate.queued


def test_what_a_retired_log_proves_is_never_entered_again(
    founding: Founding, gate: LogGate
) -> None:
    """An entry that stands in both logs is no chaff; so only the other report waits anew."""
    proven, other = (carry_report(founding) for _ in range(2))
    sync(gate)
    gate.publish()
    sync(gate)
    kept = bytes(proven.report.commitment or b"")
    assert services.begin_new_log(retired="old.example/log", find={kept: 0}.get) == 1
    gate.places.clear()  # Another gate, with a log that holds nothing yet.
    services.sync_log(gate, source=gate.source, card=gate.card, began_at=clock.now())
    assert bytes(other.report.commitment or b"") in gate.queued
    assert kept not in gate.queued
    held = {
        number: selectors.get_retired_log(report_id=bytes(one.report.report_id))
        for number, one in enumerate((proven, other))
    }
    assert held == {0: "old.example/log", 1: ""}
    # Heads of the old log say nothing of the present one.
    assert selectors.find_logged_head() is None
    assert selectors.find_logged_head(retired_log="old.example/log") is not None
