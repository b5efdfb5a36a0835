"""The tables of packages that people ask for on the pages, beside those of `aigaq.intake.models`.

A package lies in the blob store for a day at most; what was handed out to whom stays on record.
"""

import uuid

from django.conf import settings
from django.db import models

from aigaq.intake.export_shapes import ExportState


class Export(models.Model):
    """A package that someone asked for, and what became of it.

    ``leaving``: [report id in hex, number of the item, SHA-256 in hex] of each item in it.
    ``recipient`` is the desk's own note and stands in no package.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    purpose = models.CharField(max_length=255)
    audience = models.CharField(max_length=255)
    recipient = models.CharField(max_length=200, blank=True)
    sealed_to = models.CharField(max_length=100, blank=True)
    languages = models.JSONField()
    state = models.CharField(max_length=7, choices=[(s.value, s.value) for s in ExportState])
    stage = models.CharField(max_length=10, blank=True)
    done_bytes = models.PositiveBigIntegerField(default=0)
    total_bytes = models.PositiveBigIntegerField(default=0)
    code = models.CharField(max_length=60, blank=True)
    facts = models.JSONField(default=dict)
    verdict = models.JSONField(default=dict)
    leaving = models.JSONField(default=list)
    control = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    blob_id = models.UUIDField(null=True)
    made_at = models.DateTimeField(null=True)
    handed_out = models.PositiveIntegerField(default=0)
    handed_out_at = models.DateTimeField(null=True)

    class Meta:
        """What waits is found at once; only a package that is ready lies in the store."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(state="ready", blob_id__isnull=False)
                | (~models.Q(state="ready") & models.Q(blob_id__isnull=True)),
                name="export_blob_while_ready",
            ),
        )
        indexes = (
            models.Index(
                fields=("asked_at",),
                condition=models.Q(state__in=("waiting", "working", "ready")),
                name="export_at_work",
            ),
        )


class ExportedReport(models.Model):
    """A report of which items are in a package. ``items``: their numbers, empty once forgotten."""

    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="reports")
    report = models.ForeignKey(
        "intake.Report", on_delete=models.PROTECT, related_name="exported_in"
    )
    items = models.JSONField()

    class Meta:
        """A report stands in a package once."""

        constraints = (
            models.UniqueConstraint(fields=("export", "report"), name="exported_report_once"),
        )
