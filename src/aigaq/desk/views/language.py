"""Changes the language of the pages, for this browser and for whoever is signed in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.i18n import set_language

from aigaq.accounts import services
from aigaq.desk.access import actor_of


def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Change the language; Django's own view sets the cookie and leads back."""
    chosen = request.POST.get("language", "")
    person = getattr(request, "user", None)
    if person is not None and person.is_authenticated and chosen in dict(settings.LANGUAGES):
        services.choose_language(staff=actor_of(request), language=chosen)
    return set_language(request)
