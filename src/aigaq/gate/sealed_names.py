"""Seals to its mailbox what still names a report in the log, once the desk has that report.

A promise names its commitment, and a mailbox its first one. Until the report is *safe* its envelope
lies here and names it anyway; after that nothing at the gate may tell its entry from chaff. So both
are sealed to the mailbox's recipient, in the transaction that erases the report, and the plain
values are overwritten. A mailbox whose recipient is none gets nothing: nobody could read it.
Source: PROTOCOL 18, 22; ``spec/mailbox.md``; docs/decisions/0011-names-sealed-at-the-gate.md.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, select, update

from aigaq.gate.cards import Cards
from aigaq.gate.residue import note_erased
from aigaq.gate.tables import mailboxes, promises, reports
from aigaq.sealing.errors import SealingError
from aigaq.sealing.mailbox_answer import NO_HASH, seal_name, seal_promise


def seal_names_of_report(
    connection: Connection, *, cards: Cards, report_id: bytes, commitment: bytes, mailbox_key: bytes
) -> None:
    """Seal what names a report that was just erased."""
    of_report = promises.c.report_id == report_id
    _seal_promises(connection, cards=cards, which=of_report)
    first = mailboxes.c.first_commitment == commitment
    _seal_mailboxes(connection, which=(mailboxes.c.key == mailbox_key) & first)
    note_erased(connection)


def seal_all_names(connection: Connection, *, cards: Cards) -> None:
    """Seal what names reports that are not here any more, such as a gate of before left it."""
    here = exists().where(reports.c.id == promises.c.report_id)
    sealed = _seal_promises(connection, cards=cards, which=~here)
    first_here = exists().where(
        reports.c.mailbox_key == mailboxes.c.key,
        reports.c.commitment == mailboxes.c.first_commitment,
    )
    if sealed + _seal_mailboxes(connection, which=~first_here):
        note_erased(connection)


def seal_first_commitment(commitment: bytes, *, recipient: str) -> dict[str, Any]:
    """Return the columns of a mailbox whose first commitment only its owner can read."""
    try:
        sealed = seal_name(commitment, recipient=recipient)
    except SealingError:  # A header named a recipient that is none.
        sealed = None
    return {"first_commitment": NO_HASH, "first_commitment_sealed": sealed}


def _seal_promises(connection: Connection, *, cards: Cards, which: ColumnElement[bool]) -> int:
    rows = connection.execute(
        select(promises, mailboxes.c.recipient)
        .join(mailboxes, mailboxes.c.key == promises.c.mailbox_key)
        .where(promises.c.commitment != NO_HASH, which)
    ).all()
    for row in rows:
        of_row = promises.c.report_id == row.report_id
        text = cards.promise(
            report_id=row.report_id, commitment=row.commitment, received_at=row.received_at
        )
        try:
            sealed = seal_promise(text, recipient=row.recipient)
        except SealingError:
            connection.execute(delete(promises).where(of_row))
            continue
        changed = {"commitment": NO_HASH, "sealed": sealed}
        connection.execute(update(promises).where(of_row).values(changed))
    return len(rows)


def _seal_mailboxes(connection: Connection, *, which: ColumnElement[bool]) -> int:
    named = mailboxes.c.first_commitment != NO_HASH
    rows = connection.execute(
        select(mailboxes.c.key, mailboxes.c.recipient, mailboxes.c.first_commitment).where(
            named, which
        )
    ).all()
    for row in rows:
        changed = seal_first_commitment(row.first_commitment, recipient=row.recipient)
        connection.execute(update(mailboxes).where(mailboxes.c.key == row.key).values(changed))
    return len(rows)
