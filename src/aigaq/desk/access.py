"""The one way into a page of daily work: who may not gets the answer for what is not there (P9)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from aigaq.accounts.errors import NotThere
from aigaq.accounts.permissions import Capability, check_may
from aigaq.accounts.selectors import Staff
from aigaq.intake.errors import NotFound

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def needs(capability: Capability) -> Callable[[View[P]], View[P]]:
    """Guard a view with ``capability``. Absent and forbidden raise `NotThere` alike."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            check_may(actor_of(request), capability=capability)
            try:
                return view(request, *args, **kwargs)
            except NotFound:
                raise NotThere from None

        return guarded

    return guard


def actor_of(request: HttpRequest) -> Staff:
    """Return who is signed in; `signed_in_only` let nobody else through."""
    return cast(Staff, request.user)
