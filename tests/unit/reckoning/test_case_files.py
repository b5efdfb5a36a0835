"""What a case file may say, and each thing that is wrong with one: code and line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from tests.unit.reckoning.stories import REPORT, build_story, event, get_duty, judge

from aigaq.jurisdictions.loading import load_pack
from aigaq.jurisdictions.marked_yaml import Document
from aigaq.reckoning.case_files import (
    MOST,
    CaseFileFaults,
    parse_document,
    parse_instant,
    read_case,
    read_pack_id,
)
from aigaq.reckoning.case_shapes import Case, Party, Proceeding, Relation
from aigaq.reckoning.places import Office

KZ = load_pack("kz")
LINES = """\
pack: kz
as_of: 2026-05-20T12:00:00+05:00
offence: cc120_1
place: {region: KZ-35}
profile: [minor]
parties:
  - {id: s, roles: [survivor]}
  - {id: p1, roles: [alleged_perpetrator], note: tall}
  - {id: o1, roles: [official], office: police_district}
relations:
  - {from: p1, to: o1, kind: kin}
proceedings:
  - {id: main, kind: criminal, institution: police_district, number: 12}
events:
  - {type: report_submitted, at: 2026-05-04T09:00:00+05:00, by: s, to: police_district}
  - {type: refused, at: 2026-05-05T09:00:00+05:00, duty: erdr, proceeding: main}
"""


def read(text: str, *, as_of: datetime | None = None) -> Case:
    return read_case(parse_document(text.encode()), pack=KZ, as_of=as_of)


def find_faults(text: str) -> list[tuple[str, int]]:
    with pytest.raises(CaseFileFaults) as raised:
        read(text)
    return [(fault.code, fault.line) for fault in raised.value.faults]


def get_context(text: str) -> dict[str, Any]:
    with pytest.raises(CaseFileFaults) as raised:
        read(text)
    (fault,) = raised.value.faults
    return fault.context


def test_everything_that_a_file_says_is_in_the_case() -> None:
    case = read(LINES)
    assert (case.pack_id, case.region, case.district) == ("kz", "KZ-35", None)
    assert (case.offences, case.profile) == (("cc120_1",), frozenset({"minor"}))
    assert case.notes == ()
    police = Office("police_district")
    assert case.parties == {
        "s": Party("s", frozenset({"survivor"})),
        "p1": Party("p1", frozenset({"alleged_perpetrator"})),
        "o1": Party("o1", frozenset({"official"}), police),
    }
    assert case.relations == (Relation("p1", "o1", "kin"),)
    assert case.proceedings == {"main": Proceeding("main", "criminal", police, "12")}
    assert [(one.type, one.by, one.to, one.fields, one.line) for one in case.events] == [
        ("report_submitted", "s", police, {}, 15),
        ("refused", None, None, {"duty": "erdr"}, 16),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("pack: kz", "pack: []", "case.bad_form", 1),
        ("2026-05-20T12:00:00+05:00", "2026-05-20", "case.bad_instant", 2),
        ("offence: cc120_1", "offence: cc999", "case.unknown_offence", 3),
        ("offence: cc120_1", "offense: cc120_1", "case.unknown_key", 3),
        ("region: KZ-35", "region: KZ-99", "case.unknown_region", 4),
        ("region: KZ-35", "area: KZ-35", "case.unknown_key", 4),
        ("place: {region: KZ-35}", "place: here", "case.bad_form", 4),
        ("[minor]", "[small]", "case.unknown_profile", 5),
        ("parties:\n", "parties:\n  - {id: o1}\n", "case.id_twice", 10),
        ("parties:\n", "parties:\n  - {id: hospital}\n", "case.id_of_institution", 7),
        ("[survivor]", "[saint]", "case.unknown_role", 7),
        ("{id: s, ", "{id: s, age: 9, ", "case.unknown_key", 7),
        ("office: police_district", "office: police_distric", "case.unknown_institution", 9),
        ("office: police_district", "office: police_district@", "case.unknown_institution", 9),
        ("office: police_district", "office: {kind: navy}", "case.unknown_institution", 9),
        ("office: police_district", "office: {kind: police, region: X}", "case.unknown_region", 9),
        ("office: police_district", "office: {kind: police, town: X}", "case.unknown_key", 9),
        ("{from: p1, ", "{from: p2, ", "case.unknown_party", 11),
        ("to: o1, ", "to: o2, ", "case.unknown_party", 11),
        (" to: o1,", "", "case.bad_form", 11),
        ("to: o1, ", "to: p1, ", "case.related_to_oneself", 11),
        ("kind: kin", "kind: friend", "case.bad_form", 11),
        ("kind: kin", "kind: kin, since: 2019", "case.unknown_key", 11),
        ("kind: criminal", "kind: civil", "case.bad_form", 13),
        ("{id: main, kind", "{id: main, judge: x, kind", "case.unknown_key", 13),
        ("number: 12", "offence: cc999", "case.unknown_offence", 13),
        ("proceedings:\n", "proceedings:\n  - {id: main}\n", "case.id_twice", 14),
        ("type: report_submitted", "type: report", "case.unknown_event", 15),
        ("at: 2026-05-04T09:00:00+05:00", "at: 2026-05-04T09:00:00", "case.bad_instant", 15),
        ("at: 2026-05-04T09:00:00+05:00, ", "", "case.missing_field", 15),
        ("by: s, ", "by: t, ", "case.unknown_party", 15),
        ("by: s, ", "facts: [luck], ", "case.unknown_facts", 15),
        ("by: s, ", "about: [luck], ", "case.unknown_about", 15),
        ("by: s, ", "mood: bad, ", "case.unknown_key", 15),
        ("by: s, ", "timezone: Asia/Nowhere, ", "case.unknown_timezone", 15),
        ("duty: erdr", "duty: edrr", "case.unknown_duty", 16),
        ("duty: erdr", "duty: pp_complaint_on_file", "case.renamed", 16),
        ("duty: erdr", "remedy: erdr", "case.unknown_remedy", 16),
        ("duty: erdr", "result: maybe", "case.unknown_result", 16),
        ("proceeding: main", "proceeding: other", "case.unknown_proceeding", 16),
        ("type: refused", "type: pressure", "case.missing_field", 16),
        ("duty: erdr", "kind: rain", "", 0),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, code: str, line: int) -> None:
    assert old in LINES
    text = LINES.replace(old, new, 1)
    if not code:
        assert read(text).events[1].fields == {"kind": "rain"}, "only pressure has known kinds"
    else:
        assert find_faults(text) == [(code, line)]


@pytest.mark.parametrize(
    ("kind", "needs"),
    [
        ("complaint_submitted", ["remedy", "to"]),
        ("complaint_answered", ["remedy"]),
        ("complaint_sent_down", ["remedy", "to"]),
        ("duty_met", ["duty"]),
        ("paused", ["reason"]),
        ("interrupted", ["reason"]),
        ("pressure", ["kind"]),
    ],
)
def test_what_an_event_asks_for_has_to_be_there(kind: str, needs: list[str]) -> None:
    line = f"  - {{type: {kind}, at: 2026-05-06T09:00:00+05:00}}\n"
    with pytest.raises(CaseFileFaults) as raised:
        read(LINES + line)
    assert [(fault.code, fault.line, fault.context["field"]) for fault in raised.value.faults] == [
        ("case.missing_field", 17, name) for name in needs
    ]


def test_pressure_of_a_kind_that_the_pack_does_not_know_is_a_fault() -> None:
    line = "  - {type: pressure, at: 2026-05-06T09:00:00+05:00, kind: threat}\n"
    assert find_faults(LINES + line) == [("case.unknown_kind", 17)]


def test_every_fault_is_found_in_the_order_of_the_lines() -> None:
    text = LINES.replace("duty: erdr", "duty: x").replace("kind: kin", "kind: x")
    text = text.replace("[survivor]", "[x, survivor, y]")
    assert find_faults(text) == [
        ("case.unknown_role", 7),
        ("case.unknown_role", 7),
        ("case.bad_form", 11),
        ("case.unknown_duty", 16),
    ]


@pytest.mark.parametrize(
    ("old", "new", "key", "length"),
    [
        ("offence: cc120_1", f"offence: {'x' * 60}", "id", 50),
        ("region: KZ-35", f"region: {'x' * 60}", "region", 20),
        ("[survivor]", f"[{'x' * 60}]", "role", 50),
        ("office: police_district", f"office: {'x' * 60}", "id", 50),
        ("office: police_district", f"office: {{kind: {'x' * 60}}}", "id", 50),
        ("office: police_district", f"office: {{kind: police, region: {'x' * 60}}}", "region", 20),
        ("{from: p1, ", f"{{from: {'x' * 60}, ", "id", 50),
        ("to: o1, ", f"to: {'x' * 60}, ", "id", 50),
        ("type: report_submitted", f"type: {'x' * 60}", "type", 50),
        ("by: s, ", f"timezone: {'x' * 60}, ", "zone", 50),
        ("duty: erdr", f"duty: {'x' * 60}", "id", 50),
        ("proceeding: main", f"proceeding: {'x' * 60}", "id", 50),
    ],
)
def test_what_a_fault_quotes_is_cut_short(old: str, new: str, key: str, length: int) -> None:
    assert get_context(LINES.replace(old, new, 1))[key] == "x" * length


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("relations", {"from": "s", "to": "police_district", "kind": "kin"}),
        ("events", {"type": "released", "at": "2026-05-04T09:00:00+05:00"}),
    ],
)
def test_a_list_of_five_thousand_is_read_and_a_longer_one_is_one_fault(
    key: str, row: dict[str, Any]
) -> None:
    value = {"pack": "kz", "parties": [{"id": "s"}], key: [row] * MOST}
    assert read_case(Document(value, {}), pack=KZ)
    value[key] = [row] * (MOST + 1)
    with pytest.raises(CaseFileFaults) as raised:
        read_case(Document(value, {}), pack=KZ)
    (fault,) = raised.value.faults
    assert (fault.code, fault.context["most"]) == ("case.too_many", 5_000)


def test_a_name_of_the_pack_is_the_first_thing_that_a_file_has_to_say() -> None:
    assert read_pack_id(parse_document(LINES.encode())) == "kz"
    for text in ("place: {}", "[]", "pack: 7.5.1\npack: kz"):
        with pytest.raises(CaseFileFaults) as raised:
            read_pack_id(parse_document(text.encode()))
        assert len(raised.value.faults) == 1
    assert raised.value.context["count"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-04T09:00:00+05:00",
        "2026-05-04 09:00+05:00",
        "2026-05-04T04:00:00.5Z",
        "1990-01-01T00:00Z",
        "2099-12-31T23:59Z",
    ],
)
def test_a_moment_has_its_offset(text: str) -> None:
    moment = parse_instant(text)
    assert moment is not None
    assert moment.utcoffset() is not None


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-04T09:00:00",
        "2026-05-04",
        "2026-02-30T09:00Z",
        "2026-05-04T25:00Z",
        "1989-12-31T23:59Z",
        "2100-01-01T00:00Z",
        "2026-05-04T09:00Z today",
        "",
        None,
        20260504,
    ],
)
def test_what_is_no_moment_is_none(text: Any) -> None:
    assert parse_instant(text) is None


def test_a_file_without_a_moment_is_judged_now_and_a_given_one_goes_before_its_own() -> None:
    line = "as_of: 2026-05-20T12:00:00+05:00\n"
    now = datetime.now(UTC)
    assert timedelta(0) <= read(LINES.replace(line, "")).as_of - now < timedelta(minutes=1)
    given = datetime(2026, 5, 10, 7, tzinfo=UTC)
    assert read(LINES, as_of=given).as_of == given
    assert read(LINES, as_of=given).as_of.isoformat() == "2026-05-10T12:00:00+05:00"


def test_what_happens_at_the_moment_of_asking_has_happened() -> None:
    for as_of, count in (("08:59:59", 0), ("09:00:00", 1)):
        moment = datetime.fromisoformat(f"2026-05-04T{as_of}+05:00")
        case = read(LINES, as_of=moment)
        assert len(case.events) == count
        assert len(case.notes) == 2 - count
        assert {code for code, _line in case.notes} == {"event.in_the_future"}


def test_a_moment_in_universal_time_has_no_wrong_offset() -> None:
    for at, notes in (
        ("2026-05-04T04:00:00Z", ()),
        ("2026-05-04T04:00:00+00:00", (("event.other_offset", 15),)),
    ):
        assert read(LINES.replace("2026-05-04T09:00:00+05:00", at)).notes == notes


@pytest.mark.parametrize("reason", ["illness", "Illness", " illness ", "ILLNESS"])
def test_a_reason_may_be_written_in_any_letters(reason: str) -> None:
    pause = event("interrupted", "2026-05-10T09:00", reason=reason)
    registered = event("erdr_registered", "2026-05-04T10:00")
    assert (
        get_duty(judge(build_story(registered, pause)), "term_investigation")["state"] == "paused"
    )


# Who leads a proceeding that names no office.


def lead(*events: dict[str, Any], **changes: Any) -> str | None:
    case = read(yaml.safe_dump(build_story(*events, **changes)))
    office = next(iter(case.proceedings.values())).office
    return None if office is None else str(office)


def test_the_first_body_that_takes_reports_leads_a_case_that_names_none() -> None:
    later = {**REPORT, "at": "2026-05-05T09:00:00+05:00", "to": "prosecutor_district"}
    region = {**REPORT, "to": "police_region"}
    assert lead() == "police_district"
    assert lead(region) == "police_region"
    assert lead(later, region) == "police_region"
    assert lead({**REPORT, "to": "o1"}) == "police_district"
    assert lead({**REPORT, "to": "s"}) == "police_district"
    assert lead({**REPORT, "to": "hospital"}) == "police_district"
    assert lead({**REPORT, "to": "hospital"}, {**region, "at": later["at"]}) == "police_region"


def test_only_what_our_side_or_the_public_sends_says_who_leads() -> None:
    by_authority = event("erdr_registered", "2026-05-04T08:00", to="police_region")
    by_anyone = event("publication", "2026-05-04T08:00", to="police_region")
    assert lead(by_authority, REPORT) == "police_district"
    assert lead(by_anyone, REPORT) == "police_region"
    filed = event("complaint_submitted", "2026-05-04T08:00", remedy="complaint_prosecutor",
                  to="police_region")  # fmt: skip
    assert lead(filed, REPORT) == "police_district"


def test_a_report_in_another_proceeding_says_nothing_of_this_one() -> None:
    two = [{"id": "b"}, {"id": "a"}]
    other = {**REPORT, "to": "police_region", "proceeding": "a"}
    assert lead(other, proceedings=two) == "police_district"
    other = {**REPORT, "to": "police_region", "proceeding": "b"}
    assert lead(other, proceedings=[{"id": "a"}, {"id": "b"}]) == "police_district"
