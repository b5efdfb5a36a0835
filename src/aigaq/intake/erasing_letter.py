"""The letter that tells a reporter, before anything is erased, that it may be. It promises nothing.

It names no person and nothing of the report: others may hold the phone that it is read on.
"""

ASKED = {
    "kk": "Осы пошта жәшігінен № {number} хабарламаны өшіру сұралды.",
    "ru": "Из этого почтового ящика нас попросили стереть сообщение № {number}.",
    "en": "From this mailbox we were asked to erase report No. {number}.",
}
NO_REPORT = {
    "kk": "№ {number} жазбаны біз хабарлама емес, сынақ не жарнама деп ұқтық.",
    "ru": "Мы поняли запись № {number} не как сообщение, а как пробу или рекламу.",
    "en": "We understood No. {number} as no report, but as a trial or an advertisement.",
}
REST = {
    "kk": (
        "Ол осы хат жәшікке түскеннен кейін {days} күн өтпей өшірілмейді. Қалсын десеңіз, осында"
        " кез келген хат жазыңыз, неғұрлым ерте болса, соғұрлым жақсы: хат бізге өшірілгенге дейін"
        " жетсе, өшіру тоқтайды. Өшірілгенді қайтару мүмкін емес. Басқаларға берілгені не қағазға"
        " басылғаны бұл жолмен жойылмайды."
    ),
    "ru": (
        "Раньше чем через {days} {unit} после того, как это письмо легло в ящик, ничего не"
        " стирается. Если сообщение нужно сохранить, напишите сюда любое письмо, лучше поскорее:"
        " если оно дойдёт до нас раньше, стирание отменяется. Стёртое нельзя вернуть. То, что было"
        " передано другим или напечатано, так не исчезнет."
    ),
    "en": (
        "Nothing is erased sooner than {days} {unit} after this letter lay in the mailbox. If the"
        " report should be kept, write any letter here, better soon: if it reaches us before, the"
        " erasing is called off. What is erased cannot be brought back. What was handed to others"
        " or printed is not reached by it."
    ),
}


def write_erasing_letter(*, language: str, number: int, days: int, reason: str) -> str:
    """Return the letter in the report's language, in Russian where that is not known."""
    language = language if language in REST else "ru"
    first = (ASKED if reason == "asked" else NO_REPORT)[language].format(number=number)
    rest = REST[language].format(days=days, unit=_name_days(days, language=language))
    return f"{first} {rest}"


def _name_days(days: int, *, language: str) -> str:
    if language == "en":
        return "day" if days == 1 else "days"
    if days % 10 == 1 and days % 100 != 11:
        return "день"
    few = days % 10 in (2, 3, 4) and days % 100 not in (12, 13, 14)
    return "дня" if few else "дней"
