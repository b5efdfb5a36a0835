"""Tables of second channels that were agreed in meetings, and of erasings that wait.

Sources: PROTOCOL 19; spec/mailbox.md, "Second channel and cooling-off".
"""

import uuid

from django.conf import settings
from django.db import models

COOLING_OFF_DAYS = 7


class SecondChannel(models.Model):
    """How she can be asked once more, as agreed in a meeting; the newest by meeting holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey(
        "intake.Mailbox", on_delete=models.PROTECT, related_name="second_channels"
    )
    text = models.TextField()
    agreed_by = models.CharField(max_length=200)
    agreed_at = models.DateTimeField()
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()


class Erasing(models.Model):
    """A report that is to be erased when its cooling-off is over, unless someone calls it off.

    ``begins_at`` is when the letter about it lay at the gate, at once where none can reach her.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey("intake.Report", on_delete=models.PROTECT, related_name="erasings")
    reason = models.CharField(max_length=10)
    is_confirmed = models.BooleanField(default=False)
    why = models.TextField(blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()
    letter = models.OneToOneField("intake.Message", null=True, on_delete=models.PROTECT)
    begins_at = models.DateTimeField(null=True)
    called_off_at = models.DateTimeField(null=True)
    called_off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    called_off_how = models.CharField(max_length=10, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """A report waits to be erased once at a time."""

        constraints = (
            models.UniqueConstraint(
                fields=("report",),
                condition=models.Q(called_off_at__isnull=True, done_at__isnull=True),
                name="erasing_waits_once",
            ),
        )


class CoolingOff(models.Model):
    """For how many days a wish to withdraw, delete or limit waits; one row, if it was set."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    days = models.PositiveSmallIntegerField(default=COOLING_OFF_DAYS)
