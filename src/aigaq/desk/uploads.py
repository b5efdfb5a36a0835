"""Where a file lies while a browser sends it: in memory, never on the disk.

Small ones are handled by Django's own handler. A large one, such as a carried report with a video,
goes to the system's folder in memory, and only for someone who may take reports in: nobody else can
fill it. What would take more than half of its room is not taken; `aigaq import report` takes it.
What a killed desk left there is swept (`core.temporary`), since it may be a story in plain.
"""

import shutil
import tempfile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

from aigaq.accounts.permissions import Capability, may
from aigaq.core.temporary import TMPFS, temporary_prefix


class MemoryFile(TemporaryUploadedFile):
    """A file in memory under a name that is swept."""

    def __init__(self, handler: TemporaryFileUploadHandler) -> None:
        """Make it for what ``handler`` was told of."""
        name = temporary_prefix()
        file = tempfile.NamedTemporaryFile(prefix=name, dir=TMPFS)  # noqa: SIM115 - Django closes it.
        UploadedFile.__init__(
            self,
            file,
            handler.file_name,
            handler.content_type,
            0,
            handler.charset,
            handler.content_type_extra,
        )


class LargeFileHandler(TemporaryFileUploadHandler):
    """Takes what is too large for Django's handler in memory. Its folder is set in `settings`."""

    _takes = False

    def handle_raw_input(  # type: ignore[override]  # The rest of the arguments is not looked at.
        self, input_data: Any, meta: Any, content_length: Any, *more: Any, **named: Any
    ) -> None:
        """Decide before a byte is read."""
        user = getattr(self.request, "user", None)
        self._takes = (
            content_length > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
            and user is not None
            and may(user, capability=Capability.IMPORT_REPORTS)
            and content_length < shutil.disk_usage(TMPFS).free // 2
        )

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Make the file in memory, if it is taken."""
        if self._takes:
            FileUploadHandler.new_file(self, *args, **kwargs)
            self.file = MemoryFile(self)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Write what came."""
        if self._takes:
            super().receive_data_chunk(raw_data, start)
        return None

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Hand the file over."""
        return super().file_complete(file_size) if self._takes else None

    def upload_interrupted(self) -> None:
        """Remove what came of a file that was cut off."""
        if self._takes:
            super().upload_interrupted()
