"""`aigaq desk serve|unlock|lock|status|pull|audit|timestamp|…`: the desk from the command line."""

import json
from pathlib import Path
from typing import Any

import click

from aigaq.cli.desk_audit import audit
from aigaq.cli.desk_timestamp import authority, timestamp
from aigaq.cli.local_desk import ask_running_desk, read_passphrase
from aigaq.cli.options import JSON as JSON
from aigaq.cli.options import PASSPHRASE_FD as PASSPHRASE_FD
from aigaq.core.home import get_home

#: A report of gigabytes over a slow line takes hours; whoever does not want to wait presses Ctrl-C.
PULL_SECONDS = 24 * 3600.0


@click.group()
def desk() -> None:
    """Run, open, lock and ask the desk of AIGAQ_HOME."""


@desk.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8471, show_default=True, type=click.IntRange(1, 65535))
def serve(host: str, port: int) -> None:
    """Run the desk, locked, in the foreground. Ctrl+C or SIGTERM ends it."""
    from aigaq.desk.serve import serve_desk
    from aigaq.intake.way import read_setting

    read_setting()
    serve_desk(home=get_home(), host=host, port=port)


@desk.command()
@PASSPHRASE_FD
@JSON
def unlock(passphrase_fd: int | None, as_json: bool) -> None:
    """Open the running desk with the passphrase."""
    passphrase = read_passphrase(passphrase_fd)
    answer = ask_running_desk(get_home(), command="unlock", passphrase=passphrase)
    tell(answer, as_json=as_json, sentence="The desk is open.")


@desk.command()
@JSON
def lock(as_json: bool) -> None:
    """Lock the running desk at once."""
    answer = ask_running_desk(get_home(), command="lock")
    tell(answer, as_json=as_json, sentence="The desk is locked.")


@desk.command()
@JSON
def status(as_json: bool) -> None:
    """Say whether the desk is open and what runs in it."""
    answer = ask_running_desk(get_home(), command="status")
    state = "open" if answer["open"] else "locked"
    running = ", ".join(answer["running"]) or "nothing"
    tell(answer, as_json=as_json, sentence=f"The desk is {state}. In the background: {running}.")


@desk.command()
@JSON
def pull(as_json: bool) -> None:
    """Fetch what is new from the gate now."""
    answer = ask_running_desk(get_home(), command="pull", answer_seconds=PULL_SECONDS)
    sentence = f"New: {answer['reports']} reports, {answer['messages']} letters."
    if answer["code"] is not None:
        sentence += f" Something is left for later: {answer['code']}."
    tell(answer, as_json=as_json, sentence=sentence)


@desk.command("second-place")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@JSON
def second_place(folder: Path, as_json: bool) -> None:
    """Copy everything, encrypted, to FOLDER from now on: a disk kept elsewhere."""
    answer = ask_running_desk(get_home(), command="set-second-place", folder=str(folder.absolute()))
    sentence = f"The desk copies to {answer['folder']} from now on."
    if not answer["other_disk"]:
        sentence += " It is the same disk as the desk: one theft takes both."
    tell(answer, as_json=as_json, sentence=sentence)


@desk.command("new-report")
@click.option(
    "--from",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON with told_by, told_how, told_when, language, answers, consents, files.",
)
@JSON
def new_report(file: Path, as_json: bool) -> None:
    """File a report that was told to staff and typed into FILE; without a receipt code."""
    answer = ask_running_desk(
        get_home(),
        command="new-report",
        answer_seconds=PULL_SECONDS,
        path=str(file.absolute()),
    )
    sentence = (
        f"Filed as number {answer['register_number']}, with {answer['files']} files. Now erase "
        f"{file}, the files that it names, and every copy of them."
    )
    tell(answer, as_json=as_json, sentence=sentence)


desk.add_command(audit)
desk.add_command(timestamp)
desk.add_command(authority)


def tell(answer: dict[str, Any], *, as_json: bool, sentence: str) -> None:
    """Print an answer for a machine or for a person."""
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else sentence)
