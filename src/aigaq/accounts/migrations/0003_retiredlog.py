"""The logs whose key the root key retired."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = (("accounts", "0002_alter_staff_language"),)
    operations = (
        migrations.CreateModel(
            name="RetiredLog",
            fields=[
                (
                    "log_origin",
                    models.CharField(max_length=255, primary_key=True, serialize=False),
                ),
                ("log_key", models.BinaryField(max_length=32)),
                ("last_size", models.PositiveBigIntegerField(default=0)),
                ("retired_at", models.DateTimeField()),
                ("signed_at", models.DateTimeField()),
                ("signed", models.TextField()),
            ],
        ),
    )
