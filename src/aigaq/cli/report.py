"""`aigaq seal`, `send`, `open`, `mailbox`, `import report`: a report without a browser.

A receipt code is never an argument (other users of the computer see those): it is typed, or read
from the first line of stdin with ``--code -``. A name that a phone gave to an item is shown, never
used as a path.
"""

import json
import mimetypes
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import click

from aigaq import clock
from aigaq.blobs import sync_folder, write_durably
from aigaq.cli.chat import import_chat
from aigaq.cli.desk import JSON, PASSPHRASE_FD, tell
from aigaq.cli.typed_back import ask_back, can_ask
from aigaq.core.hardening import harden_process
from aigaq.intake.reporter_gate import TRIES, ReporterGate, SendingError, Uploads, read_header
from aigaq.sealing.age_files import parse_hybrid_identity
from aigaq.sealing.card import parse_card
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.envelope import (
    ConsentToSeal,
    ContainerSink,
    ItemToSeal,
    ReportToSeal,
    SealedReport,
    seal_report,
)
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import FORMAT as HEADER_FORMAT
from aigaq.sealing.header import HEADER, MAXIMUM_HEADER_BYTES, report_id
from aigaq.sealing.opening import ContainerSource, ExaminedReport, examine_report
from aigaq.sealing.receipt_code import (
    derive_mailbox_keys,
    draw_code,
    format_code,
    read_typed_code,
)
from aigaq.sealing.receipts import ReceiptFile, build_receipt_file, parse_receipt_file
from aigaq.sealing.signed_json import parse_signed_json

THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
ROOT = click.option(
    "--root", required=True, help="The root public key, base64, from where you trust it."
)
CODE = click.option(
    "--code", "code_from", type=click.Choice(["-"]), help="Read the receipt code from stdin."
)
# Exactly what questions.json marks as needed: without these there is nobody to read a report.
NEEDED_CONSENTS = ("keep:team", "advise:team")


@click.command()
@click.option("--card", "card_file", type=THERE, required=True, help="The signed team card.")
@ROOT
@click.option("--answers", type=THERE, help='JSON object: {"4": "what happened", …} by number.')
@click.option("--item", "items", type=THERE, multiple=True, help="A file to attach; repeatable.")
@click.option("--consent", "consents", multiple=True, help="PURPOSE:AUDIENCE beyond the needed.")
@click.option("--language", type=click.Choice(["kk", "ru", "en"]), default="ru", show_default=True)
@click.option("--continues", help="Report id of the report that this is a part of.")
@click.option("--out", type=FILE, required=True, help="The file to write, such as backup.tar.")
@click.option("--receipt", type=FILE, help="Write a receipt file, which `send` completes.")
@click.option(
    "--no-typing-back",
    is_flag=True,
    help="For scripts: do not ask for the code back. A code that was written down wrongly opens "
    "nothing, and nobody can give it again.",
)
@CODE
@JSON
def seal(
    card_file: Path,
    root: str,
    answers: Path | None,
    items: tuple[Path, ...],
    consents: tuple[str, ...],
    language: str,
    continues: str | None,
    out: Path,
    receipt: Path | None,
    no_typing_back: bool,
    code_from: str | None,
    as_json: bool,
) -> None:
    """Seal a report into a file that only the team can open, under a receipt code.

    At a terminal a fresh code is shown, asked for back, and shown once more at the end.
    """
    harden_process()
    card = parse_card(card_file.read_bytes(), root_key=decode_base64(root))
    is_fresh = not (code_from or continues)
    code = draw_code() if is_fresh else read_code(code_from)
    asks = is_fresh and not no_typing_back and can_ask()
    with ExitStack() as opened:
        report = ReportToSeal(
            team_id=card.team_id,
            team_recipient=card.team_recipient,
            card_version=card.version,
            language=language,
            made_at=clock.now(),
            answers=_read_answers(answers),
            consents=[_read_consent(one) for one in (*NEEDED_CONSENTS, *consents)],
            items=[_open_item(path, opened=opened) for path in items],
            continues=_read_report_id(continues),
        )
        with _new_file(out) as file:
            if asks:
                ask_back(code)
            keys = derive_mailbox_keys(code, team_id=card.team_id)
            sealed = seal_report(report, keys=keys, sink=ContainerSink(file))
    if receipt is not None:
        write_durably(receipt, _pending_receipt(sealed, card=card_file.read_text("utf-8")))
    answer = {
        "code": code,
        "commitment": sealed.commitment.hex(),
        "file": str(out),
        "report_id": sealed.report_id.hex(),
        "typed_back": asks or not is_fresh,
    }
    once = "Receipt code, shown for the last time" if asks else "Receipt code, shown this once"
    unchecked = "" if asks or not is_fresh else "Nobody has checked that it was written down. "
    sentence = (
        f"Sealed into {out}.\n{once}: {format_code(code)}\n"
        f"{unchecked}Write it down: it opens the mailbox, and nobody can give it again.\n"
        f"Next: aigaq send {out} --gate {card.gate_origin} --root {root}"
    )
    tell(answer, as_json=as_json, sentence=sentence)


@click.command()
@click.argument("file", type=THERE)
@click.option("--gate", required=True, help="Address of the gate, such as https://example.org.")
@ROOT
@click.option("--receipt", type=THERE, help="The receipt file that `seal` wrote, to complete it.")
@click.option(
    "--tries",
    type=click.IntRange(1, 100),
    default=TRIES,
    show_default=True,
    help="How often to try before giving up on a line that is cut.",
)
@JSON
def send(file: Path, gate: str, root: str, receipt: Path | None, tries: int, as_json: bool) -> None:
    """Send a sealed report to a gate. After a cut, run it again: it goes on where it was."""
    with ReporterGate(gate, tries=tries) as session, file.open("rb") as opened:
        _, card = session.fetch_card(root_key=decode_base64(root))
        source = ContainerSource(opened)
        header_bytes, header = read_header(source, team_id=card.team_id)
        identifier = report_id(header_bytes)
        total = sum(member.size_bytes for member in header.item_members)
        with click.progressbar(
            length=total, label="Sending", file=sys.stderr, hidden=as_json or not total
        ) as bar:
            uploads = Uploads.load(file, report_id=identifier)
            promise = session.send_report(opened, uploads=uploads, card=card, on=bar.update)
    if receipt is not None:
        _complete_receipt(receipt, identifier=identifier, promise=promise)
    answer = {"promise": promise, "report_id": identifier.hex(), "state": "received"}
    tell(
        answer,
        as_json=as_json,
        sentence="Received: the gate holds the report and promised, signed, to log it.\n"
        "It is safe when the mailbox says so.",
    )


@click.command("open")
@click.argument("file", type=THERE)
@click.option("--identity", type=THERE, required=True, help="File with AGE-SECRET-KEY-PQ-1….")
@click.option("--out", type=FOLDER, required=True, help="A new folder for what is inside.")
@JSON
def open_report(file: Path, identity: Path, out: Path, as_json: bool) -> None:
    """Open a report file with a team identity and check everything that can be checked."""
    harden_process()
    secret = parse_hybrid_identity(
        identity.read_text("ascii", errors="replace").strip(), code="open.bad_identity"
    )
    with file.open("rb") as opened:
        source = ContainerSource(opened)
        report = examine_report(source, identities=[secret], team_id=_named_team(source))
        try:
            out.mkdir(mode=0o700)
        except FileExistsError:
            raise SealingError("open.folder_exists", folder=str(out)) from None
        item_errors = _write_items(report, folder=out)
    summary = _summarise(report, item_errors=item_errors)
    write_durably(out / "report.json", json.dumps(summary, ensure_ascii=False, indent=1).encode())
    if report.faults or item_errors:
        first = report.faults[0].code if report.faults else next(iter(item_errors.values()))
        raise SealingError("open.damaged", fault=first, folder=str(out))
    answer = {"folder": str(out), "report_id": summary["report_id"], "state": report.state}
    tell(answer, as_json=as_json, sentence=f"Opened into {out}: nothing was changed on the way.")


@click.group("import")
def import_group() -> None:
    """Take in what came by other ways than the gate."""


import_group.add_command(import_chat)


@import_group.command("report")
@click.argument("file", type=THERE)
@PASSPHRASE_FD
@JSON
def import_report(file: Path, passphrase_fd: int | None, as_json: bool) -> None:
    """File a report that was carried as a file at the desk of AIGAQ_HOME."""
    from aigaq.cli.local_desk import ask_running_desk, is_running, opened_desk
    from aigaq.core.home import get_home

    home = get_home()
    path = str(file.absolute())
    if is_running(home):
        answer = ask_running_desk(home, command="import-report", path=path)
    else:
        with opened_desk(home, passphrase_fd=passphrase_fd):
            from aigaq.intake.command_line import run_import_command

            answer = run_import_command({"path": path})
    number, state = answer["register_number"], answer["state"]
    tell(answer, as_json=as_json, sentence=f"Filed as number {number}, state {state}.")


def read_code(code_from: str | None) -> str:
    """Return the code that is typed, or that stands in the first line of stdin."""
    if code_from is None:
        typed: str = click.prompt("Receipt code", hide_input=True, err=True)
        return read_typed_code(typed)
    return read_typed_code(sys.stdin.readline())


def _read_answers(path: Path | None) -> list[tuple[int, str]]:
    """Return the answers in a JSON object, by number. Raises ``seal.bad_answers``."""
    if path is None:
        return []
    try:
        value = json.loads(path.read_bytes())
        pairs = sorted((int(number), text) for number, text in value.items())
    except (ValueError, AttributeError):
        raise SealingError("seal.bad_answers") from None
    if not all(isinstance(text, str) and "\0" not in text for _, text in pairs):
        raise SealingError("seal.bad_answers")
    return pairs


def _read_consent(text: str) -> ConsentToSeal:
    purpose, colon, audience = text.partition(":")
    if not colon or not purpose or not audience:
        raise SealingError("seal.bad_consent")
    return ConsentToSeal(purpose=purpose, audience=audience)


def _read_report_id(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise SealingError("seal.bad_report_id") from None


def _open_item(path: Path, *, opened: ExitStack) -> ItemToSeal:
    file = opened.enter_context(path.open("rb"))
    return ItemToSeal(
        content=file,
        size_bytes=os.fstat(file.fileno()).st_size,
        name=path.name,
        media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        hidden_details="keep",
    )


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a new file that is durable at the end, or gone again if anything went wrong."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SealingError("seal.file_exists", file=str(path)) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.absolute().parent)


def _pending_receipt(sealed: SealedReport, *, card: str) -> bytes:
    """Return a receipt file that has no promise yet."""
    manifest = sealed.manifest
    return build_receipt_file(
        ReceiptFile(
            card=card,
            team_id=manifest.team_id,
            mailbox_key=manifest.mailbox_key,
            report_id=sealed.report_id,
            commitment=sealed.commitment,
            root_salt=manifest.root_salt,
            root=manifest.root(),
            leaf_count=manifest.leaf_count,
            promise="",
            filing_receipt=None,
        )
    )


def _complete_receipt(path: Path, *, identifier: bytes, promise: str) -> None:
    receipt = parse_receipt_file(path.read_bytes())
    if receipt.report_id != identifier:
        raise SendingError("send.other_receipt")
    write_durably(path, build_receipt_file(replace(receipt, promise=promise)))


def _named_team(source: ContainerSource) -> bytes:
    """Return the team that the header names; whoever opens the report has that team's identity."""
    with source.open(HEADER) as reader:
        data = reader.read(MAXIMUM_HEADER_BYTES + 1)
    try:
        return bytes.fromhex(parse_signed_json(data, format_name=HEADER_FORMAT).members["team_id"])
    except (SealingError, KeyError, TypeError, ValueError):
        return b""  # `examine_report` says what is wrong with the header.


def _write_items(report: ExaminedReport, *, folder: Path) -> dict[int, str]:
    """Write each item that is whole into ``folder`` and return the codes of the others."""
    errors: dict[int, str] = {}
    for item in report.manifest.items if report.manifest else ():
        path = folder / f"item-{item.number:04d}"
        try:
            with _new_file(path) as file:
                report.copy_item(item.number, writer=file)
        except SealingError as error:
            errors[item.number] = error.code
    return errors


def _summarise(report: ExaminedReport, *, item_errors: dict[int, str]) -> dict[str, Any]:
    """Return what a report says, as JSON for a person who reads it without a desk."""
    summary: dict[str, Any] = {
        "faults": [{"step": f.step, "code": f.code, "member": f.member} for f in report.faults],
        "report_id": report.report_id.hex() if report.report_id else None,
        "state": report.state,
    }
    if report.manifest is None:
        return summary
    manifest = report.manifest
    return summary | {
        "answers": {str(one.number): one.value for one in manifest.answers},
        "consents": [one.members() for one in manifest.consents],
        "continues": manifest.continues.hex() if manifest.continues else None,
        "items": [
            {
                "error": item_errors.get(one.number),
                "file": f"item-{one.number:04d}",
                "name": one.name,
                "sha256": one.sha256.hex(),
                "size": one.size_bytes,
                "type": one.media_type,
            }
            for one in manifest.items
        ],
        "language": manifest.language,
        "made_at": clock.format_time(manifest.made_at),
    }
