"""What the desk asks of the gate, and who else may not."""

import hashlib
import os
import secrets
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import (
    Organisation,
    Parcel,
    Phone,
    RunningGate,
    b64,
    mailbox_keys,
    rebind,
    seal,
)

from aigaq import clock
from aigaq.age import HybridIdentity
from aigaq.sealing.card import build_card
from aigaq.sealing.errors import SealingError
from aigaq.sealing.mailbox_answer import NO_HASH, parse_answer
from aigaq.sealing.mailbox_requests import (
    REPORTER_LABEL,
    MailboxRequest,
    MessageToSend,
    build_mailbox_request,
)
from aigaq.sealing.rebinding import Rebind, build_rebind
from aigaq.sealing.receipt_code import MailboxKeys


@pytest.fixture
def parcel(phone: Phone) -> Parcel:
    """Give a report of two items that the gate has received."""
    items = [("a.jpg", os.urandom(5_000)), ("b.mp4", os.urandom(3_000_000))]
    sealed = seal(phone.organisation, mailbox_keys(), items=items)
    assert phone.send(sealed).status_code == 201
    return sealed


def all_reports(phone: Phone, *, limit: int = 500) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    after: object = 0
    while page := phone.desk("GET", f"/api/desk/reports?after={after}&limit={limit}").json()[
        "reports"
    ]:
        found += page
        after = page[-1]["number"]
    return found


def test_a_report_is_listed_with_members_that_can_be_fetched(phone: Phone, parcel: Parcel) -> None:
    (listed,) = [one for one in all_reports(phone) if one["id"] == parcel.report_id.hex()]
    assert listed["commitment"] == parcel.commitment.hex()
    import hashlib

    members = listed["members"]
    assert isinstance(members, list)
    names = ["item-0000.age", "item-0001.age", "manifest.age", "key.age", "header.json"]
    assert [one["name"] for one in members] == names
    for one in members:
        answer = phone.desk("GET", f"/api/desk/reports/{parcel.report_id.hex()}/{one['name']}")
        assert len(answer.content) == one["size"]
        assert hashlib.sha256(answer.content).hexdigest() == one["sha256"]


def test_numbers_rise_and_pages_leave_nothing_out(phone: Phone) -> None:
    sealed = [seal(phone.organisation, mailbox_keys()) for _ in range(5)]
    for one in sealed:
        phone.complete(one)
    listed = all_reports(phone, limit=2)
    numbers = [one["number"] for one in listed]
    assert numbers == sorted(set(numbers), key=int)  # type: ignore[arg-type]
    assert {one.report_id.hex() for one in sealed} <= {one["id"] for one in listed}


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=2000000-", 206, slice(2_000_000, None)),
        ("bytes=100-100", 206, slice(100, 101)),
        ("bytes=99999999-", 416, None),
        ("bytes=5-2", 416, None),
        ("bytes=-5", 416, None),
        ("bytes=0-1,3-4", 416, None),
    ],
)
def test_a_fetch_that_was_cut_goes_on_where_it_stood(
    phone: Phone, parcel: Parcel, asked: str, status: int, part: slice | None
) -> None:
    path = f"/api/desk/reports/{parcel.report_id.hex()}/item-0001.age"
    answer = phone.desk("GET", path, headers={"range": asked})
    assert answer.status_code == status
    if part is not None:
        assert answer.content == parcel.items["item-0001.age"][part]
        assert answer.headers["content-range"].endswith(f"/{len(parcel.items['item-0001.age'])}")


def test_safe_erases_the_copy_and_may_be_said_twice(
    phone: Phone, parcel: Parcel, gate: RunningGate
) -> None:
    path = f"/api/desk/reports/{parcel.report_id.hex()}"
    files = {one.name for one in (gate.data / "items").iterdir()}
    assert phone.desk("POST", f"{path}/safe").status_code == 204
    assert phone.desk("POST", f"{path}/safe").status_code == 204
    left = {one.name for one in (gate.data / "items").iterdir()}
    assert len(files - left) == 2
    for name in ("item-0000.age", "manifest.age", "key.age", "header.json"):
        assert phone.desk("GET", f"{path}/{name}").status_code == 404
    assert parcel.report_id.hex() not in {one["id"] for one in all_reports(phone)}


def test_her_promise_survives_the_erasure(phone: Phone) -> None:
    keys = mailbox_keys()
    sealed = seal(phone.organisation, keys)
    first = phone.complete(sealed).json()["promise"]
    phone.desk("POST", f"/api/desk/reports/{sealed.report_id.hex()}/safe")
    assert [one.promise for one in phone.mailbox(keys).promises] == [first]


def test_a_report_that_was_never_there_cannot_become_safe(phone: Phone) -> None:
    answer = phone.desk("POST", f"/api/desk/reports/{secrets.token_hex(32)}/safe")
    assert (answer.status_code, answer.json()["error"]) == (404, "gate.not_found")


def test_the_fetch_key_may_read_and_not_change(phone: Phone, parcel: Parcel) -> None:
    fetch = phone.organisation.fetch
    path = f"/api/desk/reports/{parcel.report_id.hex()}"
    for readable in ("/api/desk/reports", "/api/desk/messages", "/api/desk/status"):
        assert phone.signed("GET", readable, key=fetch).status_code == 200
    assert phone.signed("GET", f"{path}/key.age", key=fetch).status_code == 200
    for forbidden in (f"{path}/safe", "/api/desk/messages/1/done", "/api/desk/rebind"):
        answer = phone.signed("POST", forbidden, key=fetch)
        assert (answer.status_code, answer.json()["error"]) == (401, "request.refused")
    assert phone.signed("PUT", "/api/desk/card", key=fetch).status_code == 401


def test_a_strangers_key_is_refused_alike_for_what_is_there_and_what_is_not(
    phone: Phone, parcel: Parcel
) -> None:
    stranger = Ed25519PrivateKey.generate()
    answers = [
        phone.signed("GET", f"/api/desk/reports/{report}/key.age", key=stranger)
        for report in (parcel.report_id.hex(), secrets.token_hex(32))
    ]
    assert [one.status_code for one in answers] == [401, 401]
    assert answers[0].content == answers[1].content


def letter(*, sequence: int, previous: bytes) -> MessageToSend:
    return MessageToSend(secrets.token_bytes(9_000), previous=previous, sequence=sequence)


def post_letter(phone: Phone, keys: MailboxKeys) -> int:
    message = {"ciphertext": b64(b"age"), "previous": NO_HASH.hex(), "sequence": 1}
    body = {**message, "mailbox_key": b64(keys.public_key)}
    return phone.desk("POST", "/api/desk/mailboxes", body).status_code


def test_a_rebound_mailbox_takes_over_and_the_old_one_goes_dead(phone: Phone) -> None:
    old, new = mailbox_keys(), mailbox_keys()
    first = seal(phone.organisation, old)
    phone.complete(first)
    text = rebind(phone, old=old, new=new, first=first)
    assert phone.desk("POST", "/api/desk/rebind", {"rebind": text}).status_code == 204
    assert phone.mailbox(new).first_commitment == first.commitment
    dead = phone.mailbox_response(old.key)
    assert dead.status_code == 200
    assert [post_letter(phone, keys) for keys in (old, new)] == [409, 200]


def use_key(phone: Phone, keys: MailboxKeys, *, also: HybridIdentity) -> list[object]:
    """Do with a key all that whoever has it can do, and return all that they see of it."""
    seen: list[object] = []

    def look(asked: MailboxRequest = NOTHING) -> None:
        body = build_mailbox_request(asked)
        answer = phone.signed("POST", "/api/mailbox", key=keys.key, body=body, label=REPORTER_LABEL)
        seen.append((answer.status_code, len(answer.content)))
        for number, identity in enumerate((keys.identity, also)):
            try:
                opened = parse_answer(answer.content, identity=identity)
            except SealingError as error:
                seen.append(error.code)
            else:
                names = [one.report_id for one in opened.promises]
                facts = (opened.first_commitment, names, opened.messages, opened.heads)
                seen.append((number, opened.sent, *facts))

    look()
    look(MailboxRequest(send=SECOND))
    parts = [seal(phone.organisation, one) for one in (replace(keys, identity=also), keys)]
    for part in (*parts, parts[0]):
        answer = phone.complete(part)
        seen.append((answer.status_code, sorted(answer.json()), answer.json().get("error")))
        look()
    for sent in (FIRST, FIRST, SECOND):
        look(MailboxRequest(send=sent))
    named = {parts[0].report_id: "first", parts[1].report_id: "second"}
    named[parts[0].commitment] = "commitment"
    return [rename(one, named) for one in seen]


def rename(value: object, names: dict[bytes, str]) -> object:
    """Return ``value`` with the names of what differs from key to key."""
    if isinstance(value, bytes):
        return names.get(value, value)
    if isinstance(value, list | tuple):
        return [rename(one, names) for one in value]
    return value


NOTHING = MailboxRequest()
FIRST = letter(sequence=1, previous=NO_HASH)
SECOND = letter(sequence=2, previous=hashlib.sha256(FIRST.ciphertext).digest())


def test_whoever_has_a_replaced_code_sees_what_the_holder_of_an_unknown_one_sees(
    phone: Phone,
) -> None:
    old, unknown = mailbox_keys(), mailbox_keys()
    first = seal(phone.organisation, old)
    phone.complete(first)
    before = letter(sequence=1, previous=NO_HASH)
    assert phone.mailbox(old, MailboxRequest(send=before)).sent == "taken"
    text = rebind(phone, old=old, new=mailbox_keys(), first=first)
    also = mailbox_keys().identity
    of_unknown = use_key(phone, unknown, also=also)
    assert [name for name in ("first", "commitment") if name in str(of_unknown)] == [
        "first",
        "commitment",
    ]
    assert use_key(phone, old, also=also) == of_unknown
    # The desk gets what was sent before and after, and saying it again takes nothing away.
    assert phone.desk("POST", "/api/desk/rebind", {"rebind": text}).status_code == 204
    assert parse_answer(phone.mailbox_response(old.key).content, identity=also).promises
    listed = phone.desk("GET", "/api/desk/messages").json()["messages"]
    mine = [one for one in listed if one["mailbox_key"] == b64(old.public_key)]
    assert [one["ciphertext"] for one in mine] == [
        b64(one.ciphertext) for one in (before, FIRST, SECOND)
    ]
    for one in mine:
        phone.desk("POST", f"/api/desk/messages/{one['number']}/done")
    listed = phone.desk("GET", "/api/desk/messages").json()["messages"]
    assert b64(old.public_key) not in {one["mailbox_key"] for one in listed}


def test_a_rebinding_by_another_key_is_refused(phone: Phone) -> None:
    keys = mailbox_keys()
    first = seal(phone.organisation, keys)
    phone.complete(first)
    text = build_rebind(
        Rebind(
            team_id=phone.organisation.card.team_id,
            first_commitment=first.commitment,
            old_mailbox_key=keys.public_key,
            new_mailbox_key=mailbox_keys().public_key,
            new_mailbox_recipient=mailbox_keys().recipient,
            rebound_at=clock.now(),
        ),
        message_key=Ed25519PrivateKey.generate(),
    )
    answer = phone.desk("POST", "/api/desk/rebind", {"rebind": text})
    assert (answer.status_code, answer.json()["error"]) == (400, "rebind.wrong_signature")
    assert len(phone.mailbox(keys).promises) == 1


def put_card(phone: Phone, card: bytes) -> tuple[int, str]:
    answer = phone.signed("PUT", "/api/desk/card", key=phone.organisation.desk, body=card)
    return answer.status_code, answer.json()["error"] if answer.content else ""


def test_a_newer_card_is_taken_and_every_other_refused(phone: Phone) -> None:
    own = phone.organisation
    newer = build_card(replace(own.card, version=2, interval_seconds=300), root_key=own.root)
    assert put_card(phone, newer) == (204, "")
    assert phone.client.get("/card").content == newer
    assert put_card(phone, newer) == (204, "")
    assert put_card(phone, own.signed_card()) == (409, "card.older")
    stranger = Organisation.found(port=1)
    forged = build_card(replace(own.card, version=9), root_key=stranger.root)
    assert put_card(phone, forged) == (400, "card.other_root")
    other_team = replace(own.card, version=9, team_id=bytes(16))
    assert put_card(phone, build_card(other_team, root_key=own.root)) == (400, "card.other_team")
    other_log = replace(own.card, version=9, log_key=stranger.card.log_key)
    assert put_card(phone, build_card(other_log, root_key=own.root)) == (409, "gate.wrong_log_key")
    assert put_card(phone, b"{}") == (400, "card.bad_form")
    assert phone.client.get("/card").content == newer


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "limit=0", "limit=501", "other=1", "after=" + "9" * 16]
)
def test_a_page_that_is_none_is_refused(phone: Phone, query: str) -> None:
    answer = phone.desk("GET", f"/api/desk/reports?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, "gate.bad_request")
