"""Lists of revoked certificates (CRLs) for the chain of a token, checked and kept as received.

A certificate that names no list has none; a list that is named and cannot be had, or whose time is
over, is told by its code, and a token is taken without it. Source: RFC 5280 4.2.1.13, 5.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from itertools import pairwise
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from aigaq import clock
from aigaq.evidence.errors import TimestampError
from aigaq.evidence.timestamp_client import Connect, fetch_list
from aigaq_verify.certificates import parse_certificate
from aigaq_verify.errors import VerifyError
from aigaq_verify.revocation import is_revoked

NO_LIST = "timestamp.no_revocation_list"
#: The last label of a public name; one of digits would be another way to write an address.
_PUBLIC = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])")
#: Names that only neighbours have (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal).
_LOCAL = frozenset(("arpa", "home", "internal", "intranet", "lan", "local", "localhost", "test"))


@dataclass(frozen=True)
class Lists:
    """What was found: lists (DER) by the place of their certificate in the chain.

    ``code`` says why one is missing, "" if none is; ``revoked_at`` is when the first certificate of
    the chain was revoked.
    """

    found: Mapping[int, bytes]
    code: str
    revoked_at: datetime | None


def fetch_lists(
    chain: Sequence[x509.Certificate], *, connect: Connect, hosts: Collection[str]
) -> Lists:
    """Fetch the list of each certificate of a chain but the root. Raises nothing.

    ``hosts`` are those of the desk's own authorities; of others none is asked that is no public
    one: a certificate is a stranger's word, and must not send the desk to its neighbours.
    """
    found: dict[int, bytes] = {}
    code, revoked = "", []
    for number, (certificate, issuer) in enumerate(pairwise(chain)):
        named = list(_find_urls(certificate))
        urls = [url for url in named if is_askable(url, hosts=hosts)]
        if not urls:
            code = NO_LIST if named else code
            continue
        try:
            data = fetch_list(connect, url=urls[0])
            revoked += _find_revoked(data, certificate=certificate, issuer=issuer)
            found[number] = data
        except TimestampError as error:
            code = error.code
    return Lists(found=found, code=code, revoked_at=min(revoked, default=None))


def is_askable(url: str, *, hosts: Collection[str]) -> bool:
    """Tell whether an address in a certificate is of ``hosts``, or of a public host by its name.

    A name may still be that of a neighbour; it is not asked for here, since a proxy does that.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or parts.username is not None:
        return False
    if host in hosts:
        return True
    try:
        return ip_address(host).is_global
    except ValueError:
        last = host.rpartition(".")[2]
        return "." in host and _PUBLIC.fullmatch(last) is not None and last not in _LOCAL


def _find_urls(certificate: x509.Certificate) -> Iterator[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except (x509.ExtensionNotFound, ValueError):
        return
    for point in points.value:
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith("http"):
                yield name.value


def _find_revoked(
    data: bytes, *, certificate: x509.Certificate, issuer: x509.Certificate
) -> list[datetime]:
    """Return when the list says that the certificate was revoked, or nothing.

    A list that a court's verifier would refuse is none.
    """
    pair = [one.public_bytes(Encoding.DER) for one in (certificate, issuer)]
    try:
        read = [parse_certificate(one, code=NO_LIST) for one in pair]
        is_revoked(data, chain=read, at=certificate.not_valid_after_utc)
        revoked_list = x509.load_der_x509_crl(data)
        is_theirs = revoked_list.issuer == issuer.subject and revoked_list.is_signature_valid(
            issuer.public_key()  # type: ignore[arg-type]  # Another kind of key is a TypeError.
        )
        entry = revoked_list.get_revoked_certificate_by_serial_number(certificate.serial_number)
        until = revoked_list.next_update_utc
    except (ValueError, TypeError, UnsupportedAlgorithm, VerifyError):
        raise TimestampError(NO_LIST) from None
    if not is_theirs:
        raise TimestampError(NO_LIST)
    # Whoever is on the line can give the one of before a revocation. What it names stays named.
    if entry is None and until is not None and until <= clock.now():
        raise TimestampError(NO_LIST)
    return [] if entry is None else [entry.revocation_date_utc]
