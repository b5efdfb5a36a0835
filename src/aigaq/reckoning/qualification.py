"""Which offences a proceeding is about, by the law of the day of the act.

Shapes: a `Qualification` is one offence of a proceeding in the version that was in force on ``on``.
Source: ``spec/clocks.md``, *Answer* (`proceedings`).
"""

from dataclasses import dataclass
from datetime import date

from aigaq.jurisdictions.pack_shapes import Offence, Pack, get_in_force
from aigaq.reckoning.case_shapes import Case


@dataclass(frozen=True)
class Qualification:
    """One offence, by the law of one day."""

    offence: Offence
    on: date
    #: Whether the pack has the law of other days too.
    has_versions: bool


def list_qualifications(case: Case, *, proceeding: str, pack: Pack) -> list[Qualification]:
    """Return the offences of a proceeding by the law on the day of the act.

    Without an act the day is that of the proceeding's first event, else of the moment of asking.
    """
    first = min((one.at for one in case.events if one.proceeding == proceeding), default=None)
    on = get_law_date(case, proceeding=proceeding, otherwise=(first or case.as_of).date())
    return [
        Qualification(
            get_in_force(pack.offences[name], on=on) or pack.offences[name][0],
            on=on,
            has_versions=len(pack.offences[name]) > 1,
        )
        for name in case.list_offences(proceeding)
    ]


def get_law_date(case: Case, *, proceeding: str, otherwise: date) -> date:
    """Return the day by whose law the offence is judged: that of the act, if the file says it."""
    acts = [one for one in case.events if one.type == "act_committed"]
    mine = [one for one in acts if one.proceeding == proceeding]
    return min((one.at.date() for one in mine or acts), default=otherwise)
