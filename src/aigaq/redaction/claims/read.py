"""Has the sandbox read a file's C2PA manifest, and believes nothing of the answer.

The kind is told by the file's first bytes, never by its name. Every text is cut and freed of marks
that could make it lie about itself. Times are text, as the file says them. Source: C2PA 2.2.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aigaq.redaction.preview.errors import PreviewError
from aigaq.redaction.preview.sandbox import MEBIBYTE, Limits, run_child

HEAD_BYTES = 16
MAX_ITEM_BYTES = 1024 * MEBIBYTE
MAX_ANSWER_BYTES = 2 * MEBIBYTE
MAX_TEXT = 300
MAX_LISTED = 40
PACKAGES = ("c2pa",)
STATES = ("found", "elsewhere", "none", "broken")
KINDS = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"GIF8", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"%PDF", "application/pdf"),
)


class ClaimsError(PreviewError):
    """The claims cannot be read here: ``preview.no_bubblewrap``, ``preview.no_decoders``."""


@dataclass(frozen=True)
class Claims:
    """What a file claims. ``state``: found, elsewhere, none, broken; ``verdict`` is the reader's
    word (Valid, Invalid, Trusted) on whether file and claims fit together; ``kept`` is its JSON."""

    state: str
    verdict: str = ""
    made_with: tuple[str, ...] = ()
    title: str = ""
    signed_by: str = ""
    signed_at: str = ""
    actions: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    where: str = ""
    kept: str = ""


def find_kind(head: bytes) -> str | None:
    """Return the media type that the first 16 bytes of a file say, if it can hold claims."""
    for start, mark, kind in KINDS:
        if head[start : start + len(mark)] == mark:
            return kind
    return None


def read_claims(*, chunks: Iterable[bytes], size_bytes: int, kind: str) -> Claims:
    """Return what the file whose bytes are ``chunks`` claims. Raises `ClaimsError`."""
    if size_bytes > MAX_ITEM_BYTES:
        return Claims(state="broken")
    limits = Limits(files_bytes=size_bytes + 8 * MEBIBYTE, processor_seconds=60, wall_seconds=90.0)
    try:
        with run_child(
            child="claims", chunks=chunks, limits=limits, packages=PACKAGES, arguments=(kind,)
        ) as output:
            data = output.read(MAX_ANSWER_BYTES + 1)
    except PreviewError as error:
        raise ClaimsError(error.code, **error.context) from None
    return parse_answer(data)


def parse_answer(data: bytes) -> Claims:
    """Return the claims in the child's answer; anything odd is ``broken``, never an error."""
    if len(data) > MAX_ANSWER_BYTES:
        return Claims(state="broken")
    try:
        answer = json.loads(data)
        state = answer["state"]
        if state not in STATES:
            return Claims(state="broken")
        if state != "found":
            return Claims(state=state, where=_text(answer.get("where")))
        return _read_store(answer["claims"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Claims(state="broken")


def _read_store(store: dict[str, Any]) -> Claims:
    manifest = store["manifests"][store["active_manifest"]]
    signature = manifest.get("signature_info") or {}
    signer = [_text(signature.get(name)) for name in ("common_name", "issuer")]
    return Claims(
        state="found",
        verdict=_text(store.get("validation_state")),
        made_with=tuple(_list_made_with(manifest)),
        title=_text(manifest.get("title")),
        signed_by=", ".join(one for one in signer if one),
        signed_at=_text(signature.get("time")),
        actions=tuple(_list_actions(manifest))[:MAX_LISTED],
        problems=tuple(_text(one.get("code")) for one in store.get("validation_status") or ())[
            :MAX_LISTED
        ],
        kept=json.dumps(store, ensure_ascii=True, sort_keys=True),
    )


def _list_made_with(manifest: dict[str, Any]) -> Iterator[str]:
    for one in (manifest.get("claim_generator_info") or ())[:MAX_LISTED]:
        named = " ".join(_text(one.get(name)) for name in ("name", "version")).strip()
        if named:
            yield named


def _list_actions(manifest: dict[str, Any]) -> Iterator[str]:
    for assertion in manifest.get("assertions") or ():
        if not str(assertion.get("label", "")).startswith("c2pa.actions"):
            continue
        for one in assertion["data"].get("actions") or ():
            source = _text(one.get("digitalSourceType")).rpartition("/")[2]
            yield _text(one.get("action")) + (f" ({source})" if source else "")


def _text(value: object) -> str:
    """Return a short text without control and direction marks; another thing is no text."""
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value if letter.isprintable())[:MAX_TEXT]
