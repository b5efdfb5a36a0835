"""Asks a SOCKS5 proxy for a connection, with user and password. Source: RFC 1928, RFC 1929.

Ours, and not a package's: a few lines over the paced line, so that a proxy that drips or speaks
something else is a connection that did not come about, like every other failure here.
"""

from dataclasses import dataclass, field

import httpcore

GREETING, AGREED = b"\x05\x01\x02", b"\x05\x02"
LET_IN = b"\x01\x00"
CONNECT, CONNECTED = b"\x05\x01\x00", b"\x05\x00\x00"
BY_NAME = 3
#: How many bytes follow the kind of the address that the proxy answers with; a name has its own.
ADDRESS_BYTES = {1: 4, 4: 16}
PORT_BYTES = 2


@dataclass(frozen=True)
class Proxy:
    """A SOCKS5 proxy, and as whom it is asked."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)


def ask_proxy(
    stream: httpcore.NetworkStream,
    *,
    proxy: Proxy,
    host: str,
    port: int,
    timeout_seconds: float | None,
) -> None:
    """Have the proxy at the end of ``stream`` connect to ``host``, which it resolves itself.

    Afterwards the stream is that connection. Raises `httpcore.ConnectError`, `ConnectTimeout` and
    what the stream raises; then the stream is closed.
    """
    line = _Line(stream, timeout_seconds)
    try:
        line.say(GREETING)
        line.expect(AGREED)
        line.say(b"\x01" + _counted(proxy.user) + _counted(proxy.password))
        line.expect(LET_IN)
        line.say(CONNECT + bytes([BY_NAME]) + _counted(host) + port.to_bytes(2, "big"))
        line.expect(CONNECTED)
        kind = line.hear(1)[0]
        size = line.hear(1)[0] if kind == BY_NAME else ADDRESS_BYTES.get(kind)
        if size is None:
            raise httpcore.ConnectError("the proxy speaks something else")
        line.hear(size + PORT_BYTES)
    except (httpcore.ReadTimeout, httpcore.WriteTimeout):
        stream.close()
        raise httpcore.ConnectTimeout("the proxy does not answer") from None
    except Exception:
        stream.close()
        raise


def _counted(text: str) -> bytes:
    data = text.encode("ascii")
    return bytes([len(data)]) + data


class _Line:
    def __init__(self, stream: httpcore.NetworkStream, timeout_seconds: float | None) -> None:
        self._stream = stream
        self._timeout_seconds = timeout_seconds

    def say(self, data: bytes) -> None:
        self._stream.write(data, self._timeout_seconds)

    def hear(self, size: int) -> bytes:
        """Return exactly ``size`` bytes: what follows them is the gate's."""
        heard = b""
        while len(heard) < size:
            part = self._stream.read(size - len(heard), self._timeout_seconds)
            if not part:
                raise httpcore.ConnectError("the proxy ended the connection")
            heard += part
        return heard

    def expect(self, answer: bytes) -> None:
        if self.hear(len(answer)) != answer:
            raise httpcore.ConnectError("the proxy refused")
