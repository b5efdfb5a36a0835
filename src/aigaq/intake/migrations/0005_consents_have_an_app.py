"""Consents lie in the app of consent from now on; every old row is carried over, with its id."""

from collections import Counter
from typing import Any

from django.db import migrations

ROWS_AT_ONCE = 500


def carry_over(apps: Any, schema_editor: Any) -> None:
    """Copy the rows; a grant's leaf stands behind those of the answers."""
    grant = apps.get_model("consent", "Grant")
    answers = Counter(apps.get_model("intake", "Answer").objects.values_list("report", flat=True))
    rows = apps.get_model("intake", "Consent").objects.select_related("report")
    grant.objects.bulk_create(
        (
            grant(
                id=row.pk,
                report_id=bytes(row.report.report_id),
                number=row.number,
                purpose=row.purpose,
                audience=row.audience,
                items=row.items,
                salt=bytes(row.salt),
                leaf_index=answers[row.report.pk] + row.number,
                given_at=row.report.made_at or row.report.received_at,
                valid_from=row.report.received_at,
                recorded_at=row.report.filed_at,
                withdrawn_at=row.withdrawn_at,
                withdrawn_by=_say_how(row),
                withdrawn_because=row.withdrawn_because,
            )
            for row in rows.iterator(chunk_size=ROWS_AT_ONCE)
        ),
        batch_size=ROWS_AT_ONCE,
    )


def _say_how(row: Any) -> str:
    if row.withdrawn_at is None:
        return ""
    return "message" if row.withdrawn_because == "mailbox" else "mouth"


class Migration(migrations.Migration):
    """Carry over, then drop the old table."""

    dependencies = (("intake", "0004_itemclaims_sentreport"), ("consent", "0002_written_once"))
    operations = (
        migrations.RunPython(carry_over),
        migrations.DeleteModel(name="Consent"),
    )
