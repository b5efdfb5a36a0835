"""tus 1.0 uploads: core, creation, checksum (sha256), expiration, termination.

An upload belongs to a draft (32 random bytes that the phone chose) and becomes one member of a
report. Its id is unguessable, and knowing it is the right to write. The file is the truth about the
offset; the database learns of the end, with the SHA-256 of all. Source:
https://tus.io/protocols/resumable-upload (1.0.0); ``spec/gate-api.md``, "Uploads".
"""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import formatdate

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from starlette.requests import Request
from starlette.responses import Response

from aigaq.gate.bodies import Gone, Line, check_length, pieces
from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate
from aigaq.gate.item_files import Part
from aigaq.gate.tables import uploads
from aigaq.sealing.header import MAXIMUM_ITEMS, MAXIMUM_MEMBER_BYTES

LIFETIME_SECONDS = 24 * 3600
MAXIMUM_PART_BYTES = 64 * 1024 * 1024
# A part that is silent for so long gives way to a phone that comes back on another line.
_GIVES_WAY_SECONDS = 3
_MEMBER = re.compile(r"item-[0-9]{4}\.age\Z")
_NUMBER = re.compile(r"[0-9]{1,15}\Z")
_VERSION = {"tus-resumable": "1.0.0"}
# Made once: it is asked twice for each part.
_FIND = select(uploads).where(uploads.c.id == bindparam("upload_id"))
_ABILITIES = {
    **_VERSION,
    "tus-version": "1.0.0",
    "tus-extension": "creation,checksum,expiration,termination",
    "tus-max-size": str(MAXIMUM_MEMBER_BYTES),
    "tus-checksum-algorithm": "sha256",
}


@dataclass(frozen=True)
class Upload:
    """One row of the table of uploads."""

    id: str
    draft: bytes
    member: str
    length: int
    sha256: bytes | None
    created_at: int


async def options_uploads(gate: Gate, request: Request) -> Response:
    """Tell what this server can do."""
    return Response(status_code=204, headers=_ABILITIES)


async def create_upload(gate: Gate, request: Request) -> Response:
    """Make an upload of a known length; it replaces one for the same draft and member."""
    _check_version(request)
    length = _read_length(request)
    draft, member = _read_metadata(request)
    gate.check_space_for_upload(length)
    upload_id = secrets.token_urlsafe(32)
    now = gate.now_seconds()

    def create(connection: Connection) -> list[str]:
        of_draft = uploads.c.draft == draft
        replaced = connection.scalars(
            select(uploads.c.id).where(of_draft, uploads.c.member == member)
        ).all()
        count = connection.scalar(select(func.count()).select_from(uploads).where(of_draft)) or 0
        if count - len(replaced) >= MAXIMUM_ITEMS:
            raise GateError("uploads.too_large")
        if replaced:
            connection.execute(delete(uploads).where(uploads.c.id.in_(replaced)))
        connection.execute(
            insert(uploads).values(
                id=upload_id, draft=draft, member=member, length=length, created_at=now
            )
        )
        return list(replaced)

    replaced = await gate.write(create)
    await gate.on_disk(lambda: gate.files.remove(replaced))
    headers = {"location": f"/api/uploads/{upload_id}", **_expiry(now), **_VERSION}
    return Response(status_code=201, headers=headers)


async def head_upload(gate: Gate, request: Request) -> Response:
    """Tell how many bytes have come."""
    _check_version(request)
    upload = await _get_upload(gate, request)
    await _end_silent_part(gate, upload)
    offset = gate.files.size(upload.id)
    if offset == upload.length and upload.sha256 is None:
        await _finish(gate, upload)
    metadata = f"draft {_text(upload.draft)},member {_text(upload.member.encode('ascii'))}"
    return Response(
        headers={
            "upload-offset": str(offset),
            "upload-length": str(upload.length),
            "upload-metadata": metadata,
            **_expiry(gate.files.changed_at(upload.id) or upload.created_at),
            **_VERSION,
        }
    )


async def patch_upload(gate: Gate, request: Request) -> Response:
    """Add bytes at the offset where the upload stands; they are durable before the answer."""
    _check_version(request)
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise GateError("uploads.wrong_type")
    offset = _read_number(request, "upload-offset", code="uploads.wrong_offset")
    checksum = _read_checksum(request)
    announced = check_length(request, limit=MAXIMUM_PART_BYTES)
    upload = await _get_upload(gate, request)
    room = min(MAXIMUM_PART_BYTES, upload.length - offset)
    if announced is not None and announced > room:
        raise GateError("uploads.too_large")
    if upload.sha256 is not None:  # A report may hold this file by now: nobody touches it again.
        return _answer_end(gate, upload, offset=offset, announced=announced)
    gate.check_space_for_upload(announced or 0)
    await _end_silent_part(gate, upload)
    part = await gate.on_disk(lambda: gate.files.open_part(upload.id, offset=offset))
    line = gate.lines[upload.id] = Line()
    try:
        body = pieces(request, line=line)
        await _write_part(gate, body, part=part, upload=upload, room=room, checksum=checksum)
        is_whole = part.size == upload.length
        sha256 = await gate.on_disk(part.sha256) if is_whole else None
    finally:
        part.close()
        gate.lines.pop(upload.id, None)
        line.ended.set()
    if sha256 is not None:
        await gate.write(lambda connection: _record_end(connection, upload=upload, sha256=sha256))
    elif await gate.read(lambda connection: _find(connection, upload.id)) is None:
        # Terminated or replaced meanwhile; the name may have come back with our open file.
        await gate.on_disk(lambda: gate.files.remove([upload.id]))
        raise GateError("gate.not_found")
    headers = {"upload-offset": str(part.size), **_expiry(gate.now_seconds()), **_VERSION}
    return Response(status_code=204, headers=headers)


async def delete_upload(gate: Gate, request: Request) -> Response:
    """Forget an upload and its bytes."""
    _check_version(request)
    upload = await _get_upload(gate, request)

    def forget(connection: Connection) -> int:
        return connection.execute(delete(uploads).where(uploads.c.id == upload.id)).rowcount

    # Zero rows: a report took the file between our look and now, and it is no upload any more.
    if not await gate.write(forget):
        raise GateError("gate.not_found")
    await gate.on_disk(lambda: gate.files.remove([upload.id]))
    return Response(status_code=204, headers=_VERSION)


def list_expired(connection: Connection, *, gate: Gate, now_seconds: int) -> list[str]:
    """Return the ids of uploads of drafts to which no byte came for 24 hours."""
    newest: dict[bytes, int] = {}
    ids: dict[bytes, list[str]] = {}
    for row in connection.execute(select(uploads.c.id, uploads.c.draft, uploads.c.created_at)):
        changed_at = max(gate.files.changed_at(row.id) or 0, row.created_at)
        newest[row.draft] = max(newest.get(row.draft, 0), changed_at)
        ids.setdefault(row.draft, []).append(row.id)
    oldest_alive = now_seconds - LIFETIME_SECONDS
    return [one for draft, at in newest.items() if at < oldest_alive for one in ids[draft]]


async def _end_silent_part(gate: Gate, upload: Upload) -> None:
    """Let a part whose line was cut or went silent give way; its bytes stay, and are durable then.

    A phone whose line was cut comes back on another long before the old one is given up.
    """
    older = gate.lines.get(upload.id)
    if older is None:
        return
    if older.is_over or older.cut_if_silent(seconds=_GIVES_WAY_SECONDS):
        await older.ended.wait()


async def _finish(gate: Gate, upload: Upload) -> None:
    """Record the end of an upload all of whose bytes came before its gate or line broke off."""

    def end() -> bytes:
        part = gate.files.open_part(upload.id, offset=upload.length)
        try:
            part.sync(is_whole=True)
            return part.sha256()
        finally:
            part.close()

    sha256 = await gate.on_disk(end)
    await gate.write(lambda connection: _record_end(connection, upload=upload, sha256=sha256))


def _answer_end(gate: Gate, upload: Upload, *, offset: int, announced: int | None) -> Response:
    """Answer a part of nothing at the end of a finished upload; any other is refused."""
    if offset != upload.length:
        raise GateError("uploads.wrong_offset")
    if announced is None:
        raise GateError("uploads.bad_length")
    headers = {"upload-offset": str(offset), **_expiry(gate.now_seconds()), **_VERSION}
    return Response(status_code=204, headers=headers)


async def _write_part(
    gate: Gate,
    body: AsyncIterator[list[bytes]],
    *,
    part: Part,
    upload: Upload,
    room: int,
    checksum: bytes | None,
) -> None:
    """Write the body, durably; what came before a cut stays, a part that differs does not."""
    start = part.size
    hasher = hashlib.sha256() if checksum is not None else None
    failure: Exception | None = None
    try:
        async for block in body:
            size = sum(map(len, block))
            if part.size - start + size > room:
                raise _TooLong
            gate.check_space_for_upload(size)
            await gate.on_disk(lambda block=block: _add(part, block, hasher))  # type: ignore[misc]
    except (Gone, GateError) as error:
        failure = error
    except _TooLong:
        await gate.on_disk(part.drop)
        raise GateError("uploads.too_large") from None
    if failure is None and hasher is not None and hasher.digest() != checksum:
        await gate.on_disk(part.drop)
        raise GateError("uploads.wrong_checksum")
    await gate.on_disk(lambda: part.sync(is_whole=part.size == upload.length))
    if failure is not None:
        raise failure


def _add(part: Part, block: list[bytes], hasher: "hashlib._Hash | None") -> None:
    for piece in block:
        part.write(piece)
        if hasher is not None:
            hasher.update(piece)


class _TooLong(Exception):
    """More bytes came than the upload, or a part, may have."""


def _record_end(connection: Connection, *, upload: Upload, sha256: bytes) -> None:
    changed = connection.execute(
        update(uploads).where(uploads.c.id == upload.id).values(sha256=sha256)
    )
    if changed.rowcount == 0:
        raise GateError("gate.not_found")


async def _get_upload(gate: Gate, request: Request) -> Upload:
    upload_id = request.path_params["upload_id"]
    upload = await gate.read(lambda connection: _find(connection, upload_id))
    if upload is None:
        raise GateError("gate.not_found")
    return upload


def _find(connection: Connection, upload_id: str) -> Upload | None:
    row = connection.execute(_FIND, {"upload_id": upload_id}).first()
    return None if row is None else Upload(**row._mapping)


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != "1.0.0":
        raise GateError("uploads.bad_version")


def _read_number(request: Request, name: str, *, code: str) -> int:
    text = request.headers.get(name, "")
    if not _NUMBER.match(text):
        raise GateError(code)
    return int(text)


def _read_length(request: Request) -> int:
    length = _read_number(request, "upload-length", code="uploads.bad_length")
    if length == 0:  # An age file is never empty.
        raise GateError("uploads.bad_length")
    if length > MAXIMUM_MEMBER_BYTES:
        raise GateError("uploads.too_large")
    return length


def _read_metadata(request: Request) -> tuple[bytes, str]:
    """Return draft and member. Anything beside them could be a name, and is refused."""
    pairs = [pair.split(" ") for pair in request.headers.get("upload-metadata", "").split(",")]
    if any(len(pair) != 2 for pair in pairs) or len(pairs) != 2:
        raise GateError("uploads.bad_metadata")
    values = {name: _bytes(value, code="uploads.bad_metadata") for name, value in pairs}
    if values.keys() != {"draft", "member"} or len(values["draft"]) != 32:
        raise GateError("uploads.bad_metadata")
    member = values["member"].decode("ascii", errors="replace")
    if not _MEMBER.match(member):
        raise GateError("uploads.bad_metadata")
    return values["draft"], member


def _read_checksum(request: Request) -> bytes | None:
    text = request.headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    checksum = _bytes(value, code="uploads.bad_checksum")
    if algorithm != "sha256" or len(checksum) != 32:
        raise GateError("uploads.bad_checksum")
    return checksum


def _bytes(text: str, *, code: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise GateError(code) from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _expiry(last_byte_at: int) -> dict[str, str]:
    return {"upload-expires": formatdate(last_byte_at + LIFETIME_SECONDS, usegmt=True)}
