"""The database itself refuses a gap, a change and a removal in register and custody.

All that may happen to a line is that its bytes go (and with them, in custody, whose they were).
"""

from django.db import migrations

CHAINS = (
    (
        "evidence_registerline",
        "number",
        "NEW.number IS OLD.number AND NEW.line IS NULL AND NEW.line_sha256 IS OLD.line_sha256 "
        "AND NEW.head IS OLD.head",
    ),
    (
        "evidence_custodyline",
        "sequence",
        "NEW.sequence IS OLD.sequence AND NEW.line IS NULL AND NEW.report_id IS NULL "
        "AND NEW.item_number IS NULL AND NEW.line_sha256 IS OLD.line_sha256 "
        "AND NEW.head IS OLD.head",
    ),
)


def write_triggers(table: str, number: str, forgotten: str) -> list[str]:
    """Return the three triggers of one chain."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'a chain only grows'); END"
    following = f"(SELECT COALESCE(MAX({number}), 0) + 1 FROM {table})"  # noqa: S608 - constants.
    return [
        f"CREATE TRIGGER {table}_no_gap BEFORE INSERT ON {table} "
        f"WHEN NEW.{number} IS NOT {following} {refuse}",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} "
        f"WHEN NOT ({forgotten}) {refuse}",
        f"CREATE TRIGGER {table}_no_removal BEFORE DELETE ON {table} {refuse}",
    ]


class Migration(migrations.Migration):
    """Three triggers on the table of each chain."""

    dependencies = (("evidence", "0001_initial"),)
    operations = (
        migrations.RunSQL(
            sql=[sql for chain in CHAINS for sql in write_triggers(*chain)],
            reverse_sql=[
                f"DROP TRIGGER {table}_{what}"
                for table, *_ in CHAINS
                for what in ("no_gap", "no_change", "no_removal")
            ],
        ),
    )
