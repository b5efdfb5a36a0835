"""Runs inside the sandbox: takes away what a child does not need, before it reads a byte."""

import resource
import sys


def set_limits() -> int:
    """Set the limits given on the command line; return the number of bytes that may be stored."""
    memory_bytes, processor_seconds, files_bytes = (int(text) for text in sys.argv[1:4])
    for kind, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, processor_seconds),
        (resource.RLIMIT_FSIZE, files_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))
    return files_bytes
