"""What a gate does to keep its watcher busy, blind or without a memory."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.watching.logs import ServedLog, Tower

from aigaq.watching.store import MAXIMUM_OF_A_CODE

ENTRIES = ("/log/tile/entries/",)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def served(tmp_path: Path) -> ServedLog:
    log = ServedLog(tmp_path / "gate")
    log.list_pages()
    log.grow(3)
    return log


@pytest.fixture
def tower(served: ServedLog, tmp_path: Path) -> Tower:
    return Tower(served, tmp_path / "desk")


def serve_bad_files(served: ServedLog, count: int) -> None:
    """Serve, and enter, a manifest of files none of which is what it says."""
    named = [{"path": f"a/{n}.js", "sha256": "0" * 64, "size": 1} for n in range(count)]
    manifest = {"files": named, "format": "aigaq/bundle/v1"}
    served.pages["/bundle-manifest.json"] = json.dumps(manifest).encode() + b"\n"
    for one in named:
        served.pages[f"/{one['path']}"] = b"x"
    served.list_pages()


def fork(served: ServedLog, folder: Path, *, count: int) -> None:
    other = ServedLog(folder, organisation=served.organisation, number=900)
    other.grow(count)
    served.lie(other.folder)


def test_files_that_are_not_the_manifest_s_are_one_alarm_with_all_their_names(
    served: ServedLog, tower: Tower
) -> None:
    tower.look()
    serve_bad_files(served, 300)
    (alarm,) = tower.look(after=timedelta(minutes=40))
    assert (alarm.code, alarm.details["files"]) == ("log.unlisted_bundle", "300")
    named = json.loads((alarm.folder / "served.files.json").read_bytes())
    assert len(named) == 300
    assert tower.codes(after=timedelta(minutes=40)) == []
    served.pages["/a/7.js"] = b"y"
    assert tower.codes(after=timedelta(minutes=40)) == ["log.unlisted_bundle"]


def test_no_flood_of_cheap_alarms_silences_a_fork(
    served: ServedLog, tower: Tower, tmp_path: Path
) -> None:
    tower.look()
    serve_bad_files(served, 2)
    raised = []
    for number in range(40):
        served.pages["/a/1.js"] = b"%d" % number
        raised += tower.codes(after=timedelta(minutes=31))
    assert raised.count("log.unlisted_bundle") == MAXIMUM_OF_A_CODE
    fork(served, tmp_path / "other", count=50)
    assert "log.forked" in tower.codes()


@pytest.mark.parametrize("code", ["log.forked", "log.rolled_back"])
def test_what_contradicts_a_head_is_kept_each_time(code: str, tower: Tower) -> None:
    tower.store.create()
    raised = [
        tower.store.raise_alarm(code, at=tower.at, mark=str(n), details={}, files={})
        for n in range(MAXIMUM_OF_A_CODE + 5)
    ]
    assert all(raised)


def test_a_flood_of_manifests_hides_no_card(served: ServedLog, tower: Tower) -> None:
    for number in range(70):
        served.pages["/bundle-manifest.json"] = b'{"files":[],"n":%d}\n' % number
        tower.look()
    card = served.pages["/card"]
    assert card is not None
    served.pages["/card"] = card.replace(b"{", b"{ ", 1)
    served.grow(1)
    codes = tower.codes() + tower.codes(after=timedelta(minutes=25))
    assert "log.unlisted_card" in codes


def test_entries_that_are_withheld_are_an_alarm_and_nothing_is_cosigned(
    served: ServedLog, tower: Tower
) -> None:
    tower.look()
    assert tower.store.read_state().cosigned == 5
    served.hidden = ENTRIES
    raised = []
    for _ in range(7):
        served.grow(2)
        raised += tower.codes(after=10 * MINUTE)
    assert raised == ["log.withheld"]
    state = tower.store.read_state()
    assert (state.size, state.read, state.cosigned) == (19, 5, 5)
    assert len(served.taken) == 1
    served.hidden = ()
    assert tower.codes(after=10 * MINUTE) == []
    assert tower.store.read_state().cosigned == 19


@pytest.mark.parametrize("path", ["/card", "/bundle-manifest.json", "/a/0.js"])
@pytest.mark.parametrize("is_cut", [False, True])
def test_pages_that_are_withheld_are_an_alarm(
    path: str, is_cut: bool, served: ServedLog, tower: Tower
) -> None:
    """Whether the gate says that there is none, or breaks off the line for this page only."""
    serve_bad_files(served, 1)
    tower.look()
    if is_cut:
        served.cut = (path,)
    else:
        served.hidden = (path,)
    raised = []
    for _ in range(7):
        served.grow(2)
        raised += tower.codes(after=10 * MINUTE)
    # A file that is not there is a file that is not what the manifest says.
    expected = "log.unlisted_bundle" if (path, is_cut) == ("/a/0.js", False) else "log.withheld"
    assert raised == [expected]


def test_a_large_log_that_is_still_being_read_is_no_alarm(
    served: ServedLog, tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.grow(5_000)
    monkeypatch.setattr("aigaq.watching.watcher.READ_SECONDS", 0.0)
    for _ in range(15):
        assert tower.codes(after=9 * MINUTE) == []
        served.grow(1)
    state = tower.store.read_state()
    assert (0 < state.read < state.size, state.cosigned) == (True, 0)


def test_a_gate_that_is_down_withholds_nothing(served: ServedLog, tower: Tower) -> None:
    tower.look()
    served.hidden = ENTRIES
    served.grow(2)
    tower.look()
    served.is_reachable = False
    assert [tower.codes(after=9 * MINUTE) for _ in range(9)] == [[]] * 9


def test_a_watcher_that_lost_its_head_knows_a_fork_by_what_it_read(
    served: ServedLog, tower: Tower, tmp_path: Path
) -> None:
    tower.look()
    shutil.rmtree(tower.folder / "heads")
    tower.memory = type(tower.memory)(tower.folder / "heads")
    fork(served, tmp_path / "other", count=50)
    assert tower.codes() == ["log.forked"]
    assert len(served.taken) == 1
