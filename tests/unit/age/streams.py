"""Readers and writers that behave worse than a file, as pipes and sockets do."""

import io


class DribblingReader:
    """Gives at most ``step_bytes`` at a time, whatever is asked for."""

    def __init__(self, data: bytes, *, step_bytes: int) -> None:
        self._data = io.BytesIO(data)
        self._step_bytes = step_bytes

    def read(self, size: int, /) -> bytes:
        return self._data.read(min(size, self._step_bytes))


class ReluctantWriter(io.BytesIO):
    """Takes at most 1,000 bytes at a time and says how many, as an unbuffered file may."""

    def write(self, data: object, /) -> int:
        assert isinstance(data, bytes)
        return super().write(data[:1000])
