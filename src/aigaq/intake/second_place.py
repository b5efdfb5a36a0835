"""The desk's encrypted second place, and the state *safe*.

    <folder>/aigaq-second-place       a marker with the team id
    <folder>/keys/                    the master key's two wrappings, as at the desk
    <folder>/reports/<id>/<member>    envelopes as received: ciphertext to the team
    <folder>/blobs/<id>               encrypted files, as at the desk
    <folder>/locked.sealed            `desk/locked/`, sealed under a key of its own
    <folder>/desk.db                  the database by SQLite's backup, under a key of its own

A report is safe only when its envelope, the keys and a database that knows it were written,
fsynced, read back and compared. Only then the `safe` message is sealed, and only after that the
gate is told. The database's key is HKDF-SHA512(desk's database key,
`aigaq/desk/second-place/v1`): passphrase or recovery parts lead to it, the desk's disk is not
needed. Source: PROTOCOL 4, 20.
"""

import errno
import hashlib
import io
import json
import os
import secrets
import shutil
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from sqlcipher3 import dbapi2 as sqlcipher

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.age import stream
from aigaq.blobs import sync_folder, write_durably
from aigaq.core import audit, blob_store
from aigaq.core.held_keys import DATABASE_LABEL, HELD, derive_key
from aigaq.evidence import services as evidence
from aigaq.intake import letters, models
from aigaq.intake.errors import SecondPlaceError
from aigaq.intake.selectors import list_copied_states

MARKER = "aigaq-second-place"
DATABASE = "desk.db"
LOCKED = "locked.sealed"
LABEL = b"aigaq/desk/second-place/v1"
LOCKED_LABEL = b"aigaq/desk/second-place-locked/v1"
SALT_BYTES = 32
COPY_BYTES = 1 << 20
BACKUP_PAGES = 1_000


def check_folder(folder: Path) -> None:
    """Check that a folder can be the second place.

    Raises `SecondPlaceError`: ``second_place.not_a_folder``, ``second_place.inside_the_desk``,
    ``second_place.of_another_team``, ``second_place.not_writable``.
    """
    if not folder.is_absolute() or not folder.is_dir():
        raise SecondPlaceError("second_place.not_a_folder")
    desk: Path = settings.HOME.desk
    if folder.resolve().is_relative_to(desk.resolve()):
        raise SecondPlaceError("second_place.inside_the_desk")
    marker = folder / MARKER
    team_id = accounts.get_organisation().team_id
    if marker.exists() and marker.read_text("ascii").strip() != team_id:
        raise SecondPlaceError("second_place.of_another_team")
    try:
        write_durably(marker, f"{team_id}\n".encode())
    except OSError:
        raise SecondPlaceError("second_place.not_writable") from None


def copy_all(*, folder: Path) -> list[models.Report]:
    """Bring the second place up to date; return the reports that are in it now and were not.

    Raises `SecondPlaceError` (also ``second_place.differs``, ``second_place.ahead``); `OSError`
    becomes ``second_place.not_writable`` or ``second_place.full``.
    """
    if not (folder / MARKER).exists():
        # A stick that is not plugged in leaves an empty folder: never write into that.
        raise SecondPlaceError("second_place.missing")
    try:
        return _copy_all(folder)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise SecondPlaceError(
            "second_place.full" if full else "second_place.not_writable"
        ) from None


def _copy_all(folder: Path) -> list[models.Report]:
    waiting = list(
        models.Report.objects.filter(
            second_place_at=None, forgotten_at=None, state__in=list_copied_states()
        ).order_by("register_number")
    )
    _check_is_our_past(folder / DATABASE)
    _copy_keys(folder / "keys")
    _copy_locked(folder / LOCKED)
    for report in waiting:
        _copy_envelope(report, folder=folder / "reports" / bytes(report.report_id).hex())
    _copy_blobs(folder / "blobs")
    back_up_database(folder / DATABASE)
    _remove_forgotten(folder)
    _check_database(folder / DATABASE, reports=waiting)
    return waiting


def _check_is_our_past(path: Path) -> None:
    """Refuse to write over a copy that knows more than this desk.

    A desk that was set back to an older state, by accident or to bury a report, would otherwise
    remove from its second place what it has forgotten. The last event of the copy's audit chain
    must be one of ours. Raises `SecondPlaceError` ``second_place.ahead``.
    """
    if not path.exists():
        return
    database = sqlcipher.connect(f"file:{path}?mode=ro", uri=True)
    try:
        database.execute(f"PRAGMA key = \"x'{_derive_key().hex()}'\"")
        last = database.execute(
            "SELECT sequence, hash FROM core_auditevent ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
    except sqlcipher.Error:
        # Damaged, or half of an old one: what is written now replaces it.
        return
    finally:
        database.close()
    if last is not None and not audit.is_in_chain(sequence=last[0], hash_=bytes(last[1])):
        raise SecondPlaceError("second_place.ahead")


def _copy_keys(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for source in sorted(settings.HOME.keys.iterdir()):
        if source.is_file() and not source.name.startswith("."):
            copy_compared(folder / source.name, chunks=[source.read_bytes()])


def _copy_locked(path: Path) -> None:
    """Seal the open files of the locked desk: elsewhere they need not lie open."""
    files = {
        one.name: b64encode(one.read_bytes()).decode()
        for one in sorted(settings.HOME.locked.iterdir())
        if one.is_file() and not one.name.startswith(".")
    }
    desk_key, _generation = HELD.get(label=DATABASE_LABEL)
    copy_compared(path, chunks=seal_locked(json.dumps(files).encode(), desk_key=desk_key))


def seal_locked(plain: bytes, *, desk_key: bytes) -> Iterator[bytes]:
    """Yield a salt and ``plain`` as an age stream: each copy has a key of its own."""
    salt = secrets.token_bytes(SALT_BYTES)
    yield salt
    key = derive_key(secret=desk_key + salt, label=LOCKED_LABEL)
    yield from stream.encrypt_chunks(key, io.BytesIO(plain))


def open_locked(sealed: bytes, *, desk_key: bytes) -> bytes:
    """Return what `seal_locked` sealed. Raises `AgeError`."""
    key = derive_key(secret=desk_key + sealed[:SALT_BYTES], label=LOCKED_LABEL)
    return b"".join(stream.decrypt_chunks(key, io.BytesIO(sealed[SALT_BYTES:])))


def _copy_envelope(report: models.Report, *, folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for member in report.members.order_by("name"):
        chunks = blob_store.read_chunks(member.blob_id)
        digest = copy_compared(folder / member.name, chunks=chunks)
        if digest != bytes(member.sha256):
            raise SecondPlaceError("second_place.differs", report=report.register_number)
    sync_folder(folder)
    sync_folder(folder.parent)


def _copy_blobs(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    have = {path.name for path in folder.iterdir()}
    # A package lies here for a day and can be made again: it is not worth a second place.
    packages = set(models.Export.objects.values_list("blob_id", flat=True))
    for blob_id in blob_store.list_blob_ids():
        if blob_id.hex in have or blob_id in packages:
            continue
        source = settings.HOME.blobs / blob_id.hex
        if source.exists():
            copy_compared(folder / source.name, chunks=read_file(source))


def _remove_forgotten(folder: Path) -> None:
    """Remove from the second place what the desk has forgotten."""
    forgotten = models.Report.objects.filter(forgotten_at__isnull=False)
    for report_id in forgotten.values_list("report_id", flat=True):
        shutil.rmtree(folder / "reports" / bytes(report_id).hex(), ignore_errors=True)
    known = {blob_id.hex for blob_id in blob_store.list_blob_ids()}
    for path in (folder / "blobs").iterdir():
        if path.name not in known:
            path.unlink(missing_ok=True)


def back_up_database(path: Path) -> None:
    """Write the database by SQLite's backup into a SQLCipher file under its own key; replace."""
    temporary = path.with_name(".desk.db.new")
    temporary.unlink(missing_ok=True)
    connection.ensure_connection()
    target = sqlcipher.connect(str(temporary))
    try:
        target.execute(f"PRAGMA key = \"x'{_derive_key().hex()}'\"")
        connection.connection.copy_into(target, pages=BACKUP_PAGES)
    except sqlcipher.Error:
        raise SecondPlaceError("second_place.backup_failed") from None
    finally:
        target.close()
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.chmod(0o600)
    temporary.rename(path)
    sync_folder(path.parent)


def _derive_key() -> bytes:
    desk_key, _generation = HELD.get(label=DATABASE_LABEL)
    return derive_key(secret=desk_key, label=LABEL)


def _check_database(path: Path, *, reports: Iterable[models.Report]) -> None:
    """Open the copy, have SQLCipher check every page's MAC, and find the reports in it."""
    database = sqlcipher.connect(f"file:{path}?mode=ro", uri=True)
    try:
        database.execute(f"PRAGMA key = \"x'{_derive_key().hex()}'\"")
        if database.execute("PRAGMA cipher_integrity_check").fetchall():
            raise SecondPlaceError("second_place.differs")
        for report in reports:
            row = database.execute(
                "SELECT register_number FROM intake_report WHERE report_id = ?",
                (bytes(report.report_id),),
            ).fetchone()
            if row is None or row[0] != report.register_number:
                raise SecondPlaceError("second_place.differs", report=report.register_number)
    except sqlcipher.Error:
        raise SecondPlaceError("second_place.differs") from None
    finally:
        database.close()


def copy_compared(path: Path, *, chunks: Iterable[bytes]) -> bytes:
    """Write, fsync, rename, read back from the medium and compare; return SHA-256."""
    temporary = path.with_name(f".{path.name}.new")
    digest = hashlib.sha256()
    with temporary.open("wb") as file:
        temporary.chmod(0o600)
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
        # Drop the cached pages, so that what is read back comes from the medium.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    back = hashlib.sha256()
    for chunk in read_file(temporary):
        back.update(chunk)
    if back.digest() != digest.digest():
        temporary.unlink()
        raise SecondPlaceError("second_place.differs")
    temporary.rename(path)
    sync_folder(path.parent)
    return digest.digest()


def read_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(COPY_BYTES):
            yield chunk


@transaction.atomic
def record_copied(*, reports: Iterable[models.Report], actor: Staff | None) -> None:
    """Say that the second place holds these reports, and seal *safe* into their mailboxes."""
    now = clock.now()
    numbers = []
    for copied in reports:
        report = models.Report.objects.select_related("mailbox").get(pk=copied.pk)
        if report.second_place_at is not None or report.forgotten_at is not None:
            continue
        report.second_place_at = now
        report.save(update_fields=["second_place_at"])
        numbers.append(report.register_number)
        evidence.record_custody(
            "copied", by=actor, report_id=bytes(report.report_id), note="second_place"
        )
        if report.mailbox is not None and report.mailbox.rebound_at is None:
            body = {"report_id": bytes(report.report_id).hex()}
            letters.write_message(box=report.mailbox, kind="safe", body=body)
    models.SecondPlace.objects.update(last_copied_at=now, code="")
    audit.record("intake.second_place_copied", actor=actor, context={"register_numbers": numbers})


@transaction.atomic
def record_failed(*, code: str) -> None:
    """Say why the second place could not be written."""
    models.SecondPlace.objects.update(code=code)
    audit.record("intake.second_place_failed", actor=None, context={"code": code})


@transaction.atomic
def record_erased(*, report: models.Report) -> None:
    """Say that the gate was told: from now on only the desk and its second place hold it."""
    models.Report.objects.filter(pk=report.pk).update(safe_at=clock.now())
    audit.record("intake.gate_erased", actor=None, subject=report)
