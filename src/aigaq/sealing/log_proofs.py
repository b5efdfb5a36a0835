"""What a proof that came by mail shows under a card: in the log, at which place, seen by whom.

Without a commitment only the head is checked: a phone that has nothing but the code does not know
the commitment, its receipt file does. Sources: ``spec/log.md``, ``spec/mailbox.md``.
"""

from dataclasses import dataclass

from aigaq.sealing.card import Card
from aigaq.sealing.log_entries import build_blinded
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import (
    Checkpoint,
    Ed25519Verifier,
    TlogError,
    check_inclusion,
    hash_entry,
    open_note,
    parse_proof_file,
    read_checkpoint,
)


@dataclass(frozen=True)
class SeenProof:
    """Where the entry stands, under which head, cosigned by whom (names of the card)."""

    index: int
    checkpoint: Checkpoint
    cosigners: tuple[str, ...]
    is_independent: bool


def open_log_proof(text: str, *, card: Card, commitment: bytes | None) -> SeenProof:
    """Return what a proof shows; with ``commitment`` also that it is about this report.

    Raises `TlogError`: ``proof.*``, ``note.*``, ``checkpoint.*``.
    """
    proof = parse_proof_file(text.encode("utf-8", errors="replace"))
    signed = read_checkpoint(proof.checkpoint)
    checkpoint = signed.checkpoint
    if checkpoint.origin != card.log_origin:
        raise TlogError("checkpoint.other_log")
    log = Ed25519Verifier(card.log_origin, card.log_key)
    cosigners = read_cosigners(card)
    signers = open_note(
        signed.note, verifiers=[log, *(key for one in cosigners for key in one.verifiers)]
    )
    if log not in signers:
        raise TlogError("note.not_signed")
    if not proof.index < checkpoint.size:
        raise TlogError("proof.wrong_index", index=proof.index, size=checkpoint.size)
    if commitment is not None:
        check_inclusion(
            leaf=hash_entry(build_blinded(commitment)),
            index=proof.index,
            size=checkpoint.size,
            proof=proof.hashes,
            root=checkpoint.root,
        )
    seen = [one for one in cosigners if any(key in signers for key in one.verifiers)]
    return SeenProof(
        index=proof.index,
        checkpoint=checkpoint,
        cosigners=tuple(one.name for one in seen),
        is_independent=any(one.is_independent for one in seen),
    )
