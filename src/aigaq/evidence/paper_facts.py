"""What the papers of a package say of custody, consent and witnesses, read from the package itself.

Nothing here is more than `aigaq-verify` finds in the same package. A paper claims an independent
witness only if a signature or token under this very state of the log is there (PROTOCOL 26).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aigaq.clock import format_time, parse_time
from aigaq.evidence.custody_lines import COMMAND_LINE, DESK, SAID_TO_BE
from aigaq.evidence.package_shapes import Package, PackagedGrant, PackagedItem, StaffGrant
from aigaq.sealing.card import parse_card
from aigaq.sealing.witnessing import CardCosigner, read_authorities, read_cosigners
from aigaq.tlog import TlogError, open_note, parse_note

Facts = dict[str, Any]


def collect_witnesses(package: Package) -> Facts:
    """Return who signed or stamped this state of the log besides the organisation's log itself."""
    card = parse_card(package.cards[max(package.cards)], root_key=package.root_key)
    signed = [one for one in read_cosigners(card) if _has_signed(one, note=package.checkpoint)]
    countries = {one.name: one.country for one in read_authorities(card)}
    stamped = {token.authority for token in package.tokens}
    is_independent = any(one.is_independent for one in signed)
    are_abroad = len({countries[name] for name in stamped if name in countries}) > 1
    return {
        "authorities": sorted(stamped),
        "cosigners": [
            {"is_independent": one.is_independent, "name": one.name}
            for one in sorted(signed, key=lambda one: one.name)
        ],
        "is_witnessed": is_independent or are_abroad,
    }


def collect_times(package: Package) -> Facts:
    """Return since when tokens show the reports (``earliest``) and the package's head (``own``).

    None where no token shows it. Both are what the desk knows of its tokens; the verifier finds its
    own, by the authorities of its policy.
    """
    heads = [(package.checkpoint_size, package.tokens)]
    heads += [(one.size, one.tokens) for one in package.earlier]
    shown = [
        (token.since, size) for size, tokens in heads for token in tokens if token.since is not None
    ]
    own = [one for one in shown if one[1] == package.checkpoint_size]
    return {name: _show_first(rows) for name, rows in (("earliest", shown), ("own", own))}


def _show_first(rows: list[tuple[datetime, int]]) -> Facts | None:
    if not rows:
        return None
    at, size = min(rows)
    return {"at": show_time(format_time(at)), "size": size}


def _has_signed(cosigner: CardCosigner, *, note: bytes) -> bool:
    try:
        return bool(open_note(parse_note(note), verifiers=cosigner.verifiers))
    except TlogError:
        return False


def collect_custody(package: Package) -> Facts:
    """Return the lines about the package's items and reports, and how many others there are.

    ``item`` is the item's number in the package, ``report`` the register's number of a report as a
    whole.
    """
    items = {_name(item): number for number, item in enumerate(package.items, start=1)}
    reports = {one.report_id.hex(): one.register_number for one in package.reports}
    rows, hidden, of_store = [], 0, 0
    for data in package.custody_lines:
        line = json.loads(data)
        if "hash" in line:
            hidden += 1
        elif line["item"] in items or line["item"] in reports:
            rows.append(
                {
                    "at": show_time(line["at"]),
                    "by": _split_person(line["by"]),
                    "event": _name_event(line),
                    "item": items.get(line["item"]),
                    "report": reports.get(line["item"]),
                    "sequence": line["sequence"],
                }
            )
        else:
            of_store += 1
    logged = package.logged_head
    return {
        "count": len(package.custody_lines),
        "fixed": 0 if logged is None else logged.count,
        "hidden": hidden,
        "lines": rows,
        "of_store": of_store,
    }


def _name_event(line: Mapping[str, Any]) -> str:
    """Return the event of a line; a package that went to others is told from work within."""
    is_outside = line["event"] == "handed_over" and " · " in line["note"]
    return "handed_outside" if is_outside else str(line["event"])


def _name(item: PackagedItem) -> str:
    return f"{item.report_id.hex()}/{item.item_number}"


def _split_person(by: str) -> Facts:
    """Return who a line names: the desk itself, a command, or a person who signed in."""
    if by == DESK:
        return {"kind": "desk", "name": ""}
    if by == COMMAND_LINE:
        return {"kind": "command", "name": ""}
    if by.startswith(COMMAND_LINE + SAID_TO_BE):
        return {"kind": "said", "name": by.removeprefix(COMMAND_LINE + SAID_TO_BE)}
    return {"kind": "person", "name": by}


def collect_consents(package: Package) -> list[Facts]:
    """Return the grants of a package. ``items``: numbers in the package; empty for all of a report.

    ``given``: ``in_report``, ``told`` (``how`` is the way) or ``by_mouth`` (with ``by``, ``at``).
    One that a signed message of the package takes back (``is_taken_back``) never passes for live.
    """
    told = {one.report_id: one.way for one in package.told}
    registered = {one.report_id: one.register_number for one in package.reports}
    found: list[Facts] = []
    grants: list[PackagedGrant | StaffGrant] = [*package.grants, *package.staff_grants]
    for grant in grants:
        way = told.get(grant.report_id, "")
        given: Facts = {"at": "", "by": "", "given": "told" if way else "in_report", "how": way}
        if isinstance(grant, StaffGrant):
            given = {
                "at": format_time(grant.granted_at)[:10],
                "by": grant.by,
                "given": "by_mouth",
                "how": grant.how,
            }
        given["is_taken_back"] = _is_taken_back(package, grant)
        given["items"] = _list_items(package, grant)
        given["report"] = registered[grant.report_id]
        found.append(given)
    return found


def _is_taken_back(package: Package, grant: PackagedGrant | StaffGrant) -> bool:
    """Tell whether a signed message takes this grant back; one by word of mouth has no number."""
    keys = {one.report_id: one.mailbox_key for one in package.reports}
    number = grant.number if isinstance(grant, PackagedGrant) else None
    for change in package.changes:
        body = json.loads(change.message.partition("\n")[0])["body"]
        is_about = body["report_id"] in (None, grant.report_id.hex())
        if change.mailbox_key != keys[grant.report_id] or not is_about:
            continue
        if body["consents"] is None or number in body["consents"]:
            return True
    return False


def _list_items(package: Package, grant: PackagedGrant | StaffGrant) -> list[int]:
    if grant.items is None:
        return []
    return [
        number
        for number, item in enumerate(package.items, start=1)
        if item.report_id == grant.report_id and item.item_number in grant.items
    ]


def show_time(text: str) -> str:
    """Return an instant as a person reads it, in UTC."""
    return format_time(parse_time(text)).replace("T", " ").rstrip("Z")
