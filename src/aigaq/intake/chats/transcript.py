"""The readable transcript of a chat: plain text, one line a message and indented further lines."""

from collections.abc import Mapping

from aigaq.intake.chats.shapes import Chat, ChatMessage

INDENT = "    "


def build_transcript(chat: Chat, *, items: Mapping[str, int]) -> str:
    """Return the transcript. ``items`` gives the number of each file's item; others are missing.

    Times are as the export writes them. Invisible and direction marks are left out, so that no line
    looks like another; the export itself is kept beside it as it came.
    """
    lines = [f"{chat.program} | {_clean(chat.title) or '-'} | {len(chat.messages)}", ""]
    for message in chat.messages:
        lines += _list_lines(message, items=items)
    return "\n".join(lines) + "\n"


def _list_lines(message: ChatMessage, *, items: Mapping[str, int]) -> list[str]:
    said = [_clean(line) for line in message.text.split("\n")]
    lines = [f"[{_clean(message.at)}] {_clean(message.author) or '*'}: {said[0]}".rstrip()]
    lines += [INDENT + line for line in said[1:]]
    for name in message.files:
        number = items.get(name)
        where = "missing" if number is None else f"item {number}"
        lines.append(f"{INDENT}-> {where}: {_clean(name)}")
    if message.is_without_media:
        lines.append(f"{INDENT}-> left out of the export")
    return lines


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
