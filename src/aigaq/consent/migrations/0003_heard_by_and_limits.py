"""Who heard a word of mouth, within which limits, and how a withdrawal was said.

SQLite makes the table anew for that, and its trigger goes with the old one; it comes back with the
new columns among those that never change.
"""

from importlib import import_module

from django.db import migrations, models

_BEFORE = import_module("aigaq.consent.migrations.0002_written_once")
NAME = "consent_grant_once"
SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in (*_BEFORE.KEPT, "heard_by", "limits"))
ONCE = (
    f"CREATE TRIGGER {NAME} BEFORE UPDATE ON consent_grant WHEN NOT (OLD.withdrawn_at IS NULL "
    f"AND NEW.withdrawn_at IS NOT NULL AND {SAME}) {_BEFORE.REFUSE}"
)


class Migration(migrations.Migration):
    """Five columns, and the trigger again."""

    dependencies = (("consent", "0002_written_once"),)
    operations = (
        migrations.RunSQL(
            sql=f"DROP TRIGGER {NAME}",
            reverse_sql=f"CREATE TRIGGER {NAME} {_BEFORE.TRIGGERS[NAME]}",
        ),
        migrations.AddField(
            "grant", "heard_by", models.CharField(blank=True, default="", max_length=100)
        ),
        migrations.AddField(
            "grant", "limits", models.CharField(blank=True, default="", max_length=500)
        ),
        migrations.AddField(
            "grant", "withdrawn_how", models.CharField(blank=True, default="", max_length=200)
        ),
        migrations.AddField(
            "grant", "withdrawn_heard_by", models.CharField(blank=True, default="", max_length=100)
        ),
        migrations.AddField("grant", "withdrawn_said_at", models.DateTimeField(null=True)),
        migrations.RunSQL(sql=ONCE, reverse_sql=f"DROP TRIGGER {NAME}"),
    )
