"""Reads the place of a case and the offices that its file names.

Shapes: an office is an institution of the pack, in the case's own district (``None``) or in another
one. Source of the form: ``spec/clocks.md``, *Case file*.
"""

from collections.abc import Iterator
from typing import Any

from aigaq.jurisdictions.fields import Faults, Fields
from aigaq.jurisdictions.marked_yaml import Path
from aigaq.jurisdictions.pack_shapes import Pack
from aigaq.reckoning.faults import find_near
from aigaq.reckoning.places import Office

#: Where in a row of each list an office can stand.
OFFICES = {
    "parties": ("office",),
    "relations": ("to",),
    "proceedings": ("institution",),
    "events": ("by", "to"),
}


class OfficeReader:
    """Knows region and district of the case, and reads offices around them."""

    def __init__(self, *, faults: Faults, notes: list[tuple[str, int]], pack: Pack) -> None:
        self.region: str | None = None
        self.district: str | None = None
        self._faults = faults
        self._notes = notes
        self._pack = pack

    def read_place(self, fields: Fields) -> None:
        """Read where the case is: before any office."""
        self.region = fields.words_or_none("region")
        self.district = fields.words_or_none("district")
        fields.end()
        if self.region is not None and self.region not in self._pack.regions:
            fields.fault("unknown_region", "region", region=self.region[:20])
        named = dict(self._list_districts())
        if self.district is None and len(named) == 1:
            # One district alone: that of the case. Else a conflict there would go unseen.
            self.district, path = named.popitem()
            self._notes.append(("place.district_taken", self._faults.document.get_line(path)))

    def read_office(self, row: Fields, key: str) -> Office | None:
        """Return the office of a field: an id, or a mapping."""
        value = row.raw(key)
        if isinstance(value, str):
            return self._find_office(row, key, value)
        fields = row.fields(key)
        kind, district = fields.words("kind"), fields.words_or_none("district")
        region = fields.words_or_none("region")
        fields.end()
        if region is not None and region not in self._pack.regions:
            fields.fault("unknown_region", "region", region=region[:20])
        found = self._find_institution(kind, district=district, region=region)
        if found is None:
            branches = {one.branch for one in self._pack.institutions.values()}
            near = find_near(kind, branches | set(self._pack.institutions))
            fields.fault("unknown_institution", "kind", id=kind[:50], near=near)
            return None
        office = Office(found, self._find_elsewhere(district=district, region=region))
        return self._note_district(office, path=fields.path)

    def _find_office(self, row: Fields, key: str, text: str) -> Office | None:
        institution, _, district = text.partition("@")
        if institution not in self._pack.institutions:
            near = find_near(institution, self._pack.institutions)
            row.fault("unknown_institution", key, id=institution[:50], near=near)
            return None
        if "@" in text and not district:
            row.fault("unknown_institution", key, id=text[:50], near="")
        office = Office(institution, None if district in ("", *self._own_places()) else district)
        return self._note_district(office, path=(*row.path, key))

    def _find_elsewhere(self, *, district: str | None, region: str | None) -> str | None:
        """Return the name of another place, ``None`` for the case's own."""
        if region is None or region == self.region:
            return None if district in (None, *self._own_places()) else district
        # A district of the same name in another region is another one.
        return (
            f"{district} ({region})"
            if district == self.district and district
            else (district or region)
        )

    def _note_district(self, office: Office, *, path: Path) -> Office:
        """Say that a named district cannot be compared where the case itself names none."""
        if office.district is not None and self.district is None:
            self._notes.append(("place.no_district", self._faults.document.get_line(path)))
        return office

    def _own_places(self) -> tuple[str, ...]:
        return tuple(one for one in (self.district, self.region) if one is not None)

    def _find_institution(
        self, kind: str, *, district: str | None, region: str | None
    ) -> str | None:
        """Return an institution by its id, or the lowest of a branch or of its region."""
        institutions = self._pack.institutions
        if kind in institutions:
            return kind
        of_branch = [one for one in institutions.values() if one.branch == kind]
        of_region = [
            one for one in of_branch if district is None and region and one.scope == "region"
        ]
        lowest = sorted(of_region or of_branch, key=lambda one: one.level)
        return lowest[0].id if lowest else None

    def _list_districts(self) -> Iterator[tuple[str, Path]]:
        """Yield the districts that offices of the file name, in the region of the case."""
        for key, places in OFFICES.items():
            rows = self._faults.document.value.get(key)
            for number, row in enumerate(rows if isinstance(rows, list) else ()):
                for place in places if isinstance(row, dict) else ():
                    office, path = row.get(place), (key, number, place)
                    kind: Any = None
                    district: Any = None
                    if isinstance(office, str):
                        kind, _, district = office.partition("@")
                    elif isinstance(office, dict) and office.get("region") in (None, self.region):
                        kind, district = office.get("kind"), office.get("district")
                    is_named = isinstance(district, str) and district not in self._pack.regions
                    if is_named and district and self._is_of_district(kind):
                        yield district, path

    def _is_of_district(self, kind: Any) -> bool:
        """Tell whether a body of this id, or the lowest of this branch, is one of a district."""
        found = self._find_institution(str(kind), district="", region=None)
        return found is not None and self._pack.institutions[found].scope == "district"
