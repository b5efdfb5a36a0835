"""Starting a gate: what is checked first, and the server's own settings.

The parent process checks, cleans and then only watches its workers; each worker opens storage for
itself. Nothing is logged of requests. Source: DESIGN 3, PROTOCOL 30.
"""

import ctypes
import fcntl
import ipaddress
import os
import pwd
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from starlette.types import ASGIApp, Receive, Scope, Send

from aigaq.gate.app import build_app
from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate, close_gate, open_gate
from aigaq.gate.janitor import Janitor, clean
from aigaq.gate.log_writer import GateLog
from aigaq.gate.settings import Settings

MARKER = "desk.marker"
_HEADERS_TIMEOUT_MS = 10_000
_CONNECTIONS = 1_024
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_SWITCH_SECONDS = 0.03
_STOP_SECONDS = 20


def serve_gate(settings: Settings) -> None:
    """Run a gate until it is told to stop.

    Raises `AigaqError` before anything is served: ``gate.desk_here``, ``gate.already_running``,
    ``gate.bad_key_file``, ``gate.wrong_log_key``, ``card.*``, ``bundle.*``.
    """
    check_no_desk(settings)
    keep_memory_closed()
    _allow_files(4 * _CONNECTIONS)
    os.umask(0o077)
    for folder in (settings.data, settings.items, settings.bodies):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(settings.process_lock):
        gate = open_gate(settings)
        clean(gate)
        close_gate(gate)
        _let_new_workers_die()
        Granian(
            "aigaq.gate",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            workers=settings.workers,
            websockets=False,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_TIMEOUT_MS),
            backpressure=_CONNECTIONS,
            respawn_failed_workers=True,
            workers_kill_timeout=_STOP_SECONDS,
            log_access=False,
            log_level=LogLevels.error,
        ).serve(target_loader=lambda *_: start_worker(settings))


def keep_memory_closed() -> None:
    """Let neither a core dump nor another program of this user have the memory of this process.

    A kernel that hands dumps to a program does not ask the limit, so both are set. Source: core(5),
    PR_SET_DUMPABLE(2const).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _let_new_workers_die() -> None:
    """Have SIGTERM end a worker that has not yet taken signals itself.

    A fork inherits the server's handler, which would swallow the order to stop: the parent then
    waits for ever. Nothing is lost by dying at that point.
    """
    stop = {signal.SIGTERM}

    def die() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, stop)

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, stop),
        after_in_child=die,
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, stop),
    )


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files, if it may be: a connection and its upload are two, each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def check_no_desk(settings: Settings) -> None:
    """Raise ``gate.desk_here`` if a public gate would stand beside a desk that it could read."""
    if is_loopback(settings.host):
        return
    folders = [settings.data, settings.data.parent, settings.data.parent / "desk"]
    named = os.environ.get("AIGAQ_HOME")
    homes = [Path(one.pw_dir) / ".local/share/aigaq" for one in pwd.getpwall()]
    for home in [*([Path(named)] if named else []), *homes]:
        folders += [home, home / "desk"]
    if any(os.access(folder / MARKER, os.F_OK) for folder in folders):
        raise GateError("gate.desk_here")


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` can be reached from this computer alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def start_worker(settings: Settings) -> ASGIApp:
    """Open the gate in a worker process and return its application."""
    keep_memory_closed()
    # If the parent is killed nobody would watch this worker: it ends, too.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # The writer and the event loop share one interpreter: handing it over 200 times a second for
    # nothing costs a third of the gate's speed.
    sys.setswitchinterval(_SWITCH_SECONDS)
    gate = open_gate(settings)
    janitor, log = Janitor(gate), GateLog(gate)
    janitor.start()
    log.start()
    return _with_end(build_app(gate), gate=gate, janitor=janitor, log=log)


def _with_end(app: ASGIApp, *, gate: Gate, janitor: Janitor, log: GateLog) -> ASGIApp:
    """Return ``app`` with the server's begin and end: at the end what is queued is written."""

    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        log.stop()
        janitor.stop()
        close_gate(gate)
        await send({"type": "lifespan.shutdown.complete"})

    return whole


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the folder's lock. Raises ``gate.already_running`` if another gate does."""
    descriptor: Any = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise GateError("gate.already_running") from None
    finally:
        os.close(descriptor)
