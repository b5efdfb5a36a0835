"""Reports that are carried to the desk as a file, by a page or by the command line."""

from typing import BinaryIO
from uuid import UUID

from aigaq import clock
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.core import background
from aigaq.intake import filing, healing, models
from aigaq.intake.errors import ImportRefused
from aigaq.intake.selectors import check_may
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import HEADER, MAXIMUM_HEADER_BYTES
from aigaq.sealing.header import report_id as hash_header
from aigaq.sealing.opening import ContainerSource


def import_report_file(*, actor: Staff, file: BinaryIO) -> UUID:
    """File a report that was carried as a file (seekable); the same again is the same report.

    Raises `NotFound`, and `ImportRefused` with the code of what is wrong with the file's form; a
    report of the right form is filed whatever is wrong with it. One that was filed from a damaged
    copy is healed by a whole one.
    """
    check_may(actor, capability=Capability.IMPORT_REPORTS)
    return import_carried(file=file, actor=actor).pk


def import_carried(*, file: BinaryIO, actor: Staff | None) -> models.Report:
    """File a carried report for a page or for the command line."""
    try:
        source = ContainerSource(file)
        if source.size(HEADER) > MAXIMUM_HEADER_BYTES:
            raise ImportRefused("report.bad_header")
        with source.open(HEADER) as reader:
            header = reader.read(MAXIMUM_HEADER_BYTES)
    except SealingError as error:
        raise ImportRefused(error.code) from None
    arrival = filing.Arrival(report_id=hash_header(header), received_at=clock.now(), came_by="file")
    known = filing.find_report(arrival.report_id)
    healed = None
    if known is not None:
        healed = healing.heal_report(source=source, arrival=arrival, actor=actor)
    report = healed or filing.file_report(source=source, arrival=arrival, actor=actor)
    background.REGISTRY.wake("intake-work")
    return report
