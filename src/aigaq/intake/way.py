"""The way from the desk to the gate: straight, or through a SOCKS5 proxy such as Tor (PROTOCOL 32).

``AIGAQ_PROXY`` names the proxy (``socks5://127.0.0.1:9050``); then nothing goes to the gate by
another way, and a proxy that does not answer is a gate that does not answer. ``none`` forbids one.
Without the setting a Tor that listens at its usual port of this computer is used, except for a gate
on this computer. The proxy resolves names, so no name is asked for on the way.

Each purpose has a SOCKS user and password of its own: Tor keeps streams apart by them
(``IsolateSOCKSAuth``), so the gate cannot tell by the circuit that the stranger who looks at card
and pages is the desk. Those of the stranger last ten minutes, as long as a circuit of Tor does.
"""

import os
import re
import secrets
import socket
import threading
import time
from urllib.parse import urlsplit

from aigaq.intake.errors import GateError
from aigaq.intake.socks import AGREED, GREETING, Proxy

SETTING = "AIGAQ_PROXY"
NO_PROXY = "none"
TOR = ("127.0.0.1", 9050)
ADDRESS = re.compile(r"socks5h?://([a-z0-9.-]+|\[[0-9a-f:]+\]):([0-9]{1,5})/?")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
LOOK_SECONDS = 1.0
STRANGER_SECONDS = 600.0
#: Who asks: the locked desk, the open desk, and the desk as a stranger would.
FETCH, DESK, STRANGER = "fetch", "desk", "stranger"


def find_proxy(*, origin: str, purpose: str) -> Proxy | None:
    """Return the proxy for ``origin``, or None for the straight way.

    Raises `GateError` ``gate.bad_proxy`` for a setting that names none.
    """
    address = read_setting()
    if address is None:
        if os.environ.get(SETTING) == NO_PROXY or urlsplit(origin).hostname in LOOPBACK:
            return None
        if not _is_tor_there():
            return None
        address = TOR
    return Proxy(*address, user=f"aigaq-{purpose}", password=_PASSWORDS.get(purpose))


def read_setting() -> tuple[str, int] | None:
    """Return host and port of ``AIGAQ_PROXY``, or None. Raises `GateError` ``gate.bad_proxy``."""
    text = os.environ.get(SETTING, "")
    if text in ("", NO_PROXY):
        return None
    found = ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 65_536:
        raise GateError("gate.bad_proxy")
    return found[1], int(found[2])


def _is_tor_there() -> bool:
    """Ask in the proxy's own words: another program may listen at that port."""
    try:
        with socket.create_connection(TOR, timeout=LOOK_SECONDS) as line:
            line.sendall(GREETING)
            return line.recv(2) == AGREED
    except OSError:
        return False


class _Passwords:
    """One random password a purpose; the stranger's is drawn anew now and then."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._drawn: dict[str, tuple[str, float]] = {}

    def get(self, purpose: str) -> str:
        now = time.monotonic()
        with self._guard:
            password, since = self._drawn.get(purpose, ("", now))
            too_old = purpose == STRANGER and now - since > STRANGER_SECONDS
            if not password or too_old:
                password, since = secrets.token_hex(16), now
            self._drawn[purpose] = password, since
        return password


_PASSWORDS = _Passwords()
