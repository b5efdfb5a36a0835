"""The pages of packages: what they offer, what they refuse, what leaves and who may see it."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from tests.conftest import Founding
from tests.unit.evidence.log_of import LogGate
from tests.unit.evidence.test_export import PHOTO, VOICE, Stage, build_stage
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts.models import Staff
from aigaq.age import X25519Identity
from aigaq.evidence import custody
from aigaq.intake import collecting
from aigaq.intake.errors import PackageRefused
from aigaq.intake.export_models import Export
from aigaq.intake.export_work import work_exports
from aigaq.intake.package_gathering import LogHead
from aigaq.intake.told import ToldFile, ToldReport, file_told

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]


@pytest.fixture
def stage(open_desk: Founding, tmp_path: Path) -> Stage:
    return build_stage(open_desk, LogGate.of(open_desk, tmp_path))


@pytest.fixture
def browser(open_desk: Founding, browser_of: Browser) -> Client:
    return browser_of(open_desk.founder)


def page_of(stage: Stage) -> str:
    return f"/reports/{stage.carried.report.pk}/export"


def chosen(stage: Stage, *numbers: int, **more: object) -> dict[str, object]:
    register = stage.carried.report.register_number
    whole: dict[str, object] = {
        "items": [f"{register}-{number}" for number in numbers],
        "recipient": "Вымышленный суд",
        "cover": "open",
        "languages": ["kk", "ru"],
    }
    return {name: value for name, value in (whole | more).items() if value}


def ask(browser: Client, stage: Stage, *numbers: int, **more: object) -> str:
    answer = browser.post(page_of(stage) + "?for=prove", chosen(stage, *numbers, **more))
    assert answer.status_code == 302
    return str(answer["Location"])


def make(browser: Client, stage: Stage, *numbers: int, **more: object) -> str:
    address = ask(browser, stage, *numbers, **more)
    assert work_exports(read_head=stage.head) == 1
    return address


def test_files_are_chosen_made_and_fetched_as_one_zip(stage: Stage, browser: Client) -> None:
    address = make(browser, stage, 1)

    file = browser.post(address + "/download")

    assert file.status_code == 200
    assert file["Content-Type"] == "application/zip"
    assert re.fullmatch(r'attachment; filename="package-\d{8}-1\.zip"', file["Content-Disposition"])
    data = file.getvalue()
    assert len(data) == int(file["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        whole = b"".join(package.read(name) for name in package.namelist())
        assert "data/summary.en.html" not in package.namelist()
    assert VOICE in whole
    assert PHOTO not in whole
    events = custody.list_events(report_id=bytes(stage.carried.report.report_id))
    assert [one.item_number for one in events if one.event == "exported"] == [1]


def test_custody_says_for_whom_a_file_left_and_how_the_seal_begins(
    stage: Stage, browser: Client
) -> None:
    stage.founding.founder.language = "en"
    stage.founding.founder.save()
    browser.post(make(browser, stage, 0) + "/download").getvalue()
    html = browser.get(f"/reports/{stage.carried.report.pk}/evidence").content.decode()
    seal = Export.objects.get().seal
    assert f"A court, SHA-256 {seal[:16]}…" in html
    assert "prove court" not in html


def test_nothing_is_ticked_before_someone_ticks_it(stage: Stage, browser: Client) -> None:
    html = browser.get(page_of(stage)).content.decode()
    boxes = re.findall(r'<input type="checkbox"[^>]* name="items"[^>]*>', html)
    assert len(boxes) == 2
    assert not any("checked" in box or "disabled" in box for box in boxes)


def test_looking_at_what_could_be_handed_out_is_an_opening_on_record(
    stage: Stage, browser: Client
) -> None:
    before = custody.read_head().count
    browser.get(page_of(stage))
    (last, *_) = custody.list_events(report_id=bytes(stage.carried.report.report_id))
    assert (custody.read_head().count, last.event) == (before + 1, "opened")


def test_while_it_is_made_the_page_says_how_far_it_is(stage: Stage, browser: Client) -> None:
    address = ask(browser, stage, 0)
    waiting = browser.get(address + "/progress").json()
    assert (waiting["done"], waiting["percent"], waiting["stage"]) == (False, 0, "")
    Export.objects.update(state="working", stage="writing", done_bytes=1, total_bytes=2)
    half = browser.get(address + "/progress").json()
    assert (half["done"], half["percent"], half["stage"]) == (False, 27, "writing")
    assert 'data-stage="writing"' in browser.get(address).content.decode()
    Export.objects.update(state="waiting")
    work_exports(read_head=stage.head)
    assert browser.get(address + "/progress").json()["done"] is True


def test_the_verdict_is_shown_step_by_step_with_both_hashes(stage: Stage, browser: Client) -> None:
    address = make(browser, stage, 0)
    html = browser.get(address).content.decode()
    row = Export.objects.get()
    assert html.count('<tr role="row">') == 13
    assert row.seal in html
    control = [row.control[at : at + 8] for at in range(0, 64, 8)]
    assert all(f"<span>{part}</span>" in html for part in control)


def test_for_a_named_person_only_the_key_of_a_person_is_taken(
    stage: Stage, browser: Client
) -> None:
    for key in ("", "age1nonsense", "ssh-ed25519 AAAA"):
        answer = browser.post(page_of(stage), chosen(stage, 0, cover="sealed", key=key))
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["key"]
    identity = X25519Identity.generate()
    address = make(browser, stage, 0, cover="sealed", key=f" {identity.recipient} ")
    assert str(identity.recipient) in browser.get(address).content.decode()
    data = browser.post(address + "/download").getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = package.namelist()
    assert "data/items/0001.age" in names


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"items": None}, "items"),
        ({"items": ["1-9"]}, "items"),
        ({"recipient": None}, "recipient"),
        ({"languages": None}, "languages"),
        ({"languages": ["xx"]}, "languages"),
        ({"cover": "naked"}, "cover"),
    ],
)
def test_what_is_incomplete_or_unknown_makes_nothing(
    more: dict[str, object], field: str, stage: Stage, browser: Client
) -> None:
    answer = browser.post(page_of(stage) + "?for=prove", chosen(stage, 0, **more))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Export.objects.exists()


def test_without_a_consent_there_is_nothing_to_tick_and_the_next_step_is_named(
    stage: Stage, browser: Client
) -> None:
    html = browser.get(page_of(stage) + "?for=represent").content.decode()
    assert 'name="items"' not in html
    assert f"/reports/{stage.carried.report.pk}/consents" in html
    assert f"/mailboxes/{stage.carried.box.pk}" in html
    refused = browser.post(page_of(stage) + "?for=represent", chosen(stage, 0))
    assert refused.status_code == 422
    assert not Export.objects.exists()


def test_a_reporter_who_reads_no_letters_is_not_written_to(
    open_desk: Founding, browser: Client
) -> None:
    letter = ToldFile(io.BytesIO(VOICE), len(VOICE), "a.ogg", "audio/ogg")
    told = ToldReport(language="kk", by="a fictional aunt", how="phone", when="x", files=[letter])
    report_id = file_told(actor=open_desk.founder, told=told, keys=None)
    html = browser.get(f"/reports/{report_id}/export").content.decode()
    assert "/mailboxes/" not in html
    assert f"/reports/{report_id}/consents" in html


def test_a_report_without_files_says_so(open_desk: Founding, browser: Client) -> None:
    report = carry_report(open_desk, consents=(("prove", "court"),)).report
    answer = browser.get(f"/reports/{report.pk}/export")
    assert answer.context["has_files"] is False
    assert f'class="button button-main" href="/reports/{report.pk}"' in answer.content.decode()


def test_the_page_begins_with_what_is_allowed(stage: Stage, browser: Client) -> None:
    assert browser.get(page_of(stage)).context["purpose"] == "prove"
    assert browser.get(page_of(stage) + "?for=publish").context["purpose"] == "prove"


def test_a_file_outside_a_consent_stands_there_shut_with_its_reason(
    open_desk: Founding, browser: Client, stage: Stage
) -> None:
    from aigaq import clock
    from aigaq.intake import spoken_consent

    spoken_consent.record_consent(
        actor=open_desk.founder,
        report_id=stage.carried.report.pk,
        purpose="represent",
        audience="lawyer",
        items=[1],
        how="in a call",
        given_at=clock.now(),
    )
    (report, rows) = browser.get(page_of(stage) + "?for=represent").context["reports"][0]
    assert report.register_number == stage.carried.report.register_number
    assert [(row.item.hindrance, row.item.is_by_mouth) for row in rows] == [
        ("consent.missing", False),
        ("", True),
    ]


def test_limits_that_were_said_stand_before_the_eyes_of_who_chooses(
    open_desk: Founding, browser: Client, stage: Stage
) -> None:
    from aigaq import clock
    from aigaq.intake import spoken_consent

    for purpose, audience in (("represent", "lawyer"), ("refer", "partner")):
        spoken_consent.record_consent(
            actor=open_desk.founder,
            report_id=stage.carried.report.pk,
            purpose=purpose,
            audience=audience,
            items=None,
            how="in a call",
            given_at=clock.now(),
            limits=f"только {purpose}",
        )
    html = browser.get(page_of(stage) + "?for=represent").content.decode()
    assert ("только represent" in html, "только refer" in html) == (True, False)


def test_a_consent_taken_back_before_it_is_fetched_is_said_on_the_page(
    stage: Stage, browser: Client
) -> None:
    address = make(browser, stage, 0)
    stage.carried.write(kind="withdraw_consent", body={"consents": None, "report_id": None})
    assert browser.post(address + "/download").status_code == 404
    html = browser.get(address)
    assert html.context["export"].code == "consent.withdrawn"
    assert "/download" not in html.content.decode()
    browser.post(address + "/again")
    assert html.context["export"].code == Export.objects.get().code


def refuse_log() -> LogHead:
    raise PackageRefused("package.no_log")


def test_what_was_refused_is_tried_again_or_chosen_anew(stage: Stage, browser: Client) -> None:
    address = ask(browser, stage, 0)
    work_exports(read_head=refuse_log)
    html = browser.get(address).content.decode()
    assert address + "/again" in html
    assert page_of(stage) in html
    assert browser.post(address + "/again")["Location"] == address
    work_exports(read_head=stage.head)
    assert address + "/download" in browser.get(address).content.decode()


def test_a_package_is_removed_by_hand(stage: Stage, browser: Client) -> None:
    address = make(browser, stage, 0)
    browser.post(address + "/remove")
    assert Export.objects.get().blob_id is None
    assert page_of(stage) in browser.get(address).content.decode()


def test_the_report_lists_its_packages(stage: Stage, browser: Client) -> None:
    address = make(browser, stage, 0)
    report = f"/reports/{stage.carried.report.pk}"
    assert f'href="{address}"' in browser.get(report).content.decode()


@pytest.mark.parametrize("role", ["editor", "analyst", "administrator"])
def test_who_reads_no_reports_finds_no_package(
    stage: Stage, browser: Client, browser_of: Browser, staff_of: Callable[[str], Staff], role: str
) -> None:
    address = make(browser, stage, 0)
    stranger = browser_of(staff_of(role))
    for ending in ("", "/progress"):
        assert stranger.get(address + ending).status_code == 404
    for ending in ("/download", "/again", "/remove"):
        assert stranger.post(address + ending).status_code == 404
    assert Export.objects.get().blob_id is not None
    assert stranger.get(page_of(stage)).status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_are_there_in_three_languages(
    stage: Stage, browser: Client, language: str
) -> None:
    stage.founding.founder.language = language
    stage.founding.founder.save()
    heading = {"kk": "Файлдарды беру", "ru": "Выдать файлы", "en": "Hand out files"}
    assert heading[language] in browser.get(page_of(stage)).content.decode()


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_verifier_speaks_the_language_of_the_page(
    stage: Stage, browser: Client, language: str
) -> None:
    stage.founding.founder.language = language
    stage.founding.founder.save()
    html = browser.get(make(browser, stage, 0)).content.decode()
    assert html.count(f'<span class="muted small" lang="{language}">') >= 4
    assert not [
        one for one in ("kk", "ru", "en") if one != language and f'small" lang="{one}"' in html
    ]


def test_a_verdict_of_before_is_shown_in_the_language_it_has(stage: Stage, browser: Client) -> None:
    stage.founding.founder.language = "kk"
    stage.founding.founder.save()
    address = make(browser, stage, 0)
    row = Export.objects.get()
    row.verdict["steps"][1]["words"] = "as it was told before"
    row.save()
    html = browser.get(address).content.decode()
    assert '<span class="muted small" lang="en">as it was told before</span>' in html


def test_a_collection_leaves_as_one_package_with_every_report_in_it(
    open_desk: Founding, browser: Client, tmp_path: Path
) -> None:
    other = carry_report(
        open_desk, items=[("a.txt", "text/plain", b"fictional")], consents=(("prove", "court"),)
    )
    stage = build_stage(open_desk, LogGate.of(open_desk, tmp_path), other)
    collection = collecting.make_collection(actor=open_desk.founder, name="Вымышленный поворот")
    for one in (stage.carried, other):
        collecting.add_report(
            actor=open_desk.founder, collection_id=collection, report_id=one.report.pk
        )
    page = f"/collections/{collection}/export"
    items = [f"{stage.carried.report.register_number}-0", f"{other.report.register_number}-0"]
    answer = browser.post(page + "?for=prove", chosen(stage, items=items))
    work_exports(read_head=stage.head)
    export = Export.objects.get(pk=UUID(answer["Location"].rsplit("/", 1)[1]))
    assert (export.state, export.reports.count()) == ("ready", 2)
    whole = browser.post(answer["Location"] + "/download").getvalue()
    assert "Вымышленный поворот".encode() not in whole


def test_an_empty_collection_says_what_to_do_first(open_desk: Founding, browser: Client) -> None:
    collection = collecting.make_collection(actor=open_desk.founder, name="Вымышленная")
    html = browser.get(f"/collections/{collection}/export").content.decode()
    assert f'href="/collections/{collection}"' in html
    assert 'name="items"' not in html


GIVEN = {
    "to": "Вымышленный районный суд",
    "carried_by": "Вымышленный юрист",
    "act": "акт № 7",
}


def test_a_handover_is_written_down_on_its_page_once_it_was_saved(
    stage: Stage, browser: Client
) -> None:
    address = make(browser, stage, 0, 1)
    given = GIVEN | {"on": timezone.localdate().isoformat()}
    assert b"/handed-over" not in browser.get(address).content
    assert browser.post(address + "/handed-over", given).status_code == 404
    browser.post(address + "/download").getvalue()
    assert b"/handed-over" in browser.get(address).content

    assert browser.post(address + "/handed-over", given).status_code == 302

    page = browser.get(address).content.decode()
    assert all(one in page for one in GIVEN.values())
    report_id = bytes(stage.carried.report.report_id)
    events = [one.event for one in custody.list_events(report_id=report_id)]
    assert events.count("handed_over") == 2
    shown = browser.get(f"/reports/{stage.carried.report.pk}/evidence").content.decode()
    assert "Вымышленный районный суд, акт № 7" in shown


def test_a_handover_that_says_too_little_or_lies_ahead_is_refused_and_kept_in_the_form(
    stage: Stage, browser: Client
) -> None:
    address = make(browser, stage, 0)
    browser.post(address + "/download").getvalue()
    ahead = (timezone.localdate() + timedelta(days=2)).isoformat()
    for changes in ({"on": ahead}, {"on": "2001-01-01"}, {"on": ""}, {"act": " "}):
        given = GIVEN | {"on": timezone.localdate().isoformat()} | changes
        answer = browser.post(address + "/handed-over", given)
        assert answer.status_code == 422, changes
        assert "Вымышленный районный суд" in answer.content.decode()
    events = custody.list_events(report_id=bytes(stage.carried.report.report_id))
    assert "handed_over" not in [one.event for one in events]
