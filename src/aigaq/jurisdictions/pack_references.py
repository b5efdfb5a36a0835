"""Which entries of a pack lead to which others: for removals, and for rules that were inherited.

`list_references` walks through the whole pack with what its parents gave; `pack_checks` looks at
the pack's own file, where a wrong name has a line of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from aigaq.jurisdictions.pack_shapes import Condition, Pack, R, Rules


@dataclass(frozen=True)
class Reference:
    """The entry ``by`` of ``section`` leads to ``name``, which stands in one of ``among``."""

    section: str
    by: str
    among: tuple[str, ...]
    name: str


ACTORS = ("institutions", "resolvers")
REMEDIES = ("remedies",)
BREACH = ("remedies", "offences")
FACTS = ("profiles", "event_facts")
#: Kinds of facts that name an entry, `spec/jurisdiction-pack.md`, *fact*.
NAMING_FACTS = {"severity": ("severities",), "offence": ("offences",)}


def list_references(pack: Pack) -> Iterator[Reference]:
    """Return every name by which one entry of the pack leads to another."""
    return chain(
        _of_bodies(pack), _of_duties(pack), _of_windows(pack), _of_remedies(pack), _of_rest(pack)
    )


def list_dangling(pack: Pack) -> list[Reference]:
    """Return the references that lead to nothing."""
    return [
        one
        for one in list_references(pack)
        if not any(one.name in getattr(pack, section) for section in one.among)
    ]


def _each(
    section: str, by: str, names: tuple[str, ...], among: tuple[str, ...]
) -> Iterator[Reference]:
    for name in names:
        yield Reference(section, by, among, name)


def _of_condition(section: str, by: str, condition: Condition | None) -> Iterator[Reference]:
    for fact in condition.list_facts() if condition else ():
        kind, colon, name = fact.partition(":")
        if not colon:
            yield Reference(section, by, FACTS, fact)
        elif kind in NAMING_FACTS:
            yield Reference(section, by, NAMING_FACTS[kind], name)


def _of_bodies(pack: Pack) -> Iterator[Reference]:
    for body in pack.institutions.values():
        if body.reports_to is not None:
            yield Reference("institutions", body.id, ("institutions",), body.reports_to)
    for resolver in pack.resolvers.values():
        yield from _each("resolvers", resolver.id, resolver.first_of, ACTORS)


def _of_duties(pack: Pack) -> Iterator[Reference]:
    for duty in _flat(pack.duties):
        triggers = (*duty.triggers, *duty.met_by, *duty.superseded_by)
        start = () if duty.start == "event" else (duty.start,)
        yield from _each("duties", duty.id, (*triggers, *start), ("triggers",))
        yield Reference("duties", duty.id, ACTORS, duty.actor)
        yield from _each("duties", duty.id, duty.on_breach, BREACH)
        yield from _of_condition("duties", duty.id, duty.applies)
        for variant in duty.variants:
            yield from _of_condition("duties", duty.id, variant.when)


def _of_windows(pack: Pack) -> Iterator[Reference]:
    for window in _flat(pack.windows):
        opened = tuple(one.trigger for one in window.opens if one.trigger is not None)
        silent = tuple(one.unanswered for one in window.opens if one.unanswered is not None)
        yield from _each("windows", window.id, (*opened, *window.closed_by), ("triggers",))
        remedies = silent if window.remedy is None else (*silent, window.remedy)
        yield from _each("windows", window.id, remedies, REMEDIES)
        yield from _of_condition("windows", window.id, window.applies)


def _of_remedies(pack: Pack) -> Iterator[Reference]:
    for remedy in _flat(pack.remedies):
        yield from _each("remedies", remedy.id, (*remedy.to, *remedy.instead), ACTORS)
        follow = (*remedy.along, *remedy.on_unanswered, *remedy.on_refused)
        yield from _each("remedies", remedy.id, follow, REMEDIES)
        if remedy.window is not None:
            yield Reference("remedies", remedy.id, ("windows",), remedy.window)
        yield from _of_condition("remedies", remedy.id, remedy.applies)
        for variant in remedy.answer_variants:
            yield from _of_condition("remedies", remedy.id, variant.when)


def _of_rest(pack: Pack) -> Iterator[Reference]:
    for routing in _flat(pack.routing):
        remedies = tuple(name for name in routing.then if name not in ("exclude", "caution"))
        yield from _each("routing", routing.id, remedies, REMEDIES)
    for pressure in _flat(pack.pressure):
        yield Reference("pressure", pressure.id, ("offences",), pressure.offence)
        yield from _each("pressure", pressure.id, pressure.opens, ("triggers",))
    for offence in _flat(pack.offences):
        if offence.severity is not None:
            yield Reference("offences", offence.id, ("severities",), offence.severity)


def _flat(rules: Rules[R]) -> Iterator[R]:
    for versions in rules.values():
        yield from versions
