"""Packages that the desk hands out: only under a live consent, verified, and on record."""

import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.evidence.log_of import LogGate
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.errors import NotThere
from aigaq.accounts.models import Staff
from aigaq.age import X25519Identity, decrypt_bytes
from aigaq.core import blob_store
from aigaq.core.models import AuditEvent
from aigaq.evidence import custody
from aigaq.evidence import services as evidence
from aigaq.evidence.models import FiledReport, HeadOpening
from aigaq.evidence.selectors import list_items
from aigaq.intake import models, package_command, spoken_consent, unfinished
from aigaq.intake.errors import IntakeError
from aigaq.intake.package_gathering import PackageChoice
from aigaq.intake.packaging import (
    Exported,
    NotVerified,
    WatchedHead,
    export_package,
    make_package,
    record_handed_out,
)
from aigaq.intake.told import ToldFile, ToldReport, file_told
from aigaq.sealing.card import parse_card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import (
    Cosigner,
    SignatureLine,
    VerifierKey,
    add_signatures,
    parse_note,
    read_checkpoint,
)
from aigaq.tlog.notes import ED25519
from aigaq.watching.store import Leaves
from aigaq_verify.packages import verify_package
from aigaq_verify.policy import Policy, parse_policy

pytestmark = pytest.mark.django_db
PHOTO, VOICE = b"\xff\xd8 fictional photo", b"OggS fictional voice"
ITEMS = [("Фото.jpg", "image/jpeg", PHOTO), ("дауыс.ogg", "audio/ogg", VOICE)]


@dataclass
class Stage:
    """A desk with a report in the log, a cosigner, and a policy that trusts both."""

    founding: Founding
    gate: LogGate
    carried: Carried
    partner: Cosigner

    def head(self) -> WatchedHead:
        data = (self.gate.folder / "checkpoint").read_bytes()
        signed = read_checkpoint(data)
        lines = self.partner.cosign(signed.checkpoint, at=int(clock.now().timestamp()))
        from aigaq.tlog import hash_entry

        leaves = b"".join(
            hash_entry(entry) for bundle in self.gate.open().walk() for entry in bundle
        )
        note = add_signatures(parse_note(data), lines).encode()
        return WatchedHead(note, signed.checkpoint.size, Leaves(leaves))

    def policy(self) -> Policy:

        card, root = self.gate.card, bytes(self.founding.organisation.root_key)
        first, second = self.partner.keys
        log = VerifierKey(card.log_origin, ED25519, card.log_key)
        return parse_policy(
            json.dumps(
                {
                    "format": "aigaq-policy/v1",
                    "name": "A fictional court",
                    "retirements": [],
                    "root_fingerprint": format_fingerprint(root),
                    "root_key": encode_base64(root),
                    "timestamp_authorities": [],
                    "tlog_policy": f"log {log}\nwitness a {first}\nwitness b {second}\n"
                    "group partner any a b\nquorum partner\n",
                }
            ).encode()
        )

    def choice(self, **changes: object) -> PackageChoice:
        number = changes.pop("report", self.carried.report.register_number)
        items = changes.pop("whole", None) or {number: changes.pop("items", None)}
        whole = PackageChoice(items, purpose="prove", audience="court")  # type: ignore[arg-type]
        return replace(whole, **changes)  # type: ignore[arg-type]

    def export(self, target: Path, **changes: object) -> Exported:
        return export_package(
            actor=self.founding.founder,
            choice=self.choice(**changes),
            target=target,
            head=self.head(),
        )


@pytest.fixture
def stage(founding: Founding, gate: LogGate) -> Stage:
    return build_stage(founding, gate)


def build_stage(
    founding: Founding, gate: LogGate, *others: Carried, more: Sequence[bytes] = ()
) -> Stage:
    """Give a stage whose log holds ``others`` and the commitments ``more`` too."""
    carried = carry_report(
        founding,
        items=ITEMS,
        consents=(("keep", "team"), ("prove", "court")),
    )
    evidence.sync_log(gate, source=gate.source, card=gate.card)
    gate.publish(values=[*(one.sealed.commitment for one in (carried, *others)), *more])
    for rows in (HeadOpening, FiledReport):
        rows.objects.update(asked_at=None)
    evidence.sync_log(gate, source=gate.source, card=gate.card)
    return Stage(founding, gate, carried, Cosigner(name="partner.example/c", seed=bytes(32)))


def test_an_exported_package_verifies_under_a_courts_policy(stage: Stage, tmp_path: Path) -> None:
    exported = stage.export(tmp_path / "package")
    verdict = verify_package(exported.path, policy=stage.policy())
    assert verdict.outcome == "verified", verdict.to_text()
    assert [(exported.path / one.path).read_bytes() for one in verdict.items] == [PHOTO, VOICE]
    assert exported.seal in verdict.steps[-1].words
    contents = (exported.path / "evidence/package.json").read_bytes()
    assert exported.control == hashlib.sha256(contents).hexdigest()
    assert (exported.path / "data/office/act.kk.pdf").is_file()


def test_a_package_as_one_file_verifies_and_leaves_no_folder(stage: Stage, tmp_path: Path) -> None:
    exported = stage.export(tmp_path / "package.zip")
    assert verify_package(exported.path, policy=stage.policy()).outcome == "verified"
    assert [one.name for one in tmp_path.iterdir() if "package" in one.name] == ["package.zip"]


def test_papers_are_in_the_languages_that_were_chosen_alone(stage: Stage, tmp_path: Path) -> None:
    exported = stage.export(tmp_path / "package", languages=("en", "kk"))
    assert verify_package(exported.path, policy=stage.policy()).outcome == "verified"
    data = exported.path / "data"
    assert sorted(one.name for one in data.glob("*.html")) == [
        "check-yourself.en.html",
        "check-yourself.kk.html",
        "summary.en.html",
        "summary.kk.html",
    ]
    assert {one.name.split(".")[1] for one in (data / "office").iterdir()} == {"kk"}


@pytest.mark.parametrize("languages", [(), ("xx",), ("ru", "xx")])
def test_papers_in_no_language_are_refused(
    stage: Stage, tmp_path: Path, languages: tuple[str, ...]
) -> None:
    refused("package.no_language", stage, tmp_path / "package", languages=languages)


def test_several_reports_stand_in_one_bag_each_with_its_own_proof(
    founding: Founding, gate: LogGate, tmp_path: Path
) -> None:
    others = [carry_report(founding, items=ITEMS, consents=(("prove", "court"),)) for _ in range(2)]
    stage = build_stage(founding, gate, *others)
    first, second, third = (one.report.register_number for one in (*others, stage.carried))
    exported = stage.export(
        tmp_path / "collection.zip", whole={first: (1,), third: None, second: (0,)}
    )
    verdict = verify_package(exported.path, policy=stage.policy())
    assert verdict.outcome == "verified", verdict.to_text()
    assert len(verdict.items) == 4
    with zipfile.ZipFile(exported.path) as package:
        contents = json.loads(package.read("evidence/package.json"))
        proofs = {one["proof"] for one in contents["reports"]}
        assert proofs <= set(package.namelist())
        lines = package.read("evidence/custody.jsonl").decode().splitlines()
    assert [one["register_number"] for one in contents["reports"]] == [first, third, second]
    assert len(proofs) == 3
    told = [json.loads(line).get("item") or "" for line in lines]
    for one in contents["items"]:
        assert f"{one['report_id']}/{one['item_number']}" in told
    hidden = f"{bytes(others[0].report.report_id).hex()}/0"
    assert hidden not in told


def test_one_report_without_consent_keeps_the_whole_collection_here(
    founding: Founding, gate: LogGate, tmp_path: Path
) -> None:
    silent = carry_report(founding, items=ITEMS, consents=(("keep", "team"),))
    stage = build_stage(founding, gate, silent)
    numbers = (stage.carried.report.register_number, silent.report.register_number)
    refused("consent.missing", stage, tmp_path / "package", whole=dict.fromkeys(numbers))


def test_a_consent_that_is_taken_back_while_a_package_is_made_keeps_it_here(
    stage: Stage, tmp_path: Path
) -> None:
    target = tmp_path / "package.zip"
    made = make_package(
        actor=stage.founding.founder, choice=stage.choice(), target=target, head=stage.head()
    )
    stage.carried.write(kind="withdraw_consent", body={"consents": None, "report_id": None})
    before = custody.read_head()
    with pytest.raises(IntakeError) as raised:
        record_handed_out(
            actor=stage.founding.founder,
            leaving=made.leaving,
            purpose="prove",
            audience="court",
            seal=made.seal,
        )
    assert raised.value.code == "consent.withdrawn"
    assert custody.read_head() == before


@dataclass
class Halt:
    """Whoever breaks off at a stage, as a desk that locks does."""

    at: str

    def begin(self, stage: str, *, total_bytes: int) -> None:
        assert total_bytes == len(PHOTO) + len(VOICE)
        if stage == self.at:
            raise InterruptedError

    def count(self, size_bytes: int, /) -> None:
        if self.at == f"in {size_bytes}":
            raise InterruptedError


@pytest.mark.parametrize("at", ["writing", "packing", "checking", f"in {len(VOICE)}"])
def test_work_that_is_broken_off_leaves_nothing_in_plain(
    stage: Stage, tmp_path: Path, at: str
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    with pytest.raises(InterruptedError):
        make_package(
            actor=stage.founding.founder,
            choice=stage.choice(),
            target=folder / "package.zip",
            head=stage.head(),
            watcher=Halt(at),
        )
    assert list(folder.iterdir()) == []


@dataclass
class Look:
    """Whoever looks at what lies in a folder, and at custody, as a stage begins; then a kill."""

    at: str
    folder: Path
    report_id: bytes
    events: list[str] = field(default_factory=list)
    seen: bytes = b""

    def begin(self, stage: str, *, total_bytes: int) -> None:
        assert total_bytes > 0
        if stage == self.at:
            lines = custody.list_events(report_id=self.report_id)
            self.events = [f"{one.event} {one.note}" for one in lines]
            files = [one for one in self.folder.rglob("*") if one.is_file()]
            self.seen = b"".join(one.read_bytes() for one in files)
            raise InterruptedError

    def count(self, size_bytes: int, /) -> None:
        pass


def begin_and_break_off(stage: Stage, target: Path, *, at: str) -> Look:
    look = Look(at, target.parent, bytes(stage.carried.report.report_id))
    with pytest.raises(InterruptedError):
        make_package(
            actor=stage.founding.founder,
            choice=stage.choice(),
            target=target,
            head=stage.head(),
            watcher=look,
        )
    return look


def test_a_copy_is_on_record_before_its_first_byte_is_written(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    look = begin_and_break_off(stage, folder / "package", at="writing")
    assert look.seen == b""
    assert look.events[:2] == ["copied package prove court"] * 2
    lines = custody.list_events(report_id=look.report_id)
    assert [one.event for one in lines[:2]] == ["copied", "copied"]
    assert {one.item_number for one in lines[:2]} == {0, 1}


def test_a_package_says_itself_that_it_was_begun(stage: Stage, tmp_path: Path) -> None:
    exported = stage.export(tmp_path / "package")
    lines = (exported.path / "evidence/custody.jsonl").read_bytes().splitlines()
    notes = [json.loads(line).get("note") for line in lines]
    assert notes[-2:] == ["package prove court"] * 2


def test_nothing_lies_in_plain_beside_an_archive_that_is_made(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    look = begin_and_break_off(stage, folder / "package.zip", at="packing")
    assert look.events
    assert PHOTO not in look.seen
    assert VOICE not in look.seen


def test_what_a_killed_desk_left_of_a_package_is_removed_when_it_opens_again(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = []

    def leave(target: Path) -> Path:
        writing.append(unfinished.unfinished(target))
        path = writing[-1].__enter__()
        if target.suffix:
            path.write_bytes(PHOTO)
        else:
            path.mkdir()
            (path / "photo.jpg").write_bytes(PHOTO)
        return path

    left = [leave(tmp_path / "package"), leave(tmp_path / "package.zip")]
    gone = leave(tmp_path / "drive.zip")
    gone.unlink()
    assert unfinished.sweep_unfinished() == 0, "this process still writes them"
    assert all(one.exists() for one in left)
    monkeypatch.setattr(unfinished, "_RUN", uuid.uuid4())
    assert unfinished.sweep_unfinished() == 3
    assert not any(one.exists() for one in left)
    assert unfinished.sweep_unfinished() == 0
    assert stage.export(tmp_path / "package").path.is_dir()


def test_a_drive_that_is_not_there_is_looked_at_again(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    writing = unfinished.unfinished(drive / "package.zip")
    path = writing.__enter__()
    path.write_bytes(PHOTO)
    monkeypatch.setattr(unfinished, "_RUN", uuid.uuid4())
    drive.rename(tmp_path / "elsewhere")
    assert unfinished.sweep_unfinished() == 0
    (tmp_path / "elsewhere").rename(drive)
    assert unfinished.sweep_unfinished() == 1
    assert list(drive.iterdir()) == []


def test_an_unfinished_package_never_has_the_name_of_a_finished_one(
    stage: Stage, tmp_path: Path
) -> None:
    target = tmp_path / "package.zip"
    with suppress(InterruptedError), unfinished.unfinished(target) as path:
        path.write_bytes(b"unfinished")
        assert not target.exists()
        raise InterruptedError
    assert [one for one in tmp_path.iterdir() if "package" in one.name] == []
    writing = unfinished.unfinished(target)
    path = writing.__enter__()
    path.write_bytes(b"ours")
    target.write_bytes(b"mine")
    with pytest.raises(IntakeError) as raised:
        writing.__exit__(None, None, None)
    assert raised.value.code == "package.exists"
    assert target.read_bytes() == b"mine"
    assert not path.exists()


@pytest.mark.parametrize("says", [True, False])
def test_who_used_the_command_line_is_not_called_known(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: bool
) -> None:
    monkeypatch.setattr(package_command, "read_head", stage.head)
    monkeypatch.setattr(package_command, "stamp_for_package", lambda note: None)
    founder = stage.founding.founder
    arguments = {
        "reports": [stage.carried.report.register_number],
        "items": [0],
        "purpose": "prove",
        "audience": "court",
        "out": str(tmp_path / "package"),
        "by": founder.get_username() if says else None,
    }
    package_command.run_export_command(arguments)
    lines = custody.list_events(report_id=bytes(stage.carried.report.report_id))
    said = f"command line, said to be {founder.display_name} ({str(founder.pk)[:8]})"
    expected = said if says else "command line"
    assert [(one.event, one.by) for one in lines[:2]] == [
        ("exported", expected),
        ("copied", expected),
    ]
    event = AuditEvent.objects.get(code="intake.package_exported")
    assert event.actor == "system"
    assert event.context["said_to_be"] == (str(founder.pk) if says else "")


def test_the_other_items_stay_hidden(stage: Stage, tmp_path: Path) -> None:
    exported = stage.export(tmp_path / "package", items=(1,))
    verdict = verify_package(exported.path, policy=stage.policy())
    assert verdict.outcome == "verified"
    assert len(verdict.items) == 1
    whole = b"".join(one.read_bytes() for one in exported.path.rglob("*") if one.is_file())
    assert VOICE in whole
    assert PHOTO not in whole
    assert hashlib.sha256(PHOTO).hexdigest().encode() not in whole


def test_what_was_handed_out_stands_in_custody_and_audit(stage: Stage, tmp_path: Path) -> None:
    exported = stage.export(tmp_path / "package", items=(0,))
    last = custody.list_events(report_id=bytes(stage.carried.report.report_id))[0]
    assert (last.event, last.item_number) == ("exported", 0)
    assert exported.seal in last.note
    assert AuditEvent.objects.filter(code="intake.package_exported").count() == 1


def test_items_sealed_to_a_recipient_lie_open_nowhere(stage: Stage, tmp_path: Path) -> None:
    identity = X25519Identity.generate()
    exported = stage.export(tmp_path / "package", sealed_to=identity.recipient)
    assert verify_package(exported.path, policy=stage.policy()).outcome == "verified"
    whole = b"".join(one.read_bytes() for one in exported.path.rglob("*") if one.is_file())
    assert PHOTO not in whole


def refused(code: str, stage: Stage, target: Path, **changes: object) -> None:
    """Nothing is handed out, written or put on record."""
    before = custody.read_head()
    with pytest.raises(IntakeError) as raised:
        stage.export(target, **changes)
    assert raised.value.code == code
    assert not target.exists()
    assert custody.read_head() == before


@pytest.mark.parametrize("name", ["package", "package.zip"])
def test_without_a_consent_for_this_audience_nothing_is_handed_out(
    stage: Stage, tmp_path: Path, name: str
) -> None:
    refused("consent.missing", stage, tmp_path / name, audience="authority", purpose="complain")


@pytest.mark.parametrize(
    ("purpose", "audience"),
    [
        ("keep", "team"),
        ("advise", "team"),
        ("publish", "public"),
        ("count", "public"),
        ("prove", "public"),
        ("anything", "court"),
    ],
)
def test_a_consent_that_carries_no_items_opens_no_exit_for_them(
    founding: Founding, gate: LogGate, tmp_path: Path, purpose: str, audience: str
) -> None:
    carried = carry_report(founding, items=ITEMS, consents=((purpose, audience),))
    stage = build_stage(founding, gate, carried)
    number = carried.report.register_number
    target = tmp_path / "package"
    refused(
        "consent.wrong_purpose", stage, target, report=number, purpose=purpose, audience=audience
    )


def test_a_withdrawn_consent_closes_the_exit(stage: Stage, tmp_path: Path) -> None:
    fault = stage.carried.write(kind="withdraw_consent", body={"consents": None, "report_id": None})
    assert not fault
    refused("consent.withdrawn", stage, tmp_path / "package")


def test_the_withdrawal_of_another_consent_stays_with_its_quiet_sign(
    stage: Stage, tmp_path: Path
) -> None:
    report_id = bytes(stage.carried.report.report_id).hex()
    stage.carried.write(kind="withdraw_consent", body={"consents": [0], "report_id": report_id})
    exported = stage.export(tmp_path / "package")
    assert verify_package(exported.path, policy=stage.policy()).outcome == "verified"
    extract = json.loads((exported.path / "evidence/consent.json").read_bytes())
    assert extract["changes"] == []


def test_a_withdrawal_of_a_shown_consent_is_shown_as_it_was_signed(
    stage: Stage, tmp_path: Path
) -> None:
    report = stage.carried.report
    spoken_consent.record_consent(
        actor=stage.founding.founder,
        report_id=report.pk,
        purpose="prove",
        audience="court",
        items=[0],
        how="in a call",
        given_at=clock.now(),
    )
    body = {"consents": [1], "report_id": bytes(report.report_id).hex()}
    stage.carried.write(kind="withdraw_consent", body=body)
    exported = stage.export(tmp_path / "package", items=(0,))
    verdict = verify_package(exported.path, policy=stage.policy())
    assert verdict.outcome == "verified", verdict.to_text()
    assert "taken back by a signed message" in verdict.items[0].words
    assert "withdraw_consent" in (exported.path / "evidence/consent.json").read_text()


def test_a_consent_by_word_of_mouth_opens_the_exit_until_it_is_taken_back(
    stage: Stage, tmp_path: Path
) -> None:
    founder, wanted = stage.founding.founder, {"purpose": "complain", "audience": "authority"}
    grant = spoken_consent.record_consent(
        actor=founder,
        report_id=stage.carried.report.pk,
        purpose=wanted["purpose"],
        audience=wanted["audience"],
        items=[0],
        how="in a call",
        given_at=clock.now(),
    )
    refused("consent.missing", stage, tmp_path / "both", **wanted)
    exported = stage.export(tmp_path / "package", items=(0,), **wanted)
    assert verify_package(exported.path, policy=stage.policy()).outcome == "verified"
    (shown,) = json.loads((exported.path / "evidence/consent.json").read_bytes())["staff_grants"]
    assert (shown["by"], shown["how"], shown["items"]) == (str(founder), "in a call", [0])
    spoken_consent.withdraw_consent(actor=founder, consent_id=grant, reason="in a call")
    refused("consent.withdrawn", stage, tmp_path / "again", items=(0,), **wanted)


MAKER = "FictionalPhoneMaker"


def build_photo() -> bytes:
    """Return a photo that says who made the phone, and where it was."""
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x010F], exif[0x8825] = MAKER, {1: "N", 2: (43.0, 14.0, 0.0)}
    Image.new("RGB", (64, 48), "red").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def build_strip_stage(founding: Founding, gate: LogGate, *, name: str, data: bytes) -> Stage:
    """Give a stage whose report is one file, of which the hidden details are to be removed."""
    carried = carry_report(
        founding,
        items=[(name, "image/jpeg", data)],
        consents=(("prove", "court"),),
        hidden_details="strip",
    )
    stage = build_stage(founding, gate, carried)
    return replace(stage, carried=carried)


@pytest.mark.parametrize("name", ["package", "package.zip"])
def test_hidden_details_that_were_to_be_removed_never_leave(
    founding: Founding, gate: LogGate, tmp_path: Path, name: str
) -> None:
    photo = build_photo()
    stage = build_strip_stage(founding, gate, name="home.jpg", data=photo)
    exported = stage.export(tmp_path / name)
    verdict = verify_package(exported.path, policy=stage.policy())
    assert verdict.outcome == "verified", verdict.to_text()
    (item,) = verdict.items
    assert "not the file that came" in item.words
    assert hashlib.sha256(photo).hexdigest() in item.words
    files = (
        [zipfile.ZipFile(exported.path).read(item.path)]
        if name.endswith(".zip")
        else [one.read_bytes() for one in exported.path.rglob("*") if one.is_file()]
    )
    assert not any(MAKER.encode() in data or photo in data for data in files)
    shown = next(data for data in files if data.startswith(b"\xff\xd8"))
    assert Image.open(io.BytesIO(shown)).size == (64, 48)
    lines = custody.list_events(report_id=bytes(stage.carried.report.report_id))
    assert lines[0].sha256 == hashlib.sha256(shown).digest()


def test_such_a_copy_is_made_once_and_leaves_sealed_too(
    founding: Founding, gate: LogGate, tmp_path: Path
) -> None:
    stage = build_strip_stage(founding, gate, name="home.jpg", data=build_photo())
    identity = X25519Identity.generate()
    stage.export(tmp_path / "first")
    exported = stage.export(tmp_path / "second", sealed_to=identity.recipient)
    assert verify_package(exported.path, policy=stage.policy()).outcome == "verified"
    sealed = (exported.path / "data/items/0001.age").read_bytes()
    opened = decrypt_bytes(sealed, identities=[identity])
    assert opened == (tmp_path / "first/data/items/0001/home.jpg").read_bytes()
    lines = custody.list_events(report_id=bytes(stage.carried.report.report_id))
    assert [one.event for one in lines].count("derived") == 1


def test_a_file_that_cannot_be_freed_of_its_hidden_details_stays_here(
    founding: Founding, gate: LogGate, tmp_path: Path
) -> None:
    letter = b"%PDF-1.4 a fictional letter"
    stage = build_strip_stage(founding, gate, name="letter.pdf", data=letter)
    refused("package.not_stripped", stage, tmp_path / "package")


def test_a_copy_without_hidden_details_is_forgotten_with_its_report(
    founding: Founding, gate: LogGate, tmp_path: Path
) -> None:
    stage = build_strip_stage(founding, gate, name="home.jpg", data=build_photo())
    stage.export(tmp_path / "package")
    report = stage.carried.report
    (item,) = list_items(report_id=bytes(report.report_id))
    blobs = [one.blob_id for one in item.files]
    assert len(blobs) == 3
    erase_report(actor=founding.founder, report_id=report.pk, reason="asked")
    assert not any(blob_store.has_file(one) for one in blobs)


@pytest.mark.parametrize("items", [(0,), None])
def test_what_staff_took_down_is_never_called_given_in_the_report(
    founding: Founding, gate: LogGate, tmp_path: Path, items: tuple[int, ...] | None
) -> None:
    letter = b"a fictional letter"
    told = ToldReport(
        language="ru",
        by="a fictional mother",
        how="phone",
        when="yesterday",
        answers=[(4, "fictional words"), (17, "d")],
        consents=[("prove", "court")],
        files=[ToldFile(io.BytesIO(letter), len(letter), "letter.txt", "text/plain")],
    )
    row_id = file_told(actor=founding.founder, told=told, keys=None)
    report = models.Report.objects.get(pk=row_id)
    assert report.commitment is not None
    stage = build_stage(founding, gate, more=[bytes(report.commitment)])
    numbers = {report.register_number: items, stage.carried.report.register_number: items}
    exported = stage.export(tmp_path / "package", whole=numbers)
    verdict = verify_package(exported.path, policy=stage.policy())
    assert verdict.outcome == "verified", verdict.to_text()
    first, *others = verdict.items
    assert "told to staff" in first.words
    assert "phone" in first.words
    assert "given in the report" not in first.words
    assert all("given in the report" in one.words for one in others)
    whole = (exported.path / "evidence/consent.json").read_text()
    assert "fictional mother" not in whole


def test_a_report_that_is_not_in_the_log_yet_is_not_handed_out(
    stage: Stage, tmp_path: Path
) -> None:
    later = carry_report(stage.founding, items=ITEMS, consents=(("prove", "court"),))
    number = later.report.register_number
    refused("package.not_logged", stage, tmp_path / "package", report=number)


def test_a_report_without_items_is_no_package(stage: Stage, tmp_path: Path) -> None:
    later = carry_report(stage.founding, consents=(("prove", "court"),))
    number = later.report.register_number
    refused("package.no_items", stage, tmp_path / "package", report=number)


def test_nothing_is_written_over_what_is_there(stage: Stage, tmp_path: Path) -> None:
    target = tmp_path / "package"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    with pytest.raises(IntakeError) as raised:
        stage.export(target)
    assert raised.value.code == "package.exists"
    assert (target / "mine.txt").read_text() == "mine"


def test_an_item_that_is_not_there_and_a_stranger_get_the_same_answer(
    stage: Stage, tmp_path: Path, staff_of: Callable[[str], Staff]
) -> None:
    with pytest.raises(NotThere):
        stage.export(tmp_path / "package", items=(9,))
    with pytest.raises(NotThere):
        export_package(
            actor=staff_of("administrator"),
            choice=stage.choice(),
            target=tmp_path / "package",
            head=stage.head(),
        )
    assert not (tmp_path / "package").exists()


def test_a_package_does_not_say_which_report_was_forgotten(
    founding: Founding, gate: LogGate, tmp_path: Path
) -> None:
    other = carry_report(founding)
    erase_report(actor=founding.founder, report_id=other.report.pk, reason="asked")
    stage = build_stage(founding, gate)
    exported = stage.export(tmp_path / "package")
    assert verify_package(exported.path, policy=stage.policy()).outcome == "verified"
    chain = (exported.path / "evidence/custody.jsonl").read_bytes()
    assert b"number 1" not in chain
    assert b"shredded" not in chain
    assert b'"sequence":2}' in chain


def test_what_is_false_under_our_own_policy_is_not_handed_out(stage: Stage, tmp_path: Path) -> None:
    """Without a policy nobody looks at cosignatures: a broken one would be found by the court."""
    card = accounts.get_card()
    (own, *_others) = read_cosigners(
        parse_card(card, root_key=bytes(stage.founding.organisation.root_key))
    )
    key = own.verifiers[0]
    line = SignatureLine(key.name, key.key_id, bytes(72))
    head = stage.head()
    spoiled = replace(head, note=add_signatures(parse_note(head.note), [line]).encode())
    with pytest.raises(NotVerified) as caught:
        export_package(
            actor=stage.founding.founder,
            choice=stage.choice(),
            target=tmp_path / "package",
            head=spoiled,
        )
    assert (caught.value.context["step"], caught.value.context["found"]) == (
        4,
        "note.wrong_signature",
    )
    assert not (tmp_path / "package").exists()
