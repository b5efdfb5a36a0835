"""Vectors of proofs as a reporter gets them: a small log, two cosigners, one commitment.

Only Ed25519 lines: an ML-DSA signature is another at every run.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from scripts.vector_sources.fixtures import LOG, LOG_ORIGIN, Vector, b64, key, seed
from scripts.vector_sources.plain import sample_manifest

from aigaq.sealing.log_entries import build_blinded
from aigaq.sealing.signatures import public_bytes
from aigaq.sealing.witnessing import build_cosigner
from aigaq.tlog import (
    Checkpoint,
    Cosigner,
    Note,
    ProofFile,
    SignatureLine,
    Tile,
    TileTree,
    build_proof_file,
    hash_entry,
    sign_checkpoint,
)

SIZE, INDEX = 7, 4
COSIGNED_AT = 1_778_000_000
DESK_COSIGNER = Cosigner(name="127.0.0.1:8470/desk", seed=seed("cosigner desk"))
PARTNER = Cosigner(name="partner.example/aigaq", seed=seed("cosigner partner"))


def list_cosigners(*, has_partner: bool = True) -> list[dict[str, Any]]:
    """Return what the card says of the cosigners."""
    both = [(DESK_COSIGNER, False), (PARTNER, True)]
    return [
        build_cosigner(
            name=one.name,
            verifier_keys=tuple(map(str, one.keys)),
            is_independent=is_independent,
        )
        for one, is_independent in both[: 2 if has_partner else 1]
    ]


def make_proof(*, lines: Sequence[SignatureLine] | None = None, **changes: Any) -> str:
    """Return the proof of the sample report, changed in its file's ``changes``."""
    file, checkpoint = _prove()
    note = sign_checkpoint(checkpoint, key=LOG)
    added = _cosign(checkpoint) if lines is None else tuple(lines)
    whole = Note(text=note.text, signatures=(*note.signatures, *added))
    return build_proof_file(replace(file, **{"checkpoint": whole.encode(), **changes})).decode(
        "utf-8"
    )


def _prove() -> tuple[ProofFile, Checkpoint]:
    entries = [build_blinded(seed(f"entry {number}")) for number in range(SIZE)]
    entries[INDEX] = build_blinded(sample_manifest().commitment())
    leaves = b"".join(map(hash_entry, entries))

    def read(tile: Tile) -> bytes:
        return leaves

    tree = TileTree(size=SIZE, read=read)
    checkpoint = Checkpoint(origin=LOG_ORIGIN, size=SIZE, root=tree.root())
    return ProofFile(INDEX, tuple(tree.prove_inclusion(INDEX)), b""), checkpoint


def _cosign(checkpoint: Checkpoint) -> tuple[SignatureLine, SignatureLine]:
    desk, _ = DESK_COSIGNER.cosign(checkpoint, at=COSIGNED_AT)
    partner, _ = PARTNER.cosign(checkpoint, at=COSIGNED_AT)
    return desk, partner


def list_log_proofs() -> list[Vector]:
    """Return the vectors."""
    file, checkpoint = _prove()
    desk, partner = _cosign(checkpoint)
    good = make_proof()
    late = replace(desk, signature=desk.signature[:7] + b"\x00" + desk.signature[8:])
    timeless, _ = PARTNER.cosign(checkpoint, at=0)
    false_log = sign_checkpoint(checkpoint, key=key("other log")).signatures
    other = Checkpoint(origin=LOG_ORIGIN, size=SIZE, root=seed("another root"))
    other_note = sign_checkpoint(other, key=LOG).encode()
    foreign = Checkpoint(origin="127.0.0.1:8471/log", size=SIZE, root=checkpoint.root)
    bare = make_proof(lines=())
    unsigned = bare.replace("".join(map(str, sign_checkpoint(checkpoint, key=LOG).signatures)), "")
    cases: list[tuple[str, str, bool | None, str | None]] = [
        ("seen by a partner", good, True, None),
        ("seen by the desk alone", make_proof(lines=[desk]), False, None),
        ("seen by nobody", bare, False, None),
        ("a line of a key that nobody knows", make_proof(lines=[desk, *false_log]), False, None),
        ("a cosignature with another time", make_proof(lines=[late]), None, "note.wrong_signature"),
        ("a cosignature of the time 0", make_proof(lines=[timeless]), None, "note.wrong_signature"),
        (
            "signed by another log key alone",
            unsigned + "".join(map(str, false_log)),
            None,
            "note.not_signed",
        ),
        ("signed by cosigners alone", unsigned + str(partner), None, "note.not_signed"),
        ("another index", make_proof(index=INDEX + 1), None, "proof.wrong_root"),
        ("an index behind the end", make_proof(index=SIZE), None, "proof.wrong_index"),
        ("a hash less", make_proof(hashes=file.hashes[:-1]), None, "proof.wrong_length"),
        (
            "a hash more",
            make_proof(hashes=(*file.hashes, seed("x"))),
            None,
            "proof.wrong_length",
        ),
        ("another root", make_proof(checkpoint=other_note), None, "proof.wrong_root"),
        (
            "another log",
            make_proof(checkpoint=sign_checkpoint(foreign, key=LOG).encode()),
            None,
            "checkpoint.other_log",
        ),
        ("with extra data", good.replace("\nindex", "\nextra AA==\nindex"), None, "proof.bad_form"),
        ("without its first line", good.partition("\n")[2], None, "proof.bad_form"),
        ("a leading zero", good.replace("index 4", "index 04"), None, "proof.bad_form"),
        ("nothing", "", None, "proof.bad_form"),
    ]
    return [
        {
            "name": name,
            "commitment": sample_manifest().commitment().hex(),
            "cosigners": list_cosigners(),
            "error": error,
            "independent": independent,
            "index": None if error else INDEX,
            "log_key": b64(public_bytes(LOG)),
            "log_origin": LOG_ORIGIN,
            "proof": text,
            "size": None if error else SIZE,
        }
        for name, text, independent, error in cases
    ]
