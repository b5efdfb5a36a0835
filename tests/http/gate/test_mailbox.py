"""The mailbox: one request, one length, nothing twice, nothing for a stranger."""

import hashlib
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import Phone, b64, mailbox_keys, seal

from aigaq.sealing.errors import SealingError
from aigaq.sealing.mailbox_answer import ANSWER_BYTES, NO_HASH, Head, parse_answer
from aigaq.sealing.mailbox_requests import (
    REPORTER_LABEL,
    MailboxRequest,
    MessageToSend,
    build_mailbox_request,
)
from aigaq.sealing.receipt_code import MailboxKeys


@pytest.fixture
def keys(phone: Phone) -> MailboxKeys:
    """Give the keys of a mailbox with one report."""
    fresh = mailbox_keys()
    assert phone.complete(seal(phone.organisation, fresh)).status_code == 201
    return fresh


def message(*, sequence: int, previous: bytes, size: int = 9_000) -> MessageToSend:
    return MessageToSend(secrets.token_bytes(size), previous=previous, sequence=sequence)


def send_to_her(phone: Phone, key: bytes, sent: MessageToSend) -> dict[str, object]:
    answer = phone.desk(
        "POST",
        "/api/desk/mailboxes",
        {
            "ciphertext": b64(sent.ciphertext),
            "mailbox_key": b64(key),
            "previous": sent.previous.hex(),
            "sequence": sent.sequence,
        },
    )
    assert answer.status_code == 200, answer.text
    value: dict[str, object] = answer.json()
    return value


def chain(count: int, *, size: int) -> list[MessageToSend]:
    sent: list[MessageToSend] = []
    previous = NO_HASH
    for sequence in range(1, count + 1):
        sent.append(message(sequence=sequence, previous=previous, size=size))
        previous = hashlib.sha256(sent[-1].ciphertext).digest()
    return sent


def test_every_answer_has_the_same_length(phone: Phone, keys: MailboxKeys) -> None:
    known = phone.mailbox_response(keys.key)
    unknown = phone.mailbox_response(Ed25519PrivateKey.generate())
    assert len(known.content) == len(unknown.content) == ANSWER_BYTES
    varying = {"date", "aigaq-nonce", "aigaq-expiry"}
    headers = [
        [(name, value) for name, value in one.headers.items() if name not in varying]
        for one in (known, unknown)
    ]
    assert headers[0] == headers[1]
    assert known.status_code == unknown.status_code == 200


def test_an_answer_to_a_strangers_key_opens_for_nobody(phone: Phone) -> None:
    stranger = mailbox_keys()
    answer = phone.mailbox_response(stranger.key)
    with pytest.raises(SealingError) as refused:
        parse_answer(answer.content, identity=stranger.identity)
    assert refused.value.code == "mailbox.not_for_us"


def test_a_promise_stays_until_she_confirms_it(phone: Phone, keys: MailboxKeys) -> None:
    (promise,) = phone.mailbox(keys).promises
    assert len(phone.mailbox(keys).promises) == 1
    confirmed = MailboxRequest(confirm_promises=(promise.report_id,))
    assert phone.mailbox(keys, confirmed).promises == ()


def test_messages_come_in_order_and_go_when_confirmed(phone: Phone, keys: MailboxKeys) -> None:
    sent = chain(9, size=9_000)
    for one in sent:
        assert send_to_her(phone, keys.public_key, one)["result"] == "taken"
    seen: list[bytes] = []
    while (answer := phone.mailbox(keys)).messages:
        seen += [one.ciphertext for one in answer.messages]
        confirm = tuple(one.sequence for one in answer.messages)
        phone.mailbox(keys, MailboxRequest(confirm=confirm))
    assert seen == [one.ciphertext for one in sent]
    last = hashlib.sha256(sent[-1].ciphertext).digest()
    assert phone.mailbox(keys).heads.to_reporter == Head(9, last)


def test_more_is_said_when_not_everything_fits(phone: Phone, keys: MailboxKeys) -> None:
    for one in chain(3, size=24_576):
        send_to_her(phone, keys.public_key, one)
    answer = phone.mailbox(keys)
    assert [one.sequence for one in answer.messages] == [1]
    assert answer.more


def test_a_message_out_of_order_is_not_taken(phone: Phone, keys: MailboxKeys) -> None:
    first = message(sequence=1, previous=NO_HASH)
    assert send_to_her(phone, keys.public_key, first)["result"] == "taken"
    assert send_to_her(phone, keys.public_key, first)["result"] == "repeated"
    wrong = message(sequence=2, previous=NO_HASH)
    assert send_to_her(phone, keys.public_key, wrong)["result"] == "out_of_order"
    gap = message(sequence=3, previous=hashlib.sha256(first.ciphertext).digest())
    answer = send_to_her(phone, keys.public_key, gap)
    assert answer["result"] == "out_of_order"
    assert answer["head"] == Head(1, hashlib.sha256(first.ciphertext).digest()).members()


def test_what_she_sends_reaches_the_desk_once_and_never_comes_back(
    phone: Phone, keys: MailboxKeys
) -> None:
    first = message(sequence=1, previous=NO_HASH)
    answer = phone.mailbox(keys, MailboxRequest(send=first))
    assert answer.sent == "taken"
    assert answer.messages == ()
    # The answer was lost and her phone sends it again: it is there, once.
    assert phone.mailbox(keys, MailboxRequest(send=first)).sent == "taken"
    wrong = MailboxRequest(send=message(sequence=5, previous=NO_HASH))
    assert phone.mailbox(keys, wrong).sent == "out_of_order"
    listed = phone.desk("GET", "/api/desk/messages?after=0&limit=500").json()["messages"]
    (mine,) = [one for one in listed if one["mailbox_key"] == b64(keys.public_key)]
    assert mine["ciphertext"] == b64(first.ciphertext)
    done = phone.desk("POST", f"/api/desk/messages/{mine['number']}/done")
    assert done.status_code == 204
    listed = phone.desk("GET", "/api/desk/messages").json()["messages"]
    assert all(one["mailbox_key"] != b64(keys.public_key) for one in listed)
    heads = phone.desk(
        "POST", "/api/desk/mailboxes/heads", {"mailbox_key": b64(keys.public_key)}
    ).json()
    assert heads["to_desk"] == Head(1, hashlib.sha256(first.ciphertext).digest()).members()


def test_nobody_elses_promise_can_be_confirmed(phone: Phone, keys: MailboxKeys) -> None:
    (promise,) = phone.mailbox(keys).promises
    other = mailbox_keys()
    phone.complete(seal(phone.organisation, other))
    phone.mailbox(other, MailboxRequest(confirm_promises=(promise.report_id,)))
    assert len(phone.mailbox(keys).promises) == 1


def test_a_request_works_once(phone: Phone, keys: MailboxKeys) -> None:
    body = build_mailbox_request(MailboxRequest())
    path = "/api/mailbox"
    headers = phone.sign("POST", path, key=keys.key, body=body, label=REPORTER_LABEL)
    assert phone.client.post(path, content=body, headers=headers).status_code == 200
    again = phone.client.post(path, content=body, headers=headers)
    assert (again.status_code, again.json()) == (401, {"error": "request.refused"})
    assert len(again.headers["aigaq-nonce"]) == 44


def test_the_nonce_in_an_answer_serves_the_next_request(phone: Phone, keys: MailboxKeys) -> None:
    import base64

    from aigaq.sealing.mailbox_requests import RequestTarget, sign_request

    first = phone.mailbox_response(keys.key)
    body = build_mailbox_request(MailboxRequest())
    card = phone.organisation.card
    headers = sign_request(
        RequestTarget(REPORTER_LABEL, card.team_id, card.gate_origin, "POST", "/api/mailbox"),
        key=keys.key,
        body_sha256=hashlib.sha256(body).digest(),
        nonce=base64.b64decode(first.headers["aigaq-nonce"]),
        expiry=int(first.headers["aigaq-expiry"]),
    )
    assert phone.client.post("/api/mailbox", content=body, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"aigaq-key": b64(bytes(32))},
        {"aigaq-nonce": b64(bytes(32))},
        {"aigaq-expiry": "9999999999"},
        {"aigaq-signature": b64(bytes(64))},
        {"aigaq-key": ""},
        {"aigaq-signature": "%"},
    ],
)
def test_whatever_is_wrong_with_a_request_the_answer_is_the_same(
    phone: Phone, keys: MailboxKeys, change: dict[str, str]
) -> None:
    body = build_mailbox_request(MailboxRequest())
    headers = phone.sign("POST", "/api/mailbox", key=keys.key, body=body, label=REPORTER_LABEL)
    changed = {name.lower(): value for name, value in headers.items()} | change
    answer = phone.client.post("/api/mailbox", content=body, headers=changed)
    assert (answer.status_code, answer.json()) == (401, {"error": "request.refused"})


def test_a_body_that_was_not_signed_is_refused(phone: Phone, keys: MailboxKeys) -> None:
    body = build_mailbox_request(MailboxRequest())
    headers = phone.sign("POST", "/api/mailbox", key=keys.key, body=body, label=REPORTER_LABEL)
    answer = phone.client.post("/api/mailbox", content=body + b" ", headers=headers)
    assert answer.status_code == 401


def test_a_body_of_another_form_is_refused_alike_for_anyone(
    phone: Phone, keys: MailboxKeys
) -> None:
    for key in (keys.key, Ed25519PrivateKey.generate()):
        answer = phone.signed(
            "POST", "/api/mailbox", key=key, body=b'{"confirm":[]}', label=REPORTER_LABEL
        )
        assert (answer.status_code, answer.json()["error"]) == (400, "mailbox.bad_request")
