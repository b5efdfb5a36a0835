"""What a gate is started with, and where it keeps what. See ``docs/reference/gate.md``."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8470
DEFAULT_RESERVE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """The command line of ``aigaq gate serve``, read and checked for form."""

    card: Path
    root_key: bytes
    log_key: Path
    data: Path
    bundle: Path
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    workers: int = 1
    # Free space that uploads leave alone; texts and mailboxes go on down to a quarter of it.
    reserve_bytes: int = DEFAULT_RESERVE_BYTES

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / "gate.sqlite3"

    @property
    def items(self) -> Path:
        """The folder of item files."""
        return self.data / "items"

    @property
    def bodies(self) -> Path:
        """The folder in which a large sealed body waits until it has come whole."""
        return self.data / "bodies"

    @property
    def log(self) -> Path:
        """The folder of the log, as it is served."""
        return self.data / "log"

    @property
    def process_lock(self) -> Path:
        """Held by the one gate that may use this folder."""
        return self.data / "gate.lock"
