"""A watcher: what it cosigns, what it remembers, and each trick of a log that it must see."""

import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.watching.logs import DESK, ServedLog, Tower

from aigaq.sealing.log_entries import build_blinded
from aigaq.tlog import (
    CosignerVerifier,
    check_inclusion,
    hash_entry,
    open_note,
    parse_note,
    read_checkpoint,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def served(tmp_path: Path) -> ServedLog:
    log = ServedLog(tmp_path / "gate")
    log.list_pages()
    log.grow(3)
    return log


@pytest.fixture
def tower(served: ServedLog, tmp_path: Path) -> Tower:
    return Tower(served, tmp_path / "desk")


def size_of(tower: Tower) -> int:
    head = tower.memory.get(tower.served.organisation.card.log_origin)
    return 0 if head is None else head.checkpoint.size


def test_a_log_that_grows_is_remembered_and_cosigned_by_both_keys(
    served: ServedLog, tower: Tower
) -> None:
    assert tower.codes() == []
    served.grow(300)
    assert tower.codes() == []
    assert [read_checkpoint(one).checkpoint.size for one in served.taken] == [5, 305]
    note = parse_note(served.taken[-1])
    signers = open_note(note, verifiers=[CosignerVerifier(key) for key in DESK.keys])
    assert len(signers) == 2
    assert size_of(tower) == 305
    state = tower.store.read_state()
    assert (state.size, state.read, state.cosigned, state.code) == (305, 305, 305, None)


def test_what_was_read_proves_any_entry_without_asking_again(
    served: ServedLog, tower: Tower
) -> None:
    served.grow(70_000)
    assert tower.codes() == []
    served.is_reachable = False
    leaves = tower.store.read_leaves()
    head = tower.memory.get(served.organisation.card.log_origin)
    assert head is not None
    tree = leaves.tree(size=head.checkpoint.size)
    assert tree.root() == head.checkpoint.root
    leaf = hash_entry(build_blinded((40_000).to_bytes(32, "big")))
    index = leaves.find(leaf)
    assert index == 40_001
    check_inclusion(
        leaf=leaf,
        index=index,
        size=head.checkpoint.size,
        proof=tree.prove_inclusion(index),
        root=head.checkpoint.root,
    )


def test_a_head_is_remembered_before_it_is_handed_over(served: ServedLog, tower: Tower) -> None:
    served.takes = False
    assert tower.codes() == []
    assert size_of(tower) == 5
    state = tower.store.read_state()
    assert (state.cosigned, state.code) == (0, "log.no_cosignature")
    served.takes = True
    assert tower.codes() == []
    assert tower.store.read_state().cosigned == 5


def test_a_fork_of_the_same_size_is_an_alarm_with_both_heads(
    served: ServedLog, tower: Tower, tmp_path: Path
) -> None:
    tower.look()
    other = ServedLog(tmp_path / "other", organisation=served.organisation, number=90)
    other.grow(5)
    served.lie(other.folder)
    (alarm,) = tower.look()
    assert alarm.code == "log.forked"
    kept = {path.name: path.read_bytes() for path in alarm.folder.iterdir()}
    seen = read_checkpoint(kept["served.checkpoint"]).checkpoint
    known = read_checkpoint(kept["remembered.checkpoint"]).checkpoint
    assert seen.size == known.size == 5
    assert seen.root != known.root
    assert tower.codes() == []  # The same thing once.
    assert len(served.taken) == 1


def test_a_fork_that_grew_is_never_cosigned(
    served: ServedLog, tower: Tower, tmp_path: Path
) -> None:
    tower.look()
    other = ServedLog(tmp_path / "other", organisation=served.organisation, number=90)
    other.grow(600)
    served.lie(other.folder)
    assert tower.codes() == ["log.forked"]
    assert size_of(tower) == 5
    assert len(served.taken) == 1


def test_tiles_that_are_not_the_head_s_are_a_fork(
    served: ServedLog, tower: Tower, tmp_path: Path
) -> None:
    tower.look()
    shown = ServedLog(tmp_path / "shown", organisation=served.organisation, number=90)
    shown.grow(9)
    served.grow(4)
    served.pages["/log/checkpoint"] = (shown.folder / "checkpoint").read_bytes()
    assert tower.codes() == ["log.forked"]
    assert size_of(tower) == 5


def test_a_log_that_went_back_is_an_alarm(served: ServedLog, tower: Tower, tmp_path: Path) -> None:
    shutil.copytree(served.folder, tmp_path / "before")
    served.grow(10)
    tower.look()
    served.lie(tmp_path / "before")
    (alarm,) = tower.look()
    assert (alarm.code, alarm.details["known"]) == ("log.rolled_back", "15")
    assert {path.name for path in alarm.folder.iterdir()} == {
        "alarm.json",
        "remembered.checkpoint",
        "served.checkpoint",
    }
    assert size_of(tower) == 15


def test_a_head_of_another_key_is_an_alarm_once_a_day(served: ServedLog, tower: Tower) -> None:
    tower.look()
    served.grow(1)
    served.pages["/log/checkpoint"] = served.sign_again(Ed25519PrivateKey.generate())
    assert tower.codes() == ["log.wrong_signature"]
    served.pages["/log/checkpoint"] = b"no checkpoint at all"
    assert tower.codes() == []
    assert tower.codes(after=timedelta(days=1)) == ["log.wrong_signature"]
    assert size_of(tower) == 5


def test_a_log_that_stands_still_is_an_alarm_after_half_an_hour(
    served: ServedLog, tower: Tower
) -> None:
    tower.look()
    told = [tower.codes(after=timedelta(minutes=9)) for _ in range(5)]
    assert told == [[], [], [], ["log.stalled"], []]
    served.grow(1)
    assert tower.codes() == []


def test_a_desk_that_slept_does_not_call_the_log_stalled(served: ServedLog, tower: Tower) -> None:
    tower.look()
    tower.look()
    assert tower.codes(after=9 * HOUR) == []
    served.grow(1)
    assert tower.codes() == []


def test_a_watcher_started_once_an_hour_sees_a_stall_all_the_same(tower: Tower) -> None:
    tower.forgives_gaps = False
    tower.look()
    assert [tower.codes(after=HOUR) for _ in range(2)] == [[], ["log.stalled"]]


def test_a_gate_that_does_not_answer_is_not_a_stalled_log(served: ServedLog, tower: Tower) -> None:
    tower.look()
    served.is_reachable = False
    assert [tower.codes(after=timedelta(minutes=9)) for _ in range(9)] == [[]] * 9
    assert tower.store.read_state().code == "watch.unreachable"


def test_a_tile_that_is_missing_is_never_cosigned_and_stalls(
    served: ServedLog, tower: Tower
) -> None:
    tower.look()
    served.grow(10)
    served.pages["/log/tile/0/000.p/15"] = None
    told = [tower.codes(after=timedelta(minutes=9)) for _ in range(5)]
    assert ["log.stalled"] in told
    assert size_of(tower) == 5


@pytest.mark.parametrize(
    ("path", "code"),
    [("/card", "log.unlisted_card"), ("/bundle-manifest.json", "log.unlisted_bundle")],
)
def test_a_swapped_page_is_an_alarm_after_two_intervals_even_if_it_is_swapped_back(
    path: str, code: str, served: ServedLog, tower: Tower
) -> None:
    tower.look()
    good = served.pages[path]
    assert good is not None
    served.pages[path] = good.replace(b"{", b"{ ", 1)
    assert tower.codes() == []
    served.pages[path] = good
    served.grow(1)
    assert tower.codes(after=timedelta(minutes=22)) == [code]


def test_a_new_version_that_is_entered_in_time_is_no_alarm(served: ServedLog, tower: Tower) -> None:
    tower.look()
    card = served.pages["/card"]
    assert card is not None
    served.pages["/card"] = card.replace(b'"batch":16', b'"batch":17')
    assert tower.codes() == []
    served.list_pages()
    assert tower.codes(after=timedelta(minutes=10)) == []
    assert tower.codes(after=timedelta(minutes=30)) == []
    assert tower.store.read_state().unlisted == {}


def test_a_file_that_is_not_what_the_listed_manifest_says_is_an_alarm(
    tmp_path: Path,
) -> None:
    served = ServedLog(tmp_path / "gate")
    served.pages["/bundle-manifest.json"] = (
        b'{"files":[{"path":"a/main.js","sha256":"' + b"0" * 64 + b'","size":3}]}\n'
    )
    served.pages["/a/main.js"] = b"bad"
    served.list_pages()
    (alarm,) = Tower(served, tmp_path / "desk").look()
    assert (alarm.code, alarm.details["path"]) == ("log.unlisted_bundle", "a/main.js")


def test_entries_that_are_not_the_tree_s_are_an_alarm(served: ServedLog, tower: Tower) -> None:
    data = (served.folder / "tile/entries/000.p/5").read_bytes()
    served.pages["/log/tile/entries/000.p/5"] = data[:-1] + bytes([data[-1] ^ 1])
    assert tower.codes() == ["log.bad_entries"]


def test_a_full_tile_stands_in_for_a_partial_one_that_is_gone(
    served: ServedLog, tower: Tower
) -> None:
    tower.look()
    served.grow(20)
    old = {path: path.read_bytes() for path in served.folder.rglob("*") if path.is_file()}
    checkpoint = old[served.folder / "checkpoint"]
    served.grow(300)
    served.pages["/log/checkpoint"] = checkpoint
    for path in ("/log/tile/0/000.p/25", "/log/tile/entries/000.p/25"):
        served.pages[path] = None
    assert tower.codes() == []
    assert size_of(tower) == 25


def test_a_watcher_that_lost_all_but_its_head_goes_on_from_there(
    served: ServedLog, tower: Tower
) -> None:
    tower.look()
    shutil.rmtree(tower.folder / "log")
    served.grow(4)
    assert tower.codes() == []
    state = tower.store.read_state()
    assert (state.size, state.read) == (9, 9)


@pytest.mark.parametrize("name", ["GET / kk", "POST / kk"])
@pytest.mark.parametrize("given", [b"<script>steal()</script>", None])
def test_a_false_document_where_people_begin_is_an_alarm_behind_true_files(
    name: str, given: bytes | None, tmp_path: Path
) -> None:
    served = ServedLog(tmp_path / "gate")
    page = b"<html lang=kk>"
    named = {"path": "index.kk.html", "sha256": hashlib.sha256(page).hexdigest(), "size": len(page)}
    served.pages["/bundle-manifest.json"] = json.dumps({"files": [named]}).encode() + b"\n"
    served.pages["/index.kk.html"] = page
    served.list_pages()
    tower = Tower(served, tmp_path / "desk")
    assert tower.codes() == []
    served.documents[name] = given
    (alarm,) = tower.look(after=timedelta(minutes=31))
    assert (alarm.code, alarm.details["path"]) == ("log.unlisted_bundle", name)
