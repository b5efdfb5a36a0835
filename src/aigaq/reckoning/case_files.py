"""Reads a case file, and finds everything that is wrong with it at once.

Source of the form: ``spec/clocks.md``. A file that names what its pack does not know is wrong; one
that says something odd (an offset that the place did not have, an event yet to come) is evaluated
with a warning.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aigaq.errors import AigaqError
from aigaq.jurisdictions.fields import Faults, Fields
from aigaq.jurisdictions.marked_yaml import Document, FileFault, parse_yaml
from aigaq.jurisdictions.pack_shapes import Pack
from aigaq.jurisdictions.zones import ZoneError, load_zone
from aigaq.reckoning.case_shapes import (
    KINDS,
    OWN_TYPES,
    RELATIONS,
    RESULTS,
    ROLES,
    Case,
    Event,
    Party,
    Proceeding,
    Relation,
)
from aigaq.reckoning.faults import find_near
from aigaq.reckoning.handled_complaints import mark_sent_down
from aigaq.reckoning.office_reading import OfficeReader
from aigaq.reckoning.places import Office

INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
YEARS = range(1990, 2100)
MOST = 5_000
#: The role of a body to which reports go.
ACCEPTS = "accept_report"
#: Types that say what became of something else in the file.
ANSWERING = frozenset(
    {"complaint_answered", "complaint_sent_down", "duty_met", "refused", "resumed"}
)
#: Who makes a trigger happen when an authority does.
AUTHORITY = "authority"
#: Text of the file that only people read.
FREE = ("note", "name", "title")
FIELDS = ("remedy", "duty", "reason", "kind", "result")


class CaseFileFaults(AigaqError):
    """A case file is wrong; ``faults`` has each with its line."""

    def __init__(self, faults: list[FileFault]) -> None:
        super().__init__("case.faults", count=len(faults))
        self.faults = sorted(faults, key=lambda fault: fault.line)


def parse_document(data: bytes) -> Document:
    """Return the YAML of a case file. Raises `CaseFileFaults`."""
    try:
        return parse_yaml(data)
    except FileFault as fault:
        raise CaseFileFaults([fault]) from None


def read_pack_id(document: Document) -> str:
    """Return the id of the pack that a case file names. Raises `CaseFileFaults`."""
    faults = Faults(document)
    top = Fields(document.value, path=(), faults=faults, area="case")
    # What is no mapping lacks no field.
    name = "" if faults.found else top.words("pack")
    if faults.found:
        raise CaseFileFaults(faults.found)
    return name


def read_case(document: Document, *, pack: Pack, as_of: datetime | None = None) -> Case:
    """Return the case; ``as_of`` overrides the file's. Raises `CaseFileFaults` with every fault."""
    reader = _CaseReader(document, pack=pack, as_of=as_of)
    case = reader.read()
    if reader.faults.found:
        raise CaseFileFaults(reader.faults.found)
    return mark_sent_down(case)


def parse_instant(text: Any) -> datetime | None:
    """Return an instant with its offset, or ``None`` if it is none."""
    if not isinstance(text, str) or not INSTANT.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.year in YEARS else None


class _CaseReader:
    def __init__(self, document: Document, *, pack: Pack, as_of: datetime | None) -> None:
        self.faults = Faults(document)
        self._top = Fields(document.value, path=(), faults=self.faults, area="case")
        self._pack = pack
        self._as_of = as_of
        self._notes: list[tuple[str, int]] = []
        self._parties: dict[str, Party] = {}
        self._proceedings: dict[str, Proceeding] = {}
        self._zone = load_zone(pack.facts.timezone)
        self._offices = OfficeReader(faults=self.faults, notes=self._notes, pack=pack)

    def read(self) -> Case:
        top = self._top
        top.words("pack")
        self._read_place(top.fields("place"))
        written = self._read_instant(top, "as_of") if "as_of" in top else None
        as_of = (self._as_of or written or datetime.now(UTC)).astimezone(self._zone)
        offences = self._read_offences(top)
        profile = frozenset(self._read_known(top, "profile", self._pack.profiles))
        for key in FREE:
            top.raw(key)
        self._parties = self._read_parties()
        relations = tuple(self._read_relation(row) for row in self._read_rows("relations"))
        self._proceedings = self._read_proceedings()
        events = self._read_events(as_of)
        top.end()
        return Case(
            pack_id=self._pack.facts.id,
            as_of=as_of,
            zone=self._zone,
            region=self._offices.region,
            district=self._offices.district,
            offences=offences,
            profile=profile,
            parties=self._parties,
            relations=relations,
            proceedings=self._complete_proceedings(events),
            events=events,
            notes=tuple(self._notes),
        )

    def _read_rows(self, key: str) -> list[Fields]:
        rows = self._top.rows(key)
        if len(rows) > MOST:
            self._top.fault("too_many", key, most=MOST)
            return []
        return rows

    def _read_place(self, fields: Fields) -> None:
        self._offices.read_place(fields)
        region = self._pack.regions.get(self._offices.region or "")
        if region is not None and region.timezone is not None:
            self._zone = load_zone(region.timezone)

    def _read_offences(self, row: Fields) -> tuple[str, ...]:
        return self._read_known(row, "offence", self._pack.offences)

    def _read_known(self, row: Fields, key: str, known: Any) -> tuple[str, ...]:
        names = row.names(key)
        for number, name in enumerate(names):
            if name not in known:
                near = find_near(name, known)
                self.faults.add(
                    f"case.unknown_{key}", (*row.path, key, number), id=name[:50], near=near
                )
        return tuple(name for name in names if name in known)

    def _read_parties(self) -> dict[str, Party]:
        parties: dict[str, Party] = {}
        for row in self._read_rows("parties"):
            name = row.words("id")
            if name in parties:
                row.fault("id_twice", "id", id=name[:50])
            if name in self._pack.institutions:
                row.fault("id_of_institution", "id", id=name)
            roles = row.names("roles")
            for number, role in enumerate(roles):
                if role not in ROLES:
                    place = (*row.path, "roles", number)
                    self.faults.add("case.unknown_role", place, role=role[:50])
            office = self._offices.read_office(row, "office") if "office" in row else None
            for key in FREE:
                row.raw(key)
            row.end()
            parties[name] = Party(id=name, roles=frozenset(roles), office=office)
        return parties

    def _read_who(self, row: Fields, key: str) -> str | Office | None:
        """Return a party's id or an office."""
        value = row.raw(key)
        if value is None:
            return None
        if isinstance(value, str) and value in self._parties:
            return value
        if isinstance(value, str) and value.partition("@")[0] not in self._pack.institutions:
            known = (*self._parties, *self._pack.institutions)
            row.fault("unknown_party", key, id=value[:50], near=find_near(value, known))
            return None
        return self._offices.read_office(row, key)

    def _read_relation(self, row: Fields) -> Relation:
        start = row.words("from")
        if start not in self._parties:
            near = find_near(start, self._parties)
            row.fault("unknown_party", "from", id=start[:50], near=near)
        end = self._read_who(row, "to")
        if "to" not in row:
            row.fault("bad_form", "to", field="to", expected="a party or an office")
        if end == start:
            row.fault("related_to_oneself", "to", id=start[:50])
        relation = Relation(start=start, end=end or "", kind=row.choice("kind", RELATIONS))
        row.raw("note")
        row.end()
        return relation

    def _read_proceedings(self) -> dict[str, Proceeding]:
        proceedings: dict[str, Proceeding] = {}
        for row in self._read_rows("proceedings"):
            name = row.words("id")
            if name in proceedings:
                row.fault("id_twice", "id", id=name[:50])
            proceedings[name] = Proceeding(
                id=name,
                kind=row.choice("kind", KINDS, "criminal"),
                office=self._offices.read_office(row, "institution")
                if "institution" in row
                else None,
                number=row.words_or_none("number"),
                offences=self._read_offences(row),
            )
            for key in FREE:
                row.raw(key)
            row.end()
        return proceedings

    def _read_events(self, as_of: datetime) -> tuple[Event, ...]:
        first = next(iter(self._proceedings), "main")
        known: dict[str, Any] = {**self._proceedings} or {"main": None}
        events = []
        for row in self._read_rows("events"):
            event = self._read_event(row, first=first, known=known)
            if event is None:
                continue
            if event.at > as_of:
                self._notes.append(("event.in_the_future", event.line))
            else:
                events.append(event)
        # Order in the file says nothing; what happened in the same instant is put in one order.
        events.sort(key=_get_order)
        return tuple(events)

    def _read_event(self, row: Fields, *, first: str, known: Any) -> Event | None:
        kind = row.words("type")
        line = self.faults.document.get_line(row.path)
        if kind not in OWN_TYPES and kind not in self._pack.triggers:
            near = find_near(kind, (*OWN_TYPES, *self._pack.triggers))
            row.fault("unknown_event", "type", type=kind[:50], near=near)
        proceeding = row.words("proceeding", first)
        if proceeding not in known:
            near = find_near(proceeding, known)
            row.fault("unknown_proceeding", "proceeding", id=proceeding[:50], near=near)
        at = self._read_at(row, line)
        event_facts = self._read_known(row, "facts", self._pack.event_facts)
        fields = {key: row.words(key) for key in FIELDS if key in row}
        if "reason" in fields:
            # A lawyer writes "expert examination".
            fields["reason"] = re.sub(r"[\s_-]+", "_", fields["reason"].strip().lower())
        for key in OWN_TYPES.get(kind, ()):
            if key not in row:
                row.fault("missing_field", field=key, type=kind)
        self._check_fields(row, kind, fields)
        about = self._read_known(row, "about", {**self._pack.duties, **self._pack.remedies})
        by, to = self._read_who(row, "by"), self._read_who(row, "to")
        for key in FREE:
            row.raw(key)
        row.end()
        if at is None:
            return None
        return Event(
            type=kind,
            at=at,
            proceeding=proceeding,
            by=by,
            to=to,
            facts=frozenset(event_facts),
            fields=fields,
            about=about,
            line=line,
        )

    def _check_fields(self, row: Fields, kind: str, fields: dict[str, str]) -> None:
        known: dict[str, Any] = {
            "remedy": self._pack.remedies,
            "duty": {**self._pack.duties, **self._pack.remedies},
            "result": RESULTS,
        }
        if kind == "pressure":
            known["kind"] = self._pack.pressure
        for key, names in known.items():
            if key in fields and fields[key] not in names:
                self._fault_unknown(row, key, fields[key], known=names)

    def _fault_unknown(self, row: Fields, key: str, name: str, *, known: Iterable[str]) -> None:
        now = self._pack.former_ids.get(name)
        if now is not None:
            row.fault("renamed", key, id=name[:50], now=now)
        else:
            row.fault(f"unknown_{key}", key, id=name[:50], near=find_near(name, known))

    def _read_at(self, row: Fields, line: int) -> datetime | None:
        zone = self._zone
        name = row.words_or_none("timezone")
        if name is not None:
            try:
                zone = load_zone(name)
            except ZoneError:
                row.fault("unknown_timezone", "timezone", zone=name[:50])
        at = self._read_instant(row, "at")
        if at is None:
            return None
        local = at.astimezone(zone)
        if local.utcoffset() != at.utcoffset() and not str(row.raw("at")).endswith("Z"):
            self._notes.append(("event.other_offset", line))
        return local

    def _read_instant(self, row: Fields, key: str) -> datetime | None:
        if key not in row:
            row.fault("missing_field", field=key)
            return None
        instant = parse_instant(row.raw(key))
        if instant is None:
            row.fault("bad_instant", key, field=key)
        return instant

    def _complete_proceedings(self, events: tuple[Event, ...]) -> dict[str, Proceeding]:
        """Return the proceedings, each at its office; without any, *main*."""
        known = self._proceedings or {"main": Proceeding("main", "criminal", None)}
        return {
            one.id: one if one.office else replace(one, office=self._find_first(one.id, events))
            for one in known.values()
        }

    def _find_first(self, proceeding: str, events: tuple[Event, ...]) -> Office | None:
        """Return the office to which the first report of a proceeding went, or the pack's first."""
        bodies = self._pack.institutions
        accepting = {name: one for name, one in bodies.items() if ACCEPTS in one.roles}
        for event in events:
            party = self._parties.get(event.to) if isinstance(event.to, str) else None
            office = party.office if party else event.to
            trigger = self._pack.triggers.get(event.type)
            # Where an authority sends a ruling says nothing about who leads the case.
            is_report = trigger is not None and trigger.by != AUTHORITY
            if event.proceeding != proceeding or not is_report:
                continue
            if isinstance(office, Office) and office.institution in accepting:
                return office
        first = min(accepting.values(), key=lambda one: one.level, default=None)
        return Office(first.id) if first else None


def _get_order(event: Event) -> tuple[object, ...]:
    """Return the order of an event: by what it says, never by its line.

    What answers something comes after it, also within one moment.
    """
    said = (
        event.type in ANSWERING,
        event.type,
        event.proceeding,
        sorted(event.fields.items()),
        str(event.by),
    )
    return (event.at, *said, str(event.to), sorted(event.facts), event.about)
