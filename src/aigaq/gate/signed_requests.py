"""Who may ask: the signature, nonce and key of a signed request, refused without a reason.

Every refusal is ``request.refused``, so that nothing tells an unknown key from a wrong signature or
a replay. The nonce is spent, durably, before anything else happens. Source: ``spec/mailbox.md``.
"""

import hashlib
from collections.abc import Collection

from starlette.requests import Request

from aigaq.gate.bodies import read_body
from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate
from aigaq.gate.nonces import Nonce, use_nonce
from aigaq.sealing.mailbox_requests import (
    DESK_LABEL,
    REPORTER_LABEL,
    RequestTarget,
    check_request,
    parse_request_headers,
)


async def read_reporter_request(gate: Gate, request: Request, *, limit: int) -> tuple[bytes, bytes]:
    """Return mailbox key and body of a request that this key signed."""
    body = await read_body(request, limit=limit)
    return await _check(gate, request, body=body, label=REPORTER_LABEL), body


async def read_desk_request(gate: Gate, request: Request, *, limit: int) -> bytes:
    """Return the body of a request that the desk key signed."""
    card = gate.cards.current.card
    return await _read_staff_request(gate, request, limit=limit, keys={card.desk_key})


async def read_fetch_request(gate: Gate, request: Request, *, limit: int = 0) -> bytes:
    """Return the body of a request that the desk key or the fetch key signed."""
    card = gate.cards.current.card
    keys = {card.desk_key, card.fetch_key}
    return await _read_staff_request(gate, request, limit=limit, keys=keys)


async def _read_staff_request(
    gate: Gate, request: Request, *, limit: int, keys: Collection[bytes]
) -> bytes:
    body = await read_body(request, limit=limit)
    if await _check(gate, request, body=body, label=DESK_LABEL) not in keys:
        raise GateError("request.refused")
    return body


async def _check(gate: Gate, request: Request, *, body: bytes, label: str) -> bytes:
    """Return the key that signed ``request``, whose nonce is now spent."""
    signed = parse_request_headers(request.headers)
    nonce = Nonce(signed.nonce, signed.expiry)
    now_seconds = gate.now_seconds()
    gate.nonces.check(nonce, now_seconds=now_seconds)
    card = gate.cards.current.card
    target = RequestTarget(
        label=label,
        team_id=card.team_id,
        gate_origin=card.gate_origin,
        method=request.method,
        path=_raw_path(request),
    )
    check_request(
        target, request=signed, body_sha256=hashlib.sha256(body).digest(), now=now_seconds
    )
    await gate.write(lambda connection: use_nonce(connection, nonce))
    return signed.public_key


def _raw_path(request: Request) -> str:
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")
