"""Tools that are not ours agree with the verifier on good and bad packages: bagit, openssl, age.

The package's page "how to check this yourself" tells people to use these; this is that page, run.
"""

import contextlib
import hashlib
import logging
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bagit
import pytest
from tests.courthouse import Authority, Court
from tests.insider import Insider

from aigaq.age import X25519Identity

Check = Callable[..., dict[str, Any]]
NOTE_AND_BLANK = b"\n\n"


@dataclass
class Evidence:
    """A package with a token, the policy, and the authority's root as a file."""

    court: Court
    package: Path
    policy: Path
    root: Path


@pytest.fixture
def evidence(court: Court, tmp_path: Path) -> Evidence:
    authority = Authority(tmp_path / "authority")
    _, note = court.checkpoint()
    text = note.rpartition(NOTE_AND_BLANK)[0] + b"\n"
    package = court.write(tmp_path / "package", tokens=[authority.token(text)])
    policy = court.write_policy(
        tmp_path / "policy.json",
        timestamp_authorities=[{"certificates": authority.root_pem, "name": authority.name}],
        require={"cosigned": True, "timestamps": 1},
    )
    (tmp_path / "root.pem").write_text(authority.root_pem)
    return Evidence(court, package, policy, tmp_path / "root.pem")


def bagit_says(package: Path) -> bool:
    """Tell what bagit.py says; it changes nothing."""
    logging.getLogger("bagit").setLevel(logging.CRITICAL)
    with contextlib.suppress(bagit.BagError):
        return bool(bagit.Bag(str(package)).is_valid())
    return False


def openssl_says(evidence: Evidence, folder: Path) -> bool:
    """Verify the token over the checkpoint's text at its own time, as the page says."""
    (checkpoint,) = (evidence.package / "evidence/checkpoints").iterdir()
    text = checkpoint.read_bytes().rpartition(NOTE_AND_BLANK)[0] + b"\n"
    (folder / "checkpoint.txt").write_bytes(text)
    tokens = evidence.package / "evidence/tokens"
    at = subprocess.run(
        ["openssl", "ts", "-reply", "-in", tokens / "01.tsr", "-text"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    line = next((one for one in at.split("\n") if one.startswith("Time stamp:")), "")
    if not line:
        return False
    moment = subprocess.run(
        ["date", "-u", "-d", line.partition(": ")[2], "+%s"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = subprocess.run(
        [
            *("openssl", "ts", "-verify", "-attime", moment),
            *("-data", folder / "checkpoint.txt", "-in", tokens / "01.tsr"),
            *("-CAfile", evidence.root, "-untrusted", tokens / "01.chain.pem"),
        ],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def digest_of(path: Path) -> str:
    out = subprocess.run(
        ["openssl", "dgst", "-sha256", "-r", path], capture_output=True, text=True, check=True
    ).stdout
    return out.split(" ")[0]


def test_all_agree_on_a_good_package(evidence: Evidence, check: Check, tmp_path: Path) -> None:
    verdict = check("package", evidence.package, "--policy", evidence.policy)
    assert verdict["verdict"] == "verified"
    assert bagit_says(evidence.package)
    assert openssl_says(evidence, tmp_path)
    for item in verdict["items"]:
        assert digest_of(evidence.package / item["path"]) in item["words"]
    seal = digest_of(evidence.package / "tagmanifest-sha256.txt")
    assert seal in verdict["steps"][11]["words"]


FILES = ["data/items/0001/Фото 1.jpg", "evidence/package.json", "manifest-sha256.txt", "bagit.txt"]


@pytest.mark.parametrize("name", FILES)
def test_bagit_and_the_verifier_refuse_the_same_changed_file(
    evidence: Evidence, check: Check, name: str
) -> None:
    path = evidence.package / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert check("package", evidence.package, "--policy", evidence.policy)["exit"] == 1
    assert not bagit_says(evidence.package)


@pytest.mark.parametrize("name", FILES)
def test_bagit_and_the_verifier_miss_the_same_file(
    evidence: Evidence, check: Check, name: str
) -> None:
    (evidence.package / name).unlink()
    assert check("package", evidence.package, "--policy", evidence.policy)["exit"] == 1
    assert not bagit_says(evidence.package)


def test_openssl_and_the_verifier_refuse_a_token_over_another_checkpoint(
    evidence: Evidence, check: Check, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "again")
    insider = Insider(evidence.court, evidence.package)
    insider.write("evidence/tokens/01.tsr", authority.stamp(b"another text\n"))
    verdict = check("package", insider.seal(), "--policy", evidence.policy)
    assert verdict["steps"][5]["code"] == "token.wrong_imprint"
    assert not openssl_says(evidence, tmp_path)


def test_openssl_and_the_verifier_refuse_an_authority_that_nobody_named(
    evidence: Evidence, check: Check, tmp_path: Path
) -> None:
    """Of the same name, with other keys: consistent in itself, and worth nothing here."""
    stranger = Authority(tmp_path / "stranger")
    (checkpoint,) = (evidence.package / "evidence/checkpoints").iterdir()
    text = checkpoint.read_bytes().rpartition(NOTE_AND_BLANK)[0] + b"\n"
    insider = Insider(evidence.court, evidence.package)
    insider.write("evidence/tokens/01.tsr", stranger.stamp(text))
    insider.write("evidence/tokens/01.chain.pem", stranger.chain.encode())
    verdict = check("package", insider.seal(), "--policy", evidence.policy)
    assert verdict["verdict"] == "not_anchored"
    assert not openssl_says(evidence, tmp_path)


def test_openssl_and_the_verifier_refuse_a_broken_token(
    evidence: Evidence, check: Check, tmp_path: Path
) -> None:
    insider = Insider(evidence.court, evidence.package)
    token = bytearray(insider.read("evidence/tokens/01.tsr"))
    token[-3] ^= 1  # Within the signature.
    insider.write("evidence/tokens/01.tsr", bytes(token))
    verdict = check("package", insider.seal(), "--policy", evidence.policy)
    assert verdict["steps"][5]["code"] in ("token.wrong_signature", "token.bad_form")
    assert not openssl_says(evidence, tmp_path)


def test_a_sealed_item_opens_with_any_age_tool_to_the_bytes_of_its_leaf(
    court: Court, check: Check, tmp_path: Path
) -> None:
    from dataclasses import replace

    identity = X25519Identity.generate()
    items = tuple(replace(one, sealed_to=identity.recipient) for one in court.package().items)
    package = court.write(tmp_path / "package", items=items)
    policy = court.write_policy(tmp_path / "policy.json")
    verdict = check("package", package, "--policy", policy)
    assert verdict["verdict"] == "verified"
    assert {item["result"] for item in verdict["items"]} == {"unknown"}
    assert all("sealed to age1" in item["words"] for item in verdict["items"])
    (tmp_path / "key.txt").write_text(f"{identity.secret_text()}\n")
    for item, known in zip(verdict["items"], items, strict=True):
        assert item["path"].endswith(".age")
        assert known.sha256.hex() in item["words"]
        for opened in open_with_every_tool(package / item["path"], key=tmp_path / "key.txt"):
            assert hashlib.sha256(opened).digest() == known.sha256
            assert len(opened) == known.size_bytes


def open_with_every_tool(path: Path, *, key: Path) -> list[bytes]:
    import pyrage

    from aigaq.age import decrypt_bytes, parse_identity

    age = shutil.which("age")
    assert age is not None, "apt-get install age"
    command = [age, "-d", "-i", str(key), str(path)]
    by_age = subprocess.run(command, capture_output=True, check=True).stdout
    secret = key.read_text().strip()
    data = path.read_bytes()
    by_pyrage = pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(secret)])
    return [by_age, by_pyrage, decrypt_bytes(data, identities=[parse_identity(secret)])]


def test_a_sealed_file_cut_short_is_refused_by_all(
    court: Court, check: Check, tmp_path: Path
) -> None:
    from dataclasses import replace

    identity = X25519Identity.generate()
    items = tuple(replace(one, sealed_to=identity.recipient) for one in court.package().items)
    package = court.write(tmp_path / "package", items=items)
    path = package / "data/items/0001.age"
    os.truncate(path, path.stat().st_size - 1)
    (tmp_path / "key.txt").write_text(f"{identity.secret_text()}\n")
    command = ["age", "-d", "-i", str(tmp_path / "key.txt"), str(path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
    verdict = check("package", package)
    assert (verdict["steps"][1]["code"], verdict["steps"][1]["where"]) == (
        "bag.wrong_hash",
        "data/items/0001.age",
    )
