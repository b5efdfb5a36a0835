"""The log as anyone may read it, cosignatures that come in, and what the desk asks of it.

Tiles are sent only as far as the published checkpoint goes. Source: ``spec/log.md``, "Interface".
"""

from typing import Any

from sqlalchemy import Connection, delete, select
from starlette.requests import Request

from aigaq.gate.answers import Answer, bytes_answer, empty_answer, json_answer
from aigaq.gate.bodies import read_body
from aigaq.gate.desk import read_form, read_page
from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate
from aigaq.gate.log_batches import find_indexes, queue_entry
from aigaq.gate.log_cosignatures import find_cosigned_size, keep_lines, list_valid
from aigaq.gate.log_tables import cosignatures, log_chaff
from aigaq.gate.signed_requests import read_desk_request, read_fetch_request
from aigaq.sealing.card import Card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.log_entries import PUBLIC_KINDS, build_blinded, build_public
from aigaq.tlog import (
    Ed25519Verifier,
    Note,
    SignatureLine,
    SignedCheckpoint,
    TlogError,
    add_signatures,
    open_checkpoint,
    parse_signature_lines,
    parse_tile_path,
    read_checkpoint,
    read_tile,
)
from aigaq.tlog.notes import MAXIMUM_NOTE_BYTES
from aigaq.tlog.tiles import covers
from aigaq.tlog.writer import CHECKPOINT

_PLAIN = "text/plain; charset=utf-8"
_MAXIMUM_BODY_BYTES = 96 * 1024
_MAXIMUM_HEADS = 16
_MAXIMUM_VALUES = 500
_MAXIMUM_TEXT_BYTES = 80 * 1024


async def get_checkpoint(gate: Gate, request: Request) -> Answer:
    """Return the newest checkpoint with the cosignatures that came for it."""
    signed = await gate.on_disk(lambda: _read_newest(gate))

    def read(connection: Connection) -> list[SignatureLine]:
        size = signed.checkpoint.size
        rows = connection.scalars(select(cosignatures.c.line).where(cosignatures.c.size == size))
        return [line for row in rows for line in parse_signature_lines(row)]

    note = add_signatures(signed.note, await gate.read(read))
    return Answer(note.encode(), media_type=_PLAIN)


async def get_cosigned(gate: Gate, request: Request) -> Answer:
    """Return the newest checkpoint that each cosigner of the card has signed, or the one named."""
    card, by = gate.cards.current.card, request.query_params.get("by")
    note = await gate.read(lambda connection: _find_cosigned(connection, card, by=by))
    if note is None:
        raise GateError("log.not_cosigned")
    return Answer(note.encode(), media_type=_PLAIN)


async def get_tile(gate: Gate, request: Request) -> Answer:
    """Return a tile or an entry bundle that the published checkpoint covers."""
    try:
        tile = parse_tile_path(f"tile/{request.path_params['path']}")
    except TlogError:
        raise GateError("gate.not_found") from None

    def read() -> bytes:
        if not covers(tile, size=_read_newest(gate).checkpoint.size):
            raise GateError("gate.not_found")
        try:
            return read_tile(gate.settings.log, tile)
        except TlogError:  # A partial tile of a size that no checkpoint had.
            raise GateError("gate.not_found") from None

    return bytes_answer(await gate.on_disk(read))


async def post_cosignatures(gate: Gate, request: Request) -> Answer:
    """Keep cosignatures of the card's cosigners over a checkpoint that this log signed."""
    body = await read_body(request, limit=MAXIMUM_NOTE_BYTES)
    card = gate.cards.current.card
    try:
        log = Ed25519Verifier(card.log_origin, card.log_key)
        signed = open_checkpoint(body, origin=card.log_origin, verifiers=[log])
    except TlogError:
        raise GateError("log.no_cosignature") from None
    lines = list_valid(signed, signed.note.signatures, card=card)
    if not lines:
        raise GateError("log.no_cosignature")
    await gate.write(lambda connection: keep_lines(connection, signed, lines, card=card))
    return json_answer({"taken": len(lines)})


async def list_chaff(gate: Gate, request: Request) -> Answer:
    """Return openings of chaff after a number."""
    await read_fetch_request(gate, request)
    after, limit = read_page(request)
    query = select(log_chaff).where(log_chaff.c.number > after).order_by(log_chaff.c.number)

    def read(connection: Connection) -> list[dict[str, Any]]:
        return [
            {
                "number": row.number,
                "salt": encode_base64(row.salt),
                "value": encode_base64(row.value),
            }
            for row in connection.execute(query.limit(limit))
        ]

    return json_answer({"chaff": await gate.read(read)})


async def record_chaff_taken(gate: Gate, request: Request) -> Answer:
    """Erase the openings that the desk has durably."""
    body = await read_desk_request(gate, request, limit=_MAXIMUM_BODY_BYTES)
    up_to = read_form(body, names=("up_to",)).integer("up_to")
    await gate.write(
        lambda connection: connection.execute(delete(log_chaff).where(log_chaff.c.number <= up_to))
    )
    return empty_answer()


async def post_heads(gate: Gate, request: Request) -> Answer:
    """Queue blinded heads of the desk's register and custody."""
    body = await read_desk_request(gate, request, limit=_MAXIMUM_BODY_BYTES)
    heads = _read_values(body, "entries", maximum=_MAXIMUM_HEADS)

    now = gate.now_seconds()

    def queue(connection: Connection) -> None:
        for head in heads:
            queue_entry(connection, build_blinded(head), is_public=False, now_seconds=now)

    await gate.write(queue)
    return empty_answer()


async def post_public(gate: Gate, request: Request) -> Answer:
    """Queue a public entry of the desk."""
    body = await read_desk_request(gate, request, limit=_MAXIMUM_BODY_BYTES)
    form = read_form(body, names=("kind", "text"))
    entry = build_public(
        kind=form.choice("kind", among=PUBLIC_KINDS),
        text=form.text("text", maximum_bytes=_MAXIMUM_TEXT_BYTES, minimum_bytes=1),
    )
    now = gate.now_seconds()
    await gate.write(
        lambda connection: queue_entry(connection, entry, is_public=True, now_seconds=now)
    )
    return empty_answer()


async def get_indexes(gate: Gate, request: Request) -> Answer:
    """Return where blinded values stand in the published log."""
    body = await read_fetch_request(gate, request, limit=_MAXIMUM_BODY_BYTES)
    values = _read_values(body, "values", maximum=_MAXIMUM_VALUES)
    size = (await gate.on_disk(lambda: _read_newest(gate))).checkpoint.size
    found = await gate.read(lambda connection: find_indexes(connection, values, size=size))
    return json_answer({"indexes": found})


def _read_newest(gate: Gate) -> SignedCheckpoint:
    try:
        return read_checkpoint((gate.settings.log / CHECKPOINT).read_bytes())
    except FileNotFoundError:  # The log begins in the first second of a gate.
        raise GateError("gate.not_found") from None


def _find_cosigned(connection: Connection, card: Card, *, by: str | None) -> Note | None:
    """Return the newest note with lines of all cosigners of ``card``, or of ``by`` at least."""
    size = find_cosigned_size(connection, card=card, by=by)
    if size is None:
        return None
    rows = connection.execute(select(cosignatures).where(cosignatures.c.size == size)).all()
    note = read_checkpoint(rows[0].note.encode("utf-8")).note
    return add_signatures(note, [one for row in rows for one in parse_signature_lines(row.line)])


def _read_values(body: bytes, name: str, *, maximum: int) -> tuple[bytes, ...]:
    values = read_form(body, names=(name,)).hexes(name, maximum=maximum)
    if not values:
        raise GateError("gate.bad_request")
    return values
