"""What the running desk does for `aigaq evidence export`. The path is that of the same user."""

from pathlib import Path
from typing import Any

from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.core.commands import Answer, Arguments
from aigaq.evidence.documents import LANGUAGES
from aigaq.intake.errors import NotFound, PackageRefused
from aigaq.intake.package_gathering import PackageChoice
from aigaq.intake.packaging import export_package, read_head, read_recipient
from aigaq.intake.timestamp_tasks import stamp_for_package


def run_export_command(arguments: Arguments) -> Answer:
    """Hand out a package for `aigaq evidence export`."""
    reports = _read_numbers(arguments.get("reports"))
    items = None if arguments.get("items") is None else tuple(_read_numbers(arguments["items"]))
    if items is not None and len(set(reports)) != 1:
        raise PackageRefused("package.items_of_one_report")
    choice = PackageChoice(
        items=dict.fromkeys(reports, items),
        purpose=str(arguments.get("purpose", "")),
        audience=str(arguments.get("audience", "")),
        sealed_to=read_recipient(arguments.get("sealed_to")),
        languages=_read_languages(arguments.get("languages")),
    )
    actor, head = _find_actor(arguments.get("by")), read_head()
    stamp_for_package(head.note)
    exported = export_package(
        actor=actor, choice=choice, target=Path(str(arguments.get("out", ""))), head=head
    )
    return {
        "control": exported.control,
        "items": exported.items,
        "path": str(exported.path),
        "seal": exported.seal,
        "verdict": exported.verdict,
    }


def _find_actor(username: object) -> Staff:
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
