"""A timestamp authority on loopback: ``openssl ts`` behind a small HTTP server, and its faults.

Certificates are made here, so that a signer may be expired, self-signed or revoked. What answers is
``openssl ts -reply``; a fault changes the request before it or the answer behind it.
"""

import subprocess
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """[tsa]
serial = serial
crypto_device = builtin
signer_cert = signer.pem
{certs}
signer_key = signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
DAY = timedelta(days=1)


@dataclass
class Keyed:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


@dataclass
class LocalAuthority:
    """An authority with a root, a certificate between, and a signer."""

    folder: Path
    name: str = "Fictional authority"
    signer_days: tuple[int, int] = (-1, 3650)
    has_own_root: bool = True
    #: What openssl adds to the signer in the answer: "", "between.pem", "root.pem", "all.pem".
    adds: str = "between.pem"
    lists_url: str | None = None
    revoked: dict[int, datetime] = field(default_factory=dict)
    #: How long from now on a list says that it is the newest.
    lists_live: timedelta = DAY

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "serial").write_text("01\n")
        self.root = self._make(f"{self.name} root", issuer=None, is_authority=True)
        self.between = self._make(f"{self.name} between", issuer=self.root, is_authority=True)
        self.renew_signer(self.signer_days)
        for name, one in (("root", self.root), ("between", self.between)):
            (self.folder / f"{name}.pem").write_text(one.pem)
        (self.folder / "all.pem").write_text(self.root.pem + self.between.pem)

    def renew_signer(self, days: tuple[int, int]) -> None:
        """Have another signer from now on, valid from and to these days from now."""
        issuer = self.between if self.has_own_root else None
        self.signer = self._make(self.name, issuer=issuer, is_authority=False, days=days)
        key = self.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "signer.key").write_bytes(key)
        (self.folder / "signer.pem").write_text(self.signer.pem)

    def _make(
        self,
        name: str,
        *,
        issuer: Keyed | None,
        is_authority: bool,
        days: tuple[int, int] = (-30, 7300),
    ) -> Keyed:
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        by = issuer or Keyed(None, key)  # type: ignore[arg-type]
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + days[0] * DAY)
            .not_valid_after(now + days[1] * DAY)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), False
            )
            .add_extension(_usage(is_authority=is_authority), critical=True)
        )
        if not is_authority:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(purpose, critical=True)
        if self.lists_url is not None and not is_authority:
            place = x509.UniformResourceIdentifier(self.lists_url)
            point = x509.DistributionPoint([place], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        return Keyed(builder.sign(by.key, hashes.SHA256()), key)

    def revoke(self, one: Keyed, *, at: datetime) -> None:
        """Name a certificate in the list of revoked ones from now on."""
        self.revoked[one.certificate.serial_number] = at

    def build_list(self) -> bytes:
        """Return the list of revoked certificates of the certificate between."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.between.certificate.subject)
            .last_update(now - DAY)
            .next_update(now + self.lists_live)
        )
        for number, at in self.revoked.items():
            revoked = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(at)
            builder = builder.add_revoked_certificate(revoked.build())
        return builder.sign(self.between.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def reply(self, query: bytes, *, digests: str = "sha256") -> bytes:
        """Return what ``openssl ts`` answers."""
        certs = f"certs = {self.adds}" if self.adds else ""
        (self.folder / "ts.cnf").write_text(CONFIG.format(certs=certs, digests=digests))
        (self.folder / "query.tsq").write_bytes(query)
        (self.folder / "reply.tsr").unlink(missing_ok=True)
        command = ["openssl", "ts", "-reply", "-queryfile", "query.tsq", "-out", "reply.tsr"]
        subprocess.run(
            [*command, "-config", "ts.cnf", "-section", "tsa"],
            cwd=self.folder,
            capture_output=True,
            timeout=60,
            check=False,  # A refusal is an answer, too.
        )
        return (self.folder / "reply.tsr").read_bytes()

    def agrees(self, answer: bytes, *, sha256: bytes, at: datetime) -> bool:
        """Tell whether ``openssl ts -verify -attime`` takes an answer over a hash."""
        (self.folder / "check.tsr").write_bytes(answer)
        command = ["openssl", "ts", "-verify", "-digest", sha256.hex(), "-in", "check.tsr"]
        trusted = ["-CAfile", "root.pem", "-untrusted", "all.pem"]
        done = subprocess.run(
            [*command, *trusted, "-attime", str(int(at.timestamp()))],
            cwd=self.folder,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode == 0 and b"Verification: OK" in done.stdout


class Server:
    """Serves an authority at ``url`` on loopback; ``fault`` names what goes wrong, "" nothing."""

    def __init__(self, authority: LocalAuthority | None = None) -> None:
        self.authority = authority
        self.fault = ""
        self.asked: list[bytes] = []
        self.released = threading.Event()
        handler = type("Bound", (_Handler,), {"house": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/tsa"
        self.lists_url = self.url.replace("/tsa", "/list.crl")
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, query: bytes) -> tuple[int, bytes]:
        """Return status and body."""
        assert self.authority is not None
        good = self.authority.reply
        match self.fault:
            case "refused":
                return 200, good(query, digests="sha512")
            case "broken":
                return 200, good(query)[:-40]
            case "not_der":
                return 200, b"<!doctype html><title>Fictional</title>"
            case "wrong_imprint":
                place = query.index(b"\x04\x20") + 2
                return 200, good(query[:place] + bytes(32) + query[place + 32 :])
            case "wrong_nonce":
                # The request ends with the nonce and `certReq TRUE`.
                place = len(query) - 4
                return 200, good(query[:place] + bytes([query[place] ^ 1]) + query[place + 1 :])
            case "wrong_signature":
                return 200, _flip_last(good(query))
            case "error":
                return 500, b"Fictional"
            case "huge":
                return 200, bytes(3 * 1_048_576)
        return 200, good(query)


class _Handler(BaseHTTPRequestHandler):
    house: ClassVar[Server]

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        self.house.asked.append(query)
        assert self.headers["Content-Type"] == "application/timestamp-query"
        if self.house.fault == "silent":
            self.house.released.wait(30)
            return
        if self.house.fault == "drips":
            self._drip()
            return
        self._send(*self.house.answer(query), kind="application/timestamp-reply")

    def do_GET(self) -> None:
        assert self.house.authority is not None
        if self.house.fault == "no_list":
            self._send(404, b"", kind="text/plain")
        else:
            self._send(200, self.house.authority.build_list(), kind="application/pkix-crl")

    def _send(self, status: int, body: bytes, *, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            while not self.house.released.is_set():
                self.wfile.write(b"\x30")
                self.wfile.flush()
                time.sleep(0.02)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there.
        """Say nothing."""


def _flip_last(data: bytes) -> bytes:
    """Change the signature's last byte: it ends the answer."""
    return data[:-1] + bytes([data[-1] ^ 1])


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
