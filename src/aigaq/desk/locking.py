"""Opens and locks the desk: vault, migrations, background threads, sessions, connections.

The process is locked, opening, open or locking; only one thread changes that at a time. A request
is counted while it runs, so that locking can let it end and then close what is left.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.sessions.models import Session
from django.db import transaction

from aigaq.core import audit, background, blob_store
from aigaq.core.errors import DeskLocked, VaultError
from aigaq.core.held_keys import HELD
from aigaq.core.home import Home
from aigaq.core.schema import migrate
from aigaq.core.sqlcipher.base import drop_keys, interrupt_connections
from aigaq.core.vault import Vault
from aigaq.desk import wrong_words

WRONG_SECRET_SECONDS = 1.0
DRAIN_SECONDS = 3.0
#: Each try takes 256 MiB of memory, so tries wait for each other.
ONE_AT_A_TIME = threading.Lock()


def read_clock() -> float:
    """Return seconds that also pass while the computer sleeps: a closed lid is no work."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Locking:
    """The lock of one process."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._idle = threading.Condition()
        self._in_flight = 0
        self._commands = 0
        self._ready = False
        self._last_activity = read_clock()

    @property
    def is_open(self) -> bool:
        """Tell whether pages with content can be served now."""
        return self._ready and HELD.is_open

    def unlock(self, *, home: Home, passphrase: str) -> None:
        """Open the desk; return at once if it is open and the passphrase is right.

        A wrong passphrase takes a second longer, and says nothing but that. Raises `VaultError`.
        """
        master = check_passphrase(home=home, passphrase=passphrase)
        self.note_activity()
        self.open_with(master=master, home=home)

    def open_with(self, *, master: bytes, home: Home | None = None) -> None:
        """Open the desk with its master key: migrate, end old sessions, start the threads."""
        with self._changing:
            if self.is_open:
                return
            HELD.hold(master=master)
            try:
                migrate()
                with transaction.atomic():
                    Session.objects.all().delete()
                    if home is not None:
                        wrong_words.record_wrong_words(home)
                        transaction.on_commit(lambda: wrong_words.forget_wrong_words(home))
                    audit.record("desk.unlocked", actor=None)
                blob_store.remove_orphans()
            except BaseException:
                drop_keys()
                raise
            self._ready = True
            self.note_activity()
            background.REGISTRY.start(also_while_locked=False)

    def record_wrong_words(self, *, home: Home) -> None:
        """Record at once what was typed wrongly at the door of an open desk."""
        with self._changing, transaction.atomic():
            wrong_words.record_wrong_words(home)
            transaction.on_commit(lambda: wrong_words.forget_wrong_words(home))

    def lock(self) -> None:
        """Lock at once: new requests find it locked, running ones get a moment to end."""
        with self._changing:
            self._ready = False
            background.REGISTRY.ask_to_stop()
            self._wait_for_requests()
            # Closing a connection under a thread that is in a statement hangs or ends the process:
            # statements are broken off, threads come back, then the keys go.
            interrupt_connections()
            background.REGISTRY.stop(also_while_locked=False)
            drop_keys()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Count a request while it runs. Raises `DeskLocked`."""
        with self._idle:
            if not self.is_open:
                raise DeskLocked
            self._in_flight += 1
        try:
            yield
        finally:
            with self._idle:
                self._in_flight -= 1
                self._idle.notify_all()

    @contextmanager
    def counting_command(self) -> Iterator[None]:
        """Count what someone asked for at the terminal: an idle desk stays open until its end.

        It is no activity by itself, so that a timer which pulls leaves no desk open.
        """
        with self._idle:
            self._commands += 1
        try:
            yield
        finally:
            with self._idle:
                self._commands -= 1

    def has_command(self) -> bool:
        """Tell whether a command runs now."""
        return self._commands > 0

    def note_activity(self) -> None:
        """Someone who is signed in did something."""
        self._last_activity = read_clock()

    def get_idle_seconds(self) -> float:
        """Return how long nobody did anything."""
        return read_clock() - self._last_activity

    def _wait_for_requests(self) -> None:
        with self._idle:
            self._idle.wait_for(lambda: self._in_flight == 0, timeout=DRAIN_SECONDS)


def check_passphrase(*, home: Home, passphrase: str) -> bytes:
    """Return the master key. Raises `VaultError` ``vault.wrong_passphrase``, a second later."""
    try:
        with ONE_AT_A_TIME:
            return Vault(home.keys).open_with_passphrase(passphrase)
    except VaultError as error:
        if error.code == "vault.wrong_passphrase":
            wrong_words.note_wrong_words(home)
        time.sleep(WRONG_SECRET_SECONDS)
        raise


#: The lock of this process, reached by middleware and socket, which Django and granian make.
LOCKING = Locking()
