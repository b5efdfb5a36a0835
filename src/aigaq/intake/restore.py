"""Brings a desk back from its second place, on a new computer, with passphrase or recovery parts.

1. The folder is checked and the target must not hold a desk. 2. The wrapped master key is copied
and opened. 3. The database is copied out of its own key into the desk's, every page proved by
SQLCipher. 4. Blobs and the open files of a locked desk are written. 5. The marker is written last,
so a restore that was cut short leaves a desk that was never founded. Nothing is written to the
second place.
"""

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlcipher

from aigaq.age import AgeError
from aigaq.blobs import sync_folder, write_durably
from aigaq.core.held_keys import DATABASE_LABEL, derive_key
from aigaq.core.home import Home
from aigaq.core.vault import Vault
from aigaq.intake.errors import SecondPlaceError
from aigaq.intake.second_place import (
    DATABASE,
    LABEL,
    LOCKED,
    MARKER,
    copy_compared,
    open_locked,
    read_file,
)


def restore_desk(*, folder: Path, home: Home, open_vault: Callable[[Vault], bytes]) -> int:
    """Restore into ``home`` and return the number of reports in the register.

    ``open_vault`` gets the vault of the copy and returns the master key. Raises `VaultError`;
    `SecondPlaceError`: ``second_place.not_a_folder``, ``second_place.missing`` (no copy there),
    ``second_place.desk_here``, ``second_place.differs``.
    """
    if not folder.is_dir():
        raise SecondPlaceError("second_place.not_a_folder")
    if not (folder / MARKER).exists() or not (folder / DATABASE).exists():
        raise SecondPlaceError("second_place.missing")
    if home.is_set_up() or home.database.exists():
        raise SecondPlaceError("second_place.desk_here")
    master = open_vault(Vault(folder / "keys"))
    home.create()
    for path in sorted((folder / "keys").iterdir()):
        copy_compared(home.keys / path.name, chunks=read_file(path))
    key = derive_key(secret=master, label=DATABASE_LABEL)
    count = _restore_database(folder / DATABASE, target=home.database, key=key)
    for path in sorted((folder / "blobs").iterdir()):
        if not path.name.startswith("."):
            copy_compared(home.blobs / path.name, chunks=read_file(path))
    _restore_locked(folder / LOCKED, home=home, key=key)
    home.record_set_up()
    return count


def _restore_database(source: Path, *, target: Path, key: bytes) -> int:
    copy = sqlcipher.connect(f"file:{source}?mode=ro", uri=True)
    desk = sqlcipher.connect(str(target))
    try:
        copy.execute(f"PRAGMA key = \"x'{derive_key(secret=key, label=LABEL).hex()}'\"")
        if copy.execute("PRAGMA cipher_integrity_check").fetchall():
            raise SecondPlaceError("second_place.differs")
        desk.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        copy.backup(desk)
        (count,) = desk.execute("SELECT COUNT(*) FROM intake_report").fetchone()
    except sqlcipher.Error:
        raise SecondPlaceError("second_place.differs") from None
    finally:
        copy.close()
        desk.close()
    target.chmod(0o600)
    sync_folder(target.parent)
    return int(count)


def _restore_locked(path: Path, *, home: Home, key: bytes) -> None:
    try:
        plain = open_locked(path.read_bytes(), desk_key=key)
    except (AgeError, OSError):
        raise SecondPlaceError("second_place.differs") from None
    for name, content in json.loads(plain).items():
        write_durably(home.locked / Path(name).name, b64decode(content))
