"""Looks at card and bundle as a stranger would, and compares them with what the desk signed.

No key, no cookie, no header of ours: the gate must not know who asks. The card must be the desk's
own, byte for byte. The manifest must be the one that was stamped here
(``locked/bundle-manifest.json``, written when the bundle is stamped or when it is first seen), and
each file must be what the manifest says, and so must the documents at ``/``, in each language and
in the packing that a phone takes. What was seen lies in ``inbox/watch.json``, so that a locked desk
watches too. Source: spec/card.md, PROTOCOL 32.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from urllib.parse import quote

from django.conf import settings

from aigaq import clock
from aigaq.blobs import write_durably
from aigaq.core.home import Home
from aigaq.errors import AigaqError
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.errors import GateError
from aigaq.intake.gate_client import read_document, read_public
from aigaq.intake.locked_files import LockedFiles
from aigaq.intake.shapes import PublicWatch, WatchState
from aigaq.sealing.canonical_json import parse_json
from aigaq.sealing.forms import Form
from aigaq.watching.phone import MAXIMUM_FILE_BYTES, is_document, list_askings

STAMPED = "bundle-manifest.json"
SEEN = "watch.json"
FORMAT = "aigaq/bundle/v1"
PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}\Z")
NEVER = WatchState("never", None, ())


def read_watch(home: Home) -> PublicWatch:
    """Return what was last seen."""
    try:
        data = json.loads((home.desk / "inbox" / SEEN).read_bytes())
    except (FileNotFoundError, ValueError):
        return PublicWatch(card=NEVER, bundle=NEVER)
    return PublicWatch(card=_parse_state(data["card"]), bundle=_parse_state(data["bundle"]))


def watch_public(home: Home, *, files: LockedFiles) -> PublicWatch:
    """Look now, keep what was seen, and return it. Never raises for what the gate serves."""
    now = clock.now()
    watch = PublicWatch(
        card=_look_at_card(files, now=now), bundle=_look_at_bundle(home, files=files, now=now)
    )
    data = {
        name: _dump_state(state) for name, state in (("card", watch.card), ("bundle", watch.bundle))
    }
    folder = home.desk / "inbox"
    folder.mkdir(mode=0o700, exist_ok=True)
    write_durably(folder / SEEN, json.dumps(data).encode())
    return watch


def raise_watch_alarms() -> None:
    """Turn what the watch saw, perhaps while locked, into alarms."""
    watch = read_watch(settings.HOME)
    for name, state in (("card", watch.card), ("bundle", watch.bundle)):
        if state.state == "different" and state.checked_at is not None:
            day = clock.format_time(state.checked_at)[:10]
            seen = ", ".join(state.differences[:5])
            raise_alarm(f"watch.{name}_differs", details={"day": day, "seen": seen})


def _look_at_card(files: LockedFiles, *, now: datetime) -> WatchState:
    try:
        seen = read_public(origin=files.gate_origin, path="/card")
    except GateError as error:
        return _cannot_see(error, now=now)
    if seen == files.card_bytes:
        return WatchState("same", now, ())
    return WatchState("different", now, ("card",))


def _look_at_bundle(home: Home, *, files: LockedFiles, now: datetime) -> WatchState:
    stamped = home.locked / STAMPED
    try:
        manifest = read_public(origin=files.gate_origin, path="/bundle-manifest.json")
        listed = _parse_manifest(manifest)
    except GateError as error:
        return _cannot_see(error, now=now)
    except AigaqError:
        return WatchState("different", now, ("bundle-manifest.json",))
    if not stamped.exists():
        # Trust on first sight, if `aigaq init` did not lay the stamped manifest here.
        write_durably(stamped, manifest)
    expected = _parse_manifest(stamped.read_bytes())
    different = [
        path for path in sorted(expected | listed) if expected.get(path) != listed.get(path)
    ]
    try:
        different += [
            path
            for path, (sha256, size) in sorted(expected.items())
            if path not in different and not _is_same_file(files, path, sha256=sha256, size=size)
        ]
        different += _list_false_documents(files, expected=expected)
    except GateError as error:
        return _cannot_see(error, now=now)
    return WatchState("different" if different else "same", now, tuple(different[:100]))


def _is_same_file(files: LockedFiles, path: str, *, sha256: bytes, size: int) -> bool:
    seen = read_public(origin=files.gate_origin, path="/" + quote(path))
    return len(seen) == size and hashlib.sha256(seen).digest() == sha256


def _list_false_documents(
    files: LockedFiles, *, expected: Mapping[str, tuple[bytes, int]]
) -> list[str]:
    """Name the documents that a phone gets at ``/`` and that are not those of the bundle.

    A gate could serve every file truly by its name, and something else where people begin.
    """
    return [
        asking.name
        for asking in list_askings(expected)
        if not is_document(
            read_document(origin=files.gate_origin, asking=asking),
            language=asking.language,
            expected=expected,
        )
    ]


def _parse_manifest(data: bytes) -> dict[str, tuple[bytes, int]]:
    form = Form(
        parse_json(data.removesuffix(b"\n")), names=("files", "format"), code="watch.bad_form"
    )
    form.choice("format", among=(FORMAT,))
    found = {}
    for one in form.forms("files", names=("path", "sha256", "size", "sri"), maximum=1_000):
        path = one.text("path", maximum_bytes=200, minimum_bytes=1)
        if not PATH.match(path) or ".." in path:
            raise one.fault()
        found[path] = (one.hex("sha256"), one.integer("size", maximum=MAXIMUM_FILE_BYTES))
    return found


def _cannot_see(error: GateError, *, now: datetime) -> WatchState:
    if error.code in ("gate.unreachable", "gate.too_slow"):
        return WatchState("unreachable", now, ())
    return WatchState("different", now, (error.code,))


def _dump_state(state: WatchState) -> dict[str, object]:
    at = clock.format_time(state.checked_at) if state.checked_at else None
    return asdict(state) | {"checked_at": at}


def _parse_state(data: dict[str, object]) -> WatchState:
    at = data["checked_at"]
    differences = data["differences"]
    assert isinstance(differences, list)  # noqa: S101 - we wrote it.
    return WatchState(
        str(data["state"]),
        clock.parse_time(at) if isinstance(at, str) else None,
        tuple(differences),
    )
