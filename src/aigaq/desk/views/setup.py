"""The ceremony in the browser: choices, then each secret shown once and typed back, then the end.

Only for a browser on this computer, and only while no organisation was founded. The secrets lie in
this process's memory between the steps, for an hour at most, under a random token that the browser
holds; nothing is on the disk before the last step.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from aigaq.accounts.ceremony import (
    Choices,
    DrawnSecrets,
    check_choices,
    check_typed_back,
    draw_secrets,
    found_organisation,
)
from aigaq.accounts.errors import AccountsError, CeremonyError
from aigaq.desk.locking import LOCKING
from aigaq.jurisdictions.services import load_card_services

COOKIE = "desk-setup"
PENDING_SECONDS = 3600
STEPS = ("passphrase", "root", "part-1", "part-2", "part-3")
LOOPBACK = ("127.0.0.1", "::1")
LOCKED = "aigaq.desk.urls_locked"


@dataclass
class Pending:
    """A ceremony between its steps."""

    choices: Choices
    root_in_file: bool
    drawn: DrawnSecrets = field(repr=False)
    token: str = field(repr=False)
    started: float
    kept: set[str] = field(default_factory=set)

    def show(self, what: str) -> str:
        """Return the words of a step."""
        if what == "passphrase":
            return self.drawn.passphrase
        if what == "root":
            return self.drawn.root_words
        return self.drawn.recovery_parts[int(what[-1]) - 1]

    def list_steps(self) -> list[str]:
        """Return the steps of this ceremony in order."""
        return [step for step in STEPS if not (step == "root" and self.root_in_file)]

    def get_next(self) -> str | None:
        """Return the first step that was not typed back, or None."""
        return next((step for step in self.list_steps() if step not in self.kept), None)


class PendingCeremony:
    """The one ceremony that this process may have under way."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._pending: Pending | None = None

    def begin(self, *, choices: Choices, root_in_file: bool) -> Pending:
        """Draw the secrets; an earlier ceremony without an end is forgotten."""
        with self._guard:
            self._pending = Pending(
                choices=choices,
                root_in_file=root_in_file,
                drawn=draw_secrets(),
                token=secrets.token_urlsafe(32),
                started=time.monotonic(),
            )
            return self._pending

    def get(self, *, token: str) -> Pending | None:
        """Return the ceremony of this browser, unless it is too old."""
        with self._guard:
            pending = self._pending
            if pending is None or not secrets.compare_digest(
                pending.token.encode(), token.encode("utf-8", "replace")
            ):
                return None
            if time.monotonic() - pending.started > PENDING_SECONDS:
                self._pending = None
                return None
            return pending

    def forget(self) -> None:
        """Forget the secrets."""
        with self._guard:
            self._pending = None


PENDING = PendingCeremony()


class ChoicesForm(forms.Form):
    """What the organisation decides about itself."""

    name_kk = forms.CharField(label=gettext_lazy("Name in Kazakh"), max_length=120)
    name_ru = forms.CharField(label=gettext_lazy("Name in Russian"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120)
    founder = forms.CharField(
        label=gettext_lazy("Your name"),
        help_text=gettext_lazy("Colleagues will see it. Reporters will not."),
        max_length=80,
    )
    gate_origin = forms.CharField(
        label=gettext_lazy("Address of the reporters' page"),
        help_text=gettext_lazy(
            "The public server, such as https://example.org. It should name neither the campaign "
            "nor Aigaq."
        ),
        initial="http://127.0.0.1:8470",
        max_length=200,
    )
    exit_url = forms.CharField(
        label=gettext_lazy("Where the Exit button leads"),
        help_text=gettext_lazy("A plain page that anyone might look at: weather, recipes, news."),
        initial="https://www.kazhydromet.kz/",
        max_length=200,
    )
    reading_hours = forms.IntegerField(
        label=gettext_lazy("How often someone reads new reports, in hours"),
        help_text=gettext_lazy(
            "Reporters are told this before they write. Choose what you can keep."
        ),
        min_value=1,
        max_value=336,
        initial=24,
    )
    state = forms.ChoiceField(
        label=gettext_lazy("What this desk is for"),
        choices=[
            ("trial", gettext_lazy("A trial: reporters' pages say that it is one")),
            ("live", gettext_lazy("Real work")),
        ],
        initial="trial",
        widget=forms.RadioSelect,
    )
    accept_unreviewed = forms.CharField(
        label=gettext_lazy("Why real pages go out with texts that nobody has reviewed"),
        help_text=gettext_lazy(
            "Only for real work: no native speaker has read all Kazakh and Russian texts of this "
            "version yet. What you write is kept in the history; name no one in it."
        ),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    root = forms.ChoiceField(
        label=gettext_lazy("Where the root key is kept"),
        help_text=gettext_lazy(
            "It signs your team card, a few times a year. On paper is safer: whoever takes this "
            "computer does not get it."
        ),
        choices=[
            ("words", gettext_lazy("On paper, as 24 words written by hand")),
            ("file", gettext_lazy("In a file on this computer; good enough for a trial")),
        ],
        initial="words",
        widget=forms.RadioSelect,
    )

    def build_choices(self) -> Choices:
        """Return what was chosen."""
        data = self.cleaned_data
        return Choices(
            names={language: data[f"name_{language}"] for language in ("kk", "ru", "en")},
            gate_origin=data["gate_origin"].strip().rstrip("/"),
            exit_url=data["exit_url"].strip(),
            founder=data["founder"],
            reading_hours=data["reading_hours"],
            state=data["state"],
            accept_unreviewed=data["accept_unreviewed"],
        )


class TypedBackForm(forms.Form):
    """A copy of the words that were shown."""

    typed = forms.CharField(
        label=gettext_lazy("Type the words from your paper"),
        max_length=600,
        widget=forms.Textarea(
            attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
        ),
    )


FIELD_OF_ERROR = {
    "ceremony.bad_gate_origin": "gate_origin",
    "ceremony.bad_exit_url": "exit_url",
    "ceremony.bad_reading_hours": "reading_hours",
    "ceremony.no_founder": "founder",
    "accounts.unreviewed_texts": "accept_unreviewed",
}


@require_http_methods(["GET", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """Ask for the choices and begin."""
    _check_here(request)
    form = ChoicesForm(request.POST or None)
    if form.is_valid():
        chosen = form.build_choices()
        try:
            check_choices(chosen)
        except (AccountsError, CeremonyError) as error:
            form.add_error(FIELD_OF_ERROR.get(error.code), say(error))
        else:
            pending = PENDING.begin(
                choices=chosen, root_in_file=form.cleaned_data["root"] == "file"
            )
            response = HttpResponseRedirect(_url("setup-keep", "passphrase"))
            response.set_cookie(COOKIE, pending.token, httponly=True, samesite="Strict")
            return response
    return render(request, "desk/setup/choices.html", {"form": form})


@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest, what: str) -> HttpResponse:
    """Show a secret, and then ask for it without showing it."""
    pending = _get_pending(request)
    if pending is None:
        return HttpResponseRedirect(_url("setup"))
    if what != pending.get_next():
        return HttpResponseRedirect(_url_of_next(pending))
    typing = "type" in request.GET or request.method == "POST"
    form = TypedBackForm(request.POST or None)
    if form.is_valid():
        try:
            check_typed_back(form.cleaned_data["typed"], shown=pending.show(what))
        except CeremonyError as error:
            form.add_error("typed", say(error))
        else:
            pending.kept.add(what)
            return HttpResponseRedirect(_url_of_next(pending))
    steps = pending.list_steps()
    context = {
        "form": form,
        "number": steps.index(what) + 1,
        "of": len(steps),
        "part": what[-1] if what.startswith("part-") else "",
        "typing": typing,
        "what": what,
        "words": [] if typing else pending.show(what).split(),
    }
    return render(request, "desk/setup/keep.html", context)


@require_http_methods(["GET", "POST"])
def end(request: HttpRequest) -> HttpResponse:
    """Found the organisation and open the desk; then the passphrase's door leads in."""
    pending = _get_pending(request)
    if pending is None:
        return HttpResponseRedirect(_url("setup"))
    if pending.get_next() is not None:
        return HttpResponseRedirect(_url_of_next(pending))
    if request.method == "GET":
        context = {"choices": pending.choices, "root_in_file": pending.root_in_file}
        return render(request, "desk/setup/end.html", context)
    found(pending)
    PENDING.forget()
    request.passphrase_checked = True  # type: ignore[attr-defined]
    request.path_info = request.path = reverse("unlock")
    return HttpResponse(status=204)


def found(pending: Pending) -> None:
    """Found the organisation of a ceremony that was typed back to the end, and open the desk."""
    services = load_card_services(pack="kz")
    founded = found_organisation(
        home=settings.HOME,
        choices=pending.choices,
        drawn=pending.drawn,
        services=services.services,
        windows=services.windows,
        root_file=settings.HOME.root / "root.words" if pending.root_in_file else None,
        gate_folder=settings.HOME.gate,
        work_factor=settings.AIGAQ_SCRYPT_WORK_FACTOR,
    )
    LOCKING.open_with(master=founded.master)


def say(error: AccountsError | CeremonyError) -> str:
    """Return the sentence for an error of the ceremony."""
    if error.code == "ceremony.copy_differs":
        position = error.context["position"]
        return _("Word %(position)s differs. Compare it with your paper.") % {"position": position}
    return {
        "ceremony.bad_gate_origin": _(
            "This has to be an address such as https://example.org, without anything after it."
        ),
        "ceremony.bad_exit_url": _("This has to be an address that begins with https://"),
        "ceremony.missing_name": _("The name is needed in all three languages."),
        "ceremony.no_founder": _("A name is needed, so that colleagues know who you are."),
        "ceremony.bad_reading_hours": _("Choose between 1 and 336 hours."),
        "ceremony.bad_state": _("Choose one of the two."),
        "accounts.unreviewed_texts": _("Say why here, or begin with a trial."),
        "accounts.no_review": _("Install the program again: a file of its pages is missing."),
    }[error.code]


def _check_here(request: HttpRequest) -> None:
    """Only from this computer, and only once: elsewhere and later there is no such page.

    A proxy on this computer speaks for others.
    """
    is_here = request.META.get("REMOTE_ADDR") in LOOPBACK
    if settings.HOME.is_set_up() or not is_here or settings.BEHIND_TLS:
        raise Http404


def _get_pending(request: HttpRequest) -> Pending | None:
    _check_here(request)
    return PENDING.get(token=request.COOKIES.get(COOKIE, ""))


def _url(name: str, *args: str) -> str:
    return reverse(name, urlconf=LOCKED, args=args)


def _url_of_next(pending: Pending) -> str:
    following = pending.get_next()
    return _url("setup-keep", following) if following else _url("setup-end")
