"""The fictional sample report, sealed and sent exactly as a reporter's is.

Every person, place and event in it is made up. It has a photo, a voice note and a video that are
drawn here, so that a newcomer at the desk sees what work looks like.
"""

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

from aigaq import clock
from aigaq.cli.sample_media import build_photo, build_video, build_voice_note
from aigaq.intake.reporter_gate import ReporterGate, Uploads
from aigaq.sealing.card import Card
from aigaq.sealing.envelope import (
    ConsentToSeal,
    ContainerSink,
    ItemToSeal,
    ReportToSeal,
    seal_report,
)
from aigaq.sealing.receipt_code import derive_mailbox_keys, draw_code

#: By number of spec/questions.json. Fictional from the first word to the last.
ANSWERS = {
    1: "18_24",
    2: "relative",
    3: "unsure",
    4: "Это вымышленное сообщение, чтобы показать, как выглядит работа.\n\n"
    "Пишет мама. Вечером дочь везли домой с вечеринки, и четверо мужчин напали на неё. Машину "
    "мы нашли сами: синяя, стоит во дворе у одного из них. Двоих отвели в полицию, утром их "
    "отпустили. Один из них — родственник начальника.",
    5: "Вымышленный район, трасса за посёлком Образцовый, у старой мельницы.",
    6: "в ночь на субботу, три дня назад",
    8: "На заправке есть камера. Одежда лежит в бумажном пакете.",
    9: "Сказали врачу и в районной полиции. Нам ответили: «подумайте о семье».",
    10: "advice lawyer complaint",
    13: "mailbox",
    15: "Днём, пока муж на работе.",
    16: "ru",
    17: "c",
}
CONSENTS = (("keep", "team"), ("advise", "team"), ("represent", "lawyer"))


@dataclass(frozen=True)
class SentSample:
    """What was sent: the report's id (32 bytes) and its receipt code (20 digits)."""

    report_id: bytes
    code: str


def send_sample(*, gate_origin: str, root_key: bytes) -> SentSample:
    """Seal the sample for the card that the gate shows, send it, and return what opens it.

    Raises `AigaqError` as sealing and sending do.
    """
    with ReporterGate(gate_origin) as session, tempfile.TemporaryFile() as file:
        _, card = session.fetch_card(root_key=root_key)
        code = draw_code()
        sealed = seal_report(
            build_sample(card),
            keys=derive_mailbox_keys(code, team_id=card.team_id),
            sink=ContainerSink(file),
        )
        file.seek(0)
        with tempfile.TemporaryDirectory() as folder:
            uploads = Uploads.load(Path(folder) / "sample.tar", report_id=sealed.report_id)
            session.send_report(file, uploads=uploads, card=card, on=lambda _: None)
        return SentSample(report_id=sealed.report_id, code=code)


def build_sample(card: Card) -> ReportToSeal:
    """Return the sample as a phone would hand it over for sealing."""
    media = (
        ("IMG_0001.jpg", "image/jpeg", "chosen", build_photo()),
        ("q4.ogg", "audio/ogg", "answer", build_voice_note()),
        ("VID_0002.mp4", "video/mp4", "chosen", build_video()),
    )
    return ReportToSeal(
        team_id=card.team_id,
        team_recipient=card.team_recipient,
        card_version=card.version,
        language="ru",
        made_at=clock.now(),
        answers=sorted(ANSWERS.items()),
        consents=[ConsentToSeal(purpose=one, audience=two) for one, two in CONSENTS],
        items=[
            ItemToSeal(
                content=io.BytesIO(data),
                size_bytes=len(data),
                name=name,
                media_type=kind,
                source=source,
                hidden_details="keep",
            )
            for name, kind, source, data in media
        ],
    )
