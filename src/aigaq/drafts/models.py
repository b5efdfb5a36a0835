"""The table of drafts, in the encrypted database."""

from django.conf import settings
from django.db import models


class Draft(models.Model):
    """What one person typed into one form about one thing.

    ``form`` is a name such as ``letter``; ``subject`` the id of what it is about, empty for none.
    ``fields`` holds lists of texts by the names of the fields.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts"
    )
    form = models.CharField(max_length=40)
    subject = models.CharField(max_length=36, blank=True)
    fields = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        """A form has one draft a person; those about a report are found when it goes."""

        constraints = (
            models.UniqueConstraint(fields=("owner", "form", "subject"), name="draft_once"),
        )
        indexes = (models.Index(fields=("subject",), name="draft_subject"),)
