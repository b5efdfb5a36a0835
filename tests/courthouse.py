"""Evidence packages of a fictional organisation, made with the real writer, log and authorities.

Used by the verifier's tests, its fuzzing and its bench. `Court` holds keys, a log in a folder, a
partner that cosigns, and reports that were sealed; `write` makes a package of them.
"""

import hashlib
import io
import json
import secrets
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from tests.gatehouse import Organisation, mailbox_keys

from aigaq.clock import now
from aigaq.evidence.custody_lines import (
    CustodyLine,
    build_line,
    extend_custody,
    hash_line,
)
from aigaq.evidence.package_shapes import (
    DerivedFrom,
    EarlierHead,
    LoggedHead,
    Package,
    PackagedGrant,
    PackagedItem,
    PackagedReport,
    PackagedToken,
    ToldToStaff,
)
from aigaq.evidence.package_writer import write_package
from aigaq.sealing.chains import NO_HEAD
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.envelope import (
    ConsentToSeal,
    ContainerSink,
    ItemToSeal,
    ReportToSeal,
    SealedReport,
    seal_report,
)
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.log_entries import (
    CUSTODY_HEAD,
    Opening,
    build_blinded,
    encode_head,
    make_chaff,
    make_opening,
)
from aigaq.sealing.receipt_code import MailboxKeys
from aigaq.sealing.receipts import (
    FilingReceipt,
    Promise,
    ReceiptFile,
    build_filing_receipt,
    build_promise,
    build_receipt_file,
)
from aigaq.tlog import (
    Cosigner,
    LogWriter,
    ProofFile,
    TileTree,
    VerifierKey,
    add_signatures,
    build_proof_file,
    parse_note,
)
from aigaq.tlog.notes import ED25519

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
TOLD_HOW = 202
STRIP = "strip/v1"
PERSON = "A fictional caseworker"


@dataclass
class Sealed:
    """A report of the court: what was sealed, its keys, its items' bytes, its place in the log."""

    report: SealedReport
    keys: MailboxKeys
    contents: list[bytes]
    index: int = -1


@dataclass
class Court:
    """Everything that a package needs, made once."""

    folder: Path
    organisation: Organisation = field(default_factory=lambda: Organisation.found(port=8470))
    partner: Cosigner = field(
        default_factory=lambda: Cosigner(
            name="partner.example/cosigner", seed=secrets.token_bytes(32)
        )
    )
    sealed: list[Sealed] = field(default_factory=list)
    derivatives: dict[tuple[bytes, int], bytes] = field(default_factory=dict)
    custody: list[bytes] = field(default_factory=list)
    head: bytes = NO_HEAD
    opening: Opening | None = None
    opening_count: int = 0
    opening_index: int = -1
    cosigned_at: int = int(AT.timestamp()) + 86_400 * 2

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def add_report(
        self,
        items: Sequence[tuple[str, bytes]],
        *,
        purpose: str = "prove",
        answers: Sequence[tuple[int, str]] = (),
    ) -> Sealed:
        """Seal a report, receive it, and let custody begin; ``answers`` beyond two."""
        keys, sink = mailbox_keys(), ContainerSink(io.BytesIO())
        report = seal_report(
            ReportToSeal(
                team_id=self.organisation.card.team_id,
                team_recipient=self.organisation.card.team_recipient,
                card_version=1,
                language="ru",
                made_at=AT,
                answers=[(3, "Вымышленный ответ."), (4, "Fictional."), *answers],
                consents=[
                    ConsentToSeal(purpose="keep", audience="team", items=None),
                    ConsentToSeal(purpose=purpose, audience="court", items=None),
                ],
                items=[
                    ItemToSeal(
                        content=io.BytesIO(data),
                        size_bytes=len(data),
                        name=name,
                        media_type="application/octet-stream",
                    )
                    for name, data in items
                ],
            ),
            keys=keys,
            sink=sink,
        )
        sealed = Sealed(report, keys, [data for _, data in items])
        self.sealed.append(sealed)
        for item in report.manifest.items:
            self.record("received", f"{report.report_id.hex()}/{item.number}", item.sha256)
        return sealed

    def derive(self, one: Sealed, number: int, data: bytes) -> None:
        """Let ``data`` leave in place of an item, as a copy of it without hidden details."""
        self.derivatives[one.report.report_id, number] = data
        name = f"{one.report.report_id.hex()}/{number}"
        self.record("derived", name, hashlib.sha256(data).digest(), note=STRIP)

    def record(
        self,
        event: str,
        item: str | None,
        sha256: bytes | None,
        *,
        note: str = "",
        by: str = PERSON,
    ) -> None:
        line = build_line(
            CustodyLine(
                sequence=len(self.custody) + 1,
                at=AT,
                by=by,
                event=event,
                item=item,
                sha256=sha256,
                note=note,
            )
        )
        self.custody.append(line)
        self.head = extend_custody(self.head, line_sha256=hash_line(line))

    def publish(self) -> None:
        """Put commitments, the custody head and chaff into the log, and cosign it."""
        waiting = [one for one in self.sealed if one.index < 0]
        self.opening_count = len(self.custody)
        self.opening = make_opening(
            kind=CUSTODY_HEAD, value=encode_head(count=self.opening_count, head=self.head)
        )
        with LogWriter(
            self.log, origin=self.organisation.card.log_origin, key=self.organisation.log
        ) as log:
            start = log.checkpoint.size
            entries = [build_blinded(one.report.commitment) for one in waiting]
            entries += [build_blinded(self.opening.blinded)]
            entries += [build_blinded(make_chaff().blinded) for _ in range(13)]
            log.append(entries, start=start)
            for number, one in enumerate(waiting):
                one.index = start + number
            self.opening_index = start + len(waiting)

    def checkpoint(self) -> tuple[int, bytes]:
        """Return size and note of the newest head, cosigned by the partner."""
        with LogWriter(
            self.log, origin=self.organisation.card.log_origin, key=self.organisation.log
        ) as log:
            head = log.checkpoint
        note = parse_note((self.log / "checkpoint").read_bytes())
        lines = self.partner.cosign(head, at=self.cosigned_at)
        return head.size, add_signatures(note, lines).encode()

    def prove(self, index: int, *, note: bytes) -> bytes:
        with LogWriter(
            self.log, origin=self.organisation.card.log_origin, key=self.organisation.log
        ) as log:
            hashes = tuple(log.tree().prove_inclusion(index))
        return build_proof_file(ProofFile(index=index, hashes=hashes, checkpoint=note))

    def go_back(self, size: int, note: bytes, *, tokens: Sequence[PackagedToken]) -> EarlierHead:
        """Return a head of before with the proofs of every report under it."""
        with LogWriter(
            self.log, origin=self.organisation.card.log_origin, key=self.organisation.log
        ) as log:
            tree = TileTree(size=size, read=log.read)
            proofs = [
                ProofFile(one.index, tuple(tree.prove_inclusion(one.index)), note)
                for one in self.sealed
            ]
        return EarlierHead(note, size, tuple(map(build_proof_file, proofs)), tuple(tokens))

    def package(self, *, tokens: Sequence[PackagedToken] = (), **changes: Any) -> Package:
        """Return a package of every item of every report."""
        size, note = self.checkpoint()
        opening = self.opening
        assert opening is not None
        package = Package(
            made_at=now(),
            purpose="prove",
            audience="court",
            organisation="A fictional team",
            identifier=f"aigaq-{secrets.token_hex(4)}",
            team_id=self.organisation.card.team_id,
            root_key=self.organisation.root_public,
            cards={1: self.organisation.signed_card()},
            checkpoint=note,
            checkpoint_size=size,
            reports=tuple(
                self._report(one, number, note) for number, one in enumerate(self.sealed)
            ),
            items=tuple(item for one in self.sealed for item in self._items(one)),
            grants=tuple(grant for one in self.sealed for grant in self._grants(one)),
            staff_grants=(),
            changes=(),
            custody_lines=tuple(self.custody),
            custody_head=self.head,
            logged_head=LoggedHead(
                self.opening_count, opening, self.prove(self.opening_index, note=note)
            ),
            tokens=tuple(tokens),
            documents={"summary.en.html": b"<!doctype html><title>Fictional</title>\n"},
            told=tuple(told for one in self.sealed for told in self._told(one)),
        )
        return replace(package, **changes)

    def write(self, folder: Path, **changes: Any) -> Path:
        """Write a package into ``folder``."""
        return write_package(
            self.package(**changes), folder=folder, desk_key=self.organisation.desk
        )

    def _report(self, one: Sealed, number: int, note: bytes) -> PackagedReport:
        manifest = one.report.manifest
        return PackagedReport(
            report_id=one.report.report_id,
            received_at=AT,
            mailbox_key=manifest.mailbox_key,
            root_salt=manifest.root_salt,
            leaves=tuple(manifest.leaves()),
            root=manifest.root(),
            commitment=one.report.commitment,
            register_number=number + 1,
            log_index=one.index,
            proof=self.prove(one.index, note=note),
        )

    def _items(self, one: Sealed) -> list[PackagedItem]:
        manifest = one.report.manifest
        first = len(manifest.answers) + len(manifest.consents)
        originals = [
            PackagedItem(
                report_id=one.report.report_id,
                item_number=item.number,
                leaf_index=first + item.number,
                name=item.name,
                media_type=item.media_type,
                size_bytes=item.size_bytes,
                sha256=item.sha256,
                salt=item.salt,
                provenance="recorded",
                open=_Opener(one.contents[item.number]),
            )
            for item in manifest.items
        ]
        return [self._derive(item) for item in originals]

    def _derive(self, item: PackagedItem) -> PackagedItem:
        data = self.derivatives.get((item.report_id, item.item_number))
        if data is None:
            return item
        original = DerivedFrom(
            name=item.name,
            media_type=item.media_type,
            size_bytes=item.size_bytes,
            sha256=item.sha256,
            recipe=STRIP,
        )
        return replace(
            item,
            name=f"copy of {item.name}",
            media_type="image/jpeg",
            size_bytes=len(data),
            sha256=hashlib.sha256(data).digest(),
            open=_Opener(data),
            derived_from=original,
        )

    def _grants(self, one: Sealed) -> list[PackagedGrant]:
        manifest = one.report.manifest
        return [
            PackagedGrant(
                report_id=one.report.report_id,
                number=consent.number,
                purpose=consent.purpose,
                audience=consent.audience,
                items=consent.items,
                salt=consent.salt,
                leaf_index=len(manifest.answers) + consent.number,
            )
            for consent in manifest.consents
        ]

    def _told(self, one: Sealed) -> list[ToldToStaff]:
        return [
            ToldToStaff(one.report.report_id, way=answer.value, salt=answer.salt, leaf_index=place)
            for place, answer in enumerate(one.report.manifest.answers)
            if answer.number == TOLD_HOW
        ]

    def policy(self, **changes: Any) -> dict[str, Any]:
        """Return a policy that trusts this root, this log and this partner."""
        card = self.organisation.card
        log = VerifierKey(card.log_origin, ED25519, card.log_key)
        first, second = self.partner.keys
        text = (
            f"log {log}\nwitness partner-ed25519 {first}\nwitness partner-ml-dsa {second}\n"
            "group partner any partner-ed25519 partner-ml-dsa\nquorum partner\n"
        )
        policy: dict[str, Any] = {
            "format": "aigaq-policy/v1",
            "name": "A fictional court",
            "require": {"cosigned": True, "timestamps": 0},
            "retirements": [],
            "root_fingerprint": format_fingerprint(self.organisation.root_public),
            "root_key": encode_base64(self.organisation.root_public),
            "timestamp_authorities": [],
            "tlog_policy": text,
        }
        return {**policy, **changes}

    def write_policy(self, path: Path, **changes: Any) -> Path:
        path.write_text(json.dumps(self.policy(**changes), ensure_ascii=False, indent=1) + "\n")
        return path

    def receipt(self, one: Sealed, *, proof: bytes | None = None, is_filed: bool = True) -> bytes:
        """Return the receipt file of a report."""
        card, manifest = self.organisation.card, one.report.manifest
        promise = Promise(
            commitment=one.report.commitment,
            report_id=one.report.report_id,
            team_id=card.team_id,
            log_origin=card.log_origin,
            maximum_delay_seconds=card.maximum_delay_seconds,
            promised_at=AT,
        )
        filing = FilingReceipt(
            commitment=one.report.commitment,
            report_id=one.report.report_id,
            team_id=card.team_id,
            register_number=1,
            state="filed",
            filed_at=AT + timedelta(hours=1),
        )

        return build_receipt_file(
            ReceiptFile(
                card=self.organisation.signed_card().decode(),
                team_id=card.team_id,
                mailbox_key=manifest.mailbox_key,
                report_id=one.report.report_id,
                commitment=one.report.commitment,
                root_salt=manifest.root_salt,
                root=manifest.root(),
                leaf_count=manifest.leaf_count,
                promise=build_promise(promise, log_key=self.organisation.log),
                filing_receipt=build_filing_receipt(filing, message_key=self.organisation.message)
                if is_filed
                else None,
                proof=None if proof is None else proof.decode(),
            )
        )


class _Opener:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def __call__(self) -> AbstractContextManager[BinaryIO]:
        return io.BytesIO(self._data)


class Authority:
    """A timestamp authority of our own, by ``openssl ts``, with a chain of root and signer."""

    def __init__(self, folder: Path, *, name: str = "Fictional authority") -> None:
        self.folder, self.name = folder, name
        folder.mkdir(parents=True)
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(_CONFIG)
        self._make("root", f"/CN={name} root", extensions="root")
        self._make("signer", f"/CN={name}", extensions="signer", issuer="root")

    @property
    def root_pem(self) -> str:
        return (self.folder / "root.pem").read_text()

    @property
    def chain(self) -> str:
        return (self.folder / "signer.pem").read_text() + self.root_pem

    def _make(self, name: str, subject: str, *, extensions: str, issuer: str | None = None) -> None:
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        made = ["-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", subject]
        signed = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key"] if issuer else []
        openssl(
            "req",
            "-x509",
            *key,
            *made,
            *signed,
            "-days",
            "3650",
            "-config",
            "ts.cnf",
            "-extensions",
            extensions,
            folder=self.folder,
        )

    def stamp(self, data: bytes) -> bytes:
        """Return the response to a request over ``data``."""
        (self.folder / "data").write_bytes(data)
        query = ["ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query.tsq"]
        openssl(*query, "-config", "ts.cnf", folder=self.folder)
        reply = ["ts", "-reply", "-queryfile", "query.tsq", "-out", "reply.tsr"]
        openssl(*reply, "-config", "ts.cnf", "-section", "tsa", folder=self.folder)
        return (self.folder / "reply.tsr").read_bytes()

    def token(self, text: bytes) -> PackagedToken:
        return PackagedToken(self.name, self.stamp(text), self.chain)


def openssl(*arguments: str, folder: Path) -> bytes:
    done = subprocess.run(
        ["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60
    )
    return done.stdout


_CONFIG = """[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[signer]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
serial = serial
crypto_device = builtin
signer_cert = signer.pem
signer_key = signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
