"""A timestamp authority is asked over HTTP, and only a token that counts is taken.

The authority is ``openssl ts`` on loopback. Each fault has its code.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.timestamp_authority import LocalAuthority, Server
from tests.token_maker import AT, Maker, name_v2, number

from aigaq.evidence.der_order import sort_certificates
from aigaq.evidence.errors import TimestampError
from aigaq.evidence.timestamp_answers import (
    Stamp,
    build_query,
    read_answer,
    read_certificates,
)
from aigaq.evidence.timestamp_client import fetch_list, post_query

HASH = hashlib.sha256(b"fictional").digest()
Make = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Make]:
    """Give a function that serves an authority with these properties."""
    servers: list[Server] = []

    def make(**properties: object) -> Server:
        folder = tmp_path / f"authority-{len(servers)}"
        servers.append(Server(LocalAuthority(folder, **properties)))  # type: ignore[arg-type]
        return servers[-1]

    yield make
    for one in servers:
        one.close()


def connect(_url: str) -> httpx.Client:
    return httpx.Client(timeout=5.0, trust_env=False, verify=False)


def ask(server: Server, *, roots: str | None = None, now: datetime | None = None) -> Stamp:
    assert server.authority is not None
    query = build_query(HASH)
    return read_answer(
        post_query(connect, url=server.url, query=query.data, seconds=1.0),
        query=query,
        certificates=read_certificates(roots or server.authority.root.pem),
        now=now or datetime.now(UTC),
    )


def find_code(server: Server, **options: object) -> str:
    with pytest.raises(TimestampError) as caught:
        ask(server, **options)  # type: ignore[arg-type]
    return caught.value.code


def test_a_good_token_is_taken_with_its_whole_chain_and_openssl_agrees(serve: Make) -> None:
    server = serve()
    authority = server.authority
    assert authority is not None
    stamp = ask(server)
    whole = (authority.signer, authority.between, authority.root)
    assert stamp.chain == tuple(one.certificate for one in whole)
    assert stamp.ends_at == authority.signer.certificate.not_valid_after_utc
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=1)
    for answer in (stamp.received, stamp.response):
        assert authority.agrees(answer, sha256=HASH, at=stamp.at)
        assert not authority.agrees(answer, sha256=bytes(32), at=stamp.at)


def test_a_request_is_over_the_hash_itself_with_a_nonce_of_its_own(serve: Make) -> None:
    first, second = build_query(HASH), build_query(HASH)
    assert first.nonce != second.nonce
    assert HASH in first.data
    # What openssl reads in it.
    server = serve()
    assert server.authority is not None
    answer = server.authority.reply(first.data)
    stamp = read_answer(
        answer,
        query=first,
        certificates=read_certificates(server.authority.root.pem),
        now=datetime.now(UTC),
    )
    assert stamp.received == answer


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("refused", "timestamp.refused"),
        ("broken", "timestamp.bad_answer"),
        ("not_der", "timestamp.bad_answer"),
        ("wrong_imprint", "timestamp.wrong_imprint"),
        ("wrong_nonce", "timestamp.wrong_nonce"),
        ("wrong_signature", "timestamp.wrong_signature"),
        ("error", "timestamp.bad_status"),
        ("huge", "timestamp.too_large"),
        ("drips", "timestamp.too_slow"),
    ],
)
def test_each_fault_of_an_authority_has_its_code(serve: Make, fault: str, code: str) -> None:
    server = serve()
    server.fault = fault
    assert find_code(server) == code
    assert len(server.asked) == 1


def test_a_refusal_says_what_the_authority_said(serve: Make) -> None:
    server = serve()
    server.fault = "refused"
    with pytest.raises(TimestampError) as caught:
        ask(server)
    assert caught.value.context == {
        "status": 2,
        "said": "Message digest algorithm is not supported.",
    }


def test_an_authority_that_does_not_answer_in_time_is_left(serve: Make) -> None:
    server = serve()
    server.fault = "silent"
    with pytest.raises(TimestampError) as caught:
        post_query(lambda _url: httpx.Client(timeout=0.2, verify=False), url=server.url, query=b"0")
    assert caught.value.code == "timestamp.too_slow"


def test_an_authority_that_is_not_there_is_unreachable(serve: Make) -> None:
    server = serve()
    server.close()
    assert find_code(server) == "timestamp.unreachable"
    with pytest.raises(TimestampError) as caught:
        fetch_list(connect, url="http://[")
    assert caught.value.code == "timestamp.unreachable"


def test_a_token_of_an_expired_signer_does_not_count(serve: Make) -> None:
    server = serve(signer_days=(-20, -1))
    assert find_code(server) == "timestamp.expired_signer"


def test_a_signer_that_vouches_for_itself_is_no_root_of_ours(serve: Make, tmp_path: Path) -> None:
    server = serve(has_own_root=False, adds="")
    assert find_code(server) == "timestamp.unknown_root"
    other = LocalAuthority(tmp_path / "other")
    assert find_code(serve(adds="all.pem"), roots=other.root.pem) == "timestamp.unknown_root"


def test_another_root_of_the_same_name_is_not_that_root(serve: Make, tmp_path: Path) -> None:
    twin = LocalAuthority(tmp_path / "twin")
    assert find_code(serve(adds="all.pem"), roots=twin.root.pem) == "timestamp.unknown_root"


def test_a_token_of_another_time_does_not_count(serve: Make) -> None:
    server = serve()
    for now in (datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(hours=1)):
        assert find_code(server, now=now) == "timestamp.wrong_time"


def test_a_token_that_does_not_name_its_signers_certificate_does_not_count() -> None:
    """What a court's verifier would refuse in years is refused while it can be asked for again."""
    maker, query = Maker(), build_query(HASH)
    for named, expected in (([name_v2(maker.signer)], None), ([name_v2(maker.root)], "refused")):
        token = maker.token(b"", imprint=HASH, named=named, nonce=number(query.nonce))
        given = {"query": query, "certificates": read_certificates(maker.root.pem), "now": AT}
        if expected is None:
            assert read_answer(token.build(), **given).at == AT  # type: ignore[arg-type]
            continue
        with pytest.raises(TimestampError) as caught:
            read_answer(token.build(), **given)  # type: ignore[arg-type]
        assert caught.value.code == "timestamp.wrong_signature"


def test_wrongly_sorted_certificates_are_put_in_order_and_what_came_is_kept(serve: Make) -> None:
    mended = 0
    for _ in range(4):
        server = serve(adds="all.pem")
        authority = server.authority
        assert authority is not None
        stamp = ask(server)
        assert sorted(stamp.response) == sorted(stamp.received)
        assert sort_certificates(stamp.response) == stamp.response
        for answer in (stamp.received, stamp.response):
            assert authority.agrees(answer, sha256=HASH, at=stamp.at)
        mended += stamp.response != stamp.received
    # OpenSSL writes them as its settings say: the signer first, though its encoding is the longest.
    assert mended == 4


def test_what_is_no_answer_at_all_is_a_bad_answer(serve: Make) -> None:
    server = serve()
    assert server.authority is not None
    query = build_query(HASH)
    good = server.authority.reply(query.data)
    roots = read_certificates(server.authority.root.pem)
    for _ in range(500):
        at = secrets.randbelow(len(good))
        cut = good[:at]
        flipped = good[:at] + bytes([good[at] ^ (1 << secrets.randbelow(8))]) + good[at + 1 :]
        for data in (cut, flipped, secrets.token_bytes(at + 1)):
            try:
                read_answer(data, query=query, certificates=roots, now=datetime.now(UTC))
            except TimestampError:
                continue
            # Outside of what is signed a bit may change nothing that counts, as in a status text.
            assert data is flipped


@pytest.mark.parametrize("pem", ["", "Қ", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_an_authority_needs_certificates_that_can_be_read(pem: str) -> None:
    with pytest.raises(TimestampError) as caught:
        read_certificates(pem)
    assert caught.value.code == "timestamp.bad_authority"


def test_an_authority_needs_a_root(serve: Make) -> None:
    server = serve()
    assert server.authority is not None
    with pytest.raises(TimestampError) as caught:
        read_certificates(server.authority.between.pem)
    assert caught.value.code == "timestamp.bad_authority"
