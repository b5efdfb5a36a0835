"""`aigaq mailbox`: read and write as the reporter does, with the receipt code.

Everything is checked as the page checks it: desk messages under the card's message key, their chain
against what the gate says, promises under the log key. Source: spec/mailbox.md, "Her client".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from aigaq import clock
from aigaq.blobs import write_durably
from aigaq.cli.desk import JSON, tell
from aigaq.cli.report import CODE, ROOT, read_code
from aigaq.core.hardening import harden_process
from aigaq.errors import AigaqError
from aigaq.intake.reporter_gate import ReporterGate, SendingError
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.log_proofs import open_log_proof
from aigaq.sealing.mailbox_answer import MailboxAnswer
from aigaq.sealing.mailbox_requests import MailboxRequest, MessageToSend
from aigaq.sealing.messages import (
    ACTIONS,
    SIGNS,
    TO_DESK,
    TO_REPORTER,
    Message,
    build_message,
    check_desk_messages,
    open_message,
)
from aigaq.sealing.receipt_code import MailboxKeys, derive_mailbox_keys
from aigaq.sealing.receipts import (
    Promise,
    ReceiptFile,
    build_receipt_file,
    parse_filing_receipt,
    parse_promise,
    parse_receipt_file,
)

WRITES = 3
SIGN = click.option(
    "--sign",
    type=click.Choice(SIGNS),
    required=True,
    help="The picture chosen with this message; the one of the first report is the quiet sign.",
)


@dataclass(frozen=True)
class Session:
    """A mailbox at a gate: keys, verified card, connection."""

    gate: ReporterGate
    card: Card
    root_key: bytes
    keys: MailboxKeys

    def ask(self, request: MailboxRequest) -> MailboxAnswer:
        """Make one request."""
        return self.gate.ask_mailbox(request, keys=self.keys, card=self.card)


@click.group()
@click.option("--gate", required=True, help="Address of the gate, such as https://example.org.")
@ROOT
@CODE
@click.pass_context
def mailbox(context: click.Context, gate: str, root: str, code_from: str | None) -> None:
    """Read and answer in a mailbox with its receipt code."""
    harden_process()
    connection = context.with_resource(ReporterGate(gate))
    root_key = decode_base64(root)
    _, card = connection.fetch_card(root_key=root_key)
    keys = derive_mailbox_keys(read_code(code_from), team_id=card.team_id)
    context.obj = Session(gate=connection, card=card, root_key=root_key, keys=keys)


@mailbox.command()
@click.option("--confirm", is_flag=True, help="Have the gate erase what was shown.")
@JSON
@click.pass_obj
def read(session: Session, confirm: bool, as_json: bool) -> None:
    """Show unread messages and promises; they stay until they are confirmed."""
    answer = session.ask(MailboxRequest())
    messages = open_messages(session, answer)
    promises = [_open_promise(session, text=one.promise) for one in answer.promises]
    shown = {
        "messages": [_describe(session, message) for message in messages],
        "more": answer.more,
        "promises": [
            {"report_id": one.report_id.hex(), "promised_at": clock.format_time(one.promised_at)}
            for one in promises
        ],
    }
    tell(shown, as_json=as_json, sentence=_tell_people(shown))
    if confirm and (messages or promises):
        session.ask(
            MailboxRequest(
                confirm=tuple(message.sequence for message in messages),
                confirm_promises=tuple(one.report_id for one in promises),
            )
        )


@mailbox.command()
@click.option(
    "--text", help="What to write. Others on this computer see it; left out, it is asked for."
)
@SIGN
@JSON
@click.pass_obj
def write(session: Session, text: str | None, sign: str, as_json: bool) -> None:
    """Write to the team."""
    if text is None:
        text = click.prompt("Message", err=True)
    _send(session, kind="text", body={"text": text}, sign=sign, as_json=as_json)


@mailbox.command()
@click.argument("action", type=click.Choice(ACTIONS))
@SIGN
@JSON
@click.pass_obj
def request(session: Session, action: str, sign: str, as_json: bool) -> None:
    """Ask a person of the team to withdraw, delete or limit all reports of this mailbox."""
    body = {"action": action, "report_id": None}
    _send(session, kind="request", body=body, sign=sign, as_json=as_json)


@mailbox.command("withdraw-consent")
@SIGN
@JSON
@click.pass_obj
def withdraw_consent(session: Session, sign: str, as_json: bool) -> None:
    """Withdraw every permission given with the reports of this mailbox."""
    body = {"consents": None, "report_id": None}
    _send(session, kind="withdraw_consent", body=body, sign=sign, as_json=as_json)


def open_messages(session: Session, answer: MailboxAnswer) -> list[Message]:
    """Return the desk's messages, checked one by one and against what the gate says.

    Raises `SealingError` (``mailbox.alarm``) if any of them is not what it should be.
    """
    opened = []
    for held in answer.messages:
        try:
            message = open_message(
                held.ciphertext,
                identities=[session.keys.identity],
                public_key=session.card.message_key,
                direction=TO_REPORTER,
                team_id=session.card.team_id,
                mailbox_key=session.keys.public_key,
                first_commitment=answer.first_commitment,
            )
        except SealingError:
            raise SealingError("mailbox.alarm") from None
        opened.append((held.ciphertext, message))
    check_desk_messages(opened, heads=answer.heads, more=answer.more)
    return [message for _, message in opened]


def _open_promise(session: Session, *, text: str) -> Promise:
    """Return a promise of the card's log. Raises `SealingError` (``mailbox.alarm``)."""
    try:
        promise = parse_promise(text, log_key=session.card.log_key)
    except SealingError:
        raise SealingError("mailbox.alarm") from None
    named = (promise.team_id, promise.log_origin)
    if named != (session.card.team_id, session.card.log_origin):
        raise SealingError("mailbox.alarm")
    return promise


def _send(
    session: Session, *, kind: str, body: Mapping[str, Any], sign: str, as_json: bool
) -> None:
    """Write one message behind the head that the gate tells, again if another was quicker.

    Raises `SealingError` (``mailbox.alarm``), and writes nothing, if what waits there contradicts
    what the gate tells: a message bound to a false chain would never be acted on.
    """
    answer = session.ask(MailboxRequest())
    open_messages(session, answer)
    for one in answer.promises:
        _open_promise(session, text=one.promise)
    for _ in range(WRITES):
        message = Message(
            direction=TO_DESK,
            kind=kind,
            body=body,
            team_id=session.card.team_id,
            mailbox_key=session.keys.public_key,
            first_commitment=answer.first_commitment,
            sequence=answer.heads.to_desk.sequence + 1,
            previous=answer.heads.to_desk.sha256,
            heads=answer.heads,
            sent_at=clock.now(),
            sign=sign,
        )
        ciphertext = build_message(
            message, key=session.keys.key, recipient=session.card.team_recipient
        )
        sending = MessageToSend(ciphertext, previous=message.previous, sequence=message.sequence)
        answer = session.ask(MailboxRequest(send=sending))
        if answer.sent == "taken":
            result = {"sent": "taken", "sequence": message.sequence}
            tell(result, as_json=as_json, sentence="Sent: the gate holds it for the team.")
            return
    raise SendingError("mailbox.out_of_order")


def _describe(session: Session, message: Message) -> dict[str, Any]:
    """Return a desk message for a person; a filing receipt is checked and spelled out."""
    shown: dict[str, Any] = {
        "kind": message.kind,
        "sent_at": clock.format_time(message.sent_at),
        "sequence": message.sequence,
    }
    if message.kind == "proof":
        return shown | _describe_proof(session, message.body)
    if message.kind == "filing_receipt":
        receipt = parse_filing_receipt(
            message.body["filing_receipt"], message_key=session.card.message_key
        )
        return shown | {
            "register_number": receipt.register_number,
            "report_id": receipt.report_id.hex(),
            "state": receipt.state,
        }
    return shown | dict(message.body)


def _card_of(session: Session, proof: str, kept: ReceiptFile) -> Card:
    """Return the card of the log that a proof is of: the present one, or that of the receipt file.

    After a seizure a log has another key; a proof of before is checked under the card of before.
    """
    if _is_of_present_log(session, proof):
        return session.card
    signed, team_id = kept.card.encode("utf-8"), session.card.team_id
    return parse_card(signed, root_key=session.root_key, team_id=team_id)


def _is_of_present_log(session: Session, proof: str) -> bool:
    return f"\n\n{session.card.log_origin}\n" in proof


def _describe_proof(session: Session, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return where the report stands in the log. Raises `SealingError` (``mailbox.alarm``)."""
    if not _is_of_present_log(session, body["proof"]):
        # A log whose key a seizure retired; the receipt file has the card to check it with.
        return {"log": None, "proof": body["proof"], "report_id": body["report_id"]}
    try:
        seen = open_log_proof(body["proof"], card=session.card, commitment=None)
    except AigaqError:
        raise SealingError("mailbox.alarm") from None
    return {
        "cosigners": list(seen.cosigners),
        "independently_witnessed": seen.is_independent,
        "index": seen.index,
        "log": seen.checkpoint.origin,
        "proof": body["proof"],
        "report_id": body["report_id"],
        "size": seen.checkpoint.size,
    }


def _tell_people(shown: Mapping[str, Any]) -> str:
    lines = [
        f"{one['promised_at']}  received, promised for the log ({one['report_id'][:8]})"
        for one in shown["promises"]
    ]
    for one in shown["messages"]:
        said = {
            "text": one.get("text"),
            "filing_receipt": f"filed as number {one.get('register_number')}: {one.get('state')}",
            "proof": _say_proof(one),
            "safe": "safe: opened, and in its encrypted second place",
            "rebind": "this mailbox takes the place of an older one",
        }[one["kind"]]
        lines.append(f"{one['sent_at']}  {said}")
    if shown["more"]:
        lines.append("More is waiting: run this again with --confirm.")
    return "\n".join(lines) or "Nothing unread."


def _say_proof(shown: Mapping[str, Any]) -> str:
    if shown["kind"] != "proof":
        return ""
    if shown["log"] is None:
        return "in an earlier log of the team; put it into your receipt file to have it checked"
    if shown["independently_witnessed"]:
        words = "nobody can remove it unseen"
    else:
        words = "not independently witnessed"
    return f"in the public log as entry {shown['index']}: {words}"


@mailbox.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@JSON
@click.pass_obj
def receipt(session: Session, file: Path, as_json: bool) -> None:
    """Put filing receipt and proof of the log into a receipt FILE, each after it was checked.

    The file says nothing of the content, but whoever finds it learns that someone wrote.
    """
    kept = parse_receipt_file(file.read_bytes())
    named = kept.report_id.hex()
    filing, proof = kept.filing_receipt, kept.proof
    for message in open_messages(session, session.ask(MailboxRequest())):
        if message.kind == "proof" and message.body["report_id"] == named:
            proof = message.body["proof"]
            open_log_proof(proof, card=_card_of(session, proof, kept), commitment=kept.commitment)
        if message.kind == "filing_receipt":
            text = message.body["filing_receipt"]
            read = parse_filing_receipt(text, message_key=session.card.message_key)
            if read.report_id == kept.report_id and read.commitment == kept.commitment:
                filing = text
    write_durably(file, build_receipt_file(replace(kept, filing_receipt=filing, proof=proof)))
    told = {"filing_receipt": filing is not None, "proof": proof is not None, "report_id": named}
    has = [
        name for name, there in (("filing receipt", filing), ("proof of the log", proof)) if there
    ]
    sentence = f"The file has now: {', '.join(has)}."
    if proof is None:
        sentence += " The proof comes later, by the mailbox."
    tell(told, as_json=as_json, sentence=sentence)
