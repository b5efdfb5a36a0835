"""Raises alarms, each once; a person looks and closes them. Runs in the caller's transaction."""

import hashlib
from collections.abc import Mapping

from aigaq import clock
from aigaq.intake.models import Alarm, Mailbox, Report
from aigaq.sealing.encoding import encode_parts


def raise_alarm(
    code: str,
    *,
    mailbox: Mailbox | None = None,
    report: Report | None = None,
    details: Mapping[str, str] | None = None,
) -> Alarm:
    """Record that something that must not happen was seen; the same thing is recorded once.

    ``details`` are identifiers and hashes, never words of a reporter.
    """
    facts = dict(sorted((details or {}).items()))
    about = [str(mailbox.pk) if mailbox else "", str(report.pk) if report else ""]
    parts = [code, *about, *(part for pair in facts.items() for part in pair)]
    mark = hashlib.sha256(encode_parts(*parts)).digest()
    alarm, _made = Alarm.objects.get_or_create(
        mark=mark,
        defaults={
            "code": code,
            "at": clock.now(),
            "mailbox": mailbox,
            "report": report,
            "details": facts,
        },
    )
    return alarm
