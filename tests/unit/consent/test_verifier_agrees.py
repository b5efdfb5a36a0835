"""The desk and the verifier that a court runs say the same of the same grants and withdrawals."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Founding
from tests.unit.consent.granting import TEAM, Reporter
from tests.unit.consent.test_require import by_mouth, refusal

from aigaq.clock import format_time
from aigaq.consent import selectors
from aigaq.consent.errors import ConsentError
from aigaq.consent.shapes import ITEM_PURPOSES, PURPOSES
from aigaq.evidence.merkle_paths import build_leaf_path
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.encoding import encode_base64
from aigaq_verify import consent as verifier
from aigaq_verify import contents as shown
from aigaq_verify.consent import check_consent
from aigaq_verify.errors import VerifyError

pytestmark = pytest.mark.django_db

SCOPES = st.sampled_from([("prove", "court"), ("complain", "authority"), ("prove", "public")])
ITEMS = st.none() | st.lists(st.integers(0, 2), max_size=2, unique=True).map(
    lambda x: tuple(sorted(x))
)
CONSENTS = st.lists(st.tuples(SCOPES, ITEMS), max_size=3)
NUMBERS = st.none() | st.lists(st.integers(0, 2), unique=True).map(sorted)
#: Which report a withdrawal names: none, the first or the second.
CHANGES = st.lists(st.tuples(NUMBERS, st.sampled_from([None, 0, 1])), max_size=3)
MOUTHS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["prove", "complain"]), ITEMS), max_size=3
)


def test_desk_and_verifier_let_items_out_for_the_same_purposes() -> None:
    assert {one: PURPOSES[one] for one in ITEM_PURPOSES} == verifier.ITEM_PURPOSES


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=CONSENTS, second=CONSENTS, mouths=MOUTHS, changes=CHANGES, late=MOUTHS)
def test_what_the_desk_lets_out_the_verifier_passes_and_nothing_else(
    founding: Founding, first: Any, second: Any, mouths: Any, changes: Any, late: Any
) -> None:
    hers = Reporter()
    reports = [hers.report(*((*scope, items) for scope, items in one)) for one in (first, second)]
    say_by_mouth(founding, reports, mouths)
    for numbers, named in changes:
        hers.withdraw(numbers=numbers, report_id=None if named is None else reports[named])
    say_by_mouth(founding, reports, late)
    extract = build_extract(hers)
    for report in reports:
        for item in range(3):
            for scope in (("prove", "court"), ("complain", "authority")):
                desk = refusal(report, item, *scope)
                assert judge(hers, extract, report, item, *scope) == desk


def say_by_mouth(founding: Founding, reports: list[bytes], mouths: Any) -> None:
    for which, purpose, items in mouths:
        said = {"purpose": purpose, "audience": PURPOSES[purpose]}
        with suppress(ConsentError):  # She took all back, or no item is named.
            by_mouth(founding, reports[which], **said, items=items)


def build_extract(hers: Reporter) -> bytes:
    """Return ``consent.json`` with everything that the selectors give for a package."""
    grants: list[dict[str, Any]] = []
    staff_grants: list[dict[str, Any]] = []
    for report, manifest in hers.reports.items():
        for one in selectors.list_for_extract(report):
            common = {
                "audience": one.audience,
                "items": None if one.items is None else list(one.items),
                "purpose": one.purpose,
                "report_id": report.hex(),
            }
            if one.number is None:
                said = {"by": one.written_by, "how": one.how}
                staff_grants.append(common | said | {"granted_at": format_time(one.given_at)})
                continue
            assert one.salt is not None
            assert one.leaf_index is not None
            path = build_leaf_path(manifest.leaves(), index=one.leaf_index)
            leaf = {"leaf_index": one.leaf_index, "leaf_path": [node.hex() for node in path]}
            numbered = {"number": one.number, "salt": encode_base64(one.salt)}
            grants.append(common | leaf | numbered)
    changes = [
        {"mailbox_key": encode_base64(one.mailbox_key), "message": one.message}
        for one in selectors.list_changes(hers.reports)
    ]
    extract = {
        "changes": changes,
        "format": "aigaq/consent-extract/v1",
        "grants": grants,
        "staff_grants": staff_grants,
    }
    return build_json(extract) + b"\n"


def judge(
    hers: Reporter, extract: bytes, report: bytes, item: int, purpose: str, audience: str
) -> str:
    """Return what the verifier says of a package with this one item."""
    contents = shown.Contents(
        made_at=datetime(2026, 5, 4, tzinfo=UTC),
        purpose=purpose,
        audience=audience,
        team_id=TEAM,
        root_key=bytes(32),
        checkpoint="",
        earlier=(),
        reports=tuple(
            shown.Report(
                report_id=one,
                mailbox_key=hers.mailbox.key,
                root_salt=manifest.root_salt,
                leaf_count=manifest.leaf_count,
                root=manifest.root(),
                commitment=manifest.commitment(),
                proof="",
                log_index=0,
            )
            for one, manifest in hers.reports.items()
        ),
        items=(
            shown.Item(
                number=1,
                path="data/items/0001/a.txt",
                report_id=report,
                item_number=item,
                name="a.txt",
                media_type="text/plain",
                size=0,
                sha256=bytes(32),
                salt=bytes(32),
                leaf_index=0,
                leaf_path=(),
                provenance="received",
                sealed_to=None,
            ),
        ),
        custody_count=0,
        custody_head=bytes(32),
        logged=None,
        tokens=(),
    )
    try:
        check_consent(extract, contents=contents)
    except VerifyError as error:
        return error.code
    return ""
