"""`aigaq desk audit`: the whole log, opened leaf by leaf with what the desk holds."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from aigaq.cli.local_desk import ask_running_desk, is_running, opened_desk
from aigaq.cli.options import JSON, PASSPHRASE_FD
from aigaq.core.home import get_home

GAPS_EXIT = 3
#: Reading every file of a large store again takes hours.
AUDIT_SECONDS = 24 * 3600.0

GAPS = {
    "audit.unopened_leaf": "Entry {log_index} of the log is nothing that the desk holds: a report "
    "that the gate took and did not hand over, or one that was removed here.",
    "audit.not_logged": "Report {register_number} is not in the log, and the promised delay is "
    "over.",
    "audit.head_not_logged": "A {item} over {count} lines is not in the log, and the promised "
    "delay is over.",
    "audit.register_head_differs": "Entry {log_index} says what the register was after {count} "
    "numbers. The register is another one now.",
    "audit.custody_head_differs": "Entry {log_index} says what custody was after {count} lines. "
    "The chain is another one now.",
    "audit.report_gone": "Report {register_number} stands in the register and is gone without "
    "having been forgotten.",
    "audit.not_registered": "Report {register_number} is here and does not stand in the register.",
    "audit.report_differs": "What is known of report {register_number} does not give its "
    "commitment.",
    "audit.item_differs": "Item {item} of report {register_number} was changed in the books.",
    "audit.file_gone": "A file of {item} (report {register_number}) is gone.",
    "audit.file_changed": "A file of {item} (report {register_number}) is not what was written.",
    "audit.too_many_forgotten": "{count} entries of the log are called forgotten, and no such "
    "reports were.",
    "audit.not_forgotten": "Report {register_number} was erased, and custody or the history does "
    "not say that it was forgotten.",
    "audit.register_row_gone": "The row of report {register_number} in the register was emptied, "
    "and the report is here.",
    "audit.custody_lines_gone": "{count} lines of custody were emptied that no forgotten report "
    "explains.",
    "audit.audit_head_differs": "Entry {log_index} says what the history was after {count} events. "
    "The history is another one now.",
    "audit.broken_chain": "The history was rewritten at event {count}.",
    "audit.consent_revived": "A consent of report {register_number} stands that was taken back.",
    "audit.withdrawal_gone": "A signed withdrawal for report {register_number} came, and consent "
    "does not have it.",
    "register.gap": "The register has a hole at number {count}.",
    "register.wrong_chain": "The register was rewritten at number {count}.",
    "custody.gap": "Custody has a hole at line {count}.",
    "custody.wrong_chain": "Custody was rewritten at line {count}.",
    "entry.bad_form": "Entry {log_index} of the log is of no known form.",
}


@click.command()
@click.option(
    "--log",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Read the log from this folder, not from the gate.",
)
@click.option("--quick", is_flag=True, help="Take the last results of fixity; read no file again.")
@PASSPHRASE_FD
@JSON
def audit(folder: Path | None, quick: bool, passphrase_fd: int | None, as_json: bool) -> None:
    """Open every entry of the log and name what is missing.

    Exits with 0 if nothing is, with 3 if something is, with 1 if it could not be found out.
    """
    answer = _ask(folder=folder, quick=quick, passphrase_fd=passphrase_fd)
    click.echo(json.dumps(answer) if as_json else _tell(answer))
    if not answer["whole"]:
        sys.exit(GAPS_EXIT)


def _ask(*, folder: Path | None, quick: bool, passphrase_fd: int | None) -> dict[str, Any]:
    home = get_home()
    arguments = {"log": str(folder.absolute()) if folder else "", "quick": quick}
    if is_running(home):
        return ask_running_desk(home, command="audit", answer_seconds=AUDIT_SECONDS, **arguments)
    with opened_desk(home, passphrase_fd=passphrase_fd):
        from aigaq.intake.evidence_tasks import run_audit_command

        return run_audit_command(arguments)


def _tell(answer: dict[str, Any]) -> str:
    leaves = answer["leaves"]
    heads = sum(leaves.get(kind, 0) for kind in ("register_head", "custody_head", "audit_head"))
    lines = [
        f"The log has {answer['size']} entries: {leaves.get('report', 0)} of reports, "
        f"{leaves.get('forgotten_report', 0)} of forgotten reports, {heads} heads, "
        f"{leaves.get('chaff', 0)} of chaff, {sum(answer['public'].values())} public, "
        f"{leaves.get('unopened', 0)} that nothing here opens.",
        f"The register has {answer['registered']} numbers, custody {answer['custody_lines']} "
        f"lines, the history {answer['events']} events; "
        f"{answer['hashed_files']} files were read again.",
    ]
    if answer["on_their_way"]:
        lines.append(f"{answer['on_their_way']} reports are still being fetched.")
    lines += [tell_gap(one) for one in answer["gaps"]]
    more = answer["gaps_in_all"] - len(answer["gaps"])
    if more:
        lines.append(f"And {more} gaps more.")
    lines.append("Nothing is missing." if answer["whole"] else f"{answer['gaps_in_all']} gaps.")
    return "\n".join(lines)


def tell_gap(gap: dict[str, Any]) -> str:
    """Return a gap as a sentence with its code."""
    sentence = GAPS.get(gap["code"], "The log is not as it should be.")
    return f"GAP: {sentence.format(**gap)} [{gap['code']}]"
