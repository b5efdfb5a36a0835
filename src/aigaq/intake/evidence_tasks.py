"""What the running desk does for the evidence store: log, fixity, audit.

The store knows neither gate nor alarms; both are handed to it here.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from aigaq.accounts import selectors as accounts
from aigaq.core import audit, background, commands
from aigaq.core.commands import Answer, Arguments
from aigaq.evidence import selectors
from aigaq.evidence import services as evidence
from aigaq.evidence.fixity import ROUND_SECONDS, Fault
from aigaq.evidence.log_audit import Audited
from aigaq.evidence.log_source import FolderLog, LogSource, OpenedLog
from aigaq.intake import consent_audit, fetching, log_policy, log_retiring, models
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.gate_client import GateClient
from aigaq.intake.gate_log import GateLog
from aigaq.intake.handing_over import run_handover_command
from aigaq.intake.locked_files import read_locked_files
from aigaq.intake.package_command import run_export_command
from aigaq.intake.spool import Spool
from aigaq.tlog import TlogError

FIXITY = "evidence-fixity"
#: So many gaps are named one by one; all of them are counted.
NAMED_GAPS = 1_000


def register() -> None:
    """Make the round of fixity and the commands of audit, packages and log known."""
    background.register(FIXITY, factory=build_fixity_rounds)
    commands.register("audit", run=run_audit_command)
    commands.register("export-package", run=run_export_command)
    commands.register("hand-over-package", run=run_handover_command)
    commands.register("log.plan-retirement", run=log_retiring.run_plan_command)
    commands.register("log.retire", run=log_retiring.run_retire_command)
    commands.register("log.policy", run=log_policy.run_policy_command)


def build_fixity_rounds() -> background.Rounds:
    """Return the thread that hashes a share of the store every hour."""
    rounds: list[background.Rounds] = []
    rounds.append(
        background.Rounds(
            name=FIXITY,
            seconds=ROUND_SECONDS,
            run=lambda: check_fixity(is_stopping=lambda: rounds[0].is_stopping),
        )
    )
    return rounds[0]


def check_fixity(*, is_stopping: Callable[[], bool] = lambda: False) -> None:
    """Hash what is due; a file that is not what was written is an alarm."""
    evidence.check_fixity(on_fault=_raise_fault, is_stopping=is_stopping)


def sync_log(gate: GateClient) -> None:
    """Post heads, take chaff and ask for places. Raises `GateError`."""
    files = read_locked_files(settings.HOME)
    log_retiring.post_retirements(gate, files=files)
    try:
        evidence.sync_log(
            gate,
            source=GateLog(files.gate_origin),
            card=files.card,
            began_at=accounts.get_log_began_at(),
            kept_until=_find_last_copy(),
        )
    except TlogError:
        # A checkpoint that is not the log's: the watch raises that alarm, with the bytes kept.
        return


def audit_desk(*, folder: Path | None, hash_files: bool) -> Audited:
    """Compare the log, at the gate or in a folder, with what the desk holds.

    The checkpoint is read first and then what is new is fetched and filed, so that everything under
    the checkpoint had its chance to be here. Raises `GateError`.
    """
    card = read_locked_files(settings.HOME).card
    source: LogSource
    if folder is not None:
        source = FolderLog(folder)
    else:
        source = GateLog(read_locked_files(settings.HOME).gate_origin)
    log: OpenedLog | TlogError
    try:
        note = source.read_checkpoint()
        if folder is None:
            _bring_up_to_date()
        log = OpenedLog(source, card=card, note=note)
    except TlogError as error:
        log = error
    return evidence.audit_log(
        log,
        card=card,
        began_at=accounts.get_log_began_at(),
        known=_list_known(),
        forgotten=_list_forgotten(),
        more=consent_audit.list_gaps(),
        hash_files=hash_files,
    )


def run_audit_command(arguments: Arguments) -> Answer:
    """Audit for `aigaq desk audit`."""
    named = arguments.get("log")
    audited = audit_desk(
        folder=Path(str(named)) if named else None, hash_files=arguments.get("quick") is not True
    )
    return {
        "custody_lines": audited.custody_lines,
        "events": audited.events,
        "gaps": [asdict(one) for one in audited.gaps[:NAMED_GAPS]],
        "gaps_in_all": len(audited.gaps),
        "hashed_files": audited.hashed_files,
        "leaves": dict(sorted(audited.leaves.items())),
        "on_their_way": len(Spool(settings.HOME).list_unfinished()),
        "public": dict(sorted(audited.public.items())),
        "registered": audited.registered,
        "root": audited.root.hex(),
        "size": audited.size,
        "whole": audited.is_whole,
    }


def _find_last_copy() -> datetime | None:
    """Return up to when the second place has everything; None without a second place."""
    row = models.SecondPlace.objects.first()
    if row is None:
        return None
    return row.last_copied_at or datetime.min.replace(tzinfo=UTC)


def _bring_up_to_date() -> None:
    from aigaq.intake import tasks  # They call us.

    fetching.pull_round()
    tasks.work_round()


def _list_known() -> dict[int, bytes]:
    rows = models.Report.objects.filter(forgotten_at=None)
    known = {
        number: bytes(report_id)
        for number, report_id in rows.values_list("register_number", "report_id").iterator(
            chunk_size=1_000
        )
    }
    # A report that was healed is here under both of its numbers.
    here = set(known.values())
    known |= {number: one for number, one in selectors.list_healed().items() if one in here}
    return known


def _list_forgotten() -> set[int]:
    """Return the numbers of which the history says that their reports were erased."""
    events = audit.list_said("intake.report_forgotten")
    named = (context.get("register_number") for _report, context in events)
    return {number for number in named if isinstance(number, int)}


@transaction.atomic
def _raise_fault(fault: Fault) -> None:
    report = models.Report.objects.filter(report_id=fault.report_id).first()
    item = "" if fault.item_number is None else str(fault.item_number)
    raise_alarm(fault.code, report=report, details={"item": item, "file": fault.what})
