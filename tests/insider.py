"""Someone with the desk key, who changes a written package and signs it again.

What such a person changes must be found by what the desk key cannot sign: the card, the log, the
reporter's leaves, the mailbox key. Used by the tests of the verifier.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.courthouse import Court

from aigaq.evidence.custody_lines import extend_custody, hash_line
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.chains import NO_HEAD
from aigaq.tlog import Note, sign_note


class Insider:
    """Edits ``folder`` in place; `seal` makes manifests and note fit again."""

    def __init__(self, court: Court, folder: Path) -> None:
        self.court, self.folder = court, folder

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, name: str) -> None:
        path = self.folder / name
        path.unlink()
        while not any(path.parent.iterdir()):
            path = path.parent
            path.rmdir()

    def edit(self, change: Callable[[dict[str, Any]], object], name: str = "package") -> None:
        """Let ``change`` change a JSON file of ``evidence/``."""
        members = json.loads(self.read(f"evidence/{name}.json"))
        change(members)
        self.write(f"evidence/{name}.json", build_json(members) + b"\n")

    def custody(self, change: Callable[[list[bytes]], object]) -> None:
        """Let ``change`` change the custody lines, and make count and head fit them."""
        lines = self.read("evidence/custody.jsonl").split(b"\n")[:-1]
        change(lines)
        self.write("evidence/custody.jsonl", b"".join(line + b"\n" for line in lines))
        head = NO_HEAD
        for line in lines:
            members = json.loads(line)
            digest = bytes.fromhex(members["hash"]) if "hash" in members else hash_line(line)
            head = extend_custody(head, line_sha256=digest)
        self.edit(lambda one: one["custody"].update(count=len(lines), head=head.hex()))

    def seal(self) -> Path:
        """Write Oxum, manifests and note anew, as the desk would."""
        names = [
            one.relative_to(self.folder).as_posix()
            for one in self.folder.rglob("*")
            if one.is_file()
        ]
        payload = [name for name in names if name.startswith("data/")]
        size = sum((self.folder / name).stat().st_size for name in payload)
        lines = self.read("bag-info.txt").decode().split("\n")
        lines = [
            f"Payload-Oxum: {size}.{len(payload)}" if one.startswith("Payload-Oxum") else one
            for one in lines
        ]
        self.write("bag-info.txt", "\n".join(lines).encode())
        self.write("manifest-sha256.txt", self._manifest(payload))
        own = ("tagmanifest-sha256.txt", "tagmanifest-sha256.txt.note")
        tags = [name for name in names if name not in (*payload, *own)]
        text = self._manifest(tags)
        self.write(own[0], text)
        organisation = self.court.organisation
        line = sign_note(
            text.decode(), name=f"{organisation.card.team_id.hex()}/desk", key=organisation.desk
        )
        self.write(own[1], Note(text=text.decode(), signatures=(line,)).encode())
        return self.folder

    def _manifest(self, names: list[str]) -> bytes:
        lines = [
            f"{hashlib.sha256(self.read(name)).hexdigest()}  {name}\n"
            for name in sorted(names, key=lambda name: name.encode())
        ]
        return "".join(lines).encode()
