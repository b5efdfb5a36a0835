"""Starts one Python child in bubblewrap: no network, no home, nothing to write but a small tmpfs.

The child sees `/usr` and the interpreter read-only, Pillow and PyAV under `/packages`, its own
script, and its standard input and output. It has a new user, process, network, host name and IPC
namespace, no capability, no environment, and dies with the desk. Limits of memory, processor time
and file size are set by the child before it reads a byte. Source: bwrap(1).
"""

import importlib.util
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aigaq.errors import AigaqError
from aigaq.redaction.preview.errors import PreviewError

CHILDREN = Path(__file__).parent / "children"
PACKAGES = ("PIL", "av")
MEBIBYTE = 1024 * 1024
BUBBLEWRAP_FOLDERS = "/usr/bin:/usr/local/bin:/bin"


@dataclass(frozen=True)
class Limits:
    """What one child may use."""

    memory_bytes: int = 1536 * MEBIBYTE
    processor_seconds: int = 240
    wall_seconds: float = 300.0
    files_bytes: int = 64 * MEBIBYTE


def check_bubblewrap() -> str:
    """Return the path of ``bwrap``. Raises `PreviewError` ``preview.no_bubblewrap``."""
    found = shutil.which("bwrap", path=BUBBLEWRAP_FOLDERS)
    if found is None:
        raise PreviewError("preview.no_bubblewrap", install="bubblewrap")
    return found


def build_command(
    *,
    child: str,
    limits: Limits,
    packages: tuple[str, ...] = PACKAGES,
    arguments: tuple[str, ...] = (),
) -> list[str]:
    """Return the command that runs ``children/<child>.py`` in the sandbox, with ``packages``."""
    return [
        check_bubblewrap(),
        "--unshare-all",
        # A decoder that was taken over gets no further kernel by a namespace of its own.
        *("--unshare-user", "--disable-userns"),
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        *("--hostname", "sandbox"),
        *("--cap-drop", "ALL"),
        *("--ro-bind", "/usr", "/usr"),
        *("--proc", "/proc"),
        *("--dev", "/dev"),
        *("--size", str(limits.files_bytes), "--perms", "0700", "--tmpfs", "/tmp"),  # noqa: S108
        *_link_system_folders(),
        *_bind_interpreter(),
        *_bind_packages(packages),
        *("--ro-bind", str(CHILDREN), "/children"),
        *("--chdir", "/tmp"),  # noqa: S108 - the sandbox's own.
        "--",
        sys.base_prefix + f"/bin/python{sys.version_info.major}.{sys.version_info.minor}",
        *("-I", "-S", "-B", f"/children/{child}.py"),
        *(str(limits.memory_bytes), str(limits.processor_seconds), str(limits.files_bytes)),
        *arguments,
    ]


def _link_system_folders() -> list[str]:
    links: list[str] = []
    for name in ("bin", "lib", "lib64", "sbin"):
        if Path("/", name).is_symlink():
            links += ["--symlink", f"usr/{name}", f"/{name}"]
        elif Path("/", name).is_dir():
            links += ["--ro-bind", f"/{name}", f"/{name}"]
    return links


def _bind_interpreter() -> list[str]:
    prefix = Path(sys.base_prefix)
    return [] if prefix.is_relative_to("/usr") else ["--ro-bind", str(prefix), str(prefix)]


def _bind_packages(packages: tuple[str, ...]) -> list[str]:
    binds: list[str] = []
    for name in packages:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise PreviewError("preview.no_decoders", install=name)
        folder = Path(found.origin).parent
        binds += ["--ro-bind", str(folder), f"/packages/{name}"]
        for libraries in (folder.with_name(f"{name}.libs"), folder.with_name("pillow.libs")):
            if libraries.is_dir():
                binds += ["--ro-bind", str(libraries), f"/packages/{libraries.name}"]
    return binds


@contextmanager
def run_child(
    *,
    child: str,
    chunks: Iterable[bytes],
    limits: Limits,
    packages: tuple[str, ...] = PACKAGES,
    arguments: tuple[str, ...] = (),
) -> Iterator[IO[bytes]]:
    """Run a child, feed it ``chunks``, and give its standard output to read.

    Leaving the block kills the child and whatever it started. After ``wall_seconds`` it is killed
    too, and the reader finds the end of the stream. Raises `PreviewError` if it cannot start.
    """
    command = build_command(child=child, limits=limits, packages=packages, arguments=arguments)
    process = subprocess.Popen(  # noqa: S603 - a list of our own making, no shell.
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        close_fds=True,
        env={},
    )
    killer = threading.Timer(limits.wall_seconds, process.kill)
    killer.daemon = True
    killer.start()
    assert process.stdin is not None  # noqa: S101 - says to mypy what PIPE means.
    assert process.stdout is not None  # noqa: S101
    feeder = threading.Thread(target=_feed, args=(process.stdin, chunks), daemon=True)
    feeder.start()
    try:
        yield process.stdout
    finally:
        killer.cancel()
        process.kill()
        process.wait()
        feeder.join()
        process.stdout.close()


def _feed(pipe: IO[bytes], chunks: Iterable[bytes]) -> None:
    """Write until the end, or until the child wants no more."""
    try:
        for chunk in chunks:
            pipe.write(chunk)
    except (BrokenPipeError, ValueError, AigaqError):
        # The child wants no more, or the item cannot be read to its end: it sees the end.
        pass
    finally:
        with suppress(BrokenPipeError):
            pipe.close()
