"""What `aigaq cosign` and `aigaq log` share: the log's address, its card, the folder beside a seed.

No Django: a partner organisation has no desk.
"""

from pathlib import Path
from urllib.parse import urlsplit

import click
import httpx

from aigaq.intake.paced_line import PacedTransport
from aigaq.intake.way import STRANGER, find_proxy
from aigaq.tlog import Memory
from aigaq.watching.errors import WatchError
from aigaq.watching.followed_cards import FollowedCard, open_followed_card
from aigaq.watching.sources import TIMEOUT_SECONDS, HttpSource
from aigaq.watching.store import Store

CARD_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
LOG = click.option("--log", "log_url", required=True, help="The log: https://example.org/log.")
ROOT = click.option("--root", help="The root key's fingerprint (8 words with numbers), or base64.")
CARD = click.option("--card", "card_file", type=CARD_FILE, help="The signed card, instead of it.")


def open_http(log_url: str) -> httpx.Client:
    """Return a session with the gate of a log, through ``AIGAQ_PROXY`` or Tor as the desk goes.

    Raises `WatchError` ``watch.bad_log``; `AigaqError` ``gate.bad_proxy``.
    """
    origin = read_gate_origin(log_url)
    return httpx.Client(
        base_url=origin,
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
        follow_redirects=False,
        transport=PacedTransport(proxy=find_proxy(origin=origin, purpose=STRANGER)),
    )


def read_gate_origin(log_url: str) -> str:
    """Return the gate of a log's address. Raises `WatchError` ``watch.bad_log``."""
    parts = urlsplit(log_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise WatchError("watch.bad_log")
    if parts.path.rstrip("/") not in ("", "/log") or parts.query or parts.fragment:
        raise WatchError("watch.bad_log")
    return f"{parts.scheme}://{parts.netloc}"


def open_card(
    folder: Path, *, source: HttpSource, root: str | None, card_file: Path | None
) -> FollowedCard:
    """Return the card to follow. Raises `WatchError`, `SealingError` ``card.*``."""
    return open_followed_card(folder, source=source, root=root, file=card_file)


def open_folders(folder: Path, *, followed: FollowedCard) -> tuple[Memory, Store]:
    """Return memory and store of the log of the card."""
    return Memory(folder / "heads"), Store(folder / followed.name)
