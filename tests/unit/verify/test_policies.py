"""Policies: what cannot be read is refused before anything is judged by it (exit 2)."""

import base64
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.courthouse import Authority, Court

from aigaq_verify.cli import main


def exit_of(court: Court, tmp_path: Path, **changes: Any) -> int:
    package = tmp_path / "package"
    if not package.exists():
        court.write(package)
    policy = court.write_policy(tmp_path / "policy.json", **changes)
    return main(["package", str(package), "--policy", str(policy)])


def test_a_policy_is_read_whatever_its_spaces(court: Court, tmp_path: Path) -> None:
    assert exit_of(court, tmp_path) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "aigaq-policy/v2"},
        {"root_fingerprint": "abandon 0000"},
        {"root_key": "AAAA"},
        {"require": {"cosigned": False, "timestamps": 0}},
        {"retirements": [1]},
        {"timestamp_authorities": [{"certificates": "no PEM", "name": "x"}]},
        {"tlog_policy": ""},
        {"tlog_policy": "quorum none"},
        {"tlog_policy": "quorum nobody\n"},
        {"tlog_policy": "quorum none\nquorum none\n"},
        {"tlog_policy": "witness a no-key\nquorum a\n"},
        {"tlog_policy": "something else\nquorum none\n"},
    ],
)
def test_a_policy_of_another_form_is_refused(
    court: Court, tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert exit_of(court, tmp_path, **changes) == 2


def test_one_authority_under_two_names_would_count_twice(court: Court, tmp_path: Path) -> None:
    root = Authority(tmp_path / "authority").root_pem
    twice = [{"certificates": root, "name": name} for name in ("one", "two")]
    assert exit_of(court, tmp_path, timestamp_authorities=twice) == 2


def test_a_root_of_no_version_that_there_is_ends_in_a_refusal(court: Court, tmp_path: Path) -> None:
    root = x509.load_pem_x509_certificate(Authority(tmp_path / "authority").root_pem.encode())
    der = root.public_bytes(Encoding.DER)
    version = b"\xa0\x03\x02\x01"
    at = der.index(version) + len(version)
    broken = base64.encodebytes(der[:at] + b"\x12" + der[at + 1 :]).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{broken}-----END CERTIFICATE-----\n"
    assert exit_of(court, tmp_path, timestamp_authorities=[{"certificates": pem, "name": "x"}]) == 2


def test_groups_within_groups_have_an_end(court: Court, tmp_path: Path) -> None:
    text = court.policy()["tlog_policy"].replace("quorum partner\n", "")
    names = ["partner", *(f"g{number}" for number in range(5_000))]
    lines = [f"group {name} any {member}\n" for member, name in itertools.pairwise(names)]
    assert exit_of(court, tmp_path, tlog_policy=text + "".join(lines) + "quorum g4999\n") == 2


def test_a_log_that_the_policy_does_not_name_is_refused(court: Court, tmp_path: Path) -> None:
    other = Court(tmp_path / "other")
    line = other.policy()["tlog_policy"].split("\n")[0]
    rest = "\n".join(court.policy()["tlog_policy"].split("\n")[1:])
    assert exit_of(court, tmp_path, tlog_policy=f"{line}\n{rest}") == 1


def test_a_policy_by_fingerprint_alone_is_enough(court: Court, tmp_path: Path) -> None:
    policy = court.policy()
    del policy["root_key"]
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    package = court.write(tmp_path / "package")
    assert main(["package", str(package), "--policy", str(tmp_path / "policy.json")]) == 0


def test_a_policy_without_a_quorum_is_never_verified(court: Court, tmp_path: Path) -> None:
    text = court.policy()["tlog_policy"].replace("quorum partner", "quorum none")
    assert exit_of(court, tmp_path, tlog_policy=text) == 3
