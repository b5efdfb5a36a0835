"""The card of a log that somebody else watches: given once by fingerprint or file, then followed.

A newer version counts only under the same root key; an older one is passed over. What was taken
lies in the watcher's folder, so that a gate cannot go back behind it.
"""

import hashlib
import re
from pathlib import Path

from aigaq.blobs import write_durably
from aigaq.errors import AigaqError
from aigaq.sealing.card import MAXIMUM_CARD_BYTES, Card, parse_card
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.forms import Form
from aigaq.sealing.signed_json import parse_signed_json
from aigaq.watching.errors import WatchError
from aigaq.watching.sources import Source


class FollowedCard:
    """The newest card that a watcher has seen of one organisation."""

    def __init__(self, path: Path, *, card: Card, root_key: bytes) -> None:
        self._path = path
        self._root_key = root_key
        self.card = card

    @property
    def name(self) -> str:
        """A folder's name for what is kept of this log: another origin is another log."""
        return hashlib.sha256(self.card.log_origin.encode("utf-8")).hexdigest()[:16]

    def follow(self, source: Source) -> None:
        """Take a newer card of the gate, if it has one; anything else is passed over."""
        try:
            data = source.get("/card", limit=MAXIMUM_CARD_BYTES)
            if data is None:
                return
            newer = parse_card(
                data,
                root_key=self._root_key,
                team_id=self.card.team_id,
                seen_version=self.card.version + 1,
            )
        except AigaqError:
            return
        write_durably(self._path, data)
        self.card = newer


def open_followed_card(
    folder: Path, *, source: Source, root: str | None, file: Path | None
) -> FollowedCard:
    """Return the card to follow: the one kept in ``folder``, or that of ``file`` or of the gate.

    ``root`` is a fingerprint of eight words with numbers, or the root key in base64. Raises
    `WatchError`: ``watch.no_card`` (neither root nor file, or the gate has none),
    ``watch.other_root``; `SealingError` ``card.*``.
    """
    path = folder / "card.json"
    if path.exists():
        data: bytes | None = path.read_bytes()
    elif file is not None:
        data = file.read_bytes()[: MAXIMUM_CARD_BYTES + 1]
    else:
        data = source.get("/card", limit=MAXIMUM_CARD_BYTES) if root else None
    if data is None:
        raise WatchError("watch.no_card")
    root_key = read_root_key(data)
    if root is not None and not is_same_root(root, root_key=root_key):
        raise WatchError("watch.other_root")
    card = parse_card(data, root_key=root_key)
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(path, data)
    return FollowedCard(path, card=card, root_key=root_key)


def read_kept_card(folder: Path) -> FollowedCard:
    """Return the card that a watcher keeps in ``folder``. Raises `WatchError` ``watch.no_card``."""
    path = folder / "card.json"
    if not path.exists():
        raise WatchError("watch.no_card")
    data = path.read_bytes()
    root_key = read_root_key(data)
    return FollowedCard(path, card=parse_card(data, root_key=root_key), root_key=root_key)


def is_same_root(text: str, *, root_key: bytes) -> bool:
    """Tell whether a fingerprint, or a root key in base64, is that of ``root_key``."""
    try:
        return decode_base64(text.strip()) == root_key
    except SealingError:
        numbers = re.findall(r"\b[0-9]{4}\b", text)
        return numbers == re.findall(r"\b[0-9]{4}\b", format_fingerprint(root_key))


def read_root_key(data: bytes) -> bytes:
    """Return the root key that a card names. Raises `SealingError`: it is no card."""
    members = parse_signed_json(data, format_name="aigaq/card/v1").members
    return Form(members, names=tuple(members), code="card.bad_form").base64("root_key")
