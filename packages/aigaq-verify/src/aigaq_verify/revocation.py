"""Lists of revoked certificates (CRLs) beside a token: whose they are, and whether they name one.

A list counts only against a certificate: nothing is proven by not being named. One that was revoked
after the token was made makes it no proof either, unless the list gives a reason that says that the
key was not in other hands. Sources: RFC 5280 section 5; RFC 3161 section 4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from aigaq_verify.certificates import Certificate, check_signed
from aigaq_verify.der import (
    ENUMERATED,
    GENERAL_TIME,
    INTEGER,
    OCTETS,
    SEQUENCE,
    UTC_TIME,
    Reader,
    tagged,
)
from aigaq_verify.errors import VerifyError

MAXIMUM_BYTES = 4 * 1_048_576
_BAD = "token.bad_list"
_V2 = 1
_REASON = b"\x55\x1d\x15"
#: unspecified, affiliationChanged, superseded, cessationOfOperation (RFC 3161 section 4).
_HARMLESS = {0, 3, 4, 5}


@dataclass(frozen=True)
class RevocationList:
    """A list as read; its entries are read when they are looked for."""

    signed: bytes
    issuer: bytes
    entries: bytes
    algorithm: bytes
    signature: bytes


def is_revoked(data: bytes, *, chain: Sequence[Certificate], at: datetime) -> bool:
    """Tell whether a list takes its certificate of ``chain`` from a token that was made ``at``.

    Raises `VerifyError` ``token.bad_list`` unless it is a list that one of the chain signed, for
    the certificate below it.
    """
    found = parse_list(data)
    for one, issuer in pairwise(chain):
        if issuer.subject == found.issuer and _is_signed(found, issuer=issuer):
            # All are read: an entry of a wrong form is a fault of the list wherever it stands.
            taken = [_takes(entry, at=at) for entry in _find_entries(found, one.serial)]
            return True in taken
    raise VerifyError(_BAD)


def parse_list(data: bytes) -> RevocationList:
    """Return a list. Raises `VerifyError` ``token.bad_list``."""
    if len(data) > MAXIMUM_BYTES:
        raise VerifyError(_BAD)
    outer = Reader(data, code=_BAD)
    parts = outer.open()
    outer.end()
    signed = parts.take(SEQUENCE)
    algorithm, signature = parts.take(SEQUENCE).whole, parts.whole_bits()
    parts.end()
    body = Reader(signed.content, code=_BAD)
    version = body.take_if(INTEGER)
    if version is not None and version.content != bytes([_V2]):
        raise VerifyError(_BAD)
    if body.take(SEQUENCE).whole != algorithm:
        raise VerifyError(_BAD)
    issuer = body.name()
    body.time()
    if body.take_if(UTC_TIME) is None:  # When the next one comes: for who asks today.
        body.take_if(GENERAL_TIME)
    entries = body.take_if(SEQUENCE)
    body.take_if(tagged(0))
    body.end()
    return RevocationList(
        signed.whole, issuer, b"" if entries is None else entries.content, algorithm, signature
    )


def _is_signed(found: RevocationList, *, issuer: Certificate) -> bool:
    try:
        check_signed(
            found.signed, found.signature, algorithm=found.algorithm, issuer=issuer, code=_BAD
        )
    except VerifyError:
        return False
    return True


def _find_entries(found: RevocationList, serial: bytes) -> Iterator[Reader]:
    """Yield a reader behind the serial number of each entry that names it."""
    entries = Reader(found.entries, code=_BAD)
    while entries.has_more:
        entry = entries.open()
        if entry.integer() == serial:
            yield entry


def _takes(entry: Reader, *, at: datetime) -> bool:
    since = entry.time()
    extensions = entry.open_if(SEQUENCE)
    entry.end()
    reason = None
    while extensions is not None and extensions.has_more:
        one = extensions.open()
        oid = one.oid()
        one.flag()
        value = Reader(one.take(OCTETS).content, code=_BAD)
        one.end()
        if oid == _REASON:
            reason = value.take(ENUMERATED).content
            value.end()
    return since <= at or reason is None or len(reason) != 1 or reason[0] not in _HARMLESS
