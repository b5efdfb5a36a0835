"""A beacon and files that try to call it: for the test that the desk, opening them, calls nobody.

The files are signed pictures made by c2pa's own builder. Everything in them is fictional.
"""

import datetime
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from PIL import Image

TITLE = "вымышленный снимок"


class Beacon:
    """A server of this computer that writes down who called."""

    def __init__(self, server: ThreadingHTTPServer, calls: list[str]) -> None:
        self.origin = f"http://127.0.0.1:{server.server_address[1]}"
        self.calls = calls


@contextmanager
def lit_beacon(answer: bytes = b"") -> Iterator[Beacon]:
    """Run a beacon that answers every request with ``answer``."""
    calls: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_HEAD = do_GET  # noqa: N815 - names that the library asks for.

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Beacon(server, calls)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def build_signed_picture(*, remote: str | None = None, responder: str | None = None) -> bytes:
    """Return a JPEG with a manifest in it, or with the address of one, ``remote``.

    ``responder`` is the address that its certificate names for questions of revocation.
    """
    manifest = {
        "claim_generator_info": [{"name": "fictional camera", "version": "1"}],
        "title": TITLE,
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {
                    "actions": [
                        {
                            "action": "c2pa.created",
                            "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
                        },
                    ]
                },
            }
        ],
    }
    plain, made = io.BytesIO(), io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(plain, "JPEG")
    plain.seek(0)
    chain, key = _make_chain(responder)
    # No timestamp authority: the builder must not call anybody either.
    info = c2pa.C2paSignerInfo(b"es256", chain, key, None)
    with c2pa.Builder(json.dumps(manifest)) as builder, c2pa.Signer.from_info(info) as signer:
        if remote is not None:
            builder.set_no_embed()
            builder.set_remote_url(remote)
        builder.sign(signer, "image/jpeg", plain, made)
    return made.getvalue()


def _make_chain(responder: str | None) -> tuple[bytes, bytes]:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _name("Fictional authority")
    root = _sign(
        _begin(authority, issuer=authority, key=authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True),
        by=authority_key,
    )
    leaf = (
        _begin(_name("Fictional camera"), issuer=authority, key=key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
    )
    if responder is not None:
        where = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder)
        )
        leaf = leaf.add_extension(x509.AuthorityInformationAccess([where]), critical=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = [_sign(leaf, by=authority_key), root]
    return b"".join(one.public_bytes(pem) for one in chain), private


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fictional"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _begin(
    subject: x509.Name, *, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: x509.CertificateBuilder, *, by: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return builder.sign(by, hashes.SHA256())
