"""Signatures of certificates, tokens and lists: RSA and ECDSA, by an exact list of their forms.

An algorithm is told by all bytes of its identifier, so that none has parameters that another reader
takes in another way. RSA has 2,048 to 8,192 bits and the exponent 65,537; curves are P-256, P-384
and P-521; hashes are of the SHA-2 family. Sources: RFC 4055 sections 2 to 5; RFC 5480; RFC 5758.
"""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from aigaq_verify.der import Reader
from aigaq_verify.errors import VerifyError

RSA, PSS, ECDSA = "rsa", "pss", "ecdsa"
_HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_DIGEST_OIDS = {
    "0609608648016503040201": "sha256",
    "0609608648016503040202": "sha384",
    "0609608648016503040203": "sha512",
}
_NULL = "0500"
#: Identifiers of hashes, with and without the NULL that RFC 5754 section 2 lets stand.
DIGESTS = {
    bytes.fromhex(head + oid + end): name
    for oid, name in _DIGEST_OIDS.items()
    for head, end in (("300d", _NULL), ("300b", ""))
}
_RSA_OIDS = {"0c": "sha384", "0d": "sha512", "0b": "sha256"}
_ECDSA_OIDS = {"02": "sha256", "03": "sha384", "04": "sha512"}
_MAXIMUM_SIGNATURE_BYTES = 1_024


@dataclass(frozen=True)
class Algorithm:
    """How a signature is made. ``digest`` is "" where the form leaves it to the place."""

    kind: str
    digest: str


def _list_algorithms() -> dict[bytes, Algorithm]:
    found = {}
    for head, end in (("300d", _NULL), ("300b", "")):
        found[head + "06092a864886f70d010101" + end] = Algorithm(RSA, "")
        for last, digest in _RSA_OIDS.items():
            found[head + "06092a864886f70d0101" + last + end] = Algorithm(RSA, digest)
    for last, digest in _ECDSA_OIDS.items():
        found["300a06082a8648ce3d0403" + last] = Algorithm(ECDSA, digest)
    for oid, digest in _DIGEST_OIDS.items():
        # RFC 4055 section 3.1: this hash, MGF1 with it, and a salt of its length.
        one = "300d" + oid + _NULL
        salt = f"{_HASHES[digest].digest_size:02x}"
        found[
            f"304106092a864886f70d01010a3034a00f{one}a11c301a06092a864886f70d010108{one}a2030201{salt}"
        ] = Algorithm(PSS, digest)
    return {bytes.fromhex(form): algorithm for form, algorithm in found.items()}


_ALGORITHMS = _list_algorithms()
#: How a key on a curve begins, up to its point, which is not compressed; how long a number is.
_CURVES = {
    bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"): 32,
    bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004"): 48,
    bytes.fromhex("30819b301006072a8648ce3d020106052b810400230381860004"): 66,
}
_RSA_KEY = bytes.fromhex("300d06092a864886f70d0101010500")
_EXPONENT = b"\x01\x00\x01"
_RSA_BITS = range(2_048, 8_193)


def read_algorithm(data: bytes, *, code: str) -> Algorithm:
    """Return what an identifier names. Raises `VerifyError` with ``code`` for any other."""
    found = _ALGORITHMS.get(data)
    if found is None:
        raise VerifyError(code)
    return found


def check_public_key(data: bytes, *, code: str) -> None:
    """Check that a SubjectPublicKeyInfo is one that signatures are checked with.

    Raises `VerifyError` with ``code``.
    """
    for head, number_bytes in _CURVES.items():
        if data.startswith(head):
            if len(data) != len(head) + 2 * number_bytes:
                raise VerifyError(code)
            return
    outer = Reader(data, code=code)
    info = outer.open()
    outer.end()
    if info.next().whole != _RSA_KEY:
        raise VerifyError(code)
    whole = Reader(info.whole_bits(), code=code)
    info.end()
    numbers = whole.open()
    whole.end()
    modulus, exponent = numbers.natural(), numbers.natural()
    numbers.end()
    bits = int.from_bytes(modulus, "big").bit_length()
    if bits not in _RSA_BITS or exponent != _EXPONENT or not modulus[-1] & 1:
        raise VerifyError(code)


def check_signature(
    data: bytes,
    *,
    signature: bytes,
    algorithm: Algorithm,
    digest: str,
    public_key: bytes,
    code: str,
) -> None:
    """Check that ``public_key`` signed ``data``, with the hash ``digest``.

    Raises `VerifyError` with ``code``.
    """
    check_public_key(public_key, code=code)
    wrong = VerifyError(code)
    if algorithm.digest not in ("", digest) or len(signature) > _MAXIMUM_SIGNATURE_BYTES:
        raise wrong
    try:
        key = load_der_public_key(public_key)
        used = _HASHES[digest]
        if isinstance(key, rsa.RSAPublicKey) and algorithm.kind in (RSA, PSS):
            pss = padding.PSS(padding.MGF1(used), used.digest_size)
            key.verify(signature, data, pss if algorithm.kind == PSS else padding.PKCS1v15(), used)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.kind == ECDSA:
            _check_pair(signature, key_bytes=(key.curve.key_size + 7) // 8, code=code)
            key.verify(signature, data, ec.ECDSA(used))
        else:
            raise wrong
    except VerifyError:
        raise
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise wrong from None


def _check_pair(signature: bytes, *, key_bytes: int, code: str) -> None:
    """Check the form of an ECDSA signature: two numbers above zero that a key of this size has."""
    outer = Reader(signature, code=code)
    pair = outer.open()
    outer.end()
    if max(len(pair.natural()), len(pair.natural())) > key_bytes:
        raise outer.fault()
    pair.end()


def hash_with(digest: str, data: bytes) -> bytes:
    """Return the hash of ``data``; ``digest`` is a name of `DIGESTS`, or ``sha1``."""
    return hashlib.new(digest, data, usedforsecurity=False).digest()
