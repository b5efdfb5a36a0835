"""The path without JavaScript: the one place where a story passes through the gate's memory.

It is read as a stream, sealed at once as a report like any other under a 24-digit code, then
overwritten; nothing of it is written before it is sealed. Whatever is wrong, the answer is the form
with all words in it, and what to do. Whoever sends too often, together with all others (there are
no addresses), is told how long to wait. Source: ``spec/gate-api.md``, "The path without
JavaScript"; PROTOCOL 7 and 31.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.requests import Request

from aigaq.errors import AigaqError
from aigaq.gate.answers import Answer
from aigaq.gate.bodies import Gone, blocks
from aigaq.gate.errors import GateError, status_of
from aigaq.gate.gate import Gate
from aigaq.gate.multipart import MAXIMUM_BODY_BYTES, MAXIMUM_TEXT_BYTES, Form, FormFile, FormReader
from aigaq.gate.plain_pages import PlainPages
from aigaq.gate.plain_sending import BufferReader, seal_and_receive
from aigaq.gate.plain_tokens import (
    CODE_AGAIN_SECONDS,
    RepeatedFormError,
    Token,
    check_form,
    check_token,
    make_code,
    make_token,
    mark_form,
    renew_token,
)
from aigaq.gate.static_bundle import LANGUAGES, choose_language
from aigaq.sealing.envelope import ConsentToSeal, ItemToSeal, ReportToSeal
from aigaq.sealing.receipt_code import format_code

BURST = 10
SECONDS_A_REPORT = 6
_SMALL_BODY_BYTES = 4_096
_TEXT_BODY_BYTES = MAXIMUM_TEXT_BYTES + 32 * 1024
#: So much of a body is read to its end though it is too large, since a browser shows no answer to
#: what it could not send: a video of some minutes. It costs time and no memory.
_READ_TO_THE_END_BYTES = 512 * 1024 * 1024
#: How many forms are read at once: those with files need memory, so a few slow lines could hold
#: them all. Text has places of its own, and so has text whose files find none. The empty form needs
#: none.
_FILES_AT_ONCE = 4
_TEXTS_AT_ONCE = 64
_WITHOUT_THEIR_FILES_AT_ONCE = 32
#: A form has so long to arrive, and a second more for each so many bytes: slower than any phone.
_GRACE_SECONDS = 60
_PACE_BYTES = 1_024
#: What a report weighs beside its words.
_ENVELOPE_BYTES = 16 * 1024
#: Which text says what is wrong: ``plain.error.<…>``.
_NOTICES = {
    "gate.full": "full",
    "plain.early": "early",
    "plain.empty": "empty",
    "plain.form": "form",
    "plain.token": "token",
    "plain.too_large": "too_large",
    "plain.used": "used",
    "plain.wait": "wait",
    "report.bad_manifest": "form",
}
_log = logging.getLogger("aigaq.gate")


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


class _Places:
    """How many forms of a kind are being read, and how many may be."""

    def __init__(self, count: int) -> None:
        self._free = count

    @property
    def are_taken(self) -> bool:
        return self._free <= 0

    @contextmanager
    def take(self) -> Iterator[None]:
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class PlainPath:
    """The handler of ``POST /plain`` with what it keeps between requests: no word of anyone's."""

    def __init__(self) -> None:
        self._pages = PlainPages()
        self._bucket = TokenBucket()
        self._files = _Places(_FILES_AT_ONCE)
        self._texts = _Places(_TEXTS_AT_ONCE)
        self._without_files = _Places(_WITHOUT_THEIR_FILES_AT_ONCE)

    async def __call__(self, gate: Gate, request: Request) -> Answer:
        """Answer with the empty form, the code of what was sent, or the form as it came."""
        language = choose_language(request.headers.get("accept-language", ""))
        size = _read_size(request)
        places = self._choose_places(size)
        if places.are_taken and size > _SMALL_BODY_BYTES:
            refused = GateError("plain.wait", seconds=SECONDS_A_REPORT)
            return self._give_back(gate, refused, reader=None, language=language)
        with places.take():
            reader: FormReader | None = None
            try:
                keeps_files = places is not self._without_files
                content_type = request.headers.get("content-type", "")
                reader = FormReader(content_type, keeps_files=keeps_files)
                async with _within(_GRACE_SECONDS + size / _PACE_BYTES):
                    await _read(request, reader)
                language = _read_language(reader.form) or language
                return await self._answer_form(gate, reader, language=language)
            except Gone:
                raise
            except Exception as error:
                if reader is not None:
                    language = _read_language(reader.form) or language
                return self._give_back(gate, error, reader=reader, language=language)
            finally:
                if reader is not None:
                    reader.form.wipe()

    def _choose_places(self, size: int) -> _Places:
        if size <= _TEXT_BODY_BYTES:
            return self._texts
        is_hopeless = size > MAXIMUM_BODY_BYTES or self._bucket.seconds_to_wait()
        return self._without_files if is_hopeless or self._files.are_taken else self._files

    async def _answer_form(self, gate: Gate, reader: FormReader, *, language: str) -> Answer:
        form = reader.form
        tokens = form.values("token")
        if not tokens and all(name == "language" for name, _ in form.fields):
            return self._form_page(gate, token=make_token(gate), language=language)
        token = check_token(gate, tokens[0] if tokens else "")
        if reader.has_files and not reader.keeps_files:
            raise GateError(
                "plain.wait", seconds=self._bucket.seconds_to_wait() or SECONDS_A_REPORT
            )
        report = self._read_report(gate, form, language=language)
        try:
            await self._send(gate, report, token=token, form=form)
        except RepeatedFormError as repeated:
            if gate.now_seconds() - repeated.received_at > CODE_AGAIN_SECONDS:
                return self._page(gate, "repeated", language=language, status=status_of(repeated))
        groups = format_code(make_code(gate, token)).split(" ")
        return self._page(gate, "code", language=language, code_groups=groups)

    async def _send(self, gate: Gate, report: ReportToSeal, *, token: Token, form: Form) -> None:
        """Make ``report`` a report, or raise what is against it."""
        mark = await gate.on_disk(lambda: mark_form(token, report=report, files=_list_files(form)))
        await gate.read(lambda connection: check_form(connection, mark))
        if wait := self._bucket.seconds_to_wait():
            raise GateError("plain.wait", seconds=wait)
        if report.items:
            gate.check_space_for_upload(sum(one.size_bytes for one in report.items))
        else:
            gate.check_space_for_text(form.text_bytes + _ENVELOPE_BYTES)
        self._bucket.take()
        await seal_and_receive(gate, report, code=make_code(gate, token), form=mark)

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
        files = _list_files(form)
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
                    content=BufferReader(one.data),
                    size_bytes=len(one.data),
                    name=one.name,
                    media_type=one.media_type,
                )
                for one in files
            ],
        )

    def _give_back(
        self, gate: Gate, error: Exception, *, reader: FormReader | None, language: str
    ) -> Answer:
        """Return the form with what came in it, and what is wrong with it on top."""
        if not isinstance(error, AigaqError):
            # The kind alone: a message could quote what somebody wrote.
            _log.error("gate.internal %s", type(error).__name__)
            error = GateError("gate.internal")
        given = {} if reader is None else reader.form.read_back()
        before = given.get("token", [""])[0]
        return self._form_page(
            gate,
            token=renew_token(gate, before, is_used=error.code == "plain.used"),
            language=language,
            status=status_of(error),
            notice=_NOTICES.get(error.code, "failed"),
            given=given,
            seconds=error.context.get("seconds", 0),
            has_words=any(name[:1] == "q" and "".join(given[name]).strip() for name in given),
            is_lost=not given,
            has_files=reader is not None and reader.has_files,
            is_cut=reader is not None and reader.is_cut,
        )

    def _form_page(
        self,
        gate: Gate,
        *,
        token: str,
        language: str,
        status: int = 200,
        notice: str = "",
        given: dict[str, list[str]] | None = None,
        **facts: object,
    ) -> Answer:
        return self._page(
            gate,
            "form",
            language=language,
            status=status,
            token=token,
            notice=notice,
            given=given or {},
            **facts,
            questions=self._pages.questions,
            consents=self._pages.consents,
        )

    def _page(
        self, gate: Gate, page: str, *, language: str, status: int = 200, **facts: object
    ) -> Answer:
        card = gate.cards.current.card
        return self._pages.answer(page, card=card, language=language, status=status, **facts)


def _list_files(form: Form) -> list[FormFile]:
    return [one for one in form.files if one.name or one.data]


def _read_size(request: Request) -> int:
    """Return what the form says it weighs; one that does not say may weigh the most."""
    announced = request.headers.get("content-length", "")
    is_number = announced.isascii() and announced.isdigit() and len(announced) <= 15
    return min(int(announced), MAXIMUM_BODY_BYTES + 1) if is_number else MAXIMUM_BODY_BYTES


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    """Raise ``gate.too_slow`` when what is inside takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise GateError("gate.too_slow") from None


async def _read(request: Request, reader: FormReader) -> None:
    """Read the body to its end, also when it is refused: only then does a browser see why."""
    size = 0
    refused: GateError | None = None
    async for block in blocks(request):
        size += len(block)
        if size > _READ_TO_THE_END_BYTES:
            raise GateError("plain.too_large")
        if refused is None:
            try:
                reader.feed(block)
            except GateError as error:
                refused = error
        block[:] = bytes(len(block))
        await asyncio.sleep(0)
    if refused is not None:
        raise refused
    reader.close()


def _read_language(form: Form) -> str | None:
    chosen = [one for one in form.read_back().get("language", []) if one in LANGUAGES]
    return chosen[0] if chosen else None
