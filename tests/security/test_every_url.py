"""Every URL of the desk × who asks × the answer (P9). A URL that is missing here fails.

Who may not gets, byte for byte, the answer for an address that does not exist; who is not signed in
gets one answer for everything; a locked desk has one answer for everything but its own few pages.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from aigaq.accounts.models import Staff
from aigaq.accounts.permissions import Role
from aigaq.desk.locking import LOCKING

Browser = Callable[[Staff], Client]
Make = Callable[[str], Staff]

NOBODY_ID = "00000000-0000-4000-8000-000000000000"
EVERYONE = frozenset(Role)
CARE = frozenset({Role.CASEWORKER, Role.LAWYER})
KEEPERS = frozenset({Role.ADMINISTRATOR})
WATCHERS = CARE | KEEPERS
UNKNOWN = "/no-such-address"


@dataclass(frozen=True)
class Row:
    """Who may GET a URL and with which answer; with which answer someone who is not signed in."""

    roles: frozenset[Role]
    code: int
    visitor: int = 302
    args: tuple[Any, ...] = ()


#: 404 for who may: the object of this address is not there, or the page takes POST only.
TABLE = {
    "home": Row(EVERYONE, 0),
    "unlock": Row(EVERYONE, 302, visitor=302),
    "lock": Row(EVERYONE, 405, visitor=405),
    "set_language": Row(EVERYONE, 302, visitor=302),
    "asset": Row(EVERYONE, 200, visitor=200, args=("desk/desk.css",)),
    "invitation": Row(EVERYONE, 404, visitor=404, args=("not-a-secret",)),
    "people": Row(KEEPERS, 200),
    "people-invite": Row(KEEPERS, 200),
    "people-take-back": Row(KEEPERS, 404, args=(NOBODY_ID,)),
    "person": Row(KEEPERS, 404, args=(NOBODY_ID,)),
    "organisation": Row(KEEPERS, 200),
    "organisation-history": Row(KEEPERS, 200),
    "second-place": Row(KEEPERS, 200),
    "terms": Row(KEEPERS, 200),
    "notice-settings": Row(KEEPERS, 200),
    "account_login": Row(EVERYONE, 302, visitor=200),
    "account_logout": Row(EVERYONE, 200, visitor=302),
    "account_reauthenticate": Row(EVERYONE, 404),
    "account_change_password": Row(EVERYONE, 302),
    "account_set_password": Row(EVERYONE, 302),
    "mfa_index": Row(EVERYONE, 200),
    "mfa_authenticate": Row(EVERYONE, 302, visitor=302),
    "mfa_reauthenticate": Row(EVERYONE, 404),
    "mfa_activate_totp": Row(EVERYONE, 200),
    "mfa_deactivate_totp": Row(EVERYONE, 404),
    "mfa_view_recovery_codes": Row(EVERYONE, 404),
    "mfa_generate_recovery_codes": Row(EVERYONE, 200),
    "mfa_download_recovery_codes": Row(EVERYONE, 404),
    "mfa_list_webauthn": Row(EVERYONE, 200),
    "mfa_add_webauthn": Row(EVERYONE, 200),
    "mfa_reauthenticate_webauthn": Row(EVERYONE, 404),
    "mfa_remove_webauthn": Row(EVERYONE, 404, args=(1,)),
    "mfa_edit_webauthn": Row(EVERYONE, 404, args=(1,)),
    "mfa_login_webauthn": Row(EVERYONE, 302, visitor=302),
    "today": Row(WATCHERS, 200),
    "inbox": Row(CARE, 200),
    "inbox-import": Row(CARE, 200),
    "report-new": Row(CARE, 200),
    "pull": Row(WATCHERS, 404),
    "draft": Row(CARE, 204, args=("new-report",)),
    "draft-about": Row(CARE, 204, args=("letter", NOBODY_ID)),
    "report-ask-again": Row(WATCHERS, 404, args=(NOBODY_ID,)),
    "report": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-hand-over": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-settle": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-erase": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-call-off": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-sample": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-consent": Row(CARE, 404, args=(NOBODY_ID, NOBODY_ID)),
    "report-consents": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-receipt": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-collect": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-export": Row(CARE, 404, args=(NOBODY_ID,)),
    "export": Row(CARE, 404, args=(NOBODY_ID,)),
    "export-progress": Row(CARE, 404, args=(NOBODY_ID,)),
    "export-download": Row(CARE, 404, args=(NOBODY_ID,)),
    "export-again": Row(CARE, 404, args=(NOBODY_ID,)),
    "export-handed-over": Row(CARE, 404, args=(NOBODY_ID,)),
    "export-remove": Row(CARE, 404, args=(NOBODY_ID,)),
    "collections": Row(CARE, 200),
    "collection": Row(CARE, 404, args=(NOBODY_ID,)),
    "collection-rename": Row(CARE, 404, args=(NOBODY_ID,)),
    "collection-dissolve": Row(CARE, 404, args=(NOBODY_ID,)),
    "collection-take-out": Row(CARE, 404, args=(NOBODY_ID, NOBODY_ID)),
    "collection-export": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-evidence": Row(CARE, 404, args=(NOBODY_ID,)),
    "item-provenance": Row(CARE, 404, args=(NOBODY_ID,)),
    "item-timestamp": Row(CARE, 404, args=(NOBODY_ID,)),
    "due": Row(CARE, 200),
    "report-item": Row(CARE, 404, args=(NOBODY_ID,)),
    "report-download": Row(CARE, 404, args=(NOBODY_ID,)),
    "preview": Row(CARE, 404, args=(NOBODY_ID,)),
    "mailbox": Row(CARE, 404, args=(NOBODY_ID,)),
    "mailbox-channel": Row(CARE, 404, args=(NOBODY_ID,)),
    "mailbox-decide": Row(CARE, 404, args=(NOBODY_ID, NOBODY_ID)),
    "mailbox-new-code": Row(CARE, 404, args=(NOBODY_ID,)),
    "notices": Row(WATCHERS, 200),
    "notices-close": Row(WATCHERS, 404, args=(NOBODY_ID,)),
    "notices-publish": Row(KEEPERS, 404),
    "notices-copy": Row(KEEPERS, 404),
    "state": Row(EVERYONE, 204),
    "styleguide": Row(EVERYONE, 200),
}
HOME_OF = {
    Role.CASEWORKER: 302,
    Role.LAWYER: 302,
    Role.ADMINISTRATOR: 302,
    Role.EDITOR: 200,
    Role.ANALYST: 200,
}
#: Open pages that lead somewhere themselves, the same for every visitor.
LEAD_ELSEWHERE = (
    "unlock",
    "set_language",
    "account_logout",
    "mfa_authenticate",
    "mfa_login_webauthn",
)
#: What a locked desk answers itself; all else leads to ``unlock``.
LOCKED_PAGES = {"unlock": 200, "lock": 405, "set_language": 302, "asset": 200}


def list_patterns(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from list_patterns(pattern.url_patterns)


def get_address(name: str) -> str:
    return reverse(name, args=TABLE[name].args)


def read(client: Client, address: str) -> tuple[int, bytes, list[tuple[str, str]]]:
    response = client.get(address)
    content = b"".join(response) if response.streaming else response.content
    headers = [pair for pair in response.headers.items() if pair[0] != "Set-Cookie"]
    return response.status_code, content, sorted(headers)


def test_every_url_of_the_desk_stands_in_the_table() -> None:
    names = {
        pattern.name for pattern in list_patterns(get_resolver("aigaq.desk.urls").url_patterns)
    }

    assert names == set(TABLE)


def test_every_url_of_the_locked_desk_is_known() -> None:
    patterns = list_patterns(get_resolver("aigaq.desk.urls_locked").url_patterns)

    assert {pattern.name for pattern in patterns} == {
        *LOCKED_PAGES,
        "setup",
        "setup-keep",
        "setup-end",
    }


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_its_pages_and_for_the_rest_there_is_nothing(
    role: Role, browser_of: Browser, staff_of: Make
) -> None:
    browser = browser_of(staff_of(role.value))
    nothing = read(browser, UNKNOWN)
    assert nothing[0] == 404

    for name, row in TABLE.items():
        answer = read(browser, get_address(name))
        if role in row.roles:
            expected = HOME_OF[role] if name == "home" else row.code
            assert (name, answer[0]) == (name, expected)
        else:
            assert (name, answer) == (name, nothing)


@pytest.mark.parametrize("role", list(Role))
def test_a_form_sent_to_a_page_that_is_not_yours_meets_nothing(
    role: Role, browser_of: Browser, staff_of: Make
) -> None:
    browser = browser_of(staff_of(role.value))
    nothing = browser.post(UNKNOWN).content

    for name, row in TABLE.items():
        if role not in row.roles:
            response = browser.post(get_address(name))
            assert (name, response.status_code, response.content) == (name, 404, nothing)


def check_visitor(visitor: Client) -> None:
    door = read(visitor, UNKNOWN)
    assert door[0] == 302
    for name, row in TABLE.items():
        answer = read(visitor, get_address(name))
        assert (name, answer[0]) == (name, row.visitor)
        if row.visitor == 302 and name not in LEAD_ELSEWHERE:
            assert (name, answer) == (name, door)


def test_a_visitor_meets_the_same_door_everywhere(staff_of: Make, open_desk: Any) -> None:
    staff_of("caseworker")

    check_visitor(Client())


def test_an_outsider_whose_access_has_ended_is_a_visitor(
    browser_of: Browser, staff_of: Make
) -> None:
    staff = staff_of("caseworker")
    browser = browser_of(staff)
    staff_of("lawyer")
    staff.is_active = False
    staff.save()

    check_visitor(browser)


def test_a_locked_desk_says_one_thing_to_everyone(
    browser_of: Browser, staff_of: Make, django_assert_num_queries: Any
) -> None:
    browser = browser_of(staff_of("caseworker"))
    addresses = {name: get_address(name) for name in TABLE}
    LOCKING._ready = False

    with django_assert_num_queries(0):
        door = read(browser, UNKNOWN)
        answers = {name: read(browser, address) for name, address in addresses.items()}

    assert door[0] == 302
    for name, answer in answers.items():
        if name in LOCKED_PAGES:
            assert (name, answer[0]) == (name, LOCKED_PAGES[name])
        else:
            assert (name, answer) == (name, door)
