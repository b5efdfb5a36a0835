"""The forms of the gate's answers: JSON, bytes, nothing. Headers are constant and set elsewhere."""

import json
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from aigaq.clock import format_time

Answer = Response


def json_answer(value: Any, *, status: int = 200) -> Answer:
    """Return ``value`` as JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8"), status_code=status, media_type="application/json")


def bytes_answer(data: bytes) -> Answer:
    """Return ``data`` as it is."""
    return Response(data, media_type="application/octet-stream")


def empty_answer() -> Answer:
    """Return 204."""
    return Response(status_code=204)


def format_seconds(unix_seconds: int) -> str:
    """Return Unix seconds as times are written on the wire."""
    return format_time(datetime.fromtimestamp(unix_seconds, UTC))
