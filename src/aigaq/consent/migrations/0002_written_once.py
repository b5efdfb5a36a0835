"""The database itself refuses to change a grant or a change of grants.

All that may happen to a grant is that it is taken back, once; to a change, that its words go.
"""

from django.db import migrations

KEPT = (
    "id",
    "report_id",
    "number",
    "purpose",
    "audience",
    "items",
    "salt",
    "leaf_index",
    "given_at",
    "valid_from",
    "valid_until",
    "written_by_id",
    "how",
    "recorded_at",
)
SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in KEPT)
CHANGE_KEPT = (
    "id",
    "mailbox_key",
    "sequence",
    "named_report",
    "numbers",
    "sent_at",
    "taken_at",
)
CHANGE_SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in CHANGE_KEPT)
REFUSE = "BEGIN SELECT RAISE(ABORT, 'consent is written once'); END"
TRIGGERS = {
    "consent_grant_once": "BEFORE UPDATE ON consent_grant WHEN NOT (OLD.withdrawn_at IS NULL "
    f"AND NEW.withdrawn_at IS NOT NULL AND {SAME}) {REFUSE}",
    "consent_change_once": "BEFORE UPDATE ON consent_change WHEN NOT (NEW.message = '' "
    f"AND {CHANGE_SAME}) {REFUSE}",
    "consent_changedreport_once": f"BEFORE UPDATE ON consent_changedreport {REFUSE}",
    "consent_change_stays": f"BEFORE DELETE ON consent_change {REFUSE}",
}


class Migration(migrations.Migration):
    """Four triggers."""

    dependencies = (("consent", "0001_initial"),)
    operations = (
        migrations.RunSQL(
            sql=[f"CREATE TRIGGER {name} {text}" for name, text in TRIGGERS.items()],
            reverse_sql=[f"DROP TRIGGER {name}" for name in TRIGGERS],
        ),
    )
