"""Chance against the verifier: every change of a good package is found, and no good one refused.

`AIGAQ_ROUNDS=full`: 10,000 changes and 1,000 good packages; small: 300 and 20. The seed of each
round is its number, so that a failure can be looked at again.
"""

import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.courthouse import AT, Authority, Court
from tests.gatehouse import Organisation, mailbox_keys
from tests.insider import Insider
from tests.renewed import renew, stamp
from tests.token_maker import Maker

from aigaq.age import X25519Identity
from aigaq.evidence.custody_lines import hash_line, hide_line
from aigaq.evidence.documents import build_documents
from aigaq.evidence.package_archive import write_archive
from aigaq.evidence.package_shapes import ConsentChange, Package, PackagedToken, StaffGrant
from aigaq.sealing.card import build_card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.signed_json import build_signed_json

IS_FULL = os.environ.get("AIGAQ_ROUNDS") == "full"
CHANGES, GOOD = (10_000, 1_000) if IS_FULL else (300, 20)
Check = Callable[..., dict[str, Any]]
MANIFESTS = ("manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.note")


@pytest.fixture
def shm() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="aigaq-mutations-", dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


class Mutant:
    """A package in a folder that is changed, judged, and put back."""

    def __init__(self, folder: Path) -> None:
        self.court = Court(folder / "court")
        self.court.add_report([("фото.jpg", bytes(range(200))), ("голос.ogg", b"OggS" * 40)])
        self.court.publish()
        self.old_size, self.old_checkpoint = self.court.checkpoint()
        self.court.add_report([("clip.mp4", bytes(300)), ("бос.txt", b"")])
        self.court.publish()
        stamps = [Authority(folder / f"tsa{n}", name=f"Fictional {n}") for n in (1, 2)]
        _, note = self.court.checkpoint()
        text = note.decode().rpartition("\n\n")[0].encode() + b"\n"
        self.package = self.court.write(
            folder / "package", tokens=[one.token(text) for one in stamps]
        )
        self.old_token = stamps[0].stamp(
            self.old_checkpoint.decode().rpartition("\n\n")[0].encode() + b"\n"
        )
        self.policy = self.court.write_policy(
            folder / "policy.json",
            timestamp_authorities=[
                {"certificates": one.root_pem, "name": one.name} for one in stamps
            ],
            require={"cosigned": True, "timestamps": 2},
        )
        self.insider = Insider(self.court, self.package)
        self.good = {name: self.insider.read(name) for name in self._list()}
        self.checkpoint = next(name for name in self.good if name.endswith(".checkpoint"))
        self.stranger = Organisation.found(port=8470)

    def _list(self) -> list[str]:
        files = (one for one in self.package.rglob("*") if one.is_file())
        return sorted(one.relative_to(self.package).as_posix() for one in files)

    def put_back(self) -> None:
        for name in self._list():
            if name not in self.good:
                self.insider.remove(name)
        for name, data in self.good.items():
            path = self.package / name
            if not path.is_file() or path.read_bytes() != data:
                self.insider.write(name, data)


def flip(chance: random.Random, data: bytes) -> bytes:
    at, changed = chance.randrange(len(data)), bytearray(data)
    changed[at] ^= 1 << chance.randrange(8)
    return bytes(changed)


def flip_a_bit(mutant: Mutant, chance: random.Random) -> str:
    name = chance.choice([name for name, data in mutant.good.items() if data])
    mutant.insider.write(name, flip(chance, mutant.good[name]))
    return name


def cut_a_file(mutant: Mutant, chance: random.Random) -> str:
    name = chance.choice([name for name, data in mutant.good.items() if data])
    data = mutant.good[name]
    mutant.insider.write(name, data[: chance.randrange(len(data))])
    return name


def reorder_lines(mutant: Mutant, chance: random.Random) -> str:
    while True:
        name = chance.choice(list(mutant.good))
        lines = mutant.good[name].splitlines(keepends=True)
        first, second = chance.randrange(len(lines) or 1), chance.randrange(len(lines) or 1)
        if first != second and lines[first] != lines[second]:
            lines[first], lines[second] = lines[second], lines[first]
            mutant.insider.write(name, b"".join(lines))
            return name


def remove_a_file(mutant: Mutant, chance: random.Random) -> str:
    name = chance.choice(list(mutant.good))
    mutant.insider.remove(name)
    return name


def add_a_file(mutant: Mutant, chance: random.Random) -> str:
    folder = chance.choice(["", "data/", "data/items/0001/", "evidence/", "evidence/cards/"])
    name = f"{folder}{chance.randrange(10**9)}.{chance.choice(['txt', 'card', 'jpg', 'tsr'])}"
    mutant.insider.write(name, chance.randbytes(chance.randrange(50)))
    return name


def swap_two_files(mutant: Mutant, chance: random.Random) -> str:
    while True:
        first, second = chance.sample(list(mutant.good), 2)
        if mutant.good[first] != mutant.good[second]:
            mutant.insider.write(first, mutant.good[second])
            mutant.insider.write(second, mutant.good[first])
            return f"{first} {second}"


def swap_the_tokens(mutant: Mutant, chance: random.Random) -> str:
    """The insider gives a token of the older checkpoint, or mixes up the authorities' chains."""
    name = "evidence/tokens/01.tsr"
    if chance.random() < 0.5:
        mutant.insider.write(name, mutant.old_token)
    else:
        name = "evidence/tokens/01.chain.pem"
        mutant.insider.write(name, flip(chance, mutant.good[name]))
    if chance.random() < 0.5 and name.endswith("tsr"):
        mutant.insider.seal()
    return name


def swap_the_card(mutant: Mutant, chance: random.Random) -> str:
    name = "evidence/cards/000001.card"
    whole = mutant.good[name]
    card = mutant.stranger.signed_card() if chance.random() < 0.2 else flip(chance, whole)
    mutant.insider.write(name, card)
    mutant.insider.seal()
    return name


def swap_a_key(mutant: Mutant, chance: random.Random) -> str:
    """Another root, mailbox or desk key, and the package signed again."""
    other = encode_base64(chance.randbytes(32))
    kind = chance.choice(["root_key", "mailbox_key", "desk"])
    if kind == "root_key":
        mutant.insider.edit(lambda one: one.update(root_key=other))
    elif kind == "mailbox_key":
        mutant.insider.edit(lambda one: one["reports"][0].update(mailbox_key=other))
    else:
        court = replace(
            mutant.court, organisation=replace(mutant.court.organisation, desk=mutant.stranger.desk)
        )
        Insider(court, mutant.package).seal()
        return ""
    mutant.insider.seal()
    return ""


def replay_the_checkpoint(mutant: Mutant, chance: random.Random) -> str:
    older = f"evidence/checkpoints/{mutant.old_size}.checkpoint"
    mutant.insider.remove(mutant.checkpoint)
    mutant.insider.write(older, mutant.old_checkpoint)
    mutant.insider.edit(lambda one: one.update(checkpoint=older))
    if chance.random() < 0.5:  # The tokens are told to be over it too.
        mutant.insider.edit(lambda one: [t.update(checkpoint=older) for t in one["tokens"]])
    mutant.insider.seal()
    return ""


def flip_a_bit_and_sign_again(mutant: Mutant, chance: random.Random) -> str:
    """Bits that no desk key can cover: items, proofs, the checkpoint, the chain of custody."""
    names = [
        name
        for name, data in mutant.good.items()
        if data and (name.startswith("data/items/") or name.endswith((".tlog-proof", ".jsonl")))
    ]
    name = chance.choice([*names, mutant.checkpoint])
    mutant.insider.write(name, flip(chance, mutant.good[name]))
    mutant.insider.seal()
    return ""


CHANGE_KINDS = [
    flip_a_bit,
    flip_a_bit,
    flip_a_bit,
    cut_a_file,
    reorder_lines,
    remove_a_file,
    add_a_file,
    swap_two_files,
    swap_the_tokens,
    swap_the_card,
    swap_a_key,
    replay_the_checkpoint,
    flip_a_bit_and_sign_again,
]


@pytest.mark.timeout(1_800)
def test_every_change_of_a_package_is_found_and_named(shm: Path, check: Check) -> None:
    mutant = Mutant(shm)
    good = check("package", mutant.package, "--policy", mutant.policy)
    assert good["verdict"] == "verified", good
    for number in range(CHANGES):
        chance = random.Random(number)
        kind = CHANGE_KINDS[number % len(CHANGE_KINDS)]
        changed = kind(mutant, chance)
        verdict = check("package", mutant.package, "--policy", mutant.policy)
        assert verdict["exit"] == 1, (number, kind.__name__, changed)
        (step,) = [one for one in verdict["steps"] if one["result"] == "failed"]
        assert step["code"], (number, step)
        assert step["where"], (number, step)
        is_one_file = kind in (flip_a_bit, cut_a_file, remove_a_file, add_a_file, reorder_lines)
        if is_one_file and changed not in MANIFESTS:
            assert changed in step["where"], (number, kind.__name__, changed, step)
        mutant.put_back()
    after = check("package", mutant.package, "--policy", mutant.policy)
    assert after["verdict"] == "verified"


LETTERS = [
    one
    for one in map(chr, range(0x20, sys.maxunicode))
    if one.isprintable() or one in "\u200d\u202e\u0301\t\n"
]


def draw_name(chance: random.Random) -> str:
    kind = chance.randrange(5)
    if kind == 0:
        return chance.choice(["con", "NUL.txt", "..", ".", " ", "a.", "/etc/passwd", "-rf", "%2e"])
    letters = LETTERS if kind == 1 else "aәіңғүұқөһАЯ éخالد文.. -_()\\/:%\u202e\u0301"
    name = "".join(chance.choice(letters) for _ in range(chance.randrange(1, 60)))
    return name.encode("utf-8", "ignore")[:1_000].decode("utf-8", "ignore") or "x"


def draw_package(folder: Path, chance: random.Random) -> tuple[Court, Package]:
    court = Court(folder / "court")
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        if chance.random() < 0.3 and court.sealed:
            court.publish()
        court.add_report(
            [
                (draw_name(chance), chance.randbytes(chance.choice([0, 1, 64, 3_000])))
                for _ in range(chance.choice([1, 2, 3, 9]))
            ]
        )
    court.publish()
    for _ in range(chance.randrange(3)):
        court.record(chance.choice(["opened", "copied", "fixity"]), None, None)
    package = court.package()
    items = list(package.items)
    if chance.random() < 0.3:
        recipient = X25519Identity.generate().recipient
        items = [replace(one, sealed_to=recipient) for one in items]
    if len(items) > 1 and chance.random() < 0.5:
        kept = items[: chance.randrange(1, len(items))]
        first = {one.report_id: one for one in reversed(items)}
        items = [one for one in items if one in kept or one is first[one.report_id]]
    staff = tuple(
        StaffGrant(one.report.report_id, "prove", "court", None, "Ә. Вымышленный", "устно", AT)
        for one in court.sealed
        if chance.random() < 0.3
    )
    changes = draw_changes(court, staff, chance)
    package = replace(
        package,
        items=tuple(items),
        staff_grants=staff,
        changes=changes,
        cards=draw_cards(court, chance),
        tokens=draw_tokens(package, chance),
    )
    return court, replace(package, documents=draw_documents(package, chance))


@cache
def find_authorities() -> tuple[Maker, Maker, Maker]:
    """Return two authorities whose certificates live, and one whose have ended by now."""
    return (
        Maker(name="First"),
        Maker(name="Second"),
        Maker(name="Ended", end=AT + timedelta(days=9)),
    )


def draw_tokens(package: Package, chance: random.Random) -> tuple[PackagedToken, ...]:
    """Return a row for some authorities: a token, or an ended one that was renewed before that."""
    text = package.checkpoint.rpartition(b"\n\n")[0] + b"\n"
    first, second, ended = find_authorities()
    rows = []
    for maker in chance.sample([first, second], chance.randrange(3)):
        at = AT + timedelta(days=chance.randrange(7), seconds=chance.randrange(86_400))
        if chance.random() < 0.3:
            old = stamp(ended, text, at=at)
            new = renew([old], maker, text=text, at=at + timedelta(hours=chance.randrange(1, 24)))
            rows.append(replace(old, renewals=(new,)))
        else:
            rows.append(stamp(maker, text, at=at))
    return tuple(rows)


def draw_policy(package: Package, chance: random.Random) -> dict[str, Any]:
    """Return a policy that the tokens of ``package`` meet: of a row its first authority counts."""
    count = len({row.authority for row in package.tokens})
    return {
        "require": {"cosigned": True, "timestamps": chance.randrange(count + 1)},
        "timestamp_authorities": [
            {"certificates": one.root.pem, "name": one.name} for one in find_authorities()
        ],
    }


def draw_cards(court: Court, chance: random.Random) -> dict[int, bytes]:
    """Return one to three versions of the card, of which a later one has other names or keys."""
    organisation = court.organisation
    cards = {1: organisation.signed_card()}
    card = organisation.card
    for version in range(2, chance.choice([1, 2, 3]) + 1):
        changes: list[dict[str, Any]] = [
            {"state": "live"},
            {"names": {"en": "Another fictional name", "kk": "Ойдан", "ru": "Вымышленное имя"}},
            {"message_key": mailbox_keys().public_key},
        ]
        at = AT + timedelta(days=version)
        card = replace(card, version=version, signed_at=at, **chance.choice(changes))
        cards[version] = build_card(card, root_key=organisation.root)
    return cards


def draw_changes(
    court: Court, staff: Sequence[StaffGrant], chance: random.Random
) -> tuple[ConsentChange, ...]:
    """Return what reporters signed: a consent taken back that another one outlives."""
    changes = []
    by_mouth = {one.report_id for one in staff}
    for sealed in court.sealed:
        report = sealed.report
        outlived = [0, 1] if report.report_id in by_mouth else [0]
        sequence = 0
        for number in chance.sample(outlived, chance.randrange(len(outlived) + 1)):
            sequence += chance.randrange(1, 4)
            body = {
                "consents": [number],
                "report_id": chance.choice([report.report_id.hex(), None]),
            }
            key = encode_base64(report.manifest.mailbox_key)
            members = {
                "body": body,
                "direction": "to_desk",
                "first_commitment": report.commitment.hex(),
                "format": "aigaq/message/v1",
                "heads": {},
                "kind": "withdraw_consent",
                "mailbox_key": key,
                "previous": bytes(32).hex(),
                "sent_at": "2026-05-05T09:00:00Z",
                "sequence": sequence,
                "sign": "a",
                "team_id": court.organisation.card.team_id.hex(),
            }
            message = build_signed_json(members, key=sealed.keys.key).decode()
            changes.append(ConsentChange(report.manifest.mailbox_key, message))
    return tuple(changes)


def draw_documents(package: Package, chance: random.Random) -> Mapping[str, bytes]:
    """Return the real papers in some languages, now and then: they take seconds."""
    if chance.random() > 0.1:
        return package.documents
    languages = chance.sample(["kk", "ru", "en"], chance.choice([1, 1, 1, 3]))
    return build_documents(package, is_trial=chance.random() < 0.5, languages=languages)


@pytest.mark.timeout(3_600)
def test_no_good_package_is_refused(shm: Path, check: Check) -> None:
    from aigaq.evidence.package_writer import write_package

    for number in range(GOOD):
        chance = random.Random(f"good {number}")
        folder = shm / str(number)
        folder.mkdir()
        court, package = draw_package(folder, chance)
        disclosed = {f"{one.report_id.hex()}/{one.item_number}" for one in package.items}
        lines = tuple(
            line
            if any(one.encode() in line for one in disclosed) or b'"item":null' in line
            else hide_line(sequence=at, line_sha256=hash_line(line))
            for at, line in enumerate(package.custody_lines, start=1)
        )
        package = replace(
            package, custody_lines=lines, made_at=AT + timedelta(seconds=chance.randrange(10**8))
        )
        path = write_package(package, folder=folder / "package", desk_key=court.organisation.desk)
        if chance.random() < 0.3:
            path = write_archive(path, target=folder / "package.zip")
        policy = court.write_policy(folder / "policy.json", **draw_policy(package, chance))
        verdict = check("package", path, "--policy", policy)
        assert verdict["verdict"] == "verified", (number, verdict)
        assert len(verdict["items"]) == len(package.items)
        shutil.rmtree(folder)
