"""Decision 15: what a reporter sent leaves the desk in an opaque origin, and only by POST."""

from collections.abc import Callable

from django.test import Client
from tests.conftest import Founding
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts.models import Staff
from aigaq.intake import exports, models, viewing

HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Type": "application/octet-stream",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def test_an_original_leaves_as_an_attachment_of_an_opaque_origin(
    open_desk: Founding, browser_of: Callable[[Staff], Client]
) -> None:
    carry_report(open_desk, items=[("page.html", "text/html", b"<script>alert(1)</script>")])
    browser = browser_of(open_desk.founder)
    address = f"/items/{models.Item.objects.get().pk}/download"

    assert browser.get(address).status_code == 404
    answer = browser.post(address)

    assert {name: answer[name] for name in HEADERS} == HEADERS
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert "no-store" in answer["Cache-Control"]


def test_a_package_leaves_as_an_original_does() -> None:
    for name in ("Content-Security-Policy", "X-Content-Type-Options"):
        assert exports.HEADERS[name] == viewing.DOWNLOAD_HEADERS[name] == HEADERS[name]
