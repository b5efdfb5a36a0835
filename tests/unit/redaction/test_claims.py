"""What a file claims of its origin is read in the sandbox, and opening it calls nobody."""

import io
import json
import subprocess
import sys
from pathlib import Path

import c2pa
import pytest
from PIL import Image
from tests.beacon import TITLE, build_signed_picture, lit_beacon

from aigaq.redaction.claims import Claims, find_kind, read_claims
from aigaq.redaction.claims.read import HEAD_BYTES, MAX_ANSWER_BYTES, parse_answer
from aigaq.redaction.preview.sandbox import CHILDREN

ASKING = {"verify": {"remote_manifest_fetch": True, "ocsp_fetch": True}}


def read(data: bytes) -> Claims:
    kind = find_kind(data[:HEAD_BYTES])
    assert kind is not None
    return read_claims(chunks=[data], size_bytes=len(data), kind=kind)


def ask(data: bytes) -> None:
    """Read as a careless reader would: everything that the file names is called."""
    with c2pa.Context(c2pa.Settings.from_dict(ASKING)) as context:
        try:
            c2pa.Reader("image/jpeg", io.BytesIO(data), context=context).close()
        except c2pa.C2paError:
            return


def read_outside_the_sandbox(data: bytes) -> dict[str, object]:
    """Run the child with the network of this computer, so that its own settings are what holds."""
    home = Path(c2pa.__file__).parent.parent
    code = (
        f"import sys; sys.path.insert(0, {str(home)!r}); sys.path.insert(0, {str(CHILDREN)!r});"
        f"sys.argv = ['claims', {2**33!r}, {60!r}, {2**30!r}, 'image/jpeg'];"
        "sys.argv = [str(one) for one in sys.argv];"
        f"exec(open({str(CHILDREN / 'claims.py')!r}).read())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=data, capture_output=True, check=True, timeout=60
    )
    answer: dict[str, object] = json.loads(run.stdout)
    return answer


def test_a_signed_picture_says_what_it_claims() -> None:
    claims = read(build_signed_picture())

    assert claims.state == "found"
    assert claims.title == TITLE
    assert claims.signed_by == "Fictional camera, Fictional"
    assert any(one.startswith("fictional camera") for one in claims.made_with)
    assert claims.actions == ("c2pa.created (digitalCapture)",)
    assert "signingCredential.untrusted" in claims.problems
    assert json.loads(claims.kept)["active_manifest"]


def test_a_picture_changed_after_it_was_signed_is_called_invalid() -> None:
    data = bytearray(build_signed_picture())
    data[-40] ^= 1

    claims = read(bytes(data))

    assert (claims.state, claims.verdict) == ("found", "Invalid")
    assert "assertion.dataHash.mismatch" in claims.problems


def test_opening_a_file_calls_no_address_that_it_names() -> None:
    with lit_beacon() as beacon:
        elsewhere = build_signed_picture(remote=f"{beacon.origin}/manifest")
        revoked = build_signed_picture(responder=f"{beacon.origin}/ocsp")
        assert beacon.calls == []
        # The files do call, when a careless reader opens them: else this test would prove nothing.
        ask(elsewhere)
        ask(revoked)
        assert [one[:5] for one in beacon.calls if one.startswith("/mani")] == ["/mani"]
        assert any(one != "/manifest" for one in beacon.calls)
        beacon.calls.clear()

        found = read(elsewhere)
        assert (found.state, found.where) == ("elsewhere", f"{beacon.origin}/manifest")
        assert read(revoked).state == "found"
        # The settings alone hold too, where the sandbox would not.
        assert read_outside_the_sandbox(elsewhere)["state"] == "elsewhere"
        assert read_outside_the_sandbox(revoked)["state"] == "found"
        assert beacon.calls == []


def test_a_picture_without_claims_has_none() -> None:
    plain = io.BytesIO()
    Image.new("RGB", (40, 40)).save(plain, "JPEG")

    assert read(plain.getvalue()) == Claims(state="none")


@pytest.mark.parametrize("cut", [20, 300, 5_000])
def test_a_file_cut_short_is_no_reason_to_stop(cut: int) -> None:
    assert read(build_signed_picture()[:cut]).state in ("none", "broken")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b'{"state": "proven"}',
        b'{"state": "found"}',
        b'{"state": "found", "claims": {"manifests": [], "active_manifest": "a"}}',
        b"[" * 100_000,
        b" " * (MAX_ANSWER_BYTES + 1),
    ],
)
def test_an_answer_that_is_none_is_called_broken(answer: bytes) -> None:
    assert parse_answer(answer) == Claims(state="broken")


def test_marks_that_make_a_text_lie_are_taken_out() -> None:
    said = json.dumps({"state": "elsewhere", "where": "https://a\u202egpj.example\n" + "x" * 999})

    assert parse_answer(said.encode()).where.startswith("https://agpj.examplexxx")
    assert len(parse_answer(said.encode()).where) == 300
