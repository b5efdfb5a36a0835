"""What the gate refuses, and the HTTP status of each refusal.

A code is at once the answer's ``{"error": code}``, the line in the error log and the test's value.
An answer never repeats anything of its request. Source: ``spec/gate-api.md``.
"""

from aigaq.errors import AigaqError

STATUS_OF = {
    "card.bad_form": 400,
    "card.older": 409,
    "card.other_root": 400,
    "card.other_team": 400,
    "card.wrong_signature": 400,
    "gate.bad_request": 400,
    "gate.full": 507,
    "gate.internal": 500,
    "gate.method_not_allowed": 405,
    "gate.not_found": 404,
    "gate.storage_failed": 503,
    "gate.too_large": 413,
    "gate.too_slow": 408,
    "gate.wrong_log_key": 409,
    "gate.wrong_range": 416,
    "log.no_cosignature": 422,
    "log.not_cosigned": 404,
    "mailbox.dead": 409,
    "mailbox.other_recipient": 409,
    "mailbox.unknown": 404,
    "plain.early": 400,
    "plain.empty": 400,
    "plain.form": 400,
    "plain.repeated": 409,
    "plain.token": 400,
    "plain.too_large": 413,
    "plain.used": 409,
    "plain.wait": 429,
    "request.refused": 401,
    "uploads.bad_checksum": 400,
    "uploads.bad_length": 400,
    "uploads.bad_metadata": 400,
    "uploads.bad_version": 412,
    "uploads.busy": 423,
    "uploads.missing": 404,
    "uploads.too_large": 413,
    "uploads.wrong_checksum": 460,
    "uploads.wrong_hash": 409,
    "uploads.wrong_offset": 409,
    "uploads.wrong_type": 415,
}


class GateError(AigaqError):
    """Something that the gate refuses or cannot do."""


def status_of(error: AigaqError) -> int:
    """Return the HTTP status for ``error``: a form that a lower layer refuses is 400."""
    return STATUS_OF.get(error.code, 400)
