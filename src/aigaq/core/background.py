"""Threads that live beside the desk's pages: some only while it is open, some always.

An app registers a factory by name in its `AppConfig.ready`; the desk starts what was registered
when it unlocks (or when the process starts), and stops it when it locks. A thread gets no key: it
asks the database like everyone else, and finds it locked when it is.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from django.db import DatabaseError, connections

from aigaq.core.errors import DeskLocked
from aigaq.core.held_keys import HELD

logger = logging.getLogger("aigaq.background")
STOP_SECONDS = 10.0


class Background(Protocol):
    """Something that can be started once and stopped once."""

    def start(self) -> None:
        """Begin; return at once."""

    def ask_to_stop(self) -> None:
        """Begin to end; return at once."""

    def stop(self, *, within_seconds: float = STOP_SECONDS) -> None:
        """End; return when it has ended, or after so many seconds."""

    def wake(self) -> None:
        """Do the next round now, if there are rounds."""


class Rounds:
    """A thread that calls ``run`` every ``seconds``, and at once when woken.

    ``run`` is one round: it must be able to stop at any instant (the next round repeats it), and
    what it raises is logged by its type alone and does not end the thread.
    """

    def __init__(self, *, name: str, seconds: float, run: Callable[[], None]) -> None:
        self._seconds = seconds
        self._run = run
        self._name = name
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go_round, name=name, daemon=True)

    def start(self) -> None:
        """Begin with a round at once."""
        self._thread.start()

    def wake(self) -> None:
        """Do the next round now."""
        self._woken.set()

    def ask_to_stop(self) -> None:
        """Ask the thread to end after its round."""
        self._stopping.set()
        self._woken.set()

    def stop(self, *, within_seconds: float = STOP_SECONDS) -> None:
        """Ask the thread to end after its round and wait for it for so many seconds."""
        self.ask_to_stop()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(within_seconds)

    @property
    def is_stopping(self) -> bool:
        """Tell a long round that it should end now."""
        return self._stopping.is_set()

    def _go_round(self) -> None:
        while True:
            self._woken.clear()
            if self._stopping.is_set():  # Asked after the clearing, or before: never slept over.
                return
            try:
                self._run()
            except (DatabaseError, DeskLocked) as error:
                # A desk that was locked in the middle of a round: the next one takes it up.
                if HELD.is_open and not self._stopping.is_set():
                    logger.warning("round of %s failed: %s", self._name, type(error).__name__)
            except Exception as error:
                # The type alone: a message may carry what must not be logged.
                logger.warning("round of %s failed: %s", self._name, type(error).__name__)
            finally:
                connections.close_all()
            self._woken.wait(self._seconds)


class Registry:
    """What was registered, and what runs now."""

    def __init__(self) -> None:
        self._factories: dict[bool, dict[str, Callable[[], Background]]] = {True: {}, False: {}}
        self._running: dict[bool, dict[str, Background]] = {True: {}, False: {}}

    def register(
        self, name: str, *, factory: Callable[[], Background], also_while_locked: bool = False
    ) -> None:
        """Have ``factory`` make something to run while the desk is open, or always."""
        self._factories[also_while_locked][name] = factory

    def start(self, *, also_while_locked: bool) -> None:
        """Start what was registered for this and does not run yet."""
        running = self._running[also_while_locked]
        for name, factory in self._factories[also_while_locked].items():
            if name not in running:
                running[name] = factory()
                running[name].start()

    def ask_to_stop(self) -> None:
        """Ask what runs only while the desk is open to end; return at once."""
        for running in list(self._running[False].values()):
            running.ask_to_stop()

    def stop(self, *, also_while_locked: bool) -> None:
        """Stop what runs, last started first; all of it together gets a few seconds."""
        running = self._running[also_while_locked]
        for one in list(running.values()):
            one.ask_to_stop()
        until = time.monotonic() + STOP_SECONDS
        for name in reversed(list(running)):
            running.pop(name).stop(within_seconds=max(0.0, until - time.monotonic()))

    def wake(self, name: str) -> bool:
        """Have ``name`` do its next round now; tell whether it runs."""
        for running in self._running.values():
            if name in running:
                running[name].wake()
                return True
        return False

    def list_running(self) -> list[str]:
        """Return the names of what runs, in order."""
        return sorted([*self._running[True], *self._running[False]])


#: The registry of this process; apps reach it from `AppConfig.ready`, which can be handed nothing.
REGISTRY = Registry()
register = REGISTRY.register
