"""Reads and writes of drafts. No audit event: a draft is nothing that was done."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction

from aigaq import clock
from aigaq.accounts.selectors import Staff
from aigaq.drafts.models import Draft
from aigaq.errors import AigaqError

#: As much as a told report may hold; beyond that the form says so itself.
MAXIMUM_LETTERS = 400_000
MAXIMUM_AGE = timedelta(days=30)

Fields = Mapping[str, Sequence[str]]


class DraftTooLargeError(AigaqError):
    """More was typed than any form takes."""


@transaction.atomic
def save_draft(*, owner: Staff, form: str, subject: str = "", fields: Fields) -> None:
    """Keep what was typed in place of what was kept; nothing typed is no draft.

    Raises `DraftTooLargeError` ``draft.too_large``.
    """
    Draft.objects.filter(saved_at__lt=clock.now() - MAXIMUM_AGE).delete()
    if sum(len(one) for values in fields.values() for one in values) > MAXIMUM_LETTERS:
        raise DraftTooLargeError("draft.too_large")
    if not any(one for values in fields.values() for one in values):
        forget_draft(owner=owner, form=form, subject=subject)
        return
    Draft.objects.update_or_create(
        owner=owner,
        form=form,
        subject=subject,
        defaults={
            "fields": {name: list(values) for name, values in fields.items()},
            "saved_at": clock.now(),
        },
    )


def find_draft(*, owner: Staff, form: str, subject: str = "") -> Fields | None:
    """Return what was kept of a form, or None."""
    row = Draft.objects.filter(owner=owner, form=form, subject=subject).first()
    return None if row is None else row.fields


def forget_draft(*, owner: Staff, form: str, subject: str = "") -> None:
    """Forget what was kept: it was sent, or thrown away."""
    Draft.objects.filter(owner=owner, form=form, subject=subject).delete()


def forget_subject(subject: str) -> None:
    """Forget everyone's drafts about something that is gone."""
    Draft.objects.filter(subject=subject).delete()
