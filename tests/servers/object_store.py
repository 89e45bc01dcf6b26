"""An S3 server on loopback, in memory: moto's, in the environment of the test servers."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.servers.setup_servers import VENV

SERVER = VENV / "bin" / "moto_server"
BUCKET = "homeward-photos"
PATIENCE_S = 60.0


@dataclass
class ObjectServer:
    """The server; `stop` and `start` take it away and bring it back, empty."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and make the bucket."""
        command = [str(VENV / "bin" / "python"), str(SERVER), "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                httpx.put(f"{self.endpoint}/{BUCKET}", timeout=5).raise_for_status()
                return
            except httpx.TransportError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def keys(self) -> list[str]:
        """What lies in the bucket."""
        text = httpx.get(f"{self.endpoint}/{BUCKET}?list-type=2", timeout=5).text
        return [part.partition("</Key>")[0] for part in text.split("<Key>")[1:]]


@contextmanager
def object_server() -> Iterator[ObjectServer]:
    """A running server until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = ObjectServer(probe.getsockname()[1])
    try:
        server.start()
        yield server
    finally:
        server.stop()
