"""What a package says of itself: ``evidence/package.json``, read strictly.

Source: ``spec/evidence-package.md``. Nothing here is believed before the steps that check it.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aigaq_verify.encoding import Form, decode_hex, parse_json
from aigaq_verify.errors import VerifyError

PATH = "evidence/package.json"
MAXIMUM_BYTES = 16 * 1024 * 1024
_BAD = "package.bad_form"
_PATHS = re.compile(r"(?:data|evidence)/[^\x00-\x1f\\]+\Z")
_PROVENANCES = ("recorded", "received", "secondary", "official", "web_capture")
_NAMES = (
    "audience",
    "checkpoint",
    "custody",
    "format",
    "items",
    "made_at",
    "purpose",
    "reports",
    "root_key",
    "team_id",
    "tokens",
)
_REPORT = (
    "commitment",
    "leaf_count",
    "log_index",
    "mailbox_key",
    "proof",
    "received_at",
    "register_number",
    "report_id",
    "root",
    "root_salt",
)
_ITEM = (
    "derived_from",
    "item_number",
    "leaf_index",
    "leaf_path",
    "name",
    "number",
    "path",
    "provenance",
    "report_id",
    "salt",
    "sealed_to",
    "sha256",
    "size",
    "type",
)


@dataclass(frozen=True)
class Report:
    """A report, as far as it is disclosed."""

    report_id: bytes
    mailbox_key: bytes
    root_salt: bytes
    leaf_count: int
    root: bytes
    commitment: bytes
    proof: str
    log_index: int


@dataclass(frozen=True)
class Item:
    """A disclosed item: its file here, and the leaf that stands for it in its report."""

    number: int
    path: str
    report_id: bytes
    item_number: int
    name: str
    media_type: str
    size: int
    sha256: bytes
    salt: bytes
    leaf_index: int
    leaf_path: tuple[bytes, ...]
    provenance: str
    sealed_to: str | None


@dataclass(frozen=True)
class Logged:
    """The custody head that the log holds."""

    count: int
    kind: str
    salt: bytes
    value: bytes
    proof: str


@dataclass(frozen=True)
class TokenFiles:
    """Where a token, its chain and the checkpoint under it lie."""

    checkpoint: str
    token: str
    chain: str


@dataclass(frozen=True)
class Contents:
    """The whole of ``package.json``."""

    made_at: datetime
    purpose: str
    audience: str
    team_id: bytes
    root_key: bytes
    checkpoint: str
    reports: tuple[Report, ...]
    items: tuple[Item, ...]
    custody_count: int
    custody_head: bytes
    logged: Logged | None
    tokens: tuple[TokenFiles, ...]


def parse_contents(data: bytes) -> Contents:
    """Return what ``package.json`` says. Raises `VerifyError` (``package.bad_form``)."""
    if data[-1:] != b"\n":
        raise VerifyError(_BAD)
    form = Form(parse_json(data[:-1], code=_BAD), names=_NAMES, code=_BAD)
    if form.text("format") != "aigaq/package/v1":
        raise VerifyError(_BAD)
    custody = form.form("custody", names=("count", "head", "logged"))
    contents = Contents(
        made_at=form.time("made_at"),
        purpose=form.text("purpose"),
        audience=form.text("audience"),
        team_id=form.hex("team_id", length=16),
        root_key=form.base64("root_key"),
        checkpoint=_path(form, "checkpoint"),
        reports=tuple(map(_read_report, form.forms("reports", names=_REPORT))),
        items=tuple(map(_read_item, form.forms("items", names=_ITEM))),
        custody_count=custody.integer("count"),
        custody_head=custody.hex("head"),
        logged=None if custody.members["logged"] is None else _read_logged(custody),
        tokens=tuple(
            TokenFiles(_path(one, "checkpoint"), _path(one, "token"), _path(one, "chain"))
            for one in form.forms("tokens", names=("authority", "chain", "checkpoint", "token"))
        ),
    )
    _check_numbers(contents)
    return contents


def _check_numbers(contents: Contents) -> None:
    """Nothing stands twice, and every item belongs to a report that is here."""
    reports = {one.report_id for one in contents.reports}
    leaves = {(one.report_id, one.leaf_index) for one in contents.items}
    paths = {one.path for one in contents.items}
    if len(reports) != len(contents.reports) or not reports:
        raise VerifyError(_BAD)
    if not len(leaves) == len(paths) == len(contents.items):
        raise VerifyError(_BAD)
    if [one.number for one in contents.items] != list(range(1, len(contents.items) + 1)):
        raise VerifyError(_BAD)
    if any(one.report_id not in reports for one in contents.items):
        raise VerifyError(_BAD)


def _read_report(form: Form) -> Report:
    form.time("received_at")
    form.integer("register_number", minimum=1)
    return Report(
        report_id=form.hex("report_id"),
        mailbox_key=form.base64("mailbox_key"),
        root_salt=form.base64("root_salt"),
        leaf_count=form.integer("leaf_count", minimum=1),
        root=form.hex("root"),
        commitment=form.hex("commitment"),
        proof=_path(form, "proof"),
        log_index=form.integer("log_index"),
    )


def _read_item(form: Form) -> Item:
    if form.members["derived_from"] is not None:
        derived = form.form("derived_from", names=("number", "recipe"))
        derived.integer("number", minimum=1)
        derived.text("recipe")
    provenance = form.text("provenance")
    if provenance not in _PROVENANCES:
        raise VerifyError(_BAD)
    return Item(
        number=form.integer("number", minimum=1),
        path=_path(form, "path"),
        report_id=form.hex("report_id"),
        item_number=form.integer("item_number"),
        name=form.text("name", maximum_bytes=1_024),
        media_type=form.text("type", maximum_bytes=255),
        size=form.integer("size"),
        sha256=form.hex("sha256"),
        salt=form.base64("salt"),
        leaf_index=form.integer("leaf_index"),
        leaf_path=form.hashes("leaf_path"),
        provenance=provenance,
        sealed_to=form.optional_text("sealed_to"),
    )


def _read_logged(custody: Form) -> Logged:
    form = custody.form("logged", names=("count", "opening", "proof"))
    opening = form.form("opening", names=("format", "kind", "salt", "value"))
    if opening.text("format") != "aigaq/opening/v1":
        raise VerifyError(_BAD)
    return Logged(
        count=form.integer("count"),
        kind=opening.text("kind"),
        salt=opening.base64("salt"),
        value=opening.base64("value", length=None),
        proof=_path(form, "proof"),
    )


def _path(form: Form, name: str) -> str:
    path = form.text(name, maximum_bytes=1_024)
    if not _PATHS.match(path):
        raise VerifyError(_BAD)
    return path


def read_hashed_line(members: Any, *, code: str) -> tuple[int, bytes] | None:
    """Return number and hash of a line that stays hidden, or None for a full one."""
    if not isinstance(members, dict) or members.keys() != {"hash", "sequence"}:
        return None
    form = Form(members, names=("hash", "sequence"), code=code)
    return form.integer("sequence", minimum=1), decode_hex(members["hash"], length=32, code=code)
