"""Hands told reports to the gate as a phone would, once each; until then they wait at the desk.

The envelope is built again from the filed members, so nothing but the desk's database and blobs
must survive for it to be sent, also after a restore. The gate's promise is checked under the card
and kept. It goes the stranger's way, without a key of the desk: the gate sees a report, and that it
came by the same line as the desk, unless that line is Tor.
"""

import tempfile
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.core import audit
from aigaq.intake import models
from aigaq.intake.evidence_hooks import BlobSource
from aigaq.intake.paced_line import PacedTransport
from aigaq.intake.reporter_gate import ReporterGate, SendingError, Uploads
from aigaq.intake.way import STRANGER, find_proxy
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.container import ContainerWriter
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import HEADER, KEY, MANIFEST

PIECE_BYTES = 1024 * 1024


def send_waiting() -> int:
    """Send the told reports that the gate has not promised yet; return how many went.

    Raises `SendingError`, `GateError` for what the gate does: done again later.
    """
    waiting = models.Report.objects.filter(
        came_by="desk", sent=None, forgotten_at=None, commitment__isnull=False
    ).order_by("register_number")
    sent = 0
    for report in waiting:
        try:
            _send(report)
            sent += 1
        except (SendingError, SealingError) as error:
            # One that the gate refuses, or promises falsely, does not hold up the others.
            if error.code == "send.unreachable":
                raise
    return sent


def _send(report: models.Report) -> None:
    organisation = accounts.get_organisation()
    card = parse_card(accounts.get_card(), root_key=bytes(organisation.root_key))
    folder = _get_folder()
    with tempfile.TemporaryFile(dir=folder) as file:
        source = BlobSource(report)
        items = sorted(name for name in source.names() if name.startswith("item-"))
        writer = ContainerWriter(file)
        for name in (*items, MANIFEST, KEY, HEADER):
            writer.begin(name, size=source.size(name))
            with source.open(name) as reader:
                while piece := reader.read(PIECE_BYTES):
                    writer.write(piece)
        writer.close()
        file.seek(0)
        promise = _hand_over(file, report_id=bytes(report.report_id), card=card, folder=folder)
    _record(report, promise=promise)


def _hand_over(file: BinaryIO, *, report_id: bytes, card: Card, folder: Path) -> str:
    transport = PacedTransport(proxy=find_proxy(origin=card.gate_origin, purpose=STRANGER))
    with ReporterGate(card.gate_origin, tries=1, transport=transport) as gate:
        uploads = Uploads.load(folder / report_id.hex(), report_id=report_id)
        return gate.send_report(file, uploads=uploads, card=card, on=lambda _bytes: None)


@transaction.atomic
def _record(report: models.Report, *, promise: str) -> None:
    models.SentReport.objects.get_or_create(
        report=report, defaults={"promise": promise, "sent_at": clock.now()}
    )
    context = {"register_number": report.register_number}
    audit.record("intake.told_report_sent", actor=None, subject=report, context=context)


def _get_folder() -> Path:
    folder: Path = settings.HOME.desk / "inbox" / "outgoing"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
