"""Lies by someone who holds the desk key and signs the package again: each is named.

What the desk key alone can still say, and no verifier can know, is at the end.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.courthouse import AT, Court
from tests.gatehouse import Organisation
from tests.insider import Insider

from aigaq.age import HybridIdentity, X25519Identity, encrypt_bytes
from aigaq.evidence.custody_lines import CustodyLine, build_line, hash_line, hide_line
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.signed_json import build_signed_json
from aigaq_verify.packages import verify_package
from aigaq_verify.sources import Digest, Folder

Failing = Callable[..., tuple[int, str, str]]
Judge = Callable[..., dict[str, Any]]
PHOTO = "data/items/0001/Фото 1.jpg"
VOICE = "data/items/0002/голос.ogg"
PACKAGE = "evidence/package.json"
CUSTODY = "evidence/custody.jsonl"
CONSENT = "evidence/consent.json"


def proof(court: Court, number: int) -> str:
    return f"evidence/reports/{court.sealed[number].report.report_id.hex()}/proof.tlog-proof"


def test_signing_again_without_a_lie_changes_nothing(insider: Insider, judge: Judge) -> None:
    assert judge(insider.seal())["verdict"] == "verified"


# Items.


def test_changed_bytes_of_an_item(insider: Insider, failing: Failing) -> None:
    insider.write(PHOTO, b"\xff\xd8" + bytes(4_999) + b"\x01")
    assert failing(insider.seal()) == (8, "item.wrong_hash", PHOTO)


def test_an_item_cut_short(insider: Insider, failing: Failing) -> None:
    insider.write(PHOTO, insider.read(PHOTO)[:-1])
    assert failing(insider.seal()) == (8, "item.wrong_size", PHOTO)


def test_two_items_swapped(insider: Insider, failing: Failing) -> None:
    photo, voice = insider.read(PHOTO), insider.read(VOICE)
    insider.write(PHOTO, voice)
    insider.write(VOICE, photo)
    assert failing(insider.seal()) == (8, "item.wrong_size", PHOTO)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", "other.jpg"),
        ("type", "image/png"),
        ("size", 5_003),
        ("sha256", "00" * 32),
        ("salt", encode_base64(bytes(32))),
        ("item_number", 7),
    ],
)
def test_an_item_described_otherwise_than_its_leaf_says(
    insider: Insider, failing: Failing, member: str, value: object
) -> None:
    insider.edit(lambda one: one["items"][0].update({member: value}))
    assert failing(insider.seal()) == (8, "item.wrong_root", PHOTO)


def test_an_item_at_the_place_of_another_leaf(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["items"][0].update(leaf_index=0))
    assert failing(insider.seal()) == (8, "item.wrong_length", PHOTO)


def test_an_item_beyond_the_last_leaf(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["items"][0].update(leaf_index=1_000))
    assert failing(insider.seal()) == (8, "item.wrong_index", PHOTO)


def test_a_path_that_is_too_short(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["items"][0]["leaf_path"].pop())
    assert failing(insider.seal()) == (8, "item.wrong_length", PHOTO)


def test_an_item_given_to_another_report(court: Court, insider: Insider, failing: Failing) -> None:
    other = court.sealed[1].report.report_id.hex()
    insider.edit(lambda one: one["items"][0].update(report_id=other, leaf_index=1, item_number=1))
    step, code, where = failing(insider.seal())
    assert (step, where) == (8, PHOTO)
    assert code in ("item.wrong_root", "item.wrong_length")


def test_a_file_among_the_items_that_no_one_lists(insider: Insider, failing: Failing) -> None:
    insider.write("data/items/0001/extra.jpg", b"extra")
    assert failing(insider.seal()) == (8, "item.unlisted", "data/items/0001/extra.jpg")


def test_a_listed_item_that_is_not_there(insider: Insider, failing: Failing) -> None:
    insider.remove(PHOTO)
    assert failing(insider.seal()) == (8, "item.missing", PHOTO)


def test_plain_bytes_called_sealed(insider: Insider, failing: Failing) -> None:
    insider.write("data/items/0001.age", insider.read(PHOTO))
    insider.remove(PHOTO)
    recipient = "age1" + "q" * 58
    insider.edit(
        lambda one: one["items"][0].update(path="data/items/0001.age", sealed_to=recipient)
    )
    assert failing(insider.seal()) == (8, "item.not_sealed", "data/items/0001.age")


SEALED = "data/items/0001.age"


@pytest.fixture
def sealed(court: Court, tmp_path: Path) -> Insider:
    recipient = X25519Identity.generate().recipient
    items = tuple(replace(one, sealed_to=recipient) for one in court.package().items)
    return Insider(court, court.write(tmp_path / "sealed", items=items))


def test_what_is_in_a_sealed_item_is_unknown_and_nothing_more_is_said(
    sealed: Insider, judge: Judge
) -> None:
    verdict = judge(sealed.seal())
    assert verdict["verdict"] == "verified", verdict
    assert {item["result"] for item in verdict["items"]} == {"unknown"}
    assert "3 of 3 are sealed" in verdict["steps"][8]["words"]


def test_beside_a_sealed_item_an_open_one_is_judged(
    court: Court, tmp_path: Path, judge: Judge
) -> None:
    first, *others = court.package().items
    first = replace(first, sealed_to=X25519Identity.generate().recipient)
    verdict = judge(court.write(tmp_path / "mixed", items=(first, *others)))
    assert [item["result"] for item in verdict["items"]] == ["unknown", "passed", "passed"]


def test_a_sealed_item_that_cannot_hold_so_many_bytes(sealed: Insider, failing: Failing) -> None:
    sealed.write(SEALED, sealed.read(SEALED)[:-1])
    assert failing(sealed.seal()) == (8, "item.wrong_size", SEALED)


def test_a_ciphertext_to_a_hybrid_key_as_the_gate_has_it(sealed: Insider, failing: Failing) -> None:
    recipient = HybridIdentity.generate().recipient
    sealed.write(SEALED, encrypt_bytes(b"\xff\xd8" + bytes(5_000), recipients=[recipient]))
    assert failing(sealed.seal()) == (8, "item.not_sealed", SEALED)


def test_a_sealed_item_to_two_keys(sealed: Insider, failing: Failing) -> None:
    both = [X25519Identity.generate().recipient for _ in range(2)]
    sealed.write(SEALED, encrypt_bytes(b"\xff\xd8" + bytes(5_000), recipients=both))
    assert failing(sealed.seal()) == (8, "item.not_sealed", SEALED)


def test_an_item_said_to_be_sealed_to_another_kind_of_key_or_to_none(
    sealed: Insider, failing: Failing
) -> None:
    other = str(HybridIdentity.generate().recipient)
    sealed.edit(lambda one: one["items"][0].update(sealed_to=other))
    assert failing(sealed.seal()) == (1, "package.bad_form", PACKAGE)
    sealed.edit(lambda one: one["items"][0].update(sealed_to="age1" + "q" * 58))
    assert failing(sealed.seal()) == (8, "item.not_sealed", SEALED)


def test_an_item_that_lies_among_the_documents(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["items"][0].update(path="data/summary.en.html"))
    assert failing(insider.seal()) == (1, "package.bad_form", PACKAGE)


def test_a_derivative_that_stands_on_no_leaf(insider: Insider, failing: Failing) -> None:
    derived = {"number": 1, "recipe": "preview/still/v1"}
    insider.edit(lambda one: one["items"][1].update(derived_from=derived))
    assert failing(insider.seal()) == (1, "package.bad_form", PACKAGE)


# Reports, commitment, log.


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("root_salt", encode_base64(bytes(32))),
        ("root", "00" * 32),
        ("leaf_count", 3),
        ("mailbox_key", encode_base64(bytes(range(32)))),
    ],
)
def test_a_report_opened_otherwise_than_it_was_committed(
    court: Court, insider: Insider, failing: Failing, member: str, value: object
) -> None:
    insider.edit(lambda one: one["reports"][0].update({member: value}))
    report = court.sealed[0].report.report_id.hex()
    assert failing(insider.seal()) == (7, "commitment.wrong", report)


def test_another_commitment_than_the_logged_one(
    court: Court, insider: Insider, failing: Failing
) -> None:
    insider.edit(lambda one: one["reports"][0].update(commitment="11" * 32))
    assert failing(insider.seal()) == (6, "proof.wrong_root", proof(court, 0))


def test_a_proof_at_another_place(court: Court, insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["reports"][0].update(log_index=9))
    assert failing(insider.seal()) == (6, "proof.wrong_index", proof(court, 0))


def test_the_proof_of_another_report(court: Court, insider: Insider, failing: Failing) -> None:
    insider.write(proof(court, 0), insider.read(proof(court, 1)))
    assert failing(insider.seal()) == (6, "proof.wrong_index", proof(court, 0))


def test_a_proof_without_its_last_hash(court: Court, insider: Insider, failing: Failing) -> None:
    head, _, note = insider.read(proof(court, 0)).partition(b"\n\n")
    insider.write(proof(court, 0), head.rpartition(b"\n")[0] + b"\n\n" + note)
    assert failing(insider.seal()) == (6, "proof.wrong_length", proof(court, 0))


def test_a_report_of_which_nothing_is_shown(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["items"].pop())
    insider.remove("data/items/0003/clip.mp4")
    assert failing(insider.seal()) == (1, "package.bad_form", PACKAGE)


def test_a_replayed_older_checkpoint(tmp_path: Any, check: Any) -> None:
    """The older head is genuine and cosigned; what came later is not under it."""
    court = Court(tmp_path / "court")
    court.add_report([("a.jpg", b"first")])
    court.publish()
    size, old = court.checkpoint()
    court.add_report([("b.jpg", b"second")])
    court.publish()
    insider = Insider(court, court.write(tmp_path / "package"))
    new = json.loads(insider.read(PACKAGE))["checkpoint"]
    insider.remove(new)
    older = f"evidence/checkpoints/{size}.checkpoint"
    insider.write(older, old)
    insider.edit(lambda one: one.update(checkpoint=older))
    policy = court.write_policy(tmp_path / "policy.json")
    verdict = check("package", insider.seal(), "--policy", policy)
    (step,) = [one for one in verdict["steps"] if one["result"] == "failed"]
    assert (step["code"], step["where"]) == ("proof.other_checkpoint", proof(court, 0))


def test_a_checkpoint_that_another_key_signed(
    court: Court, insider: Insider, failing: Failing, tmp_path: Any
) -> None:
    name = json.loads(insider.read(PACKAGE))["checkpoint"]
    text, _, lines = insider.read(name).decode().rpartition("\n\n")
    _signed, *cosigned = lines.split("\n")
    insider.write(name, (text + "\n\n" + "\n".join(cosigned)).encode())
    assert failing(insider.seal()) == (4, "note.not_signed", name)


def test_a_checkpoint_of_another_log(insider: Insider, failing: Failing) -> None:
    name = json.loads(insider.read(PACKAGE))["checkpoint"]
    insider.write(name, insider.read(name).replace(b"127.0.0.1:8470/log\n", b"other.example\n", 1))
    assert failing(insider.seal()) == (4, "checkpoint.other_log", name)


def test_a_broken_cosignature(insider: Insider, failing: Failing) -> None:
    name = json.loads(insider.read(PACKAGE))["checkpoint"]
    lines = insider.read(name).decode().split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("— partner.example"))
    lines[at] = lines[at][:-10] + ("A" if lines[at][-10] != "A" else "B") + lines[at][-9:]
    insider.write(name, "\n".join(lines).encode())
    assert failing(insider.seal())[1:] == ("note.wrong_signature", name)


def test_without_its_cosignatures_a_package_is_not_anchored(
    court: Court, insider: Insider, judge: Judge
) -> None:
    name = json.loads(insider.read(PACKAGE))["checkpoint"]
    old = insider.read(name)
    kept = [one for one in old.split(b"\n") if not one.startswith("— partner".encode())]
    new = b"\n".join(kept)
    insider.write(name, new)
    for path in (proof(court, 0), proof(court, 1), "evidence/custody.tlog-proof"):
        insider.write(path, insider.read(path).replace(old, new))
    verdict = judge(insider.seal())
    assert (verdict["exit"], verdict["verdict"]) == (3, "not_anchored")
    assert {item["result"] for item in verdict["items"]} == {"not anchored"}


# Cards and the desk's own signature.


def test_a_card_under_another_root(insider: Insider, failing: Failing) -> None:
    stranger = Organisation.found(port=8470)
    insider.write("evidence/cards/000001.card", stranger.signed_card())
    assert failing(insider.seal()) == (3, "card.wrong_signature", "evidence/cards/000001.card")


def test_a_package_without_a_card(insider: Insider, failing: Failing) -> None:
    insider.remove("evidence/cards/000001.card")
    assert failing(insider.seal())[:2] == (3, "card.missing")


def test_a_card_under_another_number(insider: Insider, failing: Failing) -> None:
    insider.write("evidence/cards/000002.card", insider.read("evidence/cards/000001.card"))
    assert failing(insider.seal()) == (3, "card.bad_form", "evidence/cards/000002.card")


def test_a_desk_key_that_a_newer_card_replaced(
    court: Court, insider: Insider, failing: Failing
) -> None:
    from aigaq.sealing.card import build_card

    organisation = court.organisation
    other = Organisation.found(port=8470).card.desk_key
    newer = replace(organisation.card, version=2, desk_key=other)
    insider.write("evidence/cards/000002.card", build_card(newer, root_key=organisation.root))
    where = "tagmanifest-sha256.txt.note"
    assert failing(insider.seal()) == (3, "note.not_signed", where)


def test_a_card_of_another_team_under_the_same_root(
    court: Court, insider: Insider, failing: Failing
) -> None:
    from aigaq.sealing.card import build_card

    organisation = court.organisation
    newer = replace(organisation.card, version=2, team_id=bytes(16))
    insider.write("evidence/cards/000002.card", build_card(newer, root_key=organisation.root))
    assert failing(insider.seal())[:2] == (3, "card.other_team")


def test_the_root_key_of_someone_else(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one.update(root_key=encode_base64(bytes(range(32)))))
    assert failing(insider.seal())[:2] == (2, "policy.other_root")


def test_the_note_of_another_package(
    court: Court, insider: Insider, failing: Failing, tmp_path: Any
) -> None:
    other = court.write(tmp_path / "other")
    note = "tagmanifest-sha256.txt.note"
    insider.write(note, (other / note).read_bytes())
    assert failing(insider.folder) == (3, "bag.other_note", note)


# Custody.


def test_a_line_of_custody_left_out(insider: Insider, failing: Failing) -> None:
    insider.custody(lambda lines: lines.pop(0))
    assert failing(insider.seal()) == (9, "custody.gap", "line 1")


def test_a_line_of_custody_changed_under_the_logged_head(
    insider: Insider, failing: Failing
) -> None:
    insider.custody(
        lambda lines: lines.__setitem__(0, lines[0].replace(b"caseworker", b"stranger"))
    )
    assert failing(insider.seal()) == (9, "custody.wrong_chain", CUSTODY)


def test_custody_that_ends_before_the_logged_head(insider: Insider, failing: Failing) -> None:
    insider.custody(lambda lines: lines.pop())
    step, code, _ = failing(insider.seal())
    assert (step, code) == (9, "custody.no_event")


def test_a_chain_that_does_not_lead_to_its_head(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["custody"].update(head="00" * 32))
    assert failing(insider.seal()) == (9, "custody.wrong_chain", CUSTODY)


def test_a_logged_head_of_no_line_at_all(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["custody"]["logged"].update(count=0))
    assert failing(insider.seal()) == (9, "custody.wrong_chain", CUSTODY)


def test_an_opening_that_the_log_does_not_hold(insider: Insider, failing: Failing) -> None:
    salt = encode_base64(bytes(32))
    insider.edit(lambda one: one["custody"]["logged"]["opening"].update(salt=salt))
    assert failing(insider.seal()) == (9, "proof.wrong_root", "evidence/custody.tlog-proof")


def test_a_register_head_called_custody(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["custody"]["logged"]["opening"].update(kind="register_head"))
    assert failing(insider.seal()) == (9, "custody.wrong_chain", CUSTODY)


def test_the_coming_of_a_disclosed_item_hidden(
    court: Court, insider: Insider, failing: Failing
) -> None:
    insider.custody(
        lambda lines: lines.__setitem__(0, hide_line(sequence=1, line_sha256=hash_line(lines[0])))
    )
    assert failing(insider.seal()) == (9, "custody.no_event", PHOTO)


def test_a_second_coming_of_other_bytes(court: Court, insider: Insider, failing: Failing) -> None:
    item = f"{court.sealed[0].report.report_id.hex()}/0"
    line = CustodyLine(
        sequence=4, at=AT, by="insider", event="received", item=item, sha256=bytes(32)
    )
    insider.custody(lambda lines: lines.append(build_line(line)))
    assert failing(insider.seal()) == (9, "custody.other_hash", PHOTO)


def test_without_a_logged_head_custody_is_not_anchored(insider: Insider, judge: Judge) -> None:
    insider.edit(lambda one: one["custody"].update(logged=None))
    insider.remove("evidence/custody.tlog-proof")
    verdict = judge(insider.seal())
    assert verdict["exit"] == 3
    assert verdict["steps"][9]["code"] == "custody.not_logged"


# Derivatives.

COPY = "data/items/0001/copy of a.jpg"


@pytest.fixture
def stripped(tmp_path: Path) -> Insider:
    """Give an insider over a package with a copy without hidden details and an original."""
    court = Court(tmp_path / "stripped")
    sealed = court.add_report([("a.jpg", b"what came"), ("b.jpg", b"another")])
    court.derive(sealed, 0, b"a copy without hidden details")
    court.publish()
    return Insider(court, court.write(tmp_path / "package"))


def test_a_derivative_is_never_taken_for_what_came(
    stripped: Insider, check: Callable[..., Any]
) -> None:
    policy = stripped.court.write_policy(stripped.folder.parent / "policy.json")
    verdict = check("package", stripped.seal(), "--policy", policy)
    assert verdict["verdict"] == "verified", verdict
    first, second = verdict["items"]
    assert (first["path"], first["result"]) == (COPY, "unknown")
    assert second["result"] == "passed"
    assert "1 of 2 are copies that the desk made" in verdict["steps"][8]["words"]
    assert "not the file that came" in first["words"]
    assert "strip/v1" in first["words"]
    assert "the copy made in line 3, fixed by the log" in first["words"]
    assert "copy" not in second["words"]


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "step", "code"),
    [
        (lambda item: item["derived_from"].update(sha256="0" * 64), 8, "item.wrong_root"),
        (lambda item: item["derived_from"].update(size=1), 8, "item.wrong_root"),
        (lambda item: item.update(derived_from=None), 8, "item.wrong_root"),
        (lambda item: item.update(sha256="0" * 64), 8, "item.wrong_hash"),
        (lambda item: item.update(size=1), 8, "item.wrong_size"),
        (lambda item: item["derived_from"].update(recipe="blur/v1"), 1, "package.bad_form"),
        (lambda item: item["derived_from"].update(number=1), 1, "package.bad_form"),
        (lambda item: item["derived_from"].pop("name"), 1, "package.bad_form"),
        (lambda item: item.update(derived_from={}), 1, "package.bad_form"),
    ],
)
def test_a_derivative_names_the_original_that_its_leaf_opens_to(
    stripped: Insider, check: Callable[..., Any], change: Change, step: int, code: str
) -> None:
    stripped.edit(lambda one: change(one["items"][0]))
    steps = check("package", stripped.seal())["steps"]
    (found,) = [one for one in steps if one["result"] == "failed"]
    assert (found["number"], found["code"]) == (step, code)


def test_a_derivative_of_which_custody_tells_nothing(
    stripped: Insider, check: Callable[..., Any]
) -> None:
    other = b"another copy"
    stripped.write(COPY, other)
    digest = hashlib.sha256(other).hexdigest()
    stripped.edit(lambda one: one["items"][0].update(sha256=digest, size=len(other)))
    steps = check("package", stripped.seal())["steps"]
    (found,) = [one for one in steps if one["result"] == "failed"]
    assert (found["number"], found["code"], found["where"]) == (9, "custody.no_derivation", COPY)


def test_hidden_lines_of_custody_are_counted(court: Court, insider: Insider, judge: Judge) -> None:
    """A hidden line may tell of a disclosed item: that it was handed to somebody, say."""
    assert "hidden" not in judge(insider.seal())["steps"][9]["words"]
    item = f"{court.sealed[0].report.report_id.hex()}/0"
    line = build_line(
        CustodyLine(sequence=4, at=AT, by="insider", event="handed_over", item=item, sha256=None)
    )
    hidden = hide_line(sequence=4, line_sha256=hash_line(line))
    insider.custody(lambda lines: lines.append(hidden))
    verdict = judge(insider.seal())
    assert verdict["verdict"] == "verified"
    assert "1 hidden" in verdict["steps"][9]["words"]


# Consent.


def test_items_without_a_grant(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["grants"].clear(), "consent")
    assert failing(insider.seal()) == (10, "consent.missing", PHOTO)


def test_a_grant_for_another_purpose(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one.update(purpose="complain", audience="authority"))
    assert failing(insider.seal()) == (10, "consent.missing", PHOTO)


@pytest.mark.parametrize(
    ("purpose", "audience"),
    [("keep", "team"), ("count", "public"), ("publish", "public"), ("prove", "press")],
)
def test_a_grant_that_carries_no_items(
    court: Court, insider: Insider, failing: Failing, purpose: str, audience: str
) -> None:
    insider.edit(lambda one: one.update(purpose=purpose, audience=audience))
    say_by_mouth(court, insider, purpose=purpose, audience=audience)
    assert failing(insider.seal()) == (10, "consent.wrong_purpose", "evidence/package.json")


@pytest.mark.parametrize(
    ("member", "value"), [("purpose", "publish"), ("audience", "press"), ("items", [0, 1])]
)
def test_a_grant_other_than_the_one_that_was_given(
    insider: Insider, failing: Failing, member: str, value: object
) -> None:
    insider.edit(lambda one: one["grants"][1].update({member: value}), "consent")
    assert failing(insider.seal()) == (10, "consent.wrong_root", CONSENT)


@pytest.fixture
def told(tmp_path: Path) -> Insider:
    """Give an insider over the package of a report that was told to staff by phone."""
    court = Court(tmp_path / "told")
    court.add_report([("a.jpg", b"content")], answers=[(202, "phone")])
    court.publish()
    return Insider(court, court.write(tmp_path / "package"))


def test_what_staff_took_down_is_called_so(told: Insider, check: Callable[..., Any]) -> None:
    verdict = check("package", told.seal())
    assert [one["result"] for one in verdict["steps"]].count("failed") == 0
    assert "told to staff" in verdict["items"][0]["words"]
    assert "told by phone" in verdict["items"][0]["words"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda told: told[0].update(way="door"), "consent.wrong_root"),
        (lambda told: told[0].update(leaf_index=1), "consent.wrong_root"),
        (lambda told: told[0].update(way="by post"), "consent.bad_form"),
        (lambda told: told[0].update(report_id="0" * 64), "consent.bad_form"),
        (lambda told: told.append(told[0]), "consent.bad_form"),
        (lambda told: told.clear(), "consent.bad_form"),
    ],
)
def test_how_a_report_was_told_is_what_its_leaf_says(
    told: Insider, check: Callable[..., Any], change: Callable[[Any], Any], code: str
) -> None:
    told.edit(lambda one: change(one["told"]), "consent")
    steps = check("package", told.seal())["steps"]
    (found,) = [one for one in steps if one["result"] == "failed"]
    assert (found["number"], found["code"]) == (10, code)


def withdrawal(court: Court, **changes: Any) -> dict[str, str]:
    """Return a signed message by which the first report's grants are taken back."""
    sealed = court.sealed[0]
    key = encode_base64(sealed.report.manifest.mailbox_key)
    members = {
        "body": {"consents": None, "report_id": None},
        "direction": "to_desk",
        "first_commitment": sealed.report.commitment.hex(),
        "format": "aigaq/message/v1",
        "heads": {},
        "kind": "withdraw_consent",
        "mailbox_key": key,
        "previous": bytes(32).hex(),
        "sent_at": "2026-05-05T09:00:00Z",
        "sequence": 1,
        "sign": "a",
        "team_id": court.organisation.card.team_id.hex(),
    }
    message = build_signed_json({**members, **changes}, key=sealed.keys.key).decode()
    return {"mailbox_key": key, "message": message}


def test_a_grant_that_was_taken_back(court: Court, insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one["changes"].append(withdrawal(court)), "consent")
    assert failing(insider.seal()) == (10, "consent.withdrawn", PHOTO)


def test_one_grant_taken_back_by_its_number(
    court: Court, insider: Insider, failing: Failing, judge: Judge
) -> None:
    report = court.sealed[0].report.report_id.hex()
    other = withdrawal(court, body={"consents": [0], "report_id": report})
    insider.edit(lambda one: one["changes"].append(other), "consent")
    assert judge(insider.seal())["verdict"] == "verified"
    this = withdrawal(court, body={"consents": [1], "report_id": report}, sequence=2)
    insider.edit(lambda one: one["changes"].append(this), "consent")
    assert failing(insider.seal()) == (10, "consent.withdrawn", PHOTO)


def test_a_withdrawal_that_nobody_signed(court: Court, insider: Insider, failing: Failing) -> None:
    change = withdrawal(court)
    change["message"] = change["message"].replace("2026-05-05", "2026-05-06")
    insider.edit(lambda one: one["changes"].append(change), "consent")
    assert failing(insider.seal()) == (10, "consent.wrong_signature", CONSENT)


def test_messages_out_of_their_sequence(court: Court, insider: Insider, failing: Failing) -> None:
    changes = [withdrawal(court, sequence=2), withdrawal(court, sequence=1)]
    insider.edit(lambda one: one["changes"].extend(changes), "consent")
    assert failing(insider.seal()) == (10, "consent.wrong_sequence", CONSENT)


def test_a_message_to_another_team(court: Court, insider: Insider, failing: Failing) -> None:
    change = withdrawal(court, team_id=bytes(16).hex())
    insider.edit(lambda one: one["changes"].append(change), "consent")
    assert failing(insider.seal()) == (10, "consent.other_mailbox", CONSENT)


# Files that no step would look at.


@pytest.mark.parametrize(
    "name",
    [
        "evidence/analysis.json",
        "evidence/tokens/01.tsr",
        "manifest-md5.txt",
        "tagmanifest-md5.txt",
        "readme.txt",
        "data/photo.jpg",
        "data/office/act.kk.docm",
    ],
)
def test_a_file_that_does_not_belong(insider: Insider, failing: Failing, name: str) -> None:
    insider.write(name, b"extra\n")
    assert failing(insider.seal()) == (1, "bag.extra", name)


def test_a_file_that_is_listed_and_not_there(insider: Insider, failing: Failing) -> None:
    insider.remove("evidence/custody.tlog-proof")
    assert failing(insider.seal()) == (1, "bag.missing", "evidence/custody.tlog-proof")


@pytest.mark.parametrize(
    "text",
    [b"{}\n", b"[]\n", b"", b"\xff\n", b'{"a":1,"a":1}\n', b'{"a":1.5}\n', b"[" * 99_999 + b"\n"],
)
def test_a_contents_file_of_another_form(insider: Insider, failing: Failing, text: bytes) -> None:
    insider.write(PACKAGE, text)
    assert failing(insider.seal()) == (1, "package.bad_form", PACKAGE)


def test_a_package_of_another_day_than_its_bag(insider: Insider, failing: Failing) -> None:
    insider.edit(lambda one: one.update(made_at="2019-01-01T00:00:00Z"))
    assert failing(insider.seal()) == (1, "bag.bad_info", "bag-info.txt")


# What the desk alone says, and the verdict calls so.


def test_provenance_is_the_desks_word(insider: Insider, judge: Judge) -> None:
    insider.edit(lambda one: one["items"][0].update(provenance="official"))
    verdict = judge(insider.seal())
    assert verdict["verdict"] == "verified"
    assert "the desk calls it official" in verdict["items"][0]["words"]


def say_by_mouth(court: Court, insider: Insider, **scope: str) -> None:
    """Write a grant by word of mouth for every report into the extract."""
    grant = {
        "by": "A fictional caseworker",
        "granted_at": "2026-05-05T09:00:00Z",
        "how": "in a meeting",
        "items": None,
        **scope,
    }
    grants = [{**grant, "report_id": one.report.report_id.hex()} for one in court.sealed]
    insider.edit(lambda one: one["staff_grants"].extend(grants), "consent")


def test_a_grant_by_word_of_mouth_is_called_so(
    court: Court, insider: Insider, judge: Judge
) -> None:
    say_by_mouth(court, insider, purpose="complain", audience="authority")
    insider.edit(lambda one: one.update(purpose="complain", audience="authority"))
    verdict = judge(insider.seal())
    assert verdict["verdict"] == "verified"
    assert all("by word of mouth" in item["words"] for item in verdict["items"])


def test_a_word_of_mouth_after_a_signed_withdrawal_is_told_beside_it(
    court: Court, insider: Insider, judge: Judge
) -> None:
    say_by_mouth(court, insider, purpose="prove", audience="court")
    report = court.sealed[0].report.report_id.hex()
    change = withdrawal(court, body={"consents": [1], "report_id": report})
    insider.edit(lambda one: one["changes"].append(change), "consent")
    first, _second, other = judge(insider.seal())["items"]
    assert "taken back by a signed message" in first["words"]
    assert "taken back" not in other["words"]


def test_events_after_the_logged_head_are_counted(
    court: Court, insider: Insider, judge: Judge
) -> None:
    line = CustodyLine(
        sequence=4, at=AT + timedelta(days=1), by="desk", event="exported", item=None, sha256=None
    )
    insider.custody(lambda lines: lines.append(build_line(line)))
    verdict = judge(insider.seal())
    assert verdict["verdict"] == "verified"
    assert "1 came after" in verdict["steps"][9]["words"]


# One thing shown as two, names, days.


def test_one_report_under_two_ids(insider: Insider, failing: Failing) -> None:
    other = "11" * 32

    def show_twice(contents: dict[str, Any]) -> None:
        report, item = (dict(contents[part][-1]) for part in ("reports", "items"))
        path = f"evidence/reports/{other}/proof.tlog-proof"
        insider.write(path, insider.read(report["proof"]))
        report |= {"proof": path, "register_number": 9, "report_id": other}
        number = len(contents["items"]) + 1
        place = f"data/items/{number:04d}/another witness.mp4"
        insider.write(place, insider.read(item["path"]))
        contents["reports"].append(report)
        contents["items"].append(item | {"number": number, "path": place, "report_id": other})

    insider.edit(show_twice)
    contents = json.loads(insider.read(PACKAGE))
    sha256, own = bytes.fromhex(contents["items"][-1]["sha256"]), contents["reports"][-2]
    insider.custody(
        lambda lines: lines.append(
            build_line(
                CustodyLine(
                    sequence=len(lines) + 1,
                    at=AT,
                    by="x",
                    event="received",
                    item=f"{other}/0",
                    sha256=sha256,
                    note="",
                )
            )
        )
    )
    insider.edit(
        lambda one: one["grants"].extend(
            {**grant, "report_id": other}
            for grant in list(one["grants"])
            if grant["report_id"] == own["report_id"]
        ),
        "consent",
    )
    assert failing(insider.seal()) == (1, "package.bad_form", PACKAGE)


def test_a_bag_in_the_name_of_another_organisation(insider: Insider, failing: Failing) -> None:
    info = insider.read("bag-info.txt").decode()
    insider.write("bag-info.txt", info.replace("A fictional team", "A prosecutor").encode())
    assert failing(insider.seal()) == (3, "bag.bad_info", "bag-info.txt")


@pytest.mark.parametrize("separator", ["\u2028", "\u2029"])
def test_a_name_that_other_tools_cut_in_two(
    insider: Insider, failing: Failing, separator: str
) -> None:
    place = f"data/items/0001/a{separator}b.jpg"
    insider.write(place, insider.read(PHOTO))
    insider.remove(PHOTO)
    insider.edit(lambda one: one["items"][0].update(path=place))
    shown = place.replace(separator, f"\\u{ord(separator):x}")
    assert failing(insider.seal()) == (0, "files.bad_path", shown)


def test_a_file_under_another_name_than_its_leaf_is_said_to_be(
    insider: Insider, judge: Judge
) -> None:
    place = "data/items/0001/the district chief.jpg"
    insider.write(place, insider.read(PHOTO))
    insider.remove(PHOTO)
    insider.edit(lambda one: one["items"][0].update(path=place))
    first, second, _third = judge(insider.seal())["items"]
    assert "listed under the name “Фото 1.jpg”" in first["words"]
    assert "listed under" not in second["words"]


def test_without_a_policy_the_name_of_the_organisation_is_its_own_word(
    insider: Insider, check: Judge, judge: Judge
) -> None:
    package = insider.seal()
    words = check("package", package)["steps"][3]["words"]
    assert "calls itself A fictional team" in words
    assert "calls itself" not in judge(package)["steps"][3]["words"]


def test_the_verdict_names_the_policy_and_the_moment(insider: Insider, judge: Judge) -> None:
    words = judge(insider.seal())["steps"][2]["words"]
    assert "“A fictional court”" in words
    assert "as of 20" in words


def test_a_sealed_file_is_judged_by_the_bytes_that_were_hashed(
    court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write to the folder puts another file there once its hash was taken."""
    recipient = X25519Identity.generate().recipient
    items = [replace(item, sealed_to=recipient) for item in court.package().items]
    package = court.write(tmp_path / "sealed", items=tuple(items))
    path = package / "data/items/0001.age"
    good, digest = path.read_bytes(), Folder.digest
    path.write_bytes(b"x" * len(good))
    Insider(court, package).seal()

    def digest_and_swap(self: Folder, name: str) -> Digest:
        found = digest(self, name)
        if name == "data/items/0001.age":
            path.write_bytes(good)
        return found

    monkeypatch.setattr(Folder, "digest", digest_and_swap)
    steps = verify_package(package, policy=None).steps
    assert [one.code for one in steps if one.result == "failed"] == ["item.not_sealed"]
