"""What the verifier says of single tokens; for each one `openssl ts -verify` is asked, too.

Where the verifier is stricter than openssl the case says so: it may refuse more, never less.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.token_maker import (
    AT,
    END,
    Keyed,
    Maker,
    Token,
    der,
    digest_form,
    issuer_serial,
    make_certificate,
    make_key,
    make_usage,
    name_v1,
    name_v2,
    number,
    oid,
    openssl_agrees,
    sequence,
)

from aigaq_verify.certificates import parse_certificates
from aigaq_verify.errors import VerifyError
from aigaq_verify.policy import Authority
from aigaq_verify.tokens import check_token

OVER = b"a fictional checkpoint\n"
WRONG = "token.wrong_signature"


@dataclass
class Case:
    """A response with what lies beside it."""

    response: bytes
    chain: str
    roots: str


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


def build(maker: Maker, change: Callable[[Token], object] = lambda _: None) -> Case:
    token = maker.token(OVER)
    change(token)
    return Case(token.build(), maker.chain, maker.root.pem)


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


GOOD: Mapping[str, Callable[[Token, Maker], object]] = {
    "names issuer and serial": lambda t, m: vars(t).update(
        named=[name_v2(m.signer, issuer_serial=issuer_serial(m.signer))]
    ),
    "names with sha512": lambda t, m: vars(t).update(named=[name_v2(m.signer, digest="sha512")]),
    "names with sha1": lambda t, m: vars(t).update(named=[name_v1(m.signer)], has_v1=True),
    "names its chain": lambda t, m: vars(t).update(
        named=[name_v2(one) for one in (m.signer, m.root, m.between)]
    ),
    "names in both ways": lambda t, m: t.attributes_more.append(
        sequence(
            oid("1.2.840.113549.1.9.16.2.12"),
            der(0x31, sequence(sequence(name_v1(m.signer)))),
        )
    ),
    "brings its signer alone": lambda t, m: vars(t).update(brings=[m.signer.der]),
    "brings others, too": lambda t, m: vars(t).update(
        brings=sorted([m.signer.der, m.root.der, Maker(name="Another").root.der])
    ),
    "has a fraction of a second": lambda t, m: vars(t).update(at="20260504093000.25Z"),
    "has a nonce": lambda t, m: vars(t).update(nonce=number(1 << 63)),
    "has an accuracy and a name": lambda t, m: vars(t).update(
        nonce=sequence(number(1), der(0x80, b"\x05")) + der(1, b"\xff") + number(5),
        info_end=der(0xA0, der(0xA4, m.signer.certificate.subject.public_bytes())),
    ),
    "has an unsigned attribute": lambda t, m: vars(t).update(
        unsigned=der(0xA1, sequence(oid("1.2.3"), der(0x31, number(1))))
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_an_honest_authority_may_write_is_taken(
    name: str, maker: Maker, tmp_path: Path
) -> None:
    case = build(maker, lambda one: GOOD[name](one, maker))
    assert (judge(case), openssl_says(case, tmp_path)) == ("trusted", True)


def other(maker: Maker) -> Keyed:
    """Return another certificate of the signer's key and name that the same authority issued."""
    return maker.sign_certificate(key=maker.signer.key, end=END + timedelta(days=1))


NAMED_WRONGLY: Mapping[str, Callable[[Token, Maker], object]] = {
    "names no certificate": lambda t, m: vars(t).update(named=None),
    "names an empty list": lambda t, m: vars(t).update(named=[]),
    "names another certificate of its key": lambda t, m: vars(t).update(named=[name_v2(other(m))]),
    "names its issuer first": lambda t, m: vars(t).update(
        named=[name_v2(m.between), name_v2(m.signer)]
    ),
    "names one that is not of its chain": lambda t, m: vars(t).update(
        named=[name_v2(m.signer), name_v2(Maker(name="Another").root)]
    ),
    "names another serial number": lambda t, m: vars(t).update(
        named=[
            name_v2(
                m.signer,
                issuer_serial=sequence(
                    sequence(der(0xA4, m.signer.certificate.issuer.public_bytes())), number(5)
                ),
            )
        ]
    ),
    "names another in the old way": lambda t, m: t.attributes_more.append(
        sequence(oid("1.2.840.113549.1.9.16.2.12"), der(0x31, sequence(sequence(name_v1(m.root)))))
    ),
}


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


BAD: Mapping[str, tuple[str, Callable[[Token, Maker], object]]] = {
    "of another imprint": ("token.wrong_imprint", lambda t, m: vars(t).update(imprint=bytes(32))),
    "refused": ("token.refused", lambda t, m: vars(t).update(status=2)),
    "of another hash": (
        "token.wrong_imprint",
        lambda t, m: vars(t).update(imprint_form=digest_form("sha512"), imprint=bytes(64)),
    ),
    "without a hash of its content": (
        "token.bad_form",
        lambda t, m: vars(t).update(change_attributes=lambda one: one[:1] + one[2:]),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused_by_all(name: str, maker: Maker, tmp_path: Path) -> None:
    code, change = BAD[name]
    case = build(maker, lambda one: change(one, maker))
    assert (judge(case), openssl_says(case, tmp_path)) == (code, False)


#: What openssl lets pass and we do not: none of it is DER that says one thing.
STRICTER: Mapping[str, Callable[[Token, Maker], object]] = {
    "an hour that is none": lambda t, m: vars(t).update(at="20260504253000Z"),
    "a local time": lambda t, m: vars(t).update(at="20260504093000+0500"),
    "signed attributes in another order": lambda t, m: vars(t).update(
        change_attributes=lambda one: one[::-1]
    ),
    "an attribute twice": lambda t, m: vars(t).update(
        change_attributes=lambda one: sorted([*one, one[0]])
    ),
    "a critical extension": lambda t, m: vars(t).update(
        info_end=der(0xA1, sequence(oid("1.2.3"), der(1, b"\xff"), der(4)))
    ),
}


def test_a_token_brings_its_signers_certificate_along(maker: Maker) -> None:
    """It was asked for; openssl takes the one from the chain beside it, which is not signed."""
    case = build(maker, lambda one: vars(one).update(brings=[maker.between.der]))
    assert judge(case) == "token.wrong_certificate"


@pytest.mark.parametrize("name", STRICTER)
def test_what_could_be_read_in_two_ways_is_refused(name: str, maker: Maker) -> None:
    assert judge(build(maker, lambda one: STRICTER[name](one, maker))) == "token.bad_form"


def signer_with(**changes: Any) -> Callable[[Maker], object]:
    def change(maker: Maker) -> None:
        maker.signer = maker.sign_certificate(key=maker.signer.key, **changes)

    return change


def between_with(**changes: Any) -> Callable[[Maker], object]:
    def change(maker: Maker) -> None:
        maker.between = make_certificate(
            f"{maker.name} between",
            issuer=maker.root,
            key=maker.between.key,
            **{"is_authority": True, **changes},
        )

    return change


CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
STAMPS = ExtendedKeyUsageOID.TIME_STAMPING
ONLY_EXAMPLE = x509.NameConstraints(
    [x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Nobody")]))], None
)
CHAINS: Mapping[str, tuple[Callable[[Maker], object], bool]] = {
    # What is wrong, and whether openssl refuses it, too.
    "expired signer": (signer_with(end=AT), True),
    "signer of tomorrow": (signer_with(start=AT + timedelta(seconds=1)), True),
    "purpose not critical": (signer_with(is_purpose_critical=False), True),
    "another purpose": (signer_with(purposes=[CLIENT]), True),
    "two purposes": (signer_with(purposes=[STAMPS, CLIENT]), True),
    "no purpose": (signer_with(purposes=None), True),
    "a key for certificates": (
        signer_with(usage=make_usage(is_authority=False, also="key_cert_sign")),
        True,
    ),
    "expired between": (between_with(end=AT), True),
    "between is no authority": (
        between_with(constraints=x509.BasicConstraints(ca=False, path_length=None)),
        True,
    ),
    "between without constraints": (between_with(constraints=None, usage=None), True),
    "between may not sign certificates": (
        between_with(usage=make_usage(is_authority=False)),
        True,
    ),
    "names are constrained": (between_with(extensions=[(ONLY_EXAMPLE, True)]), True),
    "something critical and unknown": (
        between_with(
            extensions=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b""), True)]
        ),
        True,
    ),
    "between for other purposes": (between_with(purposes=[CLIENT]), False),
    "signed with another key": (lambda m: swap_root(m), True),
}


def swap_root(maker: Maker) -> None:
    """Give the root's name another key: the certificate between was not signed by it."""
    maker.root = make_certificate(
        f"{maker.name} root", issuer=None, key=make_key("p256"), is_authority=True
    )


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
