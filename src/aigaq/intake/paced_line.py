"""The line to the gate, with a lowest pace: a gate that drips bytes must not hold the desk.

A time limit for each read alone is none: one byte every 29 seconds keeps within it for days. So
waiting is counted as a debt in seconds, which `PACE_BYTES` pay off by one; who owes more than
`GRACE_SECONDS` is left. Each request begins without a debt. The slowest line that people have, a
few KiB a second, is far above the pace.
"""

import ssl
import time
from collections.abc import Iterable
from functools import cache
from typing import Any

import httpcore  # What httpx stands on, and brings with it.
import httpx

from aigaq.intake.socks import Proxy, ask_proxy

#: The lowest pace, in bytes a second.
PACE_BYTES = 1_024
#: How far a request may fall behind that pace: also the longest wait for an answer to begin.
GRACE_SECONDS = 60.0
PIECE_BYTES = 16 * 1024


class _PacedStream(httpcore.NetworkStream):
    """One connection; counts how far what it waits for is behind the pace."""

    def __init__(self, stream: httpcore.NetworkStream, *, grace_seconds: float) -> None:
        self._stream = stream
        self._grace_seconds = grace_seconds
        self._debt_seconds = 0.0
        self._is_writing = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came. Raises `httpcore.ReadTimeout` when it comes too slowly."""
        self._is_writing = False
        began = time.monotonic()
        data = self._stream.read(max_bytes, self._limit(timeout))
        self._count(began=began, size=len(data))
        if self._debt_seconds > self._grace_seconds:
            raise httpcore.ReadTimeout("too slow")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send ``buffer``. Raises `httpcore.WriteTimeout` when it is taken too slowly."""
        if not self._is_writing:
            self._is_writing, self._debt_seconds = True, 0.0
        for start in range(0, len(buffer), PIECE_BYTES):
            piece = buffer[start : start + PIECE_BYTES]
            began = time.monotonic()
            self._stream.write(piece, self._limit(timeout))
            self._count(began=began, size=len(piece))
            if self._debt_seconds > self._grace_seconds:
                raise httpcore.WriteTimeout("too slow")

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Go on under TLS, at the same pace."""
        stream = self._stream.start_tls(ssl_context, server_hostname, self._limit(timeout))
        return _PacedStream(stream, grace_seconds=self._grace_seconds)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection says of itself."""
        return self._stream.get_extra_info(info)

    def _limit(self, timeout: float | None) -> float:
        left = max(0.01, self._grace_seconds - self._debt_seconds + 0.01)
        return left if timeout is None else min(timeout, left)

    def _count(self, *, began: float, size: int) -> None:
        waited = time.monotonic() - began
        self._debt_seconds = max(0.0, self._debt_seconds + waited - size / PACE_BYTES)


class _PacedBackend(httpcore.NetworkBackend):
    """Opens paced connections, straight or through a proxy."""

    def __init__(self, *, proxy: Proxy | None, grace_seconds: float) -> None:
        self._backend = httpcore.SyncBackend()
        self._proxy = proxy
        self._grace_seconds = grace_seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect; a proxy is told the name, which is not asked for here."""
        asked = (self._proxy.host, self._proxy.port) if self._proxy else (host, port)
        stream = self._backend.connect_tcp(*asked, timeout, local_address, socket_options)
        paced = _PacedStream(stream, grace_seconds=self._grace_seconds)
        if self._proxy is not None:
            ask_proxy(paced, proxy=self._proxy, host=host, port=port, timeout_seconds=timeout)
        return paced


@cache
def _get_tls_context() -> ssl.SSLContext:
    """Return the one context of this process: reading all authorities takes a tenth of a second."""
    return httpx.create_ssl_context(trust_env=False)


class PacedTransport(httpx.HTTPTransport):
    """httpx's own transport over paced connections, straight or through ``proxy``.

    Nothing is taken from the environment here.
    """

    def __init__(self, *, proxy: Proxy | None = None, grace_seconds: float = GRACE_SECONDS) -> None:
        super().__init__(verify=_get_tls_context(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_get_tls_context(),
            max_connections=4,
            max_keepalive_connections=1,
            keepalive_expiry=30.0,
            network_backend=_PacedBackend(proxy=proxy, grace_seconds=grace_seconds),
        )
