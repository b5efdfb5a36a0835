"""The sentences of a reckoning, in Kazakh, Russian and English.

Shapes: a text is ``{kk, ru, en}``. Moments are written as a lawyer of that language writes them;
midnight that ends a day is written as 24:00 of that day.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from string import Formatter

from aigaq.jurisdictions.terms import Term, Unit

Text = dict[str, str]
LANGUAGES = ("kk", "ru", "en")
MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

STARTED: Text = {
    "kk": "Басталуы: «{what}», {at}.",
    "ru": "Начало: «{what}», {at}.",
    "en": "It starts with “{what}”, {at}.",
}
#: Where a variant of the rule holds, by what.
VARIANT: Text = {
    "kk": "Мұнда басқа мерзім қолданылады: {why}.",
    "ru": "Здесь действует другой срок: {why}.",
    "en": "Another term holds here: {why}.",
}
NO_TERM: Text = {
    "kk": "Заң мерзімін айтпайды.",
    "ru": "Срока закон не называет.",
    "en": "The law sets no term.",
}
TO_LIMITATION: Text = {
    "kk": "Мерзім ескіру мерзімі біткенше созылады.",
    "ru": "Срок длится, пока не истечёт давность.",
    "en": "The term lasts until the limitation period ends.",
}
TURNED_DOWN: Text = {
    "kk": "{at} бас тартылды: бұл бірден бұзушылық болып саналады.",
    "ru": "{at} отказано: это сразу нарушение.",
    "en": "Refused, {at}: that is a breach at once.",
}
WITHOUT_GROUND: Text = {
    "kk": "Негізі айтылмады: әрекеттің өзі ({at}) – бұзушылық.",
    "ru": "Основание не названо: нарушение – само действие, {at}.",
    "en": "No ground was given: the act itself is the breach, {at}.",
}
CAME_DOWN: Text = {
    "kk": "Шағым үстінен шағым жасалған органға жіберілді ({at}): бұл – бұзушылық.",
    "ru": "Жалоба {at} спущена тому, на кого жаловались: это нарушение.",
    "en": "The complaint was sent down to the one complained of, {at}: that is a breach.",
}
EXCLUDED_HOUR: Text = {
    "kk": "Мерзім басталған сағат есепке алынбайды: мерзім {begin_end} бастап есептеледі.",
    "ru": "Час, в котором начался срок, не считается: срок идёт с {begin_end}.",
    "en": "The hour in which the term starts is not counted: it runs from {begin_end}.",
}
EXCLUDED_DAY: Text = {
    "kk": "Мерзім басталған күн есепке алынбайды: мерзім {begin_end} бастап есептеледі.",
    "ru": "День, в который начался срок, не считается: срок идёт с {begin_end}.",
    "en": "The day on which the term starts is not counted: it runs from {begin_end}.",
}
FROM_THE_MINUTE: Text = {
    "kk": "Ұстау мерзімі нақты ұстаған минуттан бастап есептеледі: {begin}.",
    "ru": "Срок задержания считается с минуты фактического задержания: {begin}.",
    "en": "Detention is counted from the minute of actual detention: {begin}.",
}
FROM_THE_DAY: Text = {
    "kk": "Ұстаудың бірінші тәулігі есепке кіреді: {begin}.",
    "ru": "Первые сутки задержания засчитываются: {begin}.",
    "en": "The first day of detention is counted: {begin}.",
}
PAUSED: Text = {
    "kk": "{paused_at} – {resumed_at} аралығындағы уақыт есепке алынбайды: "
    "мерзім {due} дейін созылады.",
    "ru": "Время с {paused_at} до {resumed_at} не считается: срок продолжается до {due}.",
    "en": "The time from {paused_at} to {resumed_at} is not counted: the term runs to {due}.",
}
PAUSED_DAYS: Text = {
    "kk": "{paused_at} – {resumed_at} аралығындағы күндер есепке алынбайды: "
    "мерзім {due} дейін созылады.",
    "ru": "Дни с {paused_at} до {resumed_at} не считаются: срок продолжается до {due}.",
    "en": "The days from {paused_at} to {resumed_at} are not counted: the term runs to {due}.",
}
BEGINS_ANEW: Text = {
    "kk": "Үзілістен кейін мерзім басынан есептеледі: {due} бастап.",
    "ru": "После перерыва срок идёт заново: с {due}.",
    "en": "After the interruption the term begins anew: from {due}.",
}
ROLLED: Text = {
    "kk": "Соңғы күн жұмыс күні емес: мерзім келесі жұмыс күні, {due} бітеді. "
    "Жұмыс емес күндер: {skipped}.",
    "ru": "Последний день нерабочий: срок оканчивается в следующий рабочий день, {due}. "
    "Пропущены: {skipped}.",
    "en": "The last day is not a working day: the term ends on the next one, {due}. "
    "Skipped: {skipped}.",
}
NOT_WORKED: Text = {
    "kk": "Жұмыс күні емес, есепке алынбайды: {skipped}.",
    "ru": "Нерабочие дни, не считаются: {skipped}.",
    "en": "Not working days, not counted: {skipped}.",
}
ROLL_UNCLEAR: Text = {
    "kk": "Мерзімнің соңы жұмыс күніне түспейді. Сағатпен есептелетін мерзімнің ауысатыны заңда "
    "анық емес: әрекетті {begin} дейін жасаңыз, бұзушылықты {due} кейін ғана көрсетіңіз. "
    "Жұмыс емес күндер: {skipped}.",
    "ru": "Срок оканчивается в нерабочий день. Переносится ли срок в часах, из закона неясно: "
    "действуйте до {begin}, о нарушении говорите только после {due}. Пропущены: {skipped}.",
    "en": "The term ends on a day that is not a working day. Whether a term in hours moves is "
    "unclear in law: act before {begin}, claim a breach only after {due}. Skipped: {skipped}.",
}
AT_ONCE: Text = {
    "kk": "Дереу: {begin}.",
    "ru": "Немедленно: {begin}.",
    "en": "At once: {begin}.",
}
AT_ONCE_READ: Text = {
    "kk": "Заңда сан жоқ. Бұл – сақтықпен оқу, бап емес: бұзушылықты {due} кейін көрсетіңіз.",
    "ru": "Числа в законе нет. Это осторожное прочтение, а не статья: о нарушении говорите "
    "после {due}.",
    "en": "The law gives no number. This is a careful reading and no article: claim a breach "
    "after {due}.",
}
TERM: Text = {
    "kk": "Мерзім – {length}: {due} дейін.",
    "ru": "Срок – {length}: до {due}.",
    "en": "The term is {length}: to {due}.",
}
ANSWER: Text = {"kk": "Жауап: {what}", "ru": "Ответ: {what}", "en": "Answer: {what}"}
#: The words behind a time, and the case that each asks for: from it, to it, at it.
CASES = {
    **dict.fromkeys(("бастап", "кейін"), 0),
    "дейін": 1,
    **dict.fromkeys(("келді", "бас тартылды", "болған", "бітті", "бітеді"), 2),
}
DECLINED = re.compile(rf":(\d\d) ({'|'.join(CASES)})\b")
#: How the last number of a time ends in Kazakh: from it, to it, at it.
ENDINGS = {
    **dict.fromkeys((0, 1, 2, 7, 8, 50), ("ден", "ге", "де")),
    **dict.fromkeys((3, 4, 5), ("тен", "ке", "те")),
    **dict.fromkeys((6, 9, 20, 30), ("дан", "ға", "да")),
    10: ("нан", "ға", "да"),
    40: ("тан", "қа", "та"),
}
#: One, few (Russian 2 to 4), many.
UNITS: dict[Unit, dict[str, tuple[str, str, str]]] = {
    Unit.MINUTE: {
        "kk": ("минут", "минут", "минут"),
        "ru": ("минута", "минуты", "минут"),
        "en": ("minute", "minutes", "minutes"),
    },
    Unit.HOUR: {
        "kk": ("сағат", "сағат", "сағат"),
        "ru": ("час", "часа", "часов"),
        "en": ("hour", "hours", "hours"),
    },
    Unit.DAY: {
        "kk": ("тәулік", "тәулік", "тәулік"),
        "ru": ("сутки", "суток", "суток"),
        "en": ("day", "days", "days"),
    },
    Unit.WORKING_DAY: {
        "kk": ("жұмыс күні", "жұмыс күні", "жұмыс күні"),
        "ru": ("рабочий день", "рабочих дня", "рабочих дней"),
        "en": ("working day", "working days", "working days"),
    },
    Unit.MONTH: {
        "kk": ("ай", "ай", "ай"),
        "ru": ("месяц", "месяца", "месяцев"),
        "en": ("month", "months", "months"),
    },
    Unit.YEAR: {
        "kk": ("жыл", "жыл", "жыл"),
        "ru": ("год", "года", "лет"),
        "en": ("year", "years", "years"),
    },
}


def tell(template: str, *, language: str, **facts: str) -> str:
    """Return a sentence with its facts; a Kazakh time takes the case that the next word asks."""
    return decline(template.format_map(facts), language=language)


def decline(text: str, *, language: str) -> str:
    """Return ``text`` with the endings of Kazakh times: ``10:00-ден бастап``, ``15:40-қа дейін``.

    An ending follows how the last number is said: `:00` as *нөл*, `:40` as *қырық*.
    """
    return DECLINED.sub(_add_ending, text) if language == "kk" else text


def _add_ending(found: re.Match[str]) -> str:
    minute = int(found[1])
    ending = ENDINGS[minute % 10 or minute][CASES[found[2]]]
    return f":{found[1]}-{ending} {found[2]}"


def fill(
    template: Text,
    *,
    begin: datetime,
    due: datetime,
    skipped: Sequence[date] = (),
    **facts: datetime,
) -> Text:
    """Return ``template`` with its moments written out in each language."""
    filled: Text = {}
    moments = {"begin": begin, "begin_end": due, "due": due, **facts}
    for language in LANGUAGES:
        said = template[language]
        # Only what the sentence says is written: this runs for every step of every date.
        known = {
            name: write_moment(moments[name], language=language, ends_day=name != "begin_end")
            if name in moments
            else write_days(skipped, language=language) or "–"
            for name in _list_names(said)
        }
        filled[language] = tell(said, language=language, **known)
    return filled


@lru_cache(maxsize=256)
def _list_names(template: str) -> tuple[str, ...]:
    """Return the names that a sentence has places for."""
    return tuple(name for _text, name, _form, _kind in Formatter().parse(template) if name)


def build_term_text(term: Term, *, begin: datetime, due: datetime) -> Text:
    """Return the sentence that says how long the term is."""
    return {
        language: tell(
            TERM[language],
            language=language,
            length=write_length(term, language=language),
            due=write_moment(due, language=language),
        )
        for language in LANGUAGES
    }


def build_answer_title(title: Text) -> Text:
    """Return the name of the answer that a complaint asks for."""
    return {language: ANSWER[language].format(what=title[language]) for language in LANGUAGES}


def write_length(term: Term, *, language: str) -> str:
    """Return ``7 days`` in ``language``, with the form of the noun that the number asks for."""
    one, few, many = UNITS[term.unit][language]
    if language == "ru":
        last_two, last = term.n % 100, term.n % 10
        if last == 1 and last_two != 11:
            return f"{term.n} {one}"
        is_few = last in (2, 3, 4) and last_two not in (12, 13, 14)
        return f"{term.n} {few if is_few else many}"
    return f"{term.n} {one if term.n == 1 else many}"


def write_days(days: Sequence[date], *, language: str) -> str:
    """Return days (in order) in words; neighbours as one span."""
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    return ", ".join(
        _write_day(span[0], language=language)
        if len(span) == 1
        else f"{_write_day(span[0], language=language)} – {_write_day(span[-1], language=language)}"
        for span in spans
    )


def _write_day(day: date, *, language: str) -> str:
    if language == "en":
        return f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}"
    return f"{day.day:02}.{day.month:02}.{day.year}"


def write_moment(moment: datetime, *, language: str, ends_day: bool = True) -> str:
    """Return a moment in words; a midnight as 24:00 of the day that it ends, if it ends one."""
    hour, minute = moment.hour, moment.minute
    if ends_day and not (hour or minute or moment.second):
        moment, hour = moment - timedelta(days=1), 24
    if language == "en":
        return f"{hour:02}:{minute:02} on {moment.day} {MONTHS_EN[moment.month - 1]} {moment.year}"
    return f"{moment.day:02}.{moment.month:02}.{moment.year} {hour:02}:{minute:02}"
