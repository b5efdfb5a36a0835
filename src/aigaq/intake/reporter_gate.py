"""A reporter's side of the gate: uploads that go on after a cut, the promise, the mailbox.

Nothing that the gate says is believed here without a signature: the card is verified under a root
key that the caller has, the promise under the card's log key. Source: spec/gate-api.md, tus 1.0.0.
"""

import hashlib
import io
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import httpx

from aigaq import clock
from aigaq.blobs import remove_durably, write_durably
from aigaq.errors import AigaqError
from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.container import ContainerWriter
from aigaq.sealing.encoding import decode_base64, encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.header import (
    HEADER,
    KEY,
    MANIFEST,
    MAXIMUM_HEADER_BYTES,
    Header,
    parse_header,
    report_id,
)
from aigaq.sealing.mailbox_answer import MailboxAnswer, parse_answer
from aigaq.sealing.mailbox_requests import (
    EXPIRY_HEADER,
    NONCE_HEADER,
    REPORTER_LABEL,
    MailboxRequest,
    RequestTarget,
    build_mailbox_request,
    sign_request,
)
from aigaq.sealing.opening import ContainerSource
from aigaq.sealing.receipt_code import MailboxKeys
from aigaq.sealing.receipts import check_promise, check_promise_term, parse_promise

PART_BYTES = 4 * 1024 * 1024
# The waits between so many tries are 64 seconds in all: a gate frees an upload whose line went
# silent after 60.
TRIES = 8
FIRST_WAIT_SECONDS = 0.5
# The longest answer is a list of missing items; nobody may fill this computer's memory.
MAXIMUM_ANSWER_BYTES = 1024 * 1024
TUS = {"Tus-Resumable": "1.0.0"}
UPLOADS, REPORTS, MAILBOX = "/api/uploads", "/api/reports", "/api/mailbox"
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Answer:
    """What the gate answered, its body whole and within the bounds."""

    status_code: int
    headers: httpx.Headers
    content: bytes


class SendingError(AigaqError):
    """The gate could not be reached, or answered what it should not."""


@dataclass
class Uploads:
    """Where the uploads of one report stand, kept beside its file so that another run goes on.

    The file is readable by its owner alone: who knows an upload's address may write to it.
    """

    path: Path
    report_id: bytes
    draft: bytes
    locations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path, *, report_id: bytes) -> "Uploads":
        """Return what an earlier run left for this report, else a new random draft."""
        path = file.with_name(f"{file.name}.uploads")
        new = cls(path=path, report_id=report_id, draft=secrets.token_bytes(32))
        try:
            form = Form(
                parse_json(path.read_bytes()),
                names=("draft", "locations", "report_id"),
                code="send.bad_state",
            )
            if form.hex("report_id") != report_id:
                return new
            places = form.form("locations", names=form.members["locations"]).members
            locations = {name: str(place) for name, place in places.items()}
            return cls(path, report_id, draft=form.hex("draft"), locations=locations)
        except (OSError, SealingError, TypeError):
            return new

    def keep(self) -> None:
        """Write down where the uploads stand."""
        kept = {
            "draft": self.draft.hex(),
            "locations": self.locations,
            "report_id": self.report_id.hex(),
        }
        write_durably(self.path, build_json(kept))

    def forget(self) -> None:
        """Remove what was written down."""
        remove_durably(self.path)


class ReporterGate:
    """A session with one gate, as a phone has it. Use it in a ``with`` block."""

    def __init__(
        self,
        origin: str,
        *,
        tries: int = TRIES,
        timeout_seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Speak with ``origin``; neither proxies from the environment nor redirects count.

        ``transport`` is the desk's way to its gate, when the desk sends.
        """
        self._http = httpx.Client(
            base_url=origin,
            timeout=timeout_seconds,
            trust_env=False,
            follow_redirects=False,
            transport=transport,
            # A packed answer of a few bytes could unpack to more than memory holds.
            headers={"Accept-Encoding": "identity"},
        )
        self._tries = tries
        self._nonce: tuple[bytes, int] | None = None

    def __enter__(self) -> "ReporterGate":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def fetch_card(self, *, root_key: bytes) -> tuple[bytes, Card]:
        """Return the gate's card after it was verified under ``root_key``."""
        answer = self._ask("GET", "/card")
        self._check(answer, wanted=(200,))
        return answer.content, parse_card(answer.content, root_key=root_key)

    def send_report(self, file: BinaryIO, *, uploads: Uploads, card: Card, on: Progress) -> str:
        """Send a container and return the promise, checked under the card.

        ``on`` is told how many more bytes have arrived. What an earlier run sent is not sent
        again. Raises `SendingError` and what `check_promise` raises.
        """
        source = ContainerSource(file)
        header_bytes, header = read_header(source, team_id=card.team_id)
        for again in (False, True):
            for member in header.item_members:
                self._upload(source, name=member.name, uploads=uploads, on=on)
            answer = self._complete(source, header_bytes=header_bytes, draft=uploads.draft)
            if answer.status_code != 404 or again:
                break
            for name in _missing(answer):  # They died meanwhile: begin these again, once.
                uploads.locations.pop(name, None)
        self._check(answer, wanted=(200, 201))
        promise = _text_member(answer, "promise")
        parsed = parse_promise(promise, log_key=card.log_key)
        check_promise(
            parsed,
            team_id=card.team_id,
            log_origin=card.log_origin,
            report_id=report_id(header_bytes),
            commitment=header.commitment,
        )
        check_promise_term(
            parsed, maximum_delay_seconds=card.maximum_delay_seconds, now=clock.now()
        )
        uploads.forget()
        return promise

    def ask_mailbox(
        self, request: MailboxRequest, *, keys: MailboxKeys, card: Card
    ) -> MailboxAnswer:
        """Make one mailbox request and return the answer. Raises `SendingError`, `SealingError`."""
        body = build_mailbox_request(request)
        nonce, expiry = self._nonce or self._fetch_nonce()
        self._nonce = None
        target = RequestTarget(
            label=REPORTER_LABEL,
            team_id=card.team_id,
            gate_origin=card.gate_origin,
            method="POST",
            path=MAILBOX,
        )
        headers = sign_request(
            target,
            key=keys.key,
            body_sha256=hashlib.sha256(body).digest(),
            nonce=nonce,
            expiry=expiry,
        )
        answer = self._ask("POST", MAILBOX, content=body, headers=headers)
        self._check(answer, wanted=(200,))
        self._nonce = _next_nonce(answer)
        return parse_answer(answer.content, identity=keys.identity)

    def _fetch_nonce(self) -> tuple[bytes, int]:
        answer = self._ask("POST", "/api/nonce")
        self._check(answer, wanted=(200,))
        members = _json(answer)
        try:
            return decode_base64(members["nonce"]), int(members["expires_at"])
        except (KeyError, TypeError, ValueError, SealingError):
            raise SendingError("send.bad_answer") from None

    def _upload(
        self, source: ContainerSource, *, name: str, uploads: Uploads, on: Progress
    ) -> None:
        """Bring one member to the gate, part by part, from where it stands there."""
        size, told = source.size(name), 0
        tries = 0
        while True:
            try:
                offset = self._find_offset(name, size=size, uploads=uploads)
                on(max(0, offset - told))
                told = max(told, offset)
                if offset == size:
                    return
                part = source.read_range(name, start=offset, size=PART_BYTES)
                self._patch(uploads.locations[name], offset=offset, part=part)
                tries = 0
            except SendingError as error:
                tries += 1
                if error.code != "send.unreachable" or tries == self._tries:
                    raise
                time.sleep(FIRST_WAIT_SECONDS * 2 ** (tries - 1))

    def _find_offset(self, name: str, *, size: int, uploads: Uploads) -> int:
        """Return where an upload stands at the gate, and make it if it is not there."""
        if name in uploads.locations:
            answer = self._ask("HEAD", uploads.locations[name], headers=TUS)
            if answer.status_code == 200:
                return _number(answer, "Upload-Offset", maximum=size)
            if answer.status_code != 404:
                self._check(answer, wanted=(200,))
        metadata = f"draft {encode_base64(uploads.draft)},member {encode_base64(name.encode())}"
        headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata}
        answer = self._ask("POST", UPLOADS, headers=headers)
        self._check(answer, wanted=(201,))
        location = answer.headers.get("Location", "")
        if not location.startswith(f"{UPLOADS}/"):
            raise SendingError("send.bad_answer")
        uploads.locations[name] = location
        uploads.keep()
        return 0

    def _patch(self, location: str, *, offset: int, part: bytes) -> None:
        headers = TUS | {
            "Content-Type": "application/offset+octet-stream",
            "Upload-Checksum": f"sha256 {encode_base64(hashlib.sha256(part).digest())}",
            "Upload-Offset": str(offset),
        }
        answer = self._ask("PATCH", location, content=part, headers=headers)
        # 409, 423 and 460: another offset, a part still being written, a damaged part. Ask again.
        if answer.status_code in (409, 423, 460):
            raise SendingError("send.unreachable")
        self._check(answer, wanted=(204,))

    def _complete(self, source: ContainerSource, *, header_bytes: bytes, draft: bytes) -> Answer:
        body = io.BytesIO()
        writer = ContainerWriter(body)
        for name in (MANIFEST, KEY, HEADER):
            with source.open(name) as reader:
                data = reader.read() if name != HEADER else header_bytes
            writer.begin(name, size=len(data))
            writer.write(data)
        writer.close()
        headers = {"Content-Type": "application/x-tar", "Aigaq-Draft": encode_base64(draft)}
        tries = 0
        while True:  # The same report gives the same answer, however often it is sent.
            try:
                return self._ask("POST", REPORTS, content=body.getvalue(), headers=headers)
            except SendingError:
                tries += 1
                if tries == self._tries:
                    raise
                time.sleep(FIRST_WAIT_SECONDS * 2 ** (tries - 1))

    def _ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        request = self._http.stream(method, path, content=content, headers=headers)
        try:
            with request as answer:
                body = bytearray()
                for piece in answer.iter_raw():
                    body += piece
                    if len(body) > MAXIMUM_ANSWER_BYTES:
                        raise SendingError("send.bad_answer")
                return Answer(answer.status_code, answer.headers, bytes(body))
        except httpx.InvalidURL:
            raise SendingError("send.bad_gate") from None
        except httpx.HTTPError:
            raise SendingError("send.unreachable") from None

    def _check(self, answer: Answer, *, wanted: tuple[int, ...]) -> None:
        if answer.status_code not in wanted:
            code = str(_json(answer).get("error", "")) if answer.content else ""
            raise SendingError("send.refused", status=answer.status_code, said=code[:64])


def read_header(source: ContainerSource, *, team_id: bytes) -> tuple[bytes, Header]:
    """Return the header file of a container and what it says."""
    with source.open(HEADER) as reader:
        data = reader.read(MAXIMUM_HEADER_BYTES + 1)
    return data, parse_header(data, team_id=team_id)


def _json(answer: Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _text_member(answer: Answer, name: str) -> str:
    value = _json(answer).get(name)
    if not isinstance(value, str):
        raise SendingError("send.bad_answer")
    return value


def _missing(answer: Answer) -> list[str]:
    listed = _json(answer).get("missing")
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def _number(answer: Answer, name: str, *, maximum: int) -> int:
    text = answer.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) <= maximum):
        raise SendingError("send.bad_answer")
    return int(text)


def _next_nonce(answer: Answer) -> tuple[bytes, int] | None:
    try:
        return decode_base64(answer.headers[NONCE_HEADER]), int(answer.headers[EXPIRY_HEADER])
    except (KeyError, ValueError, SealingError):
        return None
