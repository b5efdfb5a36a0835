"""Tables of consent. Every one lies in the encrypted database.

A grant is written once; all that may happen to it is that it is taken back, once, and triggers of
migration 0002 see to it. Rows go only when their report is forgotten (`shredder`).
Report ids, salts and keys are raw ``bytes`` (32). Sources: spec/report.md, spec/mailbox.md,
spec/evidence-package.md.
"""

import uuid

from django.conf import settings
from django.db import models

from aigaq.consent.shapes import BY_MESSAGE, BY_MOUTH


class Grant(models.Model):
    """One permission: of the report itself (``number``), or by word of mouth (``written_by``)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report_id = models.BinaryField(max_length=32)
    number = models.PositiveIntegerField(null=True)
    purpose = models.CharField(max_length=255)
    audience = models.CharField(max_length=255)
    #: Numbers of items, None for the whole report.
    items = models.JSONField(null=True)
    salt = models.BinaryField(max_length=32, null=True)
    leaf_index = models.PositiveIntegerField(null=True)
    given_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    how = models.CharField(max_length=200, blank=True)
    heard_by = models.CharField(max_length=100, blank=True, default="")
    #: What the reporter set as a limit: for whom, for what, for what not.
    limits = models.CharField(max_length=500, blank=True, default="")
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(
        max_length=7, blank=True, choices=[(one, one) for one in (BY_MESSAGE, BY_MOUTH)]
    )
    withdrawn_because = models.TextField(blank=True)
    # Of a withdrawal by word of mouth: in which way it was said, to whom, and when.
    withdrawn_how = models.CharField(max_length=200, blank=True, default="")
    withdrawn_heard_by = models.CharField(max_length=100, blank=True, default="")
    withdrawn_said_at = models.DateTimeField(null=True)

    class Meta:
        """A number stands once in a report; what was taken back of keeping is found at once."""

        constraints = (
            models.UniqueConstraint(
                fields=("report_id", "number"),
                condition=models.Q(number__isnull=False),
                name="grant_number_once",
            ),
            models.CheckConstraint(
                condition=models.Q(number__isnull=False, salt__isnull=False)
                | models.Q(number__isnull=True, written_by__isnull=False),
                name="grant_by_report_or_by_mouth",
            ),
        )
        indexes = (
            models.Index(fields=("report_id", "purpose"), name="grant_of_report"),
            models.Index(
                fields=("purpose",),
                condition=models.Q(withdrawn_at__isnull=False),
                name="grant_withdrawn",
            ),
        )


class Change(models.Model):
    """A message of the reporter that takes grants back, with the signed text as proof."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox_key = models.BinaryField(max_length=32)
    sequence = models.PositiveIntegerField()
    #: The report that it names, None for every report of the mailbox.
    named_report = models.BinaryField(max_length=32, null=True)
    #: The grants that it names, None for every one.
    numbers = models.JSONField(null=True)
    message = models.TextField(blank=True)
    sent_at = models.DateTimeField()
    taken_at = models.DateTimeField()

    class Meta:
        """A mailbox counts its messages."""

        constraints = (
            models.UniqueConstraint(fields=("mailbox_key", "sequence"), name="change_once"),
        )


class ChangedReport(models.Model):
    """A report that a change speaks of, also if it took nothing back that stood."""

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="reports")
    report_id = models.BinaryField(max_length=32)

    class Meta:
        """A change speaks of a report once."""

        constraints = (
            models.UniqueConstraint(fields=("change", "report_id"), name="changed_report_once"),
        )
        indexes = (models.Index(fields=("report_id",), name="changed_report"),)
