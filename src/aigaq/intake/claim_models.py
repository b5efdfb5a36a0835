"""The table of what items claim of their own origin, beside those of `aigaq.intake.models`."""

from django.db import models


class ItemClaims(models.Model):
    """What an item claims (C2PA): claims, not proofs. ``kept`` is the manifest as JSON, whole."""

    item = models.OneToOneField(
        "intake.Item", on_delete=models.CASCADE, primary_key=True, related_name="claims"
    )
    state = models.CharField(max_length=9)
    verdict = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=dict)
    kept = models.TextField(blank=True)
    read_at = models.DateTimeField()
