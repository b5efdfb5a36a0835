"""The desk knows which openings of chaff the gate still holds, and since when it has them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns; rows of before are confirmed already."""

    dependencies = (("evidence", "0003_timestamps"),)
    operations = (
        migrations.AddField(
            model_name="chaffopening",
            name="number",
            field=models.PositiveBigIntegerField(db_index=True, null=True),
        ),
        migrations.AddField(
            model_name="chaffopening",
            name="taken_at",
            field=models.DateTimeField(null=True),
        ),
    )
