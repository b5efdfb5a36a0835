"""Sending from a real page through a line that breaks: what the desk opens is what was given."""

import hashlib
import json
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route
from tests.unit.client.conftest import World, wait_until
from tests.unit.client.desk import content_of

from aigaq.sealing.receipts import parse_receipt_file

pytestmark = pytest.mark.browser
LARGE_BYTES = 24_000_000


def test_a_text_arrives_as_it_was_written(phone: Page, world: World) -> None:
    text = "Ақпан айында\n«болған» \\ \u0000 \U0001f331"
    received = phone.evaluate("(text) => sendPart(partOf(text))", text)
    report = world.desk.open(received["reportId"])
    assert report.manifest is not None
    assert [(one.number, one.value) for one in report.manifest.answers] == [(3, text)]
    assert report.manifest.commitment().hex() == received["commitment"]
    assert report.manifest.language == "kk"


def test_half_a_surrogate_pair_does_not_stop_a_report(phone: Page, world: World) -> None:
    received = phone.evaluate("() => sendPart(partOf('a\\ud800b'))")
    report = world.desk.open(received["reportId"])
    assert report.manifest is not None
    assert report.manifest.answers[0].value == "a\ufffdb"


def test_the_receipt_file_opens_its_own_commitment(phone: Page, world: World) -> None:
    received = phone.evaluate("() => sendPart(partOf('text'))")
    receipt = parse_receipt_file(received["receipt"].encode())
    assert receipt.commitment.hex() == received["commitment"]
    assert receipt.report_id.hex() == received["reportId"]
    assert receipt.card.encode() == world.organisation.signed_card()
    assert received["receiptName"].startswith("receipt-")


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 300_000])
def test_an_item_of_any_size_arrives_bit_for_bit(size: int, phone: Page, world: World) -> None:
    received = phone.evaluate("(size) => sendPart(partOf(null, fileOf(size, 7)))", size)
    report = world.desk.open(received["reportId"])
    given = bytes(phone.evaluate("(size) => hashOf(bytes(size, 7))", size))
    assert hashlib.sha256(content_of(report, 0)).digest() == given
    assert report.manifest is not None
    item = report.manifest.items[0]
    assert (item.name, item.media_type, item.source) == ("../né\u202e.jpg", "image/jpeg", "chosen")


def test_a_line_cut_three_times_loses_nothing(phone: Page, world: World) -> None:
    before = world.line.made_cuts
    world.line.cut_after(150_000, 900_000, 1_500_000)
    received = phone.evaluate("() => sendPart(partOf('x', new Blob([bytes(6_000_000, 3)])))")
    assert world.line.made_cuts == before + 3
    report = world.desk.open(received["reportId"])
    given = phone.evaluate("() => hashOf(bytes(6_000_000, 3))")
    assert hashlib.sha256(content_of(report, 0)).digest() == bytes(given)
    phases = phone.evaluate("() => progress.map(({phase}) => phase)")
    assert "waiting" in phases


def test_a_line_that_falls_silent_is_left_for_another(phone: Page, world: World) -> None:
    # No reset and no answer, as when a train goes into a tunnel: the first part of 256 KB hangs.
    before = world.line.made_cuts
    world.line.go_silent_after(100_000)
    began = time.monotonic()
    received = phone.evaluate("() => sendPart(partOf('x', new Blob([bytes(400_000, 4)])))")
    assert world.line.made_cuts == before + 1
    assert time.monotonic() - began < 100
    report = world.desk.open(received["reportId"])
    given = phone.evaluate("() => hashOf(bytes(400_000, 4))")
    assert hashlib.sha256(content_of(report, 0)).digest() == bytes(given)


def test_progress_rises_and_ends_at_the_whole(phone: Page) -> None:
    phone.evaluate("() => sendPart(partOf('x', new Blob([bytes(2_000_000, 3)])))")
    progress = phone.evaluate("() => progress")
    sent = [one["doneBytes"] for one in progress if one["phase"] in ("sending", "completing")]
    assert sent == sorted(sent)
    assert sent[-1] == progress[-1]["totalBytes"]
    assert any(one["secondsLeft"] is not None for one in progress)


def test_pressing_send_twice_sends_once(phone: Page, world: World) -> None:
    before = len(world.desk.list_reports())
    second = phone.evaluate(
        """async () => {
          const part = partOf("twice");
          const first = sendPart(part);
          let error = null;
          try { session.send(part, () => {}); } catch (caught) { error = caught.code; }
          await first;
          return error;
        }"""
    )
    assert second == "send.in_progress"
    assert len(world.desk.list_reports()) == before + 1


def test_an_answer_lost_on_the_way_makes_no_second_report(phone: Page, world: World) -> None:
    before = len(world.desk.list_reports())
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    phone.route("**/api/reports", lose_the_first)
    received = phone.evaluate("() => sendPart(partOf('once'))")
    assert lost == [201]
    assert "reportId" in received
    assert len(world.desk.list_reports()) == before + 1


def test_a_part_names_the_one_that_it_continues(phone: Page, world: World) -> None:
    first = phone.evaluate("() => sendPart(partOf('first'))")
    second = phone.evaluate("() => sendPart(partOf('second'))")
    report = world.desk.open(second["reportId"])
    assert report.manifest is not None
    assert report.manifest.continues == bytes.fromhex(first["reportId"])


def test_a_cancelled_sending_leaves_no_report(phone: Page, world: World) -> None:
    before = len(world.desk.list_reports())
    result = phone.evaluate(
        """async () => {
          const done = sendPart(partOf("x", new Blob([bytes(6_000_000, 3)])));
          while (!progress.some(({phase}) => phase === "sending")) {
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          sending.cancel();
          return done;
        }"""
    )
    assert result["error"] == "send.cancelled"
    assert len(world.desk.list_reports()) == before


def test_an_upload_that_the_gate_lost_starts_again(phone: Page, world: World) -> None:
    uploads = []
    phone.on(
        "response",
        lambda answer: (
            uploads.append(answer.headers.get("location"))
            if answer.request.method == "POST" and answer.url.endswith("/api/uploads")
            else None
        ),
    )
    dropped: list[int] = []

    def drop_once(route: Route) -> None:
        offset = route.request.headers.get("upload-offset", "0")
        if not dropped and route.request.method == "PATCH" and offset != "0":
            status = phone.context.request.delete(
                route.request.url, headers={"Tus-Resumable": "1.0.0"}
            ).status
            dropped.append(status)
        route.continue_()

    phone.route("**/api/uploads/*", drop_once)
    received = phone.evaluate("() => sendPart(partOf('x', new Blob([bytes(2_000_000, 9)])))")
    assert dropped == [204]
    assert len(uploads) == 2
    report = world.desk.open(received["reportId"])
    assert len(content_of(report, 0)) == 2_000_000


def test_no_upload_path_and_no_request_names_the_file(phone: Page) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url + json.dumps(request.headers)))
    phone.evaluate("() => sendPart(partOf('x', new File([bytes(9, 1)], 'canary-name.jpg')))")
    assert asked
    assert not any("canary" in one for one in asked)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("partOf(null)", "report.empty"),
        ("{...partOf('x'), answers: [4, 4].map(answer)}", "report.bad_answer"),
        ("{...partOf('x'), answers: [5, 4].map(answer)}", "report.bad_answer"),
        ("{...partOf('x'), consents: [{...consent, items: [0]}]}", "report.bad_consent"),
        ("{...partOf('x'), consents: [{...consent, purpose: ''}]}", "report.bad_consent"),
        ("partOf('x', ...Array(10001).fill(new Blob([])))", "report.too_many_items"),
    ],
)
def test_a_part_that_no_desk_would_open_is_not_sent(part: str, code: str, phone: Page) -> None:
    phone.evaluate(
        """() => {
          window.answer = (number) => ({ number, value: "x" });
          window.consent = { purpose: "lawyer", audience: "ours", items: null };
        }"""
    )
    assert phone.evaluate(f"() => sendPart({part})")["error"] == code


def test_a_file_that_changes_before_its_second_reading_is_not_sent(
    phone: Page, world: World, tmp_path: Path
) -> None:
    before = len(world.desk.list_reports())
    file = tmp_path / "video.mp4"
    # Large, so that its second reading is not over before we have changed it.
    file.write_bytes(bytes(LARGE_BYTES))
    phone.evaluate(
        """() => {
          window.pick = document.createElement("input");
          pick.type = "file";
          pick.id = "pick";
          document.body.append(pick);
        }"""
    )
    phone.set_input_files("#pick", str(file))
    phone.evaluate("() => { window.result = sendPart(partOf('x', pick.files[0])); }")
    wait_until(phone, "progress.some(({phase}) => phase === 'sending')")
    file.write_bytes(bytes([1]) * LARGE_BYTES)
    result = phone.evaluate("() => result")
    assert result["error"] in ("item.changed", "item.unreadable")
    assert result["context"] == {"item": 0}
    assert len(world.desk.list_reports()) == before


def test_a_browser_that_cannot_read_into_buffers_sends_the_same(phone: Page, world: World) -> None:
    result = phone.evaluate(
        """() => {
          const content = new Blob([bytes(1_200_000, 1)]);
          Object.defineProperty(content, "stream", { value: () => { throw new TypeError(); } });
          return sendPart(partOf("x", content));
        }"""
    )
    report = world.desk.open(result["reportId"])
    given = bytes(phone.evaluate("() => hashOf(bytes(1_200_000, 1))"))
    assert hashlib.sha256(content_of(report, 0)).digest() == given


def test_a_stream_that_breaks_is_gone_on_with_by_slices(phone: Page, world: World) -> None:
    result = phone.evaluate(
        """() => {
          const content = new Blob([bytes(1_200_000, 1)]);
          const whole = content.stream.bind(content);
          Object.defineProperty(content, "stream", { value: () => {
            const reader = whole().getReader({ mode: "byob" });
            let left = 600_000;
            return new ReadableStream({ type: "bytes", async pull(controller) {
              if (left <= 0) { controller.error(new Error("cut")); return; }
              const { value } = await reader.read(new Uint8Array(Math.min(left, 65_536)));
              left -= value.length;
              controller.enqueue(value);
            } });
          } });
          return sendPart(partOf("x", content));
        }"""
    )
    report = world.desk.open(result["reportId"])
    given = bytes(phone.evaluate("() => hashOf(bytes(1_200_000, 1))"))
    assert hashlib.sha256(content_of(report, 0)).digest() == given


def test_a_recording_whose_second_hash_differs_is_not_sent(phone: Page) -> None:
    result = phone.evaluate(
        """() => {
          const honest = new Blob([bytes(100_000, 1)]);
          const other = new Blob([bytes(100_000, 2)]);
          // The first reading is a stream, the second is cut.
          Object.defineProperty(honest, "slice", { value: (from, to) => other.slice(from, to) });
          return sendPart(partOf("x", honest));
        }"""
    )
    assert result["error"] == "item.changed"
