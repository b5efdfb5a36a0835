"""What the entries of a pack say of each other: does everything that is named exist and lead on?

`check_pack` looks at the pack's own file for lines, and at the whole with its parents for names.
Source of the codes: ``spec/jurisdiction-pack.md``, *Checks*.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aigaq.jurisdictions.citing import list_unnamed
from aigaq.jurisdictions.errors import PackError
from aigaq.jurisdictions.fields import Faults
from aigaq.jurisdictions.loading import PackFaults, load_pack_file
from aigaq.jurisdictions.marked_yaml import Document, FileFault, parse_yaml
from aigaq.jurisdictions.pack_references import list_dangling
from aigaq.jurisdictions.pack_sense_checks import check_sense
from aigaq.jurisdictions.pack_shapes import Condition, Duty, Pack, Remedy
from aigaq.jurisdictions.zones import ZoneError, load_zone

#: Types of events that every pack knows, `spec/clocks.md`.
OWN_TRIGGERS = frozenset(
    {
        "act_committed",
        "complaint_submitted",
        "complaint_answered",
        "complaint_sent_down",
        "duty_met",
        "paused",
    }
    | {"interrupted", "resumed", "refused", "released", "pressure"}
)
OWN_FACTS = ("severity:", "mode:", "offence:", "proceeding:")
KINDS_OF_PROCEEDING = frozenset({"criminal", "complaint", "court", "inquiry"})
MODES = frozenset({"private", "private_public", "public"})
#: Sections of a file whose entries stand under another name in `Pack`.
SECTIONS = {"facts": "event_facts", "official_offences": "offences"}
FEW_WORDS = 3
DECIDES = "decide_complaint"


def check_pack_file(file: Path) -> list[FileFault]:
    """Return every fault of the pack in ``file``, by line. Raises `PackError` if unreadable."""
    try:
        document = parse_yaml(file.read_bytes())
    except OSError:
        raise PackError("pack.unreadable", file=file.name) from None
    except FileFault as fault:
        return [fault]
    try:
        pack = load_pack_file(file)
    except PackFaults as wrong:
        return sorted(wrong.faults, key=lambda fault: fault.line)
    faults = Faults(document)
    _Checker(document, pack=pack, faults=faults).check()
    check_sense(document, pack=pack, faults=faults)
    if pack.facts.id != file.stem:
        faults.add("pack.bad_form", ("pack", "id"), field="id", expected=file.stem)
    return sorted(faults.found, key=lambda fault: fault.line)


class _Checker:
    def __init__(self, document: Document, *, pack: Pack, faults: Faults) -> None:
        self._value: Mapping[str, Any] = document.value
        self._pack = pack
        self._faults = faults
        self._facts = {*pack.profiles, *pack.event_facts}
        self._triggers = {*pack.triggers, *OWN_TRIGGERS}
        self._actors = {*pack.institutions, *pack.resolvers}

    def check(self) -> None:
        self._check_sources()
        self._check_texts()
        self._check_zones()
        self._check_ladder()
        self._check_resolvers()
        self._check_duties()
        self._check_windows()
        self._check_remedies()
        self._check_rest()
        self._check_unused_triggers()
        self._check_articles()
        self._check_former_ids()
        if self._pack.facts.extends is not None:
            self._check_inherited()

    # Walking through the file, so that a fault has its line.

    def _rows(self, section: str) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
        for number, row in enumerate(self._value.get(section) or ()):
            if not row.get("remove"):
                yield (section, number), row

    def _names(self, section: str, key: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for path, row in self._rows(section):
            for name in _as_list(row.get(key)):
                yield (*path, key), name

    def _expect(
        self, section: str, keys: Iterable[str], *, known: Iterable[str], code: str
    ) -> None:
        names = set(known)
        for key in keys:
            for path, name in self._names(section, key):
                if name not in names:
                    self._faults.add(code, path, id=name)

    # Single sections.

    def _check_sources(self) -> None:
        used = set()
        for section, rows in self._value.items():
            if isinstance(rows, list):
                for number, row in enumerate(rows):
                    if isinstance(row, Mapping):
                        for name in _as_list(row.get("source")):
                            used.add(name)
                            if name not in self._pack.sources:
                                path = (section, number, "source")
                                self._faults.add("pack.unknown_source", path, id=name)
        for row in self._value["pack"].get("known_later_amendments") or ():
            used.update(_as_list(row.get("source")))
        for row in (self._value.get("calendar") or {}).get("overrides") or ():
            used.update(_as_list(row.get("source")))
        for name in self._value.get("sources") or {}:
            if name not in used:
                self._faults.add("pack.unused_source", ("sources", name), id=name)

    def _check_texts(self) -> None:
        """A Kazakh text of several words that equals the Russian one was not translated."""
        for path, text in _walk_texts(self._value, ()):
            kazakh, russian = str(text["kk"]), str(text["ru"])
            if kazakh == russian and len(kazakh.split()) > FEW_WORDS:
                self._faults.add("pack.same_text", path)

    def _check_zones(self) -> None:
        places: list[tuple[tuple[str | int, ...], str]] = [
            (("pack", "timezone"), self._pack.facts.timezone)
        ]
        places += [
            ((*path, "timezone"), row["timezone"])
            for path, row in self._rows("regions")
            if row.get("timezone")
        ]
        for path, zone in places:
            try:
                load_zone(zone)
            except ZoneError:
                self._faults.add("pack.bad_timezone", path, zone=zone)

    def _check_ladder(self) -> None:
        institutions = self._pack.institutions
        for path, row in self._rows("institutions"):
            upper = row.get("reports_to")
            if upper is None:
                continue
            place = (*path, "reports_to")
            if upper not in institutions:
                self._faults.add("pack.unknown_institution", place, id=upper)
                continue
            if institutions[upper].level < institutions[row["id"]].level:
                self._faults.add("pack.ladder_leads_down", place, id=upper)
            if _has_circle(row["id"], lambda name: _get_upper(self._pack, name)):
                self._faults.add("pack.circular_ladder", place, id=row["id"])

    def _check_resolvers(self) -> None:
        branches = {body.branch for body in self._pack.institutions.values()}
        for path, row in self._rows("resolvers"):
            if row.get("branch") is not None and row["branch"] not in branches:
                self._faults.add("pack.unknown_institution", (*path, "branch"), id=row["branch"])
            roles = {role for body in self._pack.institutions.values() for role in body.roles}
            if row.get("role") is not None and row["role"] not in roles:
                self._faults.add("pack.unknown_institution", (*path, "role"), id=row["role"])
        known = self._pack.resolvers
        self._expect("resolvers", ("first_of",), known=self._actors, code="pack.unknown_resolver")
        for path, row in self._rows("resolvers"):
            if row["id"] in known and _has_circle(
                row["id"], lambda name: [one for one in known[name].first_of if one in known]
            ):
                self._faults.add("pack.circular_resolver", (*path, "first_of"), id=row["id"])

    def _check_duties(self) -> None:
        self._expect("duties", ("actor",), known=self._actors, code="pack.unknown_actor")
        triggers = ("trigger", "met_by", "superseded_by")
        self._expect("duties", triggers, known=self._triggers, code="pack.unknown_trigger")
        starts = {*self._triggers, "event"}
        self._expect("duties", ("start",), known=starts, code="pack.unknown_trigger")
        known = {*self._pack.remedies, *self._pack.offences}
        self._expect("duties", ("on_breach",), known=known, code="pack.unknown_remedy")
        for path, row in self._rows("duties"):
            for duty in self._pack.duties.get(row["id"], ()):
                self._check_conditions(path, duty)
                self._check_breach(path, duty)

    def _check_breach(self, path: tuple[str | int, ...], duty: Duty) -> None:
        """A term that nobody can complain of is no clock."""
        remedies = [name for name in duty.on_breach if name in self._pack.remedies]
        if not remedies and duty.term is not None and duty.no_remedy is None:
            self._faults.add("pack.breach_without_remedy", path, id=duty.id)
        if remedies and all(
            remedy.is_never_first for name in remedies for remedy in self._pack.remedies[name]
        ):
            self._faults.add("pack.never_first_alone", (*path, "on_breach"), id=duty.id)

    def _check_windows(self) -> None:
        known = {*self._triggers}
        self._expect("windows", ("closed_by",), known=known, code="pack.unknown_trigger")
        self._expect("windows", ("for",), known=self._pack.remedies, code="pack.unknown_remedy")
        for path, row in self._rows("windows"):
            for number, opening in enumerate(row.get("opens") or ()):
                place = (*path, "opens", number)
                trigger, silent = opening.get("on"), opening.get("unanswered")
                if trigger is not None and trigger not in known:
                    self._faults.add("pack.unknown_trigger", place, id=trigger)
                if silent is not None and silent not in self._pack.remedies:
                    self._faults.add("pack.unknown_remedy", place, id=silent)
                if silent is not None and opening.get("after") is None:
                    self._faults.add("pack.bad_term", place, id=row["id"])
            for window in self._pack.windows.get(row["id"], ()):
                self._check_condition((*path, "applies"), window.applies)

    def _check_remedies(self) -> None:
        pack = self._pack
        self._expect("remedies", ("to", "instead"), known=self._actors, code="pack.unknown_actor")
        branches = {body.branch for body in pack.institutions.values()}
        against = {*self._actors, *branches}
        self._expect("remedies", ("against",), known=against, code="pack.unknown_actor")
        follow = ("with", "on_unanswered", "on_refused")
        self._expect("remedies", follow, known=pack.remedies, code="pack.unknown_remedy")
        self._expect("remedies", ("window",), known=pack.windows, code="pack.unknown_window")
        for path, row in self._rows("remedies"):
            for remedy in pack.remedies.get(row["id"], ()):
                self._check_condition((*path, "applies"), remedy.applies)
                for variant in remedy.answer_variants:
                    self._check_condition((*path, "answer_variants"), variant.when)
                self._check_reach(path, remedy)
            if _has_circle(row["id"], lambda name: _get_along(pack, name)):
                self._faults.add("pack.circular_remedies", (*path, "with"), id=row["id"])

    def _check_reach(self, path: tuple[str | int, ...], remedy: Remedy) -> None:
        """A remedy has to reach a body for some start that the pack knows."""
        for name in remedy.to:
            if name in self._pack.institutions:
                return
            resolver = self._pack.resolvers.get(name)
            if resolver is None or resolver.first_of or resolver.branch is None:
                return
            for body in self._pack.institutions.values():
                has_role = resolver.role is None or resolver.role in body.roles
                if body.branch == resolver.branch and has_role:
                    return
        self._faults.add("pack.dead_end", (*path, "to"), id=remedy.id)

    def _check_rest(self) -> None:
        pack = self._pack
        offences = pack.offences
        self._expect("pressure", ("offence",), known=offences, code="pack.unknown_offence")
        self._expect("pressure", ("opens",), known=pack.triggers, code="pack.unknown_trigger")
        then = {*pack.remedies, "exclude", "caution"}
        self._expect("routing", ("then",), known=then, code="pack.unknown_remedy")
        for section in ("offences", "official_offences"):
            severities = pack.severities
            self._expect(section, ("severity",), known=severities, code="pack.unknown_severity")
            for path, row in self._rows(section):
                has_years = row.get("limitation_years") is not None
                if has_years and row.get("no_limitation"):
                    self._faults.add("pack.bad_term", (*path, "limitation_years"), id=row["id"])
        for path, row in self._rows("regions"):
            code = str(row["code"])
            if not (code[:2].isalpha() and code[2:3] == "-" and code[3:].isalnum()):
                self._faults.add("pack.bad_region", (*path, "code"), id=code)

    def _check_unused_triggers(self) -> None:
        used: set[str] = set()
        for duties in self._pack.duties.values():
            for duty in duties:
                used.update((*duty.triggers, *duty.met_by, *duty.superseded_by, duty.start))
        for windows in self._pack.windows.values():
            for window in windows:
                used.update(window.closed_by)
                used.update(one.trigger for one in window.opens if one.trigger)
        for rules in self._pack.pressure.values():
            used.update(name for rule in rules for name in rule.opens)
        for path, row in self._rows("triggers"):
            if row["id"] not in used:
                self._faults.add("pack.unused_trigger", path, id=row["id"])

    def _check_articles(self) -> None:
        """Every article is of an instrument that has its name in each language."""
        if not self._pack.instruments:
            return
        for section, rows in self._value.items():
            for number, row in enumerate(rows if isinstance(rows, list) else ()):
                article = row.get("article") if isinstance(row, Mapping) else None
                if isinstance(article, str):
                    words = list_unnamed(article, cites=self._pack.instruments)
                    if words:
                        path = (section, number, "article")
                        self._faults.add("pack.unknown_instrument", path, words=" ".join(words))

    def _check_former_ids(self) -> None:
        """A former id of one rule may not be the id of another."""
        pack = self._pack
        rules = {*pack.duties, *pack.windows, *pack.remedies, *pack.offences}
        for section in ("duties", "windows", "remedies"):
            for path, name in self._names(section, "formerly"):
                if name in rules:
                    self._faults.add("pack.id_twice", path, id=name)

    def _check_inherited(self) -> None:
        """A removal may leave a rule of parent or child without what it leads to."""
        removed = {
            (SECTIONS.get(section, section), row.get("id")): (section, number)
            for section, rows in self._value.items()
            if isinstance(rows, list)
            for number, row in enumerate(rows)
            if isinstance(row, Mapping) and row.get("remove")
        }
        for one in list_dangling(self._pack):
            for section in one.among:
                path = removed.get((section, one.name))
                if path is not None:
                    self._faults.add("pack.removes_needed", path, id=one.name, by=one.by)
        own = {row["id"] for _path, row in self._rows("remedies")}
        for name, remedies in self._pack.remedies.items():
            for remedy in remedies if name not in own else ():
                self._check_reach(("pack", "extends"), remedy)

    # Conditions.

    def _check_conditions(self, path: tuple[str | int, ...], duty: Duty) -> None:
        self._check_condition((*path, "applies"), duty.applies)
        for variant in duty.variants:
            self._check_condition((*path, "variants"), variant.when)

    def _check_condition(self, path: tuple[str | int, ...], condition: Condition | None) -> None:
        for fact in condition.list_facts() if condition else ():
            if not self._is_fact(fact):
                self._faults.add("pack.unknown_fact", path, id=fact)

    def _is_fact(self, fact: str) -> bool:
        if not fact.startswith(OWN_FACTS):
            return fact in self._facts
        kind, _, name = fact.partition(":")
        known: Mapping[str, Iterable[str]] = {
            "severity": self._pack.severities,
            "mode": MODES,
            "offence": self._pack.offences,
            "proceeding": KINDS_OF_PROCEEDING,
        }
        return name in known[kind]


def _as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [one for one in value if isinstance(one, str)]


def _walk_texts(
    value: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        if "kk" in value and "ru" in value:
            yield path, value
        else:
            for key, inner in value.items():
                yield from _walk_texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk_texts(inner, (*path, number))


def _get_upper(pack: Pack, name: str) -> list[str]:
    body = pack.institutions.get(name)
    return [body.reports_to] if body is not None and body.reports_to is not None else []


def _get_along(pack: Pack, name: str) -> list[str]:
    return [other for remedy in pack.remedies.get(name, ()) for other in remedy.along]


def _has_circle(start: str, follow: Callable[[str], Iterable[str]]) -> bool:
    """Tell whether ``start`` leads back to itself."""
    seen: set[str] = set()
    waiting = list(follow(start))
    while waiting:
        name = waiting.pop()
        if name == start:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(follow(name))
    return False
