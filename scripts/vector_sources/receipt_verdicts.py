"""Vectors of whole verdicts over receipt files: with proofs, copies of the log, a retirement.

Only Ed25519 cosignatures: an ML-DSA signature is another at every run.
"""

import json
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from scripts.vector_sources.fixtures import (
    AT,
    LOG,
    LOG_ORIGIN,
    MAILBOX,
    MESSAGE,
    ROOT,
    TEAM_ID,
    Vector,
    b64,
    card_bytes,
    seed,
    to_file,
)
from scripts.vector_sources.log_proofs import PARTNER
from scripts.vector_sources.plain import sample_manifest
from scripts.vector_sources.signed import FILING, PROMISE

from aigaq.clock import format_time
from aigaq.sealing.log_entries import build_blinded
from aigaq.sealing.receipts import (
    ReceiptFile,
    build_filing_receipt,
    build_promise,
    build_receipt_file,
)
from aigaq.sealing.retirement import KeyRetirement, build_retirement
from aigaq.sealing.signatures import public_bytes
from aigaq.tlog import (
    LogWriter,
    ProofFile,
    VerifierKey,
    add_signatures,
    build_proof_file,
    read_checkpoint,
)
from aigaq.tlog.notes import ED25519

_INDEX = 4
_LATER = AT + timedelta(days=30)


@dataclass(frozen=True)
class _Log:
    """The files of a log, and the path to the entry at `_INDEX`."""

    files: dict[str, bytes]
    path: tuple[bytes, ...]

    def cosign(self, *hours: int) -> "_Log":
        """Return it with a cosignature of the partner for each of ``hours`` after the promise."""
        signed = read_checkpoint(self.files["checkpoint"])
        lines = []
        for one in hours:
            at = int((AT + timedelta(hours=one)).timestamp())
            lines.append(PARTNER.cosign(signed.checkpoint, at=at)[0])
        note = add_signatures(signed.note, lines).encode()
        return replace(self, files={**self.files, "checkpoint": note})

    @property
    def proof(self) -> str:
        file = ProofFile(_INDEX, self.path, self.files["checkpoint"])
        return build_proof_file(file).decode()


def build() -> dict[str, bytes]:
    """Return the file by its path under spec/vectors."""
    return {"receipts/verdicts.json": to_file(_verdicts())}


def _make_log(size: int, *, has_report: bool = True, label: str = "entry") -> _Log:
    entries = [build_blinded(seed(f"{label} {number}")) for number in range(size)]
    if has_report and size > _INDEX:
        entries[_INDEX] = build_blinded(PROMISE.commitment)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with LogWriter(folder, origin=LOG_ORIGIN, key=LOG) as log:
            log.append(entries, start=0)
            path = tuple(log.tree().prove_inclusion(_INDEX)) if size > _INDEX else ()
        there = [folder / "checkpoint", *(folder / "tile/entries").rglob("*")]
        files = {
            one.relative_to(folder).as_posix(): one.read_bytes() for one in there if one.is_file()
        }
    return _Log(files, path)


def _receipt(*, proof: str | None, is_filed: bool) -> bytes:
    manifest = sample_manifest()
    filing = build_filing_receipt(FILING, message_key=MESSAGE) if is_filed else None
    return build_receipt_file(
        ReceiptFile(
            card=card_bytes().decode(),
            team_id=TEAM_ID,
            mailbox_key=MAILBOX.public_key,
            report_id=PROMISE.report_id,
            commitment=manifest.commitment(),
            root_salt=manifest.root_salt,
            root=manifest.root(),
            leaf_count=manifest.leaf_count,
            promise=build_promise(PROMISE, log_key=LOG),
            filing_receipt=filing,
            proof=proof,
        )
    )


def _policy(*, retired_at: datetime | None) -> str:
    log = VerifierKey(LOG_ORIGIN, ED25519, public_bytes(LOG))
    told = None if retired_at is None else _retire(retired_at)
    members = {
        "format": "aigaq-policy/v1",
        "name": "A fictional court",
        "retirements": [] if told is None else [told],
        "root_key": b64(public_bytes(ROOT)),
        "timestamp_authorities": [],
        "tlog_policy": f"log {log}\nwitness partner {PARTNER.keys[0]}\nquorum partner\n",
    }
    return json.dumps(members, ensure_ascii=False)


def _retire(at: datetime) -> str:
    told = KeyRetirement(
        log_key=public_bytes(LOG),
        log_origin=LOG_ORIGIN,
        new_log_origin="new.example/log",
        last_checkpoint=None,
        retired_at=at,
        team_id=TEAM_ID,
    )
    return build_retirement(told, root_key=ROOT)


def _verdicts() -> list[Vector]:
    """``steps`` are the codes by step, "" for a passed or skipped one without a code."""
    log, longer = _make_log(7), _make_log(9)
    buried, other = _make_log(9, has_report=False), _make_log(9, has_report=False, label="other")
    short = _make_log(3)
    seen = log.cosign(1)
    day = timedelta(days=1)

    def one(
        name: str,
        *,
        exit_code: int,
        proof: _Log | None = None,
        copy: _Log | None = None,
        is_filed: bool = True,
        at: datetime = _LATER,
        retired_at: datetime | None = None,
        **codes: str,
    ) -> Vector:
        data = _receipt(proof=None if proof is None else proof.proof, is_filed=is_filed)
        files = copy.files.items() if copy is not None else ()
        return {
            "at": format_time(at),
            "codes": {name.removeprefix("step_"): code for name, code in codes.items()},
            "exit": exit_code,
            "log": {path: b64(content) for path, content in files} or None,
            "name": name,
            "policy": _policy(retired_at=retired_at),
            "receipt": b64(data),
        }

    absent, unfiled = "receipt.missing", "filing_receipt.missing"
    return [
        one("proven and filed", exit_code=0, proof=seen),
        one("proven, never filed", exit_code=4, proof=seen, is_filed=False, step_7=unfiled),
        one("proven, filing not due yet", exit_code=0, proof=seen, is_filed=False, at=AT + 2 * day),
        one("no proof", exit_code=4, step_6="proof.missing"),
        one("a proof that nobody cosigned", exit_code=3, proof=log),
        one("a cosigned copy holds it", exit_code=0, copy=longer.cosign(30)),
        one("a copy that nobody cosigned holds it", exit_code=3, copy=longer),
        one("a cosigned copy extends the proof", exit_code=0, proof=log, copy=longer.cosign(30)),
        one("a proof and a longer copy that nobody cosigned", exit_code=0, proof=seen, copy=longer),
        one(
            "a proof and a copy of before the entry", exit_code=0, proof=seen, copy=short.cosign(40)
        ),
        one(
            "a proof and a shorter copy that holds it",
            exit_code=0,
            proof=longer.cosign(2),
            copy=log,
        ),
        one("missing", exit_code=1, copy=buried.cosign(25), step_8=absent),
        one(
            "an early signature beside the late one",
            exit_code=1,
            copy=buried.cosign(1, 25),
            step_8=absent,
        ),
        one("not there before the delay is over", exit_code=4, copy=buried.cosign(24)),
        one("not in a copy that nobody cosigned", exit_code=4, copy=buried),
        one("two histories", exit_code=1, proof=seen, copy=other.cosign(40), step_8="log.forked"),
        one(
            "two histories, the copy shorter",
            exit_code=1,
            proof=longer.cosign(2),
            copy=_make_log(7, has_report=False),
            step_8="log.forked",
        ),
        one(
            "promised by a retired key",
            exit_code=4,
            copy=buried.cosign(40),
            retired_at=AT + 9 * day,
            step_8="promise.retired",
        ),
        one("proven before the key was retired", exit_code=0, proof=seen, retired_at=AT + day),
        one(
            "proven after the key was retired",
            exit_code=1,
            proof=log.cosign(48),
            retired_at=AT + day,
            step_6="checkpoint.retired",
        ),
        one(
            "a fork that a seized key signed",
            exit_code=0,
            proof=seen,
            copy=other,
            retired_at=AT + day,
            step_8="checkpoint.retired",
        ),
    ]
