"""RFC 3161 timestamp tokens over the text of a checkpoint.

A token counts if it is over SHA-256 of the note's text without its signature lines, and its
signature and chain were valid at genTime under an authority of the policy. A fresh verifier for
each authority: builders share their list of roots. Source: RFC 3161; PROTOCOL 26.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import rfc3161_client
from cryptography import x509

from aigaq_verify.certificates import is_self_issued, parse_certificates
from aigaq_verify.errors import VerifyError
from aigaq_verify.policy import Authority

_SHA256_OID = "2.16.840.1.101.3.4.2.1"
_MAXIMUM_BYTES = 1_048_576


@dataclass(frozen=True)
class Token:
    """A token that an authority of the policy made."""

    authority: str
    at: datetime


def check_token(
    data: bytes, *, text: str, chain_pem: str, authorities: tuple[Authority, ...]
) -> Token | None:
    """Return the token in the response ``data`` over ``text``, and who made it.

    None if it is a token over this text, but of no authority of the policy. Raises `VerifyError`:
    ``token.bad_form``, ``token.refused``, ``token.wrong_imprint``, ``token.wrong_signature``.
    """
    response = _decode(data)
    info = response.tst_info
    if info.message_imprint.hash_algorithm.dotted_string != _SHA256_OID:
        raise VerifyError("token.wrong_imprint")
    if info.message_imprint.message != hashlib.sha256(text.encode("utf-8")).digest():
        raise VerifyError("token.wrong_imprint")
    chain = parse_certificates(chain_pem, code="token.bad_chain")
    for authority in authorities:
        if _verifies(response, roots=list(authority.certificates), chain=chain, text=text):
            return Token(authority.name, info.gen_time)
    # Nobody whom we trust made it; still, it must be what it claims under its own chain.
    own = [one for one in chain if is_self_issued(one)]
    if not own or not _verifies(response, roots=own, chain=chain, text=text):
        raise VerifyError("token.wrong_signature")
    return None


def _decode(data: bytes) -> rfc3161_client.TimeStampResponse:
    if len(data) > _MAXIMUM_BYTES:
        raise VerifyError("token.bad_form")
    try:
        response = rfc3161_client.decode_timestamp_response(data)
        if response.status != 0:
            raise VerifyError("token.refused")
        response.tst_info  # noqa: B018  Decoded now, so that another form is found here.
        response.tst_info.gen_time  # noqa: B018
        return response
    except (VerifyError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # Native code: errors of several kinds, a panic is none of Exception.
        raise VerifyError("token.bad_form") from None


def _verifies(
    response: rfc3161_client.TimeStampResponse,
    *,
    roots: list[x509.Certificate],
    chain: list[x509.Certificate],
    text: str,
) -> bool:
    if not roots:
        return False
    try:
        between = [one for one in chain if one not in roots and not is_self_issued(one)]
        verifier = rfc3161_client.VerifierBuilder(roots=list(roots), intermediates=between).build()
        return verifier.verify_message(response, text.encode("utf-8"))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # As above: a hostile token must not end this program.
        return False
