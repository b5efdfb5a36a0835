"""Background rounds, commands of a running desk, and what the log keeps."""

import logging
import os
import resource
import threading
from pathlib import Path

import pytest

from aigaq.core import commands, temporary
from aigaq.core.background import Registry, Rounds
from aigaq.core.home import Home, get_home
from aigaq.desk.log_filter import NoContent
from aigaq.desk.socket_server import answer_line, listen
from aigaq.errors import AigaqError


def test_rounds_repeat_are_woken_and_end() -> None:
    done = threading.Semaphore(0)
    rounds = Rounds(name="test", seconds=60, run=lambda: done.release())
    rounds.start()
    assert done.acquire(timeout=5)
    rounds.wake()
    assert done.acquire(timeout=5)

    rounds.stop()
    assert not rounds._thread.is_alive()


def test_a_round_that_fails_is_followed_by_another_and_tells_no_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = threading.Semaphore(0)

    def fail() -> None:
        done.release()
        raise ValueError("what she wrote")

    rounds = Rounds(name="test", seconds=0.01, run=fail)
    rounds.start()
    assert done.acquire(timeout=5)
    assert done.acquire(timeout=5)
    rounds.stop()

    assert "ValueError" in caplog.text
    assert "what she wrote" not in caplog.text


def test_the_lock_stops_only_what_needs_an_open_desk() -> None:
    registry = Registry()
    made: list[Rounds] = []

    def build(name: str) -> Rounds:
        made.append(Rounds(name=name, seconds=60, run=lambda: None))
        return made[-1]

    registry.register("open", factory=lambda: build("open"))
    registry.register("always", factory=lambda: build("always"), also_while_locked=True)
    registry.start(also_while_locked=True)
    registry.start(also_while_locked=False)
    registry.start(also_while_locked=False)
    assert registry.list_running() == ["always", "open"]

    registry.stop(also_while_locked=False)
    assert registry.list_running() == ["always"]
    assert registry.wake("always")
    assert not registry.wake("open")
    registry.stop(also_while_locked=True)
    assert len(made) == 2


def test_a_locked_desk_refuses_a_command_that_needs_it_open() -> None:
    commands.register("test.open", run=lambda arguments: {"got": arguments["a"]})
    commands.register("test.locked", run=lambda arguments: {}, while_locked=True)

    assert answer_line(b'{"command": "test.open"}') == {"error": "desk.locked"}
    assert answer_line(b'{"command": "test.locked"}') == {"answer": {}}
    assert answer_line(b'{"command": "test.none"}') == {"error": "commands.unknown"}
    for line in (b"", b"[]", b"{}", b"\xff", b'{"command": []'):
        assert answer_line(line)["error"] in ("commands.bad_form", "commands.unknown")


def test_a_socket_works_in_a_folder_with_a_long_name(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()

    listener = listen(folder / "desk.sock")
    try:
        assert (folder / "desk.sock").stat().st_mode & 0o777 == 0o600
    finally:
        listener.close()


def test_temporary_files_lie_in_memory_and_go() -> None:
    with temporary.temporary_folder() as folder:
        (folder / "a").write_bytes(b"b")
        assert folder.parent == Path("/dev/shm")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_the_home_is_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()

    folders = [home.folder, home.desk, home.locked, home.keys, home.blobs]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
    assert not home.is_set_up()


def test_a_home_that_is_not_absolute_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGAQ_HOME", "desk")

    with pytest.raises(AigaqError) as caught:
        get_home()
    assert caught.value.code == "home.not_absolute"


def test_the_log_holds_types_and_codes_and_no_content() -> None:
    def record(error: Exception) -> str:
        try:
            raise error
        except Exception as raised:
            entry = logging.LogRecord("x", 40, __file__, 1, "failed for %s", ("her name",), None)
            entry.exc_info = (type(raised), raised, raised.__traceback__)
        NoContent().filter(entry)
        return logging.Formatter("%(message)s").format(entry)

    told = record(ValueError("what she wrote"))
    assert "ValueError" in told
    assert "she" not in told
    assert "her name" not in told
    assert "sealing.wrong" in record(AigaqError("sealing.wrong", name="her name"))


def test_a_hardened_process_leaves_no_core_dump() -> None:
    child = os.fork()
    if child == 0:
        from aigaq.core.hardening import harden_process

        granted = harden_process()
        none = resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
        os._exit(0 if none and granted.core_dumps_off else 1)
    _pid, status = os.waitpid(child, 0)

    assert status == 0
