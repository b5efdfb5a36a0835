"""The table of proofs that reporters were sent, beside the tables of `aigaq.intake.models`."""

from django.db import models


class LogProof(models.Model):
    """Where a report's commitment stands in the log, under which cosigned head she was told."""

    report = models.OneToOneField(
        "intake.Report", on_delete=models.PROTECT, primary_key=True, related_name="log_proof"
    )
    log_origin = models.CharField(max_length=255)
    index = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    written_at = models.DateTimeField()

    class Meta:
        """An entry stands under a head that is larger than its index."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(size__gt=models.F("index")), name="log_proof_under_its_head"
            ),
        )
