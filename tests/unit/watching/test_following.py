"""Whose log it is, a cosigner's seed, and a copy of a whole log."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.watching.logs import DESK, ServedLog, Tower

from aigaq.cli.cosign import cosign
from aigaq.errors import AigaqError
from aigaq.sealing.card import build_card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import Cosigner, TlogError, add_signatures, read_checkpoint
from aigaq.tlog.cosignatures import CosignerVerifier
from aigaq.watching.copying import copy_log
from aigaq.watching.errors import WatchError
from aigaq.watching.followed_cards import open_followed_card, read_kept_card
from aigaq.watching.seeds import (
    check_memory,
    describe_cosigner,
    name_desk_cosigner,
    name_memory,
    open_desk_cosigner,
    open_seed_file,
)
from aigaq.watching.store import Store


@pytest.fixture
def served(tmp_path: Path) -> ServedLog:
    log = ServedLog(tmp_path / "gate")
    log.list_pages()
    log.grow(300)
    return log


def sign(served: ServedLog, *, version: int, key: Ed25519PrivateKey | None = None) -> bytes:
    organisation = served.organisation
    card = replace(organisation.card, version=version)
    return build_card(card, root_key=key or organisation.root)


def test_a_card_is_taken_by_its_fingerprint_or_root_key(served: ServedLog, tmp_path: Path) -> None:
    root = served.organisation.root_public
    for number, text in enumerate((format_fingerprint(root), encode_base64(root))):
        followed = open_followed_card(tmp_path / str(number), source=served, root=text, file=None)
        assert followed.card.version == 1
        assert read_kept_card(tmp_path / str(number)).card == followed.card


@pytest.mark.parametrize(
    "text", ["", "abandon 0000", "not a fingerprint", encode_base64(bytes(32))]
)
def test_another_root_is_refused(text: str, served: ServedLog, tmp_path: Path) -> None:
    with pytest.raises(WatchError) as caught:
        open_followed_card(tmp_path / "kept", source=served, root=text or None, file=None)
    assert caught.value.code == ("watch.other_root" if text else "watch.no_card")
    assert not (tmp_path / "kept").exists()


def test_a_newer_card_is_followed_and_never_an_older_one_or_another_s(
    served: ServedLog, tmp_path: Path
) -> None:
    root = format_fingerprint(served.organisation.root_public)
    followed = open_followed_card(tmp_path / "kept", source=served, root=root, file=None)
    versions = []
    for page in (
        sign(served, version=3),
        sign(served, version=2),
        sign(served, version=9, key=Ed25519PrivateKey.generate()),
        b"no card",
        None,
    ):
        served.pages["/card"] = page
        followed.follow(served)
        versions.append(followed.card.version)
    assert versions == [3, 3, 3, 3, 3]
    assert read_kept_card(tmp_path / "kept").card.version == 3


def test_a_seed_file_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "partner.seed"
    made = open_seed_file(path, name="partner.example/aigaq")
    assert open_seed_file(path).keys == made.keys
    assert path.stat().st_mode & 0o777 == 0o600
    members = json.loads(path.read_text())
    assert members["format"] == "aigaq/cosigner-seed/v1"


def test_a_seed_whose_memory_is_gone_is_refused_until_a_person_says_so(
    served: ServedLog, tmp_path: Path
) -> None:
    seed = tmp_path / "partner.seed"
    cosigner = open_seed_file(seed)
    for _ in range(2):
        check_memory(seed)  # It never cosigned anything.
    folder = name_memory(seed)
    Tower(served, folder, cosigner=cosigner).look()
    check_memory(seed)
    shutil.rmtree(folder / "heads")
    for _ in range(2):
        with pytest.raises(WatchError) as caught:
            check_memory(seed)
        assert caught.value.code == "watch.memory_lost"
        shutil.rmtree(folder, ignore_errors=True)
    check_memory(seed, begin_anew=True)
    check_memory(seed)


def test_the_command_refuses_a_seed_without_its_memory(tmp_path: Path) -> None:
    seed = tmp_path / "partner.seed"
    open_seed_file(seed)
    shutil.rmtree(name_memory(seed))
    arguments = ["--log", "http://127.0.0.1:9/log", "--root", "x", "--seed", str(seed), "--once"]
    done = CliRunner().invoke(cosign, arguments)
    assert isinstance(done.exception, WatchError)
    assert done.exception.code == "watch.memory_lost"
    done = CliRunner().invoke(cosign, [*arguments, "--begin-anew"])
    assert isinstance(done.exception, WatchError)
    assert done.exception.code == "watch.unreachable"


@pytest.mark.parametrize("name", ["two words", "a+b", "é"])
def test_a_name_that_no_line_can_hold_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WatchError) as caught:
        open_seed_file(tmp_path / "seed", name=name)
    assert caught.value.code == "watch.bad_seed"
    assert not (tmp_path / "seed").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format":"aigaq/cosigner-seed/v1","name":"a"}'])
def test_what_is_no_seed_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "seed"
    path.write_text(text)
    with pytest.raises(WatchError) as caught:
        open_seed_file(path)
    assert caught.value.code == "watch.bad_seed"


def test_what_a_card_says_of_a_cosigner_is_read_back(served: ServedLog) -> None:
    listed = describe_cosigner(DESK, is_independent=True)
    (read,) = read_cosigners(replace(served.organisation.card, cosigners=(listed,)))
    assert read.verifiers == tuple(map(CosignerVerifier, DESK.keys))


def test_the_desk_s_cosigner_is_named_after_its_gate(tmp_path: Path) -> None:
    assert name_desk_cosigner("https://example.org:8443") == "example.org:8443/desk"
    path = tmp_path / "cosigner.key"
    first = open_desk_cosigner(path, gate_origin="https://example.org")
    assert open_desk_cosigner(path, gate_origin="https://example.org").keys == first.keys
    path.write_text("not base64")
    with pytest.raises(AigaqError):
        open_desk_cosigner(path, gate_origin="https://example.org")


def copy(served: ServedLog, folder: Path) -> int:
    """Copy a log as `aigaq log copy` does; return its size."""
    store = Store(folder.with_name(f"{folder.name}.card"))
    card = served.organisation.card
    return copy_log(served, folder, card=card, store=store).checkpoint.size


def refuse(served: ServedLog, folder: Path) -> str:
    with pytest.raises(TlogError) as caught:
        copy(served, folder)
    return caught.value.code


def kept(folder: Path) -> list[tuple[str, int, int]]:
    """Return code, size remembered and size served of what was kept beside a copy."""
    found = []
    for alarm in Store(folder.with_name(f"{folder.name}.card")).list_alarms():
        sizes = [
            read_checkpoint((alarm.folder / f"{name}.checkpoint").read_bytes()).checkpoint.size
            for name in ("remembered", "served")
        ]
        found.append((alarm.code, sizes[0], sizes[1]))
    return found


def test_a_copy_of_a_log_goes_on_where_it_was(served: ServedLog, tmp_path: Path) -> None:
    assert copy(served, tmp_path / "copy") == 302
    served.grow(300)
    assert copy(served, tmp_path / "copy") == 602
    assert copy(served, tmp_path / "copy") == 602


def test_a_copy_with_a_changed_entry_is_refused(served: ServedLog, tmp_path: Path) -> None:
    path = "/log/tile/entries/000"
    data = served.get(path, limit=10**9)
    assert data is not None
    served.pages[path] = data[:-1] + bytes([data[-1] ^ 1])
    assert refuse(served, tmp_path / "copy") == "log.bad_tile"
    assert not (tmp_path / "copy" / "checkpoint").exists()


def test_a_copy_is_never_replaced_by_a_shorter_log(served: ServedLog, tmp_path: Path) -> None:
    copy(served, tmp_path / "copy")
    other = ServedLog(tmp_path / "other", organisation=served.organisation)
    other.grow(3)
    assert refuse(other, tmp_path / "copy") == "log.rolled_back"
    assert kept(tmp_path / "copy") == [("log.rolled_back", 302, 3)]


@pytest.mark.parametrize("size", [302, 330, 700])
def test_a_copy_is_never_touched_by_a_fork_and_both_heads_are_kept(
    size: int, served: ServedLog, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    copy(served, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = ServedLog(tmp_path / "other", organisation=served.organisation, number=9_000)
    other.grow(size)
    assert refuse(other, folder) == "log.forked"
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert kept(folder) == [("log.forked", 302, size)]
    served.grow(5)
    assert copy(served, folder) == 307


def test_a_copy_stays_at_its_head_when_what_is_new_is_not_what_it_must_be(
    served: ServedLog, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    copy(served, folder)
    before = (folder / "checkpoint").read_bytes()
    served.grow(300)
    path = "/log/tile/entries/002.p/90"
    data = served.get(path, limit=10**9)
    assert data is not None
    served.pages[path] = data[:-1] + bytes([data[-1] ^ 1])
    assert refuse(served, folder) == "log.bad_tile"
    assert (folder / "checkpoint").read_bytes() == before
    del served.pages[path]
    assert copy(served, folder) == 602


def test_a_copy_takes_the_newest_head_of_an_independent_cosigner(
    served: ServedLog, tmp_path: Path
) -> None:
    other = Cosigner(name="partner.example/aigaq", seed=bytes([3]) * 32)
    listed = tuple(describe_cosigner(one, is_independent=one is other) for one in (DESK, other))
    card = replace(served.organisation.card, cosigners=listed)
    for size, path, cosigners in (
        (302, "/log/cosigned", (DESK, other)),
        (306, "/log/cosigned?by=partner.example%2Faigaq", (other,)),
        (310, "", ()),
    ):
        head = read_checkpoint((served.folder / "checkpoint").read_bytes())
        assert head.checkpoint.size == size
        lines = [line for one in cosigners for line in one.cosign(head.checkpoint, at=1)]
        served.pages[path] = add_signatures(head.note, lines).encode()
        served.grow(4)
    store = Store(tmp_path / "copy.card")
    assert copy_log(served, tmp_path / "copy", card=card, store=store).checkpoint.size == 306
