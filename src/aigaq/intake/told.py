"""Reports told to staff: typed at the desk, sealed there as on a phone, and filed at once.

A told report needs no gate to be safe: it is durable and has its register number before the page
answers. It is handed to the gate afterwards (`told_sending`), so that its mailbox exists there and
it is committed and promised as any other. The digits of a receipt code never come here: the desk's
browser draws them and hands over the mailbox's signing key for this one signature, and it is kept
nowhere. Without a mailbox both keys are drawn at random and forgotten. Source: spec/questions.md.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.age import HybridIdentity
from aigaq.core import background
from aigaq.intake import filing, models
from aigaq.intake.errors import ImportRefused
from aigaq.intake.selectors import check_may
from aigaq.intake.told_numbers import (
    NO_MAILBOX,
    TOLD_BY,
    TOLD_HOW,
    TOLD_MAILBOX,
    TOLD_WHEN,
    WAYS,
    WITH_CODE,
)
from aigaq.sealing.card import parse_card
from aigaq.sealing.container import ContainerWriter
from aigaq.sealing.envelope import ConsentToSeal, ItemToSeal, ReportToSeal, seal_report
from aigaq.sealing.errors import SealingError
from aigaq.sealing.opening import ContainerSource
from aigaq.sealing.signatures import public_bytes

#: What sending means, as questions.json says: without these there is nobody to read a report.
NEEDED_CONSENTS = (("keep", "team"), ("advise", "team"))


@dataclass(frozen=True)
class BoxKeys:
    """What sealing needs of a mailbox. ``recipient`` opens nothing here."""

    key: Ed25519PrivateKey
    recipient: str

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes that name the mailbox."""
        return public_bytes(self.key)


@dataclass(frozen=True)
class ToldFile:
    """A file that belongs to a told report; ``name`` is text and never a path.

    ``hidden_details``: ``keep`` or ``strip``, as the reporter said; None if nobody asked.
    """

    content: BinaryIO
    size_bytes: int
    name: str
    media_type: str
    hidden_details: str | None = None


@dataclass(frozen=True)
class ToldReport:
    """What staff took down: ``answers`` by number of questions.json, ``consents`` beyond the
    needed ones as (purpose, audience), ``how`` one of `WAYS`."""

    language: str
    by: str
    how: str
    when: str
    answers: Sequence[tuple[int, str]] = ()
    consents: Sequence[tuple[str, str]] = ()
    files: Sequence[ToldFile] = ()


def draw_keys_of_nobody() -> BoxKeys:
    """Return keys for a report whose reporter wants no mailbox: nobody can open or use it."""
    return BoxKeys(
        key=Ed25519PrivateKey.generate(), recipient=str(HybridIdentity.generate().recipient)
    )


def file_told(*, actor: Staff, told: ToldReport, keys: BoxKeys | None) -> UUID:
    """Seal and file a told report; its id. ``keys`` None means that she wants no mailbox.

    Raises `NotFound`, `ImportRefused` with the code of what cannot be sealed.
    """
    check_may(actor, capability=Capability.IMPORT_REPORTS)
    return take_down(actor=actor, told=told, keys=keys).pk


def take_down(*, actor: Staff | None, told: ToldReport, keys: BoxKeys | None) -> models.Report:
    """Seal and file a told report for a page or for the command line."""
    if told.how not in WAYS:
        raise ImportRefused("told.unknown_way")
    with tempfile.TemporaryFile(dir=settings.HOME.desk) as file:  # Ciphertext, without a name.
        try:
            sealed = seal_report(
                _build(told, has_code=keys is not None),
                keys=keys or draw_keys_of_nobody(),
                sink=ContainerWriter(file),
            )
        except SealingError as error:
            raise ImportRefused(error.code) from None
        file.seek(0)
        arrival = filing.Arrival(
            report_id=sealed.report_id, received_at=clock.now(), came_by="desk"
        )
        report = filing.file_report(source=ContainerSource(file), arrival=arrival, actor=actor)
    background.REGISTRY.wake("intake-work")
    return report


def _build(told: ToldReport, *, has_code: bool) -> ReportToSeal:
    organisation = accounts.get_organisation()
    card = parse_card(accounts.get_card(), root_key=bytes(organisation.root_key))
    about = (
        (TOLD_BY, told.by),
        (TOLD_HOW, told.how),
        (TOLD_WHEN, told.when),
        (TOLD_MAILBOX, WITH_CODE if has_code else NO_MAILBOX),
    )
    answers = [*told.answers, *about]
    return ReportToSeal(
        team_id=card.team_id,
        team_recipient=card.team_recipient,
        card_version=card.version,
        language=told.language,
        made_at=clock.now(),
        answers=sorted((number, text) for number, text in answers if text),
        consents=[ConsentToSeal(*one) for one in (*NEEDED_CONSENTS, *told.consents)],
        items=[
            ItemToSeal(
                content=one.content,
                size_bytes=one.size_bytes,
                name=one.name,
                media_type=one.media_type,
                hidden_details=one.hidden_details,
            )
            for one in told.files
        ],
    )
