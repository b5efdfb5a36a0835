"""What the desk fetches, puts and erases, under its desk key or its fetch key.

Lists are pages by number: ask again with the last number until a page is empty. A page ends early
when it grows large. Nothing is erased here unless the desk says that it has it. Source:
``spec/gate-api.md``.
"""

import json
import re
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from starlette.requests import Request
from starlette.responses import StreamingResponse

from aigaq.gate.answers import Answer, empty_answer, format_seconds, json_answer
from aigaq.gate.cards import Cards
from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate
from aigaq.gate.mailboxes import (
    TO_DESK,
    TO_DESK_BEFORE,
    TO_REPORTER,
    access_mailbox,
    add_message,
    find_mailbox,
    heads_of,
    list_unread_sequences,
)
from aigaq.gate.ranges import read_range
from aigaq.gate.residue import note_erased
from aigaq.gate.sealed_names import seal_first_commitment, seal_names_of_report
from aigaq.gate.signed_requests import read_desk_request, read_fetch_request
from aigaq.gate.tables import (
    items,
    mailboxes,
    messages,
    promises,
    reports,
    tombstones,
    uploads,
)
from aigaq.sealing.canonical_json import parse_json
from aigaq.sealing.card import MAXIMUM_CARD_BYTES
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.header import HEADER, KEY, MANIFEST
from aigaq.sealing.mailbox_answer import NO_HASH
from aigaq.sealing.mailbox_requests import MAXIMUM_CIPHERTEXT_BYTES, MessageToSend
from aigaq.sealing.rebinding import MAXIMUM_REBIND_BYTES, parse_rebind

MAXIMUM_PAGE = 500
_PAGE_BYTES = 4 * 1024 * 1024
_MAXIMUM_BODY_BYTES = 64 * 1024
_NUMBER = re.compile(r"[0-9]{1,15}\Z")
_BAD = "gate.bad_request"


async def list_reports(gate: Gate, request: Request) -> Answer:
    """Return the reports after a number, with their members as the headers list them."""
    await read_fetch_request(gate, request)
    after, limit = read_page(request)
    columns = (
        reports.c.number,
        reports.c.id,
        reports.c.commitment,
        reports.c.mailbox_key,
        reports.c.received_at,
        reports.c.header,
    )
    query = select(*columns).where(reports.c.number > after).order_by(reports.c.number)

    def read(connection: Connection) -> list[dict[str, Any]]:
        page: list[dict[str, Any]] = []
        size = 0
        for row in connection.execute(query.limit(limit)):
            size += len(row.header)
            if page and size > _PAGE_BYTES:
                break
            page.append(_report_entry(row))
        return page

    return json_answer({"reports": await gate.read(read)})


async def get_member(gate: Gate, request: Request) -> Answer:
    """Return the bytes of one member, or a range of them."""
    await read_fetch_request(gate, request)
    report_id, name = _read_report_id(request), request.path_params["member"]
    source = await gate.read(lambda connection: _find_member(connection, report_id, name))
    if source is None:
        raise GateError("gate.not_found")
    size = len(source) if isinstance(source, bytes) else gate.files.size(source)
    part = read_range(request, size=size)

    async def stream() -> AsyncIterator[bytes]:
        if isinstance(source, bytes):
            yield source[part.start : part.start + part.size]
            return
        blocks = gate.files.read(source, start=part.start, size=part.size)
        while (block := await gate.on_disk(lambda: next(blocks, None))) is not None:
            yield block

    return StreamingResponse(
        stream(),
        status_code=part.status,
        headers=part.headers,
        media_type="application/octet-stream",
    )


async def record_safe(gate: Gate, request: Request) -> Answer:
    """Erase the gate's copy of a report that is safe; id and time stay."""
    await read_desk_request(gate, request, limit=0)
    report_id = _read_report_id(request)
    erased = await gate.write(lambda connection: _bury(connection, report_id, cards=gate.cards))
    await gate.on_disk(lambda: gate.files.remove(erased))
    return empty_answer()


async def list_messages(gate: Gate, request: Request) -> Answer:
    """Return the messages to the desk after a number."""
    await read_fetch_request(gate, request)
    after, limit = read_page(request)
    most = min(limit, _PAGE_BYTES // MAXIMUM_CIPHERTEXT_BYTES)
    queries = [
        select(messages)
        .where(messages.c.direction == direction, messages.c.number > after)
        .order_by(messages.c.number)
        .limit(most)
        for direction in (TO_DESK, TO_DESK_BEFORE)
    ]

    def read(connection: Connection) -> list[dict[str, Any]]:
        rows = [row for query in queries for row in connection.execute(query)]
        return [_message_entry(row) for row in sorted(rows, key=lambda row: row.number)[:most]]

    return json_answer({"messages": await gate.read(read)})


async def record_done(gate: Gate, request: Request) -> Answer:
    """Erase a message that the desk has durably; the mailbox's head stays."""
    await read_desk_request(gate, request, limit=0)
    number = _read_number(request.path_params["number"])

    def erase(connection: Connection) -> None:
        is_this = (messages.c.number == number, messages.c.direction != TO_REPORTER)
        connection.execute(delete(messages).where(*is_this))

    await gate.write(erase)
    return empty_answer()


async def post_message(gate: Gate, request: Request) -> Answer:
    """Put a message to a reporter into her mailbox, if it continues the chain."""
    body = await read_desk_request(gate, request, limit=_MAXIMUM_BODY_BYTES)
    form = read_form(body, names=("ciphertext", "mailbox_key", "previous", "sequence"))
    key = form.base64("mailbox_key")
    message = MessageToSend(
        ciphertext=form.ciphertext("ciphertext", maximum_bytes=MAXIMUM_CIPHERTEXT_BYTES),
        previous=form.hex("previous"),
        sequence=form.integer("sequence", minimum=1),
    )
    gate.check_space_for_text(len(message.ciphertext))
    now = gate.now_seconds()

    def add(connection: Connection) -> dict[str, Any]:
        heads = heads_of(access_mailbox(connection, key))
        result, head = add_message(
            connection,
            key=key,
            direction=TO_REPORTER,
            head=heads.to_reporter,
            message=message,
            now=now,
        )
        return {"head": head.members(), "result": result}

    return json_answer(await gate.write(add))


async def get_heads(gate: Gate, request: Request) -> Answer:
    """Return both heads of a mailbox, and which of the desk's messages she has not confirmed."""
    body = await read_fetch_request(gate, request, limit=_MAXIMUM_BODY_BYTES)
    key = read_form(body, names=("mailbox_key",)).base64("mailbox_key")

    def look(connection: Connection) -> dict[str, Any] | None:
        box = find_mailbox(connection, key)
        if box is None:
            return None
        return {**heads_of(box).members(), "unread": list_unread_sequences(connection, key)}

    found = await gate.read(look)
    if found is None:
        raise GateError("mailbox.unknown")
    return json_answer(found)


async def rebind(gate: Gate, request: Request) -> Answer:
    """Make the mailbox that the desk bound anew, and let the old one go dead; again is no error."""
    body = await read_desk_request(gate, request, limit=_MAXIMUM_BODY_BYTES)
    text = read_form(body, names=("rebind",)).text("rebind", maximum_bytes=MAXIMUM_REBIND_BYTES)
    card = gate.cards.current.card
    bound = parse_rebind(text, message_key=card.message_key, team_id=card.team_id)

    def bind(connection: Connection) -> None:
        old = find_mailbox(connection, bound.old_mailbox_key)
        # One that is sealed already cannot be compared, nor one that is dead and may be another's
        # now; the signature of the desk stands for it.
        known = (NO_HASH, bound.first_commitment)
        if old is None or not (old.is_dead or old.first_commitment in known):
            raise GateError("mailbox.unknown")
        new = find_mailbox(connection, bound.new_mailbox_key)
        if new is not None and new.recipient != bound.new_mailbox_recipient:
            raise GateError("mailbox.other_recipient")
        if new is None:
            connection.execute(
                insert(mailboxes).values(
                    key=bound.new_mailbox_key,
                    recipient=bound.new_mailbox_recipient,
                    **seal_first_commitment(
                        bound.first_commitment, recipient=bound.new_mailbox_recipient
                    ),
                    to_desk_sequence=0,
                    to_desk_sha256=NO_HASH,
                    to_reporter_sequence=0,
                    to_reporter_sha256=NO_HASH,
                    is_dead=False,
                )
            )
        if not old.is_dead:
            _kill_mailbox(connection, bound.old_mailbox_key)

    await gate.write(bind)
    return empty_answer()


async def put_card(gate: Gate, request: Request) -> Answer:
    """Take a new card under the pinned root key."""
    signed = await read_desk_request(gate, request, limit=MAXIMUM_CARD_BYTES)
    now = gate.now_seconds()
    await gate.write(lambda connection: gate.cards.take(connection, signed=signed, now_seconds=now))
    await gate.read(gate.cards.refresh)
    return empty_answer()


async def get_status(gate: Gate, request: Request) -> Answer:
    """Return how much waits here, and how much room is left."""
    await read_fetch_request(gate, request)

    def count(connection: Connection) -> dict[str, int]:
        def rows(table: Any, *conditions: Any) -> int:
            query = select(func.count()).select_from(table).where(*conditions)
            return connection.scalar(query) or 0

        return {
            "mailboxes": rows(mailboxes),
            "messages_to_desk": rows(messages, messages.c.direction != TO_REPORTER),
            "messages_to_reporters": rows(messages, messages.c.direction == TO_REPORTER),
            "reports": rows(reports),
            "reports_repeated": rows(reports, reports.c.is_repeated),
            "tombstones": rows(tombstones),
            "uploads": rows(uploads),
        }

    counts = await gate.read(count)
    card_version = gate.cards.current.card.version
    facts = {
        "card_version": card_version,
        "counts": counts,
        "free_bytes": gate.files.free_bytes(),
        "version": version("aigaq"),
    }
    return json_answer(facts)


def _bury(connection: Connection, report_id: bytes, *, cards: Cards) -> list[str]:
    """Replace a report by its tombstone; return the files that are nobody's now."""
    wanted = (
        reports.c.number,
        reports.c.received_at,
        reports.c.commitment,
        reports.c.mailbox_key,
    )
    row = connection.execute(select(*wanted).where(reports.c.id == report_id)).first()
    if row is None:
        is_buried = select(tombstones.c.id).where(tombstones.c.id == report_id)
        if connection.scalar(is_buried) is None:
            raise GateError("gate.not_found")
        return []
    of_report = items.c.report == row.number
    files = list(connection.scalars(select(items.c.file).where(of_report)))
    connection.execute(delete(items).where(of_report))
    connection.execute(delete(reports).where(reports.c.number == row.number))
    connection.execute(insert(tombstones).values(id=report_id, received_at=row.received_at))
    seal_names_of_report(
        connection,
        cards=cards,
        report_id=report_id,
        commitment=row.commitment,
        mailbox_key=row.mailbox_key,
    )
    return files


def _kill_mailbox(connection: Connection, key: bytes) -> None:
    """Let a mailbox go dead: what waits for its owner is erased, what she sent still goes on."""
    nameless = {"first_commitment": NO_HASH, "first_commitment_sealed": None}
    dead = update(mailboxes).where(mailboxes.c.key == key)
    connection.execute(dead.values(is_dead=True, **nameless))
    note_erased(connection)
    connection.execute(delete(promises).where(promises.c.mailbox_key == key))
    connection.execute(
        delete(messages).where(messages.c.mailbox_key == key, messages.c.direction == TO_REPORTER)
    )


def _find_member(connection: Connection, report_id: bytes, name: str) -> bytes | str | None:
    """Return the bytes of a small member, or the file of an item, or None."""
    columns = {HEADER: reports.c.header, MANIFEST: reports.c.manifest, KEY: reports.c.key}
    if name in columns:
        return connection.scalar(select(columns[name]).where(reports.c.id == report_id))
    match = re.fullmatch(r"item-([0-9]{4})\.age", name)
    if match is None:
        return None
    return connection.scalar(
        select(items.c.file)
        .join(reports, reports.c.number == items.c.report)
        .where(reports.c.id == report_id, items.c.position == int(match[1]))
    )


def _report_entry(row: Any) -> dict[str, Any]:
    members = json.loads(row.header.partition(b"\n")[0])["members"]
    own = {"name": HEADER, "sha256": row.id.hex(), "size": len(row.header)}
    return {
        "commitment": row.commitment.hex(),
        "id": row.id.hex(),
        "mailbox_key": encode_base64(row.mailbox_key),
        "members": [*members, own],
        "number": row.number,
        "received_at": format_seconds(row.received_at),
    }


def _message_entry(row: Any) -> dict[str, Any]:
    return {
        "ciphertext": encode_base64(row.ciphertext),
        "mailbox_key": encode_base64(row.mailbox_key),
        "number": row.number,
        "previous": row.previous.hex(),
        "received_at": format_seconds(row.received_at),
        "sequence": row.sequence,
    }


def read_form(body: bytes, *, names: tuple[str, ...]) -> Form:
    try:
        return Form(parse_json(body), names=names, code=_BAD)
    except SealingError:
        raise GateError(_BAD) from None


def read_page(request: Request) -> tuple[int, int]:
    """Return ``after`` and ``limit`` of a list's query."""
    query = request.query_params
    if set(query) - {"after", "limit"}:
        raise GateError(_BAD)
    after = _read_number(query.get("after", "0"))
    limit = _read_number(query.get("limit", str(MAXIMUM_PAGE)))
    if not 1 <= limit <= MAXIMUM_PAGE:
        raise GateError(_BAD)
    return after, limit


def _read_report_id(request: Request) -> bytes:
    text = request.path_params["report_id"]
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise GateError("gate.not_found")
    return bytes.fromhex(text)


def _read_number(text: str) -> int:
    if not _NUMBER.match(text):
        raise GateError(_BAD)
    return int(text)
