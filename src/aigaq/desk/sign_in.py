"""How staff come in: what allauth asks its adapter. Nobody signs themselves up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes sign-up and leads everyone to their first page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: colleagues are invited."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead to the first page."""
        return reverse("home")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: the desk writes no letters about accounts."""

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing by itself: our pages say what happened, in the organisation's words."""
