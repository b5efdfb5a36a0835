"""A line between phone and gate that a test can cut: a TCP forwarder on loopback."""

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field

CHUNK_BYTES = 16_384


@dataclass
class Line:
    """Forwards connections to ``gate_port``; `cut_after` breaks what is sent through it."""

    gate_port: int
    port: int = 0
    cuts: list[int] = field(default_factory=list)
    made_cuts: int = 0
    silent_after: int | None = None
    is_down: bool = False
    _listener: socket.socket | None = None

    def open(self) -> None:
        """Listen on a free port and forward until `close`."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        if self._listener is not None:
            self._listener.close()

    def cut_after(self, *counts: int) -> None:
        """Reset the connection that carries the next ``counts`` bytes up, once for each count."""
        self.cuts.extend(counts)

    def go_silent_after(self, count: int) -> None:
        """Carry ``count`` bytes up and then, on that connection, nothing more either way."""
        self.silent_after = count

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                phone, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(phone,), daemon=True).start()

    def _serve(self, phone: socket.socket) -> None:
        if self.is_down:
            reset(phone)
            return
        try:
            gate = socket.create_connection(("127.0.0.1", self.gate_port))
        except OSError:
            reset(phone)
            return
        for end in (phone, gate):  # Else each small answer waits for an acknowledgement, 40 ms.
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        silent = threading.Event()
        down = threading.Thread(target=copy, args=(gate, phone, silent), daemon=True)
        down.start()
        with contextlib.suppress(OSError):
            self._copy_up(phone, gate, silent)
        down.join()
        phone.close()
        gate.close()

    def _copy_up(self, phone: socket.socket, gate: socket.socket, silent: threading.Event) -> None:
        while data := phone.recv(CHUNK_BYTES):
            gate.sendall(data)
            if self.silent_after is not None and len(data) >= CHUNK_BYTES // 2:
                self.silent_after -= len(data)
                if self.silent_after <= 0:
                    self.silent_after = None
                    self.made_cuts += 1
                    silent.set()
                    threading.Event().wait()  # For as long as the test runs.
            # Only bodies count: a request's head is far smaller than a full chunk.
            if self.cuts and len(data) >= CHUNK_BYTES // 2:
                self.cuts[0] -= len(data)
                if self.cuts[0] <= 0:
                    self.cuts.pop(0)
                    self.made_cuts += 1
                    reset(phone)
                    break
        with contextlib.suppress(OSError):
            gate.shutdown(socket.SHUT_WR)


def reset(connection: socket.socket) -> None:
    """Close with RST, as a phone's network does when it is gone."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def copy(source: socket.socket, target: socket.socket, silent: threading.Event) -> None:
    """Copy bytes until either end is closed; once ``silent``, take them and say nothing."""
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK_BYTES):
            if not silent.is_set():
                target.sendall(data)
        if silent.is_set():
            return
        target.shutdown(socket.SHUT_WR)
