"""Takes an exported chat in, as a report told to staff in a messenger.

Item 0 is the export as it came, item 1 a readable transcript, then each of its files by itself, so
that a voice note can be heard. All are of the class *received from another* until someone says
more. What the reporter said of hidden details holds for the export too, which has the same files in
it and cannot be freed of them: with ``strip`` it stays here. Files that the chat names and the
export lacks are counted and named in the transcript.
"""

import io
import mimetypes
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from aigaq.accounts.selectors import Staff
from aigaq.core.commands import Answer, Arguments
from aigaq.intake import models
from aigaq.intake.chats import ChatError, MediaFile, build_transcript, open_export
from aigaq.intake.chats.export import BROKEN
from aigaq.intake.told import ToldFile, ToldReport, take_down

TRANSCRIPT = "transcript.txt"
FIRST_MEDIA = 2
SHORT_LENGTH = 300
NAME_BYTES = 1_024
KINDS = {".opus": "audio/ogg", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".m4a": "audio/mp4"}


@dataclass(frozen=True)
class ImportedChat:
    """What was filed: the report, and how many messages and files; names that were missing."""

    report: models.Report
    messages: int
    media: int
    missing: tuple[str, ...]
    left_out: int


def import_chat(
    path: Path,
    *,
    actor: Staff | None,
    told_by: str,
    told_when: str,
    language: str,
    hidden_details: str | None = None,
) -> ImportedChat:
    """Seal and file the export at ``path`` as a report. Raises `ChatError`, `ImportRefused`.

    ``hidden_details``: ``keep`` or ``strip``, as the reporter said; None if nobody asked. Either
    all of it is filed or nothing; the export stays where it lies.
    """
    with open_export(path) as export, ExitStack() as opened:
        chat = export.chat
        numbers = {one.name: FIRST_MEDIA + at for at, one in enumerate(export.media)}
        transcript = build_transcript(chat, items=numbers).encode()
        told = ToldReport(
            language=language,
            by=told_by[:SHORT_LENGTH],
            how="messenger",
            when=told_when[:SHORT_LENGTH],
            files=[
                _take(export.original, opened=opened, hidden_details=hidden_details),
                ToldFile(io.BytesIO(transcript), len(transcript), TRANSCRIPT, "text/plain"),
                *(_take(one, opened=opened, hidden_details=hidden_details) for one in export.media),
            ],
        )
        return ImportedChat(
            report=take_down(actor=actor, told=told, keys=None),
            messages=len(chat.messages),
            media=len(export.media),
            missing=tuple(export.list_missing()),
            left_out=sum(one.is_without_media for one in chat.messages),
        )


def run_import_chat_command(arguments: Arguments) -> Answer:
    """File an exported chat from the command line of the same user."""
    done = import_chat(
        Path(str(arguments.get("path"))),
        actor=None,
        told_by=str(arguments.get("told_by")),
        told_when=str(arguments.get("told_when")),
        language=str(arguments.get("language")),
        hidden_details=str(arguments.get("hidden_details") or "") or None,
    )
    return {
        "left_out": done.left_out,
        "media": done.media,
        "messages": done.messages,
        "missing": list(done.missing),
        "register_number": done.report.register_number,
        "report_id": bytes(done.report.report_id).hex(),
        "state": str(done.report.state),
    }


def _take(one: MediaFile, *, opened: ExitStack, hidden_details: str | None) -> ToldFile:
    suffix = Path(one.name).suffix.lower()
    kind = KINDS.get(suffix) or mimetypes.guess_type(one.name)[0] or "application/octet-stream"
    name = one.name.encode()[-NAME_BYTES:].decode(errors="ignore")
    later = opened.enter_context(closing(_Later(one.open)))
    return ToldFile(cast("BinaryIO", later), one.size_bytes, name, kind, hidden_details)


class _Later:
    """Opens a file when it is read, and closes it at its end: an export may hold thousands."""

    def __init__(self, open_file: Callable[[], IO[bytes]]) -> None:
        self._open = open_file
        self._file: IO[bytes] | None = None
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes. Raises `ChatError` ``chat.damaged_archive``."""
        if self._ended:
            return b""
        try:
            if self._file is None:
                self._file = self._open()
            data = self._file.read(size)
        except BROKEN:
            raise ChatError("chat.damaged_archive") from None
        if not data and size:
            self.close()
        return data

    def close(self) -> None:
        """Close it, whether it was read or not."""
        self._ended = True
        if self._file is not None:
            self._file.close()
