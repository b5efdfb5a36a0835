"""BagIt 1.0, byte-strict: one form, lower-case SHA-256, every file listed once.

Step 1 of ``spec/policy.md``. Source: RFC 8493; ``spec/evidence-package.md``.
"""

import hashlib
import re
from dataclasses import dataclass

from aigaq_verify.errors import VerifyError
from aigaq_verify.sources import Digest, Source

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST, INFO = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt"
NOTE = f"{TAG_MANIFEST}.note"
_TAG_FILES = ("bagit.txt", INFO, MANIFEST)
MAXIMUM_TAG_BYTES = 32 * 1024 * 1024
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)\Z")
# What is for people: the desk's words, which nothing proves.
_DOCUMENT = re.compile(
    r"data/(?:[a-z]+(?:-[a-z]+)*(?:\.(?:kk|ru|en))?\.(?:html|pdf)"
    r"|office/[a-z]+(?:-[a-z]+)*\.(?:kk|ru)\.pdf)\Z"
)
_INFO_VALUE = re.compile(r"[^\x00-\x1f\x7f]+\Z")
_INFO_NAMES = (
    "Bag-Software-Agent",
    "Bagging-Date",
    "External-Identifier",
    "Payload-Oxum",
    "Source-Organization",
)


@dataclass(frozen=True)
class Bag:
    """What step 1 found: the digest of every file of the payload and of every tag file."""

    payload: dict[str, Digest]
    tags: dict[str, Digest]
    #: The bytes that the desk signed.
    tag_manifest: bytes
    dated: str
    #: Whose package it says it is; the card must say so, too.
    organisation: str

    def read(self, source: Source, name: str, *, maximum_bytes: int) -> bytes:
        """Return a tag file, which must still be the one that was hashed.

        Raises `VerifyError`: ``files.missing``, ``files.too_large``, ``bag.wrong_hash``.
        """
        data = source.read(name, maximum_bytes=maximum_bytes)
        known = self.tags.get(name)
        if known is None or hashlib.sha256(data).digest() != known.sha256:
            raise VerifyError("bag.wrong_hash", name)
        return data

    @property
    def documents(self) -> list[str]:
        """The files for people, of which nothing is proven but that the desk gave them."""
        return [name for name in self.payload if not name.startswith("data/items/")]


def check_bag(source: Source) -> Bag:
    """Read every file once and compare it with the manifests.

    Raises `VerifyError`: ``bag.*``, with the file; ``files.missing``.
    """
    if source.read("bagit.txt", maximum_bytes=1_024) != DECLARATION:
        raise VerifyError("bag.bad_declaration", "bagit.txt")
    manifest = source.read(MANIFEST, maximum_bytes=MAXIMUM_TAG_BYTES)
    tag_manifest = source.read(TAG_MANIFEST, maximum_bytes=MAXIMUM_TAG_BYTES)
    payload_lines = _parse_manifest(manifest, MANIFEST)
    tag_lines = _parse_manifest(tag_manifest, TAG_MANIFEST)
    if tag_lines.get(MANIFEST) != hashlib.sha256(manifest).digest():
        raise VerifyError("bag.wrong_hash", MANIFEST)
    names = set(source.names)
    in_payload = {name for name in names if name.startswith("data/")}
    own = {TAG_MANIFEST, NOTE}
    _check_listed(in_payload, payload_lines, where=MANIFEST)
    _check_listed(names - in_payload - own, tag_lines, where=TAG_MANIFEST)
    if NOTE not in names:
        raise VerifyError("bag.missing", NOTE)
    _check_kinds(names - own)
    payload = {name: _compare(source, name, payload_lines[name]) for name in sorted(in_payload)}
    tags = {name: _compare(source, name, tag_lines[name]) for name in sorted(tag_lines)}
    info = source.read(INFO, maximum_bytes=65_536)
    if hashlib.sha256(info).digest() != tags[INFO].sha256:
        raise VerifyError("bag.wrong_hash", INFO)
    values = _check_info(info, payload=payload)
    return Bag(
        payload,
        tags,
        tag_manifest,
        dated=values["Bagging-Date"],
        organisation=values["Source-Organization"],
    )


def _check_kinds(names: set[str]) -> None:
    """No file that no step looks at: other tag files, other manifests, unknown documents."""
    for name in sorted(names):
        is_known = name in _TAG_FILES or name.startswith(("evidence/", "data/items/"))
        if not is_known and not _DOCUMENT.match(name):
            raise VerifyError("bag.extra", name)
    for name in _TAG_FILES:
        if name not in names:
            raise VerifyError("bag.missing", name)


def _parse_manifest(data: bytes, name: str) -> dict[str, bytes]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise VerifyError("bag.bad_manifest", name) from None
    lines = text.split("\n")
    if lines.pop() != "" or not lines:
        raise VerifyError("bag.bad_manifest", name)
    listed: dict[str, bytes] = {}
    previous = b""
    for line in lines:
        match = _LINE.match(line)
        # RFC 8493 writes a percent sign, CR and LF in paths as %25, %0D, %0A; none of ours has one.
        if match is None or "%" in match[2] or match[2].encode("utf-8") <= previous:
            raise VerifyError("bag.bad_manifest", name)
        previous = match[2].encode("utf-8")
        listed[match[2]] = bytes.fromhex(match[1])
    return listed


def _check_listed(there: set[str], listed: dict[str, bytes], *, where: str) -> None:
    for name in sorted(listed.keys() - there):
        raise VerifyError("bag.missing", name)
    for name in sorted(there - listed.keys()):
        raise VerifyError("bag.extra", name)
    if not listed:
        raise VerifyError("bag.bad_manifest", where)


def _compare(source: Source, name: str, sha256: bytes) -> Digest:
    digest = source.digest(name)
    if digest.sha256 != sha256:
        raise VerifyError("bag.wrong_hash", name)
    return digest


def _check_info(data: bytes, *, payload: dict[str, Digest]) -> dict[str, str]:
    """Check ``bag-info.txt`` and return its values."""
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise VerifyError("bag.bad_info", INFO) from None
    pairs = [line.partition(": ") for line in lines[:-1]]
    if lines[-1] or tuple(name for name, _, _ in pairs) != _INFO_NAMES:
        raise VerifyError("bag.bad_info", INFO)
    values = {name: value for name, _, value in pairs}
    size = sum(one.size for one in payload.values())
    if values["Payload-Oxum"] != f"{size}.{len(payload)}":
        raise VerifyError("bag.wrong_oxum", INFO)
    if not all(map(_INFO_VALUE.match, values.values())):
        raise VerifyError("bag.bad_info", INFO)
    return values
