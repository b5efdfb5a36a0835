"""The pages of organisation and people, for those who may and those who may not."""

from collections.abc import Callable

import pytest
from django.test import Client

from aigaq.accounts.models import Staff

Browser = Callable[[Staff], Client]
Make = Callable[[str], Staff]


@pytest.mark.parametrize("address", ["/organisation", "/people", "/people/invite"])
def test_what_is_not_yours_is_the_same_bytes_as_what_does_not_exist(
    address: str, browser_of: Browser, staff_of: Make
) -> None:
    browser = browser_of(staff_of("caseworker"))

    answer, nothing = browser.get(address), browser.get("/no-such-address")

    assert answer.status_code == nothing.status_code == 404
    assert answer.content == nothing.content
    assert sorted(answer.headers.items()) == sorted(nothing.headers.items())
