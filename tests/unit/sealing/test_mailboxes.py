"""Messages, requests and answers: what a mailbox carries, and what may be believed."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts.vector_sources.fixtures import MAILBOX, TEAM, TEAM_ID
from scripts.vector_sources.mailboxes import FIRST_COMMITMENT, from_reporter, seal_for_desk

from aigaq.sealing.errors import SealingError
from aigaq.sealing.mailbox_answer import (
    ANSWER_BYTES,
    Head,
    Heads,
    HeldMessage,
    HeldPromise,
    build_answer,
    build_answer_to_nobody,
    parse_answer,
)
from aigaq.sealing.mailbox_requests import (
    MAXIMUM_CIPHERTEXT_BYTES,
    MailboxRequest,
    MessageToSend,
    build_mailbox_request,
    parse_mailbox_request,
    parse_request_headers,
)
from aigaq.sealing.messages import (
    REPORTER_KINDS,
    SIGNS,
    TO_DESK,
    Message,
    check_order,
    head_of,
    open_message,
)

BODIES = {
    "text": st.fixed_dictionaries({"text": st.text(min_size=1, max_size=500)}),
    "withdraw_consent": st.fixed_dictionaries(
        {
            "consents": st.none() | st.sets(st.integers(0, 99), max_size=5).map(sorted),
            "report_id": st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
        }
    ),
    "request": st.fixed_dictionaries(
        {
            "action": st.sampled_from(["withdraw", "delete", "limit"]),
            "report_id": st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
        }
    ),
}
HASHES = st.binary(min_size=32, max_size=32).filter(any)
HEADS = st.builds(Head, sequence=st.integers(1, 2**40), sha256=HASHES)


def open_at_desk(ciphertext: bytes) -> Message:
    return open_message(
        ciphertext,
        identities=[TEAM],
        public_key=MAILBOX.public_key,
        direction=TO_DESK,
        team_id=TEAM_ID,
        mailbox_key=MAILBOX.public_key,
        first_commitment=FIRST_COMMITMENT,
    )


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_message_comes_back_as_it_was_written(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(REPORTER_KINDS))
    message = from_reporter(
        kind=kind,
        body=data.draw(BODIES[kind]),
        sign=data.draw(st.sampled_from(SIGNS)),
        sequence=data.draw(st.integers(2, 2**40)),
        previous=data.draw(HASHES),
        heads=Heads(to_desk=data.draw(HEADS), to_reporter=data.draw(HEADS)),
    )
    ciphertext = seal_for_desk(message)
    assert len(ciphertext) <= MAXIMUM_CIPHERTEXT_BYTES
    assert open_at_desk(ciphertext) == message


SEALED = seal_for_desk(from_reporter())


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, len(SEALED) - 1), by=st.integers(1, 255))
def test_no_altered_message_is_opened(at: int, by: int) -> None:
    with pytest.raises(SealingError, match=r"message\."):
        open_at_desk(SEALED[:at] + bytes([SEALED[at] ^ by]) + SEALED[at + 1 :])


def test_the_quiet_sign_leaves_no_trace_in_the_size() -> None:
    sizes = {len(seal_for_desk(from_reporter(sign=sign))) for sign in SIGNS}
    lengths = {len(seal_for_desk(from_reporter(body={"text": "a" * n}))) for n in (1, 900, 2_000)}
    assert len(sizes) == 1
    assert sizes == lengths


def test_a_message_that_would_not_fit_is_not_sealed() -> None:
    with pytest.raises(SealingError) as caught:
        seal_for_desk(from_reporter(body={"text": "\x01" * 8_000}))
    assert caught.value.code == "message.too_long"


def test_a_chain_is_accepted_once_and_only_in_its_order() -> None:
    head, seen = Head(), []
    for sequence in (1, 2, 3):
        message = from_reporter(sequence=sequence, previous=head.sha256)
        ciphertext = seal_for_desk(message)
        check_order(open_at_desk(ciphertext), head=head)
        head = head_of(ciphertext, sequence=sequence)
        seen.append(message)
    for message in seen:
        with pytest.raises(SealingError) as caught:
            check_order(message, head=head)
        assert caught.value.code == "message.repeated"


def test_every_answer_has_the_same_length_whatever_is_in_it() -> None:
    def answer(messages: list[HeldMessage], promises: list[HeldPromise]) -> bytes:
        return build_answer(
            recipient=MAILBOX.recipient,
            first_commitment=FIRST_COMMITMENT,
            heads=Heads(),
            messages=messages,
            promises=promises,
        )

    many = [HeldMessage(bytes(24_576), sequence=n) for n in range(1, 9)]
    promises = [HeldPromise("p" * 700, report_id=bytes([n]) * 32) for n in range(200)]
    answers = [answer([], []), answer(many, []), answer(many, promises), build_answer_to_nobody()]
    assert {len(one) for one in answers} == {ANSWER_BYTES}


@settings(max_examples=50, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 24_576), max_size=12),
    promise_count=st.integers(0, 60),
)
def test_an_answer_gives_the_oldest_that_fit_and_says_if_more_wait(
    sizes: list[int], promise_count: int
) -> None:
    messages = [HeldMessage(bytes(size), sequence=n) for n, size in enumerate(sizes, start=1)]
    promises = [HeldPromise("p" * 700, report_id=bytes([n]) * 32) for n in range(promise_count)]
    sealed = build_answer(
        recipient=MAILBOX.recipient,
        first_commitment=FIRST_COMMITMENT,
        heads=Heads(),
        messages=messages,
        promises=promises,
    )
    answer = parse_answer(sealed, identity=MAILBOX.identity)
    assert answer.messages == tuple(messages[: len(answer.messages)])
    assert answer.promises == tuple(promises[: len(answer.promises)])
    left = (len(messages) - len(answer.messages)) + (len(promises) - len(answer.promises))
    assert answer.more == (left > 0)
    # Nothing waits for ever: what is confirmed makes room for the next.
    assert answer.messages or not messages
    assert answer.promises or not promises


@given(st.binary(max_size=300))
def test_any_body_is_a_request_or_a_sealing_error(body: bytes) -> None:
    with pytest.raises(SealingError, match=r"mailbox\.bad_request"):
        parse_mailbox_request(body)


@given(
    ciphertext=st.binary(min_size=1, max_size=100),
    previous=st.binary(min_size=32, max_size=32),
    sequence=st.integers(1, 2**53 - 1),
    confirm=st.sets(st.integers(1, 1_000), max_size=10),
    confirm_promises=st.lists(st.binary(min_size=32, max_size=32), max_size=3),
)
def test_a_request_comes_back_as_it_was(
    ciphertext: bytes,
    previous: bytes,
    sequence: int,
    confirm: set[int],
    confirm_promises: list[bytes],
) -> None:
    request = MailboxRequest(
        send=MessageToSend(ciphertext, previous=previous, sequence=sequence),
        confirm=tuple(sorted(confirm)),
        confirm_promises=tuple(confirm_promises),
    )
    assert parse_mailbox_request(build_mailbox_request(request)) == request


@given(
    st.dictionaries(
        st.sampled_from(["Aigaq-Key", "Aigaq-Nonce", "Aigaq-Expiry", "Aigaq-Signature"]),
        st.text(max_size=100),
    )
)
def test_any_headers_are_refused_with_one_code(headers: dict[str, Any]) -> None:
    with pytest.raises(SealingError) as caught:
        parse_request_headers(headers)
    assert caught.value.code == "request.refused"
    assert caught.value.context == {}
