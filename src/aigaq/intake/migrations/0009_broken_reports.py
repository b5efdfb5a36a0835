"""Finds the reports that came damaged without reading them all: they are asked for again."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One index over few rows."""

    dependencies: ClassVar = [("intake", "0008_report_continues")]

    operations: ClassVar = [
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(state__in=("damaged", "contradictory")),
                fields=["register_number"],
                name="report_broken",
            ),
        ),
    ]
