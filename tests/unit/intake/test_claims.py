"""What items claim of their origin is read once, kept, shown to who may see it, and forgotten."""

from collections.abc import Callable

import pytest
from tests.beacon import TITLE, build_signed_picture
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq.accounts.errors import NotThere
from aigaq.accounts.models import Staff
from aigaq.intake import claims, models
from aigaq.redaction.claims import read

pytestmark = pytest.mark.django_db


def carry_picture(founding: Founding) -> Carried:
    items = [("IMG_1.jpg", "image/jpeg", build_signed_picture()), ("a.txt", "text/plain", b"a")]
    return carry_report(founding, items=items)


def test_claims_of_an_item_are_read_once_and_kept_whole(founding: Founding) -> None:
    picture, text = carry_picture(founding).report.items.order_by("number")

    assert claims.read_waiting_claims() == 2
    assert claims.read_waiting_claims() == 0

    shown = claims.access_claims(actor=founding.founder, item_id=picture.pk)
    assert shown is not None
    assert (shown.state, shown.title) == ("found", TITLE)
    assert shown.signed_by == "Fictional camera, Fictional"
    assert '"active_manifest"' in models.ItemClaims.objects.get(item=picture).kept
    assert claims.access_claims(actor=founding.founder, item_id=text.pk) is None


def test_claims_are_not_there_for_who_may_not_see_items(
    founding: Founding, staff_of: Callable[[str], Staff]
) -> None:
    item = carry_picture(founding).report.items.get(number=0)
    claims.read_waiting_claims()

    with pytest.raises(NotThere):
        claims.access_claims(actor=staff_of("analyst"), item_id=item.pk)


def test_claims_go_with_the_report(founding: Founding) -> None:
    carried = carry_picture(founding)
    claims.read_waiting_claims()

    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="no_report")

    assert not models.ItemClaims.objects.exists()


def test_without_a_reader_items_wait_until_there_is_one(
    founding: Founding, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_picture(founding)
    with monkeypatch.context() as without:
        without.setattr(read, "PACKAGES", ("no_such_package",))
        assert claims.read_waiting_claims() == 0
    assert not models.ItemClaims.objects.exists()

    assert claims.read_waiting_claims() == 2
