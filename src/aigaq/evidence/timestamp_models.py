"""Tables of timestamps, beside those of `aigaq.evidence.models`. Hashes are raw ``bytes`` (32)."""

import uuid

from django.conf import settings
from django.db import models


class TimestampAuthority(models.Model):
    """An authority that this desk asks beside those of the card."""

    name = models.CharField(max_length=255, primary_key=True)
    url = models.CharField(max_length=2_048)
    country = models.CharField(max_length=2)
    certificates = models.TextField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()


class AuthorityState(models.Model):
    """How an authority last answered, and from when on it is asked again."""

    name = models.CharField(max_length=255, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    #: Why the last answer brought nothing; empty after one that did.
    code = models.CharField(max_length=60, blank=True)
    #: What a refusing authority said, as it said it.
    said = models.CharField(max_length=200, blank=True)
    #: Since when it fails without a token between.
    failing_since = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    good_at = models.DateTimeField(null=True)


class TimestampToken(models.Model):
    """One token: over a checkpoint of the log, or over an item's hash, or a renewal of another.

    The rows over an item go with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.CharField(max_length=255)
    #: What the token is over.
    sha256 = models.BinaryField(max_length=32)
    log_origin = models.CharField(max_length=255, blank=True)
    checkpoint_size = models.PositiveBigIntegerField(null=True)
    #: The checkpoint's text without signature lines; empty for an item.
    checkpoint = models.TextField(blank=True)
    item = models.ForeignKey(
        "evidence.Item", null=True, on_delete=models.CASCADE, related_name="timestamps"
    )
    renews = models.OneToOneField(
        "self", null=True, on_delete=models.CASCADE, related_name="renewed_by"
    )
    #: The answer with its certificates in the order of DER, and as received if that was another.
    response = models.BinaryField()
    received = models.BinaryField(null=True)
    #: The whole chain in PEM, the signer first.
    chain = models.TextField()
    stamped_at = models.DateTimeField()
    #: When the first certificate of the chain ends.
    ends_at = models.DateTimeField()
    #: Why a list of revoked certificates is missing; empty if none is.
    revocation_code = models.CharField(max_length=60, blank=True)

    class Meta:
        """A token is over a checkpoint or over an item; what ends first is found at once."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(item__isnull=True, checkpoint_size__isnull=False)
                | models.Q(item__isnull=False, checkpoint_size__isnull=True),
                name="token_over_one_thing",
            ),
        )
        indexes = (
            models.Index(fields=("checkpoint_size", "authority"), name="token_of_checkpoint"),
            models.Index(fields=("ends_at",), name="token_ends_next"),
        )


class StampedNote(models.Model):
    """The whole signed note of a checkpoint that was stamped, with the cosignatures known of it.

    One that was stamped before notes were kept has no row here; its tokens are good all the same.
    """

    #: Of the note's text, which is what tokens are over.
    sha256 = models.BinaryField(max_length=32, unique=True)
    log_origin = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    note = models.BinaryField()
    kept_at = models.DateTimeField()


class RevocationList(models.Model):
    """A list of revoked certificates (CRL, DER, as received) that belongs to a token's chain."""

    token = models.ForeignKey(TimestampToken, on_delete=models.CASCADE, related_name="lists")
    #: The place in the chain of the certificate that the list was asked about.
    number = models.PositiveSmallIntegerField()
    data = models.BinaryField()
    fetched_at = models.DateTimeField()

    class Meta:
        """One list for each certificate of the chain."""

        constraints = (
            models.UniqueConstraint(fields=("token", "number"), name="revocation_list_once"),
        )


class TimestampWish(models.Model):
    """Someone asked for a token over an item; it stays until the authority gave one."""

    item = models.ForeignKey(
        "evidence.Item", on_delete=models.CASCADE, related_name="timestamp_wishes"
    )
    authority = models.CharField(max_length=255)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    wished_at = models.DateTimeField()

    class Meta:
        """An item waits once for an authority."""

        constraints = (
            models.UniqueConstraint(fields=("item", "authority"), name="timestamp_wish_once"),
        )
