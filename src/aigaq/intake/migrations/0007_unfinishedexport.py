"""Notes where a package is being written, so that what a kill leaves is removed."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """A table of its own."""

    dependencies: ClassVar = [("intake", "0006_exports_collections")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="UnfinishedExport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("path", models.TextField(unique=True)),
                ("run", models.UUIDField()),
                ("begun_at", models.DateTimeField()),
            ],
        ),
    ]
