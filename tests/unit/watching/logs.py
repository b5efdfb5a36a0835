"""A fictional log in a folder, and a gate that serves it and may lie about it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import Organisation

from aigaq.sealing.log_entries import build_blinded, build_public
from aigaq.tlog import Cosigner, LogWriter, Memory, read_checkpoint, sign_checkpoint
from aigaq.watching.errors import WatchError
from aigaq.watching.phone import Asking, Page
from aigaq.watching.store import Alarm, Store
from aigaq.watching.watcher import Watcher

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
MANIFEST = json.dumps({"files": [], "format": "aigaq/bundle/v1"}).encode() + b"\n"
DESK = Cosigner(name="example.org/desk", seed=bytes(32))


@dataclass
class ServedLog:
    """What a gate serves, from a folder; ``pages`` stand before it, None is a 404."""

    folder: Path
    organisation: Organisation = field(default_factory=lambda: Organisation.found(port=8470))
    pages: dict[str, bytes | None] = field(default_factory=dict)
    #: What stands at ``/`` in place of the files of the bundle, by how it is asked for.
    documents: dict[str, bytes | None] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)
    takes: bool = True
    is_reachable: bool = True
    #: Paths, or how they begin, that are answered with a 404, or whose line breaks.
    hidden: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    number: int = 0

    def __post_init__(self) -> None:
        self.pages = {"/card": self.organisation.signed_card(), "/bundle-manifest.json": MANIFEST}

    def get(self, path: str, *, limit: int) -> bytes | None:
        if not self.is_reachable or path.startswith(self.cut):
            raise WatchError("watch.unreachable")
        if path.startswith(self.hidden):
            return None
        if path in self.pages:
            return self.pages[path]
        file = self.folder / path.removeprefix("/log/")
        return file.read_bytes() if file.is_file() else None

    def read_document(self, asking: Asking, *, limit: int) -> Page | None:
        if not self.is_reachable or "/".startswith(self.cut):
            raise WatchError("watch.unreachable")
        name = f"index.{asking.language}.html"
        body = self.documents.get(asking.name, self.pages.get(f"/{name}"))
        return None if body is None else Page("", body)

    def post_cosignatures(self, note: bytes) -> bool:
        if self.takes:
            self.taken.append(note)
        return self.takes

    def grow(
        self, count: int = 1, *, public: Sequence[bytes] = (), key: Ed25519PrivateKey | None = None
    ) -> None:
        """Publish ``count`` blinded entries, which are others at each call."""
        entries = [*public]
        for _ in range(count):
            self.number += 1
            entries.append(build_blinded(self.number.to_bytes(32, "big")))
        key = key or self.organisation.log
        with LogWriter(self.folder, origin=self.organisation.card.log_origin, key=key) as log:
            log.append(entries, start=log.checkpoint.size)

    def list_pages(self) -> None:
        """Enter card and manifest as they are served."""
        card, manifest = self.pages["/card"], self.pages["/bundle-manifest.json"]
        assert card is not None
        assert manifest is not None
        self.grow(
            0,
            public=[
                build_public(kind="card", text=card.decode()),
                build_public(kind="bundle_manifest", text=manifest.decode()),
            ],
        )

    def lie(self, folder: Path) -> None:
        """Serve another folder's log from now on."""
        self.folder = folder

    def sign_again(self, key: Ed25519PrivateKey) -> bytes:
        """Return the newest checkpoint as another key would sign it."""
        head = read_checkpoint((self.folder / "checkpoint").read_bytes()).checkpoint
        return sign_checkpoint(head, key=key).encode()


@dataclass
class Tower:
    """A watcher with a clock that the test sets."""

    served: ServedLog
    folder: Path
    at: datetime = AT
    cosigner: Cosigner | None = DESK
    forgives_gaps: bool = True

    def __post_init__(self) -> None:
        self.memory = Memory(self.folder / "heads")
        self.store = Store(self.folder / "log")

    def look(self, *, after: timedelta = timedelta(minutes=1)) -> list[Alarm]:
        """Do one round, ``after`` the last one."""
        self.at += after
        return Watcher(
            card=self.served.organisation.card,
            source=self.served,
            memory=self.memory,
            store=self.store,
            cosigner=self.cosigner,
            clock=lambda: self.at,
            forgives_gaps=self.forgives_gaps,
        ).look()

    def codes(self, *, after: timedelta = timedelta(minutes=1)) -> list[str]:
        """Return the codes of what is newly wrong."""
        return [one.code for one in self.look(after=after)]
