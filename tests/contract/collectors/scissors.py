"""A wire on loopback that is cut after so many bytes of an answer; what was asked always arrives."""

from __future__ import annotations

import socket
import threading
from typing import Any


class Scissors:
    """Passes everything on to a port; `at` bytes of what comes back, then nothing more. None: all of it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.at: int | None = None
        self.passed = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def through(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options with this wire in place of the port."""

        def rewired(value: Any) -> Any:
            if isinstance(value, list | tuple):
                return [rewired(item) for item in value]
            return value.replace(f":{self._port}", f":{self.port}") if isinstance(value, str) else value

        return {name: rewired(value) for name, value in options.items()}

    def stop(self) -> None:
        """Give the port back."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                client.close()
                continue
            self.passed = 0
            for work in (self._ask, self._answer):
                threading.Thread(target=work, args=(client, server), daemon=True).start()

    @staticmethod
    def _ask(client: socket.socket, server: socket.socket) -> None:
        try:
            while piece := client.recv(65536):
                server.sendall(piece)
        except OSError:
            return
        finally:
            _end(server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        left, passed = self.at, 0
        try:
            while piece := server.recv(65536):
                if left is not None and passed + len(piece) >= left:
                    client.sendall(piece[: left - passed])
                    passed = left
                    break
                passed += len(piece)
                self.passed = passed
                client.sendall(piece)
        except OSError:
            return
        finally:
            _end(server)
            _end(client)


def _end(wire: socket.socket) -> None:
    try:
        wire.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        wire.close()
