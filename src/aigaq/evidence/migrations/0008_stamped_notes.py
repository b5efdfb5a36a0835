"""Beside the tokens over a checkpoint its whole signed note is kept, from now on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One table; of checkpoints that were stamped before there is the text alone."""

    dependencies = (("evidence", "0007_consents_stay_with_their_report"),)
    operations = (
        migrations.CreateModel(
            name="StampedNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sha256", models.BinaryField(max_length=32, unique=True)),
                ("log_origin", models.CharField(max_length=255)),
                ("size", models.PositiveBigIntegerField()),
                ("note", models.BinaryField()),
                ("kept_at", models.DateTimeField()),
            ],
        ),
    )
