"""How staff come in: what allauth asks its adapters. Nobody signs themselves up."""

import time
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth import user_logged_in, user_logged_out, user_login_failed
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.core.errors import DeskLocked

FRESH_SECONDS = 300
WRONG = _("Name or password are not right. Nothing was changed.")


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes sign-up and leads everyone to their first page."""

    error_messages: ClassVar[dict[str, Promise | str]] = {
        **DefaultAccountAdapter.error_messages,
        "enter_current_password": _("This is not your password until now."),
        "incorrect_password": _("This is not your password."),
        "invalid_login": WRONG,
        "rate_limited": _("Too many tries. Wait a minute and try again."),
        "too_many_login_attempts": _("Too many tries. Wait a few minutes and try again."),
        "username_password_mismatch": WRONG,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: colleagues are invited."""
        return False

    def is_reauthentication_required(self, **more: Any) -> bool:
        """Ask once more only when the sign-in is older than five minutes."""
        records = self.request.session.get("account_authentication_methods", [])
        if any(time.time() - one["at"] < FRESH_SECONDS for one in records):
            return False
        return bool(super().is_reauthentication_required(**more))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead to the first page."""
        return reverse("home")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: the desk writes no letters about accounts."""

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing by itself: our pages say what happened, in the organisation's words."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Our words, and a picture that stands in the page itself."""

    error_messages: ClassVar[dict[str, Promise | str]] = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _("This is your last second step; add another one first."),
        "cannot_generate_recovery_codes": _("Add a passkey or an app first."),
        "incorrect_code": _("This code is not right. Codes change every half minute."),
    }

    def build_totp_svg(self, url: str) -> str:
        """Return the picture as an element for HTML, without an XML declaration."""
        svg: str = super().build_totp_svg(url)
        return svg[svg.index("<svg") :]

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Refuse to delete the last second step: a password alone does not open this desk."""
        others = type(authenticator).objects.filter(user_id=authenticator.user_id)
        others = others.exclude(pk=authenticator.pk).exclude(type="recovery_codes")
        return bool(others.exists())


def record_sign_in(sender: object, request: HttpRequest, user: Staff, **_more: Any) -> None:
    """Note that someone signed in by their own means; the passphrase is noted elsewhere."""
    if not getattr(request, "passphrase_checked", False):
        audit.record("accounts.signed_in", actor=user, subject=user, context={"by": "own"})


def record_sign_out(sender: object, request: HttpRequest, user: Any, **_more: Any) -> None:
    """Note that someone signed out."""
    if user is None or isinstance(user, AnonymousUser):
        return
    try:
        audit.record("accounts.signed_out", actor=user, subject=user)
    except DeskLocked:
        return


def record_failed_sign_in(sender: object, **_more: Any) -> None:
    """Note that someone failed; not as whom: a password may stand in the field of the name."""
    audit.record("accounts.sign_in_failed", actor=None, kind="staff")


def connect() -> None:
    """Have the notes made."""
    user_login_failed.connect(record_failed_sign_in, dispatch_uid="aigaq-sign-in-failed")
    user_logged_in.connect(record_sign_in, dispatch_uid="aigaq-signed-in")
    user_logged_out.connect(record_sign_out, dispatch_uid="aigaq-signed-out")
