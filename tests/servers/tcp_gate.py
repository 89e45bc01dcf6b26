"""A gate before a Unix socket: TCP in, the socket behind it; shut, it keeps connections and passes nothing.

That is what a cut network looks like from both ends: nobody hears that anything ended.
"""

from __future__ import annotations

import selectors
import socket
import threading


class TcpGate:
    """Listens on an address and passes bytes to and fro while it is open."""

    def __init__(self, behind: str, host: str = "127.0.0.1") -> None:
        self._behind = behind
        self._listening = socket.create_server((host, 0))
        self.port: int = self._listening.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self._ended = threading.Event()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, name="gate", daemon=True).start()

    def shut(self) -> None:
        """Pass nothing any more, in neither direction, and tell nobody."""
        self._open.clear()

    def open(self) -> None:
        """Pass on what comes, and what came meanwhile."""
        self._open.set()

    def close(self) -> None:
        """End everything."""
        self._ended.set()
        self._open.set()
        for each in (self._listening, *self._sockets):
            each.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                came, _ = self._listening.accept()
                there = socket.socket(socket.AF_UNIX)
                there.connect(self._behind)
            except OSError:
                return
            self._sockets += [came, there]
            threading.Thread(target=self._pass, args=(came, there), name="gate-pair", daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with selectors.DefaultSelector() as waiting, one, other:
            waiting.register(one, selectors.EVENT_READ, other)
            waiting.register(other, selectors.EVENT_READ, one)
            while not self._ended.is_set():
                self._open.wait()
                for key, _ in waiting.select(0.2):
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    try:
                        found = source.recv(65536)
                        self._open.wait()
                        key.data.sendall(found)
                    except OSError:
                        return
                    if not found:
                        return
