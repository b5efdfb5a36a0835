"""Makes the packages that people asked for, one after the other, while the desk is open.

A package is written in memory (tmpfs), verified there, and kept in the blob store, encrypted, until
someone fetches it. A lock or a kill in between leaves nothing but the wish: the next round takes it
up. Source: ``spec/evidence-package.md``.
"""

import errno
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from django.db import DatabaseError, transaction

from aigaq import clock
from aigaq.core import audit, background, blob_store
from aigaq.core.errors import DeskLocked
from aigaq.core.temporary import TMPFS, temporary_folder
from aigaq.errors import AigaqError
from aigaq.evidence import selectors as evidence
from aigaq.intake import exports, staging
from aigaq.intake.errors import PackageRefused
from aigaq.intake.export_models import Export
from aigaq.intake.export_shapes import ExportState
from aigaq.intake.package_gathering import LogHead, check_choice
from aigaq.intake.packaging import Made, NotVerified, make_package, read_head
from aigaq.intake.timestamp_tasks import stamp_for_package
from aigaq_verify.verdict import Verdict, list_members
from aigaq_verify.words import LANGUAGES

ROUND_SECONDS = 60.0
TOLD_SECONDS = 1.0
#: Folder and archive lie beside each other for a moment, with papers and the custody chain.
COPIES, SLACK_BYTES = 2, 64 * 1024 * 1024
logger = logging.getLogger("aigaq.intake")


def register() -> None:
    """Make the round known."""
    background.register(exports.ROUNDS, factory=build_rounds)


def build_rounds() -> background.Rounds:
    """Return the thread that makes packages and removes those that are over."""
    rounds: list[background.Rounds] = []
    rounds.append(
        background.Rounds(
            name=exports.ROUNDS,
            seconds=ROUND_SECONDS,
            run=lambda: do_round(is_stopping=lambda: rounds[0].is_stopping),
        )
    )
    return rounds[0]


class _StoppedError(AigaqError):
    """The desk locks, and what is under way is made anew later; or nobody wants it any more."""


def do_round(*, is_stopping: Callable[[], bool]) -> None:
    """Do once what waits, under the newest head of the log."""
    work_exports(read_head=_read_stamped_head, is_stopping=is_stopping)


def work_exports(
    *, read_head: Callable[[], LogHead], is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Make what is asked for; return how many packages are ready or refused now."""
    exports.remove_what_is_over()
    done = 0
    waiting = Export.objects.filter(state__in=(ExportState.WAITING, ExportState.WORKING))
    for row in waiting.select_related("asked_by").order_by("asked_at"):
        if is_stopping():
            break
        try:
            _make(row, read_head=read_head, is_stopping=is_stopping)
        except (DeskLocked, DatabaseError):
            break
        except (_StoppedError, staging.SweptError):
            continue
        except NotVerified as refused:
            row.verdict = _shorten(refused.verdict)
            exports.refuse(row, code=refused.code, facts=refused.context)
        except AigaqError as error:
            exports.refuse(row, code=error.code, facts=error.context)
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            exports.refuse(row, code="package.disk_full" if is_full else "package.failed")
        except Exception as error:
            # One that cannot be made, for a reason that nobody thought of, is not made for ever.
            logger.warning("a package failed: %s", type(error).__name__)
            exports.refuse(row, code="package.failed")
        done += 1
    return done


def _make(
    row: Export, *, read_head: Callable[[], LogHead], is_stopping: Callable[[], bool]
) -> None:
    told = _Told(row, is_stopping=is_stopping)
    told.begin("log", total_bytes=0)
    choice = exports.build_choice(row)
    check_choice(actor=row.asked_by, choice=choice)
    _check_room(row)
    head = read_head()
    with temporary_folder() as folder:
        made = make_package(
            actor=row.asked_by,
            choice=choice,
            target=folder / "package.zip",
            head=head,
            watcher=told,
        )
        told.begin("keeping", total_bytes=made.path.stat().st_size)
        with made.path.open("rb") as file:
            blob_id = staging.stage_blob(_Counted(file, told))
        if not _record_made(row, made=made, size_bytes=made.path.stat().st_size, blob_id=blob_id):
            _shred(blob_id)


def _check_room(row: Export) -> None:
    """Raise ``package.too_large_here`` if it may not fit into memory: the command writes it."""
    size = 0
    for part in row.reports.select_related("report"):
        items = evidence.list_items(report_id=bytes(part.report.report_id))
        size += sum(item.size_bytes for item in items if item.number in part.items)
    if size * COPIES + SLACK_BYTES > shutil.disk_usage(TMPFS).free // 2:
        raise PackageRefused("package.too_large_here")


def _read_stamped_head() -> LogHead:
    head = read_head()
    stamp_for_package(head.note)
    return head


@transaction.atomic
def _record_made(row: Export, *, made: Made, size_bytes: int, blob_id: UUID) -> bool:
    """Say that a package is ready; False if someone removed the wish or its report meanwhile."""
    is_wanted = Export.objects.filter(pk=row.pk, state=ExportState.WORKING).update(
        state=ExportState.READY,
        stage="",
        blob_id=blob_id,
        size_bytes=size_bytes,
        control=made.control,
        seal=made.seal,
        verdict=_shorten(made.verdict),
        leaving=[[one.report_id.hex(), one.number, one.sha256.hex()] for one in made.leaving],
        made_at=clock.now(),
    )
    if is_wanted:
        staging.keep_blobs(blob_id)
        context = {"items": len(made.leaving), "outcome": made.verdict.outcome}
        audit.record("intake.package_made", actor=row.asked_by, subject=row, context=context)
    return bool(is_wanted)


@transaction.atomic
def _shred(blob_id: UUID) -> None:
    staging.keep_blobs(blob_id)
    blob_store.delete_blob(blob_id)


def _shorten(verdict: Verdict) -> dict[str, object]:
    """Return what the pages show of a verdict: its outcome and its steps, in each language."""
    steps = [
        list_members(step) | {"words": {one: step.say(one) for one in LANGUAGES}}
        for step in verdict.steps
    ]
    return {"verdict": verdict.outcome, "steps": steps}


class _Told:
    """Writes down how far the work is, at most once a second, and breaks it off when it must."""

    def __init__(self, row: Export, *, is_stopping: Callable[[], bool]) -> None:
        self._row, self._is_stopping = row, is_stopping
        self._done, self._said_at = 0, 0.0

    def begin(self, stage: str, *, total_bytes: int) -> None:
        """Say that a stage begins."""
        self._done = 0
        self._say(stage=stage, total_bytes=total_bytes)

    def count(self, size_bytes: int, /) -> None:
        """Count what is done."""
        self._done += size_bytes
        if self._is_stopping():
            raise _StoppedError("package.stopped")
        if time.monotonic() - self._said_at > TOLD_SECONDS:
            self._say()

    def _say(self, **changes: object) -> None:
        if self._is_stopping():
            raise _StoppedError("package.stopped")
        self._said_at = time.monotonic()
        rows = Export.objects.filter(
            pk=self._row.pk, state__in=(ExportState.WAITING, ExportState.WORKING)
        )
        if not rows.update(state=ExportState.WORKING, done_bytes=self._done, **changes):
            raise _StoppedError("package.removed")


@dataclass(frozen=True)
class _Counted:
    """A file that says how much of it was read."""

    file: BinaryIO
    told: _Told

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes."""
        block = self.file.read(size)
        self.told.count(len(block))
        return block
