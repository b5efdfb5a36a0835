"""Reading a timestamp response: what a token says, who signed it, and under which certificate.

Strict: DER in one form, one signer, named by issuer and serial number, whose certificate the token
brings along. What nobody signed (other certificates, lists, unsigned attributes) is walked over and
counts for nothing. Sources: RFC 3161 section 2.4.2; RFC 5816; RFC 5652 sections 5 and 11; RFC 5035
sections 3 and 5 (the attribute that names the signer's certificate).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aigaq_verify.der import INTEGER, OCTETS, OID, SEQUENCE, SET, Reader, encode, tagged
from aigaq_verify.errors import VerifyError
from aigaq_verify.public_keys import DIGESTS, Algorithm, hash_with, read_algorithm

MAXIMUM_BYTES = 1_048_576
_MAXIMUM_CERTIFICATES = 32
_BAD = "token.bad_form"
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
#: The attributes of RFC 2634 section 5.4 (SHA-1) and of RFC 5035 section 3 (any hash).
_SIGNING_CERTIFICATE = bytes.fromhex("2a864886f70d010910020c")
_SIGNING_CERTIFICATE_V2 = bytes.fromhex("2a864886f70d010910022f")
_MILLISECONDS, _MICROSECONDS = 0x80, 0x81
_GRANTED, _SIGNED_DATA_VERSION, _SIGNER_VERSION, _INFO_VERSION = 0, 3, 1, 1


@dataclass(frozen=True)
class NamedCertificate:
    """How a token names a certificate: a hash of it, and issuer and serial number if they stand."""

    digest: str
    value: bytes
    issuer: bytes | None
    serial: bytes | None


@dataclass(frozen=True)
class SignerInfo:
    """Who signed, and what. ``named`` is one list for each attribute that names certificates."""

    issuer: bytes
    serial: bytes
    attributes: bytes
    named: tuple[tuple[NamedCertificate, ...], ...]
    message_digest: bytes
    digest_form: bytes
    digest: str
    algorithm: Algorithm
    signature: bytes
    plain: bytes


@dataclass(frozen=True)
class TokenForm:
    """A token as read; nothing of it is checked but that its content has the hash that it says."""

    imprint: bytes
    at: datetime
    certificates: tuple[bytes, ...]
    signer: SignerInfo
    _content: bytes

    def build_plain(self, certificate: bytes) -> bytes:
        """Return the response with nothing in it that is not signed but one certificate."""
        body = encode(
            SEQUENCE,
            encode(INTEGER, bytes([_SIGNED_DATA_VERSION])),
            encode(SET, self.signer.digest_form),
            self._content,
            encode(tagged(0), certificate),
            encode(SET, self.signer.plain),
        )
        token = encode(SEQUENCE, encode(OID, _SIGNED_DATA), encode(tagged(0), body))
        return encode(SEQUENCE, encode(SEQUENCE, encode(INTEGER, bytes([_GRANTED]))), token)


def parse_token(data: bytes) -> TokenForm:
    """Return what a response says.

    Raises `VerifyError`: ``token.bad_form``, ``token.refused`` (there is no token in it),
    ``token.wrong_imprint`` (of another hash than SHA-256), ``token.wrong_signature`` (its content
    has another hash than was signed).
    """
    if len(data) > MAXIMUM_BYTES:
        raise VerifyError(_BAD)
    response = _open_alone(data)
    if response.open().small() != _GRANTED:
        raise VerifyError("token.refused")
    token = response.open()
    response.end()
    if token.oid() != _SIGNED_DATA:
        raise VerifyError(_BAD)
    explicit = token.open(tagged(0))
    token.end()
    body = explicit.open()
    explicit.end()
    if body.small() != _SIGNED_DATA_VERSION:
        raise VerifyError(_BAD)
    body.take(SET)  # Of the digest: who signed says it, too, and signs it.
    content = body.take(SEQUENCE)
    certificates = _list_certificates(body)
    body.take_if(tagged(1))
    signers = body.open(SET)
    body.end()
    signer = _read_signer(signers.open())
    signers.end()
    info = _read_content(Reader(content.content, code=_BAD))
    imprint, at = _read_info(_open_alone(info))
    if signer.message_digest != hash_with(signer.digest, info):
        raise VerifyError("token.wrong_signature")
    return TokenForm(imprint, at, certificates, signer, content.whole)


def _open_alone(data: bytes) -> Reader:
    """Return a reader of the one SEQUENCE in ``data``."""
    outer = Reader(data, code=_BAD)
    inner = outer.open()
    outer.end()
    return inner


def _read_content(content: Reader) -> bytes:
    """Return the bytes of TSTInfo."""
    if content.oid() != _TST_INFO:
        raise VerifyError(_BAD)
    explicit = content.open(tagged(0))
    content.end()
    info = explicit.take(OCTETS).content
    explicit.end()
    return info


def _list_certificates(body: Reader) -> tuple[bytes, ...]:
    found: list[bytes] = []
    listed = body.open_if(tagged(0))
    while listed is not None and listed.has_more:
        found.append(listed.next().whole)
        if len(found) > _MAXIMUM_CERTIFICATES:
            raise VerifyError(_BAD)
    return tuple(found)


def _read_info(info: Reader) -> tuple[bytes, datetime]:
    """Return imprint and time of TSTInfo."""
    if info.small() != _INFO_VERSION:
        raise VerifyError(_BAD)
    info.oid()
    imprint = info.open()
    digest, value = imprint.take(SEQUENCE).whole, imprint.take(OCTETS).content
    imprint.end()
    info.integer()
    at = info.general_time()
    _read_accuracy(info)
    info.flag()  # Ordering.
    if info.is_next(INTEGER):  # The nonce: for who asked.
        info.integer()
    info.take_if(tagged(0))  # The authority's name, which its certificate says.
    extensions = info.open_if(tagged(1))
    info.end()
    while extensions is not None and extensions.has_more:
        one = extensions.open()
        one.oid()
        if one.flag():  # Something that must be understood, and is not known here.
            raise VerifyError(_BAD)
        one.take(OCTETS)
        one.end()
    if DIGESTS.get(digest) != "sha256":
        raise VerifyError("token.wrong_imprint")
    return value, at


def _read_accuracy(info: Reader) -> None:
    accuracy = info.open_if(SEQUENCE)
    if accuracy is not None:
        if accuracy.is_next(INTEGER):
            accuracy.integer()
        for tag in (_MILLISECONDS, _MICROSECONDS):
            accuracy.take_if(tag)
        accuracy.end()


def _read_signer(info: Reader) -> SignerInfo:
    if info.small() != _SIGNER_VERSION:
        raise VerifyError(_BAD)
    name = info.open()
    issuer, serial = name.name(), name.integer()
    name.end()
    digest, signed = info.take(SEQUENCE).whole, info.take(tagged(0))
    algorithm, signature = info.take(SEQUENCE).whole, info.take(OCTETS).content
    info.take_if(tagged(1))
    info.end()
    if digest not in DIGESTS:
        raise VerifyError(_BAD)
    attributes = _read_attributes(Reader(signed.content, code=_BAD))
    if _open_one(attributes, _CONTENT_TYPE).oid() != _TST_INFO:
        raise VerifyError(_BAD)
    plain = encode(
        SEQUENCE,
        encode(INTEGER, bytes([_SIGNER_VERSION])),
        encode(SEQUENCE, issuer, encode(INTEGER, serial)),
        digest + signed.whole + algorithm + encode(OCTETS, signature),
    )
    return SignerInfo(
        issuer=issuer,
        serial=serial,
        # RFC 5652 section 5.4: what is signed is the SET that the [0] stands for.
        attributes=encode(SET, signed.content),
        named=tuple(
            _read_named(_open_one(attributes, oid), has_digest=oid == _SIGNING_CERTIFICATE_V2)
            for oid in (_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2)
            if oid in attributes
        ),
        message_digest=_open_one(attributes, _MESSAGE_DIGEST).take(OCTETS).content,
        digest_form=digest,
        digest=DIGESTS[digest],
        algorithm=read_algorithm(algorithm, code=_BAD),
        signature=signature,
        plain=plain,
    )


def _read_attributes(listed: Reader) -> dict[bytes, bytes]:
    """Return the content of each attribute's SET; they stand in the order of DER, each once."""
    found: dict[bytes, bytes] = {}
    last = b""
    while listed.has_more:
        whole = listed.take(SEQUENCE)
        one = Reader(whole.content, code=_BAD)
        oid, values = one.oid(), one.take(SET).content
        one.end()
        if oid in found or whole.whole < last:
            raise VerifyError(_BAD)
        found[oid], last = values, whole.whole
    return found


def _open_one(attributes: Mapping[bytes, bytes], oid: bytes) -> Reader:
    """Return a reader of an attribute that is there and has one value."""
    values = Reader(attributes.get(oid, b""), code=_BAD)
    value = values.next().whole
    values.end()
    return Reader(value, code=_BAD)


def _read_named(value: Reader, *, has_digest: bool) -> tuple[NamedCertificate, ...]:
    attribute = value.open()
    value.end()
    listed = attribute.open()
    attribute.take_if(SEQUENCE)  # Policies.
    attribute.end()
    found = []
    while listed.has_more:
        found.append(_read_one_named(listed.open(), has_digest=has_digest))
    return tuple(found)


def _read_one_named(one: Reader, *, has_digest: bool) -> NamedCertificate:
    form = one.take_if(SEQUENCE) if has_digest else None
    if form is not None and form.whole not in DIGESTS:
        raise VerifyError(_BAD)
    # RFC 5035 section 4: SHA-256 where no hash is named.
    digest = DIGESTS[form.whole] if form is not None else "sha256" if has_digest else "sha1"
    value, given = one.take(OCTETS).content, one.open_if(SEQUENCE)
    one.end()
    if given is None:
        return NamedCertificate(digest, value, None, None)
    names, serial = given.open(), given.integer()
    given.end()
    issuer = names.open(tagged(4)).name()
    names.end()
    return NamedCertificate(digest, value, issuer, serial)
