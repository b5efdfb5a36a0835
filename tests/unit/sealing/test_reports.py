"""Sealing a report and opening it at the desk, on good input and on every altered byte."""

import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.sealing.conftest import Sender, content_of, item

from aigaq.age import HybridIdentity
from aigaq.sealing.container import iterate_container
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.envelope import (
    ConsentToSeal,
    FolderSink,
    ItemToSeal,
    ReportToSeal,
    seal_report,
)
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import HEADER, KEY, MANIFEST, item_name, parse_header, report_id
from aigaq.sealing.opening import FolderSource, examine_report, open_report
from aigaq.sealing.padding import padme_size
from aigaq.sealing.signed_json import build_signed_json

ANSWERS = st.dictionaries(st.integers(0, 500), st.text(max_size=50), min_size=1, max_size=5)
NAMES = st.text(max_size=200)
ITEMS = st.lists(st.tuples(st.binary(max_size=200), NAMES, st.text(max_size=50)), max_size=3)


@settings(max_examples=50, deadline=None)
@given(answers=ANSWERS, items=ITEMS, continues=st.none() | st.binary(min_size=32, max_size=32))
def test_what_is_opened_is_what_was_sealed(
    answers: dict[int, str], items: list[tuple[bytes, str, str]], continues: bytes | None
) -> None:
    sender = SENDER
    container, sealed = sender.seal(
        answers=sorted(answers.items()),
        items=[item(content, name=name, media_type=kind) for content, name, kind in items],
        consents=[ConsentToSeal("evidence", "court", items=tuple(range(len(items))))],
        continues=continues,
    )
    opened = sender.examine(container)
    assert opened.faults == ()
    assert opened.state == "opened"
    assert opened.manifest == sealed.manifest
    assert opened.report_id == sealed.report_id
    assert opened.manifest is not None
    assert {one.number: one.value for one in opened.manifest.answers} == answers
    assert [(one.name, one.media_type) for one in opened.manifest.items] == [
        (name, kind) for _, name, kind in items
    ]
    assert [content_of(opened, number) for number in range(len(items))] == [
        content for content, _, _ in items
    ]


SENDER = Sender()
SMALL, _ = SENDER.seal(items=[item(b"nine bytes"[:9])])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, len(SMALL) - 1), by=st.integers(1, 255))
def test_no_altered_byte_goes_unseen(at: int, by: int) -> None:
    altered = SMALL[:at] + bytes([SMALL[at] ^ by]) + SMALL[at + 1 :]
    try:
        opened = SENDER.examine(altered)
        opened.check()
        content_of(opened, 0)
    except SealingError:
        return
    pytest.fail("an altered report was opened")


@settings(max_examples=100, deadline=None)
@given(cut=st.integers(0, len(SMALL) - 1), more=st.binary(max_size=20))
def test_a_cut_or_longer_file_is_refused(cut: int, more: bytes) -> None:
    for wrong in (SMALL[:cut], SMALL[:cut] + more, SMALL + b"\0" + more):
        if wrong != SMALL:
            with pytest.raises(SealingError, match=r"container\."):
                SENDER.examine(wrong)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_at_all_raise_only_sealing_errors(data: bytes) -> None:
    with pytest.raises(SealingError, match=r"container\."):
        SENDER.examine(data)
    with pytest.raises(SealingError, match=r"container\."):
        list(iterate_container(io.BytesIO(data)))


def test_two_seals_of_the_same_report_share_nothing(sender: Sender) -> None:
    first, one = sender.seal(items=[item(b"the same")])
    second, other = sender.seal(items=[item(b"the same")])
    assert one.report_id != other.report_id
    assert one.commitment != other.commitment
    assert {one.leaf() for one in one.manifest.answers}.isdisjoint(
        one.leaf() for one in other.manifest.answers
    )
    members = [
        {m.name: m.read() for m in iterate_container(io.BytesIO(data))} for data in (first, second)
    ]
    assert all(members[0][name] != members[1][name] for name in members[0])


def test_sizes_tell_only_what_the_padding_leaves(sender: Sender) -> None:
    def sizes(answer: str, content: bytes) -> list[int]:
        container, _ = sender.seal(answers=[(3, answer)], items=[item(content)])
        return [member.size_bytes for member in iterate_container(io.BytesIO(container))][:3]

    assert sizes("a", b"x" * 1_000_001) == sizes("b" * 9_000, b"y" * 1_010_000)


@pytest.mark.parametrize(("said", "there"), [(5, b"four"), (3, b"four"), (0, b"x"), (1, b"")])
def test_a_content_of_another_size_aborts_the_report(
    sender: Sender, said: int, there: bytes
) -> None:
    changed = ItemToSeal(io.BytesIO(there), size_bytes=said, name="a", media_type="b")
    with pytest.raises(SealingError) as caught:
        sender.seal(items=[changed])
    assert caught.value.code == "report.item_changed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"answers": [], "items": []}, "report.empty"),
        ({"answers": [(3, "a"), (3, "b")]}, "report.bad_manifest"),
        ({"answers": [(4, "a"), (3, "b")]}, "report.bad_manifest"),
        ({"language": "de"}, "report.bad_manifest"),
        ({"consents": [ConsentToSeal("a", "b", items=(0,))]}, "report.bad_manifest"),
        ({"items": [item(b"", name="a" * 1_025)]}, "report.bad_manifest"),
        ({"answers": [(3, "\ud800")]}, "encoding.bad_json"),
        ({"team_recipient": "age1pq1nonsense"}, "card.bad_form"),
    ],
)
def test_what_no_desk_would_open_is_not_sealed(
    sender: Sender, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(SealingError) as caught:
        sender.seal(**changes)
    assert caught.value.code == code


def test_one_item_more_than_ten_thousand_is_not_sealed(sender: Sender) -> None:
    with pytest.raises(SealingError) as caught:
        sender.seal(items=[item(b"")] * 10_001)
    assert caught.value.code == "report.too_many_items"


def test_a_header_of_more_than_ten_thousand_items_is_refused(sender: Sender) -> None:
    names = [*(f"item-{number:04d}.age" for number in range(10_001)), MANIFEST, KEY]
    header = build_signed_json(
        {
            "commitment": "00" * 32,
            "format": "aigaq/header/v1",
            "mailbox_key": encode_base64(sender.keys.public_key),
            "mailbox_recipient": sender.keys.recipient,
            "members": [{"name": name, "sha256": "00" * 32, "size": 0} for name in names],
            "team_id": sender.team_id.hex(),
            "version": 1,
        },
        key=sender.keys.key,
    )
    with pytest.raises(SealingError) as caught:
        parse_header(header, team_id=sender.team_id)
    assert caught.value.code == "report.too_many_items"


@pytest.mark.slow
def test_ten_thousand_items_are_sealed_and_opened(sender: Sender) -> None:
    contents = [number.to_bytes(2, "big") for number in range(10_000)]
    container, sealed = sender.seal(items=[item(content) for content in contents])
    opened = sender.examine(container)
    assert opened.faults == ()
    assert opened.manifest == sealed.manifest
    assert content_of(opened, 9_999) == contents[9_999]


class Endless:
    """So many bytes, made as they are read."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        count = self._left if size < 0 else min(size, self._left)
        self._left -= count
        return b"\x5a" * count


class Counting:
    """A writer that keeps the number of bytes and nothing else."""

    total = 0

    def write(self, data: bytes, /) -> int:
        self.total += len(data)
        return len(data)


def test_a_large_item_is_sealed_and_opened_in_constant_memory(
    sender: Sender, tmp_path: Path
) -> None:
    size = 48 * 1024 * 1024
    large = ItemToSeal(Endless(size), size_bytes=size, name="video", media_type="video/mp4")
    writer = Counting()
    tracemalloc.start()
    try:
        seal_report(sender.report(items=[large]), keys=sender.keys, sink=FolderSink(tmp_path))
        opened = open_report(
            FolderSource(tmp_path), identities=[sender.team], team_id=sender.team_id
        )
        opened.copy_item(0, writer=writer)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert writer.total == size
    assert (tmp_path / item_name(0)).stat().st_size > padme_size(size)
    assert peak < 4 * 1024 * 1024


def sealed_folder(sender: Sender, folder: Path) -> ReportToSeal:
    report = sender.report(items=[item(b"first"), item(b"other")])
    seal_report(report, keys=sender.keys, sink=FolderSink(folder))
    return report


def test_a_folder_opens_as_a_file_does(sender: Sender, tmp_path: Path) -> None:
    sealed_folder(sender, tmp_path)
    opened = open_report(FolderSource(tmp_path), identities=[sender.team], team_id=sender.team_id)
    assert [content_of(opened, number) for number in (0, 1)] == [b"first", b"other"]
    assert opened.report_id == report_id((tmp_path / HEADER).read_bytes())


def test_a_link_in_a_folder_is_not_followed(sender: Sender, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "report", tmp_path / "elsewhere"
    folder.mkdir()
    sealed_folder(sender, folder)
    (folder / item_name(0)).rename(elsewhere)
    (folder / item_name(0)).symlink_to(elsewhere)
    with pytest.raises(SealingError) as caught:
        open_report(FolderSource(folder), identities=[sender.team], team_id=sender.team_id)
    assert caught.value.code == "report.missing_member"


def test_a_sealed_folder_is_never_overwritten(sender: Sender, tmp_path: Path) -> None:
    sealed_folder(sender, tmp_path)
    with pytest.raises(FileExistsError):
        sealed_folder(sender, tmp_path)


def test_a_report_opens_under_any_of_the_team_identities(sender: Sender) -> None:
    container, _ = sender.seal()
    newer = Sender(team=HybridIdentity.generate(), team_id=sender.team_id, keys=sender.keys)
    assert [fault.code for fault in newer.examine(container).faults] == ["report.not_for_us"]

    source = FolderlessSource(container)
    both = [newer.team, sender.team]
    assert examine_report(source, identities=both, team_id=sender.team_id).faults == ()


def test_a_damaged_item_leaves_the_rest_readable(sender: Sender, tmp_path: Path) -> None:
    sealed_folder(sender, tmp_path)
    damaged = tmp_path / item_name(0)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    report = examine_report(
        FolderSource(tmp_path), identities=[sender.team], team_id=sender.team_id
    )
    assert report.state == "damaged"
    assert [(fault.step, fault.code, fault.member) for fault in report.faults] == [
        (2, "report.wrong_size", item_name(0))
    ]
    assert content_of(report, 1) == b"other"
    with pytest.raises(SealingError) as caught:
        content_of(report, 0)
    assert caught.value.code == "report.bad_item"


def test_a_lost_header_leaves_the_content_readable(sender: Sender, tmp_path: Path) -> None:
    sealed_folder(sender, tmp_path)
    (tmp_path / HEADER).unlink()
    report = examine_report(
        FolderSource(tmp_path), identities=[sender.team], team_id=sender.team_id
    )
    assert [fault.code for fault in report.faults] == ["report.missing_member"]
    assert report.report_id is None
    assert content_of(report, 0) == b"first"


def test_members_of_endless_size_are_not_read_to_the_end(sender: Sender, tmp_path: Path) -> None:
    sealed_folder(sender, tmp_path)
    for name in (HEADER, KEY, MANIFEST):
        with (tmp_path / name).open("r+b") as file:
            file.truncate(40 * 1024**3)  # Sparse: no disk is used.
    report = examine_report(
        FolderSource(tmp_path), identities=[sender.team], team_id=sender.team_id
    )
    assert [fault.code for fault in report.faults] == ["report.bad_header", "report.bad_key"]
    assert report.manifest is None
    with pytest.raises(SealingError):
        content_of(report, 0)


class FolderlessSource:
    """Members held in memory: a source of one's own kind, as the desk has."""

    def __init__(self, container: bytes) -> None:
        self._members = {m.name: m.read() for m in iterate_container(io.BytesIO(container))}

    def names(self) -> list[str]:
        return list(self._members)

    def size(self, name: str) -> int:
        return len(self._members[name])

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self._members[name])
