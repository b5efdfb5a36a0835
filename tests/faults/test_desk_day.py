"""A working day of a real desk: nothing in plain on its disk (F), and its second place."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.desk_process import AIGAQ, DeskProcess, Trial, found_trial, look_into
from tests.flows.stage import Reporter, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    """Found an organisation and run its gate."""
    found = found_trial(tmp_path / "home")
    found.gate.start()
    yield found
    found.gate.stop()


def draw_canary() -> str:
    """Return a word that is nowhere else."""
    return f"қанар{secrets.token_hex(12)}"


def find_in(folder: Path, canary: str) -> list[str]:
    """Return the files under a folder that hold a canary, in the encodings of text on disks."""
    forms = [canary.encode(), canary.encode("utf-16-le"), canary.encode("cp1251", "ignore")]
    plain = canary[5:].encode()
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if plain in data or any(form in data for form in forms):
                found.append(str(path))
            if canary[5:].encode() in str(path.name).encode():
                found.append(str(path))
    return found


def live_a_day(trial: Trial, *, second: Path, canaries: dict[str, str]) -> Reporter:
    """Report with an item, answer, write, look, while the desk opens and locks."""
    desk = DeskProcess(trial)
    reporter = Reporter(origin=trial.gate.origin, card=trial.card)
    try:
        desk.start()
        desk.unlock()
        desk.ask("set-second-place", folder=str(second))
        reporter.tell(
            answers=((4, canaries["answer"]), (12, canaries["name"])),
            items=((canaries["item name"] + ".txt", "text/plain", canaries["item"].encode()),),
        )
        desk.ask("pull")
        reporter.write(body={"text": canaries["message"]})
        desk.ask("lock")
        desk.ask("pull")
        desk.unlock()
        wait_for(lambda: desk.ask("pull")["code"] is None)
        desk.ask("pull")
        desk.stop()
    finally:
        desk.kill()
    return reporter


def test_after_a_working_day_no_word_lies_in_plain_on_the_desk_or_in_the_second_place(
    trial: Trial, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    places = ("answer", "name", "item name", "item", "message")
    canaries = {place: draw_canary() for place in places}
    live_a_day(trial, second=second, canaries=canaries).close()
    facts = look_into(
        trial,
        expression="""{
            "answers": list(models.Answer.objects.values_list("value", flat=True)),
            "names": list(models.Item.objects.values_list("name", flat=True)),
            "previews": models.Preview.objects.count(),
            "texts": [one.body["text"] for one in models.Message.objects.filter(kind="text")],
        }""",
    )
    # The words were really here, or not finding them would prove nothing.
    assert facts["answers"] == [canaries["answer"], canaries["name"]]
    assert facts["names"] == [canaries["item name"] + ".txt"]
    assert facts["texts"] == [canaries["message"]]
    assert facts["previews"] == 1
    for place, canary in canaries.items():
        found = find_in(trial.home.desk, canary) + find_in(second, canary)
        found += find_in(trial.home.gate, canary)
        assert found == [], place


def test_a_desk_comes_back_from_its_second_place_alone(trial: Trial, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    canaries = {
        place: draw_canary() for place in ("answer", "name", "item name", "item", "message")
    }
    reporter = live_a_day(trial, second=second, canaries=canaries)
    elsewhere = tmp_path / "elsewhere"
    reader, writer = os.pipe()
    os.write(writer, trial.passphrase.encode() + b"\n")
    os.close(writer)
    done = subprocess.run(
        [AIGAQ, "restore", str(second), "--json", "--passphrase-fd", str(reader)],
        env=os.environ | {"AIGAQ_HOME": str(elsewhere)},
        pass_fds=[reader],
        capture_output=True,
        check=False,
    )
    os.close(reader)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {"reports": 1}
    from aigaq.core.home import Home

    again = Trial(Home(elsewhere), trial.passphrase, trial.card, trial.gate)
    facts = look_into(
        again,
        expression="""{
            "answers": list(models.Answer.objects.values_list("value", flat=True)),
            "items": [
                blob_store.read_blob(one.blob_id).decode() for one in models.Item.objects.all()
            ],
            "audited": audit.check_chain() > 0,
        }""",
    )
    assert facts["answers"] == [canaries["answer"], canaries["name"]]
    assert facts["items"] == [canaries["item"]]
    assert facts["audited"]
    # It works on: it fetches with the fetch key that came back too.
    reporter.write(body={"text": "after"})
    desk = DeskProcess(again)
    try:
        desk.start()
        desk.unlock()
        assert desk.ask("pull")["code"] is None
        desk.stop()
    finally:
        desk.kill()
    count = look_into(
        again, expression='models.Message.objects.filter(kind="text", fault="").count()'
    )
    assert count == 2
    reporter.close()
