"""The style guide: each component of the design system in all its states.

It shows made-up values only and reads no database, so it looks alike on every desk. The tests
run axe over it in three languages, light and dark, narrow and wide.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from aigaq import clock


@dataclass(frozen=True)
class File:
    """A file in the file list: ``percent`` is None unless it is under way."""

    name: str
    size_bytes: int
    state: str
    percent: int | None = None


class SampleForm(forms.Form):
    """Fields of every kind, all optional but one."""

    name = forms.CharField(
        label=_("What should we call you?"), help_text=_("Any name will do. We use it in letters.")
    )
    note = forms.CharField(label=_("Note"), widget=forms.Textarea, required=False)
    urgency = forms.ChoiceField(
        label=_("How urgent is it?"),
        choices=[("now", _("Now")), ("soon", _("This week")), ("calm", _("No hurry"))],
        widget=forms.RadioSelect,
        required=False,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("kk", "Қазақша"), ("ru", "Русский"), ("en", "English")],
        required=False,
    )
    on = forms.DateField(label=_("Day"), required=False)
    agree = forms.BooleanField(label=_("I have told the reporter"), required=False)
    closed = forms.CharField(label=_("Register number"), disabled=True, required=False)


OFFICES = (
    {
        "name": _("Police of the district"),
        "note": _("Registered the statement"),
        "tone": "overdue",
        "icon": "landmark",
        "word": _("A conflict reaches it"),
    },
    {
        "name": _("Police of the region"),
        "note": _("Next lawful addressee"),
        "tone": "good",
        "icon": "landmark",
        "word": _("No conflict known"),
    },
    {"name": _("Prosecutor"), "note": _("Oversees both"), "tone": "", "icon": "scale"},
)
NODES = (
    {"name": "Б.", "role": _("Alleged perpetrator"), "relation": _("nephew of")},
    {"name": "В.", "role": _("Official"), "relation": _("head of")},
    {"name": _("Police of the district"), "role": _("Office")},
)
COLUMNS = (
    {
        "name": "new",
        "title": _("New"),
        "cards": [{"url": "#boards", "title": "12", "note": _("Waits for us")}],
        "nothing": _("Nothing new"),
    },
    {"name": "work", "title": _("In work"), "cards": [], "nothing": _("Nobody works on one now")},
)


def _list_events(now: datetime) -> list[dict[str, object]]:
    return [
        {"icon": "send", "tone": "info", "text": _("We wrote back"), "at": now},
        {
            "icon": "shield-check",
            "tone": "good",
            "text": _("Safe in the second place"),
            "at": now - timedelta(hours=26),
        },
        {
            "icon": "inbox",
            "tone": "",
            "text": _("The report came"),
            "at": now - timedelta(days=4),
            "detail": _("With a photo and a voice note."),
        },
    ]


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Return every component in every state."""
    now, today = clock.now(), timezone.localdate()
    filled = SampleForm(
        initial={"name": "Айгүл", "urgency": "soon", "agree": True, "closed": "12"}, prefix="filled"
    )
    wrong = SampleForm(data={"wrong-name": "", "wrong-on": "31.02.2026"}, prefix="wrong")
    return render(
        request,
        "desk/styleguide.html",
        {
            "filled": filled,
            "wrong": wrong,
            "days": [today + timedelta(days=days) for days in (-2, 0, 1, 3, 12, 400)],
            "moments": [now - timedelta(hours=hours) for hours in (0, 26, 90, 10_000)],
            "files": [
                File("IMG_2041.jpg", 2_400_000, "done"),
                File("VID_0007.mp4", 104_857_600, "sending", 37),
                File("дауыс.ogg", 180_000, "waiting"),
                File("scan.pdf", 640_000, "stopped", 52),
                File("note.txt", 0, "refused"),
            ],
            "now": now,
            "earlier": now - timedelta(days=4),
            "code": "73920184650273918465",
            "consequences": [
                _("Its answers, files and letters are erased from this desk."),
                _("Real reports are not touched."),
            ],
            "picture": {
                "kind": "picture",
                "label": _("Photo 1 of 3"),
                "name": "IMG_2041.jpg",
                "url": static("desk/sample.svg"),
            },
            "events": _list_events(now),
            "offices": OFFICES,
            "nodes": NODES,
            "columns": COLUMNS,
        },
    )
