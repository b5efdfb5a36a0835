"""Where the files of a desk, a gate and an organisation's root key lie.

``AIGAQ_HOME`` (default ``~/.local/share/aigaq``) holds ``desk/``, ``gate/`` and ``root/``. Folders
are 0700 and files 0600. The only files of the desk that are not encrypted lie in ``desk/locked/``;
``desk/desk.marker`` tells a gate that it must not start beside it. Source: PROTOCOL 3, 4 and 30.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from aigaq.blobs import write_durably
from aigaq.errors import AigaqError

MARKER_TEXT = b"An Aigaq desk lies here. A gate on a public address must not start beside it.\n"


@dataclass(frozen=True)
class Home:
    """The folders under one ``AIGAQ_HOME``; nothing here touches the disk but `create`."""

    folder: Path

    @property
    def desk(self) -> Path:
        """The desk's folder."""
        return self.folder / "desk"

    @property
    def marker(self) -> Path:
        """The file that says: a desk lies here. It is written last, so it is a whole one."""
        return self.desk / "desk.marker"

    @property
    def locked(self) -> Path:
        """What the desk needs while it is locked: fetch key, gate address, card, cosigner key."""
        return self.desk / "locked"

    @property
    def keys(self) -> Path:
        """The master key, wrapped by the passphrase and by the recovery key."""
        return self.desk / "keys"

    @property
    def database(self) -> Path:
        """The SQLCipher file."""
        return self.desk / "desk.db"

    @property
    def blobs(self) -> Path:
        """Encrypted files, one a blob."""
        return self.desk / "blobs"

    @property
    def socket(self) -> Path:
        """The Unix socket by which commands speak to a running desk."""
        return self.desk / "desk.sock"

    @property
    def process_lock(self) -> Path:
        """Held by the one process that may open this desk."""
        return self.desk / "desk.lock"

    @property
    def gate(self) -> Path:
        """The gate's folder when both stand on one computer."""
        return self.folder / "gate"

    @property
    def root(self) -> Path:
        """The root key's file, if its owner chose a file and not words."""
        return self.folder / "root"

    def create(self) -> None:
        """Make the desk's folders, closed to everyone else. Existing ones are closed as well."""
        for folder in (self.folder, self.desk, self.locked, self.keys, self.blobs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        # SQLite gives its journals the mode of the database file, so that comes first.
        self.database.touch(mode=0o600)

    def is_set_up(self) -> bool:
        """Tell whether an organisation was founded here, to the end."""
        return self.marker.exists()

    def record_set_up(self) -> None:
        """Write the marker: everything else is durable by now."""
        write_durably(self.marker, MARKER_TEXT)


def get_home() -> Home:
    """Return the home that the environment names. Raises `AigaqError` if it is not absolute."""
    named = os.environ.get("AIGAQ_HOME")
    folder = Path(named).expanduser() if named else Path("~/.local/share/aigaq").expanduser()
    if not folder.is_absolute():
        raise AigaqError("home.not_absolute")
    return Home(folder)
