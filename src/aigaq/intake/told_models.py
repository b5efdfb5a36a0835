"""The table of told reports that the gate holds too, beside those of `aigaq.intake.models`."""

from django.db import models


class SentReport(models.Model):
    """A report that was taken down at the desk and handed to the gate, with the gate's promise."""

    report = models.OneToOneField(
        "intake.Report", on_delete=models.PROTECT, primary_key=True, related_name="sent"
    )
    promise = models.TextField()
    sent_at = models.DateTimeField()
