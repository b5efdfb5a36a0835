"""The note of a hand-over stands beside the report and is forgotten with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = (("intake", "0001_initial"),)
    operations = (
        migrations.AddField(
            model_name="report",
            name="assigned_note",
            field=models.TextField(blank=True, default=""),
        ),
    )
