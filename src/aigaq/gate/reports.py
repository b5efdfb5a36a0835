"""`complete`: the one act by which a report begins to exist, and the only acknowledgement.

One transaction makes report, items, mailbox (if new), the queued commitment and the promise as
message 0. Then the promise is signed. The same report id gets the same promise ever after, also
when only its tombstone is left. Source: ``spec/gate-api.md``, "Complete"; PROTOCOL 10, 12, 18, 20.
"""

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from sqlalchemy import Connection, bindparam, delete, insert, select, union_all
from starlette.requests import Request

from aigaq.errors import AigaqError
from aigaq.gate.answers import Answer, json_answer
from aigaq.gate.bodies import check_length, pieces, read_body
from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate
from aigaq.gate.log_tables import log_entries, log_waiting
from aigaq.gate.mailboxes import reuse_mailbox
from aigaq.gate.plain_tokens import FormMark, check_form, spend_form
from aigaq.gate.tables import (
    commitments,
    items,
    mailboxes,
    promises,
    reports,
    tombstones,
    uploads,
)
from aigaq.sealing.container import iterate_container
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import HEADER, KEY, MANIFEST, Header, Member, parse_header, report_id
from aigaq.sealing.log_entries import build_blinded
from aigaq.sealing.mailbox_answer import NO_HASH
from aigaq.tlog import hash_entry

MAXIMUM_BODY_BYTES = 24 * 1024 * 1024
# A body up to here is held in memory while it comes; a larger one waits on disk.
_SMALL_BODY_BYTES = 256 * 1024


class MissingUploadsError(GateError):
    """Items that the header names and that have not come, or not to their end."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("uploads.missing")
        self.names = names


@dataclass(frozen=True)
class Envelope:
    """What `complete` brings: three members, the header of which was checked."""

    id: bytes
    header: Header
    header_bytes: bytes
    manifest: bytes
    key: bytes


@dataclass(frozen=True)
class Received:
    """When a report was received, and whether that was now."""

    at: int
    is_new: bool


async def complete_report(gate: Gate, request: Request) -> Answer:
    """Make a report exist and answer with the promise."""
    envelope = await _read_envelope(gate, request)
    draft = _read_draft(request, envelope.header)
    received = await receive_report(gate, envelope=envelope, draft=draft)
    promise = gate.cards.promise(
        report_id=envelope.id, commitment=envelope.header.commitment, received_at=received.at
    )
    return json_answer({"promise": promise}, status=201 if received.is_new else 200)


async def receive_report(
    gate: Gate, *, envelope: Envelope, draft: bytes, form: FormMark | None = None
) -> Received:
    """Store ``envelope`` with the uploads of ``draft``, durably, unless it was received before.

    Raises for a ``form`` without JavaScript what `check_form` does, if it became a report before.
    """
    arrival = _Arrival(envelope, draft, gate.now_seconds(), form)
    try:
        gate.check_space_for_text(len(envelope.manifest) + len(envelope.header_bytes))
        return await gate.writer.run_in_group(_receive_all, arrival)
    except GateError as error:
        if error.code != "gate.full":
            raise
        # A report that was received stays received, also when there is no room for another.
        known = await gate.read(lambda connection: _Known.look_up(connection, [arrival]))
        if envelope.id not in known.received_at:
            raise
        return Received(known.received_at[envelope.id], is_new=False)


def parse_envelope(body: bytes, *, team_id: bytes) -> Envelope:
    """Return the envelope in ``body``, its header, sizes and hashes checked.

    Raises `AigaqError`: ``container.*`` or ``report.*``.
    """
    members = {
        member.name: member.read()
        for member in iterate_container(io.BytesIO(body), with_items=False)
    }
    header = parse_header(members[HEADER], team_id=team_id)
    listed_manifest, listed_key = header.members[-2:]
    _check_member(listed_manifest, members[MANIFEST])
    _check_member(listed_key, members[KEY])
    return Envelope(
        id=report_id(members[HEADER]),
        header=header,
        header_bytes=members[HEADER],
        manifest=members[MANIFEST],
        key=members[KEY],
    )


def _check_member(listed: Member, data: bytes) -> None:
    if len(data) != listed.size_bytes:
        raise SealingError("report.wrong_size", member=listed.name)
    if hashlib.sha256(data).digest() != listed.sha256:
        raise SealingError("report.wrong_hash", member=listed.name)


async def _read_envelope(gate: Gate, request: Request) -> Envelope:
    team_id = gate.cards.current.card.team_id
    announced = check_length(request, limit=MAXIMUM_BODY_BYTES)
    if announced is not None and announced <= _SMALL_BODY_BYTES:
        return parse_envelope(await read_body(request, limit=_SMALL_BODY_BYTES), team_id=team_id)
    return await _read_large_envelope(gate, request, team_id=team_id)


async def _read_large_envelope(gate: Gate, request: Request, *, team_id: bytes) -> Envelope:
    """Let a large body wait on disk until it is whole, and take them into memory one at a time.

    So many slow phones with long manifests cost disk, not memory. It is sealed; the file has no
    name on disk and is gone with its descriptor.
    """
    gate.check_space_for_text(MAXIMUM_BODY_BYTES)
    flags = os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC
    with os.fdopen(os.open(gate.settings.bodies, flags, 0o600), "r+b") as file:
        size = 0
        async for block in pieces(request):
            block_bytes = sum(map(len, block))
            size += block_bytes
            if size > MAXIMUM_BODY_BYTES:
                raise GateError("gate.too_large")
            gate.check_space_for_text(block_bytes)
            await gate.on_disk(lambda block=block: file.writelines(block))  # type: ignore[misc]

        def parse() -> Envelope:
            file.seek(0)
            return parse_envelope(file.read(), team_id=team_id)

        async with gate.large_bodies:
            return await gate.on_disk(parse)


def _read_draft(request: Request, header: Header) -> bytes:
    if not header.item_members:
        return b""
    try:
        draft = decode_base64(request.headers.get("aigaq-draft", ""))
    except SealingError:
        raise GateError("uploads.bad_metadata") from None
    if len(draft) != 32:
        raise GateError("uploads.bad_metadata")
    return draft


@dataclass(frozen=True)
class _Arrival:
    """An envelope at the door, with the draft of its uploads."""

    envelope: Envelope
    draft: bytes
    now: int
    form: FormMark | None = None


def _receive_all(
    connection: Connection, arrivals: Sequence[_Arrival]
) -> list[Received | AigaqError]:
    """Store what came together, each report once, and say of each when it was received."""
    known = _Known.look_up(connection, arrivals)
    new: list[tuple[_Arrival, list[str]]] = []
    results: list[Received | AigaqError] = []
    for arrival in arrivals:
        received_at = known.received_at.get(arrival.envelope.id)
        if received_at is not None:
            results.append(Received(received_at, is_new=False))
            continue
        try:
            if arrival.form is not None:
                check_form(connection, arrival.form)
            files = _find_items(connection, arrival)
            known.add(arrival)
        except AigaqError as refused:
            results.append(refused)
            continue
        if arrival.form is not None:
            spend_form(connection, arrival.form, now_seconds=arrival.now)
        new.append((arrival, files))
        results.append(Received(arrival.now, is_new=True))
    if known.new_mailboxes:
        connection.execute(insert(mailboxes), known.new_mailboxes)
    for fresh in known.reused_mailboxes:
        reuse_mailbox(connection, fresh)
    if known.new_commitments:
        connection.execute(insert(commitments), known.new_commitments)
        _take_over_posted(connection, known.new_commitments)
    _insert_reports(connection, [arrival for arrival, _ in new], repeated=known.repeated)
    for arrival, files in new:
        _insert_items(connection, arrival.envelope.id, files)
    return results


@dataclass
class _Known:
    """What the gate knows of the ids, mailboxes and commitments of some arrivals."""

    received_at: dict[bytes, int]
    recipients: dict[bytes, str]
    commitments: set[bytes]
    dead: set[bytes]
    new_mailboxes: list[dict[str, object]] = field(default_factory=list)
    reused_mailboxes: list[dict[str, object]] = field(default_factory=list)
    new_commitments: list[dict[str, object]] = field(default_factory=list)
    repeated: set[bytes] = field(default_factory=set)

    @classmethod
    def look_up(cls, connection: Connection, arrivals: Sequence[_Arrival]) -> "_Known":
        ids = [one.envelope.id for one in arrivals]
        keys = [one.envelope.header.mailbox_key for one in arrivals]
        hashes = [one.envelope.header.commitment for one in arrivals]
        received = union_all(
            select(reports.c.id, reports.c.received_at).where(reports.c.id.in_(ids)),
            select(tombstones.c.id, tombstones.c.received_at).where(tombstones.c.id.in_(ids)),
        )
        facts = (mailboxes.c.key, mailboxes.c.recipient, mailboxes.c.is_dead, mailboxes.c.is_reused)
        boxes = connection.execute(select(*facts).where(mailboxes.c.key.in_(keys))).all()
        dead = {row.key for row in boxes if row.is_dead and not row.is_reused}
        queued = select(commitments.c.commitment).where(commitments.c.commitment.in_(hashes))
        logged = {hash_entry(build_blinded(one)): one for one in hashes}
        placed = select(log_entries.c.leaf).where(log_entries.c.leaf.in_(list(logged)))
        return cls(
            received_at={row.id: row.received_at for row in connection.execute(received)},
            recipients={row.key: row.recipient for row in boxes if row.key not in dead},
            dead=dead,
            commitments={
                *connection.scalars(queued),
                *(logged[leaf] for leaf in connection.scalars(placed)),
            },
        )

    def add(self, arrival: _Arrival) -> None:
        """Take note of a new report. Raises ``mailbox.other_recipient`` and notes nothing then."""
        header = arrival.envelope.header
        recipient = self.recipients.get(header.mailbox_key)
        if recipient is not None and recipient != header.mailbox_recipient:
            raise GateError("mailbox.other_recipient")
        if recipient is None:
            self.recipients[header.mailbox_key] = header.mailbox_recipient
            is_reused = header.mailbox_key in self.dead
            boxes = self.reused_mailboxes if is_reused else self.new_mailboxes
            boxes.append(_new_mailbox(header))
        if header.commitment in self.commitments:
            self.repeated.add(arrival.envelope.id)
        else:
            self.commitments.add(header.commitment)
            queued = {"commitment": header.commitment, "queued_at": arrival.now}
            self.new_commitments.append(queued)
        self.received_at[arrival.envelope.id] = arrival.now


def _insert_reports(
    connection: Connection, arrivals: Sequence[_Arrival], *, repeated: set[bytes]
) -> None:
    if not arrivals:
        return
    shared = [
        {
            "id": one.envelope.id,
            "commitment": one.envelope.header.commitment,
            "mailbox_key": one.envelope.header.mailbox_key,
            "received_at": one.now,
        }
        for one in arrivals
    ]
    stored = [
        {
            **facts,
            "is_repeated": one.envelope.id in repeated,
            "header": one.envelope.header_bytes,
            "manifest": one.envelope.manifest,
            "key": one.envelope.key,
        }
        for facts, one in zip(shared, arrivals, strict=True)
    ]
    connection.execute(insert(reports), stored)
    promised = [
        {("report_id" if name == "id" else name): value for name, value in facts.items()}
        for facts in shared
    ]
    connection.execute(insert(promises), promised)


def _take_over_posted(connection: Connection, queued: Sequence[dict[str, object]]) -> None:
    """Let what the desk posted of these reports wait with the promises instead: one entry, once."""
    entries = [build_blinded(cast(bytes, one["commitment"])) for one in queued]
    connection.execute(delete(log_waiting).where(log_waiting.c.entry.in_(entries)))


def _insert_items(connection: Connection, report: bytes, files: list[str]) -> None:
    """Turn finished uploads into the items of a report that was just stored."""
    if not files:
        return
    number = connection.scalar(select(reports.c.number).where(reports.c.id == report))
    rows = [{"report": number, "position": at, "file": one} for at, one in enumerate(files)]
    connection.execute(insert(items), rows)
    taken = [{"taken": one} for one in files]
    connection.execute(delete(uploads).where(uploads.c.id == bindparam("taken")), taken)


def _new_mailbox(header: Header) -> dict[str, object]:
    return {
        "key": header.mailbox_key,
        "recipient": header.mailbox_recipient,
        "first_commitment": header.commitment,
        "to_desk_sequence": 0,
        "to_desk_sha256": NO_HASH,
        "to_reporter_sequence": 0,
        "to_reporter_sha256": NO_HASH,
        "is_dead": False,
    }


def _find_items(connection: Connection, arrival: _Arrival) -> list[str]:
    """Return the file of each item, in order, all of them finished and as the header says."""
    header, draft = arrival.envelope.header, arrival.draft
    if not header.item_members:
        return []
    columns = (uploads.c.id, uploads.c.member, uploads.c.length, uploads.c.sha256)
    of_draft = select(*columns).where(uploads.c.draft == draft, uploads.c.sha256.is_not(None))
    found = {row.member: row for row in connection.execute(of_draft)}
    missing = [one.name for one in header.item_members if one.name not in found]
    if missing:
        raise MissingUploadsError(missing)
    for one in header.item_members:
        row = found[one.name]
        if row.length != one.size_bytes or row.sha256 != one.sha256:
            raise GateError("uploads.wrong_hash")
    return [found[one.name].id for one in header.item_members]
