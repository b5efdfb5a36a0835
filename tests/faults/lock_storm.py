"""Threads that use the database while it is locked and opened again: run as a process of its own.

A connection closed under a thread that is in it, or by two threads at once, ends the process in C
(a statement finalised twice), where no test could catch it. Prints how often it locked.
"""

import os
import sys
import threading
import time
from pathlib import Path

WORKERS = 6
#: A statement of some milliseconds, so that locking finds threads inside one.
LONG = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
    "SELECT i FROM n"
)


def storm(*, home: Path, seconds: float) -> int:
    """Lock and open for ``seconds`` under `WORKERS` threads; return how often."""
    os.environ["AIGAQ_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "aigaq.desk.settings"
    import django

    django.setup()
    from django.db import DatabaseError, connection, transaction

    from aigaq.core import audit
    from aigaq.core.errors import DeskLocked
    from aigaq.core.held_keys import HELD
    from aigaq.core.home import Home
    from aigaq.core.schema import migrate
    from aigaq.core.sqlcipher.base import drop_keys, interrupt_connections

    master = bytes(range(32))
    Home(home).create()
    HELD.hold(master=master)
    migrate()
    ending = threading.Event()

    def work() -> None:
        while not ending.is_set():
            try:
                with connection.cursor() as cursor:
                    cursor.execute(LONG)
                    cursor.fetchmany(100)
                    with transaction.atomic():
                        audit.record("desk.unlocked", actor=None)
                    cursor.fetchall()
            except (DatabaseError, DeskLocked):
                pass
            finally:
                connection.close()

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    locked = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.02)
        interrupt_connections()
        drop_keys()
        HELD.hold(master=master)
        locked += 1
    ending.set()
    for thread in threads:
        thread.join()
    return locked


if __name__ == "__main__":
    print(storm(home=Path(sys.argv[1]), seconds=float(sys.argv[2])))
