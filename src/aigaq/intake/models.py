"""Tables of intake. Every one lies in the encrypted database.

Hashes, commitments, salts and keys are raw ``bytes`` (32, team ids 16); ``sequence`` counts the
messages of one direction from 1. A report is never removed: forgetting it empties the row and keeps
id and register number. Sources: spec/report.md, spec/mailbox.md, PROTOCOL 18-20 and 23.
"""

import uuid

from django.conf import settings
from django.db import models

from aigaq.intake.claim_models import ItemClaims as ItemClaims
from aigaq.intake.collection_models import CollectedReport as CollectedReport
from aigaq.intake.collection_models import Collection as Collection
from aigaq.intake.erasing_models import CoolingOff as CoolingOff
from aigaq.intake.erasing_models import Erasing as Erasing
from aigaq.intake.erasing_models import SecondChannel as SecondChannel
from aigaq.intake.export_models import Export as Export
from aigaq.intake.export_models import ExportedReport as ExportedReport
from aigaq.intake.proof_models import LogProof as LogProof
from aigaq.intake.shapes import Direction, ReportState, RequestAction
from aigaq.intake.told_models import SentReport as SentReport
from aigaq.intake.unfinished_models import UnfinishedExport as UnfinishedExport

NO_HASH = bytes(32)


class Mailbox(models.Model):
    """One reporter's mailbox: what the desk remembers of both chains."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.BinaryField(max_length=32, unique=True)
    recipient = models.TextField()
    first_commitment = models.BinaryField(max_length=32)
    quiet_sign = models.CharField(max_length=1, blank=True)
    watched_at = models.DateTimeField(null=True)
    to_desk_sequence = models.PositiveIntegerField(default=0)
    to_desk_sha256 = models.BinaryField(max_length=32, default=NO_HASH)
    to_reporter_sequence = models.PositiveIntegerField(default=0)
    to_reporter_sha256 = models.BinaryField(max_length=32, default=NO_HASH)
    created_at = models.DateTimeField()
    rebound_at = models.DateTimeField(null=True)
    rebound_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT)


class Report(models.Model):
    """One filed report, whole, damaged or forgotten."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report_id = models.BinaryField(max_length=32, unique=True)
    register_number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=13, choices=[(s.value, s.value) for s in ReportState])
    faults = models.JSONField(default=list)
    commitment = models.BinaryField(max_length=32, null=True)
    mailbox = models.ForeignKey(
        Mailbox, null=True, on_delete=models.PROTECT, related_name="reports"
    )
    # Most rows have no first: an index over them all would lead SQLite astray in every list.
    first = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="parts", db_index=False
    )
    # The report id that its manifest says it continues, whether or not that one is here.
    continues = models.BinaryField(max_length=32, null=True)
    came_by = models.CharField(max_length=4)
    language = models.CharField(max_length=2, blank=True)
    role = models.CharField(max_length=40, blank=True)
    summary = models.CharField(max_length=140, blank=True)
    under_18 = models.BooleanField(default=False)
    urgency = models.PositiveSmallIntegerField(default=0)
    urgency_reasons = models.JSONField(default=list)
    items_count = models.PositiveIntegerField(default=0)
    parts_count = models.PositiveIntegerField(default=0)
    messages_count = models.PositiveIntegerField(default=0)
    filing_receipt = models.TextField(blank=True)
    made_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    filed_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    # What the last hand-over said to the colleague. Not in the audit chain, which forgets nothing.
    assigned_note = models.TextField(blank=True, default="")
    has_faults = models.BooleanField(default=False)
    is_watched = models.BooleanField(default=False)
    is_flagged = models.GeneratedField(
        expression=models.F("has_faults").bitor(models.F("is_watched")),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    is_sample = models.BooleanField(default=False)
    second_place_at = models.DateTimeField(null=True)
    safe_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        """Each order of the inbox has its index; parts stand under their first and not in lists."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(register_number__gte=1), name="report_register_from_one"
            ),
            models.CheckConstraint(
                condition=models.Q(safe_at__isnull=True)
                | models.Q(second_place_at__isnull=False)
                | models.Q(forgotten_at__isnull=False),
                name="report_safe_only_in_second_place",
            ),
        )
        indexes = (
            models.Index(
                fields=("-urgency", "-register_number"),
                condition=models.Q(first__isnull=True, forgotten_at__isnull=True),
                name="report_urgent",
            ),
            models.Index(
                fields=("waiting_since", "register_number"),
                condition=models.Q(
                    first__isnull=True, forgotten_at__isnull=True, waiting_since__isnull=False
                ),
                name="report_waiting",
            ),
            models.Index(
                fields=("assigned_to", "-register_number"),
                condition=models.Q(first__isnull=True, forgotten_at__isnull=True),
                name="report_assigned",
            ),
            models.Index(
                fields=("-register_number",),
                condition=models.Q(first__isnull=True, is_flagged=True),
                name="report_flagged",
            ),
            models.Index(
                fields=("-register_number",),
                condition=models.Q(first__isnull=True),
                name="report_newest",
            ),
            models.Index(
                fields=("register_number",),
                condition=models.Q(safe_at__isnull=True, forgotten_at__isnull=True),
                name="report_not_safe",
            ),
            models.Index(
                fields=("register_number",),
                condition=models.Q(state__in=("damaged", "contradictory")),
                name="report_broken",
            ),
            models.Index(fields=("commitment",), name="report_commitment"),
            models.Index(
                fields=("first", "register_number"),
                condition=models.Q(first__isnull=False),
                name="report_parts",
            ),
        )


class StagedBlob(models.Model):
    """A blob that was written for a report that is not filed yet; swept when the desk opens."""

    blob_id = models.UUIDField(primary_key=True)


class Member(models.Model):
    """One member of the envelope as received: ciphertext in the blob store."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="members")
    name = models.CharField(max_length=20)
    sha256 = models.BinaryField(max_length=32)
    size_bytes = models.PositiveBigIntegerField()
    blob_id = models.UUIDField()

    class Meta:
        """A name stands once in a report."""

        constraints = (models.UniqueConstraint(fields=("report", "name"), name="member_name_once"),)


class Answer(models.Model):
    """One answer, as she wrote it."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="answers")
    number = models.PositiveIntegerField()
    value = models.TextField()
    salt = models.BinaryField(max_length=32)

    class Meta:
        """A question is answered once in a report."""

        constraints = (
            models.UniqueConstraint(fields=("report", "number"), name="answer_number_once"),
        )


class Item(models.Model):
    """One piece of what she attached; its bytes lie encrypted in the blob store."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveIntegerField()
    name = models.TextField()
    type = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    salt = models.BinaryField(max_length=32)
    source = models.CharField(max_length=10)
    hidden_details = models.CharField(max_length=5, null=True)
    fault = models.CharField(max_length=60, blank=True)
    blob_id = models.UUIDField(null=True)
    preview_state = models.CharField(max_length=16, default="waiting")
    preview_code = models.CharField(max_length=60, blank=True)

    class Meta:
        """An item's number stands once in a report."""

        constraints = (
            models.UniqueConstraint(fields=("report", "number"), name="item_number_once"),
        )
        indexes = (
            models.Index(
                fields=("report",),
                condition=models.Q(preview_state="waiting"),
                name="item_preview_waiting",
            ),
        )


class Preview(models.Model):
    """Pixels, samples or plain text that the sandbox made of an item."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="previews")
    kind = models.CharField(max_length=5)
    number = models.PositiveIntegerField()
    content_type = models.CharField(max_length=40)
    size_bytes = models.PositiveIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    seconds = models.PositiveIntegerField(null=True)
    blob_id = models.UUIDField()


class Message(models.Model):
    """A message of either direction; a flagged one (``fault``) was never acted on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="messages")
    direction = models.CharField(max_length=11, choices=[(d.value, d.value) for d in Direction])
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, blank=True)
    body = models.JSONField(default=dict)
    ciphertext = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    watched = models.BooleanField(default=False)
    fault = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField()
    gate_number = models.PositiveBigIntegerField(null=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    delivery = models.CharField(max_length=10, blank=True)

    class Meta:
        """Accepted messages of a direction form one chain; a number of the gate is taken once."""

        constraints = (
            models.UniqueConstraint(
                fields=("mailbox", "direction", "sequence"),
                condition=models.Q(fault=""),
                name="message_one_chain",
            ),
        )
        indexes = (
            models.Index(fields=("mailbox", "at"), name="message_mailbox"),
            models.Index(fields=("sha256",), name="message_sha256"),
            models.Index(fields=("kept_at",), name="message_kept"),
            models.Index(
                fields=("mailbox", "sequence"),
                condition=models.Q(delivery="waiting"),
                name="message_to_deliver",
            ),
        )


class PersonRequest(models.Model):
    """She asks a person to withdraw, delete or limit; silence keeps the report (PROTOCOL 19)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="requests")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="requests")
    action = models.CharField(max_length=8, choices=[(a.value, a.value) for a in RequestAction])
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decision = models.CharField(max_length=8, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        """A message asks once about a report; open requests are found at once."""

        constraints = (models.UniqueConstraint(fields=("message", "report"), name="request_once"),)
        indexes = (
            models.Index(
                fields=("asked_at",),
                condition=models.Q(decided_at__isnull=True),
                name="request_open",
            ),
        )


class Alarm(models.Model):
    """Something that must not happen was seen: recorded and shown, never acted on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=60)
    at = models.DateTimeField()
    mailbox = models.ForeignKey(Mailbox, null=True, on_delete=models.PROTECT, related_name="alarms")
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="alarms")
    details = models.JSONField(default=dict)
    mark = models.BinaryField(max_length=32, unique=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.TextField(blank=True)

    class Meta:
        """Open alarms are found at once; the same alarm (``mark``) is raised once."""

        indexes = (
            models.Index(
                fields=("-at",), condition=models.Q(resolved_at__isnull=True), name="alarm_open"
            ),
        )


class Opening(models.Model):
    """Who opened what, and when."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="openings")
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=8)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class SecondPlace(models.Model):
    """Where the desk's encrypted copy lies, and how the last copy went; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    folder = models.TextField()
    is_trial = models.BooleanField(default=False)
    set_at = models.DateTimeField()
    last_copied_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=60, blank=True)

    class Meta:
        """There is one second place."""

        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="second_place_one_row"),
        )


class NoticeStore(models.Model):
    """Where notices go, with the mail server's password; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stored = models.JSONField()

    class Meta:
        """There is one set of settings."""

        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="notice_store_one_row"),
        )
