"""The tlog-witness server: every status that C2SP names, and one head at a time."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.watching.logs import AT, DESK, ServedLog

from aigaq.tlog import (
    AddCheckpoint,
    CosignerVerifier,
    LogWriter,
    Memory,
    add_signatures,
    build_add_checkpoint,
    open_note,
    parse_note,
    parse_signature_lines,
    read_checkpoint,
)
from aigaq.watching.store import State, Store
from aigaq.watching.witness_server import Witness


@pytest.fixture
def served(tmp_path: Path) -> ServedLog:
    log = ServedLog(tmp_path / "gate")
    log.grow(5)
    return log


@pytest.fixture
def witness(served: ServedLog, tmp_path: Path) -> Witness:
    return Witness(
        card_of=lambda: served.organisation.card,
        cosigner=DESK,
        memory=Memory(tmp_path / "heads"),
        store_of=lambda: Store(tmp_path / "log"),
        clock=lambda: AT,
    )


def build(served: ServedLog, *, old: int, note: bytes | None = None) -> bytes:
    """Return a request from ``old`` entries to the newest checkpoint."""
    card, key = served.organisation.card, served.organisation.log
    with LogWriter(served.folder, origin=card.log_origin, key=key) as log:
        proof = tuple(log.tree().prove_consistency(old)) if old else ()
    note = note or (served.folder / "checkpoint").read_bytes()
    return build_add_checkpoint(AddCheckpoint(old, proof, note))


def test_a_log_that_grows_gets_both_lines_each_time(served: ServedLog, witness: Witness) -> None:
    for old in (0, 5):
        status, body, _kind = witness.add(build(served, old=old))
        assert status == 200
        note = parse_note((served.folder / "checkpoint").read_bytes())
        whole = add_signatures(note, parse_signature_lines(body.decode()))
        assert len(open_note(whole, verifiers=[CosignerVerifier(key) for key in DESK.keys])) == 2
        served.grow(7)


def test_the_same_head_again_is_signed_again(served: ServedLog, witness: Witness) -> None:
    assert witness.add(build(served, old=0))[0] == 200
    assert witness.add(build(served, old=5))[0] == 200


def test_who_starts_elsewhere_is_told_the_size(served: ServedLog, witness: Witness) -> None:
    witness.add(build(served, old=0))
    served.grow(3)
    assert witness.add(build(served, old=4)) == (409, b"5\n", "text/x.tlog.size")
    assert witness.add(build(served, old=0)) == (409, b"5\n", "text/x.tlog.size")


def test_a_wrong_proof_is_unprocessable_and_no_alarm(served: ServedLog, witness: Witness) -> None:
    witness.add(build(served, old=0))
    served.grow(3)
    note = (served.folder / "checkpoint").read_bytes()
    wrong = build_add_checkpoint(AddCheckpoint(5, (bytes(32),) * 3, note))
    assert witness.add(wrong)[0] == 422
    assert witness.add(build(served, old=5))[0] == 200


def test_a_fork_is_refused_and_kept_with_both_heads(
    served: ServedLog, witness: Witness, tmp_path: Path
) -> None:
    witness.add(build(served, old=0))
    other = ServedLog(tmp_path / "other", organisation=served.organisation, number=90)
    other.grow(5)
    assert witness.add(build(other, old=5)) == (409, b"5\n", "text/x.tlog.size")
    (alarm,) = Store(tmp_path / "log").list_alarms()
    assert alarm.code == "log.forked"
    heads = [
        read_checkpoint((alarm.folder / f"{name}.checkpoint").read_bytes()).checkpoint.root
        for name in ("served", "remembered")
    ]
    assert heads[0] != heads[1]


def test_a_log_that_withholds_its_entries_is_not_cosigned(
    served: ServedLog, witness: Witness, tmp_path: Path
) -> None:
    store = Store(tmp_path / "log")
    store.create()
    store.write_state(State(is_withholding=True))
    assert witness.add(build(served, old=0))[0] == 503
    store.write_state(State())
    assert witness.add(build(served, old=0))[0] == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda body: b"new " + body, 400),
        (lambda body: body.replace(b"old 0", b"old 6"), 400),
        (lambda body: body.replace(b"\n\n", b"\n", 1), 400),
        (lambda body: b"", 400),
        (lambda body: body.replace(b"8470/log\n", b"8471/log\n"), 404),
    ],
    ids=["other word", "older size is larger", "no checkpoint", "nothing", "another log"],
)
def test_what_is_no_request_of_this_log_is_refused(
    change: Callable[[bytes], bytes], status: int, served: ServedLog, witness: Witness
) -> None:
    assert witness.add(change(build(served, old=0)))[0] == status


def test_another_key_is_forbidden(served: ServedLog, witness: Witness) -> None:
    note = served.sign_again(Ed25519PrivateKey.generate())
    assert witness.add(build(served, old=0, note=note))[0] == 403


def test_of_two_forks_at_the_same_moment_one_is_signed(
    served: ServedLog, witness: Witness, tmp_path: Path
) -> None:
    other = ServedLog(tmp_path / "other", organisation=served.organisation, number=90)
    other.grow(5)
    bodies = [build(served, old=0), build(other, old=0)] * 8
    answers: list[int] = []

    def ask(body: bytes) -> None:
        answers.append(witness.add(body)[0])

    threads = [threading.Thread(target=ask, args=(body,)) for body in bodies]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(set(answers)) == [200, 409]
    known = Memory(tmp_path / "heads").get(served.organisation.card.log_origin)
    assert known is not None
    assert answers.count(200) == 1  # All others began at 0, which is known no more.
