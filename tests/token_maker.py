"""Timestamp tokens as any authority might make them, good and bad, at any time, without openssl.

`openssl ts` signs with the clock of now and with what it thinks right. Here certificates, times,
algorithms and every signed part are ours to choose; what is good must still please `openssl ts`.
DER is written here a second time, on purpose not with the verifier's own module.
"""

import hashlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
SHA2 = {
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
TST_INFO = "1.2.840.113549.1.9.16.1.4"
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC)
AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(size)]) + size + content


def number(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray()
    for arc in (40 * first + second, *rest):
        bytes7 = [arc & 127]
        while arc := arc >> 7:
            bytes7.append(128 | arc & 127)
        out += bytes(reversed(bytes7))
    return der(6, bytes(out))


def sequence(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def digest_form(name: str, *, null: bool = True) -> bytes:
    return sequence(oid(SHA2[name]), der(5) if null else b"")


@dataclass
class Keyed:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def make_key(kind: str) -> Key:
    """Return a key: ``p256``, ``p384``, ``p521``, or ``rsa`` with a number of bits."""
    curves = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
    if kind in curves:
        return ec.generate_private_key(curves[kind])
    return rsa.generate_private_key(65_537, int(kind.removeprefix("rsa") or 2_048))


_SAME: Any = object()


def make_certificate(
    name: str,
    *,
    issuer: Keyed | None,
    key: Key,
    is_authority: bool,
    start: datetime = START,
    end: datetime = END,
    serial: int | None = None,
    purposes: Sequence[x509.ObjectIdentifier] | None = _SAME,
    is_purpose_critical: bool = True,
    constraints: x509.BasicConstraints | None = _SAME,
    usage: x509.KeyUsage | None = _SAME,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    digest: str = "sha256",
    pss: bool = False,
) -> Keyed:
    """Return a certificate as its name says, or with the one thing that is wrong."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by = issuer.key if issuer is not None else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    if constraints is _SAME:
        constraints = x509.BasicConstraints(ca=is_authority, path_length=None)
    if constraints is not None:
        builder = builder.add_extension(constraints, critical=True)
    usage = make_usage(is_authority=is_authority) if usage is _SAME else usage
    if usage is not None:
        builder = builder.add_extension(usage, critical=True)
    if purposes is _SAME:
        purposes = None if is_authority else [ExtendedKeyUsageOID.TIME_STAMPING]
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), is_purpose_critical)
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    used = HASHES[digest]
    own = padding.PSS(padding.MGF1(used), used.digest_size) if pss else None
    return Keyed(builder.sign(by, used, rsa_padding=own), key)  # type: ignore[arg-type]


def make_usage(*, is_authority: bool, also: str = "") -> x509.KeyUsage:
    bits = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    names = ("key_cert_sign", "crl_sign") if is_authority else ("digital_signature",)
    for name in (*names, *([also] if also else [])):
        bits[name] = True
    return x509.KeyUsage(**bits)


@dataclass
class Token:
    """One token's parts, each of which a test may set before it is built."""

    imprint: bytes
    at: str
    signer: Keyed
    brings: list[bytes]
    named: list[bytes] | None
    digest: str = "sha256"
    pss: bool = False
    status: int = 0
    imprint_form: bytes = b""
    nonce: bytes = b""
    info_end: bytes = b""
    attributes_more: list[bytes] = field(default_factory=list)
    has_v1: bool = False
    change_attributes: Callable[[list[bytes]], list[bytes]] = lambda one: one
    change_info: Callable[[bytes], bytes] = lambda one: one
    unsigned: bytes = b""
    lists: bytes = b""

    def build(self) -> bytes:
        info = self.change_info(
            sequence(
                number(1),
                oid("1.2.3.4.1"),
                sequence(self.imprint_form or digest_form("sha256"), der(4, self.imprint)),
                number(7),
                der(0x18, self.at.encode()),
                self.nonce,
                self.info_end,
            )
        )
        attributes = [
            sequence(oid("1.2.840.113549.1.9.3"), der(0x31, oid(TST_INFO))),
            sequence(
                oid("1.2.840.113549.1.9.4"),
                der(0x31, der(4, hashlib.new(self.digest, info).digest())),
            ),
            *self.attributes_more,
        ]
        if self.named is not None:
            kind = "1.2.840.113549.1.9.16.2.12" if self.has_v1 else "1.2.840.113549.1.9.16.2.47"
            attributes.append(sequence(oid(kind), der(0x31, sequence(sequence(*self.named)))))
        attributes = self.change_attributes(sorted(attributes))
        key, used = self.signer.key, HASHES[self.digest]
        signed = der(0x31, *attributes)
        if isinstance(key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(used), used.digest_size)
            signature = key.sign(signed, pss if self.pss else padding.PKCS1v15(), used)
            algorithm = pss_form(self.digest) if self.pss else RSA_FORM
        else:
            signature = key.sign(signed, ec.ECDSA(used))
            last = {"sha256": 2, "sha384": 3, "sha512": 4}[self.digest]
            algorithm = sequence(oid(f"1.2.840.10045.4.3.{last}"))
        certificate = self.signer.certificate
        signer = sequence(
            number(1),
            sequence(certificate.issuer.public_bytes(), number(certificate.serial_number)),
            digest_form(self.digest),
            der(0xA0, *attributes),
            algorithm,
            der(4, signature),
            self.unsigned,
        )
        body = sequence(
            number(3),
            der(0x31, digest_form(self.digest)),
            sequence(oid(TST_INFO), der(0xA0, der(4, info))),
            der(0xA0, *self.brings),
            self.lists,
            der(0x31, signer),
        )
        return sequence(
            sequence(number(self.status)),
            sequence(oid("1.2.840.113549.1.7.2"), der(0xA0, body)),
        )


RSA_FORM = sequence(oid("1.2.840.113549.1.1.1"), der(5))


def pss_form(digest: str) -> bytes:
    one = digest_form(digest)
    return sequence(
        oid("1.2.840.113549.1.1.10"),
        sequence(
            der(0xA0, one),
            der(0xA1, sequence(oid("1.2.840.113549.1.1.8"), one)),
            der(0xA2, number(HASHES[digest].digest_size)),
        ),
    )


def name_v2(one: Keyed, *, digest: str = "sha256", issuer_serial: bytes = b"") -> bytes:
    """Return an ESSCertIDv2 of a certificate; SHA-256 is its default and is left out."""
    form = b"" if digest == "sha256" else digest_form(digest, null=False)
    return sequence(form, der(4, hashlib.new(digest, one.der).digest()), issuer_serial)


def name_v1(one: Keyed) -> bytes:
    return sequence(der(4, hashlib.sha1(one.der, usedforsecurity=False).digest()))


def issuer_serial(one: Keyed) -> bytes:
    return sequence(
        sequence(der(0xA4, one.certificate.issuer.public_bytes())),
        number(one.certificate.serial_number),
    )


@dataclass
class Maker:
    """An authority with a root, one certificate between, and a signer."""

    name: str = "Fictional authority"
    kind: str = "p256"
    digest: str = "sha256"
    start: datetime = START
    end: datetime = END
    authority_end: datetime = END

    def __post_init__(self) -> None:
        self.root = make_certificate(
            f"{self.name} root",
            issuer=None,
            key=make_key(self.kind),
            is_authority=True,
            end=self.authority_end,
        )
        self.between = make_certificate(
            f"{self.name} between",
            issuer=self.root,
            key=make_key(self.kind),
            is_authority=True,
            end=self.authority_end,
            digest=self.digest,
        )
        self.signer = self.sign_certificate(key=make_key(self.kind))

    def sign_certificate(self, *, key: Key, **changes: Any) -> Keyed:
        given = {"start": self.start, "end": self.end, "digest": self.digest, **changes}
        return make_certificate(
            self.name,
            issuer=given.pop("issuer", self.between),
            key=key,
            is_authority=False,
            **given,
        )

    @property
    def chain(self) -> str:
        return self.signer.pem + self.between.pem + self.root.pem

    def token(self, over: bytes, *, at: datetime = AT, **parts: Any) -> Token:
        """Return a good token over ``over``, with ``parts`` changed."""
        given: dict[str, Any] = {
            "imprint": hashlib.sha256(over).digest(),
            "at": f"{at:%Y%m%d%H%M%S}Z",
            "signer": self.signer,
            "brings": sorted([self.signer.der, self.between.der]),
            "named": [name_v2(self.signer)],
            "digest": self.digest,
        }
        return Token(**{**given, **parts})

    def stamp(self, over: bytes, *, at: datetime = AT) -> bytes:
        return self.token(over, at=at).build()

    def build_list(
        self, *, at: datetime, revoked: Sequence[tuple[int, datetime, Any]] = ()
    ) -> bytes:
        """Return a list of revoked certificates of the certificate between, as of ``at``."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.between.certificate.subject)
            .last_update(at)
            .next_update(at + timedelta(days=7))
        )
        for serial, since, reason in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.between.key, hashes.SHA256()).public_bytes(Encoding.DER)


def openssl_agrees(
    response: bytes, *, over: bytes, root: str, chain: str, at: datetime, folder: Path
) -> bool:
    """Tell whether ``openssl ts -verify -attime`` takes a token over ``over``."""
    (folder / "check.tsr").write_bytes(response)
    (folder / "check.root").write_text(root)
    (folder / "check.chain").write_text(chain)
    command = ["openssl", "ts", "-verify", "-digest", hashlib.sha256(over).hexdigest()]
    given = ["-in", "check.tsr", "-CAfile", "check.root", "-untrusted", "check.chain"]
    done = subprocess.run(
        [*command, *given, "-attime", str(int(at.timestamp()))],
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode == 0 and b"Verification: OK" in done.stdout
