"""Writing an evidence package into a folder: BagIt 1.0, byte for byte as the verifier reads it.

Bytes are copied once, hashed on the way, and compared with the leaf that they must open: a copy
that differs is never handed out. Source: ``spec/evidence-package.md``; RFC 8493.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.age import encrypt
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.package_contents import (
    CONSENT_JSON,
    CUSTODY_LINES,
    CUSTODY_PROOF,
    PACKAGE_JSON,
    build_consent_json,
    build_package_json,
    checkpoint_path,
    earlier_path,
    earlier_proof_path,
    item_path,
    list_paths,
    list_rows,
    proof_path,
    token_paths,
)
from aigaq.evidence.package_shapes import Package, PackagedItem
from aigaq.tlog import Note, sign_note

_BLOCK_BYTES = 1 << 20
_AGENT = "aigaq"


def write_package(
    package: Package,
    *,
    folder: Path,
    desk_key: Ed25519PrivateKey,
    on_bytes: Callable[[int], None] = lambda _bytes: None,
) -> Path:
    """Write ``package`` into ``folder``, which must not be there yet, and return it.

    ``on_bytes`` hears how many bytes of items were read; what it raises breaks off. Raises
    `EvidenceError`: ``package.exists``, ``item.wrong_size``, ``item.wrong_hash`` (the store holds
    other bytes than the report's leaf says); `OSError` as the disk does.
    """
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise EvidenceError("package.exists") from None
    bag = _Bag(folder, on_bytes=on_bytes)
    for number, item in enumerate(package.items, start=1):
        bag.copy_item(item_path(item, number=number), item)
    for name, data in package.documents.items():
        bag.write(f"data/{name}", data)
    _write_evidence(bag, package)
    bag.close(package, desk_key=desk_key)
    return folder


class _Bag:
    """The files of a bag as they are written, with their hashes and sizes."""

    def __init__(self, folder: Path, *, on_bytes: Callable[[int], None]) -> None:
        self._folder = folder
        self._on_bytes = on_bytes
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
            source, target = _Hashing(content, on_bytes=self._on_bytes), _Hashing(file)
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

    def __init__(
        self, file: BinaryIO, *, on_bytes: Callable[[int], None] = lambda _bytes: None
    ) -> None:
        self._file, self._hasher, self.size = file, hashlib.sha256(), 0
        self._on_bytes = on_bytes

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
        self._on_bytes(len(block))


def _manifest(files: dict[str, tuple[bytes, int]]) -> bytes:
    names = sorted(files, key=lambda name: name.encode("utf-8"))
    return "".join(f"{files[name][0].hex()}  {name}\n" for name in names).encode("utf-8")


def _write_evidence(bag: _Bag, package: Package) -> None:
    bag.write(checkpoint_path(package), package.checkpoint)
    for version, card in package.cards.items():
        bag.write(f"evidence/cards/{version:06d}.card", card)
    for report in package.reports:
        bag.write(proof_path(report), report.proof)
    bag.write(CUSTODY_LINES, b"".join(line + b"\n" for line in package.custody_lines))
    if package.logged_head is not None:
        bag.write(CUSTODY_PROOF, package.logged_head.proof)
    for head in package.earlier:
        bag.write(earlier_path(head.size), head.checkpoint)
        for report, proof in zip(package.reports, head.proofs, strict=True):
            bag.write(earlier_proof_path(report, size=head.size), proof)
    for number, (_over, token) in enumerate(list_rows(package), start=1):
        for renewal, one in enumerate((token, *token.renewals)):
            path, chain = token_paths(number, renewal=renewal)
            bag.write(path, one.response)
            bag.write(chain, one.chain.encode("ascii"))
            for name, data in zip(
                list_paths(one, number=number, renewal=renewal), one.lists, strict=True
            ):
                bag.write(name, data)
    bag.write(CONSENT_JSON, build_consent_json(package))
    bag.write(PACKAGE_JSON, build_package_json(package))


def _one_line(text: str) -> str:
    return " ".join(text.split())
