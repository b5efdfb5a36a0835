"""Sealing a form without JavaScript into a report, in memory, and receiving that report.

Source: ``spec/gate-api.md``, "The path without JavaScript"; PROTOCOL 7.
"""

import io
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, update

from aigaq.gate.gate import Gate
from aigaq.gate.plain_tokens import FormMark
from aigaq.gate.reports import parse_envelope, receive_report
from aigaq.gate.tables import uploads
from aigaq.sealing.envelope import ContainerSink, ReportToSeal, seal_report
from aigaq.sealing.receipt_code import derive_mailbox_keys


class BufferReader:
    """Reads a buffer without keeping a second copy of it, which nobody could wipe."""

    def __init__(self, data: bytearray) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        end = len(self._data) if size < 0 else self._at + size
        piece = bytes(self._data[self._at : end])
        self._at += len(piece)
        return piece


async def seal_and_receive(gate: Gate, report: ReportToSeal, *, code: str, form: FormMark) -> None:
    """Seal ``report`` under ``code`` and receive it like any other, but each form once.

    Raises what `check_form` does if the form became a report since it was looked for.
    """
    sink = await gate.on_disk(lambda: _seal(report, code))
    envelope = parse_envelope(sink.body.getvalue(), team_id=report.team_id)
    draft = await _store_items(gate, sink.items) if sink.items else b""
    await receive_report(gate, envelope=envelope, draft=draft, form=form)


class _MemorySink:
    """Sealed items, each by itself, and the other members as a container."""

    def __init__(self) -> None:
        self.items: list[tuple[str, bytearray]] = []
        self.body = io.BytesIO()
        self._container = ContainerSink(self.body)
        self._item: bytearray | None = None

    def begin(self, name: str, *, size: int) -> None:
        """Begin a member; items stand before all others."""
        self._item = bytearray() if name.startswith("item-") else None
        if self._item is None:
            self._container.begin(name, size=size)
        else:
            self.items.append((name, self._item))

    def write(self, data: bytes, /) -> int:
        """Take the next bytes."""
        if self._item is None:
            return self._container.write(data)
        self._item += data
        return len(data)

    def close(self) -> None:
        """End the container."""
        self._container.close()


def _seal(report: ReportToSeal, code: str) -> _MemorySink:
    sink = _MemorySink()
    keys = derive_mailbox_keys(code, team_id=report.team_id)
    seal_report(report, keys=keys, sink=sink)
    return sink


async def _store_items(gate: Gate, sealed: Sequence[tuple[str, bytearray]]) -> bytes:
    """Make sealed items durable as finished uploads of a draft of their own; return the draft."""
    draft = secrets.token_bytes(32)
    now = gate.now_seconds()
    rows = [
        {
            "id": secrets.token_urlsafe(32),
            "draft": draft,
            "member": name,
            "length": len(data),
            "created_at": now,
        }
        for name, data in sealed
    ]

    def store() -> list[dict[str, object]]:
        ends: list[dict[str, object]] = []
        for row, (_, data) in zip(rows, sealed, strict=True):
            part = gate.files.open_part(str(row["id"]), offset=0)
            try:
                part.write(data)
                part.sync()
                ends.append({"of": row["id"], "sha256": part.sha256()})
            finally:
                part.close()
        return ends

    def begin(connection: Connection) -> None:
        connection.execute(insert(uploads), rows)

    await gate.write(begin)
    ends = await gate.on_disk(store)

    def finish(connection: Connection) -> None:
        connection.execute(update(uploads).where(uploads.c.id == bindparam("of")), ends)

    await gate.write(finish)
    return draft
