"""Static files of the desk, from the packages themselves: no folder to collect, nothing to forget.

They are the same for everyone and are served while the desk is locked too.
"""

import mimetypes
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def asset(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with one static file."""
    found = finders.find(name)
    if not isinstance(found, str) or not Path(found).is_file():
        raise Http404
    path = Path(found)
    kind = KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return HttpResponse(path.read_bytes(), content_type=kind or "application/octet-stream")
