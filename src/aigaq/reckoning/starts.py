"""The first step of every date: the event from which it runs, in words.

Source: ``spec/clocks.md``, *Answer* (`how`). What an event is called is the pack's word for its
trigger; types that every pack has are named here.
"""

from aigaq.jurisdictions.pack_shapes import Pack, Text
from aigaq.reckoning.case_shapes import Event
from aigaq.reckoning.due_dates import Step
from aigaq.reckoning.words import LANGUAGES, STARTED, tell, write_moment

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
    kind = "pressure" if event.get_field("kind") else event.type
    trigger = pack.triggers.get(kind)
    title = trigger.text if trigger else NAMES.get(kind)
    if title is None:
        return ()
    remedy = pack.remedies.get(event.get_field("remedy"))
    what = remedy[0].title if remedy else None
    text = {
        language: tell(
            STARTED[language],
            language=language,
            what=title[language].format(what=what[language] if what else ""),
            at=write_moment(event.at, language=language, ends_day=False),
        )
        for language in LANGUAGES
    }
    return (Step(RULE, trigger.ground.article if trigger else None, event.at, event.at, text),)
