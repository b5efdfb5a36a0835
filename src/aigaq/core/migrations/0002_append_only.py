"""The database itself refuses to change or remove an audit event."""

from django.db import migrations

REFUSE = "BEGIN SELECT RAISE(ABORT, 'audit events are only appended'); END"


class Migration(migrations.Migration):
    """Two triggers on the table of audit events."""

    dependencies = (("core", "0001_initial"),)
    operations = (
        migrations.RunSQL(
            sql=[
                f"CREATE TRIGGER audit_no_change BEFORE UPDATE ON core_auditevent {REFUSE}",
                f"CREATE TRIGGER audit_no_removal BEFORE DELETE ON core_auditevent {REFUSE}",
            ],
            reverse_sql=["DROP TRIGGER audit_no_change", "DROP TRIGGER audit_no_removal"],
        ),
    )
