"""Complaints that came to the one complained of, although no line of the file calls it so.

An answer that comes from the body whose act was complained of, and not from the one to which the
complaint went, says that it was sent down. Source: ``spec/clocks.md``, *Conflicts*.
"""

from collections.abc import Iterator
from dataclasses import replace

from aigaq.reckoning.case_shapes import KINDS_OF_COMPLAINTS, Case, Event
from aigaq.reckoning.places import Office


def mark_sent_down(case: Case) -> Case:
    """Return the case with such answers as what they are: `complaint_sent_down`."""
    return replace(case, events=tuple(_mark(case)))


def _mark(case: Case) -> Iterator[Event]:
    sent: dict[tuple[str, str], Office | None] = {}
    #: Whom a complaint is about: who leads the matter, and who had an earlier complaint.
    about: dict[tuple[str, str], list[Office | None]] = {}
    for event in case.events:
        key = (event.proceeding, event.get_field("remedy"))
        if event.type == "complaint_submitted":
            earlier = [office for other, office in sent.items() if other[0] == key[0]]
            about[key] = [*_list_leading(case, proceeding=event.proceeding), *earlier]
            sent[key] = case.get_office(event.to)
        elif event.type == "complaint_answered" and key in sent:
            by = case.get_office(event.by)
            if by is not None and by != sent[key] and by in about[key]:
                yield replace(event, type="complaint_sent_down", to=event.by)
                continue
        yield event


def _list_leading(case: Case, *, proceeding: str) -> list[Office | None]:
    """Return who leads the matters that complaints of this proceeding are about."""
    mine = case.proceedings[proceeding]
    if mine.kind not in KINDS_OF_COMPLAINTS:
        return [mine.office]
    return [one.office for one in case.proceedings.values() if one.kind not in KINDS_OF_COMPLAINTS]
