"""The transparency log: tree, tiles, notes, checkpoints, cosignatures, proofs.

Answers for: RFC 6962 and the C2SP formats (``spec/log.md``), byte for byte, and a writer that a
crash cannot make lie. Refuses: to know what an entry means (`aigaq.sealing.entries`), the network,
a database. Raises only `TlogError`, and `OSError` where a disk fails.
"""

from aigaq.tlog.checkpoints import (
    Checkpoint,
    SignedCheckpoint,
    open_checkpoint,
    parse_checkpoint,
    read_checkpoint,
    sign_checkpoint,
)
from aigaq.tlog.cosignatures import Cosigner, CosignerVerifier
from aigaq.tlog.errors import TlogError
from aigaq.tlog.fsck import CheckedLog, check_log
from aigaq.tlog.hashing import EMPTY_ROOT, hash_entry
from aigaq.tlog.notes import (
    Ed25519Verifier,
    Note,
    SignatureLine,
    VerifierKey,
    add_signatures,
    keep_lines,
    open_note,
    parse_note,
    parse_signature_lines,
    parse_verifier_key,
    sign_note,
)
from aigaq.tlog.proofs import (
    ProofFile,
    build_proof_file,
    check_consistency,
    check_inclusion,
    parse_proof_file,
)
from aigaq.tlog.tiles import Tile, TileTree, build_bundle, list_tiles, parse_bundle, parse_tile_path
from aigaq.tlog.witness import AddCheckpoint, Memory, build_add_checkpoint, parse_add_checkpoint
from aigaq.tlog.writer import LogWriter, read_tile

__all__ = [
    "EMPTY_ROOT",
    "AddCheckpoint",
    "CheckedLog",
    "Checkpoint",
    "Cosigner",
    "CosignerVerifier",
    "Ed25519Verifier",
    "LogWriter",
    "Memory",
    "Note",
    "ProofFile",
    "SignatureLine",
    "SignedCheckpoint",
    "Tile",
    "TileTree",
    "TlogError",
    "VerifierKey",
    "add_signatures",
    "build_add_checkpoint",
    "build_bundle",
    "build_proof_file",
    "check_consistency",
    "check_inclusion",
    "check_log",
    "hash_entry",
    "keep_lines",
    "list_tiles",
    "open_checkpoint",
    "open_note",
    "parse_add_checkpoint",
    "parse_bundle",
    "parse_checkpoint",
    "parse_note",
    "parse_proof_file",
    "parse_signature_lines",
    "parse_tile_path",
    "parse_verifier_key",
    "read_checkpoint",
    "read_tile",
    "sign_checkpoint",
    "sign_note",
]
