"""Writing an evidence package into a folder: BagIt 1.0, byte for byte as the verifier reads it.

Bytes are copied once, hashed on the way, and compared with the leaf that they must open: a copy
that differs is never handed out. Source: ``spec/evidence-package.md``; RFC 8493.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.age import encrypt
from aigaq.clock import format_time
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.file_names import make_safe_name
from aigaq.evidence.merkle_paths import build_leaf_path
from aigaq.evidence.package_shapes import (
    Json,
    Package,
    PackagedGrant,
    PackagedItem,
    PackagedReport,
    PackagedToken,
    StaffGrant,
)
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.log_entries import build_opening
from aigaq.tlog import Note, sign_note

_BLOCK_BYTES = 1 << 20
_AGENT = "aigaq"


def write_package(package: Package, *, folder: Path, desk_key: Ed25519PrivateKey) -> Path:
    """Write ``package`` into ``folder``, which must not be there yet, and return it.

    Raises `EvidenceError`: ``package.exists``, ``item.wrong_size``, ``item.wrong_hash`` (the store
    holds other bytes than the report's leaf says); `OSError` as the disk does.
    """
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise EvidenceError("package.exists") from None
    bag = _Bag(folder)
    paths = [
        _write_item(bag, item, number=number) for number, item in enumerate(package.items, start=1)
    ]
    for name, data in package.documents.items():
        bag.write(f"data/{name}", data)
    _write_evidence(bag, package, paths=paths)
    bag.close(package, desk_key=desk_key)
    return folder


class _Bag:
    """The files of a bag as they are written, with their hashes and sizes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[str, tuple[bytes, int]] = {}

    def write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self._written[name] = (hashlib.sha256(data).digest(), len(data))

    def copy_item(self, name: str, item: PackagedItem) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with item.open() as content, path.open("wb") as file:
            source, target = _Hashing(content), _Hashing(file)
            if item.sealed_to is not None:
                encrypt(source, target, recipients=[item.sealed_to])
            else:
                while block := source.read(_BLOCK_BYTES):
                    target.write(block)
        if source.size != item.size_bytes:
            raise EvidenceError("item.wrong_size", number=item.item_number)
        if source.sha256 != item.sha256:
            raise EvidenceError("item.wrong_hash", number=item.item_number)
        self._written[name] = (target.sha256, target.size)

    def close(self, package: Package, *, desk_key: Ed25519PrivateKey) -> None:
        """Write declaration, info, manifests, and the desk's note beside the tag manifest."""
        payload = {name: one for name, one in self._written.items() if name.startswith("data/")}
        size = sum(length for _, length in payload.values())
        info = {
            "Bag-Software-Agent": _AGENT,
            "Bagging-Date": package.made_at.date().isoformat(),
            "External-Identifier": package.identifier,
            "Payload-Oxum": f"{size}.{len(payload)}",
            "Source-Organization": _one_line(package.organisation),
        }
        declaration = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        self.write("bagit.txt", declaration)
        self.write("bag-info.txt", "".join(f"{k}: {v}\n" for k, v in info.items()).encode())
        self.write("manifest-sha256.txt", _manifest(payload))
        tags = {name: one for name, one in self._written.items() if not name.startswith("data/")}
        text = _manifest(tags).decode("utf-8")
        self.write("tagmanifest-sha256.txt", text.encode("utf-8"))
        line = sign_note(text, name=f"{package.team_id.hex()}/desk", key=desk_key)
        note = Note(text=text, signatures=(line,))
        (self._folder / "tagmanifest-sha256.txt.note").write_bytes(note.encode())


class _Hashing:
    """A file that is hashed as it is read or written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hasher, self.size = file, hashlib.sha256(), 0

    @property
    def sha256(self) -> bytes:
        return self._hasher.digest()

    def read(self, size: int, /) -> bytes:
        block = self._file.read(size)
        self._count(block)
        return block

    def write(self, data: bytes, /) -> int:
        self._count(data)
        return self._file.write(data)

    def _count(self, block: bytes) -> None:
        self._hasher.update(block)
        self.size += len(block)


def _manifest(files: dict[str, tuple[bytes, int]]) -> bytes:
    names = sorted(files, key=lambda name: name.encode("utf-8"))
    return "".join(f"{files[name][0].hex()}  {name}\n" for name in names).encode("utf-8")


def _write_item(bag: _Bag, item: PackagedItem, *, number: int) -> str:
    path = f"data/items/{number:04d}"
    path += ".age" if item.sealed_to is not None else f"/{make_safe_name(item.name)}"
    bag.copy_item(path, item)
    return path


def _write_evidence(bag: _Bag, package: Package, *, paths: Sequence[str]) -> None:
    checkpoint = f"evidence/checkpoints/{package.checkpoint_size}.checkpoint"
    bag.write(checkpoint, package.checkpoint)
    for version, card in package.cards.items():
        bag.write(f"evidence/cards/{version:06d}.card", card)
    for report in package.reports:
        bag.write(_proof_path(report), report.proof)
    bag.write("evidence/custody.jsonl", b"".join(line + b"\n" for line in package.custody_lines))
    if package.logged_head is not None:
        bag.write("evidence/custody.tlog-proof", package.logged_head.proof)
    tokens = [
        _write_token(bag, token, number=number, checkpoint=checkpoint)
        for number, token in enumerate(package.tokens, start=1)
    ]
    leaves = {report.report_id: report.leaves for report in package.reports}
    bag.write("evidence/consent.json", _consent(package, leaves=leaves))
    contents: Json = {
        "audience": package.audience,
        "checkpoint": checkpoint,
        "custody": _custody(package),
        "format": "aigaq/package/v1",
        "items": [
            _item(item, number=number, path=path, leaves=leaves[item.report_id])
            for number, (item, path) in enumerate(zip(package.items, paths, strict=True), start=1)
        ],
        "made_at": format_time(package.made_at),
        "purpose": package.purpose,
        "reports": [_report(report) for report in package.reports],
        "root_key": encode_base64(package.root_key),
        "team_id": package.team_id.hex(),
        "tokens": tokens,
    }
    bag.write("evidence/package.json", build_json(contents) + b"\n")


def _write_token(bag: _Bag, token: PackagedToken, *, number: int, checkpoint: str) -> Json:
    stem = f"evidence/tokens/{number:02d}"
    bag.write(f"{stem}.tsr", token.response)
    bag.write(f"{stem}.chain.pem", token.chain.encode("ascii"))
    return {
        "authority": token.authority,
        "chain": f"{stem}.chain.pem",
        "checkpoint": checkpoint,
        "token": f"{stem}.tsr",
    }


def _proof_path(report: PackagedReport) -> str:
    return f"evidence/reports/{report.report_id.hex()}/proof.tlog-proof"


def _report(report: PackagedReport) -> Json:
    return {
        "commitment": report.commitment.hex(),
        "leaf_count": len(report.leaves),
        "log_index": report.log_index,
        "mailbox_key": encode_base64(report.mailbox_key),
        "proof": _proof_path(report),
        "received_at": format_time(report.received_at),
        "register_number": report.register_number,
        "report_id": report.report_id.hex(),
        "root": report.root.hex(),
        "root_salt": encode_base64(report.root_salt),
    }


def _item(item: PackagedItem, *, number: int, path: str, leaves: Sequence[bytes]) -> Json:
    return {
        "derived_from": None,
        "item_number": item.item_number,
        "leaf_index": item.leaf_index,
        "leaf_path": [one.hex() for one in build_leaf_path(leaves, index=item.leaf_index)],
        "name": item.name,
        "number": number,
        "path": path,
        "provenance": item.provenance,
        "report_id": item.report_id.hex(),
        "salt": encode_base64(item.salt),
        "sealed_to": None if item.sealed_to is None else str(item.sealed_to),
        "sha256": item.sha256.hex(),
        "size": item.size_bytes,
        "type": item.media_type,
    }


def _custody(package: Package) -> Json:
    logged = package.logged_head
    return {
        "count": len(package.custody_lines),
        "head": package.custody_head.hex(),
        "logged": None
        if logged is None
        else {
            "count": logged.count,
            "opening": build_opening(logged.opening),
            "proof": "evidence/custody.tlog-proof",
        },
    }


def _consent(package: Package, *, leaves: dict[bytes, tuple[bytes, ...]]) -> bytes:
    extract = {
        "changes": [
            {"mailbox_key": encode_base64(one.mailbox_key), "message": one.message}
            for one in package.changes
        ],
        "format": "aigaq/consent-extract/v1",
        "grants": [_grant(one, leaves=leaves[one.report_id]) for one in package.grants],
        "staff_grants": [_staff_grant(one) for one in package.staff_grants],
    }
    return build_json(extract) + b"\n"


def _grant(grant: PackagedGrant, *, leaves: Sequence[bytes]) -> Json:
    return {
        "audience": grant.audience,
        "items": None if grant.items is None else list(grant.items),
        "leaf_index": grant.leaf_index,
        "leaf_path": [one.hex() for one in build_leaf_path(leaves, index=grant.leaf_index)],
        "number": grant.number,
        "purpose": grant.purpose,
        "report_id": grant.report_id.hex(),
        "salt": encode_base64(grant.salt),
    }


def _staff_grant(grant: StaffGrant) -> Json:
    return {
        "audience": grant.audience,
        "by": grant.by,
        "granted_at": format_time(grant.granted_at),
        "how": grant.how,
        "items": None if grant.items is None else list(grant.items),
        "purpose": grant.purpose,
        "report_id": grant.report_id.hex(),
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
