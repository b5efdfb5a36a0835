"""Writes of intake about the desk's keeping: the second place and the letter "look at the desk".

One transaction and one audit event each.
"""

from pathlib import Path

from django.conf import settings as django_settings
from django.db import transaction

from aigaq import clock
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.core import audit, background
from aigaq.intake import models, notices, second_place
from aigaq.intake.errors import SecondPlaceError
from aigaq.intake.selectors import check_may, read_second_place
from aigaq.intake.shapes import NoticeSettings, SecondPlaceStatus


@transaction.atomic
def set_second_place(*, actor: Staff | None, folder: Path, is_trial: bool = False) -> None:
    """Choose the folder of the second place. Raises `NotFound`, `SecondPlaceError`."""
    if actor is not None:
        check_may(actor, capability=Capability.MANAGE_SECOND_PLACE)
    second_place.check_folder(folder)
    models.SecondPlace.objects.update_or_create(
        id=1,
        defaults={
            "folder": str(folder),
            "is_trial": is_trial,
            "set_at": clock.now(),
            "code": "",
            "last_copied_at": None,
        },
    )
    audit.record(
        "intake.second_place_set", actor=actor, kind="second_place", context={"is_trial": is_trial}
    )
    transaction.on_commit(lambda: background.REGISTRY.wake("intake-work"))


def name_second_place(*, actor: Staff | None, folder: Path) -> bool:
    """Choose the folder of the second place; tell whether it lies on another disk than the desk.

    On the same disk it is marked as no real second place. Raises as `set_second_place` does.
    """
    if actor is not None:
        check_may(actor, capability=Capability.MANAGE_SECOND_PLACE)
    second_place.check_folder(folder)
    is_apart = folder.stat().st_dev != django_settings.HOME.desk.stat().st_dev
    set_second_place(actor=actor, folder=folder, is_trial=not is_apart)
    return is_apart


def copy_to_second_place(*, actor: Staff | None = None) -> SecondPlaceStatus:
    """Bring the second place up to date and return its state; what went wrong is in its code."""
    if actor is not None:
        check_may(actor, capability=Capability.MANAGE_SECOND_PLACE)
    row = models.SecondPlace.objects.first()
    if row is None:
        return read_second_place()
    try:
        copied = second_place.copy_all(folder=Path(row.folder))
    except SecondPlaceError as error:
        if row.code != error.code:
            second_place.record_failed(code=error.code)
        return read_second_place()
    second_place.record_copied(reports=copied, actor=actor)
    if copied:
        # The *safe* messages are to be there too before they leave: a desk that is restored must
        # never be behind what it has sent.
        second_place.back_up_database(Path(row.folder) / second_place.DATABASE)
    return read_second_place()


@transaction.atomic
def set_notices(*, actor: Staff, settings: NoticeSettings, password: str | None) -> None:
    """Choose where notices go; None keeps the password. Raises `NotFound`, `NoticeError`."""
    check_may(actor, capability=Capability.MANAGE_ORGANISATION)
    notices.check_settings(settings)
    if password is None:
        row = models.NoticeStore.objects.first()
        password = notices.parse_stored(row.stored).password if row is not None else ""
    stored = notices.StoredNotice(settings=settings, password=password)
    models.NoticeStore.objects.update_or_create(
        id=1, defaults={"stored": notices.build_stored(stored)}
    )
    context = {"also_while_locked": settings.also_while_locked}
    audit.record("intake.notices_set", actor=actor, kind="notices", context=context)
    home = django_settings.HOME
    if settings.also_while_locked:
        transaction.on_commit(lambda: notices.write_open(home, stored))
    else:
        transaction.on_commit(lambda: notices.remove_open(home))


@transaction.atomic
def stop_notices(*, actor: Staff) -> None:
    """Send no more notices. Raises `NotFound`."""
    check_may(actor, capability=Capability.MANAGE_ORGANISATION)
    models.NoticeStore.objects.all().delete()
    audit.record("intake.notices_stopped", actor=actor, kind="notices")
    transaction.on_commit(lambda: notices.remove_open(django_settings.HOME))
