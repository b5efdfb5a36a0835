"""The static bundle in memory: exactly the files that its manifest names, no others.

Each file's size and SHA-256 are compared with the manifest when the gate starts; a gate does not
serve a bundle that differs. A file is compressed once, then, with gzip; where the build left the
same file with ``.br`` after its name, that is what a browser gets that takes brotli.
Source: ``spec/card.md``, "Stamping".
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from starlette.requests import Request

from aigaq.gate.answers import Answer
from aigaq.gate.errors import GateError

MANIFEST = "bundle-manifest.json"
LANGUAGES = ("kk", "ru", "en")
DEFAULT_LANGUAGE = "ru"
# What the documents hold inline; the policy allows them by the hashes that the manifest gives.
INLINE_SCRIPTS = ("a/main.js", "a/seal.js")
INLINE_STYLES = ("a/page.css",)
_FORMAT = "aigaq/bundle/v1"
_BROTLI = ".br"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: plain and, where that is shorter, compressed."""

    media_type: str
    plain: bytes
    encoded: Mapping[str, bytes]

    def answer(self, request: Request) -> Answer:
        """Return the file in the first encoding of ours that the client takes."""
        accepted = request.headers.get("accept-encoding", "")
        tokens = {name for name, quality in map(_read_token, accepted.split(",")) if quality > 0}
        for encoding, data in self.encoded.items():
            if encoding in tokens:
                headers = {"content-encoding": encoding, "vary": "accept-encoding"}
                return Answer(data, media_type=self.media_type, headers=headers)
        return Answer(self.plain, media_type=self.media_type, headers={"vary": "accept-encoding"})

    def with_brotli(self, data: bytes) -> "Asset":
        """Return the same file with ``data``, its brotli, before the other encodings."""
        return replace(self, encoded={"br": data, **self.encoded})


@dataclass(frozen=True)
class Bundle:
    """The assets by path, such as ``a/page.css``."""

    assets: Mapping[str, Asset]

    @classmethod
    def load(cls, folder: Path) -> "Bundle":
        """Return the bundle in ``folder``, every file of it checked against the manifest.

        Raises `GateError`: ``bundle.bad_manifest``, ``bundle.wrong_hash``.
        """
        try:
            manifest_bytes = (folder / MANIFEST).read_bytes()
            listed = _read_manifest(manifest_bytes)
            assets = {one["path"]: _load_asset(folder, one) for one in listed}
        except (OSError, ValueError, KeyError, TypeError):
            raise GateError("bundle.bad_manifest") from None
        for language in LANGUAGES:
            if f"index.{language}.html" not in assets:
                raise GateError("bundle.bad_manifest")
        for path in [path for path in assets if path + _BROTLI in assets]:
            assets[path] = assets[path].with_brotli(assets[path + _BROTLI].plain)
        assets[MANIFEST] = _asset(MANIFEST, manifest_bytes)
        return cls(assets)

    def hash_inline(self, paths: Iterable[str]) -> tuple[bytes, ...]:
        """Return the SHA-256 of those of ``paths`` that are there."""
        assets = [self.assets[path] for path in paths if path in self.assets]
        return tuple(hashlib.sha256(asset.plain).digest() for asset in assets)

    def get_asset(self, path: str) -> Asset:
        """Return the file at exactly ``path``. Raises ``gate.not_found``."""
        asset = self.assets.get(path)
        if asset is None:
            raise GateError("gate.not_found")
        return asset

    def get_document(self, language: str) -> Asset:
        """Return the reporter's document in ``language``."""
        return self.get_asset(f"index.{language}.html")


def choose_language(accept_language: str) -> str:
    """Return the first of our languages in the order that the header prefers, else Russian."""
    preferred: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:32]:
        tag, quality = _read_token(part)
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES:
            preferred.append((-quality, language))
    # The sort is stable: of equals the first one named wins.
    return min(preferred, key=lambda pair: pair[0])[1] if preferred else DEFAULT_LANGUAGE


def _read_token(part: str) -> tuple[str, float]:
    name, _, quality = part.partition(";")
    return name.strip(), _quality(quality)


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def _read_manifest(data: bytes) -> list[dict[str, Any]]:
    manifest = json.loads(data)
    files = manifest["files"]
    if manifest["format"] != _FORMAT or not isinstance(files, list):
        raise ValueError
    return files


def _load_asset(folder: Path, listed: dict[str, Any]) -> Asset:
    path = PurePosixPath(listed["path"])
    if path.is_absolute() or ".." in path.parts or str(path) != listed["path"]:
        raise GateError("bundle.bad_manifest")
    data = (folder / path).read_bytes()
    if len(data) != listed["size"] or hashlib.sha256(data).hexdigest() != listed["sha256"]:
        raise GateError("bundle.wrong_hash")
    return _asset(listed["path"], data)


def _asset(path: str, data: bytes) -> Asset:
    media_type = _MEDIA_TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")
    zipped = gzip.compress(data, compresslevel=9, mtime=0)
    return Asset(media_type, data, {"gzip": zipped} if len(zipped) < len(data) else {})
