"""How consent forgets a report: its grants go, and so do the words that took them back.

Of a change that speaks of no other report here, mailbox, sequence and moment stay: a report that is
still on its way must not come alive by it, and an old message must not count again.
"""

from django.db import transaction

from aigaq.consent import models


@transaction.atomic
def forget_report(*, report_id: bytes) -> None:
    """Forget a report in the caller's transaction; a second time changes nothing."""
    models.Grant.objects.filter(report_id=report_id).delete()
    changes = list(
        models.ChangedReport.objects.filter(report_id=report_id).values_list("change", flat=True)
    )
    models.ChangedReport.objects.filter(report_id=report_id).delete()
    # Nobody needs the proof of what is not there any more.
    models.Change.objects.filter(pk__in=changes, reports=None).exclude(message="").update(
        message=""
    )
