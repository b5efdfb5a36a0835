"""The answer as a calendar that a person reads in a terminal, in Kazakh, Russian or English.

Shapes: lines of (style, text); a style is one of `STYLES` and says what, not how: the command gives
it a colour. People see the last day of a term; JSON has its exclusive end.
"""

import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Ground, Pack
from aigaq.reckoning import reasons
from aigaq.reckoning.due_dates import Due, Step
from aigaq.reckoning.evaluation import Answer, get_lawful_window, list_lawful_along
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.places import Office
from aigaq.reckoning.qualification import list_qualifications
from aigaq.reckoning.words import tell, write_days, write_moment

STYLES = ("title", "late", "soon", "running", "done", "warning", "detail", "plain")
Line = tuple[str, str]
SOON_DAYS = 3
WORDS: dict[str, dict[str, str]] = {
    "as_of": {"kk": "{at} сәтіндегі жағдай", "ru": "на {at}", "en": "as of {at}"},
    "pack": {
        "kk": "{name}, ережелер {version}",
        "ru": "{name}, правила {version}",
        "en": "{name}, rules {version}",
    },
    "late": {"kk": "Кешіктірілді", "ru": "Просрочено", "en": "Late"},
    "due": {"kk": "Мерзімі жүріп жатыр", "ru": "Срок идёт", "en": "Running"},
    "windows": {
        "kk": "Біз бере алатын құжаттар",
        "ru": "Что можем подать мы",
        "en": "Ours to file",
    },
    "proposals": {"kk": "Келесі қадам", "ru": "Следующий шаг", "en": "What to do next"},
    "excluded": {
        "kk": "Ұсынылмайды: мүдделер қақтығысы бар",
        "ru": "Не предлагаем: конфликт интересов",
        "en": "Not proposed: a conflict",
    },
    "cautions": {"kk": "Соңына қалдырамыз", "ru": "В последнюю очередь", "en": "Only last"},
    "offences": {
        "kk": "Бұл қылмыс болуы мүмкін",
        "ru": "Это может быть преступлением",
        "en": "This may be an offence",
    },
    "done": {"kk": "Орындалғаны және басқасы", "ru": "Исполнено и прочее", "en": "Done and other"},
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
    "met_late": {"kk": "кеш орындалды", "ru": "исполнено с опозданием", "en": "met late"},
    "not_applicable": {"kk": "қолданылмайды", "ru": "не применяется", "en": "does not apply"},
    "used": {"kk": "пайдаланылды", "ru": "использовано", "en": "used"},
    "lapsed": {"kk": "өтіп кетті", "ru": "прошло", "en": "lapsed"},
    "to": {"kk": "Кімге: {office}", "ru": "Кому: {office}", "en": "To: {office}"},
    "sure": {
        "kk": "{article}; сенімділігі {sure}\N{NO-BREAK SPACE}%",
        "ru": "{article}; уверенность {sure}\N{NO-BREAK SPACE}%",
        "en": "{article}; {sure}\N{NO-BREAK SPACE}% sure",
    },
    "unreviewed": {"kk": "тексерілмеген", "ru": "не проверено", "en": "unreviewed"},
    "prudence": {
        "kk": "сақтық, заң емес",
        "ru": "осторожность, не закон",
        "en": "prudence, no law",
    },
    "lawful": {
        "kk": "Заң бойынша мұнда берілетіні: {what}",
        "ru": "По закону адресат: {what}",
        "en": "By law the addressee of: {what}",
    },
    "along": {
        "kk": "Адвокат сонда беруді таңдаса, бірге: {what}",
        "ru": "Если адвокат решит подать туда, то вместе с этим: {what}",
        "en": "If a lawyer chooses to file there, along with it: {what}",
    },
    "proceedings": {"kk": "Іс жүргізулер", "ru": "Производства", "en": "Proceedings"},
    "law_of": {
        "kk": "{on} күнгі заң бойынша",
        "ru": "по закону на {on}",
        "en": "by the law of {on}",
    },
    "private": {"kk": "жеке айыптау", "ru": "частное обвинение", "en": "private prosecution"},
    "private_public": {
        "kk": "жеке-жариялы айыптау",
        "ru": "частно-публичное обвинение",
        "en": "private-public prosecution",
    },
    "public": {"kk": "жариялы айыптау", "ru": "публичное обвинение", "en": "public prosecution"},
    "number": {"kk": ", № {number}", "ru": ", № {number}", "en": ", No. {number}"},
    "no_remedy": {
        "kk": "Бұған шағымданудың жолы ережелерде жоқ: адвокаттан сұраңыз.",
        "ru": "Как это обжаловать, правила не говорят: спросите адвоката.",
        "en": "The rules know no complaint about this: ask a lawyer.",
    },
    "same": {
        "kk": "Себептері {number}-тармақтағыдай.",
        "ru": "Причины те же, что в пункте {number}.",
        "en": "For the same reasons as {number}.",
    },
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
        return tell(WORDS["until"][language], language=language, at=strict)
    late = write_moment(due.lenient, language=language)
    return tell(WORDS["until_unclear"][language], language=language, at=strict, late=late)


def write_step_article(step: Step, *, language: str, pack: Pack) -> str:
    """Return the article of a step in brackets, or nothing."""
    if not step.article:
        return ""
    return f" ({reasons.say_article(step.article, language=language, pack=pack)})"


def write_ground(ground: Ground, *, language: str, pack: Pack) -> str:
    """Return article, confidence and whether someone reviewed it."""
    article = reasons.say_article(ground.article, language=language, pack=pack)
    parts = [WORDS["sure"][language].format(article=article, sure=round(ground.confidence * 100))]
    if ground.reviewed is None:
        parts.append(WORDS["unreviewed"][language])
    if ground.basis == "prudence":
        parts.append(WORDS["prudence"][language])
    return ", ".join(parts)


def wrap(text: str, *, width: int) -> str:
    """Return a line of an answer broken at ``width``, each part under the beginning of its text."""
    body = text.lstrip(" ")
    mark = body[: -len(body.lstrip("·! "))] if body[:1] in "·!" else ""
    indent = " " * (len(text) - len(body) + len(mark))
    return textwrap.fill(
        text,
        width=width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


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
        yield from self._write_matters()
        yield from self._write_late()
        yield from self._write_proposals()
        yield from self._write_running()
        yield from self._write_windows()
        yield from self._write_conflicts()
        yield from self._write_offences()
        yield from self._write_done()

    def _write_matters(self) -> Iterator[Line]:
        case = self._answer.case
        yield from self._head("proceedings")
        for one in case.proceedings.values():
            number = self._say("number", number=one.number) if one.number else ""
            yield "plain", f"  {one.id}: {self._office(one.office)}{number}"
            for each in list_qualifications(case, proceeding=one.id, pack=self._pack):
                parts = [each.offence.title[self._language]]
                if each.offence.severity:
                    parts.append(self._pack.severities[each.offence.severity][self._language])
                if each.offence.mode:
                    parts.append(self._say(each.offence.mode))
                if each.has_versions:
                    parts.append(
                        self._say("law_of", on=write_days([each.on], language=self._language))
                    )
                yield "detail", f"     {'; '.join(parts)}. {self._ground(each.offence.ground)}"

    def _write_late(self) -> Iterator[Line]:
        yield from self._head("late")
        late = [one for one in self._answer.breaches if one.until is None]
        for one in late:
            since = self._say("since", at=self._moment(one.since))
            yield "late", f"  {since}  {self._title(one.owed)}"
            yield from self._details(one.owed)
            if not one.owed.on_breach and not one.owed.is_complaint:
                yield "detail", f"     {self._say('no_remedy')}"
        if not late:
            yield "plain", f"  {self._say('nothing')}"

    def _write_proposals(self) -> Iterator[Line]:
        if not self._answer.ladder.proposals:
            return
        yield from self._head("proposals")
        known: dict[str, int] = {}
        said: reasons.Said = {}
        for number, one in enumerate(self._answer.ladder.proposals, 1):
            yield "soon", f"  {number}. {one.remedy.title[self._language]}"
            yield "plain", f"     {self._say('to', office=self._office(one.office))}"
            if one.file_within is not None:
                yield "soon", f"     {self._say('until', at=self._moment(one.file_within))}"
            case, language = self._answer.case, self._language
            because = reasons.build_reasons(one, pack=self._pack, case=case, said=said)[language]
            first = known.setdefault(because, number)
            because = because if first == number else self._say("same", number=str(first))
            way = reasons.build_way(one, pack=self._pack)[self._language]
            yield "detail", f"     {because} {way}".rstrip()
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
        # What can still be filed comes first.
        windows = sorted(
            self._answer.windows, key=lambda one: one.get_state(self._as_of) != "running"
        )
        for one in windows:
            state = one.get_state(self._as_of)
            mark = f" [{self._say(state)}]" if state != "running" else ""
            due = write_due(one.due, language=self._language)
            style = "soon" if state == "running" else "done"
            yield style, f"  {due}  {one.window.title[self._language]}{mark}"
            yield "detail", f"     {self._ground(one.window.ground)}"
            yield from self._steps(one.due.how)

    def _write_conflicts(self) -> Iterator[Line]:
        if self._answer.reached:
            yield from self._head("excluded")
        for one in self._answer.reached:
            yield "warning", f"  {self._office(one.office)}"
            yield "detail", f"     {reasons.build_excluded(one, pack=self._pack)[self._language]}"
            lawful = self._answer.ladder.lawful.get(one.office, {})
            if lawful:
                titles = ", ".join(remedy.title[self._language] for remedy in lawful.values())
                yield "detail", f"     {self._say('lawful', what=titles)}"
            closes_at = get_lawful_window(self._answer, one)
            if closes_at is not None:
                yield "soon", f"     {self._say('until', at=self._moment(closes_at))}"
            along = [
                rule.title[self._language]
                for name in list_lawful_along(self._answer, one)
                for rule in self._pack.remedies.get(name, ())[:1]
            ]
            if along:
                yield "detail", f"     {self._say('along', what=', '.join(along))}"
        if self._answer.cautions:
            yield from self._head("cautions")
        for caution in self._answer.cautions:
            path = (*caution.path[:-1], self._office(self._find_office(caution.path[-1])))
            yield "plain", f"  {self._office(caution.office)}: {' → '.join(path)}"
        for text in dict.fromkeys(
            caution.rule.text[self._language] for caution in self._answer.cautions
        ):
            yield "detail", f"     {text}"

    def _write_offences(self) -> Iterator[Line]:
        if self._answer.offences:
            yield from self._head("offences")
        for name in dict.fromkeys(one.id for one in self._answer.offences):
            rule = self._pack.offences[name][0]
            yield "warning", f"  {rule.title[self._language]}"
            for one in self._answer.offences:
                if one.id == name:
                    title = one.owed.title if one.owed else None
                    because = reasons.build_offence(one.event, duty=title)
                    yield "detail", f"     {because[self._language]}"
            yield "detail", f"     {self._ground(rule.ground)}"

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
            state = one.get_state(self._as_of)
            if state == "met" and one.get_breach(self._as_of):
                state = "met_late"
            state = self._say(state)
            at = f" {self._moment(one.met_at)}" if one.met_at else ""
            yield "done", f"  {state}{at}  {self._title(one)}"

    def _details(self, one: Owed) -> Iterator[Line]:
        office = self._office(one.actor)
        yield "detail", f"     {office}. {self._ground(one.ground)}"
        yield from self._steps(one.list_steps())

    def _steps(self, steps: Iterable[Step]) -> Iterator[Line]:
        if self._with_steps:
            for step in steps:
                article = write_step_article(step, language=self._language, pack=self._pack)
                yield "detail", f"       · {step.text[self._language]}{article}"

    def _head(self, name: str) -> Iterator[Line]:
        yield "plain", ""
        yield "title", self._say(name)

    def _title(self, one: Owed) -> str:
        title = one.title[self._language]
        return self._answer.case.name_within(title, proceeding=one.proceeding)

    def _is_soon(self, due: Due) -> bool:
        return (due.strict - self._as_of).days < SOON_DAYS

    def _office(self, office: Office | None) -> str:
        return reasons.write_office(office, pack=self._pack, language=self._language)

    def _find_office(self, name: str) -> Office:
        """Return the office of a path's end."""
        institution, _, district = name.partition("@")
        return Office(institution, district or None)

    def _ground(self, ground: Ground) -> str:
        return write_ground(ground, language=self._language, pack=self._pack)

    def _moment(self, moment: datetime) -> str:
        return write_moment(moment, language=self._language)

    def _say(self, key: str, /, **facts: str) -> str:
        return tell(WORDS[key][self._language], language=self._language, **facts)
