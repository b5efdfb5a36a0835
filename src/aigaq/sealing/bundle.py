"""Stamping: an organisation's root key and card written into the reporters' bundle.

The committed bundle is the same everywhere and holds fixed tokens; `stamp_bundle` replaces them in
every HTML document and writes the manifest anew. Scripts and styles stay byte for byte, so the
integrity values of the committed bundle hold. Source: spec/card.md ("Stamping"), client/API.md.
"""

import base64
import hashlib
import html
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import brotli

from aigaq.blobs import sync_folder, write_durably
from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.card import Card, Service, parse_card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import LANGUAGES, Form
from aigaq.sealing.witnessing import is_independently_witnessed

FORMAT = "aigaq/bundle/v1"
MANIFEST = "bundle-manifest.json"
STAMP, SERVICES = "@@STAMP@@", "@@SERVICES@@"
EXIT_URL, READING = "@@EXIT_URL@@", "@@READING@@"
BROTLI = ".br"
UNWITNESSED = re.compile(r"<!--unwitnessed-->(.*?)<!--/unwitnessed-->", re.DOTALL)
TRIAL = re.compile(r"<!--trial-->(.*?)<!--/trial-->", re.DOTALL)
DOCUMENT = re.compile(r"(?:index|offline)\.([a-z]{2})\.html\Z")
INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
# What the gate's policy lets a document hold, by its hash in the manifest.
INLINE_FILES = {"script": "a/main.js", "style": "a/page.css"}
# JSON in a script element must hold no character that could end it or begin a comment.
ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@dataclass(frozen=True)
class BundleFile:
    """One line of a bundle manifest."""

    path: str
    sha256: bytes
    size_bytes: int
    sri: str


def describe_file(path: str, *, data: bytes) -> BundleFile:
    """Return the manifest line of a file that holds ``data``."""
    integrity = base64.b64encode(hashlib.sha384(data).digest()).decode("ascii")
    return BundleFile(
        path=path,
        sha256=hashlib.sha256(data).digest(),
        size_bytes=len(data),
        sri=f"sha384-{integrity}",
    )


def build_bundle_manifest(files: Mapping[str, bytes]) -> bytes:
    """Return ``bundle-manifest.json`` over paths and contents."""
    lines = [describe_file(path, data=files[path]) for path in sorted(files)]
    listed = [
        {"path": one.path, "sha256": one.sha256.hex(), "size": one.size_bytes, "sri": one.sri}
        for one in lines
    ]
    return build_json({"files": listed, "format": FORMAT}) + b"\n"


def parse_bundle_manifest(data: bytes) -> tuple[BundleFile, ...]:
    """Return the lines of a manifest. Raises `SealingError` (``bundle.bad_manifest``)."""
    if data[-1:] != b"\n":
        raise SealingError("bundle.bad_manifest")
    try:
        members = parse_json(data[:-1])
    except SealingError:
        raise SealingError("bundle.bad_manifest") from None
    form = Form(members, names=("files", "format"), code="bundle.bad_manifest")
    form.choice("format", among=(FORMAT,))
    lines = tuple(
        BundleFile(
            path=_checked_path(one.text("path", maximum_bytes=255)),
            sha256=one.hex("sha256"),
            size_bytes=one.integer("size"),
            sri=one.text("sri", maximum_bytes=71),
        )
        for one in form.forms("files", names=("path", "sha256", "size", "sri"), maximum=1_000)
    )
    paths = [one.path for one in lines]
    if paths != sorted(set(paths)):
        raise SealingError("bundle.bad_manifest")
    return lines


def read_bundle(folder: Path) -> dict[str, bytes]:
    """Return the files of a bundle by path, each as its manifest says.

    Raises `SealingError`: ``bundle.missing`` (no bundle there), ``bundle.bad_manifest``,
    ``bundle.wrong_file`` (a file that differs from the manifest).
    """
    try:
        lines = parse_bundle_manifest((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise SealingError("bundle.missing") from None
    files = {}
    for line in lines:
        try:
            data = (folder / line.path).read_bytes()
        except FileNotFoundError:
            raise SealingError("bundle.wrong_file", path=line.path) from None
        if describe_file(line.path, data=data) != line:
            raise SealingError("bundle.wrong_file", path=line.path)
        files[line.path] = data
    return files


def stamp_bundle(source: Path, target: Path, *, root_key: bytes, card: bytes) -> None:
    """Write the bundle in ``source``, stamped for one organisation, as the folder ``target``.

    ``card`` is the signed file, verified here under ``root_key`` (32 bytes). A bundle that stood at
    ``target`` is replaced as a whole. Raises `SealingError`: ``card.*``, ``bundle.*``.
    """
    facts = parse_card(card, root_key=root_key)
    stamp = _stamp_json(card=card, root_key=root_key)
    files = read_bundle(source)
    for path, data in list(files.items()):
        if path.endswith(".html"):
            language = _language_of(path)
            texts = json.loads(files[f"a/texts.{language}.json"])
            document = data.decode("utf-8")
            _check_inline(path, document=document, files=files)
            files[path] = _stamp_document(
                document, stamp=stamp, card=facts, language=language, texts=texts
            ).encode("utf-8")
            if path.startswith("index."):
                files[path + BROTLI] = brotli.compress(files[path], quality=11, lgwin=22)
    _replace_folder(target, files=files | {MANIFEST: build_bundle_manifest(files)})


def _stamp_json(*, card: bytes, root_key: bytes) -> str:
    stamp = {"card": card.decode("utf-8"), "root_key": encode_base64(root_key)}
    return build_json(stamp).decode("utf-8").translate(ESCAPED)


def _stamp_document(
    document: str, *, stamp: str, card: Card, language: str, texts: Mapping[str, str]
) -> str:
    if document.count(STAMP) != 1 or document.count(SERVICES) != 1:
        raise SealingError("bundle.not_unstamped")
    services = "\n".join(_service_items(card, language=language, texts=texts))
    document = TRIAL.sub(r"\1" if card.state == "trial" else "", document)
    document = UNWITNESSED.sub("" if is_independently_witnessed(card) else r"\1", document)
    # One pass, so that nothing that is put in is looked at again.
    tokens = {
        STAMP: stamp,
        SERVICES: services,
        EXIT_URL: html.escape(card.exit_url),
        READING: html.escape(card.reading_text[language]),
    }
    pattern = re.compile("|".join(tokens))
    return pattern.sub(lambda found: tokens[found[0]], document)


def _check_inline(path: str, *, document: str, files: Mapping[str, bytes]) -> None:
    """Refuse a page whose policy would not run its own script or not take its own style.

    The offline page's policy is in it; that of the others is the gate's.
    """
    for kind, text in INLINE.findall(document):
        data = text.encode("utf-8")
        if path.startswith("offline."):
            digest = base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")
            is_allowed = f"'sha256-{digest}'" in document
        else:
            is_allowed = data == files[INLINE_FILES[kind]]
        if not is_allowed:
            raise SealingError("bundle.wrong_policy", path=path)


def _service_items(card: Card, *, language: str, texts: Mapping[str, str]) -> list[str]:
    items = [_service_item(one, language=language, texts=texts) for one in card.services]
    if not items:
        items = [f'<li class="service">{html.escape(texts["help.none"])}</li>']
    return items


def _service_item(service: Service, *, language: str, texts: Mapping[str, str]) -> str:
    number = html.escape(service.number)
    dialled = re.sub(r"[^0-9+*]", "", service.number)
    note = "" if service.note is None else f"<span>{html.escape(service.note[language])}</span>"
    return (
        f'<li class="service"><a class="number" href="tel:{dialled}">{number}</a>'
        f"<b>{html.escape(service.name[language])}</b>"
        f"<span>{html.escape(service.answered_by[language])}</span>"
        f'<span class="police">{html.escape(texts[f"help.police.{service.police_learns}"])}</span>'
        f"{note}</li>"
    )


def _language_of(path: str) -> str:
    found = DOCUMENT.match(path)
    if found is None or found[1] not in LANGUAGES:
        raise SealingError("bundle.unknown_document", path=path)
    return found[1]


def _checked_path(path: str) -> str:
    parts = PurePosixPath(path)
    if str(parts) != path or parts.is_absolute() or ".." in parts.parts or path in ("", "."):
        raise SealingError("bundle.bad_manifest")
    return path


def _replace_folder(target: Path, *, files: Mapping[str, bytes]) -> None:
    """Put ``files`` in place of ``target``; a crash leaves the old bundle or the new one."""
    fresh, old = (target.with_name(f".{target.name}.{end}") for end in ("new", "old"))
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    for path, data in files.items():
        (fresh / path).parent.mkdir(parents=True, exist_ok=True)
        write_durably(fresh / path, data, mode=0o644)
    sync_folder(fresh)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)
