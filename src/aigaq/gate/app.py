"""The routes of the gate, and the frame that every request passes.

The frame drops the client's address before anything sees it, turns every error into its code, adds
the constant headers, and gives a fresh nonce with every answer to a signed request. Nothing of a
request is logged; an error of our own is logged as its kind.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from starlette.requests import Request
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigaq.errors import AigaqError
from aigaq.gate import desk, log_routes, mailboxes, pages, reports, uploads
from aigaq.gate.answers import Answer, json_answer
from aigaq.gate.bodies import Gone
from aigaq.gate.errors import GateError, status_of
from aigaq.gate.gate import Gate
from aigaq.gate.headers import constant_headers
from aigaq.gate.plain import PlainPath
from aigaq.sealing.encoding import encode_base64

Handler = Callable[[Gate, Request], Awaitable[Answer]]

_log = logging.getLogger("aigaq.gate")
_SIGNED = ("/api/mailbox", "/api/desk/")


def list_routes() -> Mapping[str, Mapping[str, Handler]]:
    """Return the handlers by path and method, in the order in which they are tried.

    What comes most often stands first, the bundle last.
    """
    return {
        "/api/reports": {"POST": reports.complete_report},
        "/api/uploads/{upload_id}": {
            "HEAD": uploads.head_upload,
            "PATCH": uploads.patch_upload,
            "DELETE": uploads.delete_upload,
        },
        "/api/uploads": {"OPTIONS": uploads.options_uploads, "POST": uploads.create_upload},
        "/api/mailbox": {"POST": mailboxes.answer_mailbox},
        "/api/nonce": {"POST": pages.issue_nonce},
        "/api/time": {"GET": pages.get_time},
        "/api/desk/reports": {"GET": desk.list_reports},
        "/api/desk/reports/{report_id}/safe": {"POST": desk.record_safe},
        "/api/desk/reports/{report_id}/{member}": {"GET": desk.get_member},
        "/api/desk/messages": {"GET": desk.list_messages},
        "/api/desk/messages/{number}/done": {"POST": desk.record_done},
        "/api/desk/mailboxes": {"POST": desk.post_message},
        "/api/desk/mailboxes/heads": {"POST": desk.get_heads},
        "/api/desk/rebind": {"POST": desk.rebind},
        "/api/desk/card": {"PUT": desk.put_card},
        "/api/desk/status": {"GET": desk.get_status},
        "/api/desk/log/chaff": {"GET": log_routes.list_chaff},
        "/api/desk/log/chaff/done": {"POST": log_routes.record_chaff_taken},
        "/api/desk/log/heads": {"POST": log_routes.post_heads},
        "/api/desk/log/indexes": {"POST": log_routes.get_indexes},
        "/api/desk/log/public": {"POST": log_routes.post_public},
        "/log/checkpoint": {"GET": log_routes.get_checkpoint},
        "/log/cosigned": {"GET": log_routes.get_cosigned},
        "/log/cosignatures": {"POST": log_routes.post_cosignatures},
        "/log/tile/{path:path}": {"GET": log_routes.get_tile},
        "/card": {"GET": pages.get_card},
        "/plain": {"POST": PlainPath()},
        "/": {"GET": pages.get_document, "POST": pages.switch_language},
        "/{path:path}": {"GET": pages.get_asset},
    }


def build_app(gate: Gate) -> ASGIApp:
    """Return the gate as an ASGI application over an open ``gate``."""
    routes: list[BaseRoute] = [
        Route(path, _Resource(gate, handlers)) for path, handlers in list_routes().items()
    ]
    return _Frame(gate, Router(routes, redirect_slashes=False))


class _Resource:
    """One path with a handler for each of its methods."""

    def __init__(self, gate: Gate, handlers: Mapping[str, Handler]) -> None:
        self._gate = gate
        self._handlers = dict(handlers)
        if "GET" in handlers:
            self._handlers.setdefault("HEAD", handlers["GET"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get(scope["method"])
        if handler is None:
            answer = error_answer(GateError("gate.method_not_allowed"))
            answer.headers["allow"] = ", ".join(sorted(self._handlers))
        else:
            answer = await handler(self._gate, Request(scope, receive))
        await answer(scope, receive, send)


class _Frame:
    """What stands around every request."""

    def __init__(self, gate: Gate, inner: ASGIApp) -> None:
        self._gate = gate
        self._inner = inner
        constant = constant_headers(gate.bundle)
        self._constant = [(name.encode(), value.encode()) for name, value in constant.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        scope["client"] = None
        extra = self._nonce_headers() if scope["path"].startswith(_SIGNED) else []
        is_head = scope["method"] == "HEAD"
        has_begun = False

        async def framed_send(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message["headers"] = [*message.get("headers", ()), *self._constant, *extra]
            elif is_head:
                message["body"] = b""
            await send(message)

        try:
            await self._inner(scope, receive, framed_send)
        except Gone:
            return
        except Exception as error:
            if not has_begun:
                with suppress(Exception):
                    await error_answer(_public(error))(scope, receive, framed_send)

    def _nonce_headers(self) -> list[tuple[bytes, bytes]]:
        nonce = self._gate.nonces.issue(now_seconds=self._gate.now_seconds())
        return [
            (b"aigaq-nonce", encode_base64(nonce.value).encode("ascii")),
            (b"aigaq-expiry", str(nonce.expires_at).encode("ascii")),
        ]


def error_answer(error: AigaqError) -> Answer:
    """Return ``error`` as JSON with its code, and nothing of the request in it."""
    value: dict[str, object] = {"error": error.code}
    if isinstance(error, reports.MissingUploadsError):
        value["missing"] = error.names
    answer = json_answer(value, status=status_of(error))
    if error.code == "uploads.bad_version":
        answer.headers["tus-version"] = "1.0.0"
    return answer


def _public(error: Exception) -> AigaqError:
    if isinstance(error, AigaqError):
        return error
    _log.error("gate.internal %s", type(error).__name__)
    return GateError("gate.internal")
