"""What stands in a log whose key was retired says in which one; empty for the present log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column in two tables."""

    dependencies = (("evidence", "0004_chaff_kept_twice"),)
    operations = tuple(
        migrations.AddField(
            model_name=name,
            name="retired_log",
            field=models.CharField(blank=True, default="", max_length=255),
        )
        for name in ("filedreport", "headopening")
    )
