"""Tables of core: the chain of audit events, and the keys of blobs.

``hash`` and ``previous`` are 32 bytes. Triggers (migration 0001) keep audit events from being
changed or removed. A blob lives exactly as long as its row.
"""

import uuid

from django.db import models


class AuditEvent(models.Model):
    """Who did what to what, and when; each row holds the hash of the one before."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    code = models.CharField(max_length=80)
    actor = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    context = models.JSONField(default=dict)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        """Ordered as it happened; looked up by subject and by actor."""

        ordering = ("sequence",)
        indexes = (
            models.Index(fields=("subject_kind", "subject_id"), name="audit_subject"),
            models.Index(fields=("actor",), name="audit_actor"),
        )


class BlobKey(models.Model):
    """The key of one encrypted file in ``desk/blobs/``; without this row the file is noise."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.BinaryField(max_length=32)
    size_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()
