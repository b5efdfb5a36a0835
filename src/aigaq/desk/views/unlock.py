"""The door: one field for the passphrase. It says nothing about the organisation."""

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from aigaq.accounts import selectors, services
from aigaq.core.errors import VaultError
from aigaq.core.home import Home
from aigaq.desk.locking import LOCKING, check_passphrase

#: A session that the passphrase opened needs no second factor: there is one person here.
BY_PASSPHRASE = "by-passphrase"  # noqa: S105 - the name of a mark in the session.
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class PassphraseForm(forms.Form):
    """The seven words."""

    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase"),
        help_text=gettext_lazy("Seven words with spaces between them. Capitals do not matter."),
        max_length=400,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


@require_http_methods(["GET", "POST"])
def unlock(request: HttpRequest) -> HttpResponse:
    """Open a locked desk; a desk without an organisation leads to the setup.

    On success the middleware passes the request on to `unlock_again`, which has a session.
    """
    home: Home = settings.HOME
    if not home.is_set_up():
        return HttpResponseRedirect(reverse("setup", urlconf="aigaq.desk.urls_locked"))
    form = PassphraseForm(request.POST or None)
    if form.is_valid():
        try:
            LOCKING.unlock(home=home, passphrase=form.cleaned_data["passphrase"])
        except VaultError as error:
            form.add_error("passphrase", _say(error))
        else:
            request.passphrase_checked = True  # type: ignore[attr-defined]
            return HttpResponse(status=204)
    return _show(request, form)


@require_http_methods(["GET", "POST"])
def unlock_again(request: HttpRequest) -> HttpResponse:
    """On an open desk: sign in the one person of a one-person desk by the passphrase."""
    person = selectors.get_only_person()
    if person is None or request.user.is_authenticated:
        return HttpResponseRedirect(reverse("home"))
    if getattr(request, "passphrase_checked", False):
        return _enter(request)
    form = PassphraseForm(request.POST or None)
    if form.is_valid():
        try:
            check_passphrase(home=settings.HOME, passphrase=form.cleaned_data["passphrase"])
        except VaultError as error:
            LOCKING.record_wrong_words(home=settings.HOME)
            form.add_error("passphrase", _say(error))
        else:
            return _enter(request)
    return _show(request, form)


def _enter(request: HttpRequest) -> HttpResponse:
    person = services.sign_in_only_person()
    request.passphrase_checked = True  # type: ignore[attr-defined]
    login(request, person, backend=BACKEND)
    request.session[BY_PASSPHRASE] = True
    return HttpResponseRedirect(reverse("home"))


def _show(request: HttpRequest, form: PassphraseForm) -> HttpResponse:
    return render(request, "desk/unlock/unlock.html", {"form": form})


def _say(error: VaultError) -> str:
    if error.code == "vault.wrong_passphrase":
        return _("These are not the words of this desk. Check each word and its place.")
    return _("The key file of this desk is missing. Bring back a copy of its folder “keys”.")
