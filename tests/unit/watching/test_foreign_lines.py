"""Lines that a gate puts into its heads: what nobody checked is neither kept nor handed on.

Two tricks: a line in another's name under the log's own key id, to be taken for the log's; and a
broken line in the name of a cosigner, which makes the head false for whoever knows that cosigner.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.watching.logs import AT, DESK, ServedLog, Tower

from aigaq.intake.packaging import read_newest
from aigaq.tlog import (
    AddCheckpoint,
    Ed25519Verifier,
    Memory,
    Note,
    SignatureLine,
    build_add_checkpoint,
    hash_entry,
    open_note,
    parse_note,
    read_checkpoint,
)
from aigaq.watching.copying import copy_log
from aigaq.watching.store import Leaves, Store
from aigaq.watching.witness_server import Witness
from aigaq_verify.notes import find_signers, parse_vkey
from aigaq_verify.notes import parse_note as parse_for_court


@pytest.fixture
def served(tmp_path: Path) -> ServedLog:
    log = ServedLog(tmp_path / "gate")
    log.list_pages()
    log.grow(3)
    return log


def log_of(served: ServedLog) -> Ed25519Verifier:
    card = served.organisation.card
    return Ed25519Verifier(card.log_origin, card.log_key)


def serve_lines(served: ServedLog) -> bytes:
    """Put both lines before the log's own one, and return the head as it is served from then on."""
    path = served.folder / "checkpoint"
    note = parse_note(path.read_bytes())
    own = log_of(served).key_id
    decoy = SignatureLine("elsewhere.example/log", own, bytes(64))
    line = DESK.cosign(read_checkpoint(path.read_bytes()).checkpoint, at=int(AT.timestamp()))[0]
    broken = replace(line, signature=bytes(len(line.signature)))
    data = Note(text=note.text, signatures=(decoy, broken, *note.signatures)).encode()
    served.pages["/log/checkpoint"] = data
    return data


def assert_clean(data: bytes, served: ServedLog) -> None:
    """The log's own line is there, and a court that knows the cosigner can read the note."""
    note = parse_note(data)
    assert open_note(note, verifiers=[log_of(served)])
    assert {line.name for line in note.signatures} == {served.organisation.card.log_origin}
    keys = [parse_vkey(str(key), code="x") for key in DESK.keys]
    assert find_signers(parse_for_court(data), keys) == {}


def test_a_watcher_remembers_a_head_with_the_log_s_own_line(
    served: ServedLog, tmp_path: Path
) -> None:
    serve_lines(served)
    tower = Tower(served, tmp_path / "desk", cosigner=None)
    assert tower.codes(after=timedelta(minutes=1)) == []
    known = tower.memory.get(served.organisation.card.log_origin)
    assert known is not None
    assert_clean(known.note.encode(), served)


def test_a_witness_remembers_a_head_with_the_log_s_own_line(
    served: ServedLog, tmp_path: Path
) -> None:
    memory = Memory(tmp_path / "heads")
    witness = Witness(
        card_of=lambda: served.organisation.card,
        cosigner=DESK,
        memory=memory,
        store_of=lambda: Store(tmp_path / "log"),
        clock=lambda: AT,
    )
    body = build_add_checkpoint(AddCheckpoint(0, (), serve_lines(served)))
    assert witness.add(body)[0] == 200
    known = memory.get(served.organisation.card.log_origin)
    assert known is not None
    assert_clean(known.note.encode(), served)


def test_a_copy_of_a_log_that_nobody_cosigned_has_the_log_s_own_line(
    served: ServedLog, tmp_path: Path
) -> None:
    serve_lines(served)
    card, folder = served.organisation.card, tmp_path / "copy"
    copy_log(served, folder, card=card, store=Store(tmp_path / "store"))
    assert_clean((folder / "checkpoint").read_bytes(), served)


def test_a_package_stands_on_a_head_with_the_log_s_own_line(served: ServedLog) -> None:
    serve_lines(served)
    size = read_checkpoint(served.pages["/log/checkpoint"] or b"").checkpoint.size
    data = (served.folder / f"tile/entries/000.p/{size}").read_bytes()
    leaves, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        leaves.append(hash_entry(data[at + 2 : end]))
        at = end
    head = read_newest(served, card=served.organisation.card, leaves=Leaves(b"".join(leaves)))
    assert head.size == size
    assert_clean(head.note, served)
