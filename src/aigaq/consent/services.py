"""Writes of consent: one transaction and one audit event each.

A grant is given in a report (`record_grants`) or by word of mouth (`record_staff_grant`), and taken
back by a signed message (`withdraw_by_message`) or at the reporter's word (`withdraw`). What she
signed is the stronger: after she took everything of a report back, no word of mouth opens it again;
she gives anew by a new report. Sources: PROTOCOL 18, 19; spec/mailbox.md; spec/evidence-package.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from aigaq import clock
from aigaq.accounts.permissions import Capability, check_may
from aigaq.accounts.selectors import Staff
from aigaq.consent import models, selectors
from aigaq.consent.errors import ConsentError, NotFound
from aigaq.consent.shapes import BY_MESSAGE, BY_MOUTH, PURPOSES
from aigaq.core import audit
from aigaq.sealing.errors import SealingError
from aigaq.sealing.manifest import Consent, Manifest
from aigaq.sealing.messages import TO_DESK, Message, read_message

MAILBOX = "mailbox"
HOW_LENGTH, HEARD_LENGTH, LIMITS_LENGTH, REASON_LENGTH = 200, 100, 500, 2_000
_MESSAGE_CODES = {
    "message.wrong_signature": "consent.wrong_signature",
    "message.other_mailbox": "consent.other_mailbox",
}


@dataclass(frozen=True)
class MailboxOf:
    """Whose signed messages are expected."""

    team_id: bytes
    key: bytes
    first_commitment: bytes


@transaction.atomic
def record_grants(
    *,
    report_id: bytes,
    manifest: Manifest,
    mailbox_key: bytes | None,
    received_at: datetime,
    by: Staff | None,
) -> None:
    """Write down what a report allows, in the transaction that files it.

    A withdrawal that she signed after she had sealed this report, and that came before it, holds.
    """
    now = clock.now()
    changes = _list_later_changes(
        mailbox_key, report_id=report_id, since=manifest.made_at, until=received_at
    )
    for change in changes:
        models.ChangedReport.objects.create(change=change, report_id=report_id)
    for consent in manifest.consents:
        row = models.Grant(
            report_id=report_id,
            number=consent.number,
            purpose=consent.purpose,
            audience=consent.audience,
            items=None if consent.items is None else list(consent.items),
            salt=consent.salt,
            leaf_index=len(manifest.answers) + consent.number,
            given_at=manifest.made_at,
            valid_from=received_at,
            recorded_at=now,
        )
        if any(_names(change, consent) for change in changes):
            row.withdrawn_at, row.withdrawn_by, row.withdrawn_because = now, BY_MESSAGE, MAILBOX
        row.save(force_insert=True)
    context = {"count": len(manifest.consents)}
    audit.record(
        "consent.granted",
        actor=by,
        kind="report",
        subject_id=report_id.hex()[:16],
        context=context,
    )


@transaction.atomic
def record_staff_grant(
    *,
    actor: Staff,
    report_id: bytes,
    purpose: str,
    audience: str,
    items: Sequence[int] | None,
    how: str,
    given_at: datetime,
    valid_until: datetime | None = None,
    heard_by: str = "",
    limits: str = "",
) -> UUID:
    """Write down what the reporter allowed by word of mouth; return the grant's id.

    ``how`` says in which way she said it (a call, a visit), ``heard_by`` to whom, ``limits`` what
    she ruled out. The caller knows that report and items are there. Raises `NotThere`;
    `ConsentError` ``consent.unknown_purpose``, ``consent.bad_items``, ``consent.no_how``,
    ``consent.too_long``, ``consent.bad_time`` (given in the future, or over already),
    ``consent.taken_back`` (she signed that nothing of this report is allowed).
    """
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    now = clock.now()
    if PURPOSES.get(purpose) != audience:
        raise ConsentError("consent.unknown_purpose")
    if items is not None and (not items or min(items) < 0 or len(set(items)) != len(items)):
        raise ConsentError("consent.bad_items")
    how = " ".join(how.split())
    if not how or len(how) > HOW_LENGTH:
        raise ConsentError("consent.no_how", limit=HOW_LENGTH)
    heard_by, limits = " ".join(heard_by.split()), limits.strip()
    if len(heard_by) > HEARD_LENGTH or len(limits) > LIMITS_LENGTH:
        raise ConsentError("consent.too_long", limit=LIMITS_LENGTH)
    if given_at > now or (valid_until is not None and valid_until <= now):
        raise ConsentError("consent.bad_time")
    if selectors.is_all_taken_back(report_id):
        raise ConsentError("consent.taken_back")
    row = models.Grant.objects.create(
        report_id=report_id,
        purpose=purpose,
        audience=audience,
        items=None if items is None else sorted(items),
        given_at=given_at,
        valid_from=given_at,
        valid_until=valid_until,
        written_by=actor,
        how=how,
        heard_by=heard_by,
        limits=limits,
        recorded_at=now,
    )
    context = {"purpose": purpose, "audience": audience}
    audit.record("consent.granted_by_mouth", actor=actor, subject=row, context=context)
    return row.pk


@transaction.atomic
def withdraw(
    *,
    actor: Staff,
    grant_id: UUID,
    reason: str,
    how: str = "",
    heard_by: str = "",
    said_at: datetime | None = None,
) -> None:
    """Take one grant back, as the reporter said in a meeting or a call; again changes nothing.

    It holds from now on, whenever it was said. Raises `NotThere`; `ConsentError`
    ``consent.bad_time`` (said in the future).
    """
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    if said_at is not None and said_at > clock.now():
        raise ConsentError("consent.bad_time")
    row = models.Grant.objects.filter(pk=grant_id).first()
    if row is None:
        raise NotFound
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at, row.withdrawn_by = clock.now(), BY_MOUTH
    row.withdrawn_because = reason[:REASON_LENGTH]
    row.withdrawn_how = " ".join(how.split())[:HOW_LENGTH]
    row.withdrawn_heard_by = " ".join(heard_by.split())[:HEARD_LENGTH]
    row.withdrawn_said_at = said_at
    row.save(
        update_fields=[
            "withdrawn_at",
            "withdrawn_by",
            "withdrawn_because",
            "withdrawn_how",
            "withdrawn_heard_by",
            "withdrawn_said_at",
        ]
    )
    context = {"report": bytes(row.report_id).hex()[:16], "number": row.number}
    audit.record("consent.withdrawn_by_mouth", actor=actor, subject=row, context=context)


@transaction.atomic
def withdraw_by_message(*, text: str, mailbox: MailboxOf, report_ids: Sequence[bytes]) -> int:
    """Take back what a signed message names of these reports; return how many grants.

    ``report_ids`` are the reports of this mailbox that are here. The text is kept as proof.
    Raises `ConsentError` ``consent.bad_form``, ``consent.wrong_signature``,
    ``consent.other_mailbox``, ``consent.wrong_sequence`` (not higher than every one before).
    """
    message = _read_withdrawal(text, mailbox=mailbox)
    if message.sequence <= selectors.get_last_sequence(mailbox_key=mailbox.key):
        raise ConsentError("consent.wrong_sequence", sequence=message.sequence)
    named, numbers = message.body["report_id"], message.body["consents"]
    now = clock.now()
    change = models.Change.objects.create(
        mailbox_key=mailbox.key,
        sequence=message.sequence,
        named_report=None if named is None else bytes.fromhex(named),
        numbers=numbers,
        message=text,
        sent_at=message.sent_at,
        taken_at=now,
    )
    about = [one for one in report_ids if named is None or one.hex() == named]
    models.ChangedReport.objects.bulk_create(
        models.ChangedReport(change=change, report_id=one) for one in about
    )
    grants = models.Grant.objects.filter(report_id__in=about, withdrawn_at=None)
    if numbers is not None:
        grants = grants.filter(number__in=numbers)
    count = grants.update(withdrawn_at=now, withdrawn_by=BY_MESSAGE, withdrawn_because=MAILBOX)
    audit.record(
        "consent.withdrawn_by_message", actor=None, subject=change, context={"count": count}
    )
    return count


def _read_withdrawal(text: str, *, mailbox: MailboxOf) -> Message:
    try:
        message = read_message(
            text.encode("utf-8"),
            public_key=mailbox.key,
            direction=TO_DESK,
            team_id=mailbox.team_id,
            mailbox_key=mailbox.key,
            first_commitment=mailbox.first_commitment,
        )
    except SealingError as error:
        raise ConsentError(_MESSAGE_CODES.get(error.code, "consent.bad_form")) from None
    if message.kind != "withdraw_consent":
        raise ConsentError("consent.bad_form")
    return message


def _list_later_changes(
    mailbox_key: bytes | None, *, report_id: bytes, since: datetime, until: datetime
) -> list[models.Change]:
    """Return the changes that speak of a report that is only filed now.

    Both moments were signed on her phone, so a gate that holds the report back gains nothing. A
    report that claims to be of later than it came counts as of when it came.
    """
    if mailbox_key is None:
        return []
    about = Q(named_report=None) | Q(named_report=report_id)
    since = min(since, until)
    rows = models.Change.objects.filter(about, mailbox_key=mailbox_key, sent_at__gte=since)
    return list(rows.order_by("sequence"))


def _names(change: models.Change, consent: Consent) -> bool:
    return change.numbers is None or consent.number in change.numbers
