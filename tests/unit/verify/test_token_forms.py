"""What the verifier says of single tokens; for each one `openssl ts -verify` is asked, too.

Where the verifier is stricter than openssl the case says so: it may refuse more, never less.
"""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from tests.token_cases import (
    BAD,
    CHAINS,
    GOOD,
    NAMED_WRONGLY,
    OVER,
    STRICTER,
    WRONG,
    Case,
    build,
    signer_with,
)
from tests.token_maker import (
    AT,
    END,
    Maker,
    make_certificate,
    make_key,
    openssl_agrees,
)

from aigaq_verify.certificates import parse_certificates
from aigaq_verify.errors import VerifyError
from aigaq_verify.policy import Authority
from aigaq_verify.tokens import check_token


def judge(case: Case) -> str:
    """Return whose token it is, "nobody", or the code of what is wrong."""
    roots = tuple(parse_certificates(case.roots.encode(), code="x"))
    try:
        token = check_token(
            case.response,
            imprint=hashlib.sha256(OVER).digest(),
            chain_pem=case.chain.encode(),
            authorities=(Authority("trusted", roots),),
        )
    except VerifyError as error:
        return error.code
    return token.authority or "nobody"


def openssl_says(case: Case, folder: Path, *, at: datetime = AT) -> bool:
    return openssl_agrees(
        case.response, over=OVER, root=case.roots, chain=case.chain, at=at, folder=folder
    )


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker()


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048"])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_every_algorithm_of_the_list_is_taken(kind: str, digest: str, tmp_path: Path) -> None:
    case = build(Maker(kind=kind, digest=digest))
    assert (judge(case), openssl_says(case, tmp_path)) == ("trusted", True)


def test_pss_is_taken_in_certificates_and_in_tokens(tmp_path: Path) -> None:
    maker = Maker(kind="rsa2048", digest="sha384")
    maker.signer = maker.sign_certificate(key=make_key("rsa2048"), pss=True)
    case = build(maker)
    assert (judge(case), openssl_says(case, tmp_path)) == ("trusted", True)
    assert judge(build(maker, lambda one: setattr(one, "pss", True))) == "trusted"


def test_a_key_that_is_too_short_is_refused() -> None:
    maker = Maker(kind="rsa2048")
    maker.signer = maker.sign_certificate(key=make_key("rsa1024"))
    assert judge(build(maker)) == WRONG


@pytest.mark.parametrize("name", GOOD)
def test_what_an_honest_authority_may_write_is_taken(
    name: str, maker: Maker, tmp_path: Path
) -> None:
    case = build(maker, lambda one: GOOD[name](one, maker))
    assert (judge(case), openssl_says(case, tmp_path)) == ("trusted", True)


@pytest.mark.parametrize("name", NAMED_WRONGLY)
def test_a_token_that_does_not_name_its_signer_is_refused_by_all(
    name: str, maker: Maker, tmp_path: Path
) -> None:
    case = build(maker, lambda one: NAMED_WRONGLY[name](one, maker))
    assert (judge(case), openssl_says(case, tmp_path)) == ("token.wrong_certificate", False)


def test_no_other_certificate_of_the_same_key_takes_the_signers_place(
    maker: Maker, tmp_path: Path
) -> None:
    """Same name, same serial number, same key, a later end: what `rfc3161-client` does not see."""
    longer = maker.sign_certificate(
        key=maker.signer.key,
        end=END + timedelta(days=3650),
        serial=maker.signer.certificate.serial_number,
    )
    response = maker.token(OVER, brings=[longer.der]).build()
    case = Case(response, longer.pem + maker.between.pem + maker.root.pem, maker.root.pem)
    assert (judge(case), openssl_says(case, tmp_path)) == ("token.wrong_certificate", False)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused_by_all(name: str, maker: Maker, tmp_path: Path) -> None:
    code, change = BAD[name]
    case = build(maker, lambda one: change(one, maker))
    assert (judge(case), openssl_says(case, tmp_path)) == (code, False)


def test_a_token_brings_its_signers_certificate_along(maker: Maker) -> None:
    """It was asked for; openssl takes the one from the chain beside it, which is not signed."""
    case = build(maker, lambda one: vars(one).update(brings=[maker.between.der]))
    assert judge(case) == "token.wrong_certificate"


@pytest.mark.parametrize("name", STRICTER)
def test_what_could_be_read_in_two_ways_is_refused(name: str, maker: Maker) -> None:
    assert judge(build(maker, lambda one: STRICTER[name](one, maker))) == "token.bad_form"


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_that_does_not_hold_is_refused(name: str, tmp_path: Path) -> None:
    change, openssl_refuses = CHAINS[name]
    maker = Maker()
    change(maker)
    case = build(maker)
    assert judge(case) == WRONG
    if openssl_refuses:
        assert not openssl_says(case, tmp_path)


def test_a_root_may_forbid_more_authorities_below_it(tmp_path: Path) -> None:
    maker = Maker()
    for length, expected in ((1, "trusted"), (0, WRONG)):
        maker.root = make_certificate(
            f"{maker.name} root",
            issuer=None,
            key=maker.root.key,
            is_authority=True,
            constraints=x509.BasicConstraints(ca=True, path_length=length),
        )
        case = build(maker)
        assert (judge(case), openssl_says(case, tmp_path)) == (expected, expected == "trusted")


def test_a_signer_holds_up_to_its_last_second() -> None:
    for end, expected in ((AT + timedelta(seconds=1), "trusted"), (AT, WRONG)):
        maker = Maker()
        signer_with(end=end)(maker)
        assert judge(build(maker)) == expected
    maker = Maker()
    signer_with(start=AT)(maker)
    assert judge(build(maker)) == "trusted"


def test_a_token_of_nobody_whom_we_trust_must_still_hold(maker: Maker) -> None:
    trusted, stranger = maker, Maker(name="Stranger")
    case = build(stranger)
    case.roots = trusted.root.pem
    assert judge(case) == "nobody"
    case.chain = stranger.signer.pem + stranger.root.pem
    assert judge(case) == WRONG


def test_a_root_that_also_stands_under_another_is_enough(maker: Maker, tmp_path: Path) -> None:
    """The chain runs on to an older root; the policy names the newer one by its own certificate."""
    older = make_certificate("Older root", issuer=None, key=make_key("p256"), is_authority=True)
    cross = make_certificate(
        f"{maker.name} root", issuer=older, key=maker.root.key, is_authority=True
    )
    response = maker.token(OVER).build()
    chain = "".join(one.pem for one in (maker.signer, maker.between, cross, older))
    for roots in (maker.root.pem, older.pem):
        case = Case(response, chain, roots)
        assert (judge(case), openssl_says(case, tmp_path)) == ("trusted", True)


def test_a_chain_begins_with_its_signer(maker: Maker) -> None:
    case = build(maker)
    case.chain = maker.between.pem + maker.signer.pem + maker.root.pem
    assert judge(case) == "token.wrong_certificate"


@pytest.mark.parametrize("pem", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_chain_that_is_none_is_told(maker: Maker, pem: str) -> None:
    case = build(maker)
    case.chain = pem
    assert judge(case) == "token.bad_chain"


def test_no_single_bit_of_what_counts_can_change(maker: Maker) -> None:
    """Every bit of the response; those that nobody signed count for nothing, and change nothing."""
    case = build(maker, lambda one: vars(one).update(brings=[maker.signer.der]))
    good = case.response
    taken = []
    for at in range(8 * len(good)):
        broken = bytearray(good)
        broken[at // 8] ^= 1 << at % 8
        case.response = bytes(broken)
        found = judge(case)
        assert found.startswith("token.") or found == "trusted"
        if found == "trusted":
            taken.append(at // 8)
    # The content of the set of algorithms: it announces them, and nothing is read from there.
    start = good.index(bytes.fromhex("310f300d0609608648016503040201")) + 2
    assert set(taken) <= set(range(start, start + 15))
