"""Speaks with the gate, and believes nothing it says.

Signed requests under the fetch key (locked desk) or the desk key (open desk); nonces are carried on
from answer to answer. Every answer has a limit in bytes, a time limit and a lowest pace. What the
gate says is checked for its form here and for its truth by whoever uses it. Source:
spec/gate-api.md.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.errors import AigaqError
from aigaq.intake.errors import GateError
from aigaq.intake.paced_line import GRACE_SECONDS, PacedTransport
from aigaq.intake.way import DESK, STRANGER, find_proxy
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.encoding import decode_base64, encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.mailbox_requests import (
    DESK_LABEL,
    MAXIMUM_CIPHERTEXT_BYTES,
    RequestTarget,
    sign_request,
)
from aigaq.watching.phone import PHONE, Asking, Page

MAX_JSON_BYTES = 64 * 1024 * 1024
MAX_PUBLIC_BYTES = 4 * 1024 * 1024
MAX_NONCE_BYTES = 4 * 1024
#: What the gate says has ids, hashes, names of our own and base64: no letter of it is escaped.
HALF_LETTER = re.compile(rb"\\u[dD]")
#: Commas and opening brackets of the longest list: `PAGE_REPORTS` of 10,003 members each, and some.
MAX_JSON_PARTS = 1_000_000
PAGE_REPORTS = 20
PAGE_MESSAGES = 200
PAGE_CHAFF = 200
BAD = "gate.bad_answer"


@dataclass(frozen=True)
class ListedMember:
    """One member as the gate lists it."""

    name: str
    sha256: bytes
    size_bytes: int


@dataclass(frozen=True)
class ListedReport:
    """One report as the gate lists it."""

    number: int
    report_id: bytes
    received_at: datetime
    members: tuple[ListedMember, ...]


@dataclass(frozen=True)
class ListedMessage:
    """One message to the desk as the gate hands it over."""

    number: int
    mailbox_key: bytes
    sequence: int
    previous: bytes
    ciphertext: bytes
    received_at: datetime


@dataclass(frozen=True)
class ListedChaff:
    """One opening of chaff as the gate hands it over."""

    number: int
    salt: bytes
    value: bytes


class GateClient:
    """A session with one gate under one key. Use it in a ``with`` block."""

    def __init__(
        self,
        *,
        origin: str,
        team_id: bytes,
        key: Ed25519PrivateKey,
        timeout_seconds: float = 30.0,
        grace_seconds: float = GRACE_SECONDS,
        purpose: str = DESK,
    ) -> None:
        self._origin = origin
        self._team_id = team_id
        self._key = key
        self._nonce: tuple[bytes, int] | None = None
        # No redirects, and no other proxy than our own setting: the card names the one origin.
        self._http = httpx.Client(
            base_url=origin,
            timeout=timeout_seconds,
            trust_env=False,
            follow_redirects=False,
            transport=PacedTransport(
                proxy=find_proxy(origin=origin, purpose=purpose), grace_seconds=grace_seconds
            ),
        )

    def __enter__(self) -> "GateClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def list_reports(self, *, after: int) -> list[ListedReport]:
        """Return the next reports behind number ``after``, an empty list at the end."""
        path = f"/api/desk/reports?after={after}&limit={PAGE_REPORTS}"
        form = Form(self._ask_json("GET", path), names=("reports",), code=BAD)
        return [_read_report(one) for one in form.values("reports", maximum=PAGE_REPORTS)]

    def list_messages(self, *, after: int) -> list[ListedMessage]:
        """Return the next messages behind number ``after``, an empty list at the end."""
        path = f"/api/desk/messages?after={after}&limit={PAGE_MESSAGES}"
        form = Form(self._ask_json("GET", path), names=("messages",), code=BAD)
        return [_read_message(one) for one in form.values("messages", maximum=PAGE_MESSAGES)]

    @contextmanager
    def read_member(self, *, report_id: bytes, name: str, start: int) -> Iterator[Iterator[bytes]]:
        """Give the bytes of a member from ``start`` on, as they come."""
        path = f"/api/desk/reports/{report_id.hex()}/{name}"
        extra = {"Range": f"bytes={start}-"} if start else {}
        with self._send("GET", path, extra=extra) as answer:
            if answer.status_code != (206 if start else 200):
                raise GateError("gate.member_refused", status=answer.status_code)
            yield _guard(answer.iter_raw())

    def confirm_message(self, *, number: int) -> None:
        """Tell the gate that the desk has a message durably."""
        self._ask("POST", f"/api/desk/messages/{number}/done", good=(200, 204, 404))

    def confirm_safe(self, *, report_id: bytes) -> None:
        """Tell the gate that a report is safe, so that it erases its copy; again is no harm.

        A gate that took the place of a seized one never had it, and has nothing to erase.
        """
        self._ask("POST", f"/api/desk/reports/{report_id.hex()}/safe", good=(200, 204, 404))

    def deliver(
        self, *, mailbox_key: bytes, ciphertext: bytes, previous: bytes, sequence: int
    ) -> str:
        """Hand a message over for a reporter; return taken, repeated or out_of_order."""
        body = {
            "ciphertext": encode_base64(ciphertext),
            "mailbox_key": encode_base64(mailbox_key),
            "previous": previous.hex(),
            "sequence": sequence,
        }
        answer = self._ask_json("POST", "/api/desk/mailboxes", body=body)
        form = Form(answer, names=("head", "result"), code=BAD)
        return form.choice("result", among=("taken", "repeated", "out_of_order"))

    def list_unread(self, *, mailbox_key: bytes) -> frozenset[int]:
        """Return the numbers of the desk's messages that she has not confirmed yet."""
        body = {"mailbox_key": encode_base64(mailbox_key)}
        answer = self._ask_json("POST", "/api/desk/mailboxes/heads", body=body)
        unread = Form(answer, names=("to_desk", "to_reporter", "unread"), code=BAD).members[
            "unread"
        ]
        if not isinstance(unread, list) or not all(type(one) is int for one in unread):
            raise GateError(BAD)
        return frozenset(unread)

    def rebind(self, *, rebind: str) -> None:
        """Make the new mailbox and end the old one, as the signed text says."""
        self._ask("POST", "/api/desk/rebind", body=_dump({"rebind": rebind}), good=(200, 201, 204))

    def publish_card(self, *, card: bytes) -> None:
        """Put the team card at the gate."""
        self._ask("PUT", "/api/desk/card", body=card, good=(200, 204))

    def post_heads(self, values: Sequence[bytes]) -> None:
        """Queue 1 to 16 blinded values for the log; again is no harm."""
        body = {"entries": [one.hex() for one in values]}
        self._ask("POST", "/api/desk/log/heads", body=_dump(body), good=(200, 204))

    def post_public(self, *, kind: str, text: str) -> None:
        """Queue a public entry for the log; again is no harm."""
        body = {"kind": kind, "text": text}
        self._ask("POST", "/api/desk/log/public", body=_dump(body), good=(200, 204))

    def find_indexes(self, values: Sequence[bytes]) -> tuple[int | None, ...]:
        """Return where 1 to 500 blinded values stand in the published log, as the gate says."""
        body = {"values": [one.hex() for one in values]}
        answer = self._ask_json("POST", "/api/desk/log/indexes", body=body)
        said = Form(answer, names=("indexes",), code=BAD).members["indexes"]
        if not isinstance(said, list) or len(said) != len(values):
            raise GateError(BAD)
        if not all(one is None or (type(one) is int and 0 <= one < 2**53) for one in said):
            raise GateError(BAD)
        return tuple(said)

    def list_chaff(self, *, after: int) -> list[ListedChaff]:
        """Return the next openings of chaff behind number ``after``, none at the end."""
        path = f"/api/desk/log/chaff?after={after}&limit={PAGE_CHAFF}"
        form = Form(self._ask_json("GET", path), names=("chaff",), code=BAD)
        listed = form.forms("chaff", names=("number", "salt", "value"), maximum=PAGE_CHAFF)
        return [
            ListedChaff(one.integer("number"), one.base64("salt"), one.base64("value"))
            for one in listed
        ]

    def confirm_chaff(self, *, up_to: int) -> None:
        """Tell the gate that the desk has these openings durably, so that it erases them."""
        self._ask("POST", "/api/desk/log/chaff/done", body=_dump({"up_to": up_to}), good=(200, 204))

    def _ask_json(self, method: str, path: str, *, body: dict[str, Any] | None = None) -> Any:
        raw = b"" if body is None else _dump(body)
        return _load(self._ask(method, path, body=raw, good=(200, 201)))

    def _ask(self, method: str, path: str, *, body: bytes = b"", good: tuple[int, ...]) -> bytes:
        with self._send(method, path, body=body) as answer:
            if answer.status_code not in good:
                raise _refusal(answer)
            return _read_limited(answer, limit=MAX_JSON_BYTES)

    @contextmanager
    def _send(
        self, method: str, path: str, *, body: bytes = b"", extra: dict[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        headers = self._sign(method, path, body) | {"Accept-Encoding": "identity"} | (extra or {})
        if body:
            headers["Content-Type"] = "application/json"
        try:
            with self._http.stream(method, path, content=body or None, headers=headers) as answer:
                self._keep_nonce(answer)
                yield answer
        except httpx.HTTPError as error:
            raise _lost(error) from None

    def _sign(self, method: str, path: str, body: bytes) -> dict[str, str]:
        nonce, expiry = self._take_nonce()
        target = RequestTarget(
            label=DESK_LABEL,
            team_id=self._team_id,
            gate_origin=self._origin,
            method=method,
            path=path,
        )
        digest = hashlib.sha256(body).digest()
        return sign_request(target, key=self._key, body_sha256=digest, nonce=nonce, expiry=expiry)

    def _take_nonce(self) -> tuple[bytes, int]:
        kept, self._nonce = self._nonce, None
        if kept is not None:
            return kept
        try:
            headers = {"Accept-Encoding": "identity"}
            with self._http.stream("POST", "/api/nonce", headers=headers) as answer:
                data = _read_limited(answer, limit=MAX_NONCE_BYTES)
            form = Form(_load(data), names=("expires_at", "nonce"), code=BAD)
            return form.base64("nonce"), form.integer("expires_at", minimum=1)
        except httpx.HTTPError as error:
            raise _lost(error) from None
        except SealingError:
            raise GateError(BAD) from None

    def _keep_nonce(self, answer: httpx.Response) -> None:
        try:
            nonce = decode_base64(answer.headers["Aigaq-Nonce"])
            expiry = int(answer.headers["Aigaq-Expiry"])
        except (KeyError, ValueError, AigaqError):
            return
        if len(nonce) == 32 and 0 < expiry < 2**53:
            self._nonce = (nonce, expiry)


def read_public(*, origin: str, path: str, timeout_seconds: float = 30.0) -> bytes:
    """Return what any stranger gets at ``path``: no key, no cookie, no header of ours.

    It is asked for unpacked: a packed answer of a few bytes could unpack to more than memory holds.
    Raises `GateError`: ``gate.unreachable``, ``gate.too_slow``, ``gate.bad_answer``.
    """
    headers = PHONE | {"Accept-Encoding": "identity"}
    page = _ask_as_stranger(
        "GET", path, origin=origin, headers=headers, timeout_seconds=timeout_seconds
    )
    if page.packing:
        raise GateError(BAD)
    return page.body


def read_document(*, origin: str, asking: Asking) -> Page:
    """Return the reporters' page as a phone gets it, on first coming or after choosing a language.

    Raises as `read_public` does.
    """
    headers = asking.build_headers(origin=origin)
    return _ask_as_stranger(asking.method, "/", origin=origin, headers=headers, form=asking.form)


def _ask_as_stranger(
    method: str,
    path: str,
    *,
    origin: str,
    headers: dict[str, str],
    form: bytes | None = None,
    timeout_seconds: float = 30.0,
) -> Page:
    try:
        with (
            httpx.Client(
                base_url=origin,
                timeout=timeout_seconds,
                trust_env=False,
                transport=PacedTransport(proxy=find_proxy(origin=origin, purpose=STRANGER)),
            ) as http,
            http.stream(method, path, headers=headers, content=form) as answer,
        ):
            if answer.status_code != 200:
                raise GateError(BAD, status=answer.status_code)
            packing = answer.headers.get("Content-Encoding", "")
            return Page(packing, _read_limited(answer, limit=MAX_PUBLIC_BYTES))
    except httpx.HTTPError as error:
        raise _lost(error) from None


def _read_limited(answer: httpx.Response, *, limit: int) -> bytes:
    parts, total = [], 0
    for chunk in answer.iter_raw():
        total += len(chunk)
        if total > limit:
            raise GateError(BAD)
        parts.append(chunk)
    return b"".join(parts)


def _load(data: bytes) -> Any:
    """Return JSON; halves of letters are refused, since no text that holds one can be written.

    So is a text of too many parts: three bytes of it can take a hundred of memory.
    """
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_JSON_PARTS or HALF_LETTER.search(data):
        raise GateError(BAD)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise GateError(BAD) from None


def _guard(chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except httpx.HTTPError as error:
        raise _lost(error) from None


def _lost(error: httpx.HTTPError) -> GateError:
    """Return what to call it: a gate that answers too slowly is another thing than none."""
    slow = isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout)
    return GateError("gate.too_slow" if slow else "gate.unreachable")


def _refusal(answer: httpx.Response) -> GateError:
    code = "gate.refused" if answer.status_code == 401 else "gate.answered_with_error"
    return GateError(code, status=answer.status_code)


def _dump(body: dict[str, Any]) -> bytes:
    return build_json(body)


def _read_report(value: Any) -> ListedReport:
    names = ("commitment", "id", "mailbox_key", "members", "number", "received_at")
    form = Form(value, names=names, code=BAD)
    members = form.forms("members", names=("name", "sha256", "size"), maximum=10_003)
    return ListedReport(
        number=form.integer("number"),
        report_id=form.hex("id"),
        received_at=form.time("received_at"),
        members=tuple(
            ListedMember(
                name=one.text("name", maximum_bytes=32),
                sha256=one.hex("sha256"),
                size_bytes=one.integer("size", maximum=2**33 - 1),
            )
            for one in members
        ),
    )


def _read_message(value: Any) -> ListedMessage:
    names = ("ciphertext", "mailbox_key", "number", "previous", "received_at", "sequence")
    form = Form(value, names=names, code=BAD)
    return ListedMessage(
        number=form.integer("number"),
        mailbox_key=form.base64("mailbox_key"),
        sequence=form.integer("sequence", minimum=1),
        previous=form.hex("previous"),
        ciphertext=form.ciphertext("ciphertext", maximum_bytes=MAXIMUM_CIPHERTEXT_BYTES),
        received_at=form.time("received_at"),
    )
