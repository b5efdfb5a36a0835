"""The errors of core."""

from aigaq.errors import AigaqError


class DeskLocked(AigaqError):
    """The desk holds no key now, so nothing can be read or written."""

    def __init__(self) -> None:
        super().__init__("desk.locked")


class VaultError(AigaqError):
    """The master key could not be wrapped or unwrapped."""


class BlobError(AigaqError):
    """A blob is gone, or is not what was written."""


class AuditError(AigaqError):
    """The chain of audit events is broken, or an event was not allowed."""
