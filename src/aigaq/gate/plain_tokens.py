"""The token of a form without JavaScript: who made it, how old it is, and what came with it before.

A token is the second in which it was made, 16 random bytes, and a mark over both that only this
gate can make. It is good for one report. When that comes again, because its answer was lost or
somebody pressed twice, it is the same report: its code is made of the token and the gate's secret,
so that for an hour it can be shown again without being kept. What is kept of a token that was used
are two hashes, from which neither it nor a word follows. Source: ``spec/gate-api.md``.
"""

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate
from aigaq.gate.multipart import FormFile
from aigaq.gate.tables import used_nonces
from aigaq.sealing.encoding import decode_base64, encode_base64, hash_parts
from aigaq.sealing.envelope import ReportToSeal
from aigaq.sealing.errors import SealingError
from aigaq.sealing.receipt_code import build_server_code

RIPE_AFTER_SECONDS = 2
GOOD_FOR_SECONDS = 24 * 3600
CODE_AGAIN_SECONDS = 3600
_RANDOM_BYTES = 16
_TOKEN, _CODE = "aigaq/form-token/v2", "aigaq/form-code/v1"
_USED, _CONTENTS = "aigaq/form-used/v1", "aigaq/form-contents/v1"


@dataclass(frozen=True)
class Token:
    """A token that this gate made."""

    made_at: int
    random: bytes


@dataclass(frozen=True)
class FormMark:
    """What is remembered of a form that became a report: hashes that only its token can explain."""

    token: bytes
    contents: bytes


class RepeatedFormError(GateError):
    """The same form came before and is a report since ``received_at``."""

    def __init__(self, *, received_at: int) -> None:
        super().__init__("plain.repeated")
        self.received_at = received_at


def make_token(gate: Gate, *, is_ripe: bool = False) -> str:
    """Return a new token; a ripe one is good at once."""
    made_at = gate.now_seconds() - (RIPE_AFTER_SECONDS if is_ripe else 0)
    random = secrets.token_bytes(_RANDOM_BYTES)
    mark = gate.nonces.mark(_TOKEN, made_at, random)
    return f"{made_at}.{encode_base64(random)}.{encode_base64(mark)}"


def check_token(gate: Gate, text: str) -> Token:
    """Return the token in ``text``.

    Raises ``plain.token`` unless it is ours and not older than a day, ``plain.early`` if it is
    younger than two seconds: so fast no person fills a form.
    """
    token = _read_token(gate, text)
    age_seconds = -1 if token is None else gate.now_seconds() - token.made_at
    if token is None or not 0 <= age_seconds <= GOOD_FOR_SECONDS:
        raise GateError("plain.token")
    if age_seconds < RIPE_AFTER_SECONDS:
        raise GateError("plain.early")
    return token


def renew_token(gate: Gate, text: str, *, is_used: bool) -> str:
    """Return the token under which the same words can be sent again.

    It is the same one while it is good, so that a form that did arrive is known again; who had one
    of ours need not wait for another.
    """
    try:
        check_token(gate, text)
        is_good = True
    except GateError as error:
        is_good = error.code == "plain.early"
    if is_good and not is_used:
        return text
    return make_token(gate, is_ripe=_read_token(gate, text) is not None)


def mark_form(token: Token, *, report: ReportToSeal, files: list[FormFile]) -> FormMark:
    """Return what is remembered of ``report``, so that the same one is known again."""
    facts: list[bytes | str | int] = [len(report.answers), len(report.consents), len(files)]
    for number, value in report.answers:
        facts += [number, value]
    for consent in report.consents:
        facts += [consent.purpose, consent.audience]
    for file in files:
        facts += [file.name, file.media_type, hashlib.sha256(file.data).digest()]
    return FormMark(
        token=hash_parts(_USED, token.random),
        contents=hash_parts(_CONTENTS, token.random, *facts),
    )


def make_code(gate: Gate, token: Token) -> str:
    """Return the 24 digits of the report that comes under ``token``: the same ones each time."""
    return build_server_code(int.from_bytes(gate.nonces.mark(_CODE, token.random), "big"))


def check_form(connection: Connection, mark: FormMark) -> None:
    """Raise `RepeatedFormError` if this form became a report, ``plain.used`` if its token did."""
    these = used_nonces.c.nonce.in_([mark.token, mark.contents])
    found = {
        row.nonce: row.expires_at for row in connection.execute(select(used_nonces).where(these))
    }
    if mark.contents in found:
        raise RepeatedFormError(received_at=found[mark.contents] - GOOD_FOR_SECONDS)
    if mark.token in found:
        raise GateError("plain.used")


def spend_form(connection: Connection, mark: FormMark, *, now_seconds: int) -> None:
    """Remember, in the transaction that makes the report, that the form is one now."""
    expires_at = now_seconds + GOOD_FOR_SECONDS
    rows = [{"nonce": one, "expires_at": expires_at} for one in (mark.token, mark.contents)]
    connection.execute(insert(used_nonces), rows)


def _read_token(gate: Gate, text: str) -> Token | None:
    """Return the token in ``text`` if this gate made it, however old it is."""
    made_at, _, rest = text.partition(".")
    if not made_at.isascii() or not made_at.isdigit() or len(made_at) > 12:
        return None
    try:
        random, mark = map(decode_base64, rest.split("."))
    except (SealingError, ValueError):
        return None
    is_ours = secrets.compare_digest(mark, gate.nonces.mark(_TOKEN, int(made_at), random))
    return Token(int(made_at), random) if is_ours else None
