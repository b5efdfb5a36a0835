"""The steps beside the reckoning: where a date starts, why another term holds, a refusal.

Source: ``spec/clocks.md``, *Answer* (`how`). What an event is called is the pack's word for its
trigger; types that every pack has are named here.
"""

from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Condition, Pack, Text
from aigaq.reckoning.case_shapes import Event
from aigaq.reckoning.due_dates import Step
from aigaq.reckoning.words import (
    CAME_DOWN,
    LANGUAGES,
    NO_TERM,
    STARTED,
    TO_LIMITATION,
    TURNED_DOWN,
    VARIANT,
    WITHOUT_GROUND,
    tell,
    write_moment,
)

RULE = "start"
#: Types of events beside the triggers of a pack from which a date can run.
NAMES: dict[str, Text] = {
    "complaint_submitted": {"kk": "Берілді: {what}", "ru": "Подано: {what}", "en": "Filed: {what}"},
    "complaint_answered": {
        "kk": "Шағымға жауап келді",
        "ru": "Получен ответ на жалобу",
        "en": "The complaint was answered",
    },
    "refused": {"kk": "Бас тартылды", "ru": "Отказано", "en": "A refusal"},
    "released": {
        "kk": "Ұсталған адам босатылды",
        "ru": "Задержанное лицо освобождено",
        "en": "A detained person was released",
    },
    "pressure": {"kk": "Қысым жасалды", "ru": "Оказано давление", "en": "Pressure was put on"},
}


def build_start(event: Event, *, pack: Pack) -> tuple[Step, ...]:
    """Return the step that says which event a date runs from; none where it has no name."""
    # What pressure counts as was not reported yet: it is named as what it is.
    kind = "pressure" if event.is_pressure else event.type
    trigger = pack.triggers.get(kind)
    title = trigger.text if trigger else _name_own(kind, event=event, pack=pack)
    if title is None:
        return ()
    text = {
        language: tell(
            STARTED[language],
            language=language,
            what=title[language],
            at=write_moment(event.at, language=language, ends_day=False),
        )
        for language in LANGUAGES
    }
    return (Step(RULE, trigger.ground.article if trigger else None, event.at, event.at, text),)


def _name_own(kind: str, *, event: Event, pack: Pack) -> Text | None:
    """Return the name of a type that every pack has; that of a complaint with its title."""
    names = NAMES.get(kind)
    remedies = pack.remedies.get(event.get_field("remedy"), ())
    if names is None or not remedies:
        return names
    return {
        language: names[language].format(what=remedies[0].title[language]) for language in names
    }


def build_variant(
    when: Condition, *, facts: frozenset[str], pack: Pack, at: datetime
) -> tuple[Step, ...]:
    """Return the step that says by which facts another term than the usual one holds."""
    known = [fact for fact in when.list_facts() if fact in facts]
    texts = [_name_fact(fact, pack=pack) for fact in known]
    named = [text for text in texts if text is not None]
    if not named:
        return ()
    text = {
        language: VARIANT[language].format(why="; ".join(one[language] for one in named))
        for language in LANGUAGES
    }
    return (Step("variant", None, at, at, text),)


def _name_fact(fact: str, *, pack: Pack) -> Text | None:
    kind, _, name = fact.partition(":")
    if kind == "severity":
        return pack.severities.get(name)
    if kind == "offence" and name in pack.offences:
        return pack.offences[name][0].title
    return pack.profiles.get(fact) or pack.event_facts.get(fact)


def build_without_date(
    *, article: str | None, at: datetime, is_to_limitation: bool
) -> tuple[Step, ...]:
    """Return the step of a duty that has no date."""
    return (Step("term", article, at, at, TO_LIMITATION if is_to_limitation else NO_TERM),)


def build_refusal(at: datetime, *, had_no_ground: bool, was_sent_down: bool) -> tuple[Step, ...]:
    """Return the step by which a breach began before any date."""
    template = CAME_DOWN if was_sent_down else WITHOUT_GROUND if had_no_ground else TURNED_DOWN
    text = {
        language: tell(
            template[language], language=language, at=write_moment(at, language=language)
        )
        for language in LANGUAGES
    }
    return (Step("refused", None, at, at, text),)
