"""Colleagues: who is here, with which roles; the one-time link for a new one."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from aigaq.accounts import selectors, services
from aigaq.accounts.errors import AccountsError
from aigaq.accounts.permissions import Capability, Role
from aigaq.desk.access import actor_of, needs
from aigaq.intake import services as intake

GOOD = 25
ROLES = [
    (Role.CASEWORKER.value, gettext_lazy("Caseworker: reads and answers reports")),
    (Role.LAWYER.value, gettext_lazy("Lawyer: reads and answers reports")),
    (Role.EDITOR.value, gettext_lazy("Editor: prepares what is published")),
    (Role.ANALYST.value, gettext_lazy("Analyst: works with figures")),
    (
        Role.ADMINISTRATOR.value,
        gettext_lazy("Administrator: keeps the desk running, sees no report"),
    ),
]


class InviteForm(forms.Form):
    """A name and what the person will do."""

    display_name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("What this person does"),
        choices=ROLES,
        widget=forms.CheckboxSelectMultiple,
    )


class SignInForm(forms.Form):
    """A name to sign in with and a password."""

    username = forms.CharField(
        label=gettext_lazy("Name to sign in with"),
        help_text=gettext_lazy("Small Latin letters, digits and hyphens."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        help_text=gettext_lazy("At least twelve characters. A few random words are good."),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@require_GET
@needs(Capability.MANAGE_STAFF)
def people(request: HttpRequest) -> HttpResponse:
    """List colleagues and open invitations."""
    context = {
        "invitations": selectors.list_open_invitations(),
        "labels": dict(ROLES),
        "staff": selectors.list_staff(),
    }
    return render(request, "desk/account/people.html", context)


@require_http_methods(["GET", "POST"])
@needs(Capability.MANAGE_STAFF)
def invite(request: HttpRequest) -> HttpResponse:
    """Invite someone; the link is shown once, on the answer to this form."""
    if not actor_of(request).has_usable_password():
        return _set_own_sign_in(request)
    form = InviteForm(request.POST or None)
    if form.is_valid():
        try:
            secret = services.invite_staff(
                invited_by=actor_of(request),
                display_name=form.cleaned_data["display_name"],
                roles=[Role(role) for role in form.cleaned_data["roles"]],
            )
        except AccountsError as error:
            form.add_error("roles", say(error))
        else:
            link = request.build_absolute_uri(reverse("invitation", args=[secret]))
            context = {"days": services.INVITATION_DAYS, "link": link}
            return render(request, "desk/account/invited.html", context)
    return render(request, "desk/account/invite.html", {"form": form})


@require_http_methods(["GET", "POST"])
@needs(Capability.MANAGE_STAFF)
def take_back(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Ask once more, then end an invitation that nobody has taken up."""
    invited = services.access_open_invitation(invitation_id=invitation_id)
    if request.method == "POST":
        services.take_back_invitation(invitation_id=invitation_id, taken_back_by=actor_of(request))
        messages.add_message(request, GOOD, _("The invitation is taken back."))
        return HttpResponseRedirect(reverse("people"))
    return render(request, "desk/account/take_back.html", {"invited": invited})


@require_http_methods(["GET", "POST"])
@needs(Capability.MANAGE_STAFF)
def person(request: HttpRequest, staff_id: UUID) -> HttpResponse:
    """Change someone's roles, or let them in no more."""
    staff = selectors.access_staff(staff_id=staff_id)
    form = InviteForm(
        request.POST or None, initial={"display_name": staff.display_name, "roles": staff.roles}
    )
    form.fields["display_name"].disabled = True
    try:
        if request.method == "POST" and "deactivate" in request.POST:
            services.deactivate_staff(staff=staff, deactivated_by=actor_of(request))
            intake.release_reports(of=staff, actor=actor_of(request))
            return HttpResponseRedirect(reverse("people"))
        if form.is_valid():
            roles = [Role(role) for role in form.cleaned_data["roles"]]
            services.change_roles(staff=staff, roles=roles, changed_by=actor_of(request))
            return HttpResponseRedirect(reverse("people"))
    except AccountsError as error:
        form.full_clean()
        form.add_error(None, say(error))
    return render(request, "desk/account/person.html", {"form": form, "staff": staff})


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Let an invited person choose name and password; the link works once."""
    invited = services.access_invitation(secret=secret)
    form = SignInForm(request.POST or None)
    if form.is_valid():
        try:
            services.accept_invitation(
                secret=secret,
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
                language=get_language() or settings.LANGUAGE_CODE,
            )
        except AccountsError as error:
            form.add_error(_field_of(error), say(error))
        else:
            return HttpResponseRedirect(reverse("account_login"))
    return render(request, "desk/account/invitation.html", {"form": form, "invited": invited})


def _set_own_sign_in(request: HttpRequest) -> HttpResponse:
    """Before a second person can come, the first needs a sign-in of their own."""
    form = SignInForm(request.POST or None, initial={"username": actor_of(request).username})
    if form.is_valid():
        try:
            services.set_sign_in(staff=actor_of(request), **form.cleaned_data)
        except AccountsError as error:
            form.add_error(_field_of(error), say(error))
        else:
            update_session_auth_hash(request, actor_of(request))
            return HttpResponseRedirect(reverse("people-invite"))
    return render(request, "desk/account/own_sign_in.html", {"form": form})


def say(error: AccountsError) -> str:
    """Return the sentence for an error of accounts."""
    return {
        "accounts.bad_username": _("Use small Latin letters, digits and hyphens, two at least."),
        "accounts.username_taken": _("This name is taken. Choose another."),
        "accounts.weak_password": _("This password is too short or too well known."),
        "accounts.last_administrator": _("The desk needs one administrator at least."),
        "accounts.needs_second_person": _(
            "A role that reads reports is given by someone who reads reports and is administrator,"
            " and never to oneself. Make such a colleague administrator, then ask them."
        ),
        "accounts.no_role": _("Choose at least one."),
        "accounts.no_name": _("A name is needed."),
    }[error.code]


def _field_of(error: AccountsError) -> str:
    return "password" if error.code == "accounts.weak_password" else "username"
