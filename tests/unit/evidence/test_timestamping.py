"""The desk takes timestamps over its log and its items, says what fails, and renews in time.

Two authorities of our own answer over real HTTP on loopback; the log is that of a gate in a folder.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.conftest import Founding
from tests.timestamp_authority import LocalAuthority, Server
from tests.unit.evidence.log_of import LogGate
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.accounts.errors import NotThere
from aigaq.accounts.selectors import Staff
from aigaq.core.models import AuditEvent
from aigaq.evidence import custody, selectors, services
from aigaq.evidence import timestamp_authorities as authorities
from aigaq.evidence import timestamp_selectors as reads
from aigaq.evidence import timestamping as stamps
from aigaq.evidence.errors import NotFound, TimestampError
from aigaq.evidence.models import CustodyLine, Item
from aigaq.evidence.renewal import DAYS_SETTING, LABEL
from aigaq.evidence.revocation import is_askable
from aigaq.evidence.timestamp_models import (
    AuthorityState,
    RevocationList,
    TimestampAuthority,
    TimestampToken,
    TimestampWish,
)
from aigaq.evidence.timestamping import Attempt, Stamping
from aigaq.sealing.encoding import encode_parts
from aigaq.sealing.witnessing import CardAuthority
from aigaq.tlog import SignedCheckpoint, read_checkpoint
from aigaq_verify.certificates import parse_certificates
from aigaq_verify.policy import Authority as PolicyAuthority
from aigaq_verify.tokens import check_token

pytestmark = pytest.mark.django_db
FILE = b"a fictional photograph"


@dataclass
class House:
    """A desk with two authorities in its card, one in each of two countries."""

    gate: LogGate
    first: Server
    second: Server
    failures: list[Attempt] = field(default_factory=list)

    @property
    def servers(self) -> tuple[Server, Server]:
        return self.first, self.second

    @property
    def checkpoint(self) -> SignedCheckpoint:
        return read_checkpoint(self.gate.source.read_checkpoint())

    @property
    def stamping(self) -> Stamping:
        named = tuple(
            {
                "certificates": server.authority.root.pem,
                "country": country,
                "name": server.authority.name,
                "url": server.url,
            }
            for server, country in zip(self.servers, ("KZ", "DE"), strict=True)
            if server.authority is not None
        )
        return Stamping(
            card=replace(self.gate.card, timestamp_authorities=named),
            connect=lambda _url: httpx.Client(timeout=5.0, trust_env=False, verify=False),
            on_failure=self.failures.append,
            seconds=5.0,
        )

    def round(self) -> tuple[Attempt, ...]:
        return stamps.stamp_due(self.checkpoint, stamping=self.stamping)

    def next_day(self) -> tuple[Attempt, ...]:
        """Let a day pass in which the log grew, and do a round."""
        self.gate.publish()
        let_time_pass(seconds=stamps.DAY_SECONDS + 1)
        return self.round()

    def codes(self) -> list[str | None]:
        return [one.code for one in self.failures]


def build_server(folder: Path, name: str, days: tuple[int, int] = (-1, 3650)) -> Server:
    server = Server()
    server.authority = LocalAuthority(
        folder, name=name, signer_days=days, lists_url=server.lists_url
    )
    return server


@pytest.fixture
def house(gate: LogGate, tmp_path: Path) -> Iterator[House]:
    first = build_server(tmp_path / "first", "Fictional authority A")
    second = build_server(tmp_path / "second", "Fictional authority B")
    yield House(gate, first, second)
    first.close()
    second.close()


@pytest.fixture
def carried(founding: Founding) -> Carried:
    return carry_report(founding, items=[("photo.jpg", "image/jpeg", FILE)])


@pytest.fixture
def item(carried: Carried) -> Item:
    return Item.objects.get()


def let_time_pass(**parts: float) -> None:
    """Let tokens, and what an authority's pause began with, be so much older."""
    by = timedelta(**parts)
    for token in TimestampToken.objects.all():
        token.stamped_at -= by
        token.save(update_fields=["stamped_at"])
    for state in AuthorityState.objects.all():
        if state.next_at is not None:
            state.next_at -= by
            state.save(update_fields=["next_at"])


def test_two_authorities_stamp_the_checkpoint_and_verifier_and_openssl_agree(house: House) -> None:
    attempts = house.round()
    assert [one.code for one in attempts] == [None, None]
    text, size = house.checkpoint.note.text, house.checkpoint.checkpoint.size
    tokens = reads.list_tokens(size, text=text)
    assert [one.authority for one in tokens] == ["Fictional authority A", "Fictional authority B"]
    for token, server in zip(tokens, house.servers, strict=True):
        assert server.authority is not None
        trusted = PolicyAuthority(
            name=token.authority,
            certificates=tuple(parse_certificates(server.authority.root.pem.encode(), code="x")),
        )
        found = check_token(
            token.response,
            imprint=hashlib.sha256(text.encode()).digest(),
            chain_pem=token.chain.encode(),
            authorities=(trusted,),
        )
        assert found.authority == token.authority
        digest = hashlib.sha256(text.encode()).digest()
        assert server.authority.agrees(token.response, sha256=digest, at=found.at)
    assert AuditEvent.objects.filter(code="evidence.timestamped").count() == 2


def test_the_log_is_stamped_once_a_day_and_only_when_it_grew(house: House) -> None:
    assert len(house.round()) == 2
    house.gate.publish()
    assert house.round() == ()
    let_time_pass(seconds=stamps.DAY_SECONDS + 1)
    assert len(house.round()) == 2
    let_time_pass(seconds=stamps.DAY_SECONDS + 1)
    assert house.round() == ()
    assert len(reads.list_tokens(house.checkpoint.checkpoint.size)) == 2


def test_a_trial_may_stamp_more_often(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(stamps.SECONDS_SETTING, "60")
    house.round()
    house.gate.publish()
    let_time_pass(seconds=61)
    assert len(house.round()) == 2


def test_a_checkpoint_is_stamped_at_once_on_request(house: House) -> None:
    house.round()
    house.gate.publish()
    attempts = stamps.stamp_checkpoint(house.checkpoint, stamping=house.stamping)
    assert [one.code for one in attempts] == [None, None]
    size, text = house.checkpoint.checkpoint.size, house.checkpoint.note.text
    assert reads.find_stamped_checkpoint(tokens=2) == (size, text)
    assert reads.find_stamped_checkpoint(minimum_size=size + 1) is None


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("refused", "timestamp.refused"),
        ("broken", "timestamp.bad_answer"),
        ("wrong_imprint", "timestamp.wrong_imprint"),
        ("wrong_nonce", "timestamp.wrong_nonce"),
        ("wrong_signature", "timestamp.wrong_signature"),
        ("error", "timestamp.bad_status"),
    ],
)
def test_a_failing_authority_is_told_and_the_other_one_stamps(
    house: House, fault: str, code: str
) -> None:
    house.first.fault = fault
    attempts = house.round()
    assert [one.code for one in attempts] == [code, None]
    (failure,) = house.failures
    assert (failure.code, failure.authority) == (code, "Fictional authority A")
    assert [one.authority for one in reads.list_tokens(house.checkpoint.checkpoint.size)] == [
        "Fictional authority B"
    ]
    status = reads.get_timestamp_status(card=house.stamping.card)
    assert [one.state for one in status.authorities] == ["failing", "good"]
    assert status.authorities[0].code == code


def test_a_failing_authority_is_asked_again_later_and_later_and_not_between(house: House) -> None:
    house.first.fault = "error"
    pauses = []
    for _ in range(9):
        house.round()
        state = AuthorityState.objects.get(name="Fictional authority A")
        assert state.next_at is not None
        pauses.append(round((state.next_at - clock.now()).total_seconds() / 60))
        asked = len(house.first.asked)
        house.round()
        assert len(house.first.asked) == asked
        AuthorityState.objects.update(next_at=clock.now() - timedelta(seconds=1))
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 360, 360]
    # One streak is one thing that a person learns of.
    assert len({tuple(one.details.items()) for one in house.failures}) == 1
    house.first.fault = ""
    assert [one.code for one in house.round()] == [None]
    state = AuthorityState.objects.get(name="Fictional authority A")
    assert (state.failures, state.code, state.failing_since) == (0, "", None)


def test_a_pause_begun_by_a_clock_that_was_years_ahead_does_not_last(house: House) -> None:
    house.first.fault = "error"
    house.round()
    AuthorityState.objects.update(next_at=clock.now() + timedelta(days=900))
    house.first.fault = ""
    assert [one.code for one in house.round()] == [None]


def test_an_item_is_stamped_over_its_own_hash_and_custody_says_so(
    house: House, item: Item, founding: Founding
) -> None:
    attempts = stamps.stamp_item(actor=founding.founder, item_id=item.pk, stamping=house.stamping)
    assert [(one.code, one.sha256) for one in attempts] == 2 * [
        (None, hashlib.sha256(FILE).digest())
    ]
    events = selectors.access_report(
        actor=founding.founder, report_id=bytes(item.filed.report_id)
    ).custody
    stamped = [one for one in events if one.event == "timestamped"]
    assert {one.note for one in stamped} == {"Fictional authority A", "Fictional authority B"}
    assert {one.sha256 for one in stamped} == {hashlib.sha256(FILE).digest()}
    custody.check()
    for token, server in zip(
        TimestampToken.objects.order_by("authority"), house.servers, strict=True
    ):
        assert server.authority is not None
        digest = hashlib.sha256(FILE).digest()
        assert server.authority.agrees(bytes(token.response), sha256=digest, at=token.stamped_at)
    assert not TimestampWish.objects.exists()


def test_an_item_waits_for_the_authority_that_failed(house: House, item: Item) -> None:
    house.second.fault = "refused"
    attempts = stamps.stamp_item(actor=None, item_id=item.pk, stamping=house.stamping)
    assert [one.code for one in attempts] == [None, "timestamp.refused"]
    assert [one.authority for one in TimestampWish.objects.all()] == ["Fictional authority B"]
    house.second.fault = ""
    let_time_pass(hours=7)
    house.round()
    assert not TimestampWish.objects.exists()
    assert len(reads.list_item_tokens(report_id=bytes(item.filed.report_id))) == 2


def test_an_item_is_named_as_in_custody_or_by_its_id(item: Item) -> None:
    name = f"{bytes(item.filed.report_id).hex()}/{item.number}"
    assert reads.find_item(name) == reads.find_item(str(item.pk)) == item.pk
    for wrong in ("", "x", name + "1", f"{name}x", str(item.pk)[:-1]):
        with pytest.raises(NotFound):
            reads.find_item(wrong)


def test_forgetting_a_report_forgets_its_tokens_and_wishes(
    house: House, item: Item, carried: Carried
) -> None:
    house.second.fault = "refused"
    stamps.stamp_item(actor=None, item_id=item.pk, stamping=house.stamping)
    house.round()
    services.forget_report(report_id=bytes(item.filed.report_id), by=None)
    assert not TimestampWish.objects.exists()
    assert [one.item_id for one in TimestampToken.objects.all()] == [None]
    assert not CustodyLine.objects.filter(report_id=carried.sealed.report_id).exists()
    custody.check()


def test_a_revoked_signer_gives_no_token(house: House) -> None:
    assert house.first.authority is not None
    signer = house.first.authority.signer
    house.first.authority.revoke(signer, at=datetime.now(UTC) - timedelta(days=2))
    assert [one.code for one in house.round()] == ["timestamp.revoked", None]


def test_a_list_of_revoked_certificates_is_kept_or_missed_by_its_code(house: House) -> None:
    house.second.fault = "no_list"
    assert [one.code for one in house.round()] == [None, None]
    first, second = TimestampToken.objects.order_by("authority")
    assert first.revocation_code == ""
    assert [one.number for one in first.lists.all()] == [0]
    assert second.revocation_code == "timestamp.bad_status"
    assert not second.lists.exists()


def test_a_certificate_sends_the_desk_to_no_neighbour_for_its_list(house: House) -> None:
    authority = house.first.authority
    assert authority is not None
    authority.lists_url = house.first.lists_url.replace("127.0.0.1", "localhost")
    authority.renew_signer((-1, 365))
    assert [one.code for one in house.round()] == [None, None]
    first, second = TimestampToken.objects.order_by("authority")
    assert (first.revocation_code, first.lists.count()) == ("timestamp.no_revocation_list", 0)
    # The second one's list lies on the host that the organisation itself named.
    assert (second.revocation_code, second.lists.count()) == ("", 1)


@pytest.mark.parametrize(
    ("url", "is_asked"),
    [
        ("http://crl.example.org/a.crl", True),
        ("https://crl.example.org:8443/a.crl", True),
        ("http://9.9.9.9/a.crl", True),
        ("http://tsa.lan/a.crl", True),  # One of the desk's own authorities.
        ("http://127.0.0.1/a.crl", False),
        ("http://[::1]:8470/a.crl", False),
        ("http://[::ffff:192.168.1.1]/a.crl", False),
        ("http://192.168.1.1/a.crl", False),
        ("http://169.254.169.254/latest", False),
        ("http://2130706433/a.crl", False),
        ("http://127.1/a.crl", False),
        ("http://0x7f.0x1/a.crl", False),
        ("http://localhost/a.crl", False),
        ("http://router.local./a.crl", False),
        ("http://printer/a.crl", False),
        ("http://crl.example.org@127.0.0.1/a.crl", False),
        ("http://user@crl.example.org/a.crl", False),
        ("http://crl.example.org:99999/a.crl", False),
        ("httpx://crl.example.org/a.crl", False),
        ("http://[broken/a.crl", False),
    ],
)
def test_a_list_is_asked_of_public_hosts_and_of_the_desks_own_authorities(
    url: str, is_asked: bool
) -> None:
    assert is_askable(url, hosts={"tsa.lan"}) is is_asked


def test_a_list_whose_time_is_over_shows_nothing_but_what_it_names(house: House) -> None:
    for server in house.servers:
        assert server.authority is not None
        server.authority.lists_live = -timedelta(hours=1)
    assert house.second.authority is not None
    signer = house.second.authority.signer
    house.second.authority.revoke(signer, at=datetime.now(UTC) - timedelta(days=2))
    assert [one.code for one in house.round()] == [None, "timestamp.revoked"]
    (token,) = TimestampToken.objects.all()
    assert token.revocation_code == "timestamp.no_revocation_list"
    assert not token.lists.exists()


def end_soon(house: House, *, days: int) -> None:
    for server in house.servers:
        assert server.authority is not None
        server.authority.renew_signer((-300, days))


def list_first(house: House) -> list[TimestampToken]:
    """Return the tokens that were taken first, one of each authority."""
    return list(TimestampToken.objects.filter(renews=None).order_by("checkpoint_size")[:2])


def test_a_token_is_renewed_before_its_certificates_die(house: House) -> None:
    end_soon(house, days=30)
    size = house.checkpoint.checkpoint.size
    house.round()
    end_soon(house, days=3000)
    attempts = house.next_day()
    assert [one.code for one in attempts] == 4 * [None]
    for token in list_first(house):
        renewal = token.renewed_by
        lists = [bytes(one.data) for one in token.lists.order_by("number")]
        assert len(lists) == 1
        # Spelled out once, as the format says it.
        over = encode_parts(
            LABEL,
            token.checkpoint.encode(),
            bytes(token.response),
            token.chain,
            encode_parts(*lists),
        )
        digest = hashlib.sha256(over).digest()
        assert bytes(renewal.sha256) == digest
        assert renewal.authority == token.authority
        server = house.first if token.authority.endswith("A") else house.second
        assert server.authority is not None
        response = bytes(renewal.response)
        assert server.authority.agrees(response, sha256=digest, at=renewal.stamped_at)
        assert renewal.ends_at > token.ends_at
    # Only the first tokens are over the checkpoint.
    assert len(reads.list_tokens(size)) == 2
    assert house.round() == ()
    assert house.failures == []


def test_a_renewal_is_renewed_over_all_before_it(house: House) -> None:
    end_soon(house, days=30)
    house.round()
    end_soon(house, days=40)
    house.next_day()
    end_soon(house, days=3000)
    house.next_day()
    for token in list_first(house):
        second, third = token.renewed_by, token.renewed_by.renewed_by
        inner = encode_parts(
            LABEL,
            token.checkpoint.encode(),
            bytes(token.response),
            token.chain,
            encode_parts(*(bytes(one.data) for one in token.lists.all())),
        )
        outer = encode_parts(
            LABEL,
            inner,
            bytes(second.response),
            second.chain,
            encode_parts(*(bytes(one.data) for one in second.lists.all())),
        )
        assert hashlib.sha256(outer).digest() == bytes(third.sha256)


def test_an_item_is_renewed_too_and_custody_says_so(
    house: House, item: Item, founding: Founding
) -> None:
    end_soon(house, days=30)
    stamps.stamp_item(actor=None, item_id=item.pk, stamping=house.stamping)
    end_soon(house, days=3000)
    house.next_day()
    tokens = reads.list_item_tokens(report_id=bytes(item.filed.report_id))
    assert [one.is_renewal for one in tokens] == [False, False, True, True]
    events = selectors.access_report(
        actor=founding.founder, report_id=bytes(item.filed.report_id)
    ).custody
    assert sum(one.note.endswith(", renewed") for one in events) == 2


def test_how_early_tokens_are_renewed_is_a_setting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_soon(house, days=30)
    house.round()
    end_soon(house, days=3000)
    monkeypatch.setenv(DAYS_SETTING, "20")
    house.next_day()
    assert not TimestampToken.objects.exclude(renews=None).exists()
    monkeypatch.setenv(DAYS_SETTING, "40")
    assert len(house.round()) == 2
    assert TimestampToken.objects.exclude(renews=None).count() == 2


def test_another_authority_renews_if_its_own_signer_ends_as_soon(house: House) -> None:
    end_soon(house, days=30)
    house.round()
    assert house.second.authority is not None
    house.second.authority.renew_signer((-1, 3000))
    house.next_day()
    renewals = TimestampToken.objects.exclude(renews=None)
    assert {one.authority for one in renewals} == {"Fictional authority B"}
    assert {one.renews.authority for one in renewals if one.renews} == {
        "Fictional authority A",
        "Fictional authority B",
    }
    assert house.failures == []


def test_a_renewal_that_ends_no_later_is_none(house: House) -> None:
    end_soon(house, days=30)
    house.round()
    end_soon(house, days=3000)
    house.next_day()
    TimestampToken.objects.exclude(renews=None).delete()
    end_soon(house, days=29)
    assert [one.code for one in house.round()] == 2 * ["timestamp.short_lived"]
    assert not TimestampToken.objects.exclude(renews=None).exists()


def test_a_token_whose_end_is_near_and_that_nobody_can_renew_is_told_once(house: House) -> None:
    end_soon(house, days=10)
    house.round()
    house.round()
    told = {(one.authority, one.code, tuple(one.details.items())) for one in house.failures}
    assert len(told) == 2
    assert {one[1] for one in told} == {"timestamp.cannot_renew"}


def test_a_certificate_that_was_revoked_since_or_has_ended_is_told_with_the_renewal(
    house: House,
) -> None:
    assert house.first.authority is not None
    end_soon(house, days=30)
    house.round()
    old = house.first.authority.signer
    end_soon(house, days=3000)
    house.first.authority.revoke(old, at=datetime.now(UTC))
    TimestampToken.objects.filter(authority="Fictional authority B").update(
        ends_at=clock.now() - timedelta(seconds=1)
    )
    house.next_day()
    assert set(house.codes()) == {"timestamp.revoked_since", "timestamp.renewed_late"}
    assert TimestampToken.objects.exclude(renews=None).count() == 2


def test_an_authority_of_the_desk_itself_is_asked_too(
    house: House, founding: Founding, tmp_path: Path
) -> None:
    third = build_server(tmp_path / "third", "Fictional authority C")
    try:
        assert third.authority is not None
        own = CardAuthority(
            name="Fictional authority C",
            url=third.url,
            country="FR",
            certificates=third.authority.root.pem,
        )
        card = house.stamping.card
        authorities.add_authority(actor=founding.founder, authority=own, card=card)
        assert [one.code for one in house.round()] == [None, None, None]
        with pytest.raises(TimestampError) as caught:
            authorities.add_authority(actor=founding.founder, authority=own, card=card)
        assert caught.value.code == "timestamp.known_authority"
        authorities.remove_authority(actor=founding.founder, name=own.name)
        assert TimestampToken.objects.count() == 3
        with pytest.raises(TimestampError) as caught:
            authorities.remove_authority(actor=founding.founder, name=own.name)
        assert caught.value.code == "timestamp.unknown_authority"
    finally:
        third.close()


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"url": "ftp://tsa.example/"},
        {"url": "http://["},
        {"url": "http:///tsa"},
        {"country": "kz"},
        {"certificates": "no certificate"},
    ],
)
def test_an_authority_of_no_use_is_not_taken(
    house: House, founding: Founding, change: dict[str, str]
) -> None:
    assert house.first.authority is not None
    good = CardAuthority(
        name="Another",
        url="http://tsa.example/",
        country="KZ",
        certificates=house.first.authority.root.pem,
    )
    with pytest.raises(TimestampError) as caught:
        authorities.add_authority(
            actor=founding.founder, authority=replace(good, **change), card=house.gate.card
        )
    assert caught.value.code == "timestamp.bad_authority"
    assert not TimestampAuthority.objects.exists()


def test_only_who_keeps_the_organisation_names_authorities(
    house: House, founding: Founding, staff_of: Callable[[str], Staff]
) -> None:
    caseworker = staff_of("caseworker")
    with pytest.raises(NotThere):
        authorities.remove_authority(actor=caseworker, name="x")


def test_without_an_authority_there_is_no_timestamp_and_it_is_said(
    gate: LogGate, item: Item
) -> None:
    stamping = Stamping(
        card=gate.card,
        connect=lambda _url: httpx.Client(verify=False),
        on_failure=lambda _one: None,
    )
    checkpoint = read_checkpoint(gate.source.read_checkpoint())
    assert stamps.stamp_due(checkpoint, stamping=stamping) == ()
    with pytest.raises(TimestampError) as caught:
        stamps.stamp_checkpoint(checkpoint, stamping=stamping)
    assert caught.value.code == "timestamp.no_authority"
    with pytest.raises(TimestampError) as caught:
        stamps.stamp_item(actor=None, item_id=item.pk, stamping=stamping)
    assert caught.value.code == "timestamp.no_authority"
    assert not RevocationList.objects.exists()
