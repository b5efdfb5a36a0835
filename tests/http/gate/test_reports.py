"""`complete`: what makes a report exist, and what is refused with a clear code and without loss."""

import os
import secrets
from dataclasses import replace

import pytest
from tests.gatehouse import Organisation, Phone, mailbox_keys, seal
from tests.http.gate.parcels import container, copy_for_a_thief, members_of

from aigaq.sealing.receipts import check_promise, parse_promise


def test_a_report_is_acknowledged_by_a_promise_under_the_cards_log_key(phone: Phone) -> None:
    parcel = seal(phone.organisation, mailbox_keys())
    answer = phone.complete(parcel)
    assert answer.status_code == 201
    card = phone.organisation.card
    promise = parse_promise(answer.json()["promise"], log_key=card.log_key)
    check_promise(
        promise,
        team_id=card.team_id,
        log_origin=card.log_origin,
        report_id=parcel.report_id,
        commitment=parcel.commitment,
    )
    assert promise.maximum_delay_seconds == card.maximum_delay_seconds


def test_send_pressed_twice_gives_the_same_bytes_and_one_report(phone: Phone) -> None:
    keys = mailbox_keys()
    parcel = seal(phone.organisation, keys, items=[("a.jpg", os.urandom(5_000))])
    first, second = phone.send(parcel), phone.complete(parcel)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert len(phone.mailbox(keys).promises) == 1


def test_the_same_bytes_come_back_after_the_report_was_erased(phone: Phone) -> None:
    parcel = seal(phone.organisation, mailbox_keys())
    first = phone.complete(parcel)
    safe = phone.desk("POST", f"/api/desk/reports/{parcel.report_id.hex()}/safe")
    assert safe.status_code == 204
    again = phone.complete(parcel)
    assert again.status_code == 200
    assert again.content == first.content


def test_missing_items_are_named_and_nothing_is_stored(phone: Phone) -> None:
    keys = mailbox_keys()
    items = [("a", b"one"), ("b", b"two")]
    parcel = seal(phone.organisation, keys, items=items)
    phone.upload(replace(parcel, items={"item-0000.age": parcel.items["item-0000.age"]}))
    answer = phone.complete(parcel)
    assert answer.status_code == 404
    assert answer.json() == {"error": "uploads.missing", "missing": ["item-0001.age"]}
    phone.upload(replace(parcel, items={"item-0001.age": parcel.items["item-0001.age"]}))
    assert phone.complete(parcel).status_code == 201


def test_an_item_that_was_swapped_is_refused(phone: Phone) -> None:
    parcel = seal(phone.organisation, mailbox_keys(), items=[("a", os.urandom(400))])
    other = os.urandom(len(parcel.items["item-0000.age"]))
    phone.upload(replace(parcel, items={"item-0000.age": other}))
    answer = phone.complete(parcel)
    assert (answer.status_code, answer.json()["error"]) == (409, "uploads.wrong_hash")


def test_an_upload_that_did_not_come_to_its_end_is_missing(phone: Phone) -> None:
    parcel = seal(phone.organisation, mailbox_keys(), items=[("a", os.urandom(400))])
    data = parcel.items["item-0000.age"]
    made = phone.create(draft=parcel.draft, member="item-0000.age", length=len(data))
    phone.patch(made.headers["location"], data[:-1], offset=0)
    assert phone.complete(parcel).json()["error"] == "uploads.missing"


def test_uploads_of_another_draft_do_not_count(phone: Phone) -> None:
    parcel = seal(phone.organisation, mailbox_keys(), items=[("a", b"one")])
    phone.upload(parcel)
    stranger = replace(parcel, draft=secrets.token_bytes(32))
    assert phone.complete(stranger).json()["error"] == "uploads.missing"
    assert phone.complete(parcel).status_code == 201


def test_another_recipient_for_a_known_mailbox_is_refused(phone: Phone) -> None:
    keys = mailbox_keys()
    assert phone.complete(seal(phone.organisation, keys)).status_code == 201
    swapped = replace(keys, identity=mailbox_keys().identity)
    answer = phone.complete(seal(phone.organisation, swapped))
    assert (answer.status_code, answer.json()["error"]) == (409, "mailbox.other_recipient")
    assert phone.mailbox(keys).more is False


def test_a_second_part_has_a_promise_of_its_own_in_the_same_mailbox(phone: Phone) -> None:
    keys = mailbox_keys()
    parts = [seal(phone.organisation, keys, answer=f"Part {number}.") for number in range(3)]
    for part in parts:
        assert phone.complete(part).status_code == 201
    promised = {one.report_id for one in phone.mailbox(keys).promises}
    assert promised == {part.report_id for part in parts}


def test_the_same_commitment_under_another_mailbox_is_kept_and_flagged(phone: Phone) -> None:
    first = seal(phone.organisation, mailbox_keys())
    phone.complete(first)
    before = phone.desk("GET", "/api/desk/status").json()["counts"]
    thief = mailbox_keys()
    copied = copy_for_a_thief(first, organisation=phone.organisation, thief=thief)
    assert phone.complete(copied).status_code == 201
    after = phone.desk("GET", "/api/desk/status").json()["counts"]
    assert after["reports"] == before["reports"] + 1
    assert after["reports_repeated"] == before["reports_repeated"] + 1
    assert [one.report_id for one in phone.mailbox(thief).promises] != [first.report_id]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda m: {**m, "manifest.age": m["manifest.age"] + b"x"}, "report.wrong_size"),
        (lambda m: {**m, "key.age": bytes(len(m["key.age"]))}, "report.wrong_hash"),
        (
            lambda m: {
                **m,
                "header.json": m["header.json"].replace(b"header/v1", b"header/v2"),
            },
            "report.bad_header",
        ),
        (lambda m: {**m, "header.json": b"{}\n"}, "report.bad_header"),
    ],
)
def test_a_damaged_envelope_is_refused_with_its_code(
    phone: Phone, change: object, code: str
) -> None:
    parcel = seal(phone.organisation, mailbox_keys())
    damaged = replace(parcel, body=container(change(members_of(parcel))))  # type: ignore[operator]
    answer = phone.complete(damaged)
    assert (answer.status_code, answer.json()["error"]) == (400, code)


def test_a_report_for_another_team_is_refused(phone: Phone) -> None:
    other = Organisation.found(port=1)
    answer = phone.complete(seal(other, mailbox_keys()))
    assert (answer.status_code, answer.json()["error"]) == (400, "report.other_team")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "container.truncated"),
        (b"not a tar at all" * 100, "container.bad_tar"),
        (bytes(1024), "container.bad_order"),
    ],
)
def test_what_is_no_container_is_refused(phone: Phone, body: bytes, code: str) -> None:
    parcel = replace(seal(phone.organisation, mailbox_keys()), body=body)
    answer = phone.complete(parcel)
    assert (answer.status_code, answer.json()["error"]) == (400, code)


def test_a_body_above_24_mib_is_refused_before_it_is_read(phone: Phone) -> None:
    answer = phone.client.post("/api/reports", content=bytes(24 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "gate.too_large")


def test_a_long_manifest_waits_on_disk_and_is_received(phone: Phone) -> None:
    keys = mailbox_keys()
    parcel = seal(phone.organisation, keys, answer="Слово за словом. " * 200_000)
    assert len(parcel.body) > 5_000_000
    assert phone.complete(parcel).status_code == 201
    path = f"/api/desk/reports/{parcel.report_id.hex()}/manifest.age"
    assert phone.desk("GET", path).content == members_of(parcel)["manifest.age"]


def test_a_body_in_chunks_without_a_length_is_received(phone: Phone) -> None:
    parcel = seal(phone.organisation, mailbox_keys())
    pieces = (parcel.body[at : at + 1000] for at in range(0, len(parcel.body), 1000))
    assert phone.client.post("/api/reports", content=pieces).status_code == 201


@pytest.mark.slow
def test_a_thousand_items_make_one_report(phone: Phone) -> None:
    parcel = seal(phone.organisation, mailbox_keys(), items=[(f"{n}", b"x") for n in range(1_000)])
    assert phone.send(parcel).status_code == 201
    last = phone.desk("GET", f"/api/desk/reports/{parcel.report_id.hex()}/item-0999.age")
    assert last.content == parcel.items["item-0999.age"]
