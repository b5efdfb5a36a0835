"""What each file of spec/vectors/log asks, of the platform and of the verifier, each by itself.

A function takes one vector and returns the part of it that it was to compute; an error leaves as
the package's own, with a ``code``.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aigaq.errors import AigaqError
from aigaq.sealing.log_entries import (
    PublicEntry,
    build_blinded,
    build_public,
    parse_entry,
    parse_opening,
)
from aigaq.tlog import (
    CosignerVerifier,
    Ed25519Verifier,
    check_inclusion,
    hash_entry,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_note,
    parse_proof_file,
    parse_verifier_key,
)
from aigaq.tlog.cosignatures import read_timestamp
from aigaq_verify import merkle, notes
from aigaq_verify.errors import VerifyError

VECTORS = Path(__file__).parents[3] / "spec/vectors/log"
ERRORS = (AigaqError, VerifyError)
Vector = dict[str, Any]
Operation = Callable[[Vector], Vector]


def read_vectors(path: str) -> list[Vector]:
    found: list[Vector] = json.loads((VECTORS / path).read_bytes())
    return found


def _log(text: str) -> Ed25519Verifier:
    key = parse_verifier_key(text)
    return Ed25519Verifier(key.name, key.public_key)


def _open_note(vector: Vector) -> Vector:
    known = {_log(text): text for text in vector["keys"]}
    signers = open_note(parse_note(b64decode(vector["note"])), verifiers=known)
    by_text = {known[one]: None for one in signers if isinstance(one, Ed25519Verifier)}
    return {"signers": [text for text in vector["keys"] if text in by_text]}


def _read_checkpoint(vector: Vector) -> Vector:
    head = parse_checkpoint(vector["text"])
    return {"origin": head.origin, "size": head.size, "root": b64encode(head.root).decode()}


def _read_key(vector: Vector) -> Vector:
    return {"key": str(parse_verifier_key(vector["key"]))}


def _read_entry(vector: Vector) -> Vector:
    entry = b64decode(vector["entry"])
    found = parse_entry(entry)
    leaf = {"leaf": hash_entry(entry).hex()}
    if not isinstance(found, PublicEntry):
        assert build_blinded(found) == entry
        return {"value": found.hex(), **leaf}
    text = vector.get("large_text", found.text)
    assert build_public(kind=found.kind, text=text) == entry
    return {"kind": found.kind, "text": found.text, **leaf}


def _read_opening(vector: Vector) -> Vector:
    return {"blinded": parse_opening(vector["opening"]).blinded.hex()}


def _check_cosignature(vector: Vector) -> Vector:
    verifier = CosignerVerifier(parse_verifier_key(vector["key"]))
    note = parse_note(b64decode(vector["note"]))
    open_note(note, verifiers=[verifier])
    (line,) = (one for one in note.signatures if one.key_id == verifier.key_id)
    return {"at": read_timestamp(line.signature, kind=verifier.key.kind)}


def _check_proof(vector: Vector) -> Vector:
    proof = parse_proof_file(b64decode(vector["proof"]))
    log = _log(vector["key"])
    head = open_checkpoint(proof.checkpoint, origin=log.name, verifiers=[log]).checkpoint
    check_inclusion(
        leaf=hash_entry(b64decode(vector["entry"])),
        index=proof.index,
        size=head.size,
        proof=proof.hashes,
        root=head.root,
    )
    return {}


def _verifier_opens_note(vector: Vector) -> Vector:
    keys = {notes.parse_vkey(text, code="note.bad_key"): text for text in vector["keys"]}
    signers = notes.find_signers(notes.parse_note(b64decode(vector["note"])), keys)
    if not signers:
        raise VerifyError("note.not_signed")
    return {"signers": [text for key, text in keys.items() if key in signers]}


def _verifier_reads_checkpoint(vector: Vector) -> Vector:
    head = notes.parse_checkpoint(vector["text"])
    return {"origin": head.origin, "size": head.size, "root": b64encode(head.root).decode()}


def _verifier_reads_key(vector: Vector) -> Vector:
    return {"key": notes.format_vkey(notes.parse_vkey(vector["key"], code="note.bad_key"))}


def _verifier_checks_cosignature(vector: Vector) -> Vector:
    key = notes.parse_vkey(vector["key"], code="note.bad_key")
    signers = notes.find_signers(notes.parse_note(b64decode(vector["note"])), [key])
    if not signers:
        raise VerifyError("note.not_signed")
    return {"at": signers[key]}


def _verifier_checks_proof(vector: Vector) -> Vector:
    proof = notes.parse_proof(b64decode(vector["proof"]))
    note = notes.parse_note(proof.note)
    head = notes.parse_checkpoint(note.text)
    key = notes.parse_vkey(vector["key"], code="note.bad_key")
    if not notes.find_signers(note, [key]):
        raise VerifyError("note.not_signed")
    merkle.check_inclusion(
        leaf=merkle.hash_entry(b64decode(vector["entry"])),
        index=proof.index,
        size=head.size,
        path=proof.path,
        root=head.root,
        area="proof",
    )
    return {}


PLATFORM: Mapping[str, Operation] = {
    "notes/notes.json": _open_note,
    "notes/checkpoints.json": _read_checkpoint,
    "notes/keys.json": _read_key,
    "entries/entries.json": _read_entry,
    "entries/openings.json": _read_opening,
    "cosignatures/cosignatures.json": _check_cosignature,
    "proofs/proofs.json": _check_proof,
}
#: The verifier never reads an entry: it makes the one that it looks for.
VERIFIER: Mapping[str, Operation] = {
    "notes/notes.json": _verifier_opens_note,
    "notes/checkpoints.json": _verifier_reads_checkpoint,
    "notes/keys.json": _verifier_reads_key,
    "cosignatures/cosignatures.json": _verifier_checks_cosignature,
    "proofs/proofs.json": _verifier_checks_proof,
}
