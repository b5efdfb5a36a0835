"""Keeps content out of the log: no traceback, no arguments of a request, types and codes only."""

import logging

from django.db import DatabaseError

from aigaq.core.errors import DeskLocked
from aigaq.core.held_keys import HELD
from aigaq.errors import AigaqError


class NoContent(logging.Filter):
    """Replaces an exception by the name of its type, or by its code if it is one of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record so that it holds nothing that people wrote."""
        if record.exc_info and record.exc_info[0] is not None:
            kind, error = record.exc_info[0], record.exc_info[1]
            if issubclass(kind, DeskLocked | DatabaseError) and not HELD.is_open:
                # Someone locked the desk in the middle of it. That is no fault.
                return False
            named = error.code if isinstance(error, AigaqError) else kind.__name__
            record.msg, record.args = f"error {named}{_last_place(error)}", ()
            record.exc_info = record.exc_text = None
        elif record.name.startswith("django.request") or record.name.startswith("django.security"):
            record.msg, record.args = "a request was refused", ()
        record.stack_info = None
        return True


def _last_place(error: BaseException | None) -> str:
    trace = error.__traceback__ if error is not None else None
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
