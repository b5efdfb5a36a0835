"""Opens an export: a ZIP archive, a text, or ``result.json`` / ``messages.html`` in its folder.

Nothing is unpacked. An archive whose names lead out of it, that holds links or encrypted members,
that names a file twice or grows beyond bounds is refused as a whole, before anything is filed.
"""

import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from aigaq.intake.chats.shapes import Chat, ChatError
from aigaq.intake.chats.telegram import parse_telegram_html, parse_telegram_json
from aigaq.intake.chats.whatsapp import parse_whatsapp

MEBIBYTE = 1024 * 1024
MAX_FILES = 9_900
MAX_TEXT_BYTES = 128 * MEBIBYTE
MAX_TOTAL_BYTES = 8 * 1024 * MEBIBYTE
#: Photos, sound and video hardly shrink; a text shrinks to a twentieth at most.
MAX_RATIO = 200
SMALL_BYTES = 4 * MEBIBYTE
PAGE = re.compile(r"messages(\d*)\.html")
#: What `zipfile` raises for an archive that is cut, changed, or packed in a way it does not know.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    ValueError,
    OSError,
)


@dataclass(frozen=True)
class MediaFile:
    """One file of an export. ``name`` as the chat names it; ``open`` gives its bytes."""

    name: str
    size_bytes: int
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Export:
    """A chat with its files: ``original`` as it lies there, ``media`` beside the chat's text."""

    chat: Chat
    original: MediaFile
    media: tuple[MediaFile, ...]

    def list_missing(self) -> list[str]:
        """Return the names that the chat has and the export has not."""
        there = {one.name for one in self.media}
        named = (name for message in self.chat.messages for name in message.files)
        return [name for name in dict.fromkeys(named) if name not in there]


@contextmanager
def open_export(path: Path) -> Iterator[Export]:
    """Give the export at ``path``, whose files can be read inside the block.

    Raises `ChatError`: ``chat.not_an_export``, ``chat.whole_account``, ``chat.damaged_archive``,
    ``chat.bad_archive``, ``chat.too_large``, ``chat.too_many_files``, ``chat.unreadable_file``.
    """
    with ExitStack() as opened:
        try:
            export = _open(path, opened=opened)
        except BROKEN:
            raise ChatError("chat.unreadable_file") from None
        yield export


def _open(path: Path, *, opened: ExitStack) -> Export:
    if zipfile.is_zipfile(path):
        try:
            archive = opened.enter_context(zipfile.ZipFile(path))
        except BROKEN:
            raise ChatError("chat.damaged_archive") from None
        return _read_archive(archive, path=path)
    if path.suffix.lower() == ".zip":
        raise ChatError("chat.damaged_archive")
    return _open_loose(path)


def _read_archive(archive: zipfile.ZipFile, *, path: Path) -> Export:
    members = _check_members(archive)
    names = [one.filename for one in members]
    top = _find_top(names)
    by_name = {one.filename[len(top) :]: one for one in members if one.filename.startswith(top)}

    def read(name: str) -> bytes:
        return _read_member(archive, by_name[name])

    chat, texts = _read_chat(sorted(by_name), read=read, title=path.stem)
    media = tuple(
        MediaFile(name, one.file_size, _opener(archive, one))
        for name, one in by_name.items()
        if name not in texts
    )
    return Export(chat=chat, original=_original(path), media=media)


def _check_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = [one for one in archive.infolist() if not one.is_dir()]
    if len(members) > MAX_FILES:
        raise ChatError("chat.too_many_files")
    if len({one.filename for one in members}) != len(members):
        raise ChatError("chat.bad_archive")
    total = 0
    for one in members:
        way = PurePosixPath(one.filename)
        is_link = stat.S_ISLNK(one.external_attr >> 16)
        leads_out = way.is_absolute() or ".." in way.parts or "\\" in one.filename
        if is_link or leads_out or one.flag_bits & 1:
            raise ChatError("chat.bad_archive")
        total += one.file_size
        swells = one.file_size > SMALL_BYTES and one.file_size > one.compress_size * MAX_RATIO
        if swells or total > MAX_TOTAL_BYTES:
            raise ChatError("chat.too_large")
    return members


def _find_top(names: Sequence[str]) -> str:
    """Return the folder in which the chat's text lies, as a prefix: some programs pack one."""
    for name in sorted(names, key=lambda each: each.count("/")):
        if _is_text(name.rpartition("/")[2]):
            return name[: name.rfind("/") + 1]
    raise ChatError("chat.not_an_export")


def _is_text(name: str) -> bool:
    return name == "result.json" or bool(PAGE.fullmatch(name)) or name.lower().endswith(".txt")


def _read_chat(
    names: Sequence[str], *, read: Callable[[str], bytes], title: str
) -> tuple[Chat, frozenset[str]]:
    """Return the chat and the names of the files that it was read from."""
    if "result.json" in names:
        return parse_telegram_json(read("result.json")), frozenset({"result.json"})
    pages = [name for name in names if PAGE.fullmatch(name)]
    if pages:
        pages.sort(key=_page_number)
        return parse_telegram_html(_decode(read(name)) for name in pages), frozenset(pages)
    texts = [name for name in names if name.lower().endswith(".txt") and "/" not in name]
    for name in sorted(texts, key=lambda each: (each != "_chat.txt", each)):
        try:
            return parse_whatsapp(_decode(read(name)), title=title), frozenset({name})
        except ChatError:
            # A note that someone sent may lie there too.
            continue
    raise ChatError("chat.not_an_export")


def _page_number(name: str) -> int:
    found = PAGE.fullmatch(name)
    return int(found[1] or "1") if found is not None else 0


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ChatError("chat.not_an_export") from None


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > MAX_TEXT_BYTES:
        raise ChatError("chat.too_large")
    try:
        with archive.open(member) as file:
            return file.read()
    except BROKEN:
        raise ChatError("chat.damaged_archive") from None


def _opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(member)


def _original(path: Path) -> MediaFile:
    return MediaFile(path.name, path.stat().st_size, lambda: path.open("rb"))


def _open_loose(path: Path) -> Export:
    """Open an export that lies in a folder, with the files that its own text names."""
    folder = path.parent

    def read(name: str) -> bytes:
        target = folder / name
        if target.stat().st_size > MAX_TEXT_BYTES:
            raise ChatError("chat.too_large")
        return target.read_bytes()

    names = [path.name]
    if PAGE.fullmatch(path.name):
        names = [one.name for one in folder.iterdir() if PAGE.fullmatch(one.name)]
    elif path.name != "result.json" and path.suffix.lower() == ".json":
        return _renamed_json(path)
    chat, _texts = _read_chat(names, read=read, title=path.stem)
    pages = [one for one in sorted(names, key=_page_number) if one != path.name]
    media = [*_list_pages(folder, pages), *_list_loose(folder, chat=chat)]
    return Export(chat=chat, original=_original(path), media=tuple(media))


def _renamed_json(path: Path) -> Export:
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise ChatError("chat.too_large")
    chat = parse_telegram_json(path.read_bytes())
    return Export(chat, _original(path), tuple(_list_loose(path.parent, chat=chat)))


def _list_pages(folder: Path, pages: Sequence[str]) -> Iterator[MediaFile]:
    for name in pages:
        yield MediaFile(name, (folder / name).stat().st_size, _loose_opener(folder / name))


def _list_loose(folder: Path, *, chat: Chat) -> Iterator[MediaFile]:
    """Give the files that the chat names and that lie in its folder, not one outside of it."""
    root = folder.resolve()
    named = dict.fromkeys(name for message in chat.messages for name in message.files)
    if len(named) > MAX_FILES:
        raise ChatError("chat.too_many_files")
    for name in named:
        target = folder / name
        try:
            if not target.is_file():
                continue
        except (OSError, ValueError):
            continue
        if not target.resolve().is_relative_to(root) or target.is_symlink():
            raise ChatError("chat.bad_archive")
        yield MediaFile(name, target.stat().st_size, _loose_opener(target))


def _loose_opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")
