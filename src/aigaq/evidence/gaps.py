"""What an audit names: one thing that is not as it should be. Codes: ``spec/log.md``, "Audit"."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """One thing that is not as it should be, named by what it is about."""

    code: str
    log_index: int | None = None
    register_number: int | None = None
    item: str | None = None
    count: int | None = None
