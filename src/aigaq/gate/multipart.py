"""``multipart/form-data`` read as a stream: fields and files into memory, nothing on disk.

Starlette's own reader spools to temporary files, which would leave plaintext on a server that must
not hold any; this one keeps each value in a buffer that can be wiped. Limits are counted while the
bytes come. Source: RFC 7578; ``spec/gate-api.md``, "The path without JavaScript".
"""

import re
from dataclasses import dataclass, field

from aigaq.gate.errors import GateError

MAXIMUM_TEXT_BYTES = 64 * 1024
MAXIMUM_FILES_BYTES = 8 * 1024 * 1024
MAXIMUM_PARTS = 500
# Text beyond the limit is kept up to here, so that whoever wrote it gets it back to shorten it.
_KEPT_TEXT_BYTES = 4 * MAXIMUM_TEXT_BYTES
# Boundaries and part headers beside the values themselves.
MAXIMUM_BODY_BYTES = MAXIMUM_TEXT_BYTES + MAXIMUM_FILES_BYTES + MAXIMUM_PARTS * 1_024
_MAXIMUM_HEADERS_BYTES = 4_096
_BOUNDARY = re.compile(r'multipart/form-data;\s*boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?\s*\Z')
_NAME = re.compile(r'[;\s]name="([^"\r\n]*)"')
_FILE_NAME = re.compile(r'[;\s]filename="([^"\r\n]*)"')
_TYPE = re.compile(r"^content-type:\s*([!-~]{1,100})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class FormFile:
    """A file of the form, as the browser named it."""

    name: str
    media_type: str
    data: bytearray


@dataclass
class Form:
    """The values that came, in their order."""

    fields: list[tuple[str, bytearray]] = field(default_factory=list)
    files: list[FormFile] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """Return the texts of the fields called ``name``. Raises ``plain.form`` if one is none."""
        try:
            return [data.decode("utf-8") for one, data in self.fields if one == name]
        except UnicodeDecodeError:
            raise GateError("plain.form") from None

    @property
    def text_bytes(self) -> int:
        """What all texts weigh."""
        return sum(len(data) for _, data in self.fields)

    def read_back(self) -> dict[str, list[str]]:
        """Return all texts by the names of their fields, as well as they can be read."""
        given: dict[str, list[str]] = {}
        for name, data in self.fields:
            given.setdefault(name, []).append(data.decode("utf-8", "replace"))
        return given

    def wipe(self) -> None:
        """Overwrite everything that came."""
        for data in [*(data for _, data in self.fields), *(file.data for file in self.files)]:
            data[:] = bytes(len(data))
        self.fields.clear()
        self.files.clear()


class FormReader:
    """Takes the body piece by piece; `form` is whole after `close`.

    What is too much is counted and not kept, so that the rest can be given back.
    """

    def __init__(self, content_type: str, *, keeps_files: bool = True) -> None:
        """Raise ``plain.form`` unless ``content_type`` is multipart with a boundary."""
        match = _BOUNDARY.match(content_type)
        if match is None:
            raise GateError("plain.form")
        self.form = Form()
        self.has_files = False
        # Whether files are kept still; once one is not, none is.
        self.keeps_files = keeps_files
        # Whether there was more text than is kept even to be given back.
        self.is_cut = False
        self._delimiter = b"\r\n--" + match[1].encode("ascii")
        self._waiting = bytearray(b"\r\n")  # So that the first boundary is like the others.
        self._part: bytearray | None = None
        self._is_file = False
        self._is_over = False
        self._text_bytes = 0
        self._file_bytes = 0
        self._parts = 0

    def feed(self, data: bytes | bytearray) -> None:
        """Take the next bytes. Raises ``plain.form``."""
        self._waiting += data
        while not self._is_over and self._advance():
            pass
        if self._is_over:
            self._waiting.clear()

    def close(self) -> None:
        """Raise ``plain.form`` unless the last boundary has come, or ``plain.too_large``."""
        if not self._is_over:
            raise GateError("plain.form")
        if self._file_bytes > MAXIMUM_FILES_BYTES or self._text_bytes > MAXIMUM_TEXT_BYTES:
            raise GateError("plain.too_large")

    def _advance(self) -> bool:
        """Do one step; tell whether another may be possible without more bytes."""
        at = self._waiting.find(self._delimiter)
        if at < 0:
            self._take(max(len(self._waiting) - len(self._delimiter) + 1, 0))
            return False
        after = at + len(self._delimiter)
        head_end = self._waiting.find(b"\r\n\r\n", after)
        if self._waiting[after : after + 2] == b"--":
            self._take(at)
            self._is_over = True
            return False
        if head_end < 0:
            if len(self._waiting) - after > _MAXIMUM_HEADERS_BYTES:
                raise GateError("plain.form")
            return False
        self._take(at)
        del self._waiting[: after - at]
        head_end -= at + (after - at)
        self._begin(bytes(self._waiting[:head_end]))
        del self._waiting[: head_end + 4]
        return True

    def _take(self, size: int) -> None:
        """Move ``size`` bytes that certainly belong to the open part into it."""
        if self._part is not None and self._keep(size):
            self._part += self._waiting[:size]
        del self._waiting[:size]

    def _keep(self, size: int) -> bool:
        """Count ``size`` bytes more of the open part; tell whether they may be kept."""
        if not self._is_file:
            self._text_bytes += size
            self.is_cut = self.is_cut or self._text_bytes > _KEPT_TEXT_BYTES
            return not self.is_cut
        self._file_bytes += size
        self.has_files = self.has_files or size > 0
        if self._file_bytes > MAXIMUM_FILES_BYTES:
            self.keeps_files = False
            for file in self.form.files:
                file.data[:] = bytes(len(file.data))
                file.data.clear()
        return self.keeps_files

    def _begin(self, head: bytes) -> None:
        """Open the part that ``head`` describes."""
        self._parts += 1
        try:
            text = head.decode("utf-8")
        except UnicodeDecodeError:
            raise GateError("plain.form") from None
        name, file_name = _NAME.search(text), _FILE_NAME.search(text)
        if name is None or len(head) > _MAXIMUM_HEADERS_BYTES or self._parts > MAXIMUM_PARTS:
            raise GateError("plain.form")
        self._part = bytearray()
        self._is_file = file_name is not None
        if file_name is None:
            self.form.fields.append((name[1], self._part))
            return
        self.has_files = self.has_files or file_name[1] != ""
        media_type = _TYPE.search(text)
        kind = media_type[1] if media_type else "application/octet-stream"
        self.form.files.append(FormFile(file_name[1].replace("%22", '"'), kind, self._part))
