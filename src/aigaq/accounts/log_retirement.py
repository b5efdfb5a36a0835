"""Retires the log's key after the gate was seized (PROTOCOL 25).

The root key signs two things: that the old key counts only under what others saw before, and a
card with a new key and a new name of the log. The new key is for the gate and is not in the desk's
database. It is written before anything is signed, as ``log.key.next``, and takes its place when the
database has the card; killed in between, `finish_retirement` does the rest. Source:
``spec/log.md``, "Retirement".
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors
from aigaq.accounts.cards import parse_root, read_card, sign_next_card
from aigaq.accounts.errors import AccountsError
from aigaq.accounts.models import Organisation, RetiredLog
from aigaq.accounts.pages import stamp_pages
from aigaq.blobs import sync_folder, write_durably
from aigaq.core import audit
from aigaq.core.home import Home
from aigaq.sealing.encoding import decode_base64, encode_base64
from aigaq.sealing.retirement import KeyRetirement, build_retirement
from aigaq.sealing.signatures import public_bytes

KEY, NEXT_KEY = "log.key", "log.key.next"


@dataclass(frozen=True)
class LastHead:
    """The last head of the old log that somebody else than the gate is known to hold."""

    text: str
    size: int


@transaction.atomic
def retire_log_key(
    *, root_seed: bytes, home: Home, retired_at: datetime, last: LastHead | None
) -> RetiredLog:
    """Sign the retirement of the log's key and the card of the new log; return the retired one.

    ``retired_at`` is from when on the old key counts no more. What the new gate needs is made by
    `finish_retirement`, after the commit. Raises `AccountsError`: ``accounts.other_root``,
    ``accounts.bad_retirement_time`` (in the future); then nothing has changed.
    """
    organisation = selectors.get_organisation()
    root = parse_root(root_seed, organisation=organisation)
    now, before = clock.now(), read_card()
    if retired_at > now:
        raise AccountsError("accounts.bad_retirement_time")
    key = Ed25519PrivateKey.generate()
    home.gate.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(home.gate / NEXT_KEY, _encode(key))
    origin = _name_next_log(before.log_origin)
    retirement = KeyRetirement(
        log_key=before.log_key,
        log_origin=before.log_origin,
        new_log_origin=origin,
        last_checkpoint=None if last is None else last.text,
        retired_at=retired_at,
        team_id=before.team_id,
    )
    row = RetiredLog.objects.create(
        log_origin=before.log_origin,
        log_key=before.log_key,
        last_size=0 if last is None else last.size,
        retired_at=retired_at,
        signed_at=now,
        signed=build_retirement(retirement, root_key=root),
    )
    Organisation.objects.update(log_origin=origin, log_key=public_bytes(key))
    audit.record("accounts.log_key_retired", actor=None, subject=row)
    changed = replace(before, log_key=public_bytes(key), log_origin=origin)
    sign_next_card(root_seed=root_seed, home=home, last=changed)
    return row


def finish_retirement(*, home: Home) -> Path:
    """Lay out what the new gate needs, again if need be; return the folder.

    Raises `AccountsError` ``accounts.no_retirement`` where no log was retired.
    """
    organisation = selectors.get_organisation()
    if not selectors.list_retirements():
        raise AccountsError("accounts.no_retirement")
    card, following = selectors.get_card(), home.gate / NEXT_KEY
    if is_unfinished(home=home):
        following.rename(home.gate / KEY)
        sync_folder(home.gate)
    write_durably(home.locked / "card.json", card)
    stamp_pages(home=home, gate=home.gate, root_key=bytes(organisation.root_key), card=card)
    return home.gate


def is_unfinished(*, home: Home) -> bool:
    """Tell whether a retirement was signed whose new key has not taken its place yet."""
    try:
        seed = decode_base64((home.gate / NEXT_KEY).read_text("ascii").strip())
    except FileNotFoundError:
        return False
    public = public_bytes(Ed25519PrivateKey.from_private_bytes(seed))
    return public == bytes(selectors.get_organisation().log_key)


def _encode(key: Ed25519PrivateKey) -> bytes:
    return encode_base64(key.private_bytes_raw()).encode("ascii") + b"\n"


def _name_next_log(origin: str) -> str:
    """Return ``host/log-2`` for ``host/log``, ``host/log-3`` for that, and so on."""
    host, _, name = origin.rpartition("/")
    number = name.removeprefix("log-")
    return f"{host}/log-{int(number) + 1 if number.isdecimal() else 2}"
