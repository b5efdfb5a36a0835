"""A report that was filed from a damaged copy may be filed once more, whole.

SQLite makes the table anew, so the triggers that name it are taken off first and put back as they
were (`0006_lines_stay_with_their_report`, `0007_consents_stay_with_their_report`).
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations, models

_LINES = import_module("aigaq.evidence.migrations.0006_lines_stay_with_their_report")
_CONSENTS = import_module("aigaq.evidence.migrations.0007_consents_stay_with_their_report")

TAKE_OFF = [
    *(f"DROP TRIGGER {table}_no_change" for table, _number, _forgotten in _LINES.CHAINS),
    *(f"DROP TRIGGER {table}_stays" for table in _CONSENTS.TABLES),
]
PUT_BACK = [
    *(
        sql
        for chain in _LINES.CHAINS
        for sql in _LINES.write_triggers(*chain)
        if sql.startswith(f"CREATE TRIGGER {chain[0]}_no_change")
    ),
    *(
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} "
        f"WHEN {_CONSENTS.IS_HERE} {_CONSENTS.REFUSE}"
        for table in _CONSENTS.TABLES
    ),
]


class Migration(migrations.Migration):
    """One column, and an id that is unique only among rows that nothing healed."""

    dependencies: ClassVar = [("evidence", "0008_stamped_notes")]

    operations: ClassVar = [
        *(migrations.RunSQL(sql=sql) for sql in TAKE_OFF),
        migrations.AlterField(
            model_name="filedreport",
            name="report_id",
            field=models.BinaryField(max_length=32),
        ),
        migrations.AddField(
            model_name="filedreport",
            name="healed_by",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="filedreport",
            constraint=models.UniqueConstraint(
                fields=("report_id",),
                condition=models.Q(healed_by__isnull=True),
                name="filed_once_unless_healed",
            ),
        ),
        migrations.AddIndex(
            model_name="filedreport",
            index=models.Index(fields=("report_id",), name="filed_report"),
        ),
        *(migrations.RunSQL(sql=sql) for sql in PUT_BACK),
    ]
