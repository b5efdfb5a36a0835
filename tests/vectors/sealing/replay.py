"""What each file of spec/vectors asks of an implementation of the formats.

`OPERATIONS` maps a path to a function that takes one vector, does what the vector describes through
the package's public functions, and returns the part of the vector that it was to compute. An error
leaves as `SealingError`.
"""

import hashlib
import io
import json
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts.vector_sources.fixtures import CARD
from scripts.vector_sources.mailboxes import members_of

from aigaq.age import HybridIdentity, parse_identity
from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.card import parse_card
from aigaq.sealing.container import index_container, iterate_container
from aigaq.sealing.encoding import (
    Part,
    decode_base64,
    encode_parts,
    hash_leaf,
    hash_parts,
    merkle_root,
)
from aigaq.sealing.errors import SealingError
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.log_proofs import open_log_proof
from aigaq.sealing.mailbox_answer import Head, Heads, parse_answer
from aigaq.sealing.mailbox_requests import (
    RequestTarget,
    build_mailbox_request,
    check_request,
    parse_mailbox_request,
    parse_request_headers,
)
from aigaq.sealing.manifest import build_manifest, parse_manifest
from aigaq.sealing.messages import (
    TO_REPORTER,
    Message,
    check_desk_messages,
    check_order,
    open_message,
)
from aigaq.sealing.opening import ContainerSource, ExaminedReport, examine_report
from aigaq.sealing.padding import pad_to_step, padme_size, unpad_from_step
from aigaq.sealing.rebinding import parse_rebind
from aigaq.sealing.receipt_code import (
    IDENTITY_LABEL,
    derive_mailbox_keys,
    expand,
    read_typed_code,
    stretch_code,
)
from aigaq.sealing.receipts import (
    build_receipt_file,
    check_promise,
    check_promise_term,
    parse_filing_receipt,
    parse_promise,
    parse_receipt_file,
)
from aigaq.sealing.signatures import check_public_key
from aigaq.sealing.signed_json import open_signed_json
from aigaq.tlog import TlogError
from aigaq_verify.encoding import parse_time
from aigaq_verify.policy import parse_policy
from aigaq_verify.receipts import verify_receipt

VECTORS = Path(__file__).resolve().parents[3] / "spec" / "vectors"
FORMATS = (
    "encoding",
    "padding",
    "receipt-code",
    "commitment",
    "container",
    "report",
    "receipts",
    "mailbox",
    "card",
)
Vector = dict[str, Any]
INPUTS_ONLY = ("name", "error")


def read_vectors(path: str) -> list[Vector]:
    """Return the vectors of one file."""
    vectors: list[Vector] = json.loads((VECTORS / path).read_bytes())
    return vectors


def _identity(text: str) -> HybridIdentity:
    identity = parse_identity(text)
    assert isinstance(identity, HybridIdentity)
    return identity


def _b64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


READ_PART: dict[str, Callable[[str], Part]] = {
    "integer": int,
    "bytes": bytes.fromhex,
    "text": str,
}


def _parts(vector: Vector) -> Vector:
    parts: list[Part] = []
    for one in vector["parts"]:
        ((kind, value),) = one.items()
        parts.append(READ_PART[kind](value))
    return {
        "encoded": encode_parts(*parts).hex(),
        "sha256": hash_parts(*parts).hex(),
        "leaf": hash_leaf(*parts).hex(),
    }


def _merkle(vector: Vector) -> Vector:
    return {"root": merkle_root([bytes.fromhex(leaf) for leaf in vector["leaves"]]).hex()}


def _base64(vector: Vector) -> Vector:
    return {"bytes": decode_base64(vector["text"]).hex()}


def _json(vector: Vector) -> Vector:
    return {"json": _b64(build_json(parse_json(b64decode(vector["json"]))))}


def _signed_json(vector: Vector) -> Vector:
    members = open_signed_json(
        b64decode(vector["data"]),
        format_name=vector["format"],
        public_key=b64decode(vector["public_key"]),
    )
    return {"members": members}


def _public_key(vector: Vector) -> Vector:
    check_public_key(b64decode(vector["public_key"]))
    return {}


def _step(vector: Vector) -> Vector:
    content = unpad_from_step(b64decode(vector["padded"]), step=vector["step"])
    return {
        "content": _b64(content),
        "padded": _b64(pad_to_step(content, step=vector["step"])),
    }


def _padme(vector: Vector) -> Vector:
    return {"padded": padme_size(vector["size"])}


def _typed(vector: Vector) -> Vector:
    return {"code": read_typed_code(vector["typed"])}


def _code(vector: Vector) -> Vector:
    code = read_typed_code(vector["typed"])
    team_id = bytes.fromhex(vector["team_id"])
    k = stretch_code(code, team_id=team_id)
    keys = derive_mailbox_keys(code, team_id=team_id)
    return {
        "code": code,
        "k": k.hex(),
        "identity_seed": expand(k, label=IDENTITY_LABEL).hex(),
        "mailbox_key": _b64(keys.public_key),
        "mailbox_recipient": keys.recipient,
    }


def _commitment(vector: Vector) -> Vector:
    manifest = parse_manifest(b64decode(vector["manifest"]))
    return {
        "leaves": [leaf.hex() for leaf in manifest.leaves()],
        "leaf_count": manifest.leaf_count,
        "root": manifest.root().hex(),
        "commitment": manifest.commitment().hex(),
    }


def _container(vector: Vector) -> Vector:
    data = b64decode(vector["tar"])
    index_container(io.BytesIO(data))
    members = []
    for member in iterate_container(io.BytesIO(data)):
        members.append({"name": member.name, "content": _b64(member.read())})
    return {"members": members}


def _card(vector: Vector) -> Vector:
    card = parse_card(
        b64decode(vector["card"]),
        root_key=b64decode(vector["root_key"]),
        team_id=bytes.fromhex(vector["team_id"]) if vector["team_id"] else None,
        seen_version=vector["seen_version"],
    )
    return {"version": card.version}


def _fingerprint(vector: Vector) -> Vector:
    return {"fingerprint": format_fingerprint(b64decode(vector["root_key"]))}


def _promise(vector: Vector) -> Vector:
    promise = parse_promise(vector["promise"], log_key=b64decode(vector["log_key"]))
    check_promise(
        promise,
        team_id=bytes.fromhex(vector["team_id"]),
        log_origin=vector["log_origin"],
        report_id=bytes.fromhex(vector["report_id"]),
        commitment=bytes.fromhex(vector["commitment"]),
    )
    check_promise_term(
        promise,
        maximum_delay_seconds=vector["maximum_delay_seconds"],
        now=promise.promised_at,
    )
    return {}


def _filing_receipt(vector: Vector) -> Vector:
    parse_filing_receipt(vector["filing_receipt"], message_key=b64decode(vector["message_key"]))
    return {}


def _receipt_verdict(vector: Vector) -> Vector:
    """The verdict of `aigaq_verify`; the codes are those of steps that have one."""
    with tempfile.TemporaryDirectory() as name:
        for path, content in (vector["log"] or {}).items():
            (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(name) / path).write_bytes(b64decode(content))
        verdict = verify_receipt(
            b64decode(vector["receipt"]),
            policy=parse_policy(vector["policy"].encode()),
            log=None if vector["log"] is None else Path(name),
            now=parse_time(vector["at"], code="vector.bad_time"),
        )
    codes = {str(step.number): step.code for step in verdict.steps if step.code}
    return {"codes": codes, "exit": verdict.exit_code}


def _log_proof(vector: Vector) -> Vector:
    """The card is made up from what a proof needs of it; the log's errors are its own class."""
    card = replace(
        CARD,
        log_origin=vector["log_origin"],
        log_key=b64decode(vector["log_key"]),
        cosigners=tuple(vector["cosigners"]),
    )
    try:
        seen = open_log_proof(
            vector["proof"], card=card, commitment=bytes.fromhex(vector["commitment"])
        )
    except TlogError as error:
        raise SealingError(error.code) from None
    size = seen.checkpoint.size
    return {"independent": seen.is_independent, "index": seen.index, "size": size}


def _receipt_file(vector: Vector) -> Vector:
    receipt = parse_receipt_file(b64decode(vector["receipt"]))
    return {"receipt": _b64(build_receipt_file(receipt))}


def _request(vector: Vector) -> Vector:
    target = RequestTarget(
        label=vector["label"],
        team_id=bytes.fromhex(vector["team_id"]),
        gate_origin=vector["gate_origin"],
        method=vector["method"],
        path=vector["path"],
    )
    check_request(
        target,
        request=parse_request_headers(vector["headers"]),
        body_sha256=hashlib.sha256(b64decode(vector["body"])).digest(),
        now=vector["now"],
    )
    return {}


def _request_body(vector: Vector) -> Vector:
    request = parse_mailbox_request(b64decode(vector["body"]))
    return {"body": _b64(build_mailbox_request(request))}


def _rebind(vector: Vector) -> Vector:
    parse_rebind(
        vector["rebind"],
        message_key=b64decode(vector["message_key"]),
        team_id=bytes.fromhex(vector["team_id"]),
    )
    return {}


def _open(vector: Vector, *, ciphertext: bytes, public_key: bytes, direction: str) -> Message:
    return open_message(
        ciphertext,
        identities=[_identity(vector["identity"])],
        public_key=public_key,
        direction=direction,
        team_id=bytes.fromhex(vector["team_id"]),
        mailbox_key=b64decode(vector["mailbox_key"]),
        first_commitment=bytes.fromhex(vector["first_commitment"]),
    )


def _head(members: dict[str, Any]) -> Head:
    return Head(sequence=members["sequence"], sha256=bytes.fromhex(members["sha256"]))


def _heads(members: dict[str, Any]) -> Heads:
    return Heads(to_desk=_head(members["to_desk"]), to_reporter=_head(members["to_reporter"]))


def _message(vector: Vector) -> Vector:
    message = _open(
        vector,
        ciphertext=b64decode(vector["ciphertext"]),
        public_key=b64decode(vector["public_key"]),
        direction=vector["direction"],
    )
    check_order(message, head=_head(vector["head"]))
    return {"message": members_of(message)}


def _alarm(vector: Vector) -> Vector:
    opened = []
    for text in vector["messages"]:
        data = b64decode(text)
        key = b64decode(vector["message_key"])
        opened.append((data, _open(vector, ciphertext=data, public_key=key, direction=TO_REPORTER)))
    check_desk_messages(opened, heads=_heads(vector["heads"]), more=vector["more"])
    return {}


def _answer(vector: Vector) -> Vector:
    answer = parse_answer(b64decode(vector["answer"]), identity=_identity(vector["identity"]))
    expected = {
        "first_commitment": answer.first_commitment.hex(),
        "heads": answer.heads.members(),
        "messages": [
            {"ciphertext": _b64(one.ciphertext), "sequence": one.sequence}
            for one in answer.messages
        ],
        "promises": [
            {"promise": one.promise, "report_id": one.report_id.hex()} for one in answer.promises
        ],
        "more": answer.more,
        "sent": answer.sent,
    }
    return {"expected": expected}


OPERATIONS: dict[str, Callable[[Vector], Vector]] = {
    "encoding/parts.json": _parts,
    "encoding/merkle.json": _merkle,
    "encoding/base64.json": _base64,
    "encoding/json.json": _json,
    "encoding/signed-json.json": _signed_json,
    "encoding/public-keys.json": _public_key,
    "padding/steps.json": _step,
    "padding/padme.json": _padme,
    "receipt-code/codes.json": _code,
    "receipt-code/typed.json": _typed,
    "commitment/commitments.json": _commitment,
    "container/containers.json": _container,
    "card/cards.json": _card,
    "card/fingerprints.json": _fingerprint,
    "receipts/promises.json": _promise,
    "receipts/filing-receipts.json": _filing_receipt,
    "receipts/receipt-files.json": _receipt_file,
    "receipts/log-proofs.json": _log_proof,
    "receipts/verdicts.json": _receipt_verdict,
    "mailbox/requests.json": _request,
    "mailbox/request-bodies.json": _request_body,
    "mailbox/rebinds.json": _rebind,
    "mailbox/messages/to-desk.json": _message,
    "mailbox/messages/to-reporter.json": _message,
    "mailbox/alarms.json": _alarm,
    "mailbox/answers.json": _answer,
}


def examine_report_vector(folder: Path, vector: Vector) -> ExaminedReport:
    """Return the report of a vector as the desk reads it."""
    return examine_report(
        ContainerSource(io.BytesIO((folder / "report.tar").read_bytes())),
        identities=[_identity(vector["team_identity"])],
        team_id=bytes.fromhex(vector["team_id"]),
    )


def expected_of(report: ExaminedReport) -> Vector:
    """Return what a vector says of a report without faults, the contents excepted."""
    assert report.report_id is not None
    assert report.manifest is not None
    assert report.report_identity is not None
    return {
        "report_id": report.report_id.hex(),
        "report_identity": report.report_identity.secret_text(),
        "manifest": _b64(build_manifest(report.manifest)),
        "commitment": report.manifest.commitment().hex(),
        "root": report.manifest.root().hex(),
        "leaf_count": report.manifest.leaf_count,
        "mailbox_key": _b64(report.manifest.mailbox_key),
        "mailbox_recipient": report.manifest.mailbox_recipient,
    }
