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
CUSTODY_LINES = "evidence/custody.jsonl"
CONSENT = "evidence/consent.json"
MAXIMUM_BYTES = 16 * 1024 * 1024
_BAD = "package.bad_form"
CARDS = "evidence/cards/"
CUSTODY_PROOF = "evidence/custody.tlog-proof"
_CHECKPOINT = re.compile(r"evidence/checkpoints/(?:0|[1-9][0-9]{0,15})\.checkpoint\Z")
_MAXIMUM_TOKENS = 99
_MAXIMUM_EARLIER = 16
#: A list for each certificate of a chain but its root.
_MAXIMUM_LISTS = 31
_TOKEN = ("authority", "chain", "checkpoint", "token")
_RENEWED = ("lists", "renewals")
_RENEWAL = ("authority", "chain", "lists", "token")
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{10,4000}\Z")
_ORIGIN = ("name", "recipe", "sha256", "size", "type")
_RECIPES = ("strip/v1",)
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
class Original:
    """What came with the report, as its leaf says."""

    name: str
    media_type: str
    size: int
    sha256: bytes


@dataclass(frozen=True)
class Item:
    """A disclosed item: its file here, and the leaf that stands for it in its report.

    ``derived_from`` is what came, if the file is a derivative of it, made by ``recipe``.
    """

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
    derived_from: Original | None = None
    recipe: str = ""

    @property
    def original(self) -> Original:
        """What the leaf stands over: the file itself, or what it was derived from."""
        return self.derived_from or Original(self.name, self.media_type, self.size, self.sha256)


@dataclass(frozen=True)
class Logged:
    """The custody head that the log holds."""

    count: int
    kind: str
    salt: bytes
    value: bytes


@dataclass(frozen=True)
class StampFiles:
    """Where a token, its chain and the lists of revoked certificates of that chain lie."""

    token: str
    chain: str
    lists: tuple[str, ...]


@dataclass(frozen=True)
class TokenFiles:
    """A row of tokens over a checkpoint: the first one, and those that renewed it, in order."""

    checkpoint: str
    stamps: tuple[StampFiles, ...]


@dataclass(frozen=True)
class Earlier:
    """A head of before, and where the proofs of the reports under it lie, in their order."""

    checkpoint: str
    proofs: tuple[str, ...]


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
    earlier: tuple[Earlier, ...]

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """The package's own head, then the earlier ones."""
        return (self.checkpoint, *(one.checkpoint for one in self.earlier))


def parse_contents(data: bytes) -> Contents:
    """Return what ``package.json`` says. Raises `VerifyError` (``package.bad_form``)."""
    if data[-1:] != b"\n":
        raise VerifyError(_BAD)
    value = parse_json(data[:-1], code=_BAD)
    has_earlier = isinstance(value, dict) and "earlier" in value
    form = Form(value, names=(*_NAMES, "earlier") if has_earlier else _NAMES, code=_BAD)
    if form.text("format") != "aigaq/package/v1":
        raise VerifyError(_BAD)
    custody = form.form("custody", names=("count", "head", "logged"))
    reports = tuple(map(_read_report, form.forms("reports", names=_REPORT)))
    earlier = form.forms("earlier", names=("checkpoint", "proofs")) if has_earlier else []
    if has_earlier and not 0 < len(earlier) <= _MAXIMUM_EARLIER:
        raise VerifyError(_BAD)
    contents = Contents(
        made_at=form.time("made_at"),
        purpose=form.text("purpose"),
        audience=form.text("audience"),
        team_id=form.hex("team_id", length=16),
        root_key=form.base64("root_key"),
        checkpoint=_read_checkpoint(form),
        reports=reports,
        items=tuple(map(_read_item, form.forms("items", names=_ITEM))),
        custody_count=custody.integer("count"),
        custody_head=custody.hex("head"),
        logged=None if custody.members["logged"] is None else _read_logged(custody),
        tokens=tuple(
            _read_token(one, number=number)
            for number, one in enumerate(form.values("tokens"), start=1)
        ),
        earlier=tuple(_read_earlier(one, reports=reports) for one in earlier),
    )
    _check_numbers(contents)
    _check_earlier(contents)
    return contents


def _check_numbers(contents: Contents) -> None:
    """Nothing stands twice, every item belongs to a report here, no report is here without one."""
    reports = {one.report_id for one in contents.reports}
    leaves = {(one.report_id, one.leaf_index) for one in contents.items}
    numbers = {(one.report_id, one.item_number) for one in contents.items}
    if len(reports) != len(contents.reports) or not reports:
        raise VerifyError(_BAD)
    # An id is the desk's word: one report under two of them would pass for two that agree.
    for own in ("commitment", "log_index"):
        if len({getattr(one, own) for one in contents.reports}) != len(reports):
            raise VerifyError(_BAD)
    if not len(leaves) == len(numbers) == len(contents.items):
        raise VerifyError(_BAD)
    if [one.number for one in contents.items] != list(range(1, len(contents.items) + 1)):
        raise VerifyError(_BAD)
    if {one.report_id for one in contents.items} != reports:
        raise VerifyError(_BAD)
    if len(contents.tokens) > _MAXIMUM_TOKENS:
        raise VerifyError(_BAD)


def _check_earlier(contents: Contents) -> None:
    """Earlier heads stand by size, hold every report, are smaller, and each has a token."""
    *before, own = sizes = [_size(one.checkpoint) for one in contents.earlier] + [
        _size(contents.checkpoint)
    ]
    if sizes != sorted(set(sizes)) or own != sizes[-1]:
        raise VerifyError(_BAD)
    if before and before[0] <= max(report.log_index for report in contents.reports):
        raise VerifyError(_BAD)
    stamped = {row.checkpoint for row in contents.tokens}
    if not {one.checkpoint for one in contents.earlier} <= stamped:
        raise VerifyError(_BAD)


def _size(path: str) -> int:
    return int(path.rpartition("/")[2].partition(".")[0])


def list_evidence(contents: Contents) -> set[str]:
    """Return the files of ``evidence/`` that a package of these contents has, but for its cards."""
    names = {PATH, CUSTODY_LINES, CONSENT, contents.checkpoint}
    names |= {report.proof for report in contents.reports}
    for one in contents.earlier:
        names |= {one.checkpoint, *one.proofs}
    for stamp in (each for row in contents.tokens for each in row.stamps):
        names |= {stamp.token, stamp.chain, *stamp.lists}
    return names if contents.logged is None else names | {CUSTODY_PROOF}


def _read_report(form: Form) -> Report:
    form.time("received_at")
    form.integer("register_number", minimum=1)
    report_id = form.hex("report_id")
    proof = f"evidence/reports/{report_id.hex()}/proof.tlog-proof"
    if form.text("proof") != proof:
        raise VerifyError(_BAD)
    return Report(
        report_id=report_id,
        mailbox_key=form.base64("mailbox_key"),
        root_salt=form.base64("root_salt"),
        leaf_count=form.integer("leaf_count", minimum=1),
        root=form.hex("root"),
        commitment=form.hex("commitment"),
        proof=proof,
        log_index=form.integer("log_index"),
    )


def _read_item(form: Form) -> Item:
    provenance = form.text("provenance")
    if provenance not in _PROVENANCES:
        raise VerifyError(_BAD)
    is_derived = form.members["derived_from"] is not None
    origin = form.form("derived_from", names=_ORIGIN) if is_derived else None
    recipe = "" if origin is None else origin.text("recipe")
    if origin is not None and recipe not in _RECIPES:
        raise VerifyError(_BAD)
    number = form.integer("number", minimum=1)
    return Item(
        number=number,
        path=_read_item_path(form, number=number),
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
        derived_from=None if origin is None else _read_original(origin),
        recipe=recipe,
    )


def _read_original(form: Form) -> Original:
    return Original(
        name=form.text("name", maximum_bytes=1_024),
        media_type=form.text("type", maximum_bytes=255),
        size=form.integer("size"),
        sha256=form.hex("sha256"),
    )


def _read_logged(custody: Form) -> Logged:
    form = custody.form("logged", names=("count", "opening", "proof"))
    opening = form.form("opening", names=("format", "kind", "salt", "value"))
    if opening.text("format") != "aigaq/opening/v1" or form.text("proof") != CUSTODY_PROOF:
        raise VerifyError(_BAD)
    return Logged(
        count=form.integer("count"),
        kind=opening.text("kind"),
        salt=opening.base64("salt"),
        value=opening.base64("value", length=None),
    )


def _read_item_path(form: Form, *, number: int) -> str:
    """Return where an item lies: in the folder of its number, or sealed under it."""
    path, recipient = form.text("path", maximum_bytes=1_024), form.optional_text("sealed_to")
    if recipient is not None:
        is_sealed = _RECIPIENT.match(recipient) is not None
        is_right = is_sealed and path == f"data/items/{number:04d}.age"
    else:
        folder, _, name = path.rpartition("/")
        is_right = folder == f"data/items/{number:04d}" and bool(name)
    if not is_right:
        raise VerifyError(_BAD)
    return path


def _read_checkpoint(form: Form) -> str:
    path = form.text("checkpoint")
    if not _CHECKPOINT.match(path):
        raise VerifyError(_BAD)
    return path


def _read_earlier(form: Form, *, reports: tuple[Report, ...]) -> Earlier:
    """Return a head of before; its proofs are named after its size."""
    checkpoint = _read_checkpoint(form)
    size = _size(checkpoint)
    proofs = [f"evidence/reports/{one.report_id.hex()}/{size}.tlog-proof" for one in reports]
    if form.values("proofs") != proofs:
        raise VerifyError(_BAD)
    return Earlier(checkpoint, tuple(proofs))


def _read_token(value: Any, *, number: int) -> TokenFiles:
    """Return a row; a package of before renewals were carried has neither them nor lists."""
    has_more = isinstance(value, dict) and "renewals" in value
    form = Form(value, names=(*_TOKEN, *_RENEWED) if has_more else _TOKEN, code=_BAD)
    stem = f"evidence/tokens/{number:02d}"
    renewals = form.forms("renewals", names=_RENEWAL) if has_more else []
    if len(renewals) > _MAXIMUM_TOKENS:
        raise VerifyError(_BAD)
    first = _read_stamp(form, stem=stem, lists=form.values("lists") if has_more else [])
    return TokenFiles(
        checkpoint=_read_checkpoint(form),
        stamps=(
            first,
            *(
                _read_stamp(one, stem=f"{stem}.renewal-{place:02d}", lists=one.values("lists"))
                for place, one in enumerate(renewals, start=1)
            ),
        ),
    )


def _read_stamp(form: Form, *, stem: str, lists: list[Any]) -> StampFiles:
    form.text("authority")
    files = StampFiles(form.text("token"), form.text("chain"), tuple(lists))
    expected = [f"{stem}.list-{place:02d}.crl" for place in range(1, len(lists) + 1)]
    if (files.token, files.chain) != (f"{stem}.tsr", f"{stem}.chain.pem"):
        raise VerifyError(_BAD)
    if lists != expected or len(lists) > _MAXIMUM_LISTS:
        raise VerifyError(_BAD)
    return files


def read_hashed_line(members: Any, *, code: str) -> tuple[int, bytes] | None:
    """Return number and hash of a line that stays hidden, or None for a full one."""
    if not isinstance(members, dict) or members.keys() != {"hash", "sequence"}:
        return None
    form = Form(members, names=("hash", "sequence"), code=code)
    return form.integer("sequence", minimum=1), decode_hex(members["hash"], length=32, code=code)
