"""What anyone may ask: the documents, the card, the time, a nonce."""

from urllib.parse import parse_qs

from starlette.requests import Request

from aigaq.clock import format_time
from aigaq.gate.answers import Answer, json_answer
from aigaq.gate.bodies import read_body
from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate
from aigaq.gate.static_bundle import LANGUAGES, choose_language
from aigaq.sealing.encoding import encode_base64

_FORM_BYTES = 1_024


async def get_document(gate: Gate, request: Request) -> Answer:
    """Return the reporter's document in the language that the browser prefers."""
    language = choose_language(request.headers.get("accept-language", ""))
    return gate.bundle.get_document(language).answer(request)


async def switch_language(gate: Gate, request: Request) -> Answer:
    """Return the document in the language that was pressed, for a browser without JavaScript."""
    body = await read_body(request, limit=_FORM_BYTES)
    try:
        chosen = parse_qs(body.decode("ascii", errors="replace"), max_num_fields=4).get("language")
    except ValueError:  # More fields than that.
        raise GateError("gate.bad_request") from None
    if chosen is None or len(chosen) != 1 or chosen[0] not in LANGUAGES:
        raise GateError("gate.bad_request")
    return gate.bundle.get_document(chosen[0]).answer(request)


async def get_asset(gate: Gate, request: Request) -> Answer:
    """Return a file of the bundle by its exact name."""
    return gate.bundle.get_asset(request.path_params["path"]).answer(request)


async def get_card(gate: Gate, request: Request) -> Answer:
    """Return the signed card as it is."""
    return Answer(gate.cards.current.signed, media_type="application/json")


async def get_time(gate: Gate, request: Request) -> Answer:
    """Return the gate's time."""
    return json_answer({"now": format_time(gate.now())})


async def issue_nonce(gate: Gate, request: Request) -> Answer:
    """Return a fresh nonce, alike for anyone."""
    nonce = gate.nonces.issue(now_seconds=gate.now_seconds())
    return json_answer({"expires_at": nonce.expires_at, "nonce": encode_base64(nonce.value)})
