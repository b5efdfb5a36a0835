"""Dates of a case as an iCalendar file whose titles say nothing to who looks over a shoulder.

One all-day entry for each date that someone must act on: the last day of a running duty (strict)
and of our own running windows, with an alarm a day before. Ids are drawn anew each time: one made
from a duty and its moment could be guessed back from the file. Source: RFC 5545, by `icalendar`.
"""

import secrets
from collections.abc import Iterator
from datetime import timedelta

from icalendar import Alarm, Calendar, Event

from aigaq.reckoning.due_dates import Due
from aigaq.reckoning.evaluation import Answer

TITLES = {"kk": "Еске салу {number}", "ru": "Напоминание {number}", "en": "Reminder {number}"}
UNTIL_END = timedelta(microseconds=1)


def build_feed(answer: Answer, *, language: str, is_disguised: bool) -> bytes:
    """Return the calendar; with plain titles only if asked for."""
    feed = Calendar()
    feed.add("prodid", "-//calendar//")
    feed.add("version", "2.0")
    for number, (title, due) in enumerate(_list_dates(answer, language=language), 1):
        event = Event()
        event.add("uid", secrets.token_hex(16))
        event.add("dtstamp", answer.case.as_of)
        disguised = TITLES[language].format(number=number)
        event.add("summary", disguised if is_disguised else title)
        last_day = (due.strict - UNTIL_END).date()
        event.add("dtstart", last_day)
        event.add("dtend", last_day + timedelta(days=1))
        event.add("class", "PRIVATE")
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", disguised)
        alarm.add("trigger", timedelta(hours=-15))
        event.add_component(alarm)
        feed.add_component(event)
    written: bytes = feed.to_ical()
    return written


def _list_dates(answer: Answer, *, language: str) -> Iterator[tuple[str, Due]]:
    as_of = answer.case.as_of
    for owed in answer.duties:
        if owed.due is not None and owed.get_state(as_of) in ("running", "disputed"):
            yield owed.title[language], owed.due
    for one in answer.windows:
        if one.get_state(as_of) == "running":
            yield one.window.title[language], one.due
