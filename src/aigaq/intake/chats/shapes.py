"""What a chat is, whichever program exported it."""

from dataclasses import dataclass

from aigaq.intake.errors import IntakeError


class ChatError(IntakeError):
    """An export cannot be taken in; nothing of it was filed and it lies where it lay."""


@dataclass(frozen=True)
class ChatMessage:
    """One message. ``at`` as the export writes it; ``author`` empty for the program's own lines;
    ``files`` are names as the export has them; ``is_without_media``: exported without its file."""

    at: str
    author: str
    text: str
    files: tuple[str, ...] = ()
    is_without_media: bool = False


@dataclass(frozen=True)
class Chat:
    """A chat: ``program`` is whatsapp or telegram, ``title`` may be empty."""

    program: str
    title: str
    messages: tuple[ChatMessage, ...]
