"""Keeps the memory of the process off the disk: no core dumps, no swap where the system lets us.

Source: setrlimit(2), prctl(2) PR_SET_DUMPABLE, mlockall(2).
"""

import ctypes
import os
import resource
from dataclasses import dataclass

PR_SET_DUMPABLE = 4
MCL_CURRENT = 1
MCL_FUTURE = 2
MCL_ONFAULT = 4


@dataclass(frozen=True)
class Hardening:
    """What the system granted; ``memory_locked`` is False where it limits locked memory."""

    core_dumps_off: bool
    memory_locked: bool


def harden_process() -> Hardening:
    """Turn core dumps off, close new files to others and try to keep memory out of swap."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    dumps_off = libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
    return Hardening(core_dumps_off=dumps_off, memory_locked=_lock_memory(libc))


def _lock_memory(libc: ctypes.CDLL) -> bool:
    """Lock memory only without a limit: under one, a later allocation would fail instead."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft != resource.RLIM_INFINITY:
        return False
    return bool(libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
