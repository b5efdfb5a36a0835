"""Notes, checkpoints and cosignatures: who signed, and what is refused."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from aigaq.tlog import (
    Checkpoint,
    Cosigner,
    CosignerVerifier,
    Ed25519Verifier,
    TlogError,
    add_signatures,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    sign_checkpoint,
    sign_note,
)
from aigaq.tlog.cosignatures import read_timestamp

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = "gate.example/log"
LOG = Ed25519Verifier(ORIGIN, PUBLIC)
HEAD = Checkpoint(origin=ORIGIN, size=7, root=bytes(range(32)))
COSIGNER = Cosigner(name="partner.example/cosigner", seed=bytes(32))
# From https://c2sp.org/signed-note and https://c2sp.org/tlog-cosignature.
# ruff: noqa: E501
POEM = """Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
SOFA = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""


@pytest.mark.parametrize("text", [POEM, SOFA])
def test_the_examples_of_the_specifications_are_read_and_written_back(text: str) -> None:
    note = parse_note(text.encode())
    assert note.encode() == text.encode()


def test_the_example_cosignature_names_its_time() -> None:
    note = parse_note(SOFA.encode())
    assert parse_checkpoint(note.text).size == 20_852_163
    assert read_timestamp(note.signatures[1].signature, kind=4) == 1_679_315_147


def test_a_checkpoint_opens_under_the_logs_key_alone() -> None:
    data = sign_checkpoint(HEAD, key=KEY).encode()
    assert open_checkpoint(data, origin=ORIGIN, verifiers=[LOG]).checkpoint == HEAD
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(TlogError, match=r"note\.not_signed"):
        open_checkpoint(data, origin=ORIGIN, verifiers=[Ed25519Verifier(ORIGIN, other)])


def test_both_keys_of_a_cosigner_sign_and_each_stands_alone() -> None:
    note = sign_checkpoint(HEAD, key=KEY)
    cosigned = add_signatures(note, COSIGNER.cosign(HEAD, at=1_800_000_000))
    read = parse_note(cosigned.encode())
    for key in COSIGNER.keys:
        verifier = CosignerVerifier(parse_verifier_key(str(key)))
        assert open_note(read, verifiers=[verifier]) == (verifier,)


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("what", ["time", "signature", "size", "root", "origin"])
def test_a_changed_cosignature_or_head_is_refused(kind: int, what: str) -> None:
    line = COSIGNER.cosign(HEAD, at=1_800_000_000)[kind]
    head = HEAD
    if what in ("time", "signature"):
        data = bytearray(line.signature)
        data[7 if what == "time" else -1] ^= 1
        line = replace(line, signature=bytes(data))
    elif what == "size":
        head = replace(HEAD, size=8)
    elif what == "root":
        head = replace(HEAD, root=bytes(32))
    else:
        head = replace(HEAD, origin="other.example/log")
    note = add_signatures(sign_checkpoint(head, key=KEY), [line])
    with pytest.raises(TlogError, match=r"note\.wrong_signature"):
        open_note(note, verifiers=[CosignerVerifier(COSIGNER.keys[kind])])


@pytest.mark.parametrize("kind", [0, 1])
def test_a_cosignature_that_says_nothing_of_time_is_none(kind: int) -> None:
    """It would count as older than the retirement of a log key that was seized."""
    note = add_signatures(sign_checkpoint(HEAD, key=KEY), COSIGNER.cosign(HEAD, at=0))
    with pytest.raises(TlogError, match=r"note\.wrong_signature"):
        open_note(note, verifiers=[CosignerVerifier(COSIGNER.keys[kind])])


def test_a_wrong_line_of_a_known_key_spoils_the_whole_note() -> None:
    note = sign_checkpoint(HEAD, key=KEY)
    bad = replace(note.signatures[0], signature=bytes(64))
    with pytest.raises(TlogError, match=r"note\.wrong_signature"):
        open_note(add_signatures(note, [bad]), verifiers=[LOG])


def test_lines_of_unknown_keys_are_passed_over() -> None:
    note = sign_checkpoint(HEAD, key=KEY)
    stranger = sign_note(note.text, name=ORIGIN, key=Ed25519PrivateKey.generate())
    assert open_note(add_signatures(note, [stranger]), verifiers=[LOG]) == (LOG,)


BAD_NOTES = {
    "empty": b"",
    "no signature": b"text\n\n",
    "no blank line": b"text\n" + str(sign_note("text\n", name="a", key=KEY)).encode(),
    "a tab": POEM.replace("solo", "so\tlo").encode(),
    "no last LF": POEM[:-1].encode(),
    "two spaces": POEM.replace("— q", "—  q").encode(),
    "hyphen for dash": POEM.replace("—", "-").encode(),
    "no UTF-8": POEM.encode("utf-16"),
    "not canonical base64": POEM.replace("NtIc=", "NtId=").encode(),
    "too long": POEM.encode() + b"x" * 300_000,
    "too many lines": (
        POEM + POEM.splitlines()[-1] * 1 + "\n" + (POEM.splitlines()[-1] + "\n") * 64
    ).encode(),
}


@pytest.mark.parametrize("name", BAD_NOTES)
def test_another_form_of_a_note_is_refused(name: str) -> None:
    with pytest.raises(TlogError, match=r"note\.bad_form"):
        parse_note(BAD_NOTES[name])


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n07\n{ROOT}\n",
        f"{ORIGIN}\n-7\n{ROOT}\n",
        f"{ORIGIN}\n7\n{ROOT}\nextension\n",
        f"\n7\n{ROOT}\n",
        f"{ORIGIN}\n7\n{ROOT[:-2]}=\n",
        f"{ORIGIN}\n0\n{ROOT}\n",
        f"{ORIGIN}\n9007199254740992\n{ROOT}\n",
        f"{ORIGIN}\n٧\n{ROOT}\n",
        f"{ORIGIN}\n7\n{ROOT}",
    ],
)
def test_another_form_of_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(TlogError, match=r"checkpoint\.bad_form"):
        parse_checkpoint(text)


@pytest.mark.parametrize("change", ["+00000000", "+", "", "+zz", "x" * 9])
def test_a_key_whose_id_is_not_its_own_is_refused(change: str) -> None:
    key = str(COSIGNER.keys[0])
    name, _, rest = key.partition("+")
    with pytest.raises(TlogError, match=r"note\.bad_key"):
        parse_verifier_key(name + change + rest[8:])


def test_a_key_name_that_has_no_bytes_is_refused() -> None:
    with pytest.raises(TlogError, match=r"note\.bad_key"):
        parse_verifier_key("a\ud800" + str(COSIGNER.keys[0]))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_note_or_refused(data: bytes) -> None:
    try:
        note = parse_note(data)
    except TlogError:
        return
    assert note.encode() == data
