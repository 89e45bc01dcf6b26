"""A bad wire on loopback: a TCP relay that can be cut, slow, dripping, resetting or dead, by the byte.

It knows no protocol, so what befalls a connection befalls whatever speaks over it. Counts each fault when it
happens, never when it was planned.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import Counter
from enum import StrEnum

PIECE = 65536
DRIP_BYTES, DRIP_PAUSE_S = 16, 0.05
LINGER_NONE = struct.pack("ii", 1, 0)


class Mode(StrEnum):
    """What happens to bytes that come from the server."""

    CLEAN = "clean"
    CUT = "cut"
    """The connection ends in the middle of the answer, without a goodbye of HTTP."""
    RESET = "reset"
    """The same with a TCP reset."""
    SLOW = "slow"
    """Every piece waits."""
    DRIP = "drip"
    """A few bytes at a time."""
    DEAD = "dead"
    """A connection is taken and at once reset: nobody is there."""


class BadWire:
    """Listens on a free port of loopback and relays to port `to`, which may be given later.

    `mode` holds for what comes from now on.
    """

    def __init__(self, to: int = 0) -> None:
        self.to = to
        self.mode = Mode.CLEAN
        self.delay_s = 1.0
        self.happened: Counter[str] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        threading.Thread(target=self._accept, name="bad-wire", daemon=True).start()

    @property
    def netloc(self) -> str:
        """Host and port, as in an address."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://{self.netloc}"

    def cut_all(self) -> None:
        """End every open connection now."""
        with self._lock:
            found = list(self._open)
        for each in found:
            self._count("cut_all")
            _reset(each)

    def close(self) -> None:
        """Listen no more."""
        self._stop.set()
        # A blocked accept ends by the shutdown, not by the close.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()

    def __enter__(self) -> BadWire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _count(self, what: str) -> None:
        with self._lock:
            self.happened[what] += 1

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.mode is Mode.DEAD:
                self._count(Mode.DEAD)
                _reset(client)
                client.close()
                continue
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self.to), timeout=10)
            except OSError:
                _reset(client)
                return
            server.settimeout(None)
            with server:
                both = {client, server}
                with self._lock:
                    self._open |= both
                up = threading.Thread(target=self._upwards, args=(client, server), daemon=True)
                up.start()
                self._downwards(server, client)
                for each in both:
                    with contextlib.suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
                up.join(10)
                with self._lock:
                    self._open -= both

    def _upwards(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(PIECE):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _downwards(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(PIECE):
                if not self._hand_on(client, data):
                    return

    def _hand_on(self, client: socket.socket, data: bytes) -> bool:
        """Hand the bytes on as the wire is now. False when the connection is over."""
        mode = self.mode
        if mode is not Mode.CLEAN:
            self._count(mode)
        if mode is Mode.SLOW:
            self._stop.wait(self.delay_s)
        if mode in (Mode.CUT, Mode.RESET):
            client.sendall(data[: len(data) // 2])
            if mode is Mode.RESET:
                _reset(client)
            return False
        if mode is Mode.DRIP:
            while data and self.mode is Mode.DRIP:
                client.sendall(data[:DRIP_BYTES])
                data = data[DRIP_BYTES:]
                time.sleep(DRIP_PAUSE_S)
        client.sendall(data)
        return True


def _reset(connection: socket.socket) -> None:
    """End a connection with a reset instead of a goodbye."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        connection.shutdown(socket.SHUT_RDWR)
