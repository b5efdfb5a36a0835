"""Nonces of signed requests: issued alike to anyone, without keeping a list of what was issued.

A nonce is 16 random bytes and 16 bytes of HMAC-SHA256 over them and the expiry, so the gate knows
its own again. That it is used once is a row in the database: two workers, or a gate that was
killed and started again, refuse a replay alike. The row stays for a day after the nonce expired, so
that a clock that goes back does not revive it, and says only to ten minutes when. Source:
``spec/mailbox.md``.
"""

import hmac
import secrets as random
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from aigaq.gate.errors import GateError
from aigaq.gate.tables import secrets, used_nonces
from aigaq.sealing.encoding import encode_parts

LIFETIME_SECONDS = 120
KEPT_SECONDS = 24 * 3600
#: Of those that expired; those that came in the last minutes are kept beside them.
KEPT_AT_MOST = 20_000
_STEP_SECONDS = 600
_HALF = 16


@dataclass(frozen=True)
class Nonce:
    """A nonce and the Unix second after which it is worth nothing."""

    value: bytes
    expires_at: int


class Nonces:
    """Issues nonces, knows its own, and spends them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def load(cls, connection: Connection) -> "Nonces":
        """Return the nonces of this database, whose secret is made the first time."""
        of_nonces = secrets.c.name == "nonces"
        secret = connection.scalar(select(secrets.c.value).where(of_nonces))
        if secret is None:
            secret = random.token_bytes(32)
            connection.execute(insert(secrets).values(name="nonces", value=secret))
        return cls(secret)

    def issue(self, *, now_seconds: int) -> Nonce:
        """Return a fresh nonce."""
        start = random.token_bytes(_HALF)
        expires_at = now_seconds + LIFETIME_SECONDS
        return Nonce(start + self._mark(start, expires_at), expires_at)

    def check(self, nonce: Nonce, *, now_seconds: int) -> None:
        """Raise ``request.refused`` unless we issued ``nonce`` with this expiry and it is alive."""
        mark = self._mark(nonce.value[:_HALF], nonce.expires_at)
        is_ours = hmac.compare_digest(nonce.value[_HALF:], mark)
        if not is_ours or now_seconds > nonce.expires_at:
            raise GateError("request.refused")

    def mark(self, purpose: str, *facts: int | bytes) -> bytes:
        """Return 16 bytes that only this gate can make over ``facts``, for a form."""
        return hmac.digest(self._secret, encode_parts(purpose, *facts), "sha256")[:_HALF]

    def _mark(self, start: bytes, expires_at: int) -> bytes:
        parts = encode_parts("aigaq/nonce/v1", start, expires_at)
        return hmac.digest(self._secret, parts, "sha256")[:_HALF]


def use_nonce(connection: Connection, nonce: Nonce) -> None:
    """Spend ``nonce`` for good. Raises ``request.refused`` if it was spent before."""
    is_this = used_nonces.c.nonce == nonce.value
    if connection.scalar(select(used_nonces.c.nonce).where(is_this)) is not None:
        raise GateError("request.refused")
    step_end = -(-nonce.expires_at // _STEP_SECONDS) * _STEP_SECONDS
    connection.execute(insert(used_nonces).values(nonce=nonce.value, expires_at=step_end))


def forget_expired_nonces(connection: Connection, *, now_seconds: int) -> None:
    """Erase what expired a day ago, and before that what is too much.

    An expired nonce is refused by its expiry, as long as the clock does not go back.
    """
    expires_at = used_nonces.c.expires_at
    first_too_many = connection.scalar(
        select(expires_at)
        .where(expires_at < now_seconds)
        .order_by(expires_at.desc())
        .offset(KEPT_AT_MOST)
        .limit(1)
    )
    until = max(now_seconds - KEPT_SECONDS, first_too_many or 0)
    connection.execute(delete(used_nonces).where(expires_at <= until))
