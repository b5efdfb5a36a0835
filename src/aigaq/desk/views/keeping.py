"""Where the copies lie, and who is told by e-mail to look at the desk."""

from pathlib import Path

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from aigaq.accounts.permissions import Capability
from aigaq.desk import words
from aigaq.desk.access import actor_of, needs
from aigaq.intake import keeping, selectors
from aigaq.intake.errors import NoticeError, SecondPlaceError
from aigaq.intake.shapes import NoticeSettings

GOOD = 25
FIELD_OF = {
    "notices.no_address": "to",
    "notices.bad_host": "host",
    "notices.bad_security": "security",
    "notices.bad_sender": "sender",
}


class SecondPlaceForm(forms.Form):
    """A folder of this computer, or of a disk that is plugged in."""

    folder = forms.CharField(
        label=gettext_lazy("Folder"),
        help_text=gettext_lazy("Its whole name, such as /media/usb/aigaq. It must be there."),
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class NoticeForm(forms.Form):
    """Who gets the letter, and the mail server that takes it."""

    to = forms.CharField(
        label=gettext_lazy("Addresses"),
        help_text=gettext_lazy("One a line. Each gets a letter of its own."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    sender = forms.CharField(label=gettext_lazy("Address it comes from"), max_length=200)
    host = forms.CharField(label=gettext_lazy("Mail server"), max_length=200)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65_535)
    security = forms.ChoiceField(
        label=gettext_lazy("Line to the mail server"),
        choices=[
            ("tls", gettext_lazy("encrypted from the start (often port 465)")),
            ("starttls", gettext_lazy("encrypted after a greeting (often port 587)")),
            ("none", gettext_lazy("open; only to this very computer")),
        ],
        widget=forms.RadioSelect,
    )
    password = forms.CharField(
        label=gettext_lazy("Password of the mail server"),
        help_text=gettext_lazy("Leave it empty to keep the one that is stored."),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    also_while_locked = forms.BooleanField(
        label=gettext_lazy("Send it while the desk is locked, too"),
        help_text=gettext_lazy(
            "Then addresses and password lie unencrypted on this computer: take a mail account that"
            " is used for nothing else."
        ),
        required=False,
    )


@require_http_methods(["GET", "POST"])
@needs(Capability.MANAGE_SECOND_PLACE)
def second_place(request: HttpRequest) -> HttpResponse:
    """Name the folder of the second place; the first copy begins at once."""
    actor = actor_of(request)
    second = selectors.get_second_place(actor=actor)
    form = SecondPlaceForm(request.POST or None, initial={"folder": second.folder or ""})
    if form.is_valid():
        folder = Path(form.cleaned_data["folder"].strip())
        try:
            is_apart = keeping.name_second_place(actor=actor, folder=folder)
        except SecondPlaceError as error:
            form.add_error("folder", words.say(words.SECOND_PLACE_REFUSALS, error.code))
        else:
            said = _("The desk copies there from now on.")
            if not is_apart:
                said = _("The desk copies there. It is the same disk: one theft takes both.")
            messages.add_message(request, GOOD if is_apart else messages.WARNING, said)
            return HttpResponseRedirect(reverse("organisation"))
    return render(
        request,
        "desk/account/second_place.html",
        {"form": form, "second": second},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@needs(Capability.MANAGE_ORGANISATION)
def notice_settings(request: HttpRequest) -> HttpResponse:
    """Choose who gets the letter, or that none is sent."""
    actor = actor_of(request)
    now = selectors.get_notice_settings(actor=actor)
    if "stop" in request.POST:
        keeping.stop_notices(actor=actor)
        messages.add_message(request, GOOD, _("No letter is sent any more."))
        return HttpResponseRedirect(reverse("organisation"))
    form = NoticeForm(request.POST or None, initial=_initial(now))
    if form.is_valid():
        values = dict(form.cleaned_data)
        password = values.pop("password")
        to = tuple(values.pop("to").split())
        try:
            keeping.set_notices(
                actor=actor, settings=NoticeSettings(to=to, **values), password=password or None
            )
        except NoticeError as error:
            said = words.say(words.NOTICE_REFUSALS, error.code)
            form.add_error(FIELD_OF.get(error.code), said)
        else:
            messages.add_message(request, GOOD, _("Saved. The next letter goes there."))
            return HttpResponseRedirect(reverse("organisation"))
    return render(
        request,
        "desk/account/notice_settings.html",
        {"form": form, "is_set": now is not None},
        status=422 if form.errors else 200,
    )


def _initial(now: NoticeSettings | None) -> dict[str, object]:
    if now is None:
        return {"port": 465, "security": "tls"}
    return {
        "to": "\n".join(now.to),
        "sender": now.sender,
        "host": now.host,
        "port": now.port,
        "security": now.security,
        "also_while_locked": now.also_while_locked,
    }
