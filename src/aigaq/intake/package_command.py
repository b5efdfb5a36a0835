"""What the running desk does for `aigaq evidence export`. The path is that of the same user."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aigaq.accounts import selectors as accounts
from aigaq.accounts.errors import NotThere
from aigaq.accounts.selectors import Staff
from aigaq.core.commands import Answer, Arguments
from aigaq.evidence.documents import LANGUAGES
from aigaq.evidence.shapes import AtCommandLine
from aigaq.intake import collecting, selectors
from aigaq.intake.errors import NotFound, PackageRefused
from aigaq.intake.export_offer import offer_items
from aigaq.intake.package_gathering import PackageChoice, check_choice
from aigaq.intake.packaging import export_package, read_head, read_recipient
from aigaq.intake.timestamp_tasks import stamp_for_package

#: Instead of numbers: every item that a consent covers, and no other.
ALLOWED = "allowed"


def run_export_command(arguments: Arguments) -> Answer:
    """Hand out a package for `aigaq evidence export`."""
    actor = find_actor(arguments.get("by"))
    purpose = str(arguments.get("purpose", ""))
    items, left_out = _choose_items(arguments, actor=actor, purpose=purpose)
    choice = PackageChoice(
        items=items,
        purpose=purpose,
        audience=str(arguments.get("audience", "")),
        sealed_to=read_recipient(arguments.get("sealed_to")),
        languages=_read_languages(arguments.get("languages")),
    )
    check_choice(actor=actor, choice=choice)
    head = read_head()
    stamp_for_package(head.note)
    # Nobody signs in at the command line, so that custody says no more than what was said there.
    exported = export_package(
        actor=actor,
        choice=choice,
        target=Path(str(arguments.get("out", ""))),
        head=head,
        by=AtCommandLine(None if arguments.get("by") is None else actor),
    )
    return {
        "control": exported.control,
        "items": exported.items,
        "left_out": left_out,
        "reports": len(items),
        "path": str(exported.path),
        "seal": exported.seal,
        "verdict": exported.verdict,
    }


def _choose_items(
    arguments: Arguments, *, actor: Staff, purpose: str
) -> tuple[Mapping[int, tuple[int, ...] | None], int]:
    """Return the items by register number, and how many were left out for want of consent."""
    wanted = arguments.get("items")
    if arguments.get("collection") is not None:
        reports = _list_collected(str(arguments["collection"]), actor=actor)
    else:
        reports = _read_numbers(arguments.get("reports"))
    if wanted == ALLOWED:
        return _list_allowed(reports, actor=actor, purpose=purpose)
    numbers = None if wanted is None else tuple(_read_numbers(wanted))
    if numbers is not None and len(set(reports)) != 1:
        raise PackageRefused("package.items_of_one_report")
    return dict.fromkeys(reports, numbers), 0


def _list_collected(name: str, *, actor: Staff) -> list[int]:
    try:
        found = collecting.find_by_name(actor=actor, name=name)
    except NotThere:
        raise PackageRefused("collection.unknown") from None
    if not found.reports:
        raise PackageRefused("collection.empty")
    return [row.register_number for row in found.reports]


def _list_allowed(
    reports: list[int], *, actor: Staff, purpose: str
) -> tuple[Mapping[int, tuple[int, ...]], int]:
    ids = [selectors.find_by_register_number(actor=actor, number=one) for one in reports]
    offered = offer_items(actor=actor, report_ids=ids, purpose=purpose)
    allowed = {
        report.register_number: tuple(one.number for one in report.items if not one.hindrance)
        for report in offered
    }
    kept = {number: items for number, items in allowed.items() if items}
    if not kept:
        raise PackageRefused("package.nothing_allowed")
    all_items = sum(len(report.items) for report in offered)
    return kept, all_items - sum(len(items) for items in kept.values())


def find_actor(username: object) -> Staff:
    """Return who hands out: the one named, or the only one who is here."""
    people = [one for one in accounts.list_staff() if one.is_active]
    if username is not None:
        people = [one for one in people if one.get_username() == username]
    if len(people) != 1:
        raise NotFound
    return people[0]


def _read_numbers(value: Any) -> list[int]:
    if not isinstance(value, list) or not all(isinstance(one, int) for one in value):
        raise NotFound
    return list(value)


def _read_languages(value: Any) -> tuple[str, ...]:
    if value is None:
        return LANGUAGES
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
