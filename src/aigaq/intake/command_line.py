"""What the command line of the same user asks of the desk, by its socket or in its folder."""

from pathlib import Path

from aigaq import clock
from aigaq.core import commands
from aigaq.core.commands import Answer, Arguments
from aigaq.core.held_keys import HELD
from aigaq.errors import AigaqError
from aigaq.intake import carrying, chat_import, keeping, previews, services
from aigaq.intake.errors import NotFound
from aigaq.intake.fetching import pull_round
from aigaq.intake.selectors import get_gate_status
from aigaq.intake.tasks import work_round


def register() -> None:
    """Make the commands known."""
    commands.register("pull", run=run_pull_command, while_locked=True)
    commands.register("pull-status", run=run_status_command, while_locked=True)
    commands.register("mark-sample", run=run_mark_sample_command)
    commands.register("set-second-place", run=run_second_place_command)
    commands.register("import-report", run=run_import_command)
    commands.register("import-chat", run=chat_import.run_import_chat_command)


def run_pull_command(arguments: Arguments) -> Answer:
    """Fetch now and say what came; on an open desk file it too, and preview the first items."""
    pulled = pull_round(by_hand=True)
    if HELD.is_open:
        work_round()
        previews.preview_waiting()
    return {"code": pulled.code, "messages": pulled.messages, "reports": pulled.reports}


def run_status_command(arguments: Arguments) -> Answer:
    """Say how the last contact went."""
    status = get_gate_status()
    return {
        "code": status.code,
        "last_contact_at": clock.format_time(status.last_contact_at)
        if status.last_contact_at
        else None,
        "state": status.state,
        "waiting_messages": status.waiting_messages,
        "waiting_reports": status.waiting_reports,
    }


def run_mark_sample_command(arguments: Arguments) -> Answer:
    """Mark the fictional sample report."""
    try:
        report_id = bytes.fromhex(str(arguments.get("report_id")))
    except ValueError:
        raise NotFound from None
    services.mark_sample(report_id=report_id)
    return {"marked": True}


def run_second_place_command(arguments: Arguments) -> Answer:
    """Choose the second place from the command line of the same user."""
    folder = Path(str(arguments.get("folder")))
    if arguments.get("is_trial") is True:
        keeping.set_second_place(actor=None, folder=folder, is_trial=True)
        return {"folder": str(folder), "other_disk": False}
    return {
        "folder": str(folder),
        "other_disk": keeping.name_second_place(actor=None, folder=folder),
    }


def run_import_command(arguments: Arguments) -> Answer:
    """File a report that was carried as a file; the path is that of the same user."""
    try:
        with Path(str(arguments.get("path"))).open("rb") as file:
            report = carrying.import_carried(file=file, actor=None)
    except OSError:
        raise AigaqError("import.unreadable_file") from None
    return {
        "register_number": report.register_number,
        "report_id": bytes(report.report_id).hex(),
        "state": str(report.state),
    }
