"""Exports of chats as phones and computers write them. Everybody and everything is fictional."""

import io
import json
import zipfile
from collections.abc import Mapping

VOICE = b"OggS fictional voice note"
PHOTO = b"\xff\xd8\xff fictional photo"

ANDROID_RU = """\
12.05.2026, 21:14 - Сообщения и звонки защищены сквозным шифрованием.
12.05.2026, 21:14 - Айгерім: Это вымышленная переписка.
Вторая строка того же сообщения.
12.05.2026, 21:15 - Айгерім: \u200ePTT-20260512-WA0003.opus (файл добавлен)
12.05.2026, 21:16 - +7 700 000 00 00: <Без медиафайлов>
12.05.2026, 21:17 - Айгерім: IMG-20260512-WA0004.jpg (файл добавлен)
подпись к снимку
"""
ANDROID_EN = """\
5/12/26, 9:14\u202fPM - Messages and calls are end-to-end encrypted.
5/12/26, 9:15\u202fPM - Aunt: it was in the park: near the bridge
5/12/26, 9:16\u202fPM - Aunt: <Media omitted>
5/12/26, 9:17\u202fPM - Aunt: PTT-20260512-WA0003.opus (file attached)
"""
ANDROID_KK = """\
12.05.2026 ж., 21:14 - Әйгерім: Бұл ойдан шығарылған хат.
12.05.2026 ж., 21:15 - Әйгерім: PTT-20260512-WA0003.opus (файл тіркелді)
12.05.2026 ж., 21:16 - Әйгерім: <Медиа қосылмаған>
"""
PHONE_RU = """\
\u200e[12.05.2026, 21:14:33] Айгерім: \u200eСообщения защищены сквозным шифрованием.
[12.05.2026, 21:15:01] Айгерім: строка
ещё строка
\u200e[12.05.2026, 21:15:40] Айгерім: \u200e<прикреплено: 00000003-AUDIO-2026-05-12-21-15-40.opus>
\u200e[12.05.2026, 21:16:00] Айгерім: \u200eизображение отсутствует
[12.05.2026, 21:17:00] Айгерім: \u202eтекст с меткой\u202c
"""
PHONE_EN = """\
[5/12/26, 9:14:33\u202fPM] Aunt: \u200e<attached: 00000003-AUDIO-2026-05-12-21-15-40.opus>
[5/12/26, 9:15:33\u202fPM] Aunt: \u200eimage omitted
"""
TELEGRAM = {
    "name": "Айгерім (вымысел)",
    "type": "personal_chat",
    "id": 1,
    "messages": [
        {"id": 1, "type": "service", "date": "2026-05-12T21:13:00", "actor": "Айгерім",
         "action": "phone_call", "text": ""},
        {"id": 2, "type": "message", "date": "2026-05-12T21:14:00", "from": "Айгерім",
         "text": ["Это ", {"type": "bold", "text": "вымысел"}, ".\nВторая строка."]},
        {"id": 3, "type": "message", "date": "2026-05-12T21:15:00", "from": "Айгерім",
         "file": "voice_messages/audio_1@12-05-2026_21-15-00.ogg",
         "media_type": "voice_message", "duration_seconds": 3, "text": ""},
        {"id": 4, "type": "message", "date": "2026-05-12T21:16:00", "from": "Айгерім",
         "photo": "(File not included. Change data exporting settings to download.)", "text": ""},
        {"id": 5, "type": "message", "date": "2026-05-12T21:17:00", "from": "Айгерім",
         "photo": "photos/photo_1.jpg", "text": "подпись"},
    ],
}  # fmt: skip
TELEGRAM_HTML = """<!DOCTYPE html><html><body><div class="page_wrap">
<div class="page_header"><div class="content">
<div class="text bold">Айгерім (вымысел)</div></div></div>
<div class="page_body chat_page"><div class="history">
<div class="message service" id="message-1"><div class="body details">12 May 2026</div></div>
<div class="message default clearfix" id="message2"><div class="body">
<div class="pull_right date details" title="12.05.2026 21:14:00 UTC+05:00">21:14</div>
<div class="from_name">Айгерім</div><div class="text">Это <strong>вымысел</strong>.<br>Вторая.</div>
</div></div>
<div class="message default clearfix joined" id="message3"><div class="body">
<div class="pull_right date details" title="12.05.2026 21:15:00 UTC+05:00">21:15</div>
<div class="media_wrap clearfix"><a class="media clearfix pull_left block_link media_voice_message"
 href="voice_messages/audio_1@12-05-2026_21-15-00.ogg"><div class="body">
<div class="title bold">Voice message</div></div></a></div></div></div>
</div></div></div></body></html>
"""


def pack(files: Mapping[str, bytes | str]) -> bytes:
    """Return a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def build_telegram(**changes: object) -> str:
    """Return a ``result.json``."""
    return json.dumps(TELEGRAM | changes, ensure_ascii=False)
