"""The consent extract of a package: what was granted, on record in the report itself, and changes.

A grant stands on a leaf of its report, so that it cannot be added later. A withdrawal is a message
signed by the reporter's mailbox key. Staff may have written down a grant given by word of mouth:
that is said, and no signature proves it. Source: ``spec/evidence-package.md``, "Consent extract".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigaq_verify.contents import PATH, Contents, Item, Report
from aigaq_verify.encoding import Form, build_json, hash_leaf, parse_json
from aigaq_verify.errors import VerifyError
from aigaq_verify.merkle import check_inclusion
from aigaq_verify.signatures import open_signed_json
from aigaq_verify.words import Told

MAXIMUM_BYTES = 16 * 1024 * 1024
_BAD = "consent.bad_form"
#: For whom the purposes are under which items may leave; no other consent carries any.
ITEM_PURPOSES = {
    "complain": "authority",
    "prove": "court",
    "refer": "partner",
    "represent": "lawyer",
}
_GRANT = (
    "audience",
    "items",
    "leaf_index",
    "leaf_path",
    "number",
    "purpose",
    "report_id",
    "salt",
)
_TOLD = ("leaf_index", "leaf_path", "report_id", "salt", "way")
#: The number of the answer by which staff say how a report was told to them, and its values.
_TOLD_HOW = 202
_WAYS = ("phone", "door", "letter", "messenger", "other")
_STAFF_GRANT = ("audience", "by", "granted_at", "how", "items", "purpose", "report_id")
_MESSAGE = (
    "body",
    "direction",
    "first_commitment",
    "format",
    "heads",
    "kind",
    "mailbox_key",
    "previous",
    "sent_at",
    "sequence",
    "sign",
    "team_id",
)


@dataclass(frozen=True)
class Grant:
    """One permission; ``items`` None for the whole report; ``number`` None for one by mouth."""

    report_id: bytes
    purpose: str
    audience: str
    items: frozenset[int] | None
    number: int | None

    def covers(self, item: Item, *, contents: Contents) -> bool:
        """Tell whether this grant allows to give ``item`` away in this package."""
        if (self.purpose, self.audience) != (contents.purpose, contents.audience):
            return False
        if self.report_id != item.report_id:
            return False
        return self.items is None or item.item_number in self.items


def check_consent(data: bytes, *, contents: Contents) -> dict[int, tuple[Told, ...]]:
    """Return, by the item's number in the package, how its grant is shown.

    Raises `VerifyError`: ``consent.bad_form``, ``consent.wrong_purpose``, ``consent.wrong_root``,
    ``consent.wrong_signature``, ``consent.wrong_sequence``, ``consent.withdrawn``,
    ``consent.missing``.
    """
    if ITEM_PURPOSES.get(contents.purpose) != contents.audience:
        raise VerifyError("consent.wrong_purpose", PATH)
    if data[-1:] != b"\n":
        raise VerifyError(_BAD)
    names: tuple[str, ...] = ("changes", "format", "grants", "staff_grants")
    value = parse_json(data[:-1], code=_BAD)
    # A package has it only if one of its reports was told to staff.
    has_told = isinstance(value, dict) and "told" in value
    form = Form(value, names=(*names, "told") if has_told else names, code=_BAD)
    if form.text("format") != "aigaq/consent-extract/v1":
        raise VerifyError(_BAD)
    reports = {one.report_id: one for one in contents.reports}
    grants = [_read_grant(one, reports) for one in form.forms("grants", names=_GRANT)]
    grants += [_read_staff_grant(one) for one in form.forms("staff_grants", names=_STAFF_GRANT)]
    told = _read_told(form.forms("told", names=_TOLD), reports) if has_told else {}
    withdrawn = _read_changes(form.values("changes"), contents=contents)
    shown: dict[int, tuple[Told, ...]] = {}
    for item in contents.items:
        covering = [grant for grant in grants if grant.covers(item, contents=contents)]
        if not covering:
            raise VerifyError("consent.missing", item.path)
        live = [grant for grant in covering if not _is_withdrawn(grant, withdrawn)]
        if not live:
            raise VerifyError("consent.withdrawn", item.path)
        is_in_report = any(grant.number is not None for grant in live)
        was_in_report = any(grant.number is not None for grant in covering)
        shown[item.number] = _say(
            item, is_in_report=is_in_report, was_in_report=was_in_report, told=told
        )
    return shown


def _say(
    item: Item, *, is_in_report: bool, was_in_report: bool, told: Mapping[bytes, str]
) -> tuple[Told, ...]:
    """Tell how a grant is shown: what staff took down was not given by the reporter's hand."""
    if not is_in_report:  # What the report gave was taken back by a signed message.
        return (("consent_by_mouth_only" if was_in_report else "consent_by_mouth",),)
    if item.report_id in told:
        return (("consent_told",), (f"told_{told[item.report_id]}",))
    return (("consent_in_report",),)


def _read_told(forms: Sequence[Form], reports: Mapping[bytes, Report]) -> dict[bytes, str]:
    """Return by report in which way it was told to staff, after the answer's leaf was found."""
    told: dict[bytes, str] = {}
    for form in forms:
        report, way = reports.get(form.hex("report_id")), form.text("way")
        if report is None or report.report_id in told or way not in _WAYS:
            raise VerifyError(_BAD)
        leaf = hash_leaf("aigaq/report-leaf/v1", form.base64("salt"), "answer", _TOLD_HOW, way)
        check_inclusion(
            leaf=leaf,
            index=form.integer("leaf_index"),
            size=report.leaf_count,
            path=form.hashes("leaf_path"),
            root=report.root,
            area="consent",
        )
        told[report.report_id] = way
    if not told:
        raise VerifyError(_BAD)
    return told


def _read_grant(form: Form, reports: Mapping[bytes, Report]) -> Grant:
    """Return a grant after its leaf was found on its path to the report's root."""
    report = reports.get(form.hex("report_id"))
    if report is None:
        raise VerifyError(_BAD)
    items = form.members["items"]
    number = form.integer("number")
    unsalted = {
        "audience": form.text("audience"),
        "items": items,
        "number": number,
        "purpose": form.text("purpose"),
    }
    leaf = hash_leaf(
        "aigaq/report-leaf/v1", form.base64("salt"), "consent", number, build_json(unsalted)
    )
    check_inclusion(
        leaf=leaf,
        index=form.integer("leaf_index"),
        size=report.leaf_count,
        path=form.hashes("leaf_path"),
        root=report.root,
        area="consent",
    )
    return Grant(
        report.report_id,
        form.text("purpose"),
        form.text("audience"),
        _read_items(items),
        number,
    )


def _read_staff_grant(form: Form) -> Grant:
    form.time("granted_at")
    form.text("by")
    form.text("how")
    return Grant(
        form.hex("report_id"),
        form.text("purpose"),
        form.text("audience"),
        _read_items(form.members["items"]),
        None,
    )


def _read_items(value: Any) -> frozenset[int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(
        isinstance(one, int) and not isinstance(one, bool) for one in value
    ):
        raise VerifyError(_BAD)
    return frozenset(value)


@dataclass(frozen=True)
class _Withdrawal:
    """What a signed message takes back: None means every one."""

    report_ids: frozenset[bytes]
    numbers: frozenset[int] | None


def _is_withdrawn(grant: Grant, withdrawn: list[_Withdrawal]) -> bool:
    return any(
        grant.report_id in one.report_ids
        and (one.numbers is None or (grant.number is not None and grant.number in one.numbers))
        for one in withdrawn
    )


def _read_changes(values: list[Any], *, contents: Contents) -> list[_Withdrawal]:
    """Return the withdrawals that reporters signed, each mailbox's in rising sequence."""
    last: dict[bytes, int] = {}
    found = []
    for value in values:
        change = Form(value, names=("mailbox_key", "message"), code=_BAD)
        key = change.base64("mailbox_key")
        of_mailbox = frozenset(one.report_id for one in contents.reports if one.mailbox_key == key)
        if not of_mailbox:
            raise VerifyError(_BAD)
        members = open_signed_json(
            change.text("message").encode("utf-8"),
            format_name="aigaq/message/v1",
            public_key=key,
            area="consent",
        )
        form = Form(members, names=_MESSAGE, code=_BAD)
        sequence = form.integer("sequence", minimum=1)
        if form.hex("team_id", length=16) != contents.team_id or form.base64("mailbox_key") != key:
            raise VerifyError("consent.other_mailbox")
        if form.text("direction") != "to_desk" or sequence <= last.get(key, 0):
            raise VerifyError("consent.wrong_sequence")
        last[key] = sequence
        if form.text("kind") != "withdraw_consent":
            raise VerifyError(_BAD)
        found.append(_read_withdrawal(form, of_mailbox))
    return found


def _read_withdrawal(form: Form, of_mailbox: frozenset[bytes]) -> _Withdrawal:
    body = form.form("body", names=("consents", "report_id"))
    ids = of_mailbox if body.members["report_id"] is None else frozenset([body.hex("report_id")])
    return _Withdrawal(ids & of_mailbox, _read_items(body.members["consents"]))
