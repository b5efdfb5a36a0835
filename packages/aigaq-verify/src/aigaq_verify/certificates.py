"""X.509 certificates of timestamp authorities: read strictly, and judged as a chain at a moment.

Only what RFC 5280 section 6 asks of a chain that is given in its order, without policies and
without constraints of names, which are refused. Names are compared byte for byte. A certificate
holds from ``not_before`` on and until ``not_after``, not at it. Sources: RFC 5280; RFC 3161 2.3.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from aigaq_verify.der import BITS, OCTETS, SEQUENCE, Reader, tagged
from aigaq_verify.encoding import decode_base64
from aigaq_verify.errors import VerifyError
from aigaq_verify.public_keys import check_signature, read_algorithm

_MAXIMUM_CERTIFICATES = 32
_MAXIMUM_PEM_BYTES = 1_048_576
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_BLOCK = re.compile(_BEGIN + rb"([A-Za-z0-9+/= \t\r\n]*)-----END CERTIFICATE-----")
_V1, _V3 = 0, 2
_CONSTRAINTS, _USAGE, _PURPOSES = b"\x55\x1d\x13", b"\x55\x1d\x0f", b"\x55\x1d\x25"
_NAME_CONSTRAINTS = b"\x55\x1d\x1e"
_OWN_KEY, _ISSUERS_KEY = b"\x55\x1d\x0e", b"\x55\x1d\x23"
_KEY_NAME, _SERIAL = 0x80, 0x82
_TIME_STAMPING = bytes.fromhex("2b06010505070308")
_ANY_PURPOSE = bytes.fromhex("551d2500")
#: Bits of keyUsage, from the first: what a signer may have, and what it needs one of.
_SIGNER_BITS, _CERT_SIGN_BIT = {0, 1}, 5


@dataclass(frozen=True)
class Certificate:
    """A certificate as read; two are the same if their bytes are."""

    der: bytes
    signed: bytes = field(compare=False)
    version: int = field(compare=False)
    serial: bytes = field(compare=False)
    issuer: bytes = field(compare=False)
    subject: bytes = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    public_key: bytes = field(compare=False)
    #: By object identifier: whether it is critical, and its value.
    extensions: Mapping[bytes, tuple[bool, bytes]] = field(compare=False)
    algorithm: bytes = field(compare=False)
    signature: bytes = field(compare=False)

    @property
    def is_self_issued(self) -> bool:
        """Tell whether it names itself as its issuer, as roots do."""
        return self.issuer == self.subject

    def holds_at(self, at: datetime) -> bool:
        """Tell whether it is valid at a moment."""
        return self.not_before <= at < self.not_after


def parse_certificates(pem: bytes, *, code: str) -> list[Certificate]:
    """Return the certificates in ``pem``, at least one. Raises `VerifyError` with ``code``."""
    blocks = _BLOCK.findall(pem) if len(pem) <= _MAXIMUM_PEM_BYTES else []
    if not 1 <= len(blocks) <= _MAXIMUM_CERTIFICATES or len(blocks) != pem.count(_BEGIN):
        raise VerifyError(code)
    plain = [b"".join(one.split()).decode("ascii") for one in blocks]
    return [parse_certificate(decode_base64(one, code=code), code=code) for one in plain]


def parse_certificate(der: bytes, *, code: str) -> Certificate:
    """Return a certificate. Raises `VerifyError` with ``code``."""
    outer = Reader(der, code=code)
    parts = outer.open()
    outer.end()
    signed = parts.take(SEQUENCE)
    algorithm, signature = parts.take(SEQUENCE).whole, parts.whole_bits()
    parts.end()
    body = Reader(signed.content, code=code)
    version = _read_version(body)
    serial = body.positive()  # RFC 5280 4.1.2.2.
    form = body.take(SEQUENCE)
    if form.whole != algorithm:
        raise VerifyError(code)
    _check_algorithm(Reader(form.content, code=code))
    issuer = body.name()
    validity = body.open()
    not_before, not_after = validity.time(), validity.time()
    validity.end()
    subject, public_key = body.name(), body.take(SEQUENCE).whole
    extensions = _read_extensions(body) if version == _V3 else {}
    body.end()
    return Certificate(
        der=der,
        signed=signed.whole,
        version=version,
        serial=serial,
        issuer=issuer,
        subject=subject,
        not_before=not_before,
        not_after=not_after,
        public_key=public_key,
        extensions=extensions,
        algorithm=algorithm,
        signature=signature,
    )


def _check_algorithm(form: Reader) -> None:
    """Check the form alone: a root may be signed in a way that nobody takes any more."""
    form.oid()
    if form.has_more:
        form.next()
    form.end()


def _read_version(body: Reader) -> int:
    explicit = body.open_if(tagged(0))
    if explicit is None:
        return _V1
    version = explicit.small()
    explicit.end()
    if version != _V3:  # Nobody makes version 2; version 1 is written by leaving it out.
        raise body.fault()
    return version


def _read_extensions(body: Reader) -> dict[bytes, tuple[bool, bytes]]:
    found: dict[bytes, tuple[bool, bytes]] = {}
    explicit = body.open_if(tagged(3))
    if explicit is None:
        return found
    listed = explicit.open()
    explicit.end()
    while listed.has_more:
        one = listed.open()
        oid = one.oid()
        critical, value = one.flag(), one.take(OCTETS).content
        one.end()
        if oid in found:
            raise body.fault()
        found[oid] = (critical, value)
    return found


def check_chain(chain: Sequence[Certificate], *, at: datetime, code: str) -> None:
    """Check a chain from a signer of timestamps to the root that is trusted, at a moment.

    The root's own signature is not looked at: who names it, trusts it. Raises `VerifyError` with
    ``code``.
    """
    if not all(one.holds_at(at) for one in chain):
        raise VerifyError(code)
    for number, one in enumerate(chain):
        _check_extensions(one, code=code)
        if number == 0:
            _check_signer(one, code=code)
        else:
            # How many authorities stand below, but for the signer (RFC 5280 4.2.1.9).
            _check_authority(one, below=number - 1, code=code)
    for one, issuer in pairwise(chain):
        check_issued(one, issuer=issuer, code=code)


def check_issued(one: Certificate, *, issuer: Certificate, code: str) -> None:
    """Check that ``issuer`` signed ``one``. Raises `VerifyError` with ``code``."""
    if one.issuer != issuer.subject:
        raise VerifyError(code)
    check_signed(one.signed, one.signature, algorithm=one.algorithm, issuer=issuer, code=code)


def check_signed(
    data: bytes, signature: bytes, *, algorithm: bytes, issuer: Certificate, code: str
) -> None:
    """Check that ``issuer`` signed ``data``, with an algorithm that names its hash.

    Raises `VerifyError` with ``code``.
    """
    found = read_algorithm(algorithm, code=code)
    if not found.digest:
        raise VerifyError(code)
    check_signature(
        data,
        signature=signature,
        algorithm=found,
        digest=found.digest,
        public_key=issuer.public_key,
        code=code,
    )


def _check_extensions(one: Certificate, *, code: str) -> None:
    """Refuse what would narrow a certificate in a way that is not looked at here.

    Names of keys only help to find an issuer; here the chain stands in its order. Their form is
    looked at since OpenSSL takes no certificate in which it is another.
    """
    known = (_CONSTRAINTS, _USAGE, _PURPOSES)
    for oid, (is_critical, _value) in one.extensions.items():
        if oid == _NAME_CONSTRAINTS or (is_critical and oid not in known):
            raise VerifyError(code)
    if _OWN_KEY in one.extensions:
        own = Reader(one.extensions[_OWN_KEY][1], code=code)
        own.take(OCTETS)
        own.end()
    if _ISSUERS_KEY in one.extensions:
        outer = Reader(one.extensions[_ISSUERS_KEY][1], code=code)
        issuers = outer.open()
        outer.end()
        for tag in (_KEY_NAME, tagged(1), _SERIAL):
            issuers.take_if(tag)
        issuers.end()


def _check_signer(one: Certificate, *, code: str) -> None:
    """One purpose, timestamps, and critical; a key that signs and does nothing else."""
    _read_constraints(one, code=code)
    is_critical, _ = one.extensions.get(_PURPOSES, (False, b""))
    usage = _read_usage(one, code=code)
    if not is_critical or _read_purposes(one, code=code) != [_TIME_STAMPING]:
        raise VerifyError(code)
    if usage is not None and not (usage and usage <= _SIGNER_BITS):
        raise VerifyError(code)


def _check_authority(one: Certificate, *, below: int, code: str) -> None:
    if one.version == _V1:  # An old root; between, nothing would say that it may issue.
        if not one.is_self_issued:
            raise VerifyError(code)
        return
    is_authority, most = _read_constraints(one, code=code)
    usage, purposes = _read_usage(one, code=code), _read_purposes(one, code=code)
    if not is_authority or (most is not None and below > most):
        raise VerifyError(code)
    if usage is not None and _CERT_SIGN_BIT not in usage:
        raise VerifyError(code)
    if purposes is not None and not {_TIME_STAMPING, _ANY_PURPOSE} & set(purposes):
        raise VerifyError(code)


def _read_constraints(one: Certificate, *, code: str) -> tuple[bool, int | None]:
    """Return whether it may issue, and how many authorities below it, None for any number."""
    if _CONSTRAINTS not in one.extensions:
        return False, None
    outer = Reader(one.extensions[_CONSTRAINTS][1], code=code)
    constraints = outer.open()
    outer.end()
    is_authority = constraints.flag()
    most = constraints.small() if constraints.has_more else None
    constraints.end()
    if most is not None and not is_authority:
        raise VerifyError(code)
    return is_authority, most


def _read_usage(one: Certificate, *, code: str) -> set[int] | None:
    """Return the bits of keyUsage, or None without it."""
    if _USAGE not in one.extensions:
        return None
    outer = Reader(one.extensions[_USAGE][1], code=code)
    data = outer.take(BITS).content
    outer.end()
    # X.690 11.2: bits that are not used are zero.
    if not data or data[0] > 7 or data[-1] & (1 << data[0]) - 1:
        raise VerifyError(code)
    bits = {at for at in range(8 * (len(data) - 1)) if data[1 + at // 8] >> (7 - at % 8) & 1}
    return {at for at in bits if at < 8 * (len(data) - 1) - data[0]}


def _read_purposes(one: Certificate, *, code: str) -> list[bytes] | None:
    """Return what extKeyUsage names, or None without it."""
    if _PURPOSES not in one.extensions:
        return None
    outer = Reader(one.extensions[_PURPOSES][1], code=code)
    listed = outer.open()
    outer.end()
    found = []
    while listed.has_more:
        found.append(listed.oid())
    return found


def find_roots(certificates: Iterable[Certificate]) -> list[Certificate]:
    """Return those that name themselves as their issuer."""
    return [one for one in certificates if one.is_self_issued]
