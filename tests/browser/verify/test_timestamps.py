"""The verifier's page checks timestamps as the verifier does: signature, chain, names, renewals."""

import base64
import json
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page
from tests.aged import LATE, build_aged
from tests.browser.verify import test_page
from tests.browser.verify.test_page import Judge
from tests.courthouse import Court
from tests.insider import Insider
from tests.renewed import renew, stamp
from tests.token_cases import BAD, CHAINS, GOOD, NAMED_WRONGLY, STRICTER, WRONG, Case, build
from tests.token_maker import AT, Maker, make_certificate, make_key
from tests.unit.verify.test_earlier_heads import CASES
from tests.unit.verify.test_renewals import retire

from aigaq.evidence.package_shapes import PackagedToken
from aigaq.sealing.card import build_card
from aigaq.sealing.signatures import public_bytes

pytestmark = pytest.mark.browser
page = test_page.page
DAY = timedelta(days=1)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    made = Court(tmp_path_factory.mktemp("court"))
    made.add_report([("a.jpg", b"content")])
    made.publish()
    return made


@pytest.fixture(scope="module")
def package(court: Court, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a package with one token, which `Bench` puts others in the place of."""
    text = court.checkpoint()[1].rpartition(b"\n\n")[0] + b"\n"
    token = stamp(Maker(), text, at=AT)
    return court.write(tmp_path_factory.mktemp("bench") / "package", tokens=[token])


class Bench:
    """Asks page and command about a package whose token is the case's."""

    def __init__(self, court: Court, package: Path, folder: Path, page: Page) -> None:
        self.court, self.package, self.folder, self.page = court, package, folder, page
        name = "evidence/checkpoints/*.checkpoint"
        (checkpoint,) = package.glob(name)
        self.text = checkpoint.read_bytes().rpartition(b"\n\n")[0] + b"\n"

    def judge(
        self, case: Case, *, now: datetime = LATER, retirements: Sequence[str] = ()
    ) -> tuple[int, str, str]:
        """Return exit, result and code of step 5, on which both agree."""
        insider = Insider(self.court, self.package)
        insider.write("evidence/tokens/01.tsr", case.response)
        insider.write("evidence/tokens/01.chain.pem", case.chain.encode())
        policy = self.court.write_policy(
            self.folder / "policy.json",
            timestamp_authorities=[{"certificates": case.roots, "name": "trusted"}],
            require={"cosigned": False, "timestamps": 1},
        )
        code, rows = Judge(self.page, policy, now=now).agree(insider.seal())
        return code, rows[5][1], rows[5][2]


@pytest.fixture
def bench(court: Court, package: Path, tmp_path: Path, page: Page) -> Iterator[Bench]:
    kept = {
        name: (package / name).read_bytes()
        for name in ("evidence/tokens/01.tsr", "evidence/tokens/01.chain.pem")
    }
    yield Bench(court, package, tmp_path, page)
    for name, data in kept.items():
        (package / name).write_bytes(data)


GRANTED = (0, "passed", "")


def test_page_and_command_say_the_same_of_an_earlier_head(page: Page, tmp_path: Path) -> None:
    """Good, without trust, without the own head's token, and with every part changed."""
    aged = build_aged(tmp_path / "court")
    policy = aged.court.write_policy(
        tmp_path / "policy.json",
        timestamp_authorities=aged.trusted(),
        require={"cosigned": True, "timestamps": 1},
    )
    strange = aged.court.write_policy(
        tmp_path / "strange.json",
        timestamp_authorities=[],
        tlog_policy=aged.court.policy()["tlog_policy"].replace("quorum partner", "quorum none"),
    )
    retired = aged.court.write_policy(
        tmp_path / "retired.json",
        retirements=[retire(aged.court, at=LATE - DAY)],
        timestamp_authorities=aged.trusted(),
    )
    package = aged.court.write(tmp_path / "package", **aged.package())
    now = LATE + DAY
    judge = Judge(page, policy, now=now)
    assert judge.agree(package)[0] == 0
    said = page.inner_text("#verdict")
    assert "2026-05-05T09:00:00Z" in said
    assert "2035-03-01T09:00:00Z" in said
    assert Judge(page, None, now=now).agree(package)[0] == 3
    assert Judge(page, strange, now=now).agree(package)[0] == 3
    assert "2026-05-05" not in page.inner_text("#verdict")
    assert Judge(page, retired, now=now).agree(package)[1][4][2] == "checkpoint.retired"
    bare = aged.court.write(tmp_path / "bare", **aged.package(tokens=[]))
    assert judge.agree(bare)[0] == 3
    assert "2026-05-05T09:00:00Z" in page.inner_text("#verdict")
    for name, change, step, code in CASES:
        insider = Insider(aged.court, shutil.copytree(package, tmp_path / "changed"))
        change(insider, aged)
        code_found, rows = judge.agree(insider.seal())
        assert (code_found, rows[step][1:3]) == (1, ("failed", code)), name
        shutil.rmtree(insider.folder)


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048"])
def test_every_algorithm_of_the_list_is_taken(bench: Bench, kind: str) -> None:
    for digest in ("sha256", "sha384", "sha512"):
        maker = Maker(kind=kind, digest=digest)
        assert bench.judge(build(maker, over=bench.text)) == GRANTED


def test_pss_is_taken_in_certificates_and_in_tokens(bench: Bench) -> None:
    maker = Maker(kind="rsa2048", digest="sha512")
    maker.signer = maker.sign_certificate(key=maker.signer.key, pss=True)
    assert bench.judge(build(maker, over=bench.text)) == GRANTED
    pss = build(maker, lambda one: setattr(one, "pss", True), over=bench.text)
    assert bench.judge(pss) == GRANTED


def test_keys_that_are_too_short_are_refused(bench: Bench) -> None:
    maker = Maker(kind="rsa2048")
    maker.signer = maker.sign_certificate(key=make_key("rsa1024"))
    assert bench.judge(build(maker, over=bench.text)) == (1, "failed", WRONG)


def test_page_and_command_say_the_same_of_good_tokens(bench: Bench) -> None:
    maker = Maker()
    for name, change in GOOD.items():
        case = build(maker, lambda one, c=change: c(one, maker), over=bench.text)  # type: ignore[misc]
        assert bench.judge(case) == GRANTED, name


def test_page_and_command_say_the_same_of_bad_tokens(bench: Bench) -> None:
    maker = Maker()
    bad = {name: ("token.wrong_certificate", one) for name, one in NAMED_WRONGLY.items()}
    bad |= dict(BAD) | {name: ("token.bad_form", one) for name, one in STRICTER.items()}
    for name, (code, change) in bad.items():
        case = build(maker, lambda one, c=change: c(one, maker), over=bench.text)  # type: ignore[misc]
        assert bench.judge(case) == (1, "failed", code), name


def test_page_and_command_say_the_same_of_bad_chains(bench: Bench) -> None:
    for name, (change, _openssl_refuses) in CHAINS.items():
        maker = Maker()
        change(maker)
        assert bench.judge(build(maker, over=bench.text)) == (1, "failed", WRONG), name


def test_page_and_command_say_the_same_of_strangers_and_of_roots_under_others(
    bench: Bench,
) -> None:
    maker, stranger = Maker(), Maker(name="Stranger")
    case = build(stranger, over=bench.text)
    case.roots = maker.root.pem
    assert bench.judge(case) == (3, "not anchored", "")
    older = make_certificate("Older root", issuer=None, key=make_key("p384"), is_authority=True)
    cross = make_certificate(
        f"{maker.name} root", issuer=older, key=maker.root.key, is_authority=True
    )
    case = build(maker, over=bench.text)
    case.chain = "".join(one.pem for one in (maker.signer, maker.between, cross, older))
    for roots in (maker.root.pem, older.pem):
        case.roots = roots
        assert bench.judge(case) == GRANTED


@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
def test_page_and_command_say_the_same_of_tampered_tokens_and_chains(
    bench: Bench, kind: str
) -> None:
    """Single bits anywhere; both say the same, and never that all is well with what counts."""
    maker, chance = Maker(kind=kind), random.Random(3)
    for number in range(24):
        case = build(maker, over=bench.text)
        if number % 2:
            data = bytearray(case.response)
        else:
            data = bytearray(base64.b64decode(case.chain.split("-----")[2]))
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        if number % 2:
            case.response = bytes(data)
        else:
            first, rest = case.chain.split("-----END", 1)
            body = base64.encodebytes(bytes(data)).decode()
            case.chain = f"{first[:28]}{body}-----END{rest}"
        found = bench.judge(case)
        assert found[0] in (0, 1)
        assert number % 2 or found[0] == 1


SHORT_END = AT + 90 * DAY


def test_page_and_command_say_the_same_of_renewals(bench: Bench) -> None:
    short, long = Maker(name="Short", end=SHORT_END), Maker(name="Long", kind="rsa2048")
    serial = short.signer.certificate.serial_number
    good = short.build_list(at=AT + DAY)
    revoked = short.build_list(at=AT + DAY, revoked=[(serial, AT + DAY, None)])
    broken = Maker(name="Stranger").build_list(at=AT)
    rows: list[tuple[tuple[bytes, ...], timedelta | None, tuple[int, str, str]]] = [
        ((good,), 80 * DAY, GRANTED),
        ((), 80 * DAY, GRANTED),
        ((good,), None, (3, "not anchored", "token.expired")),
        ((good,), 90 * DAY, (0, "passed", "token.expired")),
        ((revoked,), 80 * DAY, (0, "passed", "token.revoked")),
        ((revoked,), None, (3, "not anchored", "token.revoked")),
        ((broken,), None, (1, "failed", "token.bad_list")),
        ((b"no list",), None, (1, "failed", "token.bad_list")),
    ]
    for number, (lists, after, expected) in enumerate(rows):
        token = stamp(short, bench.text, at=AT, lists=lists)
        if after is not None:
            again = renew([token], long, text=bench.text, at=AT + after)
            token = replace(token, renewals=(again,))
        assert ask(bench, [token], makers=(short, long), number=number) == expected


def test_page_and_command_say_the_same_of_what_a_renewal_covers(bench: Bench) -> None:
    short, long = Maker(name="Short", end=SHORT_END), Maker(name="Long")
    token = stamp(short, bench.text, at=AT, lists=[short.build_list(at=AT + DAY)])
    again = renew([token], long, text=bench.text, at=AT + 80 * DAY)
    others = {
        "another token": replace(token, response=short.stamp(bench.text, at=AT + DAY)),
        "another list": replace(token, lists=(short.build_list(at=AT + 2 * DAY),)),
        "no list": replace(token, lists=()),
        "another form of the chain": replace(token, chain=token.chain + "\n"),
    }
    for number, (name, other) in enumerate(others.items()):
        found = ask(bench, [replace(other, renewals=(again,))], makers=(short, long), number=number)
        assert found == (1, "failed", "token.wrong_imprint"), name


def ask(
    bench: Bench, tokens: list[PackagedToken], *, makers: Sequence[Maker], number: int
) -> tuple[int, str, str]:
    """Return exit, result and code of step 5 of a package with these tokens."""
    package = bench.court.write(bench.folder / f"renewed-{number}", tokens=tokens)
    policy = bench.court.write_policy(
        bench.folder / "renewed.json",
        timestamp_authorities=[{"certificates": one.root.pem, "name": one.name} for one in makers],
        require={"cosigned": False, "timestamps": 1},
    )
    code, rows = Judge(bench.page, policy, now=LATER).agree(package)
    return code, rows[5][1], rows[5][2]


def test_page_and_command_say_the_same_of_chains_of_cards(bench: Bench) -> None:
    """A gap, and a log key that a later card replaced: seen by the partner before, or after."""
    organisation = bench.court.organisation
    seen_at = datetime.fromtimestamp(bench.court.cosigned_at, UTC)

    def sign(version: int, **changes: Any) -> bytes:
        card = replace(organisation.card, version=version, **changes)
        return build_card(card, root_key=organisation.root)

    def replace_key(at: datetime) -> dict[int, bytes]:
        key = public_bytes(Ed25519PrivateKey.generate())
        return {1: sign(1), 2: sign(2, log_key=key, signed_at=at), 3: sign(3, log_key=key)}

    chains = {
        "whole": ({1: sign(1), 2: sign(2), 3: sign(3)}, ""),
        "gap": ({1: sign(1), 3: sign(3)}, "card.gap"),
        "another team": ({1: sign(1, team_id=bytes(16)), 2: sign(2)}, "card.other_team"),
        "seen before": (replace_key(seen_at), ""),
        "seen after": (replace_key(seen_at - timedelta(seconds=1)), "checkpoint.retired"),
    }
    policy = bench.court.write_policy(bench.folder / "cards.json")
    for name, (cards, expected) in chains.items():
        package = bench.court.write(bench.folder / name, cards=cards)
        code, rows = Judge(bench.page, policy, now=LATER).agree(package)
        assert (code, [row[2] for row in rows if row[2]]) == (
            (1, [expected]) if expected else (0, [])
        )


@pytest.mark.parametrize(
    "change",
    [
        {"renewals": None},
        {"lists": ["evidence/tokens/01.list-02.crl"]},
        {"lists": [[]]},
        {"renewals": [{}]},
        {"lists": {}},
    ],
)
def test_page_and_command_refuse_the_same_rows(bench: Bench, change: dict[str, Any]) -> None:
    number = abs(hash(json.dumps(change))) % 1_000_000
    insider = Insider(bench.court, bench.court.write(bench.folder / f"row-{number}"))
    row = {
        "authority": "A",
        "chain": "evidence/tokens/01.chain.pem",
        "checkpoint": json.loads(insider.read("evidence/package.json"))["checkpoint"],
        "lists": [],
        "renewals": [],
        "token": "evidence/tokens/01.tsr",
    }
    insider.edit(lambda one: one.update(tokens=[{**row, **change}]))
    code, rows = Judge(bench.page, None).agree(insider.seal())
    assert (code, rows[1][2]) == (1, "package.bad_form")
