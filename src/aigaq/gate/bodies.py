"""Request bodies: streamed, bounded in bytes and in time, never spooled by somebody else.

Source of the limits: ``spec/gate-api.md``. A slow phone is served for as long as bytes keep coming;
a connection that says nothing is ended (``gate.too_slow``).
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request

from aigaq.gate.errors import GateError

BLOCK_BYTES = 1 << 20
SILENCE_SECONDS = 60
# A slow line's bytes wait no longer in memory, where a kill loses them and many lines fill it.
BLOCK_SECONDS = 1.0
WHOLE_BODY_SECONDS = 300


class Gone(Exception):
    """The client went away before its body was complete."""


def check_length(request: Request, *, limit: int) -> int | None:
    """Return the announced length, if any. Raises ``gate.too_large`` above ``limit``."""
    announced = request.headers.get("content-length")
    if announced is None:
        return None
    if not announced.isascii() or not announced.isdigit() or len(announced) > 15:
        raise GateError("gate.bad_request")
    if int(announced) > limit:
        raise GateError("gate.too_large")
    return int(announced)


async def read_body(request: Request, *, limit: int) -> bytes:
    """Return a body of at most ``limit`` bytes, which must be small enough to hold in memory.

    Raises ``gate.too_large``, ``gate.too_slow`` or `Gone`.
    """
    check_length(request, limit=limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(WHOLE_BODY_SECONDS):
            while True:
                chunk, is_more = await _receive(request)
                size += len(chunk)
                if size > limit:
                    raise GateError("gate.too_large")
                chunks.append(chunk)
                if not is_more:
                    return b"".join(chunks)
    except TimeoutError:
        raise GateError("gate.too_slow") from None


class Line:
    """A body on its way, as another request sees it: how long it is silent, and a way to end it."""

    def __init__(self) -> None:
        # Set when what came has been dealt with.
        self.ended = asyncio.Event()
        # Whether no more bytes will come.
        self.is_over = False
        self._wait: asyncio.Timeout | None = None

    def listen(self, wait: asyncio.Timeout | None) -> None:
        """Take note of the wait for more bytes, or that nobody waits for any now."""
        self._wait = wait

    def cut_if_silent(self, *, seconds: float) -> bool:
        """End the wait with ``gate.too_slow`` if nothing came for so long; tell whether it was."""
        wait, now = self._wait, asyncio.get_running_loop().time()
        silent_until = wait.when() if wait is not None else None
        if wait is None or silent_until is None or wait.expired():
            return False
        if silent_until - now > SILENCE_SECONDS - seconds:
            return False
        wait.reschedule(now)
        return True


async def blocks(request: Request) -> AsyncIterator[bytearray]:
    """Yield the body in blocks of about `BLOCK_BYTES` or `BLOCK_SECONDS`, which may be wiped.

    What came before a cut or a silence is yielded; then `Gone` or ``gate.too_slow`` is raised.
    """
    block = bytearray()
    async for _ in _rounds(request, take=block.extend, line=Line()):
        yield block
        block.clear()


async def pieces(request: Request, *, line: Line | None = None) -> AsyncIterator[list[bytes]]:
    """Yield the body as `blocks` does, each block in the pieces in which it came, uncopied."""
    block: list[bytes] = []
    async for _ in _rounds(request, take=block.append, line=line or Line()):
        yield block
        block.clear()


async def _rounds(
    request: Request, *, take: Callable[[bytes], object], line: Line
) -> AsyncIterator[None]:
    """Give what comes to ``take`` and yield whenever that is a block."""
    loop = asyncio.get_running_loop()
    is_more = True
    while is_more:
        failure: Exception | None = None
        size = 0
        try:
            async with asyncio.timeout(SILENCE_SECONDS) as silence:
                line.listen(silence)
                due = loop.time() + BLOCK_SECONDS
                while is_more and size < BLOCK_BYTES and not (size and loop.time() > due):
                    chunk, is_more = await _receive(request)
                    if chunk:
                        take(chunk)
                        size += len(chunk)
                    silence.reschedule(loop.time() + SILENCE_SECONDS)
        except TimeoutError:
            failure = GateError("gate.too_slow")
        except Gone as gone:
            failure = gone
        finally:
            line.listen(None)
        line.is_over = failure is not None or not is_more
        if size:
            yield
        if failure is not None:
            raise failure


async def _receive(request: Request) -> tuple[bytes, bool]:
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)
