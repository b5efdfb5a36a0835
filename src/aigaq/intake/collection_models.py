"""The tables of collections, beside those of `aigaq.intake.models`.

A collection is a named set of reports and nothing more: no state, no rights of its own. What is in
it is what each report is. Its name is the desk's own word and stands in no package.
"""

import uuid

from django.conf import settings
from django.db import models


class Collection(models.Model):
    """A named set of reports."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()


class CollectedReport(models.Model):
    """A report that someone put into a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="entries")
    report = models.ForeignKey(
        "intake.Report", on_delete=models.PROTECT, related_name="collected_in"
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        """A report stands in a collection once."""

        constraints = (
            models.UniqueConstraint(fields=("collection", "report"), name="collected_report_once"),
        )
