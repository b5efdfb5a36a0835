"""RFC 3161 timestamp tokens: what a token is over, who made it, and whether it holds at its time.

A token counts if its imprint is the SHA-256 of what it is said to be over, if its signer's
certificate is the first of the chain beside it and the one that the token names, if it signed, and
if the chain leads to a root of an authority of the policy, all of it valid at the token's own time.
Of such a token `rfc3161-client` (OpenSSL) is asked, too, and must agree; it looks at no
certificate that a token names. Sources: RFC 3161; RFC 5816; PROTOCOL 26; ``spec/policy.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import rfc3161_client
from cryptography import x509

from aigaq_verify.certificates import (
    Certificate,
    check_chain,
    find_roots,
    parse_certificates,
)
from aigaq_verify.errors import VerifyError
from aigaq_verify.policy import Authority
from aigaq_verify.public_keys import PSS, check_signature, hash_with
from aigaq_verify.token_form import NamedCertificate, TokenForm, parse_token

_WRONG = "token.wrong_signature"


@dataclass(frozen=True)
class Token:
    """A token that holds. ``authority`` is None if nobody of the policy made it."""

    authority: str | None
    at: datetime
    #: When the first certificate of its chain ends.
    ends_at: datetime
    #: As it lies beside the token, the signer first.
    chain: tuple[Certificate, ...]


def check_token(
    data: bytes, *, imprint: bytes, chain_pem: bytes, authorities: Sequence[Authority]
) -> Token:
    """Return the token in the response ``data`` over the SHA-256 ``imprint``, and who made it.

    Raises `VerifyError`: ``token.bad_form``, ``token.refused``, ``token.wrong_imprint``,
    ``token.bad_chain``, ``token.wrong_certificate``, ``token.wrong_signature``.
    """
    form = parse_token(data)
    if form.imprint != imprint:
        raise VerifyError("token.wrong_imprint")
    chain = parse_certificates(chain_pem, code="token.bad_chain")
    signer = chain[0]
    _check_named(form, chain=chain)
    check_signature(
        form.signer.attributes,
        signature=form.signer.signature,
        algorithm=form.signer.algorithm,
        digest=form.signer.digest,
        public_key=signer.public_key,
        code=_WRONG,
    )
    for authority in authorities:
        path = _find_path(chain, roots=find_roots(authority.certificates), at=form.at)
        if path is not None:
            _ask_second(form, path=path)
            return _build_token(form, path=path, chain=chain, authority=authority.name)
    # Nobody whom we trust made it; still, it must be what it claims under its own chain.
    path = _find_path(chain, roots=find_roots(chain[-1:]), at=form.at)
    if path is None:
        raise VerifyError(_WRONG)
    return _build_token(form, path=path, chain=chain, authority=None)


def _build_token(
    form: TokenForm,
    *,
    path: Sequence[Certificate],
    chain: Sequence[Certificate],
    authority: str | None,
) -> Token:
    ends_at = min(one.not_after for one in path)
    return Token(authority=authority, at=form.at, ends_at=ends_at, chain=tuple(chain))


def _check_named(form: TokenForm, *, chain: Sequence[Certificate]) -> None:
    """Check that the token was made under the first certificate of ``chain``, and says so.

    A key may stand in two certificates: without this, one that ends later, or that another
    authority issued, could take the signer's place (RFC 3161 section 2.4.2; RFC 5035 section 5).
    """
    wrong = VerifyError("token.wrong_certificate")
    signer = chain[0]
    if signer.der not in form.certificates:
        raise wrong
    if (form.signer.issuer, form.signer.serial) != (signer.issuer, signer.serial):
        raise wrong
    if not form.signer.named:
        raise wrong
    for named in form.signer.named:
        # The first is the signer's; others narrow which certificates may stand in its chain.
        if not named or not _is_named(signer, named[0]):
            raise wrong
        if not all(any(_is_named(each, one) for each in chain) for one in named):
            raise wrong


def _is_named(certificate: Certificate, named: NamedCertificate) -> bool:
    if hash_with(named.digest, certificate.der) != named.value:
        return False
    given = (named.issuer, named.serial)
    return given == (None, None) or given == (certificate.issuer, certificate.serial)


def _find_path(
    chain: Sequence[Certificate], *, roots: Sequence[Certificate], at: datetime
) -> tuple[Certificate, ...] | None:
    """Return the beginning of ``chain`` with the root that it leads to, or None.

    The chain stands in its order, so that there is nothing to search: at each place it may end in a
    root, which is that certificate itself or signed it.
    """
    for number, one in enumerate(chain):
        for root in (each for each in roots if each.subject in (one.issuer, one.subject)):
            begun = chain[:number] if one == root else chain[: number + 1]
            path = (*begun, root)
            if len(path) > 1 and _holds(path, at=at):
                return path
    return None


def _holds(path: Sequence[Certificate], *, at: datetime) -> bool:
    try:
        check_chain(path, at=at, code=_WRONG)
    except VerifyError:
        return False
    return True


def _ask_second(form: TokenForm, *, path: Sequence[Certificate]) -> None:
    """Have OpenSSL judge the same token and the same chain; it must agree.

    It gets nothing that is not signed or not in the chain, so that nothing of that kind can make
    two verifiers differ. PSS it does not know in tokens.
    """
    if form.signer.algorithm.kind == PSS:
        return
    try:
        *between, root = (x509.load_der_x509_certificate(one.der) for one in path)
        response = rfc3161_client.decode_timestamp_response(form.build_plain(path[0].der))
        # A fresh one each time: builders share their list of roots.
        builder = rfc3161_client.VerifierBuilder(roots=[root], intermediates=between[1:])
        agrees = builder.build().verify(response, form.imprint)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # Native code: errors of several kinds, a panic is none of Exception.
        raise VerifyError(_WRONG) from None
    if not agrees:
        raise VerifyError(_WRONG)
