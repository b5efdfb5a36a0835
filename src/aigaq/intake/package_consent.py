"""What a package says of consent: grants with their leaves, those by word of mouth, withdrawals.

A report that was told to staff carries what staff took down: its package opens the answer that says
so, and nobody may take such a grant for one by the reporter's own hand. Source:
``spec/evidence-package.md``, "Consent extract"; ``spec/questions.md``, "Told to staff".
"""

from collections.abc import Iterable, Iterator, Sequence

from aigaq.consent import selectors as consent
from aigaq.consent.shapes import Grant
from aigaq.evidence.package_shapes import (
    ConsentChange,
    PackagedGrant,
    StaffGrant,
    ToldToStaff,
)
from aigaq.evidence.shapes import LeafOfReport
from aigaq.intake import models
from aigaq.intake.told_numbers import TOLD_HOW


def list_for(report: models.Report, *, purpose: str, audience: str) -> list[Grant]:
    """Return the grants of a report that a package for this purpose and audience may show."""
    return [
        grant
        for grant in consent.list_for_extract(bytes(report.report_id))
        if (grant.purpose, grant.audience) == (purpose, audience)
    ]


def list_grants(grants: Iterable[Grant]) -> Iterator[PackagedGrant]:
    """Yield what the report itself grants."""
    for grant in grants:
        if grant.number is not None and grant.salt is not None and grant.leaf_index is not None:
            yield PackagedGrant(
                report_id=grant.report_id,
                number=grant.number,
                purpose=grant.purpose,
                audience=grant.audience,
                items=grant.items,
                salt=grant.salt,
                leaf_index=grant.leaf_index,
            )


def list_staff_grants(grants: Iterable[Grant]) -> Iterator[StaffGrant]:
    """Yield what was granted by word of mouth."""
    for grant in grants:
        if grant.number is None:
            yield StaffGrant(
                report_id=grant.report_id,
                purpose=grant.purpose,
                audience=grant.audience,
                items=grant.items,
                by=grant.written_by,
                how=" · ".join(one for one in (grant.how, grant.heard_by, grant.limits) if one),
                granted_at=grant.given_at,
            )


def find_told(report: models.Report) -> Iterator[ToldToStaff]:
    """Yield in which way a report was told to staff, if it was: answers stand first, by number."""
    answers = models.Answer.objects.filter(report=report)
    for answer in answers.filter(number=TOLD_HOW):
        yield ToldToStaff(
            report_id=bytes(report.report_id),
            way=answer.value,
            salt=bytes(answer.salt),
            leaf_index=answers.filter(number__lt=TOLD_HOW).count(),
        )


def list_changes(
    reports: Sequence[LeafOfReport], *, grants: Iterable[Grant]
) -> Iterator[ConsentChange]:
    """Yield the withdrawals that the mailbox keys under the commitments signed, in their order.

    Only of grants that the package shows: a message says in plain when she wrote, how many letters
    there were, and the quiet sign of that moment, and nobody needs that of another consent.
    """
    keys = {report.mailbox_key for report in reports}
    shown = {(grant.report_id, grant.number) for grant in grants}
    for change in consent.list_changes(report.report_id for report in reports):
        takes_shown = any(
            report_id in change.report_ids
            and (change.numbers is None or (number is not None and number in change.numbers))
            for report_id, number in shown
        )
        if change.message and change.mailbox_key in keys and takes_shown:
            yield ConsentChange(mailbox_key=change.mailbox_key, message=change.message)
