"""Notes which report a part continues, so that it is joined when that one comes after it."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column; parts that were joined before need none."""

    dependencies: ClassVar = [("intake", "0007_unfinishedexport")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="report",
            name="continues",
            field=models.BinaryField(max_length=32, null=True),
        ),
    ]
