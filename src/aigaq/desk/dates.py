"""Dates and sizes as a person says them, in the language that is active.

`weekday_date` says "Tuesday 12 May", `moment` says "today at 14:05", `days_left` says "4 days
left". Names of days and months stand here and not in Django's catalogue, because a date inside a
sentence takes another form than a heading of a calendar: genitive and lower case in Russian,
lower case in Kazakh. Dates are local to the desk (`django.utils.timezone`), times have minutes.
"""

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

WEEKDAYS = (
    pgettext_lazy("weekday in a sentence", "Monday"),
    pgettext_lazy("weekday in a sentence", "Tuesday"),
    pgettext_lazy("weekday in a sentence", "Wednesday"),
    pgettext_lazy("weekday in a sentence", "Thursday"),
    pgettext_lazy("weekday in a sentence", "Friday"),
    pgettext_lazy("weekday in a sentence", "Saturday"),
    pgettext_lazy("weekday in a sentence", "Sunday"),
)
MONTHS = (
    pgettext_lazy("month after a day", "January"),
    pgettext_lazy("month after a day", "February"),
    pgettext_lazy("month after a day", "March"),
    pgettext_lazy("month after a day", "April"),
    pgettext_lazy("month after a day", "May"),
    pgettext_lazy("month after a day", "June"),
    pgettext_lazy("month after a day", "July"),
    pgettext_lazy("month after a day", "August"),
    pgettext_lazy("month after a day", "September"),
    pgettext_lazy("month after a day", "October"),
    pgettext_lazy("month after a day", "November"),
    pgettext_lazy("month after a day", "December"),
)
SOON_DAYS = 3
#: As on the reporter's page: thousands, so that both read the same number of a file.
STEP = 1000


def weekday_date(on: date, *, today: date) -> str:
    """Return ``on`` with its weekday, and with the year only if it is not this one."""
    facts = {
        "weekday": WEEKDAYS[on.weekday()],
        "day": on.day,
        "month": MONTHS[on.month - 1],
        "year": on.year,
    }
    if on.year == today.year:
        return pgettext("date in a sentence", "%(weekday)s %(day)s %(month)s") % facts
    return pgettext("date in a sentence", "%(weekday)s %(day)s %(month)s %(year)s") % facts


def short_date(on: date, *, today: date) -> str:
    """Return ``on`` without its weekday, for tables: "12 May"."""
    facts = {"day": on.day, "month": MONTHS[on.month - 1], "year": on.year}
    if on.year == today.year:
        return pgettext("date in a table", "%(day)s %(month)s") % facts
    return pgettext("date in a table", "%(day)s %(month)s %(year)s") % facts


def moment(at: datetime, *, now: datetime) -> str:
    """Return when ``at`` was, seen from ``now``: "today at 14:05", else the date and time."""
    local, here = to_local(at), to_local(now)
    facts: dict[str, object] = {"time": f"{local:%H:%M}"}
    days = (here.date() - local.date()).days
    if days == 0:
        return _("today at %(time)s") % facts
    if days == 1:
        return _("yesterday at %(time)s") % facts
    facts["date"] = weekday_date(local.date(), today=here.date())
    return _("%(date)s at %(time)s") % facts


def to_local(at: datetime) -> datetime:
    """Return ``at`` in the desk's time zone; at the very end of the calendar as it is.

    A phone's clock may say anything, and a page must open all the same.
    """
    try:
        return timezone.localtime(at)
    except OverflowError:
        return at


def days_left(on: date, *, today: date) -> str:
    """Return how far ``on`` is from ``today``: "4 days left", "today", "2 days late"."""
    days = (on - today).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    if days > 0:
        return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
    return ngettext("%(days)s day late", "%(days)s days late", -days) % {"days": -days}


def waiting(since: datetime, *, now: datetime) -> str:
    """Return how long someone has waited, in the largest whole unit: "5 hours", "2 days"."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes == 0:
        return _("less than a minute")
    if minutes < 60:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    days = minutes // (24 * 60)
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def urgency_of(on: date, *, today: date) -> str:
    """Return the tone of a clock: ``overdue``, ``due`` (within three days) or ``info``."""
    days = (on - today).days
    if days < 0:
        return "overdue"
    return "due" if days <= SOON_DAYS else "info"


def file_size(size_bytes: int) -> str:
    """Return a size as a person reads it: bytes, then KB, MB, GB with one decimal at most."""
    if size_bytes < STEP:
        return ngettext("%(size)s byte", "%(size)s bytes", size_bytes) % {"size": size_bytes}
    size = size_bytes / STEP
    if size < STEP:
        return _("%(size)s KB") % {"size": round(size)}
    size /= STEP
    if size < STEP:
        return _("%(size)s MB") % {"size": _decimal(size)}
    return _("%(size)s GB") % {"size": _decimal(size / STEP)}


def _decimal(size: float) -> str:
    if size >= 10:
        return str(round(size))
    whole, tenth = f"{size:.1f}".split(".")
    return whole if tenth == "0" else whole + pgettext("decimal separator", ".") + tenth
