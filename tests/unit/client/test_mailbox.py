"""The mailbox in a real page: what the desk writes, what she writes, and every alarm."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page
from tests.small_log import prove_commitment
from tests.unit.client.conftest import World
from tests.unit.client.desk import write_to

from aigaq.clock import now
from aigaq.sealing.card import build_card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.mailbox_answer import Head
from aigaq.sealing.messages import TO_DESK, open_message
from aigaq.sealing.opening import ExaminedReport
from aigaq.sealing.receipts import (
    FilingReceipt,
    build_filing_receipt,
    build_promise,
    build_receipt_file,
    parse_promise,
    parse_receipt_file,
)
from aigaq.sealing.signatures import public_bytes

pytestmark = pytest.mark.browser

OPEN = "async () => { window.mailbox = await sealer.openMailbox(code); return mailbox.refresh(); }"


@pytest.fixture
def report(phone: Page, world: World) -> ExaminedReport:
    """Return the first report of the code that the page made, as the desk opened it."""
    received = phone.evaluate("() => sendPart(partOf('text'))")
    phone.evaluate("(receipt) => { window.firstReceipt = receipt; }", received["receipt"])
    return world.desk.open(received["reportId"])


def post(world: World, report: ExaminedReport, file: bytes, *, previous: Head) -> dict[str, Any]:
    """Put a desk message into her mailbox."""
    assert report.manifest is not None
    body = {
        "ciphertext": encode_base64(file),
        "mailbox_key": encode_base64(report.manifest.mailbox_key),
        "previous": previous.sha256.hex(),
        "sequence": previous.sequence + 1,
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    answer: dict[str, Any] = json.loads(world.desk.ask("POST", "/api/desk/mailboxes", body=text))
    assert answer["result"] == "taken"
    return answer


def say(world: World, report: ExaminedReport, *, previous: Head | None = None, **more: Any) -> Head:
    before = previous or Head()
    file, head = write_to(report, organisation=world.organisation, previous=before, **more)
    post(world, report, file, previous=before)
    return head


def messages_at_desk(world: World, report: ExaminedReport) -> list[dict[str, Any]]:
    assert report.manifest is not None
    key = encode_base64(report.manifest.mailbox_key)
    listed = json.loads(world.desk.ask("GET", "/api/desk/messages?after=0&limit=500"))["messages"]
    return [one for one in listed if one["mailbox_key"] == key]


def what(view: dict[str, Any]) -> list[str]:
    return [alarm["what"] for alarm in view["alarms"]]


@pytest.mark.usefixtures("report")
def test_a_code_finds_its_mailbox_and_the_promise(phone: Page) -> None:
    view = phone.evaluate(OPEN)
    assert (view["found"], view["canWrite"], what(view)) == (True, True, [])
    assert [one["reportId"] for one in view["promises"]] == [
        phone.evaluate("() => session.lastReportId")
    ]


def test_an_unknown_code_finds_nothing_and_says_no_more(phone: Page) -> None:
    view = phone.evaluate(OPEN)
    assert (view["found"], view["canWrite"], view["messages"]) == (False, False, [])


def test_messages_of_the_desk_are_shown_until_she_confirms_them(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    first = say(world, report)
    say(world, report, previous=first, body={"text": "second"})
    view = phone.evaluate(OPEN)
    assert [one["sequence"] for one in view["messages"]] == [1, 2]
    assert view["messages"][0]["text"] == "Здравствуйте. Сәлеметсіз бе."
    view = phone.evaluate("() => mailbox.confirm(1)")
    assert [one["sequence"] for one in view["messages"]] == [2]
    assert what(view) == []


def test_what_she_writes_reaches_the_desk_in_one_chain(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    assert report.manifest is not None
    phone.evaluate(OPEN)
    phone.evaluate("() => mailbox.write('Рақмет', 'c')")
    phone.evaluate("() => mailbox.request('withdraw', null, 'f')")
    phone.evaluate("() => mailbox.withdrawConsents(null, null, 'a')")
    opened = [
        open_message(
            base64.b64decode(one["ciphertext"]),
            identities=[world.organisation.team],
            public_key=report.manifest.mailbox_key,
            direction=TO_DESK,
            team_id=world.organisation.card.team_id,
            mailbox_key=report.manifest.mailbox_key,
            first_commitment=report.manifest.commitment(),
        )
        for one in messages_at_desk(world, report)
    ]
    assert [(one.sequence, one.kind, one.sign) for one in opened] == [
        (1, "text", "c"),
        (2, "request", "f"),
        (3, "withdraw_consent", "a"),
    ]
    assert opened[0].body == {"text": "Рақмет"}


def test_an_answer_lost_on_the_way_writes_no_second_message(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    phone.evaluate(OPEN)
    lost: list[int] = []

    def lose_the_first(route: Any) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort("connectionreset")

    phone.route("**/api/mailbox", lose_the_first)
    view = phone.evaluate("() => mailbox.write('once', 'a')")
    assert (lost, view["canWrite"]) == ([200], True)
    assert len(messages_at_desk(world, report)) == 1


def test_two_windows_that_write_at_once_are_told(phone: Page, report: ExaminedReport) -> None:
    assert report.manifest is not None
    error = phone.evaluate(
        """async () => {
          const [one, two] = [await sealer.openMailbox(code), await sealer.openMailbox(code)];
          await one.refresh(); await two.refresh();
          await one.write("one", "a");
          return two.write("two", "b").then(() => null, (caught) => caught.code);
        }"""
    )
    assert error == "message.out_of_order"


@pytest.mark.usefixtures("report")
def test_a_text_that_is_too_long_is_not_sent(phone: Page) -> None:
    phone.evaluate(OPEN)
    error = phone.evaluate(
        "() => mailbox.write('ң'.repeat(4097), 'a').then(() => null, (caught) => caught.code)"
    )
    assert error == "message.too_long"


def test_a_filing_receipt_completes_the_receipt_file(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    assert report.manifest is not None
    assert report.report_id is not None
    receipt = FilingReceipt(
        team_id=world.organisation.card.team_id,
        report_id=report.report_id,
        commitment=report.manifest.commitment(),
        register_number=7,
        state="filed",
        filed_at=now(),
    )
    text = build_filing_receipt(receipt, message_key=world.organisation.message)
    say(world, report, kind="filing_receipt", body={"filing_receipt": text})
    view = phone.evaluate(OPEN)
    assert (view["messages"][0]["kind"], view["messages"][0]["registerNumber"]) == ("filed", 7)
    completed = phone.evaluate(
        """async (filed) => {
          const saved = await sealer.completeReceiptFile(new Blob([firstReceipt]), filed);
          return saved.blob.text();
        }""",
        text,
    )
    assert parse_receipt_file(completed.encode()).filing_receipt == text


def test_a_message_that_the_desk_did_not_sign_raises_an_alarm(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    say(world, report, key=Ed25519PrivateKey.generate())
    view = phone.evaluate(OPEN)
    assert (what(view), view["messages"], view["canWrite"]) == (["wrong_signature"], [], False)


def test_a_message_that_the_gate_holds_back_raises_an_alarm(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    first = say(world, report)
    held_back, after = write_to(report, organisation=world.organisation, previous=first)
    assert held_back
    third, _ = write_to(report, organisation=world.organisation, previous=after)
    # The gate's own chain is whole; inside, the message speaks of one that nobody delivered.
    post(world, report, third, previous=first)
    assert "broken_chain" in what(phone.evaluate(OPEN))


def test_a_gate_that_hides_her_own_message_raises_an_alarm(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    say(world, report, known=Head(sequence=1, sha256=bytes([7]) * 32))
    assert what(phone.evaluate(OPEN)) == ["gate_behind_desk"]


def test_after_an_alarm_nothing_more_is_written(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    say(world, report, key=Ed25519PrivateKey.generate())
    phone.evaluate(OPEN)
    error = phone.evaluate("() => mailbox.write('x', 'a').then(() => null, (e) => e.code)")
    assert error == "mailbox.not_ready"


def prove(world: World, commitment: bytes) -> str:
    """Return a proof signed by the organisation's log key alone."""
    organisation = world.organisation
    return prove_commitment(commitment, key=organisation.log, origin=organisation.card.log_origin)


def say_proof(world: World, report: ExaminedReport, proof: str) -> None:
    assert report.report_id is not None
    body = {"proof": proof, "report_id": report.report_id.hex()}
    say(world, report, kind="proof", body=body)


def test_a_proof_is_shown_as_not_independent_and_goes_into_the_receipt_file_and_a_sheet(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    assert report.manifest is not None
    commitment = report.manifest.commitment()
    proof = prove(world, commitment)
    say_proof(world, report, proof)
    view = phone.evaluate(OPEN)
    assert what(view) == []
    (shown,) = view["messages"]
    assert (shown["kind"], shown["index"], shown["isIndependent"]) == ("proof", 2, False)
    done = phone.evaluate(
        """async (proof) => {
          const done = await sealer.completeReceiptFile(new Blob([firstReceipt]), null, proof);
          return { text: await done.blob.text(), sheet: done.sheet };
        }""",
        proof,
    )
    assert parse_receipt_file(done["text"].encode()).proof == proof
    sheet = done["sheet"]
    origin = world.organisation.card.log_origin
    assert (sheet["commitment"], sheet["logOrigin"], sheet["index"]) == (
        commitment.hex(),
        origin,
        2,
    )
    assert sheet["qr"] is not None


def test_a_proof_of_another_report_raises_an_alarm(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    say_proof(world, report, prove(world, bytes(32)))
    view = phone.evaluate(OPEN)
    assert (what(view), view["messages"], view["canWrite"]) == (["wrong_proof"], [], False)


def test_a_proof_of_another_report_never_goes_into_her_receipt_file(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    assert report.manifest is not None
    code = phone.evaluate(
        """(proof) => sealer.completeReceiptFile(new Blob([firstReceipt]), null, proof)
          .then(() => "taken", (error) => error.code)""",
        prove(world, bytes(32)),
    )
    assert code == "proof.refused"


def test_a_mailbox_whose_report_is_safe_has_its_promise_still_and_she_writes_as_before(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    """The gate holds both only sealed then; a phone that has nothing but the code opens them."""
    assert report.manifest is not None
    assert report.report_id is not None
    before = phone.evaluate(OPEN)["promises"]
    world.desk.ask("POST", f"/api/desk/reports/{report.report_id.hex()}/safe")
    view = phone.evaluate(OPEN)
    assert what(view) == []
    assert view["canWrite"] is True
    assert [one["reportId"] for one in before] == [report.report_id.hex()]
    assert view["promises"] == before
    phone.evaluate("() => mailbox.write('Рақмет', 'c')")
    (held,) = messages_at_desk(world, report)
    opened = open_message(
        base64.b64decode(held["ciphertext"]),
        identities=[world.organisation.team],
        public_key=report.manifest.mailbox_key,
        direction=TO_DESK,
        team_id=world.organisation.card.team_id,
        mailbox_key=report.manifest.mailbox_key,
        first_commitment=report.manifest.commitment(),
    )
    assert opened.body == {"text": "Рақмет"}


def test_a_proof_of_a_retired_log_is_no_alarm_and_goes_into_her_old_receipt_file(
    phone: Page, world: World, report: ExaminedReport
) -> None:
    """After a seizure the page has the new card; that of her receipt file checks the old proof."""
    assert report.manifest is not None
    organisation, old_key = world.organisation, Ed25519PrivateKey.generate()
    old_card = replace(
        organisation.card, log_origin="old.example/log", log_key=public_bytes(old_key)
    )
    kept = parse_receipt_file(phone.evaluate("() => firstReceipt").encode())
    promise = parse_promise(kept.promise, log_key=organisation.card.log_key)
    old = replace(
        kept,
        card=build_card(old_card, root_key=organisation.root).decode(),
        promise=build_promise(replace(promise, log_origin="old.example/log"), log_key=old_key),
    )
    proof = prove_commitment(
        report.manifest.commitment(), key=old_key, origin="old.example/log", index=2
    )
    say_proof(world, report, proof)
    view = phone.evaluate(OPEN)
    (shown,) = view["messages"]
    assert (what(view), shown["index"], shown["isIndependent"]) == ([], 2, False)

    complete = """([receipt, proof]) => sealer.completeReceiptFile(new Blob([receipt]), null, proof)
      .then(async (done) => ({ text: await done.blob.text(), sheet: done.sheet }),
            (error) => error.code)"""
    done = phone.evaluate(complete, [build_receipt_file(old).decode(), proof])
    assert parse_receipt_file(done["text"].encode()).proof == proof
    assert done["sheet"]["logOrigin"] == "old.example/log"
    # The new card's own receipt file refuses it: its log never held that.
    assert phone.evaluate(complete, [build_receipt_file(kept).decode(), proof]) == "proof.refused"
