"""Request bodies: streamed, bounded in bytes and in time, never spooled by somebody else.

Source of the limits: ``spec/gate-api.md``. A slow phone is served for as long as bytes keep coming;
a connection that says nothing is ended (``gate.too_slow``).
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request

from aigaq.gate.errors import GateError

BLOCK_BYTES = 1 << 20
SILENCE_SECONDS = 60
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


async def blocks(request: Request) -> AsyncIterator[bytearray]:
    """Yield the body in blocks of about `BLOCK_BYTES`, each a buffer of its own.

    What came before a cut or a silence is yielded; then `Gone` or ``gate.too_slow`` is raised.
    """
    loop = asyncio.get_running_loop()
    block = bytearray()
    is_more = True
    while is_more:
        failure: Exception | None = None
        try:
            async with asyncio.timeout(SILENCE_SECONDS) as silence:
                while is_more and len(block) < BLOCK_BYTES:
                    chunk, is_more = await _receive(request)
                    block += chunk
                    silence.reschedule(loop.time() + SILENCE_SECONDS)
        except TimeoutError:
            failure = GateError("gate.too_slow")
        except Gone as gone:
            failure = gone
        if block:
            yield block
            block = bytearray()
        if failure is not None:
            raise failure


async def _receive(request: Request) -> tuple[bytes, bool]:
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)
