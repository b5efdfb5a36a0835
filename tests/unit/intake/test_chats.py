"""Exported chats are read whole, or refused by a clear code; nothing leads out of an archive."""

import io
import json
import stat
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import chat_exports as samples

from aigaq.intake.chats import Chat, ChatError, build_transcript, open_export
from aigaq.intake.chats.telegram import parse_telegram_html, parse_telegram_json
from aigaq.intake.chats.whatsapp import parse_whatsapp

VOICE = "PTT-20260512-WA0003.opus"
NOTE = "voice_messages/audio_1@12-05-2026_21-15-00.ogg"


def lay(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read(path: Path) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Return the files of an export and the names of those that it lacks."""
    files = []
    with open_export(path) as export:
        for one in export.media:
            with one.open() as file:
                files.append((one.name, file.read()))
        return files, export.list_missing()


def refuse(path: Path) -> str:
    before = path.read_bytes()
    with pytest.raises(ChatError) as caught, open_export(path):
        pass
    assert path.read_bytes() == before
    return caught.value.code


def test_an_android_export_keeps_lines_authors_and_times_as_they_are_written() -> None:
    chat = parse_whatsapp(samples.ANDROID_RU)

    assert [one.author for one in chat.messages] == [
        "",
        "Айгерім",
        "Айгерім",
        "+7 700 000 00 00",
        "Айгерім",
    ]
    assert chat.messages[1].text == "Это вымышленная переписка.\nВторая строка того же сообщения."
    assert chat.messages[2].files == (VOICE,)
    assert chat.messages[3].is_without_media
    assert (chat.messages[4].files, chat.messages[4].text) == (
        ("IMG-20260512-WA0004.jpg",),
        "подпись к снимку",
    )
    assert chat.messages[1].at == "12.05.2026, 21:14"


@pytest.mark.parametrize(
    ("text", "count", "file", "left_out"),
    [
        (samples.ANDROID_EN, 4, VOICE, 1),
        (samples.ANDROID_KK, 3, VOICE, 1),
        (samples.PHONE_RU, 5, "00000003-AUDIO-2026-05-12-21-15-40.opus", 1),
        (samples.PHONE_EN, 2, "00000003-AUDIO-2026-05-12-21-15-40.opus", 1),
    ],
)
def test_every_form_of_a_whatsapp_export_is_read(
    text: str, count: int, file: str, left_out: int
) -> None:
    chat = parse_whatsapp(text)

    assert len(chat.messages) == count
    assert [name for one in chat.messages for name in one.files] == [file]
    assert sum(one.is_without_media for one in chat.messages) == left_out


def test_a_colon_in_what_was_said_stays_there() -> None:
    said = parse_whatsapp(samples.ANDROID_EN).messages[1]

    assert (said.author, said.text) == ("Aunt", "it was in the park: near the bridge")


def test_a_telegram_chat_is_read_from_json_and_from_html_alike() -> None:
    from_json = parse_telegram_json(samples.build_telegram().encode())
    from_html = parse_telegram_html(iter([samples.TELEGRAM_HTML]))

    assert from_json.title == from_html.title == "Айгерім (вымысел)"
    assert from_json.messages[1].text == "Это вымысел.\nВторая строка."
    assert from_json.messages[2].files == (NOTE,)
    assert from_json.messages[3].is_without_media
    assert from_html.messages[1].text == "Это вымысел.\nВторая."
    assert (from_html.messages[2].author, from_html.messages[2].files) == ("Айгерім", (NOTE,))
    assert from_html.messages[2].at == "12.05.2026 21:15:00 UTC+05:00"


def test_a_transcript_says_who_when_and_which_item_and_holds_no_hidden_mark() -> None:
    chat = parse_whatsapp(samples.PHONE_RU)
    name = "00000003-AUDIO-2026-05-12-21-15-40.opus"

    text = build_transcript(chat, items={name: 2})

    assert f"    -> item 2: {name}" in text
    assert "[12.05.2026, 21:15:01] Айгерім: строка\n    ещё строка\n" in text
    assert "    -> left out of the export" in text
    assert all(letter == "\n" or letter.isprintable() for letter in text)
    assert f"    -> missing: {name}" in build_transcript(chat, items={})


def test_an_archive_gives_the_chat_and_every_file_in_it(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "WhatsApp Chat.txt": samples.ANDROID_RU,
        VOICE: samples.VOICE,
        "extra.bin": b"x",
    }
    found, missing = read(lay(tmp_path, "chat.zip", samples.pack(files)))

    assert found == [(VOICE, samples.VOICE), ("extra.bin", b"x")]
    assert missing == ["IMG-20260512-WA0004.jpg"]


def test_a_packed_telegram_folder_is_read_with_its_files(tmp_path: Path) -> None:
    top = "ChatExport_2026-05-12/"
    files: dict[str, bytes | str] = {
        top + "result.json": samples.build_telegram(),
        top + NOTE: samples.VOICE,
    }
    found, missing = read(lay(tmp_path, "export.zip", samples.pack(files)))

    assert found == [(NOTE, samples.VOICE)]
    assert missing == ["photos/photo_1.jpg"]


def test_a_loose_result_json_takes_the_files_beside_it_and_none_from_elsewhere(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "export"
    (folder / "voice_messages").mkdir(parents=True)
    lay(folder, NOTE, samples.VOICE)
    found, _missing = read(lay(folder, "result.json", samples.build_telegram().encode()))
    assert found == [(NOTE, samples.VOICE)]

    secret = lay(tmp_path, "secret.txt", b"not part of the export")
    for name in ("../secret.txt", str(secret)):
        messages = [{"id": 1, "date": "", "from": "x", "file": name, "text": ""}]
        data = samples.build_telegram(messages=messages).encode()
        assert refuse(lay(folder, "result.json", data)) == "chat.bad_archive"
    (folder / "link.txt").symlink_to(secret)
    messages = [{"id": 1, "date": "", "from": "x", "file": "link.txt", "text": ""}]
    data = samples.build_telegram(messages=messages).encode()
    assert refuse(lay(folder, "result.json", data)) == "chat.bad_archive"


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/etc/out.txt", "..\\out.txt"])
def test_an_archive_whose_names_lead_out_is_refused(name: str, tmp_path: Path) -> None:
    data = samples.pack({"_chat.txt": samples.PHONE_RU, name: b"x"})

    assert refuse(lay(tmp_path, "chat.zip", data)) == "chat.bad_archive"


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("_chat.txt", samples.PHONE_RU)
        link = zipfile.ZipInfo("photo.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    assert refuse(lay(tmp_path, "chat.zip", buffer.getvalue())) == "chat.bad_archive"


def test_an_archive_that_swells_is_refused_before_it_is_read(tmp_path: Path) -> None:
    data = samples.pack({"_chat.txt": samples.PHONE_RU, "photo.jpg": bytes(16 * 1024 * 1024)})

    assert len(data) < 100_000
    assert refuse(lay(tmp_path, "chat.zip", data)) == "chat.too_large"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("chat.zip", samples.pack({"_chat.txt": samples.PHONE_RU})[:-30], "chat.damaged_archive"),
        ("chat.zip", b"", "chat.damaged_archive"),
        ("chat.zip", samples.pack({"photo.jpg": b"x"}), "chat.not_an_export"),
        ("chat.zip", samples.pack({"note.txt": b"just a note"}), "chat.not_an_export"),
        ("chat.txt", b"just a note", "chat.not_an_export"),
        ("chat.txt", b"\xff\xfe\x00", "chat.not_an_export"),
        ("chat.txt", b"", "chat.not_an_export"),
        ("photo.jpg", b"\xff\xd8\xff", "chat.not_an_export"),
        ("result.json", b"[]", "chat.not_an_export"),
        ("result.json", b'{"messages": []}', "chat.not_an_export"),
        ("result.json", b'{"messages": [1]}', "chat.not_an_export"),
        ("result.json", b"[" * 100_000, "chat.not_an_export"),
        ("result.json", json.dumps({"chats": {"list": []}}).encode(), "chat.whole_account"),
        ("messages.html", b"<html>nothing</html>", "chat.not_an_export"),
    ],
)
def test_what_is_no_export_says_so(name: str, data: bytes, code: str, tmp_path: Path) -> None:
    assert refuse(lay(tmp_path, name, data)) == code


@given(st.text())
def test_no_text_makes_the_readers_fail_otherwise(text: str) -> None:
    refused: list[str] = []
    readers: tuple[Callable[[], Chat], ...] = (
        lambda: parse_whatsapp(text),
        lambda: parse_whatsapp("12.05.26, 21:14 - A: b\n" + text),
        lambda: parse_telegram_json(text.encode(errors="replace")),
        lambda: parse_telegram_html(iter([text])),
    )
    for reader in readers:
        try:
            build_transcript(reader(), items={})
        except ChatError as error:
            refused.append(error.code)
    assert set(refused) <= {"chat.not_an_export", "chat.whole_account"}


HOSTILE_HTML = [
    "<b>x",
    "<b><a ",
    "<!--",
    "<a ",
    "<a b='",
    "<a b=",
    "<a/",
    '<a"',
    "<a b='c' ",
    "</b",
    "<script>",
    "<br>x",
    "<![CDATA[",
    "&#",
    '<div class="message"><div class="text">x',
    '<div class="message text from_name">x</div>',
    "a = ",
]


@pytest.mark.parametrize("unit", HOSTILE_HTML)
@pytest.mark.parametrize("begin", ["", '<div class="message"><div class="text">', "<a b='", "<a "])
def test_a_hostile_page_is_read_or_refused_in_seconds(begin: str, unit: str) -> None:
    # A reader whose time grows with the square would need an hour for the slowest of these.
    page = begin + unit * (2_000_000 // len(unit))
    began = time.process_time()
    with suppress(ChatError):
        parse_telegram_html(iter([page]))
    assert time.process_time() - began < 30


@pytest.mark.parametrize("unit", ["a", "1.", "12.05.26, 21:14 - ", "<a", "x.y ", "\u200e", "a\n"])
def test_a_hostile_text_is_read_or_refused_in_seconds(unit: str) -> None:
    text = "12.05.26, 21:14 - A: " + unit * (2_000_000 // len(unit))
    began = time.process_time()
    parse_whatsapp(text)
    assert time.process_time() - began < 30


def test_elements_within_elements_without_end_are_no_export() -> None:
    with pytest.raises(ChatError) as caught:
        parse_telegram_html(iter(['<div class="message">' + "<b>" * 10_000]))
    assert caught.value.code == "chat.not_an_export"


def test_a_number_of_a_character_with_thousands_of_digits_is_no_export() -> None:
    with pytest.raises(ChatError) as caught:
        parse_telegram_html(iter([f'<div class="message">&#{"9" * 5_000};</div>']))
    assert caught.value.code == "chat.not_an_export"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<div class=text>a &lt;b&gt; &amp; c</div>", "a <b> & c"),
        ("<div class='x text y'>1 < 2 > 0</div>", "1 < 2 > 0"),
        ('<DIV CLASS="text">a<BR>b<br/>c</DIV>', "a\nb\nc"),
        ('<div class="text"><!-- <b> -->a<b title="</div>">b</b></div>', "ab"),
        ('<script>"<div class=\'text\'>"</script><div class="text">a</div>', "a"),
        ('<div class="text">it isn\'t "so"</div>', 'it isn\'t "so"'),
    ],
)
def test_a_page_is_read_as_a_browser_shows_it(page: str, said: str) -> None:
    chat = parse_telegram_html(iter([f'<div class="message">{page}</div>']))
    assert [one.text for one in chat.messages] == [said]
