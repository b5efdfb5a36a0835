"""The running desk takes timestamps by itself and for commands; a fault is an alarm for a person.

The authority is ``openssl ts`` on loopback; the log's head is in the desk's own memory of it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from tests.conftest import Founding
from tests.timestamp_authority import LocalAuthority, Server
from tests.unit.evidence.log_of import LogGate
from tests.unit.intake.desk_of import carry_report
from tests.unit.intake.test_way import SocksProxy

from aigaq import clock
from aigaq.cli import desk_timestamp
from aigaq.core.commands import Answer, get_command
from aigaq.errors import AigaqError
from aigaq.evidence.models import Item
from aigaq.evidence.timestamp_models import AuthorityState, TimestampToken
from aigaq.evidence.timestamp_selectors import list_tokens
from aigaq.intake import timestamp_tasks as tasks
from aigaq.intake.log_watch import open_store
from aigaq.intake.models import Alarm
from aigaq.tlog import Memory, read_checkpoint
from aigaq.watching.store import State

pytestmark = pytest.mark.django_db
FILE = b"a fictional photograph"


@pytest.fixture
def gate(founding: Founding, tmp_path: Path) -> LogGate:
    return LogGate.of(founding, tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(LocalAuthority(tmp_path / "authority"))
    yield server
    server.close()


@pytest.fixture
def cosign(founding: Founding, gate: LogGate) -> Callable[[], int]:
    """Give a function that lets the desk have proven and cosigned the newest head."""

    def remember(*, is_cosigned: bool = True) -> int:
        head = read_checkpoint(gate.source.read_checkpoint())
        Memory(settings.HOME.locked).advance(head, proof=[], old_size=0)
        store = open_store(settings.HOME, log_origin=gate.card.log_origin)
        store.create()
        size = head.checkpoint.size
        store.write_state(State(size=size, cosigned=size if is_cosigned else 0))
        return size

    return remember


def run(command: str, **arguments: object) -> Answer:
    return get_command(command).run(arguments)


def name_authority(server: Server, folder: Path) -> None:
    assert server.authority is not None
    pem = folder / "root.pem"
    pem.write_text(server.authority.root.pem)
    run(
        "authority-add",
        name=server.authority.name,
        url=server.url,
        country="KZ",
        certificates=str(pem),
    )


def test_a_round_stamps_nothing_before_the_desk_cosigned(
    server: Server, cosign: Callable[..., int], tmp_path: Path
) -> None:
    name_authority(server, tmp_path)
    tasks.do_round()
    assert not TimestampToken.objects.exists()
    cosign(is_cosigned=False)
    tasks.do_round()
    assert not TimestampToken.objects.exists()


def test_a_cosigned_checkpoint_is_stamped_by_a_round_once(
    server: Server, cosign: Callable[..., int], tmp_path: Path
) -> None:
    name_authority(server, tmp_path)
    size = cosign()
    tasks.do_round()
    tasks.do_round()
    assert [one.authority for one in list_tokens(size)] == ["Fictional authority"]
    assert len(server.asked) == 1
    assert not Alarm.objects.exists()


def test_a_refusing_authority_is_one_alarm_that_a_person_sees(
    server: Server, cosign: Callable[..., int], tmp_path: Path
) -> None:
    name_authority(server, tmp_path)
    cosign()
    server.fault = "error"
    for _ in range(3):
        tasks.do_round()
        AuthorityState.objects.update(next_at=clock.now())
    assert len(server.asked) == 3
    (alarm,) = Alarm.objects.all()
    assert alarm.code == "timestamp.bad_status"
    assert alarm.details["authority"] == "Fictional authority"
    assert alarm.details["status"] == "500"
    server.fault = ""
    tasks.do_round()
    assert TimestampToken.objects.count() == 1
    # Whoever closes the alarm learns of the next streak again.
    server.fault = "error"
    AuthorityState.objects.update(good_at=clock.now())
    run("timestamp")
    AuthorityState.objects.update(next_at=None)
    assert run("timestamp-status")["authorities"][0]["state"] == "failing"


def test_the_command_stamps_now_and_says_what_each_authority_did(
    server: Server, cosign: Callable[..., int], tmp_path: Path
) -> None:
    name_authority(server, tmp_path)
    size = cosign()
    (attempt,) = run("timestamp")["attempts"]
    assert attempt["code"] is None
    server.fault = "refused"
    answer = run("timestamp")
    (attempt,) = answer["attempts"]
    assert attempt["code"] == "timestamp.refused"
    said = desk_timestamp.tell_attempts(answer)
    assert "[timestamp.refused]" in said
    assert f"checkpoint {size}" in said
    status = run("timestamp-status")
    assert status["authorities"][0]["said"] == "Message digest algorithm is not supported."
    assert "Fewer than two" in desk_timestamp.tell_status(status)


def test_the_command_stamps_an_item(
    founding: Founding, server: Server, gate: LogGate, tmp_path: Path
) -> None:
    name_authority(server, tmp_path)
    carry_report(founding, items=[("photo.jpg", "image/jpeg", FILE)])
    item = Item.objects.get()
    for name in (str(item.pk), f"{bytes(item.filed.report_id).hex()}/0"):
        (attempt,) = run("timestamp", item=name)["attempts"]
        assert (attempt["code"], attempt["sha256"]) == (None, bytes(item.sha256).hex())


def test_without_checkpoint_or_authority_the_command_says_so(
    founding: Founding, cosign: Callable[..., int]
) -> None:
    with pytest.raises(AigaqError) as caught:
        run("timestamp")
    assert caught.value.code == "timestamp.no_checkpoint"
    cosign()
    with pytest.raises(AigaqError) as caught:
        run("timestamp")
    assert caught.value.code == "timestamp.no_authority"
    with pytest.raises(AigaqError) as caught:
        run("authority-add", name="A", url="http://a/", country="KZ", certificates="/nowhere")
    assert caught.value.code == "import.unreadable_file"
    assert run("timestamp-status")["authorities"] == []


def test_an_authority_is_reached_through_the_desks_proxy_alone(
    server: Server,
    cosign: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name_authority(server, tmp_path)
    cosign()
    proxy = SocksProxy(gate_port=int(server.url.split(":")[2].split("/")[0]))
    try:
        monkeypatch.setenv("AIGAQ_PROXY", f"socks5://127.0.0.1:{proxy.port}")
        (attempt,) = run("timestamp")["attempts"]
        assert attempt["code"] is None
        assert [one.user for one in proxy.asked] == [f"aigaq-{tasks.PURPOSE}"]
    finally:
        proxy.close()
    (attempt,) = run("timestamp")["attempts"]
    assert attempt["code"] == "timestamp.unreachable"


def test_every_fault_has_its_sentence_on_the_command_line() -> None:
    for code, sentence in desk_timestamp.FAULTS.items():
        assert code.startswith("timestamp.")
        assert sentence.format_map({"status": 500}).endswith(".")
