"""When a term ends, and why: each date with the steps that led to it.

Shapes: an instant is an aware `datetime` in the zone of its place; a due date is the exclusive end
(24:00 of the last day is 00:00 of the next). *Strict* is what we act on, *lenient* what a breach is
claimed on; strict ≤ lenient. Source: ``spec/jurisdiction-pack.md``, *Time* (the numbers of its
steps stand beside the code).
"""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from aigaq.jurisdictions.calendars import ONE_DAY, Calendar
from aigaq.jurisdictions.terms import ELAPSED, Counting, Immediate, Term, Unit
from aigaq.reckoning import words
from aigaq.reckoning.words import Text

ONE_HOUR = timedelta(hours=1)
#: The name of a code before the number of an article.
CODE = re.compile(r"[^0-9]+")


@dataclass(frozen=True)
class Step:
    """One step of the reckoning: which rule took which moment where, and in words."""

    rule: str
    article: str | None
    start: datetime
    end: datetime
    text: Text


@dataclass(frozen=True)
class Pause:
    """Time that is not counted; ``end`` is exclusive, ``None`` while it lasts."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Due:
    """The two dates of a term, and the steps to them; ``is_paused`` at the moment of asking."""

    strict: datetime
    lenient: datetime
    how: tuple[Step, ...]
    is_paused: bool = False
    is_unsure: bool = False


@dataclass(frozen=True)
class Rules:
    """How and where it is counted."""

    counting: Counting
    calendar: Calendar
    zone: tzinfo
    as_of: datetime


def reckon(
    *,
    term: Term | Immediate,
    start: datetime,
    rules: Rules,
    pauses: Sequence[Pause] = (),
    article: str | None = None,
    starts_at_end: bool = False,
) -> Due:
    """Return when ``term`` from ``start`` is due.

    ``pauses`` in any order, also overlapping; ``article`` is that of the term. ``starts_at_end``:
    the start is the end of another term, so that a midnight belongs to the day that ends there.
    """
    start = start.astimezone(rules.zone)
    if isinstance(term, Immediate):
        return _reckon_immediate(start=start, rules=rules, article=article)
    one = _Reckoning(term=term, start=start, rules=rules, article=article)
    return one.run(pauses, starts_at_end=starts_at_end)


def reckon_lenient(*, due: Due, other: Due) -> Due:
    """Return ``due`` with the later lenient date of a second reading of the same law."""
    if other.lenient <= due.lenient:
        return due
    return Due(
        strict=due.strict,
        lenient=other.lenient,
        how=due.how + tuple(step for step in other.how if step not in due.how),
        is_paused=due.is_paused,
        is_unsure=due.is_unsure or other.is_unsure,
    )


def merge_pauses(pauses: Sequence[Pause], *, as_of: datetime) -> list[Pause]:
    """Return the pauses in order, none overlapping; one that lasts ends at ``as_of``."""
    merged: list[Pause] = []
    for pause in sorted(pauses, key=lambda one: one.start):
        end = max(pause.start, as_of if pause.end is None else pause.end)
        if merged and pause.start <= (merged[-1].end or as_of):
            merged[-1] = Pause(merged[-1].start, max(merged[-1].end or as_of, end))
        else:
            merged.append(Pause(pause.start, end))
    return merged


def add_months(day: date, *, months: int) -> date:
    """Return the same date ``months`` later, clipped to the end of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class _Reckoning:
    """One reckoning, step by step."""

    def __init__(self, *, term: Term, start: datetime, rules: Rules, article: str | None) -> None:
        self._term = term
        self._start = start
        self._rules = rules
        self._article = article
        self._steps: list[Step] = []
        self._is_unsure = False

    def run(self, pauses: Sequence[Pause], *, starts_at_end: bool) -> Due:
        now = self._rules.as_of
        lasting = [one for one in pauses if one.start <= now and (one.end is None or now < one.end)]
        merged = merge_pauses(pauses, as_of=self._rules.as_of)
        start = self._start
        if self._rules.counting.restarts_when_interrupted and merged:
            start, merged = self._begin_anew(start, merged)
        if self._term.unit in ELAPSED:
            strict, lenient = self._run_elapsed(start, merged)
        else:
            strict = lenient = self._run_dates(start, merged, starts_at_end=starts_at_end)
        return Due(
            strict=strict,
            lenient=lenient,
            how=tuple(self._steps),
            # A pause that began when the term had ended already stops nothing.
            is_paused=any(one.start < strict for one in lasting),
            is_unsure=self._is_unsure,
        )

    def _begin_anew(self, start: datetime, pauses: list[Pause]) -> tuple[datetime, list[Pause]]:
        last = pauses[-1].end or self._rules.as_of
        if last <= start:
            return start, []
        anew = last.astimezone(self._rules.zone)
        self._add("interruption", start, anew, words.BEGINS_ANEW)
        return anew, []

    # Elapsed time: minutes and hours.

    def _run_elapsed(self, start: datetime, pauses: list[Pause]) -> tuple[datetime, datetime]:
        begin = start
        if self._term.is_detention:
            self._add("detention_minute", start, start, words.FROM_THE_MINUTE)
        elif self._term.unit is Unit.HOUR and self._rules.counting.excludes_start_hour:
            # 2. The hour in which it starts is not counted.
            full = start.replace(minute=0, second=0, microsecond=0)
            begin = self._after(full, ONE_HOUR)
            self._add("exclude_start", start, begin, words.EXCLUDED_HOUR)
        # 3. Length: elapsed time, also over a change of the clock.
        due = self._after(begin, self._get_length())
        self._add_term(begin, due)
        unpaused = due
        # 4. Pauses.
        for pause in pauses:
            from_at, to_at = max(pause.start, start), pause.end or self._rules.as_of
            if from_at < due and from_at < to_at:
                later = self._after(due, to_at - from_at)
                self._add("pause", due, later, words.PAUSED, paused_at=from_at, resumed_at=to_at)
                due = later
        # 5. Roll.
        rolls = self._rules.counting.rolls_hours
        if self._term.is_detention or rolls is False:
            return due, due
        self._note_day(self._get_last_day(due))
        # A pause never shortens: what would have rolled without it ends no earlier with it.
        rolled = max(self._roll_moment(due), self._roll_moment(unpaused))
        if rolled == due:
            return due, due
        skipped = self._list_days(self._get_last_day(due), self._get_last_day(rolled))
        if rolls:
            self._add("roll_forward", due, rolled, words.ROLLED, skipped=skipped)
            return rolled, rolled
        self._add("hours_roll", due, rolled, words.ROLL_UNCLEAR, skipped=skipped)
        return due, rolled

    def _get_length(self) -> timedelta:
        if self._term.unit is Unit.MINUTE:
            return timedelta(minutes=self._term.n)
        return timedelta(hours=self._term.n)

    # Dates: days and longer.

    def _run_dates(self, start: datetime, pauses: list[Pause], *, starts_at_end: bool) -> datetime:
        # 2. The day in which it starts is not counted.
        first = start.date()
        is_counted = self._term.is_detention or not self._rules.counting.excludes_start_day
        if self._term.is_detention:
            # Custody: its first day is counted, and it ends on its day.
            begin = self._midnight(first)
            self._add("detention_minute", start, start, words.FROM_THE_DAY)
            first -= ONE_DAY
        elif self._rules.counting.excludes_start_day:
            if starts_at_end and start == self._midnight(first):
                first -= ONE_DAY
            begin = self._midnight(first + ONE_DAY)
            self._add("exclude_start", start, begin, words.EXCLUDED_DAY)
        else:
            begin = self._midnight(first)
            first -= ONE_DAY
        # 3. Length.
        if self._term.unit is Unit.WORKING_DAY:
            last = self._count_working_days(first, pauses)
            self._add_term(begin, self._midnight(last + ONE_DAY))
            skipped = self._list_days(first + ONE_DAY, last)
            if skipped:
                end = self._midnight(last + ONE_DAY)
                self._add("working_days", begin, end, words.NOT_WORKED, skipped=skipped)
        else:
            last = self._count_dates(first, is_counted=is_counted)
            self._add_term(begin, self._midnight(last + ONE_DAY))
            last = self._shift_by_pauses(start, last, pauses)
        # 5. Roll.
        due = self._midnight(last + ONE_DAY)
        if self._term.is_detention or not self._rules.counting.rolls:
            return due
        self._note_day(last)
        if self._rules.calendar.is_working(last):
            return due
        rolled = self._roll(last)
        skipped = self._list_days(last, self._get_last_day(rolled))
        self._add("roll_forward", due, rolled, words.ROLLED, skipped=skipped)
        return rolled

    def _count_dates(self, first: date, *, is_counted: bool) -> date:
        """Return the last day; ``first`` is the day before the first that is counted.

        Where the day of the start is counted itself, months end on the day before its date.
        """
        if self._term.unit is Unit.DAY:
            return first + timedelta(days=self._term.n)
        months = self._term.n * (12 if self._term.unit is Unit.YEAR else 1)
        if not is_counted:
            return add_months(first, months=months)
        day = first + ONE_DAY
        same = add_months(day, months=months)
        return same - ONE_DAY if same.day == day.day else same

    def _count_working_days(self, first: date, pauses: list[Pause]) -> date:
        zone = self._rules.zone
        paused = [
            (one.start.astimezone(zone), (one.end or self._rules.as_of).astimezone(zone))
            for one in pauses
        ]
        left, day = self._term.n, first
        while left:
            day += ONE_DAY
            self._note_day(day)
            is_paused = any(begin.date() <= day < end.date() for begin, end in paused)
            if not is_paused and self._rules.calendar.is_working(day):
                left -= 1
        for begin, end in paused:
            if begin.date() < end.date() and first < end.date() and begin.date() <= day:
                self._add("pause", begin, end, words.PAUSED_DAYS, paused_at=begin, resumed_at=end)
        return day

    def _shift_by_pauses(self, start: datetime, last: date, pauses: list[Pause]) -> date:
        # 4. Pauses: as many days as lie between their dates.
        zone = self._rules.zone
        for pause in pauses:
            begin = max(pause.start, start).astimezone(zone)
            end = (pause.end or self._rules.as_of).astimezone(zone)
            days = (end.date() - begin.date()).days
            if begin.date() <= last and days > 0:
                before = self._midnight(last + ONE_DAY)
                last += timedelta(days=days)
                after = self._midnight(last + ONE_DAY)
                self._add(
                    "pause", before, after, words.PAUSED_DAYS, paused_at=begin, resumed_at=end
                )
        return last

    # Shared.

    def _roll(self, last_day: date) -> datetime:
        working = last_day
        while not self._rules.calendar.is_working(working):
            self._note_day(working)
            working += ONE_DAY
        return self._midnight(working + ONE_DAY)

    def _roll_moment(self, due: datetime) -> datetime:
        last_day = self._get_last_day(due)
        return due if self._rules.calendar.is_working(last_day) else self._roll(last_day)

    def _get_last_day(self, due: datetime) -> date:
        return (due - timedelta(microseconds=1)).date()

    def _list_days(self, first: date, end: date) -> list[date]:
        """Return the days that are no working days, from ``first`` to before ``end``."""
        days = (first + timedelta(days=number) for number in range((end - first).days))
        return [day for day in days if not self._rules.calendar.is_working(day)]

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=self._rules.zone)

    def _after(self, moment: datetime, length: timedelta) -> datetime:
        """Add elapsed time: over a change of offset, local clocks would be wrong."""
        return (moment.astimezone(UTC) + length).astimezone(self._rules.zone)

    def _note_day(self, day: date) -> None:
        calendar = self._rules.calendar
        if calendar.is_unsure(day) or calendar.is_overridden(day):
            self._is_unsure = True

    def _add_term(self, begin: datetime, due: datetime) -> None:
        text = words.build_term_text(self._term, begin=begin, due=due)
        self._steps.append(Step("term", self._article, begin, due, text))

    def _add(
        self,
        rule: str,
        begin: datetime,
        end: datetime,
        template: Text,
        *,
        skipped: Sequence[date] = (),
        **facts: datetime,
    ) -> None:
        text = words.fill(template, begin=begin, due=end, skipped=skipped, **facts)
        article = self._rules.counting.get_article("roll_forward" if rule == "hours_roll" else rule)
        if not _is_of_one_code(article, self._article):
            # How this code counts is not known to be how the term's own code does.
            article = None
        self._steps.append(Step(rule, article, begin, end, text))


def _is_of_one_code(counting: str | None, term: str | None) -> bool:
    """Tell whether the article of a counting rule is of a code that the term's article names."""
    if counting is None or term is None:
        return True
    code = CODE.match(counting)
    return code is None or code[0].strip() in term


def _reckon_immediate(*, start: datetime, rules: Rules, article: str | None) -> Due:
    text = words.fill(words.AT_ONCE, begin=start, due=start)
    steps = (Step("term", article, start, start, text),)
    reading = rules.counting.immediate_lenient
    if reading is None:
        return Due(strict=start, lenient=start, how=steps)
    late = reckon(term=reading, start=start, rules=rules)
    text = words.fill(words.AT_ONCE_READ, begin=start, due=late.lenient)
    read = Step("immediate", rules.counting.get_article("immediate"), start, late.lenient, text)
    return Due(strict=start, lenient=late.lenient, how=(*steps, read), is_unsure=late.is_unsure)
