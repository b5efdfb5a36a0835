"""Timestamp tokens through the verifier: what anchors, what does not, and openssl agrees."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.courthouse import Court
from tests.insider import Insider
from tests.timestamp_authority import LocalAuthority

from aigaq.evidence.der_order import sort_certificates
from aigaq.evidence.package_shapes import PackagedToken
from aigaq.evidence.timestamp_answers import build_query

Check = Callable[..., dict[str, Any]]
TOKEN = "evidence/tokens/01.tsr"


class Bench:
    """Packages with tokens of local authorities, and a court that wants one of them."""

    def __init__(self, court: Court, folder: Path, check: Check) -> None:
        self.court, self.folder, self.check = court, folder, check
        self.text = court.checkpoint()[1].rpartition(b"\n\n")[0] + b"\n"
        self.number = 0

    def authority(self, name: str = "Fictional authority", **properties: Any) -> LocalAuthority:
        self.number += 1
        return LocalAuthority(self.folder / f"authority-{self.number}", name=name, **properties)

    def token(self, authority: LocalAuthority, *, text: bytes | None = None) -> PackagedToken:
        query = build_query(hashlib.sha256(self.text if text is None else text).digest())
        chain = authority.signer.pem + authority.between.pem + authority.root.pem
        # Sorted as the store keeps them: openssl writes certificates in the order it was given.
        return PackagedToken(authority.name, sort_certificates(authority.reply(query.data)), chain)

    def judge(
        self, tokens: list[PackagedToken], *, trusted: list[LocalAuthority], wanted: int = 1
    ) -> dict[str, Any]:
        self.number += 1
        package = self.court.write(self.folder / f"package-{self.number}", tokens=tokens)
        return self.judge_written(package, trusted=trusted, wanted=wanted)

    def judge_written(
        self, package: Path, *, trusted: list[LocalAuthority], wanted: int = 1
    ) -> dict[str, Any]:
        policy = self.court.write_policy(
            self.folder / "policy.json",
            timestamp_authorities=[
                {"certificates": one.root.pem, "name": f"{one.name} {number}"}
                for number, one in enumerate(trusted)
            ],
            require={"cosigned": False, "timestamps": wanted},
        )
        return self.check("package", package, "--policy", policy)

    def openssl(self, authority: LocalAuthority, token: PackagedToken) -> bool:
        digest = hashlib.sha256(self.text).digest()
        return authority.agrees(token.response, sha256=digest, at=datetime.now(UTC))


@pytest.fixture
def bench(court: Court, tmp_path: Path, check: Check) -> Bench:
    return Bench(court, tmp_path, check)


def test_a_token_of_the_policy_anchors_without_any_cosigner(bench: Bench) -> None:
    authority = bench.authority()
    token = bench.token(authority)
    assert bench.judge([token], trusted=[authority])["verdict"] == "verified"
    assert bench.openssl(authority, token)


def test_a_signer_that_had_expired_when_it_signed_fails(bench: Bench) -> None:
    authority = bench.authority(signer_days=(-20, -1))
    token = bench.token(authority)
    verdict = bench.judge([token], trusted=[authority])
    assert (verdict["steps"][5]["code"], verdict["steps"][5]["where"]) == (
        "token.wrong_signature",
        TOKEN,
    )
    assert not bench.openssl(authority, token)


def test_a_signer_that_was_not_valid_yet_fails(bench: Bench) -> None:
    authority = bench.authority(signer_days=(1, 20))
    token = bench.token(authority)
    verdict = bench.judge([token], trusted=[authority])
    assert verdict["steps"][5]["code"] == "token.wrong_signature"
    assert not bench.openssl(authority, token)


def test_a_signer_that_signed_itself_fails_whatever_it_is_called(bench: Bench) -> None:
    trusted = bench.authority()
    impostor = bench.authority(has_own_root=False, adds="")
    token = bench.token(impostor)
    verdict = bench.judge([token], trusted=[trusted])
    assert verdict["exit"] in (1, 3)
    assert verdict["steps"][5]["result"] in ("failed", "not anchored")
    assert not bench.openssl(trusted, token)


def test_a_refusal_is_no_token(bench: Bench) -> None:
    authority = bench.authority()
    query = build_query(hashlib.sha256(bench.text).digest())
    refusal = authority.reply(query.data, digests="sha512")
    token = PackagedToken(authority.name, refusal, authority.root.pem)
    verdict = bench.judge([token], trusted=[authority])
    assert verdict["steps"][5]["code"] in ("token.refused", "token.bad_form")
    assert not bench.openssl(authority, token)


def test_a_chain_without_the_certificate_between_fails(bench: Bench) -> None:
    authority = bench.authority(adds="")
    whole = bench.token(authority)
    assert bench.judge([whole], trusted=[authority])["verdict"] == "verified"
    cut = PackagedToken(whole.authority, whole.response, authority.signer.pem + authority.root.pem)
    assert bench.judge([cut], trusted=[authority])["steps"][5]["code"] == "token.wrong_signature"


def test_two_tokens_of_one_authority_are_one_anchor(bench: Bench) -> None:
    authority, other = bench.authority(), bench.authority("Another fictional authority")
    twice = [bench.token(authority), bench.token(authority)]
    verdict = bench.judge(twice, trusted=[authority, other], wanted=2)
    assert verdict["steps"][5]["result"] == "not anchored"
    both = [bench.token(authority), bench.token(other)]
    assert bench.judge(both, trusted=[authority, other], wanted=2)["verdict"] == "verified"


def test_a_token_is_told_to_be_over_another_checkpoint(bench: Bench) -> None:
    authority = bench.authority()
    package = bench.court.write(bench.folder / "package", tokens=[bench.token(authority)])
    insider = Insider(bench.court, package)
    other = "evidence/checkpoints/1.checkpoint"
    insider.edit(lambda one: one["tokens"][0].update(checkpoint=other))
    verdict = bench.judge_written(insider.seal(), trusted=[authority])
    assert verdict["steps"][5]["code"] == "token.other_checkpoint"


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x82\xff\xff", b"no DER", bytes(5_000)])
def test_what_is_no_token_ends_in_a_verdict(bench: Bench, data: bytes) -> None:
    authority = bench.authority()
    token = PackagedToken(authority.name, data, authority.root.pem)
    verdict = bench.judge([token], trusted=[authority])
    assert (verdict["exit"], verdict["steps"][5]["code"]) == (1, "token.bad_form")


def test_every_broken_token_ends_in_a_verdict(bench: Bench) -> None:
    """One bit in every few bytes. Nothing covers the certificate between that a token brings along:
    the chain beside it is what counts."""
    authority = bench.authority()
    package = bench.court.write(bench.folder / "package", tokens=[bench.token(authority)])
    insider = Insider(bench.court, package)
    good = insider.read(TOKEN)
    refused = 0
    for at in range(0, len(good), 7):
        broken = bytearray(good)
        broken[at] ^= 1 << at % 8
        insider.write(TOKEN, bytes(broken))
        verdict = bench.judge_written(insider.seal(), trusted=[authority])
        assert verdict["exit"] in (0, 1, 3)
        refused += verdict["exit"] != 0
    assert refused > len(good) // 7 * 0.5
