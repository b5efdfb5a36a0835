"""The database keeps every line of a report that is here; it may lose its bytes once that is gone.

The triggers of migration 0002 let anyone blank any line. The rowid is compared, too: SQLite takes
a row away without asking a trigger when another one is put in its place.

A migration that makes `evidence_filedreport`, or one of these tables, anew takes these triggers off
first and puts them back: SQLite refuses to rename a table while a trigger names one that is gone.
"""

from django.db import migrations

REFUSE = "BEGIN SELECT RAISE(ABORT, 'a chain only grows'); END"
HERE = "SELECT 1 FROM evidence_filedreport WHERE"
SAME = "NEW.rowid IS OLD.rowid AND NEW.line_sha256 IS OLD.line_sha256 AND NEW.head IS OLD.head"
CHAINS = (
    (
        "evidence_registerline",
        "number",
        "NEW.number IS OLD.number AND NEW.line IS NULL "
        f"AND NOT EXISTS ({HERE} register_number = OLD.number)",
    ),
    (
        "evidence_custodyline",
        "sequence",
        "NEW.sequence IS OLD.sequence AND NEW.line IS NULL AND NEW.report_id IS NULL "
        "AND NEW.item_number IS NULL AND OLD.report_id IS NOT NULL "
        f"AND NOT EXISTS ({HERE} report_id = OLD.report_id)",
    ),
)


def write_triggers(table: str, number: str, forgotten: str) -> list[str]:
    """Return the two triggers that take the place of those of before."""
    following = f"(SELECT COALESCE(MAX({number}), 0) + 1 FROM {table})"  # noqa: S608 - constants.
    in_its_place = f"EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid)"  # noqa: S608
    return [
        f"DROP TRIGGER {table}_no_gap",
        f"DROP TRIGGER {table}_no_change",
        f"CREATE TRIGGER {table}_no_gap BEFORE INSERT ON {table} "
        f"WHEN NEW.{number} IS NOT {following} OR {in_its_place} {REFUSE}",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} "
        f"WHEN NOT ({forgotten} AND {SAME}) {REFUSE}",
    ]


class Migration(migrations.Migration):
    """Two triggers of each chain, more strictly."""

    dependencies = (("evidence", "0005_retired_logs"),)
    operations = tuple(
        migrations.RunSQL(sql=sql) for chain in CHAINS for sql in write_triggers(*chain)
    )
