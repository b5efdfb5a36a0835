"""First reports and the parts that continue them, in whatever order a gate hands them out.

A gate cannot sign in a reporter's name, but it can spoil a file of her first report, or hand out a
part before it. Neither takes anything away: the quiet sign is that of the report which continues
none, a part is joined to its first when that comes, and then the mailbox gets the first commitment
to which messages are bound. Source: PROTOCOL 13, 18.
"""

from aigaq.intake import models
from aigaq.intake.shapes import ReportState
from aigaq.intake.urgency import QUIET_SIGN, judge_urgency
from aigaq.sealing.manifest import Manifest
from aigaq.sealing.opening import CONTRADICTIONS, ExaminedReport

SIGNS = tuple("abcdef")


def agrees(examined: ExaminedReport) -> bool:
    """Tell whether header and manifest are there and say the same, whatever its files are."""
    is_there = examined.header is not None and examined.manifest is not None
    return is_there and not any(fault.code in CONTRADICTIONS for fault in examined.faults)


def find_first(manifest: Manifest | None, *, box: models.Mailbox | None) -> models.Report | None:
    """Return the first report that a part continues: only one of the same mailbox counts."""
    if manifest is None or manifest.continues is None or box is None:
        return None
    continued = models.Report.objects.filter(report_id=manifest.continues, mailbox=box).first()
    if continued is None:
        return None
    return continued.first or continued


def join_early_parts(report: models.Report, *, box: models.Mailbox) -> bool:
    """Join the parts that were filed before ``report``, which they continue and which agrees.

    Tell whether the mailbox got another first commitment by it.
    """
    is_bound_anew = False
    target = report.first or report
    early = box.reports.filter(continues=bytes(report.report_id), first=None, forgotten_at=None)
    for part in early.exclude(pk=report.pk).order_by("register_number"):
        if part.commitment is not None and bytes(part.commitment) == bytes(box.first_commitment):
            box.first_commitment, is_bound_anew = report.commitment, True
            box.save(update_fields=["first_commitment"])
        add_part(target, part=part)
        part.parts.update(first=target)
        target.parts_count += part.parts_count
        target.save(update_fields=["parts_count"])
        part.first, part.waiting_since = target, None
        part.parts_count, part.items_count = 0, part.items.count()
        part.save(update_fields=["first", "items_count", "parts_count", "waiting_since"])
    return is_bound_anew


def add_part(first: models.Report, *, part: models.Report) -> None:
    """Let the first report speak for its part: how urgent it is, and that someone waits."""
    first.parts_count += 1
    first.items_count += part.items_count
    first.under_18 = first.under_18 or part.under_18
    first.has_faults = first.has_faults or part.has_faults
    if part.urgency > first.urgency:
        first.urgency = part.urgency
    first.urgency_reasons = list(dict.fromkeys([*first.urgency_reasons, *part.urgency_reasons]))
    first.waiting_since = first.waiting_since or part.received_at
    first.save(
        update_fields=[
            "parts_count",
            "items_count",
            "under_18",
            "has_faults",
            "urgency",
            "urgency_reasons",
            "waiting_since",
        ]
    )


def count_anew(first: models.Report) -> None:
    """Let a first report say what it and its parts say now; what is gone or was damaged is not."""
    living = [first, *first.parts.filter(forgotten_at=None)]
    judged = [judge_urgency(dict(one.answers.values_list("number", "value"))) for one in living]
    first.urgency = max(one.urgency for one in judged)
    first.urgency_reasons = list(dict.fromkeys(code for one in judged for code in one.reasons))
    first.under_18 = any(one.under_18 for one in judged)
    first.items_count = sum(one.items.count() for one in living)
    first.parts_count = len(living) - 1
    first.has_faults = any(one.faults or one.state != ReportState.FILED for one in living)
    fields = ["has_faults", "items_count", "parts_count", "under_18", "urgency", "urgency_reasons"]
    first.save(update_fields=fields)


def remember_quiet_sign(box: models.Mailbox, *, manifest: Manifest, report: models.Report) -> None:
    """Keep the quiet sign of the first report, which agrees; a later one cannot set or change it.

    Else whoever finds her code could let each of her letters look as if she were watched.
    """
    if manifest.continues is not None:
        return
    # One that nobody could open says nothing: neither what it continues nor a sign.
    others = box.reports.filter(continues=None, first=None, made_at__isnull=False)
    if others.exclude(pk=report.pk).exists():
        return
    chosen = next((one.value for one in manifest.answers if one.number == QUIET_SIGN), "")
    if chosen in SIGNS:
        box.quiet_sign = chosen
        box.save(update_fields=["quiet_sign"])
