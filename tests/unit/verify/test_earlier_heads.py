"""A package made years later proves since when its reports are there, and claims no more by it."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.aged import EARLY, ENDED, LATE, Aged, build_aged, get_text
from tests.insider import Insider
from tests.renewed import stamp
from tests.unit.verify.test_renewals import retire

from aigaq.clock import format_time
from aigaq.sealing.encoding import encode_base64
from aigaq.tlog import Note, add_signatures, parse_note, read_checkpoint, sign_note

Check = Callable[..., dict[str, Any]]
Judge = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Aged:
    return build_aged(tmp_path_factory.mktemp("aged"))


@pytest.fixture
def judge_aged(aged: Aged, tmp_path: Path, check: Check) -> Judge:
    """Give the verdict of a court that trusts both authorities and wants one token."""

    def run(package: Path, *, at: str = "2035-04-01T00:00:00Z", **policy: Any) -> dict[str, Any]:
        wanted = {
            "require": {"cosigned": True, "timestamps": 1},
            "timestamp_authorities": aged.trusted(),
        }
        path = aged.court.write_policy(tmp_path / "policy.json", **(wanted | policy))
        return check("package", package, "--policy", path, "--at", at)

    return run


@pytest.fixture
def package(aged: Aged, tmp_path: Path) -> Path:
    return aged.court.write(tmp_path / "package", **aged.package())


def words(verdict: dict[str, Any], *, step: int) -> str:
    return str(verdict["steps"][step]["words"])


def test_it_proves_the_earliest_moment_and_says_both(judge_aged: Judge, package: Path) -> None:
    verdict = judge_aged(package)
    assert verdict["verdict"] == "verified", verdict
    said = words(verdict, step=6)
    assert format_time(EARLY) in said
    assert format_time(LATE) in said
    assert "Over earlier states 2 of 2" in words(verdict, step=5)


def test_nothing_is_said_of_time_where_nobody_is_trusted(check: Check, package: Path) -> None:
    verdict = check("package", package)
    assert verdict["verdict"] == "not_anchored"
    assert words(verdict, step=6) == ""


def test_an_earlier_head_anchors_nothing(aged: Aged, judge_aged: Judge, tmp_path: Path) -> None:
    """Two good tokens over it do not stand in for the one over the package's own head."""
    package = aged.court.write(tmp_path / "package", **aged.package(tokens=[]))
    verdict = judge_aged(package)
    assert verdict["verdict"] == "not_anchored"
    assert verdict["steps"][5]["result"] == "not anchored"
    assert format_time(EARLY) in words(verdict, step=6)


def test_a_quorum_under_an_earlier_head_anchors_nothing(
    aged: Aged, judge_aged: Judge, tmp_path: Path
) -> None:
    head = read_checkpoint(aged.note).checkpoint
    lines = aged.court.partner.cosign(head, at=int((EARLY - timedelta(hours=1)).timestamp()))
    note = add_signatures(parse_note(aged.note), lines).encode()
    earlier = aged.court.go_back(aged.size, note, tokens=aged.earlier.tokens)
    members = aged.package(earlier=(earlier,))
    verdict = judge_aged(aged.court.write(tmp_path / "a", **members))
    assert format_time(EARLY - timedelta(hours=1)) in words(verdict, step=6)
    bare = members | {"checkpoint": (aged.court.log / "checkpoint").read_bytes()}
    size = read_checkpoint(bare["checkpoint"]).checkpoint.size
    whole = aged.court.package(**members)
    proofs = [aged.court.prove(one.log_index, note=bare["checkpoint"]) for one in whole.reports]
    reports = tuple(
        replace(one, proof=proof) for one, proof in zip(whole.reports, proofs, strict=True)
    )
    assert whole.logged_head is not None
    proof = aged.court.prove(aged.court.opening_index, note=bare["checkpoint"])
    bare |= {
        "checkpoint_size": size,
        "logged_head": replace(whole.logged_head, proof=proof),
        "reports": reports,
    }
    verdict = judge_aged(aged.court.write(tmp_path / "b", **bare))
    assert verdict["verdict"] == "not_anchored"
    assert verdict["steps"][4]["result"] == "not anchored"


def test_tokens_of_unknown_authorities_over_it_say_nothing(
    aged: Aged, judge_aged: Judge, package: Path
) -> None:
    verdict = judge_aged(
        package, timestamp_authorities=[], require={"cosigned": True, "timestamps": 0}
    )
    assert verdict["verdict"] == "verified"
    said = words(verdict, step=6)
    assert format_time(EARLY) not in said
    assert format_time(LATE) in said


def test_a_token_that_ended_says_nothing_and_its_renewal_its_own_time(
    aged: Aged, judge_aged: Judge, tmp_path: Path
) -> None:
    late = stamp(aged.short, aged.text, at=EARLY)
    earlier = replace(aged.earlier, tokens=(late,))
    package = aged.court.write(tmp_path / "package", **aged.package(earlier=(earlier,)))
    verdict = judge_aged(package)
    assert (verdict["verdict"], verdict["steps"][5]["code"]) == ("verified", "token.expired")
    assert format_time(EARLY) not in words(verdict, step=6)
    verdict = judge_aged(package, at=format_time(ENDED - timedelta(days=1)))
    assert format_time(EARLY) in words(verdict, step=6)


def test_what_was_stamped_after_the_key_was_given_up_says_nothing(
    aged: Aged, judge_aged: Judge, package: Path
) -> None:
    """A quorum saw the own head in time by its cosignature; nobody the earlier one."""
    head = read_checkpoint(aged.court.checkpoint()[1]).checkpoint
    told = retire(aged.court, at=LATE)
    verdict = judge_aged(package, retirements=[told])
    assert format_time(EARLY) in words(verdict, step=6)
    assert head.size > aged.size
    # Retired before any of this was seen, the package's own head fails, and no earlier one helps.
    verdict = judge_aged(package, retirements=[retire(aged.court, at=LATE - timedelta(days=1))])
    assert (verdict["exit"], verdict["steps"][4]["code"]) == (1, "checkpoint.retired")


Change = Callable[[Insider, Aged], object]


def name_of(aged: Aged) -> str:
    return f"evidence/checkpoints/{aged.size}.checkpoint"


def proof_of(aged: Aged, *, at: int = 0) -> str:
    report_id = aged.court.sealed[at].report.report_id.hex()
    return f"evidence/reports/{report_id}/{aged.size}.tlog-proof"


def forge_head(insider: Insider, aged: Aged) -> None:
    """Sign a head of the same size with a key of one's own, in the log's name."""
    own = Ed25519PrivateKey.generate()
    text = aged.text.decode()
    line = sign_note(text, name=aged.court.organisation.card.log_origin, key=own)
    insider.write(name_of(aged), Note(text=text, signatures=(line,)).encode())


def fork_head(insider: Insider, aged: Aged) -> None:
    """Sign another tree's head with the log's own key: the proofs lead elsewhere."""
    origin, size, _root, _ = aged.text.decode().split("\n")
    text = f"{origin}\n{size}\n{encode_base64(secrets.token_bytes(32))}\n"
    line = sign_note(text, name=origin, key=aged.court.organisation.log)
    insider.write(name_of(aged), Note(text=text, signatures=(line,)).encode())


def change_path(insider: Insider, aged: Aged) -> None:
    lines = insider.read(proof_of(aged)).split(b"\n")
    lines[2] = insider.read(proof_of(aged, at=1)).split(b"\n")[3]
    insider.write(proof_of(aged), b"\n".join(lines))


def give_other_proof(insider: Insider, aged: Aged) -> None:
    insider.write(proof_of(aged), insider.read(proof_of(aged, at=1)))


def give_own_proof(insider: Insider, aged: Aged) -> None:
    own = proof_of(aged).rpartition("/")[0] + "/proof.tlog-proof"
    insider.write(proof_of(aged), insider.read(own))


def name_token(insider: Insider, *, checkpoint: str, at: int) -> None:
    insider.edit(lambda one: one["tokens"][at].update(checkpoint=checkpoint))


def swap_sizes(insider: Insider, aged: Aged) -> None:
    """Give the same head a second time, as if it were of another size."""
    other = f"evidence/checkpoints/{aged.size + 1}.checkpoint"
    insider.write(other, insider.read(name_of(aged)))
    insider.remove(name_of(aged))
    for one in aged.court.sealed:
        stem = f"evidence/reports/{one.report.report_id.hex()}"
        insider.write(
            f"{stem}/{aged.size + 1}.tlog-proof", insider.read(f"{stem}/{aged.size}.tlog-proof")
        )
        insider.remove(f"{stem}/{aged.size}.tlog-proof")

    def rename(members: dict[str, Any]) -> None:
        head = members["earlier"][0]
        head["checkpoint"] = other
        head["proofs"] = [
            one.replace(f"/{aged.size}.", f"/{aged.size + 1}.") for one in head["proofs"]
        ]
        for row in members["tokens"]:
            if row["checkpoint"] == name_of(aged):
                row["checkpoint"] = other

    insider.edit(rename)


CASES: list[tuple[str, Change, int, str]] = [
    ("forged", forge_head, 4, "note.not_signed"),
    ("forked", fork_head, 5, "token.wrong_imprint"),
    ("other size", swap_sizes, 4, "checkpoint.bad_form"),
    ("other path", change_path, 6, "proof.wrong_root"),
    ("other proof", give_other_proof, 6, "proof.wrong_index"),
    ("own proof", give_own_proof, 6, "proof.other_checkpoint"),
    (
        "token over the own head",
        lambda one, aged: name_token(one, checkpoint=name_of(aged), at=0),
        5,
        "token.wrong_imprint",
    ),
    (
        "token over no head of the package",
        lambda one, _aged: name_token(one, checkpoint="evidence/checkpoints/3.checkpoint", at=1),
        5,
        "token.other_checkpoint",
    ),
    (
        "token moved to the own head",
        lambda one, aged: name_token(
            one, checkpoint=f"evidence/checkpoints/{aged.court.checkpoint()[0]}.checkpoint", at=1
        ),
        5,
        "token.wrong_imprint",
    ),
    ("no head", lambda one, aged: one.remove(name_of(aged)), 1, "bag.missing"),
    ("no proof", lambda one, aged: one.remove(proof_of(aged)), 1, "bag.missing"),
    ("empty", lambda one, _: one.edit(lambda it: it.update(earlier=[])), 1, "package.bad_form"),
    ("unnamed", lambda one, _: one.edit(lambda it: it.pop("earlier")), 1, "bag.extra"),
    (
        "twice",
        lambda one, _: one.edit(lambda it: it["earlier"].append(it["earlier"][0])),
        1,
        "package.bad_form",
    ),
    (
        "proofs turned round",
        lambda one, _: one.edit(lambda it: it["earlier"][0]["proofs"].reverse()),
        1,
        "package.bad_form",
    ),
    (
        "a proof less",
        lambda one, _: one.edit(lambda it: it["earlier"][0]["proofs"].pop()),
        1,
        "package.bad_form",
    ),
]


@pytest.mark.parametrize(
    ("change", "step", "code"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
def test_every_part_of_an_earlier_head_is_checked(
    aged: Aged, judge_aged: Judge, package: Path, change: Change, step: int, code: str
) -> None:
    """Whoever has the desk key changes it and signs the package again."""
    insider = Insider(aged.court, package)
    change(insider, aged)
    verdict = judge_aged(insider.seal())
    failed = [one for one in verdict["steps"] if one["result"] == "failed"]
    assert [(one["number"], one["code"]) for one in failed] == [(step, code)]
    assert verdict["items"] == []


def test_a_head_without_a_token_or_without_every_report_is_none(
    aged: Aged, judge_aged: Judge, tmp_path: Path
) -> None:
    bare = replace(aged.earlier, tokens=())
    package = aged.court.write(tmp_path / "a", **aged.package(earlier=(bare,)))
    assert judge_aged(package)["steps"][1]["code"] == "package.bad_form"
    small = replace(aged.earlier, size=1)
    package = aged.court.write(tmp_path / "b", **aged.package(earlier=(small,)))
    assert judge_aged(package)["steps"][1]["code"] == "package.bad_form"
    large = replace(aged.earlier, size=aged.court.checkpoint()[0] + 1)
    package = aged.court.write(tmp_path / "c", **aged.package(earlier=(large,)))
    assert judge_aged(package)["steps"][1]["code"] == "package.bad_form"


def test_a_head_of_another_log_is_no_earlier_one(
    aged: Aged, judge_aged: Judge, package: Path
) -> None:
    insider = Insider(aged.court, package)
    _origin, size, root, _ = get_text(aged.note).decode().split("\n")
    text = f"other.example/{secrets.token_hex(4)}\n{size}\n{root}\n"
    line = sign_note(text, name=text.split("\n")[0], key=aged.court.organisation.log)
    insider.write(name_of(aged), Note(text=text, signatures=(line,)).encode())
    step = judge_aged(insider.seal())["steps"][4]
    assert (step["result"], step["code"], step["where"]) == (
        "failed",
        "checkpoint.other_log",
        name_of(aged),
    )
