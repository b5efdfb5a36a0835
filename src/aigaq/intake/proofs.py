"""Sends each reporter the proof that her report stands in the public log, once.

It waits for a head that every cosigner of the card signed, or an independent one when another has
been silent for an hour, and that the desk's own watcher agrees with. The proof is computed from the
entries that the watcher read and proved, so the gate is asked for nothing that would tell which
report it is about. Source: PROTOCOL 24; ``spec/mailbox.md``.
"""

from django.conf import settings
from django.db import transaction

from aigaq import clock
from aigaq.core import audit
from aigaq.evidence.stamped_heads import add_cosignatures
from aigaq.intake import letters, models
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.locked_files import LockedFiles, read_locked_files
from aigaq.intake.log_watch import open_source, open_store
from aigaq.intake.proof_models import LogProof
from aigaq.sealing.errors import SealingError
from aigaq.sealing.log_entries import build_blinded
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import ProofFile, build_proof_file, hash_entry
from aigaq.watching.cosigned import CosignedHead, CosignerWatch
from aigaq.watching.store import Leaves

REPORTS_A_ROUND = 200


def write_proofs() -> int:
    """Seal proofs into the mailboxes of reports that have none; return how many.

    Raises nothing for what the gate does: then it is done again later.
    """
    files = read_locked_files(settings.HOME)
    waiting = _list_waiting()
    store = open_store(settings.HOME, log_origin=files.card.log_origin)
    state = store.read_state()
    if not waiting or not read_cosigners(files.card) or state.read < state.size:
        return 0
    leaves = store.read_leaves()
    found = [(report, _find(leaves, report)) for report in waiting]
    if all(index is None for _report, index in found):
        return 0
    head = fetch_cosigned(files)
    if head is None or not is_ours(head, leaves=leaves):
        return 0
    written = 0
    for report, index in found:
        if index is not None and index < head.signed.checkpoint.size:
            written += _write_proof(report, index=index, head=head, leaves=leaves)
    return written


def fetch_cosigned(files: LockedFiles) -> CosignedHead | None:
    """Return the head to prove something under, by who cosigned it (`CosignerWatch`)."""
    with open_source(files) as source:
        store = open_store(settings.HOME, log_origin=files.card.log_origin)
        head = CosignerWatch(source, card=files.card, store=store, clock=clock.now).find_head()
    if head is not None:
        add_cosignatures(head.signed)
    return head


def _list_waiting() -> list[models.Report]:
    waiting = models.Report.objects.filter(
        commitment__isnull=False,
        forgotten_at=None,
        log_proof=None,
        mailbox__isnull=False,
        mailbox__rebound_at=None,
    )
    return list(waiting.select_related("mailbox").order_by("register_number")[:REPORTS_A_ROUND])


def _find(leaves: Leaves, report: models.Report) -> int | None:
    assert report.commitment is not None  # noqa: S101 - for the type only.
    return leaves.find(hash_entry(build_blinded(bytes(report.commitment))))


def is_ours(head: CosignedHead, *, leaves: Leaves) -> bool:
    """Tell whether the head is one of the log that the desk read; another one is a fork."""
    checkpoint = head.signed.checkpoint
    if checkpoint.size > leaves.size:
        return False
    if leaves.tree(size=checkpoint.size).root() == checkpoint.root:
        return True
    details = {"root": checkpoint.root.hex(), "size": str(checkpoint.size)}
    raise_alarm("log.forked", details=details)
    return False


@transaction.atomic
def _write_proof(report: models.Report, *, index: int, head: CosignedHead, leaves: Leaves) -> bool:
    size = head.signed.checkpoint.size
    hashes = tuple(leaves.tree(size=size).prove_inclusion(index))
    is_written = any(
        _seal(report, ProofFile(index=index, hashes=hashes, checkpoint=note.encode()))
        for note in (head.signed.note, head.short)
    )
    LogProof.objects.create(
        report=report,
        log_origin=head.signed.checkpoint.origin,
        index=index,
        size=size,
        written_at=clock.now(),
    )
    # Without the place: the history forgets nothing, and the report may have to be forgotten.
    audit.record("intake.log_proof_written", actor=None, subject=report)
    return is_written


def _seal(report: models.Report, proof: ProofFile) -> bool:
    """Seal a proof into her mailbox; tell whether it fits. One without a recipient has none."""
    assert report.mailbox is not None  # noqa: S101 - for the type only.
    text = build_proof_file(proof).decode("utf-8")
    body = {"proof": text, "report_id": bytes(report.report_id).hex()}
    box = models.Mailbox.objects.get(pk=report.mailbox.pk)
    try:
        letters.write_message(box=box, kind="proof", body=body)
    except SealingError:
        return False
    return True
