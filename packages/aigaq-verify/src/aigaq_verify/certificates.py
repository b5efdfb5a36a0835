"""X.509 certificates in PEM, as chains of timestamp authorities and as roots of a policy."""

from cryptography import x509

from aigaq_verify.errors import VerifyError

_MAXIMUM_CERTIFICATES = 32


def parse_certificates(pem: str, *, code: str) -> list[x509.Certificate]:
    """Return the certificates in ``pem``, at least one. Raises `VerifyError` with ``code``."""
    try:
        found = x509.load_pem_x509_certificates(pem.encode("ascii"))
        names = [(one.issuer, one.subject) for one in found]  # Decoded late; wrong ones raise now.
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # Native code: `InvalidVersion` and others are no ValueError.
        raise VerifyError(code) from None
    if not 1 <= len(names) <= _MAXIMUM_CERTIFICATES:
        raise VerifyError(code)
    return found


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate names itself as its issuer, as roots do."""
    return certificate.issuer == certificate.subject
