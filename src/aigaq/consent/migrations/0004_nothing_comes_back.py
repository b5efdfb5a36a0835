"""The database itself refuses to put another row in the place of a grant, or of what took it back.

Migration 0002 refused changes only. `INSERT OR REPLACE`, and SQLite's rowid, take a row away
without asking a trigger, so a grant that was taken back could stand again. What took grants back
may lose its words only once every report that it speaks of was forgotten. That no row is deleted
while its report is here is for evidence to say, which knows the reports (its migration 0007).

A migration that makes one of these tables anew loses its triggers and puts them back, also those of
evidence.
"""

from importlib import import_module

from django.db import migrations

_BEFORE = import_module("aigaq.consent.migrations.0002_written_once")
_AFTER = import_module("aigaq.consent.migrations.0003_heard_by_and_limits")
REFUSE = "BEGIN SELECT RAISE(ABORT, 'consent is written once'); END"
SPEAKS = "EXISTS (SELECT 1 FROM consent_changedreport WHERE change_id = OLD.id)"


def in_its_place(table: str, *others: str) -> str:
    """Return when a new row would push another one out."""
    same = " OR ".join(("rowid = NEW.rowid", "id = NEW.id", *others))
    return f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - constants.


NEW = {
    "consent_grant_once": "BEFORE UPDATE ON consent_grant WHEN NOT (OLD.withdrawn_at IS NULL "
    f"AND NEW.withdrawn_at IS NOT NULL AND NEW.rowid IS OLD.rowid AND {_AFTER.SAME})",
    "consent_grant_new": "BEFORE INSERT ON consent_grant "
    + in_its_place("consent_grant", "(report_id = NEW.report_id AND number = NEW.number)"),
    "consent_change_once": f"BEFORE UPDATE ON consent_change WHEN {SPEAKS} OR NOT "
    f"(NEW.message = '' AND NEW.rowid IS OLD.rowid AND {_BEFORE.CHANGE_SAME})",
    "consent_change_new": "BEFORE INSERT ON consent_change "
    + in_its_place("consent_change", "(mailbox_key = NEW.mailbox_key AND sequence = NEW.sequence)"),
    "consent_changedreport_new": "BEFORE INSERT ON consent_changedreport "
    + in_its_place(
        "consent_changedreport", "(change_id = NEW.change_id AND report_id = NEW.report_id)"
    ),
}
REPLACED = ("consent_grant_once", "consent_change_once")


class Migration(migrations.Migration):
    """Five triggers; two of them take the place of those of before."""

    dependencies = (("consent", "0003_heard_by_and_limits"),)
    operations = (
        *(migrations.RunSQL(sql=f"DROP TRIGGER {name}") for name in REPLACED),
        *(
            migrations.RunSQL(sql=f"CREATE TRIGGER {name} {text} {REFUSE}")
            for name, text in NEW.items()
        ),
    )
