"""The notice "look at the desk": a real mail server, a random delay, and no word of what came."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.flows.stage import free_port

from aigaq import clock
from aigaq.core.home import Home
from aigaq.intake import notices
from aigaq.intake.errors import NoticeError
from aigaq.intake.notice_state import NoticeState
from aigaq.intake.shapes import NoticeSettings


class Receiver(socketserver.StreamRequestHandler):
    """Speaks enough of SMTP (RFC 5321) to take a letter, and keeps all that was said."""

    def handle(self) -> None:
        """Take one session."""
        said: list[bytes] = self.server.said  # type: ignore[attr-defined]
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline():
            said.append(line)
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (body := self.rfile.readline()) != b".\r\n":
                    said.append(body)
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 fine\r\n")


@pytest.fixture
def receiver() -> Iterator[socketserver.ThreadingTCPServer]:
    """Run a mail server on a free port."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Receiver)
    server.said = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings_to() -> Callable[..., NoticeSettings]:
    """Give a function that makes settings for a port."""

    def make(at: int, **changes: object) -> NoticeSettings:
        values: dict[str, object] = {
            "to": ("a@example.org", "b@example.org"),
            "host": "127.0.0.1",
            "port": at,
            "security": "none",
            "sender": "desk@example.org",
            "also_while_locked": True,
        }
        return NoticeSettings(**(values | changes))  # type: ignore[arg-type]

    return make


def test_the_notice_goes_to_each_alone_and_says_nothing_of_what_came(
    receiver: socketserver.ThreadingTCPServer, settings_to: Callable[..., NoticeSettings]
) -> None:
    stored = notices.StoredNotice(settings_to(receiver.server_address[1]), "")
    notices.send_notice(stored)
    said = b"".join(receiver.said).decode()  # type: ignore[attr-defined]
    assert said.count("\nTo: ") == 2
    assert "<a@example.org>" not in said.split("<b@example.org>", 1)[1]
    assert "desk.invalid" in said
    assert socket.gethostname() not in said
    for word in ("report", "сообщени", "хабарлама", "127.0.0.1", "aigaq", "Aigaq"):
        assert word not in said


def test_it_waits_for_a_random_while_and_goes_out_once_until_someone_looks(
    receiver: socketserver.ThreadingTCPServer,
    settings_to: Callable[..., NoticeSettings],
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    (home.desk / "inbox").mkdir(parents=True)
    state, now = NoticeState(home), clock.now()
    stored = notices.StoredNotice(settings_to(receiver.server_address[1]), "")
    assert not state.send_if_due(stored, now=now + timedelta(days=9))
    state.plan(now=now)
    late = now + timedelta(seconds=notices.MAX_DELAY_SECONDS)
    assert state.send_if_due(stored, now=late)
    state.plan(now=late)
    assert not state.send_if_due(stored, now=late + timedelta(days=9))
    state.settle()
    state.plan(now=late)
    assert state.send_if_due(stored, now=late + timedelta(seconds=notices.MAX_DELAY_SECONDS))


def test_the_delay_is_drawn_anew_each_time() -> None:
    now = clock.now()
    drawn = {notices.draw_due(now) for _time in range(50)}
    assert len(drawn) > 40
    assert all(now <= one <= now + timedelta(seconds=notices.MAX_DELAY_SECONDS) for one in drawn)


def test_a_notice_that_cannot_be_sent_is_tried_again(
    settings_to: Callable[..., NoticeSettings], tmp_path: Path
) -> None:
    home = Home(tmp_path)
    (home.desk / "inbox").mkdir(parents=True)
    state, now = NoticeState(home), clock.now()
    stored = notices.StoredNotice(settings_to(free_port()), "")
    state.plan(now=now)
    with pytest.raises(NoticeError) as caught:
        state.send_if_due(stored, now=now + timedelta(days=1))
    assert caught.value.code == "notices.not_sent"
    with pytest.raises(NoticeError):
        state.send_if_due(stored, now=now + timedelta(days=3))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": ()}, "notices.no_address"),
        ({"to": ("a@example.org\nBcc: x@example.org",)}, "notices.no_address"),
        ({"to": ("a@example.org\rBcc: x@example.org",)}, "notices.no_address"),
        ({"host": "", "port": 25}, "notices.bad_host"),
        ({"host": "mail.example.org"}, "notices.bad_security"),
        ({"sender": "x"}, "notices.bad_sender"),
    ],
)
def test_settings_that_would_harm_are_refused(
    settings_to: Callable[..., NoticeSettings], changes: dict[str, object], code: str
) -> None:
    with pytest.raises(NoticeError) as caught:
        notices.check_settings(settings_to(25, **changes))
    assert caught.value.code == code


def test_the_letter_is_the_same_every_time() -> None:
    letters = [notices.build_notice(sender="d@example.org", to="a@example.org") for _ in range(2)]
    assert letters[0].get_content() == letters[1].get_content() == notices.BODY
    assert letters[0]["Subject"] == letters[1]["Subject"] == notices.SUBJECT
