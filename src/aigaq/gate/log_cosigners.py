"""Asks cosigners that have an address in the card, after each publication (`tlog-witness`).

A thread of its own, so that a slow cosigner never holds up the writer: each is asked once for a
head, within a bounded time, and again at the next one. Source: https://c2sp.org/tlog-witness.
"""

import logging
import threading
import time

import httpx
from sqlalchemy import func, select

from aigaq.gate.gate import Gate
from aigaq.gate.log_cosignatures import keep_lines, list_valid
from aigaq.gate.log_tables import cosignatures
from aigaq.sealing.witnessing import CardCosigner, read_cosigners
from aigaq.tlog import (
    AddCheckpoint,
    SignedCheckpoint,
    TileTree,
    TlogError,
    build_add_checkpoint,
    parse_signature_lines,
    read_checkpoint,
    read_tile,
)
from aigaq.tlog.text import decode_number
from aigaq.tlog.writer import CHECKPOINT

TIMEOUT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
MAXIMUM_ANSWER_BYTES = 64 * 1024
_AS_IT_IS = {"Accept-Encoding": "identity"}
_log = logging.getLogger("aigaq.gate")


class CosignerCaller:
    """The thread that asks, in the worker that writes the log."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._published = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="cosigners", daemon=True)
        # By address: the size that a cosigner said it knows.
        self._sizes: dict[str, int] = {}

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that a head was published; returns at once."""
        self._published.set()

    def stop(self) -> None:
        """End; what is being asked may run out its time in the background."""
        self._stopped = True
        self._published.set()
        self._thread.join(1.0)

    def _work(self) -> None:
        while True:
            self._published.wait()
            self._published.clear()
            if self._stopped:
                return
            try:
                self._ask_all()
            except Exception as error:
                _log.error("gate.cosigners_failed %s", type(error).__name__)

    def _ask_all(self) -> None:
        card = self._gate.cards.current.card
        asked = [one for one in read_cosigners(card) if one.url is not None]
        if not asked:
            return
        signed = read_checkpoint((self._gate.settings.log / CHECKPOINT).read_bytes())
        with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False) as http:
            for one in asked:
                try:
                    self._ask(http, one, signed)
                except (httpx.HTTPError, TlogError) as error:
                    _log.warning("gate.cosigner_did_not_sign %s", type(error).__name__)

    def _ask(self, http: httpx.Client, cosigner: CardCosigner, signed: SignedCheckpoint) -> None:
        assert cosigner.url is not None  # noqa: S101 - for the type only.
        known = self._sizes.get(cosigner.url, self._find_size(cosigner.name))
        status, body = self._send(http, cosigner.url, signed, old_size=known)
        if status == 409:  # It knows another head than we thought: once more from there.
            known = decode_number(body.decode("ascii", "replace").strip(), code="witness.bad_size")
            if known > signed.checkpoint.size:
                raise TlogError("witness.bad_size")
            status, body = self._send(http, cosigner.url, signed, old_size=known)
        if status != 200:
            raise TlogError("witness.refused", status=status)
        self._sizes[cosigner.url] = signed.checkpoint.size
        card = self._gate.cards.current.card
        answered = parse_signature_lines(body.decode("utf-8", "replace"))
        lines = list_valid(signed, answered, card=card)
        self._gate.writer.submit(
            lambda connection: keep_lines(connection, signed, lines, card=card)
        ).result()

    def _send(
        self, http: httpx.Client, url: str, signed: SignedCheckpoint, *, old_size: int
    ) -> tuple[int, bytes]:
        folder = self._gate.settings.log
        tree = TileTree(size=signed.checkpoint.size, read=lambda tile: read_tile(folder, tile))
        proof = tuple(tree.prove_consistency(old_size)) if old_size else ()
        request = AddCheckpoint(old_size, proof, signed.note.encode())
        end = time.monotonic() + ANSWER_SECONDS
        body = bytearray()
        address = f"{url.rstrip('/')}/add-checkpoint"
        content = build_add_checkpoint(request)
        with http.stream("POST", address, content=content, headers=_AS_IT_IS) as answer:
            # As it is on the line: what would be unpacked first could be of any size.
            for piece in answer.iter_raw():
                body += piece
                if len(body) > MAXIMUM_ANSWER_BYTES or time.monotonic() > end:
                    raise TlogError("witness.bad_answer")
            return answer.status_code, bytes(body)

    def _find_size(self, name: str) -> int:
        newest = select(func.max(cosignatures.c.size)).where(cosignatures.c.name == name)
        with self._gate.readers.connect() as connection:
            return connection.scalar(newest) or 0
