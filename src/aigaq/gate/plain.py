"""The path without JavaScript: the one place where a story passes through the gate's memory.

It is read as a stream, sealed at once as a report like any other under a 24-digit code that the
gate draws, then overwritten; nothing of it is written before it is sealed. Whoever sends too often,
together with all others (there are no addresses), is told how long to wait. Source:
``spec/gate-api.md``, "The path without JavaScript"; PROTOCOL 7 and 31.
"""

import asyncio
import io
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import Connection, bindparam, insert, update
from starlette.requests import Request

from aigaq.errors import AigaqError
from aigaq.gate.answers import Answer
from aigaq.gate.bodies import blocks
from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate
from aigaq.gate.multipart import MAXIMUM_BODY_BYTES, MAXIMUM_TEXT_BYTES, Form, FormReader
from aigaq.gate.plain_pages import PlainPages
from aigaq.gate.reports import parse_envelope, receive_report
from aigaq.gate.static_bundle import LANGUAGES, choose_language
from aigaq.gate.tables import uploads
from aigaq.sealing.encoding import decode_base64, encode_base64
from aigaq.sealing.envelope import (
    ConsentToSeal,
    ContainerSink,
    ItemToSeal,
    ReportToSeal,
    seal_report,
)
from aigaq.sealing.errors import SealingError
from aigaq.sealing.receipt_code import derive_mailbox_keys, draw_server_code, format_code

TOKEN_FROM_SECONDS = 2
TOKEN_UNTIL_SECONDS = 2 * 3600
BURST = 10
SECONDS_A_REPORT = 6
_SMALL_BODY_BYTES = 4_096
_TEXT_BODY_BYTES = MAXIMUM_TEXT_BYTES + 32 * 1024
#: How many forms are read at once: those with files need memory, so a few slow lines could hold
#: them all. Text has places of its own, and the empty form needs none.
_FILES_AT_ONCE = 4
_TEXTS_AT_ONCE = 64
#: A form has so long to arrive, and a second more for each so many bytes: slower than any phone.
_GRACE_SECONDS = 60
_PACE_BYTES = 1_024
_PURPOSE = "aigaq/form-token/v1"
_STATUS = {"empty": 400, "form": 400, "full": 507, "token": 400, "too_large": 413}


class TokenBucket:
    """How many reports may still come on this path, from everyone together."""

    def __init__(self, *, burst: int = BURST, seconds_each: float = SECONDS_A_REPORT) -> None:
        self._burst = burst
        self._seconds_each = seconds_each
        self._level = float(burst)
        self._looked_at = time.monotonic()

    def seconds_to_wait(self) -> int:
        """Return 0 if one may come now, else how long until then, rounded up."""
        now = time.monotonic()
        refilled = (now - self._looked_at) / self._seconds_each
        self._level = min(self._burst, self._level + refilled)
        self._looked_at = now
        return 0 if self._level >= 1 else int((1 - self._level) * self._seconds_each) + 1

    def take(self) -> None:
        """Count one."""
        self._level -= 1


class PlainPath:
    """The handler of ``POST /plain`` with what it keeps between requests: no word of anyone's."""

    def __init__(self) -> None:
        self._pages = PlainPages()
        self._bucket = TokenBucket()
        self._busy = {_FILES_AT_ONCE: 0, _TEXTS_AT_ONCE: 0}

    async def __call__(self, gate: Gate, request: Request) -> Answer:
        """Answer with the empty form, the code of what was sent, a wait, or what was wrong."""
        language = choose_language(request.headers.get("accept-language", ""))
        size = _read_size(request)
        places = _TEXTS_AT_ONCE if size <= _TEXT_BODY_BYTES else _FILES_AT_ONCE
        is_small = size <= _SMALL_BODY_BYTES
        if not is_small and (wait := self._seconds_to_wait(places)):
            return self._page(gate, "wait", language=language, status=429, seconds=wait)
        with self._counted(places):
            reader: FormReader | None = None
            try:
                reader = FormReader(request.headers.get("content-type", ""))
                async with _within(_GRACE_SECONDS + size / _PACE_BYTES):
                    await _read(request, reader)
                language = _read_language(reader.form) or language
                return await self._answer_form(gate, reader.form, language=language)
            except AigaqError as error:
                return self._error_page(gate, error, language=language)
            finally:
                if reader is not None:
                    reader.form.wipe()

    async def _answer_form(self, gate: Gate, form: Form, *, language: str) -> Answer:
        tokens = form.values("token")
        if not tokens:
            return self._page(
                gate,
                "form",
                language=language,
                token=issue_token(gate),
                questions=self._pages.questions,
                consents=self._pages.consents,
            )
        check_token(gate, tokens[0])
        report = self._read_report(gate, form, language=language)
        if wait := self._bucket.seconds_to_wait():
            return self._page(gate, "wait", language=language, status=429, seconds=wait)
        gate.check_space_for_upload(sum(one.size_bytes for one in report.items))
        self._bucket.take()
        code = await seal_and_receive(gate, report)
        groups = format_code(code).split(" ")
        return self._page(gate, "code", language=language, code_groups=groups)

    def _read_report(self, gate: Gate, form: Form, *, language: str) -> ReportToSeal:
        """Return what the form says. Raises ``plain.form``, or ``plain.empty`` if it is nothing."""
        card = gate.cards.current.card
        answers: list[tuple[int, str]] = []
        for question in self._pages.questions:
            values = [one for one in form.values(f"q{question['number']}") if one.strip()]
            options = question.get("options")
            if options is not None and not set(values) <= set(options):
                raise GateError("plain.form")
            if values:
                answers.append((question["number"], " ".join(values)))
        files = [one for one in form.files if one.name or one.data]
        if not answers and not files:
            raise GateError("plain.empty")
        return ReportToSeal(
            team_id=card.team_id,
            team_recipient=card.team_recipient,
            card_version=card.version,
            language=language,
            made_at=gate.now(),
            answers=answers,
            consents=[
                ConsentToSeal(one["purpose"], one["audience"])
                for one in self._pages.consents
                if form.values(f"c{one['purpose']}.{one['audience']}")
            ],
            items=[
                ItemToSeal(
                    content=_BufferReader(one.data),
                    size_bytes=len(one.data),
                    name=one.name,
                    media_type=one.media_type,
                )
                for one in files
            ],
        )

    def _seconds_to_wait(self, places: int) -> int:
        if self._busy[places] >= places:
            return SECONDS_A_REPORT
        return self._bucket.seconds_to_wait()

    @contextmanager
    def _counted(self, places: int) -> Iterator[None]:
        self._busy[places] += 1
        try:
            yield
        finally:
            self._busy[places] -= 1

    def _error_page(self, gate: Gate, error: AigaqError, *, language: str) -> Answer:
        known = {"gate.full": "full", "report.bad_manifest": "form"}
        what = known.get(error.code, error.code.removeprefix("plain."))
        if what not in _STATUS:
            raise error
        return self._page(gate, "error", language=language, status=_STATUS[what], error=what)

    def _page(
        self, gate: Gate, page: str, *, language: str, status: int = 200, **facts: object
    ) -> Answer:
        card = gate.cards.current.card
        return self._pages.answer(page, card=card, language=language, status=status, **facts)


def issue_token(gate: Gate) -> str:
    """Return a form token: the time, and a mark that only this gate can make over it."""
    now = gate.now_seconds()
    return f"{now}.{encode_base64(gate.nonces.mark(_PURPOSE, now))}"


def check_token(gate: Gate, token: str) -> None:
    """Raise ``plain.token`` unless ``token`` is ours, 2 seconds old and not older than 2 hours."""
    issued, _, mark = token.partition(".")
    if not issued.isascii() or not issued.isdigit() or len(issued) > 12:
        raise GateError("plain.token")
    try:
        given = decode_base64(mark)
    except SealingError:
        raise GateError("plain.token") from None
    age_seconds = gate.now_seconds() - int(issued)
    is_ours = secrets.compare_digest(given, gate.nonces.mark(_PURPOSE, int(issued)))
    if not is_ours or not TOKEN_FROM_SECONDS <= age_seconds <= TOKEN_UNTIL_SECONDS:
        raise GateError("plain.token")


async def seal_and_receive(gate: Gate, report: ReportToSeal) -> str:
    """Seal ``report``, receive it like any other, and return the code that opens its mailbox."""
    code = draw_server_code()
    sink = await gate.on_disk(lambda: _seal(report, code))
    envelope = parse_envelope(sink.body.getvalue(), team_id=report.team_id)
    draft = await _store_items(gate, sink.items) if sink.items else b""
    await receive_report(gate, envelope=envelope, draft=draft)
    return code


class _BufferReader:
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


def _read_size(request: Request) -> int:
    """Return what the form says it weighs; one that does not say may weigh the most."""
    announced = request.headers.get("content-length", "")
    is_number = announced.isascii() and announced.isdigit() and len(announced) <= 15
    return min(int(announced), MAXIMUM_BODY_BYTES) if is_number else MAXIMUM_BODY_BYTES


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    """Raise ``gate.too_slow`` when what is inside takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise GateError("gate.too_slow") from None


async def _read(request: Request, reader: FormReader) -> None:
    size = 0
    async for block in blocks(request):
        size += len(block)
        if size > MAXIMUM_BODY_BYTES:
            raise GateError("plain.too_large")
        reader.feed(block)
        block[:] = bytes(len(block))
        await asyncio.sleep(0)
    reader.close()


def _read_language(form: Form) -> str | None:
    chosen = [one for one in form.values("language") if one in LANGUAGES]
    return chosen[0] if chosen else None
