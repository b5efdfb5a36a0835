"""The database keeps grants, and what took them back, as long as their report is here.

Consent knows no reports, so what guards its rows by them stands here. The shredder deletes the
report first.

A migration that makes `evidence_filedreport` or one of the two tables anew takes these triggers off
first and puts them back: SQLite refuses to rename a table while a trigger names one that is gone.
"""

from django.db import migrations

REFUSE = "BEGIN SELECT RAISE(ABORT, 'consent stays with its report'); END"
IS_HERE = "EXISTS (SELECT 1 FROM evidence_filedreport WHERE report_id = OLD.report_id)"
TABLES = ("consent_grant", "consent_changedreport")


class Migration(migrations.Migration):
    """A trigger on two tables."""

    dependencies = (
        ("evidence", "0006_lines_stay_with_their_report"),
        ("consent", "0004_nothing_comes_back"),
    )
    operations = tuple(
        migrations.RunSQL(
            sql=f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} WHEN {IS_HERE} {REFUSE}",
            reverse_sql=f"DROP TRIGGER {table}_stays",
        )
        for table in TABLES
    )
