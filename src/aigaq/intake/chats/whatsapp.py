"""The text of a WhatsApp export, as phones with Android and iPhones write it.

    12.05.26, 21:14 - Name: text                    Android; further lines belong to the message
    [12.05.26, 21:14:33] Name: text                 iPhone
    IMG-20260512-WA0001.jpg (file attached)         Android: the words in brackets in any language
    <attached: 00000012-AUDIO-2026-05-12.opus>      iPhone: likewise

The order of day and month, the separators, a space before AM and invisible direction marks differ
from phone to phone; all are taken. A message names its file by its own line.
"""

import re

from aigaq.intake.chats.shapes import Chat, ChatError, ChatMessage

MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_SPACE = "[ \u00a0\u202f]"
_DATE = rf"\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}\.?(?:{_SPACE}?[жг]\.)?"
_TIME = rf"\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?(?:{_SPACE}?[AaPp]\.?{_SPACE}?[Mm]\.?)?"
_AT = rf"{_DATE},?{_SPACE}{_TIME}"
_BEGIN = re.compile(rf"(?:\[(?P<phone>{_AT})\]|(?P<android>{_AT}){_SPACE}[-–]){_SPACE}(?P<rest>.*)")
_NAME = r"[^/\\<>:*?|\n]{1,200}\.[A-Za-z0-9]{1,5}"
_ANDROID_FILE = re.compile(rf"(?P<name>{_NAME}) \([^()\n]{{1,60}}\)")
_PHONE_FILE = re.compile(rf"<[^:<>\n]{{1,40}}: (?P<name>{_NAME})>")
_WITHOUT = re.compile(r"<[^:<>\n]{3,40}>")
#: How iPhones say that a file was left out; the languages of our reporters and English.
_LEFT_OUT = re.compile(
    r"(?:\w+ omitted|(?:\w+ ){1,2}(?:отсутствует|пропущено|пропущен)|(?:\w+ )?(?:жоқ|қосылмаған))",
    re.IGNORECASE,
)
LEAST_MESSAGES = 1


def parse_whatsapp(text: str, *, title: str = "") -> Chat:
    """Return the chat in an export's text. Raises `ChatError` ``chat.not_an_export``."""
    found: list[tuple[str, str, list[str]]] = []
    for line in text.splitlines():
        begun = _BEGIN.fullmatch(_unmark(line))
        if begun is not None:
            at = begun["phone"] or begun["android"]
            author, rest = _split_author(begun["rest"])
            found.append((at, author, [rest]))
        elif found:
            found[-1][2].append(line)
        elif line.strip(MARKS + " "):
            raise ChatError("chat.not_an_export")
    if len(found) < LEAST_MESSAGES:
        raise ChatError("chat.not_an_export")
    return Chat(
        program="whatsapp",
        title=title,
        messages=tuple(_build(at, author, lines) for at, author, lines in found),
    )


def _split_author(rest: str) -> tuple[str, str]:
    author, colon, said = rest.partition(": ")
    if not colon and rest.endswith(":"):
        return rest[:-1], ""
    return (author, said) if colon else ("", rest)


def _build(at: str, author: str, lines: list[str]) -> ChatMessage:
    files, kept, is_without = [], [], False
    for line in lines:
        plain = _unmark(line).strip()
        named = (_ANDROID_FILE.fullmatch(plain) or _PHONE_FILE.fullmatch(plain)) if author else None
        if named is not None:
            files.append(named["name"])
        elif author and (_WITHOUT.fullmatch(plain) or _LEFT_OUT.fullmatch(plain)):
            is_without = True
            kept.append(line)
        else:
            kept.append(line)
    return ChatMessage(at, author, "\n".join(kept).strip(), tuple(files), is_without)


def _unmark(line: str) -> str:
    return line.translate(dict.fromkeys(map(ord, MARKS)))
