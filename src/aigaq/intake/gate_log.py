"""The gate's log as any stranger reads it: no key, no cookie, and nothing of it believed here."""

from aigaq.intake.errors import GateError
from aigaq.intake.gate_client import read_public
from aigaq.tlog import Tile

NOT_FOUND = 404


class GateLog:
    """A `aigaq.evidence.log_source.LogSource` over HTTP."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def read_checkpoint(self) -> bytes:
        """Return the newest checkpoint's note. Raises `GateError`."""
        return read_public(origin=self._origin, path="/log/checkpoint")

    def read_tile(self, tile: Tile) -> bytes | None:
        """Return the bytes of a tile, None if the gate has none. Raises `GateError`."""
        try:
            return read_public(origin=self._origin, path=f"/log/{tile.path}")
        except GateError as error:
            if error.context.get("status") == NOT_FOUND:
                return None
            raise
