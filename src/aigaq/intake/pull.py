"""Fetches what the gate holds into the spool, with the fetch key alone: also while locked.

Each round lists everything from the beginning, because a remembered position is something that a
lying gate, or one that was restored from a backup, could turn into a loss; what is here already is
not fetched again. A report's id is the hash of its header, and the header names hash and size of
each member, so a swapped byte shows here and again when the desk opens it. A member that is not
what the header says is fetched again in later rounds; after `MAX_ATTEMPTS` it is handed on as it
is, so that a person learns of it. A report that was filed so is fetched again later, for as long as
the gate lists it, and handed on only when it is whole.
"""

import errno
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from aigaq import clock
from aigaq.blobs import sync_folder, write_durably
from aigaq.errors import AigaqError
from aigaq.intake.errors import GateError
from aigaq.intake.gate_client import GateClient, ListedMember, ListedReport
from aigaq.intake.paced_line import PACE_BYTES
from aigaq.intake.spool import Entry, Spool, State
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import HEADER, MAXIMUM_HEADER_BYTES, parse_header

MAX_ATTEMPTS = 3
MAX_PAGES = 100_000
#: So many reports that come too slowly end a round: letters and the next round are not to wait.
MAX_SLOW = 3
#: How long one report may take in a round, beside `PACE_BYTES` a second for its size. What came is
#: kept, and the next round goes on from there.
REPORT_SECONDS = 600.0
MAX_ENTRY_MEMBERS = 10_003
#: Room that is left on the disk for the work of the desk itself.
SPARE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Pulled:
    """What one round brought."""

    reports: int
    messages: int
    code: str | None = None


class Puller:
    """Fetches for one desk. ``connect`` opens a session; ``is_known`` knows what is filed."""

    def __init__(
        self,
        *,
        spool: Spool,
        team_id: bytes,
        connect: Callable[[], GateClient],
        is_known: Callable[[bytes], bool] = lambda report_id: False,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._spool = spool
        self._team_id = team_id
        self._connect = connect
        self._is_known = is_known
        self._is_stopping = is_stopping
        self._state = State()

    def pull(self) -> Pulled:
        """Do one round. Never raises for what the gate does: the answer and the state say it."""
        with self._spool.pulling() as alone:
            if not alone:
                return Pulled(0, 0, "pull.already_running")
            return self._pull_alone()

    def _pull_alone(self) -> Pulled:
        now = clock.format_time(clock.now())
        self._state = replace(self._spool.read_state(), last_attempt_at=now)
        try:
            with self._connect() as gate:
                # Messages first: she may wait for an answer while a video takes an hour.
                messages = self._pull_messages(gate)
                self._say(state="reached", code=None, last_contact_at=now)
                reports, code = self._pull_reports(gate)
        except AigaqError as error:
            refused = error.code == "gate.refused"
            self._say(state="refused" if refused else "unreachable", code=error.code)
            return Pulled(0, 0, error.code)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise GateError("pull.disk_full" if full else "pull.disk_failed") from None
        reached = clock.format_time(clock.now())
        self._say(state="reached", code=code, last_contact_at=reached, fetching=None, total_bytes=0)
        return Pulled(reports, messages, code)

    def _say(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]
        self._spool.write_state(self._state)

    def _pull_messages(self, gate: GateClient) -> int:
        after, new = 0, 0
        for _page in range(MAX_PAGES):
            page = gate.list_messages(after=after)
            if page:
                _check_space(self._spool.folder, ())
            for message in page:
                sha256 = hashlib.sha256(message.ciphertext).digest()
                new += self._spool.write_message(message, sha256=sha256)
            if not page or self._is_stopping():
                break
            after = _rise([one.number for one in page], above=after)
        return new

    def _pull_reports(self, gate: GateClient) -> tuple[int, str | None]:
        after, new, code, slow = 0, 0, None, 0
        for _page in range(MAX_PAGES):
            page = gate.list_reports(after=after)
            for listed in page:
                if self._is_stopping():
                    return new, code
                if not self._is_wanted(listed.report_id):
                    continue
                try:
                    new += self._pull_report(gate, listed)
                except AigaqError as error:
                    # One report that cannot be fetched does not hold up the others.
                    slow += error.code == "gate.too_slow"
                    if error.code == "gate.unreachable" or slow == MAX_SLOW:
                        raise
                    code = error.code
            if not page:
                break
            after = _rise([one.number for one in page], above=after)
        return new, code

    def _is_wanted(self, report_id: bytes) -> bool:
        """Tell whether a report is new, or was filed damaged and its time has come again."""
        if self._spool.is_asked_again(report_id):
            return True
        return not self._spool.is_done(report_id) and not self._is_known(report_id)

    def _pull_report(self, gate: GateClient, listed: ListedReport) -> bool:
        entry = self._spool.read_entry(listed.report_id) or Entry(
            report_id=listed.report_id,
            number=listed.number,
            received_at=listed.received_at,
            members=(),
        )
        self._spool.write_entry(entry)
        header = self._fetch_header(gate, entry)
        entry = replace(entry, members=_read_members(header, listed, team_id=self._team_id))
        _check_space(self._spool.folder, entry.members)
        self._say(
            fetching=listed.report_id.hex(),
            fetched_bytes=0,
            total_bytes=sum(one.size_bytes for one in entry.members),
        )
        wrong = self._fetch_members(gate, entry)
        if self._is_stopping():
            return False
        if wrong and self._spool.read_again(entry.report_id) is not None:
            self._spool.put_off(entry.report_id)
            raise GateError("gate.wrong_member")
        if wrong:
            entry = replace(entry, attempts=entry.attempts + 1, lies=tuple(wrong))
            if entry.attempts < MAX_ATTEMPTS:
                self._drop_wrong(entry, wrong)
                self._spool.write_entry(entry)
                raise GateError("gate.wrong_member")
        self._spool.write_entry(entry)
        self._spool.finish_report(entry.report_id)
        return True

    def _fetch_header(self, gate: GateClient, entry: Entry) -> bytes:
        """Return the header that the report's id is the hash of, and no other."""
        path = self._spool.get_members(entry.report_id) / HEADER
        if path.exists():
            return path.read_bytes()
        parts, total = [], 0
        with gate.read_member(report_id=entry.report_id, name=HEADER, start=0) as chunks:
            for chunk in chunks:
                total += len(chunk)
                if total > MAXIMUM_HEADER_BYTES:
                    raise GateError("gate.swapped_report")
                parts.append(chunk)
        header = b"".join(parts)
        if hashlib.sha256(header).digest() != entry.report_id:
            raise GateError("gate.swapped_report")
        write_durably(path, header)
        return header

    def _fetch_members(self, gate: GateClient, entry: Entry) -> list[str]:
        """Fetch what is missing; return the names of what is not as the header says."""
        wrong = []
        total = sum(one.size_bytes for one in entry.members)
        until = time.monotonic() + REPORT_SECONDS + total / PACE_BYTES
        for member in entry.members:
            if time.monotonic() > until:
                raise GateError("gate.too_slow")
            if not self._fetch_member(gate, entry, member):
                wrong.append(member.name)
        return wrong

    def _fetch_member(self, gate: GateClient, entry: Entry, member: ListedMember) -> bool:
        """Fetch or continue one member; tell whether it is what the header says."""
        folder = self._spool.get_members(entry.report_id)
        path, part = folder / member.name, folder.with_name(f"{member.name}.part")
        if not path.exists():
            self._append(gate, entry, member, part)
            if self._is_stopping():
                return False
            part.rename(path)
            sync_folder(folder)
        size, digest = _hash_file(path)
        self._say(fetched_bytes=self._state.fetched_bytes + size)
        return size == member.size_bytes and digest == member.sha256

    def _append(self, gate: GateClient, entry: Entry, member: ListedMember, part: Path) -> None:
        start = part.stat().st_size if part.exists() else 0
        with part.open("ab") as file:
            part.chmod(0o600)
            if start < member.size_bytes or (start == 0 and member.size_bytes == 0):
                with gate.read_member(
                    report_id=entry.report_id, name=member.name, start=start
                ) as chunks:
                    for chunk in chunks:
                        # One byte too many is kept, so that the size shows as wrong.
                        file.write(chunk[: member.size_bytes + 1 - start])
                        start += len(chunk)
                        if start > member.size_bytes or self._is_stopping():
                            break
            file.flush()
            os.fsync(file.fileno())
        if start < member.size_bytes and not self._is_stopping():
            raise GateError("gate.cut")

    def _drop_wrong(self, entry: Entry, names: list[str]) -> None:
        folder = self._spool.get_members(entry.report_id)
        for name in names:
            (folder / name).unlink(missing_ok=True)
        sync_folder(folder)


def _rise(numbers: list[int], *, above: int) -> int:
    """Return the highest number. A list that does not rise would keep the round going for ever."""
    if any(later <= earlier for earlier, later in pairwise([above, *numbers])):
        raise GateError("gate.bad_answer")
    return numbers[-1]


def _read_members(
    header: bytes, listed: ListedReport, *, team_id: bytes
) -> tuple[ListedMember, ...]:
    """Return the members that the header names; if it is unreadable, those that the gate lists.

    Only names of the format are taken, so that nothing else becomes a file name.
    """
    try:
        parsed = parse_header(header, team_id=team_id)
    except SealingError:
        return tuple(one for one in listed.members if _is_member_name(one.name))
    return tuple(ListedMember(one.name, one.sha256, one.size_bytes) for one in parsed.members)


def _is_member_name(name: str) -> bool:
    number = name.removeprefix("item-").removesuffix(".age")
    is_item = name == f"item-{number}.age" and len(number) == 4 and number.isdecimal()
    return (is_item and number.isascii()) or name in ("manifest.age", "key.age")


def _check_space(folder: Path, members: tuple[ListedMember, ...]) -> None:
    stat = os.statvfs(folder)
    if sum(one.size_bytes for one in members) + SPARE_BYTES > stat.f_bavail * stat.f_frsize:
        raise GateError("pull.disk_full")


def _hash_file(path: Path) -> tuple[int, bytes]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.digest()
