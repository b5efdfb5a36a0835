"""Terms make a list of what should go; a person decides, and the log stays consistent."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.evidence.log_of import LogGate
from tests.unit.evidence.test_audit import codes, log_report
from tests.unit.intake.desk_of import carry_report

from aigaq import clock
from aigaq.accounts.errors import NotThere
from aigaq.consent import selectors as consent
from aigaq.evidence import services as evidence
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.models import FiledReport, RegisterLine
from aigaq.evidence.shapes import DueReason, TermsOfKeeping
from aigaq.intake import selectors, spoken_consent
from aigaq.intake.evidence_tasks import audit_desk
from aigaq.intake.models import Report

pytestmark = pytest.mark.django_db


def due(founding: Founding) -> list[tuple[int, str]]:
    found = selectors.list_due(actor=founding.founder)
    return [(one.register_number, one.reason) for one in found]


def grant_of(report: Report, *, purpose: str) -> UUID:
    grants = consent.list_grants(bytes(report.report_id))
    return next(one.id for one in grants if one.purpose == purpose)


def test_without_terms_nothing_is_due(founding: Founding) -> None:
    carry_report(founding)
    FiledReport.objects.update(filed_at=clock.now() - timedelta(days=20_000))
    assert due(founding) == []


def test_a_report_is_due_when_the_term_of_keeping_is_over(founding: Founding) -> None:
    carry_report(founding)
    carry_report(founding)
    evidence.set_terms(actor=founding.founder, terms=TermsOfKeeping(keep_days=1_000))
    old = clock.now() - timedelta(days=1_000, seconds=1)
    FiledReport.objects.filter(register_number=1).update(filed_at=old)
    assert due(founding) == [(1, DueReason.KEPT_LONG_ENOUGH)]


def test_a_report_that_cannot_be_read_has_a_term_of_its_own(founding: Founding) -> None:
    carry_report(founding)
    evidence.set_terms(actor=founding.founder, terms=TermsOfKeeping(keep_damaged_days=30))
    FiledReport.objects.update(
        state="damaged", filed_at=clock.now() - timedelta(days=30, seconds=1)
    )
    assert due(founding) == [(1, DueReason.DAMAGED)]


def test_a_report_is_due_when_the_consent_to_keep_it_was_taken_back(founding: Founding) -> None:
    carried = carry_report(founding)
    evidence.set_terms(actor=founding.founder, terms=TermsOfKeeping(keep_withdrawn_days=0))
    assert due(founding) == []
    grant = grant_of(carried.report, purpose="keep")
    spoken_consent.withdraw_consent(actor=founding.founder, consent_id=grant, reason="asked")
    assert due(founding) == [(1, DueReason.CONSENT_WITHDRAWN)]


def test_another_consent_taken_back_makes_nothing_due(founding: Founding) -> None:
    carried = carry_report(founding)
    evidence.set_terms(actor=founding.founder, terms=TermsOfKeeping(keep_withdrawn_days=0))
    grant = grant_of(carried.report, purpose="publish")
    spoken_consent.withdraw_consent(actor=founding.founder, consent_id=grant, reason="asked")
    assert due(founding) == []


def test_what_is_erased_is_due_no_more_and_the_log_stays_consistent(
    founding: Founding, gate: LogGate
) -> None:
    carried = log_report(founding, gate)
    evidence.set_terms(actor=founding.founder, terms=TermsOfKeeping(keep_days=0))
    assert due(founding) == [(1, DueReason.KEPT_LONG_ENOUGH)]
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    assert due(founding) == []
    assert RegisterLine.objects.get().line is None
    assert codes(audit_desk(folder=gate.folder, hash_files=True)) == []


@pytest.mark.parametrize(
    "terms",
    [TermsOfKeeping(keep_days=-1), TermsOfKeeping(fixity_days=0), TermsOfKeeping(30, 40_000)],
)
def test_terms_out_of_range_are_refused(founding: Founding, terms: TermsOfKeeping) -> None:
    with pytest.raises(EvidenceError) as caught:
        evidence.set_terms(actor=founding.founder, terms=terms)
    assert caught.value.code == "terms.out_of_range"


def test_only_an_administrator_sets_terms(founding: Founding) -> None:
    founding.founder.roles = ["lawyer"]
    founding.founder.save()
    with pytest.raises(NotThere):
        evidence.set_terms(actor=founding.founder, terms=TermsOfKeeping())
