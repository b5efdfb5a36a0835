"""The heads of our logs that a package can stand on: of the present log, or of a retired one.

What a retired log proves it goes on proving: under a head that cosigners signed before its key was
retired. Its gate is gone, so the head comes from a proof that the desk once sent, and the paths
from the leaves that its watcher read. Source: PROTOCOL 25; ``spec/evidence-package.md``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.conf import settings

from aigaq.accounts import selectors as accounts
from aigaq.evidence import selectors as evidence
from aigaq.intake import models
from aigaq.intake.errors import PackageRefused
from aigaq.intake.log_watch import open_store
from aigaq.intake.proof_models import LogProof
from aigaq.tlog import parse_proof_file, read_checkpoint
from aigaq.watching.store import Leaves


@dataclass(frozen=True)
class WatchedHead:
    """A head over the entries that the desk's own watcher read and proved."""

    note: bytes
    size: int
    leaves: Leaves
    #: The log's name, if its key was retired; empty for the present one.
    retired_log: str = ""

    def find(self, leaf: bytes) -> int | None:
        """Return where an entry of this leaf hash stands under this head."""
        index = self.leaves.find(leaf)
        return index if index is not None and index < self.size else None

    def prove(self, index: int) -> Sequence[bytes]:
        """Return the inclusion path of an entry."""
        return self.leaves.tree(size=self.size).prove_inclusion(index)

    def go_back(self, note: bytes) -> "WatchedHead | None":
        """Return an earlier head of this log; None if ``note`` is over another history."""
        checkpoint = read_checkpoint(note).checkpoint
        if checkpoint.size >= self.size or not _is_over(note, leaves=self.leaves):
            return None
        return replace(self, note=note, size=checkpoint.size)


def find_retired_head(report_ids: Iterable[bytes]) -> WatchedHead | None:
    """Return a head of the retired log in which these reports stand; None if it is the present one.

    Raises `PackageRefused`: ``package.two_logs`` (some stand here, some there: one package has one
    head), ``package.retired_log`` (this desk has no head of that log any more).
    """
    names = {evidence.get_retired_log(report_id=one) for one in report_ids}
    if names == {""}:
        return None
    if len(names) > 1:
        raise PackageRefused("package.two_logs")
    (name,) = names
    (retired,) = [one for one in accounts.list_retirements() if one.log_origin == name]
    leaves = open_store(settings.HOME, log_origin=name).read_leaves()
    sent = LogProof.objects.filter(log_origin=name, size__lte=retired.last_size)
    for proof in sent.select_related("report").order_by("-size", "-written_at"):
        note = _read_note(proof.report)
        if note is not None and _is_over(note, leaves=leaves):
            return WatchedHead(note, proof.size, leaves, name)
    raise PackageRefused("package.retired_log")


def _read_note(report: models.Report) -> bytes | None:
    """Return the checkpoint of the proof that its reporter was sent, if the desk has the letter."""
    named = bytes(report.report_id).hex()
    letter = models.Message.objects.filter(kind="proof", body__report_id=named).first()
    return None if letter is None else parse_proof_file(letter.body["proof"].encode()).checkpoint


def _is_over(note: bytes, *, leaves: Leaves) -> bool:
    checkpoint = read_checkpoint(note).checkpoint
    if checkpoint.size > leaves.size:
        return False
    return leaves.tree(size=checkpoint.size).root() == checkpoint.root
