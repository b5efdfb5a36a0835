"""The table of packages that are being written to a place outside the desk."""

from django.db import models


class UnfinishedExport(models.Model):
    """A path that holds an unfinished package in plain until the row goes.

    ``run`` is the process that writes it: what another one left is swept.
    """

    path = models.TextField(unique=True)
    run = models.UUIDField()
    begun_at = models.DateTimeField()
