"""Tables of evidence. Every one lies in the encrypted database.

Chains (`RegisterLine`, `CustodyLine`) only grow: triggers of migration 0002 refuse a gap, a change
and a removal; all that may happen to a line is that its bytes are forgotten while their hash stays.
Hashes, commitments, salts and report ids are raw ``bytes`` (32). Source: spec/evidence-package.md.
"""

import uuid

from django.conf import settings
from django.db import models

from aigaq.evidence.shapes import FileKind, Fixity, Provenance


class FiledReport(models.Model):
    """What proves one filing; the row goes when the report is forgotten.

    A report that was filed from a damaged copy and then whole has two: the first copy's says under
    which number the whole one stands (`healed_by`), and nothing else reads it any more.
    """

    register_number = models.PositiveIntegerField(primary_key=True)
    report_id = models.BinaryField(max_length=32)
    healed_by = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=9)
    came_by = models.CharField(max_length=4)
    commitment = models.BinaryField(max_length=32, null=True)
    mailbox_key = models.BinaryField(max_length=32, null=True)
    root_salt = models.BinaryField(max_length=32, null=True)
    #: The leaf hashes one behind the other, 32 bytes each.
    leaves = models.BinaryField(default=b"")
    received_at = models.DateTimeField()
    filed_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    log_index = models.PositiveBigIntegerField(null=True)
    logged_at = models.DateTimeField(null=True)
    #: The log of ``log_index``, if its key was retired since; empty for the present one.
    retired_log = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        """Audit finds a report by its commitment; the desk asks where the unlogged ones stand."""

        constraints = (
            models.UniqueConstraint(
                fields=("report_id",),
                condition=models.Q(healed_by__isnull=True),
                name="filed_once_unless_healed",
            ),
        )
        indexes = (
            models.Index(fields=("report_id",), name="filed_report"),
            models.Index(fields=("commitment",), name="filed_commitment"),
            models.Index(
                fields=("register_number",),
                condition=models.Q(log_index__isnull=True, commitment__isnull=False),
                name="filed_not_logged",
            ),
        )


class Item(models.Model):
    """One item of a filed report: what its leaf says, and where it comes from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    filed = models.ForeignKey(FiledReport, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveIntegerField()
    name = models.TextField()
    type = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    salt = models.BinaryField(max_length=32)
    leaf_index = models.PositiveIntegerField()
    provenance = models.CharField(max_length=11, choices=[(p.value, p.value) for p in Provenance])
    provenance_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    hidden_details = models.CharField(max_length=5, null=True)
    fault = models.CharField(max_length=60, blank=True)

    class Meta:
        """An item's number stands once in a report."""

        constraints = (
            models.UniqueConstraint(fields=("filed", "number"), name="evidence_item_once"),
        )


class StoredFile(models.Model):
    """A member of the envelope as it came, the working copy it opens to, or a derivative of that.

    Members that are no items (header, key, manifest) have no item; ``member`` is their name.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    filed = models.ForeignKey(FiledReport, on_delete=models.PROTECT, related_name="files")
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="files")
    member = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in FileKind])
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    recipe = models.CharField(max_length=60, blank=True)
    content_type = models.CharField(max_length=255, blank=True)
    blob_id = models.UUIDField(unique=True)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    fixity = models.CharField(
        max_length=9, choices=[(f.value, f.value) for f in Fixity], default=Fixity.UNCHECKED
    )
    checked_at = models.DateTimeField(null=True)

    class Meta:
        """One original and one working copy an item; whoever waits longest is hashed next."""

        constraints = (
            models.UniqueConstraint(
                fields=("item", "kind"),
                condition=~models.Q(kind=FileKind.DERIVATIVE) & models.Q(item__isnull=False),
                name="one_original_and_copy",
            ),
            models.UniqueConstraint(
                fields=("filed", "member"),
                condition=models.Q(kind=FileKind.SEALED),
                name="stored_member_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=FileKind.SEALED, parent__isnull=True, recipe="")
                | (~models.Q(kind=FileKind.SEALED) & ~models.Q(recipe="")),
                name="only_the_original_has_no_recipe",
            ),
        )
        indexes = (models.Index(fields=("checked_at",), name="file_least_checked"),)


class RegisterLine(models.Model):
    """One number of the register of filings, chained to all before it."""

    number = models.PositiveIntegerField(primary_key=True)
    line = models.BinaryField(null=True)
    line_sha256 = models.BinaryField(max_length=32)
    head = models.BinaryField(max_length=32)


class CustodyLine(models.Model):
    """One event of custody, chained to all before it. Report and item are for finding it."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    report_id = models.BinaryField(max_length=32, null=True)
    item_number = models.PositiveIntegerField(null=True)
    line = models.BinaryField(null=True)
    line_sha256 = models.BinaryField(max_length=32)
    head = models.BinaryField(max_length=32)

    class Meta:
        """A report's lines are found without reading the chain."""

        indexes = (
            models.Index(
                fields=("report_id", "sequence"),
                condition=models.Q(report_id__isnull=False),
                name="custody_report",
            ),
        )


class HeadOpening(models.Model):
    """What a blinded head in the log stands for, and its place there once it is known."""

    blinded = models.BinaryField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=13)
    salt = models.BinaryField(max_length=32)
    value = models.BinaryField(max_length=256)
    count = models.PositiveBigIntegerField()
    head = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    log_index = models.PositiveBigIntegerField(null=True)
    logged_at = models.DateTimeField(null=True)
    #: The log for which it was made, if its key was retired since; empty for the present one.
    retired_log = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        """The newest of a kind is found at once."""

        indexes = (models.Index(fields=("kind", "-made_at"), name="head_newest"),)


class ChaffOpening(models.Model):
    """Proof that an entry of the log is nothing but chance."""

    blinded = models.BinaryField(max_length=32, primary_key=True)
    salt = models.BinaryField(max_length=32)
    value = models.BinaryField(max_length=32)
    #: The gate's number until the gate may erase its copy; then None.
    number = models.PositiveBigIntegerField(null=True, db_index=True)
    taken_at = models.DateTimeField(null=True)


class ForgottenLeaf(models.Model):
    """A commitment in the log whose report was forgotten; nothing says which report it was."""

    commitment = models.BinaryField(max_length=32, primary_key=True)


class PictureMark(models.Model):
    """The perceptual hash of one picture of an item; near ones differ in few of 64 bits."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="marks")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="mark")
    bits = models.BinaryField(max_length=8)


class NearPictures(models.Model):
    """Two pictures of two items whose marks differ in few bits."""

    first = models.ForeignKey(PictureMark, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(PictureMark, on_delete=models.PROTECT, related_name="+")
    bits_apart = models.PositiveSmallIntegerField()

    class Meta:
        """A pair stands once."""

        constraints = (
            models.UniqueConstraint(fields=("first", "second"), name="near_pictures_once"),
        )


class Terms(models.Model):
    """How long evidence is kept and how often it is hashed again; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    fixity_days = models.PositiveIntegerField(default=30)
    #: Days after filing; None: until someone decides.
    keep_days = models.PositiveIntegerField(null=True)
    #: Days after filing of a report that cannot be read.
    keep_damaged_days = models.PositiveIntegerField(null=True)
    #: Days after the consent to keep a report was taken back.
    keep_withdrawn_days = models.PositiveIntegerField(null=True)
    legal_basis = models.TextField(blank=True)
    set_at = models.DateTimeField()
