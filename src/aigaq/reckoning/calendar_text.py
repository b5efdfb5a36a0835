"""The answer as a calendar that a person reads in a terminal, in Kazakh, Russian or English.

Shapes: lines of (style, text); a style is one of `STYLES` and says what, not how: the command gives
it a colour. People see the last day of a term; JSON has its exclusive end.
"""

from collections.abc import Iterator
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Ground, Pack
from aigaq.reckoning import reasons
from aigaq.reckoning.due_dates import Due, Step
from aigaq.reckoning.evaluation import Answer
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.places import Office
from aigaq.reckoning.words import write_article, write_moment

STYLES = ("title", "late", "soon", "running", "done", "warning", "detail", "plain")
Line = tuple[str, str]
SOON_DAYS = 3
WORDS: dict[str, dict[str, str]] = {
    "as_of": {"kk": "{at} жағдай бойынша", "ru": "на {at}", "en": "as of {at}"},
    "pack": {
        "kk": "{name}, ережелер {version}",
        "ru": "{name}, правила {version}",
        "en": "{name}, rules {version}",
    },
    "late": {"kk": "Кешіктірілді", "ru": "Просрочено", "en": "Late"},
    "due": {"kk": "Мерзімі жүріп жатыр", "ru": "Срок идёт", "en": "Running"},
    "windows": {"kk": "Біз бере алатын", "ru": "Что можем подать мы", "en": "Ours to file"},
    "proposals": {"kk": "Келесі қадам", "ru": "Следующий шаг", "en": "What to do next"},
    "excluded": {
        "kk": "Ұсынылмайды: қақтығыс бар",
        "ru": "Не предлагаем: конфликт",
        "en": "Not proposed: a conflict",
    },
    "cautions": {"kk": "Соңына қалдырамыз", "ru": "В последнюю очередь", "en": "Only last"},
    "offences": {
        "kk": "Бұл қылмыс болуы мүмкін",
        "ru": "Это может быть преступлением",
        "en": "This may be an offence",
    },
    "done": {"kk": "Болған", "ru": "Исполнено и прочее", "en": "Done and other"},
    "nothing": {"kk": "Ештеңе жоқ.", "ru": "Ничего нет.", "en": "Nothing."},
    "since": {"kk": "{at} бастап", "ru": "с {at}", "en": "since {at}"},
    "until": {"kk": "{at} дейін", "ru": "до {at}", "en": "by {at}"},
    "until_unclear": {
        "kk": "{at} дейін (бұзушылық {late} кейін)",
        "ru": "до {at} (нарушение – после {late})",
        "en": "by {at} (a breach after {late})",
    },
    "without_term": {"kk": "мерзімі жоқ", "ru": "без срока", "en": "without a term"},
    "paused": {"kk": "тоқтатылған", "ru": "приостановлено", "en": "paused"},
    "disputed": {"kk": "даулы", "ru": "спорно", "en": "disputed"},
    "met": {"kk": "орындалды", "ru": "исполнено", "en": "met"},
    "not_applicable": {"kk": "қолданылмайды", "ru": "не применяется", "en": "does not apply"},
    "used": {"kk": "пайдаланылды", "ru": "использовано", "en": "used"},
    "lapsed": {"kk": "өтіп кетті", "ru": "прошло", "en": "lapsed"},
    "to": {"kk": "Кімге: {office}", "ru": "Кому: {office}", "en": "To: {office}"},
    "sure": {
        "kk": "{article}; сенімділігі {sure} %",
        "ru": "{article}; уверенность {sure} %",
        "en": "{article}; {sure} % sure",
    },
    "unreviewed": {"kk": "тексерілмеген", "ru": "не проверено", "en": "unreviewed"},
    "prudence": {
        "kk": "сақтық, заң емес",
        "ru": "осторожность, не закон",
        "en": "prudence, no law",
    },
    "lawful": {
        "kk": "Заң бойынша мына шағымдардың мекенжайы: {what}",
        "ru": "По закону адресат: {what}",
        "en": "By law the addressee of: {what}",
    },
    "along": {
        "kk": "Бірге беріледі: {what}",
        "ru": "Вместе с: {what}",
        "en": "Along with: {what}",
    },
    "number": {"kk": "{number}, {kind}", "ru": "{number}, {kind}", "en": "{number}, {kind}"},
}


def write_answer(answer: Answer, *, language: str, with_steps: bool = False) -> Iterator[Line]:
    """Yield the lines of a whole answer."""
    yield from _Writer(answer, language=language, with_steps=with_steps).write()


def write_due(due: Due | None, *, language: str) -> str:
    """Return the last moment of a term, and the later one of a breach if they differ."""
    if due is None:
        return WORDS["without_term"][language]
    strict = write_moment(due.strict, language=language)
    if due.lenient == due.strict:
        return WORDS["until"][language].format(at=strict)
    late = write_moment(due.lenient, language=language)
    return WORDS["until_unclear"][language].format(at=strict, late=late)


def write_step_article(step: Step, *, language: str) -> str:
    """Return the article of a step in brackets, or nothing."""
    return f" ({write_article(step.article, language=language)})" if step.article else ""


def write_ground(ground: Ground, *, language: str) -> str:
    """Return article, confidence and whether someone reviewed it."""
    article = reasons.say_article(ground.article, language=language)
    parts = [WORDS["sure"][language].format(article=article, sure=round(ground.confidence * 100))]
    if ground.reviewed is None:
        parts.append(WORDS["unreviewed"][language])
    if ground.basis == "prudence":
        parts.append(WORDS["prudence"][language])
    return ", ".join(parts)


def write_office(office: Office | None, *, pack: Pack, language: str) -> str:
    """Return the name of an office, with its district if it is not the case's own."""
    if office is None:
        return "?"
    name = pack.institutions[office.institution].names[language]
    return name if office.district is None else f"{name} ({office.district})"


class _Writer:
    def __init__(self, answer: Answer, *, language: str, with_steps: bool) -> None:
        self._answer = answer
        self._pack = answer.pack
        self._as_of = answer.case.as_of
        self._language = language
        self._with_steps = with_steps

    def write(self) -> Iterator[Line]:
        facts = self._pack.facts
        name = facts.names[self._language]
        pack = self._say("pack", name=name, version=facts.version)
        yield "title", f"{pack}, {self._say('as_of', at=self._moment(self._as_of))}"
        for _code, text in self._answer.warnings:
            yield "warning", f"! {text[self._language]}"
        yield from self._write_late()
        yield from self._write_proposals()
        yield from self._write_running()
        yield from self._write_windows()
        yield from self._write_conflicts()
        yield from self._write_offences()
        yield from self._write_done()

    def _write_late(self) -> Iterator[Line]:
        yield from self._head("late")
        late = [one for one in self._answer.breaches if one.until is None]
        for one in late:
            since = self._say("since", at=self._moment(one.since))
            yield "late", f"  {since}  {self._title(one.owed)}"
            yield from self._details(one.owed)
        if not late:
            yield "plain", f"  {self._say('nothing')}"

    def _write_proposals(self) -> Iterator[Line]:
        if not self._answer.ladder.proposals:
            return
        yield from self._head("proposals")
        for number, one in enumerate(self._answer.ladder.proposals, 1):
            yield "soon", f"  {number}. {one.remedy.title[self._language]}"
            yield "plain", f"     {self._say('to', office=self._office(one.office))}"
            if one.file_within is not None:
                yield "soon", f"     {self._say('until', at=self._moment(one.file_within))}"
            because = reasons.build_proposal(one, pack=self._pack, as_of=self._as_of)
            yield "detail", f"     {because[self._language]}"
            yield "detail", f"     {self._ground(one.remedy.ground)}"

    def _write_running(self) -> Iterator[Line]:
        yield from self._head("due")
        running = [
            one
            for one in self._answer.duties
            if one.get_state(self._as_of) in ("running", "paused", "disputed")
        ]
        running.sort(key=lambda one: (one.due is None, one.due.strict if one.due else self._as_of))
        for one in running:
            state = one.get_state(self._as_of)
            mark = f" [{self._say(state)}]" if state != "running" else ""
            style = "running" if one.due is None or not self._is_soon(one.due) else "soon"
            yield (
                style,
                f"  {write_due(one.due, language=self._language)}  {self._title(one)}{mark}",
            )
            yield from self._details(one)
        if not running:
            yield "plain", f"  {self._say('nothing')}"

    def _write_windows(self) -> Iterator[Line]:
        if not self._answer.windows:
            return
        yield from self._head("windows")
        for one in self._answer.windows:
            state = one.get_state(self._as_of)
            mark = f" [{self._say(state)}]" if state != "running" else ""
            due = write_due(one.due, language=self._language)
            style = "soon" if state == "running" else "done"
            yield style, f"  {due}  {one.window.title[self._language]}{mark}"
            yield "detail", f"     {self._ground(one.window.ground)}"
            yield from self._steps(one.due)

    def _write_conflicts(self) -> Iterator[Line]:
        if self._answer.reached:
            yield from self._head("excluded")
        for one in self._answer.reached:
            yield "warning", f"  {self._office(one.office)}"
            yield "detail", f"     {reasons.build_excluded(one)[self._language]}"
            lawful = self._answer.ladder.lawful.get(one.office, {})
            if lawful:
                titles = ", ".join(remedy.title[self._language] for remedy in lawful.values())
                yield "detail", f"     {self._say('lawful', what=titles)}"
        if self._answer.cautions:
            yield from self._head("cautions")
        for caution in self._answer.cautions:
            yield "plain", f"  {self._office(caution.office)}: {' → '.join(caution.path)}"
        for text in dict.fromkeys(
            caution.rule.text[self._language] for caution in self._answer.cautions
        ):
            yield "detail", f"     {text}"

    def _write_offences(self) -> Iterator[Line]:
        if self._answer.offences:
            yield from self._head("offences")
        for one in self._answer.offences:
            rule = self._pack.offences[one.id][0]
            because = reasons.build_offence(one.event, duty=one.owed.title if one.owed else None)
            yield "warning", f"  {rule.title[self._language]}"
            yield "detail", f"     {because[self._language]} {self._ground(rule.ground)}"

    def _write_done(self) -> Iterator[Line]:
        done = [
            one
            for one in self._answer.duties
            if one.get_state(self._as_of) in ("met", "not_applicable")
        ]
        if not done:
            return
        yield from self._head("done")
        for one in done:
            state = self._say(one.get_state(self._as_of))
            at = f" {self._moment(one.met_at)}" if one.met_at else ""
            yield "done", f"  {state}{at}  {self._title(one)}"

    def _details(self, one: Owed) -> Iterator[Line]:
        office = self._office(one.actor)
        yield "detail", f"     {office}. {self._ground(one.ground)}"
        yield from self._steps(one.due)

    def _steps(self, due: Due | None) -> Iterator[Line]:
        if self._with_steps and due is not None:
            for step in due.how:
                article = write_step_article(step, language=self._language)
                yield "detail", f"       · {step.text[self._language]}{article}"

    def _head(self, name: str) -> Iterator[Line]:
        yield "plain", ""
        yield "title", self._say(name)

    def _title(self, one: Owed) -> str:
        title = one.title[self._language]
        if len(self._answer.case.proceedings) < 2:
            return title
        return f"{title} ({one.proceeding})"

    def _is_soon(self, due: Due) -> bool:
        return (due.strict - self._as_of).days < SOON_DAYS

    def _office(self, office: Office | None) -> str:
        return write_office(office, pack=self._pack, language=self._language)

    def _ground(self, ground: Ground) -> str:
        return write_ground(ground, language=self._language)

    def _moment(self, moment: datetime) -> str:
        return write_moment(moment, language=self._language)

    def _say(self, key: str, /, **facts: str) -> str:
        return WORDS[key][self._language].format(**facts)
