"""Packages that the desk hands out: only under a live consent, verified, and on record."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import Founding
from tests.unit.evidence.log_of import LogGate
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.accounts.errors import NotThere
from aigaq.accounts.models import Staff
from aigaq.age import X25519Identity
from aigaq.core.models import AuditEvent
from aigaq.evidence import custody
from aigaq.evidence import services as evidence
from aigaq.evidence.models import FiledReport, HeadOpening
from aigaq.intake import services
from aigaq.intake.errors import IntakeError
from aigaq.intake.package_gathering import PackageChoice
from aigaq.intake.packaging import Exported, WatchedHead, export_package
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.tlog import Cosigner, VerifierKey, add_signatures, parse_note, read_checkpoint
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
        lines = self.partner.cosign(signed.checkpoint, at=1_800_000_000)
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
        from dataclasses import replace

        number = self.carried.report.register_number
        whole = PackageChoice((number,), items=None, purpose="prove", audience="court")
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
    carried = carry_report(
        founding,
        items=ITEMS,
        consents=(("keep", "team"), ("prove", "court")),
    )
    evidence.sync_log(gate, source=gate.source, card=gate.card)
    gate.publish(values=[carried.sealed.commitment])
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
    refused("consent.missing", stage, tmp_path / name, audience="public", purpose="publish")


def test_a_withdrawn_consent_closes_the_exit(stage: Stage, tmp_path: Path) -> None:
    fault = stage.carried.write(kind="withdraw_consent", body={"consents": None, "report_id": None})
    assert not fault
    refused("consent.withdrawn", stage, tmp_path / "package")


def test_the_withdrawal_of_another_consent_is_shown_as_it_was_signed(
    stage: Stage, tmp_path: Path
) -> None:
    report_id = bytes(stage.carried.report.report_id).hex()
    stage.carried.write(kind="withdraw_consent", body={"consents": [0], "report_id": report_id})
    exported = stage.export(tmp_path / "package")
    assert verify_package(exported.path, policy=stage.policy()).outcome == "verified"
    extract = (exported.path / "evidence/consent.json").read_text()
    assert "withdraw_consent" in extract


def test_a_consent_by_word_of_mouth_opens_the_exit_until_it_is_taken_back(
    stage: Stage, tmp_path: Path
) -> None:
    founder, wanted = stage.founding.founder, {"purpose": "complain", "audience": "authority"}
    grant = services.record_consent(
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
    services.withdraw_consent(actor=founder, consent_id=grant, reason="in a call")
    refused("consent.withdrawn", stage, tmp_path / "again", items=(0,), **wanted)


def test_a_report_that_is_not_in_the_log_yet_is_not_handed_out(
    stage: Stage, tmp_path: Path
) -> None:
    later = carry_report(stage.founding, items=ITEMS, consents=(("prove", "court"),))
    number = later.report.register_number
    refused("package.not_logged", stage, tmp_path / "package", register_numbers=(number,))


def test_a_report_without_items_is_no_package(stage: Stage, tmp_path: Path) -> None:
    later = carry_report(stage.founding, consents=(("prove", "court"),))
    number = later.report.register_number
    refused("package.no_items", stage, tmp_path / "package", register_numbers=(number,))


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
