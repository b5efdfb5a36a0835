"""Why something is proposed, passed over or warned of, in Kazakh, Russian and English."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aigaq.jurisdictions.citing import cite_article
from aigaq.jurisdictions.pack_shapes import Pack, Text
from aigaq.reckoning.case_shapes import Case, Event
from aigaq.reckoning.conflicts import Reached
from aigaq.reckoning.places import Office
from aigaq.reckoning.words import LANGUAGES, tell, write_moment

if TYPE_CHECKING:
    from aigaq.reckoning.owed import Owed
    from aigaq.reckoning.proposals import Proposal

#: Sentences that were said in one answer, by the identity of what they are about.
Said = dict[int, Text]
PACK_UNREVIEWED: Text = {
    "kk": "Бұл елдің ережелерін адвокат тексермеген. Мерзімге сенбес бұрын бапты оқыңыз.",
    "ru": "Правила этой страны не проверены адвокатом. Прежде чем полагаться на срок, "
    "прочитайте статью.",
    "en": "No advocate has reviewed the rules of this country. Read the article before you rely "
    "on a date.",
}
NO_OFFENCE: Text = {
    "kk": "Қылмыс құрамы көрсетілмеген: оған байланысты мерзімдер мен терезелер жоқ.",
    "ru": "Состав преступления не указан: сроки и окна, которые от него зависят, не показаны.",
    "en": "No offence is named: terms and windows that depend on it are left out.",
}
CALENDAR_ESTIMATED: Text = {
    "kk": "Мына мерзімдер әлі бекітілмеген немесе ауыстырылған мереке күніне байланысты: {what}. "
    "Күнтізбені тексеріңіз.",
    "ru": "Эти сроки зависят от праздника, который ещё не утверждён или перенесён: {what}. "
    "Проверьте календарь.",
    "en": "These dates rest on a holiday that is estimated or was moved: {what}. Check the "
    "calendar.",
}
ACTOR_UNKNOWN: Text = {
    "kk": "Кейбір міндеттерді қай орган атқаратыны файлдан көрінбейді.",
    "ru": "По файлу не видно, какой орган исполняет некоторые обязанности.",
    "en": "The file does not show which body owes some of the duties.",
}
OTHER_OFFSET: Text = {
    "kk": "{line}-жол: уақыт белдеуі сол күнгі жергілікті белдеуге сай емес. Сәт сол қалпында "
    "алынды.",
    "ru": "Строка {line}: смещение не совпадает с местным временем того дня. Момент взят как есть.",
    "en": "Line {line}: the offset is not that of the place on that day. The instant is kept as "
    "written.",
}
IN_THE_FUTURE: Text = {
    "kk": "{line}-жол: оқиға әлі болған жоқ, есепке алынбады.",
    "ru": "Строка {line}: событие ещё не наступило и не учтено.",
    "en": "Line {line}: the event has not happened yet and is left out.",
}
NO_EFFECT: Text = {
    "kk": "{line}-жол: бұл оқиғаға сай міндет те, шағым да ол кезде файлда болмаған.",
    "ru": "Строка {line}: такой обязанности или жалобы к этому моменту в файле нет, событие ничего "
    "не меняет.",
    "en": "Line {line}: by then the file has no such duty or complaint; the event changes nothing.",
}
PAUSE_UNKNOWN: Text = {
    "kk": "{line}-жол: бұл себеппен ешбір мерзім тоқтамайды немесе жалғаспайды. Ережелердегі "
    "себептер: {known}.",
    "ru": "Строка {line}: по этой причине ни один срок не останавливается и не возобновляется. "
    "Причины, которые есть в правилах: {known}.",
    "en": "Line {line}: for this reason no term stops or goes on. The rules know these: {known}.",
}
OTHER_BODY: Text = {
    "kk": "{line}-жол: шағым оны шешуге құзыретті емес органға берілді. Ол әлі берілмеген болып "
    "саналады.",
    "ru": "Строка {line}: жалоба подана в орган, который её не решает. Она считается неподанной.",
    "en": "Line {line}: the complaint went to a body that does not decide it. It counts as not "
    "filed.",
}
NO_DISTRICT: Text = {
    "kk": "{line}-жол: аудан аталған, ал істің өз ауданы (place: district) аталмаған. Бұл басқа "
    "аудан болып саналады.",
    "ru": "Строка {line}: район назван, а район самого дела (place: district) нет. Он считается "
    "другим районом.",
    "en": "Line {line}: a district is named, but not that of the case itself (place: district). It "
    "counts as another one.",
}
DISTRICT_TAKEN: Text = {
    "kk": "{line}-жол: істің өз ауданы (place: district) аталмаған. Файлда аталған жалғыз аудан "
    "істің ауданы деп алынды.",
    "ru": "Строка {line}: район самого дела (place: district) не назван. Им считается единственный "
    "район, который назван в файле.",
    "en": "Line {line}: the district of the case itself (place: district) is not named. The only "
    "district that the file names is taken for it.",
}
NOT_TOLD: Text = {
    "kk": "{line}-жол: бұл қысым туралы органға айтылғаны файлдан көрінбейді. Мерзім қысымның "
    "өзінен есептелді: алдымен хабарлаңыз.",
    "ru": "Строка {line}: из файла не видно, что органу сообщили об этом давлении. Срок взят от "
    "самого давления: сначала сообщите о нём.",
    "en": "Line {line}: the file does not say that the authority was told of this pressure. The "
    "date runs from the pressure itself: tell it first.",
}
NOTES = {
    "pressure.not_told": NOT_TOLD,
    "place.district_taken": DISTRICT_TAKEN,
    "place.no_district": NO_DISTRICT,
    "event.other_offset": OTHER_OFFSET,
    "event.in_the_future": IN_THE_FUTURE,
    "event.no_effect": NO_EFFECT,
    "pause.unknown_reason": PAUSE_UNKNOWN,
    "complaint.other_body": OTHER_BODY,
}
EXHAUSTED_ALONE: Text = {
    "kk": "Ел ішінде мүдделер қақтығысы жоқ құзыретті орган қалмады: {what}. Ережелерде бұдан "
    "кейінгі жол жоқ: адвокаттан сұраңыз.",
    "ru": "В стране не осталось компетентного органа без конфликта интересов: {what}. Дальнейшего "
    "пути в правилах нет: спросите адвоката.",
    "en": "No competent body without a conflict is left in the country: {what}. The rules know no "
    "further way: ask a lawyer.",
}
EXHAUSTED: Text = {
    "kk": "Ел ішінде мүдделер қақтығысы жоқ құзыретті орган қалмады: {what}. Халықаралық деңгей "
    "көрсетілді.",
    "ru": "В стране не осталось компетентного органа без конфликта интересов: {what}. Назван "
    "международный уровень.",
    "en": "No competent body without a conflict is left in the country: {what}. The international "
    "level is named.",
}
LATE: Text = {
    "kk": "«{what}» орындалмады, {since} бастап кешіктірілді ({article}).",
    "ru": "«{what}»: не исполнено, просрочено с {since} ({article}).",
    "en": "“{what}” was not done; late since {since} ({article}).",
}
REFUSED: Text = {
    "kk": "«{what}»: {since} бас тартылды ({article}).",
    "ru": "«{what}»: отказано {since} ({article}).",
    "en": "“{what}” was refused, {since} ({article}).",
}
UNHEEDED: Text = {
    "kk": "«{what}» {since} келді, бірақ «{duty}» әлі орындалған жоқ ({article}).",
    "ru": "«{what}»: дан {since}, но обязанность «{duty}» всё ещё не исполнена ({article}).",
    "en": "“{what}” came, {since}, but “{duty}” is still not done ({article}).",
}
SENT_DOWN_DUTY: Text = {
    "kk": "«{what}»: шағым үстінен шағым жасалған органға жіберілді, {since} ({article}).",
    "ru": "«{what}»: жалоба спущена тому, на кого жаловались, {since} ({article}).",
    "en": "“{what}”: the complaint was sent down to the one complained of, {since} ({article}).",
}
CAUTIONED: Text = {
    "kk": "Сақтық: бұл органды соңына қалдырған жөн.",
    "ru": "Осторожно: этот орган лучше оставить на потом.",
    "en": "With caution: better leave this body for later.",
}
INSTEAD: Text = {
    "kk": "Заң бойынша мұны {offices} қарауға тиіс, бірақ онда мүдделер қақтығысы бар.",
    "ru": "По закону адресат – {offices}, но здесь конфликт интересов.",
    "en": "Lawful addressee: {offices}; but a conflict reaches it.",
}
BEFORE: Text = {
    "kk": "Әдетте мұны {offices} қарайды, бірақ сақтық үшін ол тізімнің соңында тұр.",
    "ru": "Обычный адресат – {offices}, но из осторожности он в конце списка.",
    "en": "Usual addressee: {offices}; caution puts it at the end of the list.",
}
LAPSED: Text = {
    "kk": "Мұны беру мерзімі {at} бітті: мерзімді қалпына келтіруді бірге сұраңыз ({article}).",
    "ru": "Срок для этого истёк {at}: вместе с этим просите его восстановить ({article}).",
    "en": "The time for it ended at {at}: ask along with it to restore the term ({article}).",
}
ALONG: Text = {
    "kk": "«{what}» бірге беріледі.",
    "ru": "Подаётся вместе: «{what}».",
    "en": "Filed along with “{what}”.",
}
NO_ARTICLE = {"kk": "бабы жоқ", "ru": "без статьи", "en": "no article"}
REACHED: Text = {
    "kk": "Қылмыс жасады деп аталған адамнан осы органға дейін байланыстар тізбегі бар: {path}.",
    "ru": "От предполагаемого виновника к этому органу ведёт цепочка связей: {path}.",
    "en": "A chain of relations leads from an alleged perpetrator to this body: {path}.",
}
SENT_DOWN: Text = {
    "kk": "Шағым үстінен шағым жасалған органның өзіне жіберілді: {path}.",
    "ru": "Жалоба спущена тому, на кого жаловались: {path}.",
    "en": "The complaint was sent down to the one complained of: {path}.",
}
PRESSURE: Text = {
    "kk": "{at} болған қысым.",
    "ru": "Давление {at}.",
    "en": "Pressure, {at}.",
}
BREACH: Text = {
    "kk": "«{what}» міндеті орындалмады.",
    "ru": "Не исполнена обязанность «{what}».",
    "en": "The duty “{what}” was not met.",
}


def build_note(code: str, *, line: int, known: Sequence[str] = ()) -> Text:
    """Return the sentence for something odd on a line of the file; ``known`` words would do."""
    facts = {"line": line, "known": ", ".join(known) or "–"}
    return {language: NOTES[code][language].format_map(facts) for language in LANGUAGES}


def build_exhausted(titles: Sequence[Text], *, has_more: bool) -> Text:
    """Return the sentence that nobody is left for these duties; ``has_more`` beyond the country."""
    return _list_titles(EXHAUSTED if has_more else EXHAUSTED_ALONE, titles)


def build_unsure(titles: Sequence[Text]) -> Text:
    """Return the sentence that these dates rest on a holiday that may be another day."""
    return _list_titles(CALENDAR_ESTIMATED, titles)


def _list_titles(template: Text, titles: Sequence[Text]) -> Text:
    return {
        language: template[language].format(
            what="; ".join(dict.fromkeys(title[language] for title in titles))
        )
        for language in LANGUAGES
    }


def build_proposal(proposal: "Proposal", *, pack: Pack, case: Case, said: Said) -> Text:
    """Return why a remedy is proposed, and why to this office."""
    reasons = build_reasons(proposal, pack=pack, case=case, said=said)
    ways = build_way(proposal, pack=pack)
    return {
        language: " ".join(part for part in (reasons[language], ways[language]) if part)
        for language in LANGUAGES
    }


def build_reasons(proposal: "Proposal", *, pack: Pack, case: Case, said: Said) -> Text:
    """Return for what a remedy is proposed; each sentence once.

    ``said`` keeps the sentences of one answer: many remedies are proposed for the same duty.
    """
    for owed in proposal.because:
        if id(owed) not in said:
            said[id(owed)] = {
                language: _say_reason(owed, pack=pack, language=language, case=case)
                for language in LANGUAGES
            }
    return {
        language: " ".join(dict.fromkeys(said[id(owed)][language] for owed in proposal.because))
        for language in LANGUAGES
    }


def build_way(proposal: "Proposal", *, pack: Pack) -> Text:
    """Return why it goes to this office and not to another, and what else is to be asked."""
    return {
        language: " ".join(_say_way(proposal, pack=pack, language=language))
        for language in LANGUAGES
    }


def _say_way(proposal: "Proposal", *, pack: Pack, language: str) -> Iterator[str]:
    for template, offices in ((INSTEAD, proposal.instead_of), (BEFORE, proposal.before)):
        if offices:
            names = [write_office(one, pack=pack, language=language) for one in offices]
            yield template[language].format(offices=", ".join(names))
    if proposal.along_with is not None:
        yield ALONG[language].format(what=proposal.along_with.title[language])
    if proposal.is_cautioned:
        yield CAUTIONED[language]
    if proposal.lapsed_at is not None and proposal.file_within is None:
        article = say_article(pack.counting.get_article("restore"), language=language, pack=pack)
        at = write_moment(proposal.lapsed_at, language=language)
        yield tell(LAPSED[language], language=language, at=at, article=article)


def say_article(article: str | None, *, language: str, pack: Pack) -> str:
    """Return an article in words of ``language``, also where there is none."""
    if not article:
        return NO_ARTICLE[language]
    return cite_article(article, language=language, pack=pack)


def _say_reason(owed: "Owed", *, pack: Pack, language: str, case: Case) -> str:
    if owed.rule is not None:
        return owed.rule.text[language]
    late = owed.get_breach(case.as_of)
    since = owed.refused_at or owed.met_at or (late[0] if late else owed.starts_at)
    template = REFUSED if owed.is_refused() and not owed.had_no_ground else LATE
    template = SENT_DOWN_DUTY if owed.was_sent_down else template
    template = UNHEEDED if owed.unheeded is not None else template
    return tell(
        template[language],
        language=language,
        what=case.name_within(owed.title[language], proceeding=owed.proceeding),
        since=write_moment(since, language=language),
        article=say_article(owed.ground.article, language=language, pack=pack),
        duty=owed.unheeded[language] if owed.unheeded else "",
    )


def build_excluded(reached: Reached, *, pack: Pack) -> Text:
    """Return why an office is passed over."""
    template = REACHED if reached.why == "relation" else SENT_DOWN
    return {
        language: template[language].format(
            path=write_path(reached.path, office=reached.office, pack=pack, language=language)
        )
        for language in LANGUAGES
    }


def write_path(path: Sequence[str], *, office: Office, pack: Pack, language: str) -> str:
    """Return a chain of relations: the file's own ids of people, and the office by its name."""
    return " → ".join((*path[:-1], write_office(office, pack=pack, language=language)))


def write_office(office: Office | None, *, pack: Pack, language: str) -> str:
    """Return the name of an office, with its district if it is not the case's own."""
    if office is None:
        return "?"
    name = pack.institutions[office.institution].names[language]
    return name if office.district is None else f"{name} ({office.district})"


def build_offence(event: Event | None, *, duty: Text | None) -> Text:
    """Return which event or which missed duty may be the offence."""
    if event is not None:
        return {
            language: tell(
                PRESSURE[language],
                language=language,
                at=write_moment(event.at, language=language),
            )
            for language in LANGUAGES
        }
    return {
        language: BREACH[language].format(what=duty[language] if duty else "")
        for language in LANGUAGES
    }
