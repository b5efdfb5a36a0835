"""Whether card and bundle, as a gate serves them, are on record in its log.

A version that is new at the gate gets its entry with the next batch, so one that is not on record
is an alarm only after two intervals; it is then an alarm also if the gate has stopped serving it.
Each file of the bundle, and the document that a phone gets at ``/`` in each language, is compared
with the manifest now and then; all that differ are one alarm.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from aigaq.clock import format_time, parse_time
from aigaq.sealing.card import MAXIMUM_CARD_BYTES
from aigaq.watching.errors import WatchError
from aigaq.watching.phone import is_document, list_askings
from aigaq.watching.sources import Source
from aigaq.watching.store import State

SERVED = {"card": "/card", "bundle_manifest": "/bundle-manifest.json"}
CODES = {"card": "log.unlisted_card", "bundle_manifest": "log.unlisted_bundle"}
MAXIMUM_MANIFEST_BYTES = 1024 * 1024
MAXIMUM_FILE_BYTES = 4 * 1024 * 1024
#: Of each kind, so that no flood of manifests hides a card.
MAXIMUM_UNLISTED = 32
#: So many of the wrong files are kept as they were served; the names of all are.
_KEPT_FILES = 4
#: A minute beyond the two intervals: the gate writes once a second, and clocks differ.
SPARE_SECONDS = 60
PAGES_SECONDS = 1_800
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}\Z")


@dataclass(frozen=True)
class Finding:
    """A page that is not on record: what marks it, and what was served."""

    code: str
    mark: str
    details: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)


class PageWatch:
    """Looks at one gate's card and bundle."""

    def __init__(self, source: Source, *, interval_seconds: int) -> None:
        self._source = source
        self._patience = timedelta(seconds=2 * interval_seconds + SPARE_SECONDS)

    def look(self, state: State, *, at: datetime) -> tuple[State, list[Finding], str | None]:
        """Return the state after one look, what is wrong, and a path that was not answered."""
        served = {kind: self._get(kind) for kind in SERVED}
        refused = next((SERVED[kind] for kind, data in served.items() if data is None), None)
        unlisted = dict(state.unlisted)
        for kind, data in served.items():
            if data is None:
                continue
            sha256 = hashlib.sha256(data).hexdigest()
            waiting = sum(name.startswith(f"{kind}:") for name in unlisted)
            if sha256 not in state.listed.get(kind, []) and waiting < MAXIMUM_UNLISTED:
                unlisted.setdefault(f"{kind}:{sha256}", format_time(at))
        kept, found = {}, []
        for name, since in unlisted.items():
            kind, _, sha256 = name.partition(":")
            if sha256 in state.listed.get(kind, []):
                continue
            kept[name] = since
            if at - parse_time(since) > self._patience:
                data = served[kind]
                is_there = data is not None and hashlib.sha256(data).hexdigest() == sha256
                files = {f"served.{kind}": data} if is_there and data is not None else {}
                found.append(Finding(CODES[kind], sha256, {"sha256": sha256}, files))
        state = replace(state, unlisted=kept)
        manifest = served["bundle_manifest"]
        due = state.pages_at is None or at - parse_time(state.pages_at) > timedelta(
            seconds=PAGES_SECONDS
        )
        if due and manifest is not None:
            try:
                found += self._compare_files(manifest)
                state = replace(state, pages_at=format_time(at))
            except WatchError:  # The line broke: all of them again in the next round.
                refused = refused or SERVED["bundle_manifest"]
        return state, found, refused

    def _get(self, kind: str) -> bytes | None:
        """Return a page; None where the gate, which has just shown its head, does not give it."""
        limit = MAXIMUM_CARD_BYTES if kind == "card" else MAXIMUM_MANIFEST_BYTES
        try:
            return self._source.get(SERVED[kind], limit=limit)
        except WatchError:
            return None

    def _compare_files(self, manifest: bytes) -> list[Finding]:
        """Return what is not as the manifest says: one finding, however many files it is about.

        It is another one when other files are wrong, or the same ones in another way. Raises
        `WatchError`: ``watch.unreachable``.
        """
        wrong: dict[str, str | None] = {}
        kept: dict[str, bytes] = {}
        listed = _read_manifest(manifest)
        for path, sha256, size in listed:
            try:
                data = self._source.get("/" + quote(path), limit=MAXIMUM_FILE_BYTES)
            except WatchError as error:
                if error.code == "watch.unreachable":
                    raise
                data = None
            if data is None or len(data) != size or _hash(data) != sha256:
                wrong[path] = None if data is None else _hash(data)
                if data is not None and len(kept) < _KEPT_FILES:
                    kept[f"served.file.{len(kept)}"] = data
        wrong |= self._compare_documents(listed, kept=kept)
        if not wrong:
            return []
        names = json.dumps(wrong, indent=1, sort_keys=True).encode()
        details = {"files": str(len(wrong)), "manifest": _hash(manifest), "path": min(wrong)}
        return [
            Finding(
                "log.unlisted_bundle",
                _hash(manifest + names),
                details,
                {**kept, "served.bundle_manifest": manifest, "served.files.json": names},
            )
        ]

    def _compare_documents(
        self, listed: list[tuple[str, str, int]], *, kept: dict[str, bytes]
    ) -> dict[str, str | None]:
        """Return the documents at ``/`` that are not the manifest's, by how they were asked for."""
        expected = {path: (_read_hex(sha256), size) for path, sha256, size in listed}
        wrong: dict[str, str | None] = {}
        for asking in list_askings(expected):
            try:
                page = self._source.read_document(asking, limit=MAXIMUM_FILE_BYTES)
            except WatchError as error:
                if error.code == "watch.unreachable":
                    raise
                page = None
            if page is None or not is_document(page, language=asking.language, expected=expected):
                wrong[asking.name] = None if page is None else _hash(page.body)
                if page is not None and len(kept) < _KEPT_FILES:
                    kept[f"served.file.{len(kept)}"] = page.body
        return wrong


def read_listed(text: str) -> str:
    """Return the SHA-256 of the text that a public entry stands for, in hex."""
    try:
        large: Any = json.loads(text) if text.startswith('{"format":"aigaq/large-text/v1"') else {}
    except ValueError:
        large = {}
    named = large.get("sha256")
    return named if isinstance(named, str) else _hash(text.encode("utf-8"))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read_hex(text: str) -> bytes:
    """Return the bytes of a hash; none, which no file has, of what is none."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _read_manifest(manifest: bytes) -> list[tuple[str, str, int]]:
    """Return path, SHA-256 and size of each file; nothing of a manifest that is none."""
    try:
        files = json.loads(manifest)["files"]
        read = [(str(one["path"]), str(one["sha256"]), int(one["size"])) for one in files]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [one for one in read if _PATH.match(one[0]) and ".." not in one[0]][:1_000]
