"""RFC 3161: what is asked of a timestamp authority, and whether its answer counts.

A token counts if it is over the hash that was asked about, under our nonce, made now, and signed by
a certificate for timestamps that leads to a root of that authority at the token's own time. The
whole chain is kept. The last word has the verifier, as a court will use it. Nothing here touches
the network. Hashes are 32 ``bytes``; times are aware and in UTC. Sources: RFC 3161; RFC 5816;
PROTOCOL 26.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import rfc3161_client
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from aigaq.evidence.der_order import sort_certificates
from aigaq.evidence.errors import TimestampError
from aigaq_verify.certificates import parse_certificates
from aigaq_verify.errors import VerifyError
from aigaq_verify.policy import Authority
from aigaq_verify.tokens import check_token

SHA256_OID = "2.16.840.1.101.3.4.2.1"
GRANTED = 0
MAXIMUM_CERTIFICATES = 32
#: How far the authority's clock and ours may be apart; one of them is wrong beyond that.
CLOCK_DIFFERENCE = timedelta(minutes=15)
_SAID_LETTERS = 200


@dataclass(frozen=True)
class Query:
    """A request and what its answer must hold."""

    data: bytes
    sha256: bytes
    nonce: int


@dataclass(frozen=True)
class Stamp:
    """A token that counts. ``chain`` runs from the signer to the root."""

    #: The answer as received, its certificates in the order of DER.
    response: bytes
    received: bytes
    at: datetime
    chain: tuple[x509.Certificate, ...]

    @property
    def chain_pem(self) -> str:
        """Return the chain in PEM, the signer first."""
        return "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in self.chain)

    @property
    def ends_at(self) -> datetime:
        """Return when the first certificate of the chain ends."""
        return min(one.not_valid_after_utc for one in self.chain)


def build_query(sha256: bytes) -> Query:
    """Return a request over a hash, with a nonce, that asks for the certificates.

    The library hashes data by itself, and for a stored item only the hash is at hand: so it builds
    the request over something else, and the hash is put in that place.
    """
    placeholder = b"aigaq"
    builder = rfc3161_client.TimestampRequestBuilder()
    request = builder.data(placeholder).hash_algorithm(rfc3161_client.HashAlgorithm.SHA256).build()
    before, after = request.as_bytes().split(hashlib.sha256(placeholder).digest())
    assert len(sha256) == hashlib.sha256().digest_size  # noqa: S101 - a mistake of ours.
    assert request.nonce is not None  # noqa: S101 - for the type: the builder draws one.
    return Query(data=before + sha256 + after, sha256=sha256, nonce=request.nonce)


def read_certificates(pem: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of an authority, a root among them.

    Raises `TimestampError` ``timestamp.bad_authority``.
    """
    try:
        found = tuple(x509.load_pem_x509_certificates(pem.encode("ascii")))
        # Decoded late: what is wrong with them raises now.
        has_root = any(is_self_issued(one) for one in found)
    except (ValueError, UnicodeEncodeError):
        raise TimestampError("timestamp.bad_authority") from None
    if not has_root or len(found) > MAXIMUM_CERTIFICATES:
        raise TimestampError("timestamp.bad_authority")
    return found


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate names itself as its issuer, as roots do."""
    return certificate.issuer == certificate.subject


def read_answer(
    received: bytes, *, query: Query, certificates: Sequence[x509.Certificate], now: datetime
) -> Stamp:
    """Return the token of an answer under the certificates of its authority.

    Raises `TimestampError`: ``timestamp.bad_answer``, ``timestamp.refused``,
    ``timestamp.wrong_imprint``, ``timestamp.wrong_nonce``, ``timestamp.wrong_time``,
    ``timestamp.unknown_root``, ``timestamp.expired_signer``, ``timestamp.wrong_signature``.
    """
    ordered = sort_certificates(received)
    response = _decode(ordered)
    # 1. It is about what was asked, and was made for this request.
    info = response.tst_info
    if info.message_imprint.hash_algorithm.dotted_string != SHA256_OID:
        raise TimestampError("timestamp.wrong_imprint")
    if info.message_imprint.message != query.sha256:
        raise TimestampError("timestamp.wrong_imprint")
    if info.nonce != query.nonce:
        raise TimestampError("timestamp.wrong_nonce")
    # 2. Its time is that of the answer.
    if abs(info.gen_time - now) > CLOCK_DIFFERENCE:
        raise TimestampError("timestamp.wrong_time")
    # 3. Its signer leads to a root that we know, at that time.
    signer, others = _find_signer(response)
    chain = _build_chain(signer, others=others, known=certificates, at=info.gen_time)
    # 4. The signature holds, the certificate is one for timestamps, and the one that it names.
    _check_signature(ordered, sha256=query.sha256, chain=chain)
    return Stamp(response=ordered, received=received, at=info.gen_time, chain=chain)


def _decode(data: bytes) -> rfc3161_client.TimeStampResponse:
    try:
        response = rfc3161_client.decode_timestamp_response(data)
        status = response.status
        if status == GRANTED:
            # Decoded now, so that another form is found here.
            info = response.tst_info
            _ = (info.gen_time, info.nonce, info.message_imprint.message)
            return response
        said = " ".join(response.status_string)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # Native code: errors of several kinds, a panic is none of Exception.
        raise TimestampError("timestamp.bad_answer") from None
    printable = "".join(letter for letter in said if letter.isprintable())
    raise TimestampError("timestamp.refused", status=status, said=printable[:_SAID_LETTERS])


def _find_signer(
    response: rfc3161_client.TimeStampResponse,
) -> tuple[x509.Certificate, list[x509.Certificate]]:
    """Return the certificate that signed, and the others of the token."""
    try:
        ders = sorted(response.signed_data.certificates)
        found = [x509.load_der_x509_certificate(one) for one in ders[:MAXIMUM_CERTIFICATES]]
        # Names and dates are decoded late; what is wrong with them raises here.
        _ = [(e.subject, e.not_valid_before_utc, e.not_valid_after_utc) for e in found]
        (info,) = response.signed_data.signer_infos
        named = (info.issuer, info.serial_number)
        (signer,) = [one for one in found if (one.issuer, one.serial_number) == named]
        return signer, [one for one in found if one != signer]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # As above.
        raise TimestampError("timestamp.bad_answer") from None


def _build_chain(
    signer: x509.Certificate,
    *,
    others: Sequence[x509.Certificate],
    known: Sequence[x509.Certificate],
    at: datetime,
) -> tuple[x509.Certificate, ...]:
    roots = [one for one in known if is_self_issued(one)]
    between = [one for one in (*others, *known) if not is_self_issued(one)]
    chain = _search([one for one in between if _holds(one, at)], signer=signer, roots=roots, at=at)
    if chain is not None:
        return chain
    if _search(between, signer=signer, roots=roots, at=None) is None:
        raise TimestampError("timestamp.unknown_root")
    raise TimestampError("timestamp.expired_signer")


def _search(
    between: Sequence[x509.Certificate],
    *,
    signer: x509.Certificate,
    roots: Sequence[x509.Certificate],
    at: datetime | None,
) -> tuple[x509.Certificate, ...] | None:
    """Return the shortest chain to a root, all of it valid ``at``; None if there is none.

    Each certificate is looked at once, so that hostile ones cannot make this long.
    """
    roots = [one for one in roots if at is None or _holds(one, at)]
    if at is not None and not _holds(signer, at):
        return None
    if signer in roots:
        return (signer,)
    left = list(between)
    paths: list[tuple[x509.Certificate, ...]] = [(signer,)]
    while paths:
        longer = []
        for path in paths:
            for root in roots:
                if _is_issued(path[-1], by=root):
                    return (*path, root)
            for one in [each for each in left if _is_issued(path[-1], by=each)]:
                left.remove(one)
                longer.append((*path, one))
        paths = longer
    return None


def _holds(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _is_issued(certificate: x509.Certificate, *, by: x509.Certificate) -> bool:
    if certificate.issuer != by.subject:
        return False
    try:
        certificate.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _check_signature(response: bytes, *, sha256: bytes, chain: Sequence[x509.Certificate]) -> None:
    """Have the verifier judge it as a court will: what it would refuse then is refused now."""
    pem = [one.public_bytes(Encoding.PEM) for one in chain]
    try:
        root = tuple(parse_certificates(pem[-1], code="token.bad_chain"))
        check_token(
            response,
            imprint=sha256,
            chain_pem=b"".join(pem),
            authorities=(Authority("the one that was asked", root),),
        )
    except VerifyError:
        raise TimestampError("timestamp.wrong_signature") from None
