"""A tlog-witness: cosigns what a log hands over, once its proof holds.

Source: https://c2sp.org/tlog-witness. One log, that of the card. `Memory` takes one request at a
time and remembers durably before the answer is made. A head that contradicts the remembered one is
kept as an alarm, with both. Nothing is signed (503) while the log withholds what its heads stand
for, as the rounds of a `Watcher` beside this server see it.
"""

import hashlib
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aigaq.clock import Clock, now
from aigaq.sealing.card import Card
from aigaq.tlog import (
    Cosigner,
    Ed25519Verifier,
    Memory,
    SignedCheckpoint,
    TlogError,
    keep_lines,
    open_note,
    parse_add_checkpoint,
    read_checkpoint,
)
from aigaq.tlog.notes import MAXIMUM_NOTE_BYTES
from aigaq.watching.store import Store

MAXIMUM_BODY_BYTES = MAXIMUM_NOTE_BYTES + 8_192
_SIZE_TYPE = "text/x.tlog.size"


class Witness:
    """Answers add-checkpoint requests. ``card_of`` gives the card as it is followed.

    ``store_of`` gives the store of that card's log, which is another one under a new log key.
    """

    def __init__(
        self,
        *,
        card_of: Callable[[], Card],
        cosigner: Cosigner,
        memory: Memory,
        store_of: Callable[[], Store],
        clock: Clock = now,
    ) -> None:
        self._card_of = card_of
        self._cosigner = cosigner
        self._memory = memory
        self._store_of = store_of
        self._clock = clock

    def add(self, body: bytes) -> tuple[int, bytes, str]:
        """Return status, body and media type of the answer to one request."""
        card = self._card_of()
        log = Ed25519Verifier(card.log_origin, card.log_key)
        try:
            asked = parse_add_checkpoint(body)
            signed = read_checkpoint(asked.checkpoint)
        except TlogError:
            return _answer(400)
        if signed.checkpoint.origin != card.log_origin:
            return _answer(404)
        try:
            open_note(signed.note, verifiers=[log])
        except TlogError:
            return _answer(403)
        if asked.old_size > signed.checkpoint.size:
            return _answer(400)
        if self._store_of().read_state().is_withholding:
            return _answer(503)
        bare = SignedCheckpoint(signed.checkpoint, keep_lines(signed.note, verifiers=[log]))
        try:
            self._memory.advance(bare, proof=asked.proof, old_size=asked.old_size)
        except TlogError as error:
            return self._refuse(error, bare)
        lines = self._cosigner.cosign(bare.checkpoint, at=int(self._clock().timestamp()))
        return 200, "".join(map(str, lines)).encode("utf-8"), "text/plain; charset=utf-8"

    def _refuse(self, error: TlogError, served: SignedCheckpoint) -> tuple[int, bytes, str]:
        known = self._memory.get(served.checkpoint.origin)
        size = known.checkpoint.size if known is not None else 0
        if error.code == "witness.other_size":
            return 409, f"{size}\n".encode("ascii"), _SIZE_TYPE
        if error.code != "log.forked":  # Anyone can send a wrong proof: it shows nothing.
            return _answer(422)
        files = {"served.checkpoint": served.note.encode()}
        if known is not None:
            files["remembered.checkpoint"] = known.note.encode()
        store = self._store_of()
        store.create()
        store.raise_alarm(
            "log.forked",
            at=self._clock(),
            mark=hashlib.sha256(served.note.text.encode()).hexdigest(),
            details={"known": str(size), "size": str(served.checkpoint.size)},
            files=files,
        )
        return 409, f"{size}\n".encode("ascii"), _SIZE_TYPE


def build_witness_app(witness: Witness) -> Starlette:
    """Return the witness as an ASGI application."""

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MAXIMUM_BODY_BYTES:
                return Response(status_code=400)
        status, data, kind = await run_in_threadpool(witness.add, bytes(body))
        return Response(data, status_code=status, headers={"content-type": kind})

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])


def _answer(status: int) -> tuple[int, bytes, str]:
    return status, b"", "text/plain; charset=utf-8"
