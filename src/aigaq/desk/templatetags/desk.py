"""Tags and filters of the desk's components: icons, dates in words, notices, fields, chips.

A component that takes plain values is an include in ``desk/components/``; what needs a
computation or a body is a tag here. Tones are ``info``, ``good``, ``due`` and ``overdue``.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from aigaq import clock
from aigaq.desk import dates, export_words, timestamp_words, words
from aigaq.desk.icons import build_icon
from aigaq.evidence.shapes import CustodyEvent
from aigaq.intake.shapes import InboxRow, Urgency

register = template.Library()

TONE_ICONS = {
    "info": "info",
    "good": "circle-check",
    "due": "clock",
    "overdue": "triangle-alert",
    "": "circle",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon; a word must stand beside it."""
    return mark_safe(build_icon(name))  # noqa: S308 (our own files, no input)


@register.simple_block_tag
def notice(content: str, tone: str, title: str, level: int = 2) -> SafeString:
    """Return a notice with a heading and a body of our own HTML."""
    return format_html(
        '<section class="notice is-{}">{}<div class="notice-body"><h{} class="notice-title">{}'
        "</h{}>{}</div></section>",
        tone,
        icon(TONE_ICONS[tone]),
        level,
        title,
        level,
        mark_safe(content.strip()),  # noqa: S308 (already rendered and escaped by the template)
    )


@register.simple_tag
def chip(tone: str, text: str, icon_name: str = "") -> SafeString:
    """Return a small label: icon and word, coloured by tone."""
    return format_html(
        '<span class="chip is-{}">{}{}</span>', tone, icon(icon_name or TONE_ICONS[tone]), text
    )


@register.filter
def when(at: datetime) -> SafeString:
    """Return a moment in words ("today at 14:05"), exact on hover."""
    local = dates.to_local(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        clock.format_time(at),
        f"{local:%d.%m.%Y %H:%M} {local:%Z}",
        dates.moment(at, now=clock.now()),
    )


@register.filter
def on_day(at: datetime) -> SafeString:
    """Return the day of a moment for tables ("12 May"), exact on hover."""
    local = dates.to_local(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        clock.format_time(at),
        f"{local:%d.%m.%Y %H:%M} {local:%Z}",
        dates.short_date(local.date(), today=timezone.localdate()),
    )


@register.filter
def waiting_time(since: datetime) -> str:
    """Return how long someone has waited: "5 hours"."""
    return dates.waiting(since, now=clock.now())


@register.filter
def size(size_bytes: int) -> str:
    """Return a size as a person reads it."""
    return dates.file_size(size_bytes)


@register.filter
def in_fours(code: str) -> list[str]:
    """Return a receipt code cut into groups of four digits."""
    return [code[start : start + 4] for start in range(0, len(code), 4)]


@register.filter
def hex_in_eights(digest: bytes) -> list[str]:
    """Return a digest in hexadecimal, cut into groups of eight to be copied by hand."""
    return in_eights(digest.hex())


@register.filter
def in_eights(text: str) -> list[str]:
    """Return a hash in hexadecimal, cut into groups of eight to be copied by hand."""
    return [text[start : start + 8] for start in range(0, len(text), 8)]


@register.simple_tag
def step_words(words_by_language: Mapping[str, str]) -> SafeString:
    """Return what the verifier says of a step in the reader's language, or else in English."""
    language = get_language() or ""
    told = words_by_language.get(language)
    if told is None:
        language, told = "en", words_by_language["en"]
    if not told:
        return mark_safe("")
    form = '<br><span class="muted small" lang="{}">{}</span>'
    return format_html(form, language, told)


@register.filter
def custody_note(line: CustodyEvent) -> str:
    """Return the note of a line of custody in words; a name stays as it is."""
    if line.event == "exported":
        return export_words.say_exported(line.note)
    if line.event == "handed_over" and (told := export_words.say_handed_over(line.note)):
        return told
    return words.say_custody_note(line.event, line.note)


@register.inclusion_tag("desk/components/clock.html")
def clock_chip(on: date, how: str = "") -> dict[str, object]:
    """Return the clock chip of a day: date in words, days left, and how it was computed."""
    today = timezone.localdate()
    return {
        "on": on,
        "text": dates.weekday_date(on, today=today),
        "left": dates.days_left(on, today=today),
        "tone": dates.urgency_of(on, today=today),
        "how": how,
    }


@register.inclusion_tag("desk/components/field.html")
def field(bound: BoundField, short: str = "") -> dict[str, object]:
    """Return a field with its label, reason and error; choices become large tiles.

    ``short`` names an option for narrow values: ``short`` gives a narrow control.
    """
    widget = bound.field.widget
    kind = "control"
    is_select = isinstance(widget, Select) and not isinstance(widget, RadioSelect)
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        kind = "tiles"
    elif isinstance(widget, CheckboxInput):
        kind = "tick"
    described = []
    if bound.help_text:
        described.append(f"{bound.id_for_label}-reason")
    if bound.errors:
        described.append(f"{bound.id_for_label}-error")
    attrs: dict[str, str] = {}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "bound": bound,
        "kind": kind,
        "short": short == "short",
        "control": bound.as_widget(attrs=dict(attrs)) if kind != "tiles" else "",
        "optional": "" if bound.field.required or is_select else _("not required"),
        "described": " ".join(described),
    }


TABLES = {
    "advice": timestamp_words.ADVICE,
    "alarm": {**words.FAULTS, **words.ALARMS, **timestamp_words.ALARMS},
    "came_by": words.CAME_BY,
    "consent": words.CONSENTS,
    "custody": words.CUSTODY,
    "decision": words.DECISIONS,
    "delivery": words.DELIVERIES,
    "due": words.DUE_REASONS,
    "for_whom": export_words.FOR_WHOM,
    "package": export_words.REFUSALS,
    "found": export_words.FOUND,
    "stage": export_words.STAGES,
    "step": export_words.STEPS,
    "step_result": export_words.RESULTS,
    "fault": words.FAULTS,
    "file_kind": words.FILE_KINDS,
    "fixity": words.FIXITY,
    "language": words.OPTIONS[16],
    "item_kind": words.KINDS,
    "message_kind": words.MESSAGE_KINDS,
    "opened": words.OPENED,
    "preview": words.PREVIEW_REASONS,
    "provenance": words.PROVENANCE,
    "request": words.REQUESTS,
    "urgency": words.URGENCY_REASONS,
    "who": words.OPTIONS[2],
}


@register.filter
def say(code: str, table: str) -> str:
    """Return the words for a code of the layers below."""
    return words.say(TABLES[table], str(code))


@register.filter
def get(table: Mapping[object, object], key: object) -> object:
    """Return what a table says for a key, None if it says nothing."""
    return table.get(key)


@register.filter
def has_advice(code: str) -> bool:
    """Tell whether there is something that a person can do about an alarm, in words."""
    return code in timestamp_words.ADVICE


@register.inclusion_tag("desk/components/report_chips.html")
def report_chips(row: InboxRow) -> dict[str, object]:
    """Return what one must see of a report at a glance: urgency, flags, then its state."""
    return {
        "row": row,
        "now": row.urgency == Urgency.NOW,
        "soon": row.urgency == Urgency.SOON,
        "reasons": [
            words.say(words.URGENCY_REASONS, code)
            for code in row.urgency_reasons
            if code != "urgency.under_18"
        ],
        "fictional": row.is_sample,
        "state": row.state.value,
    }
