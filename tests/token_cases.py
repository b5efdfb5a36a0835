"""Timestamp tokens that are good, and such with one thing wrong: for both verifiers.

Each table says what is done to a good token or to its authority, by a name that says what is then
there. Where the verifiers are stricter than ``openssl ts`` the table says so: they may refuse more,
never less.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

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
    sequence,
)

OVER = b"a fictional checkpoint\n"
WRONG = "token.wrong_signature"


@dataclass
class Case:
    """A response with what lies beside it."""

    response: bytes
    chain: str
    roots: str


def build(
    maker: Maker, change: Callable[[Token], object] = lambda _: None, *, over: bytes = OVER
) -> Case:
    """Return a token over ``over`` with one thing changed."""
    token = maker.token(over)
    change(token)
    return Case(token.build(), maker.chain, maker.root.pem)


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
