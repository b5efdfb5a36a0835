"""Runs the desk: granian with one worker process and four threads, on loopback.

The key lives in the worker's memory only; the parent holds nothing. The worker starts locked, and
when it ends (SIGTERM, Ctrl+C) it locks first. A worker that dies is not started again: a desk that
fell over should be seen, and would come back locked anyway.
"""

import multiprocessing.util
import os

from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from aigaq.core.folder_lock import holding_folder
from aigaq.core.hardening import harden_process
from aigaq.core.home import Home, get_home

THREADS = 4
#: Requests taken on at once; more wait in the listen queue of the system.
BACKPRESSURE = 64
BACKLOG = 128


def serve_desk(*, home: Home, host: str, port: int) -> None:
    """Serve until a signal ends it. Raises `AigaqError` ``desk.already_running``."""
    harden_process()
    os.environ["DJANGO_SETTINGS_MODULE"] = "aigaq.desk.settings"
    server = Server(
        "aigaq.desk.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        backpressure=BACKPRESSURE,
        http=HTTPModes.http1,
        websockets=False,
        log_access=False,
        respawn_failed_workers=False,
    )
    with holding_folder(home):
        server.serve()


def start_worker() -> None:
    """Begin what a worker does beside its pages: socket, and threads that also run while locked."""
    from aigaq.core import background, temporary
    from aigaq.desk.locking import LOCKING
    from aigaq.desk.socket_server import SocketServer

    harden_process()
    # What a killed desk left in memory goes now, not only when someone opens this one.
    temporary.sweep_temporary()
    server = SocketServer(get_home().socket)
    server.start()
    background.REGISTRY.start(also_while_locked=True)

    def end() -> None:
        background.REGISTRY.stop(also_while_locked=True)
        server.stop()
        LOCKING.lock()

    # granian's worker is a process of multiprocessing, which runs finalizers and not atexit.
    multiprocessing.util.Finalize(None, end, exitpriority=100)
