"""Reads exports of chats (WhatsApp, Telegram Desktop) as they lie on a computer of staff.

Plain modules without the database. Whoever wrote the export may be an adversary: nothing is
unpacked to a disk, no name in it is used as a path outside of its folder, sizes are bounded before
a byte is read. Times stay as the export writes them: which of 05/06 is the month nobody knows.
"""

from aigaq.intake.chats.export import Export, MediaFile, open_export
from aigaq.intake.chats.shapes import Chat, ChatError, ChatMessage
from aigaq.intake.chats.transcript import build_transcript

__all__ = [
    "Chat",
    "ChatError",
    "ChatMessage",
    "Export",
    "MediaFile",
    "build_transcript",
    "open_export",
]
