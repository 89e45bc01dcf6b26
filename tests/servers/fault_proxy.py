"""The fault proxy as tests see it: `with FaultProxy() as proxy: door = proxy.open(server.base_url)`.

What asks `door.url` reaches the server through mitmproxy, which breaks it as `door.plan(...)` says.
`door.happened` tells what really befell; a test that wanted a fault has to look there.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.servers import setup_servers

SCRIPT = Path(__file__).with_name("fault_addon.py")
START_S = 30


class Door:
    """One way to one server."""

    def __init__(self, proxy: FaultProxy, port: int) -> None:
        self._proxy = proxy
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def plan(self, kind: str, **values: Any) -> None:
        """`kind` is to befall what comes next.

        Kinds: `delay` (seconds), `status` (status, headers, body), `kill` before the server hears of it;
        `lose` the answer after it acted, `truncate` its body (at: share of it); `stream_cut` (at: byte);
        `frame_drop`, `frame_double`, `frame_cut` for WebSocket frames. For all: path (a regular
        expression), method, skip, times.
        """
        self._proxy.ask(do="plan", port=self.port, faults=[{"kind": kind, **values}])

    def clear(self) -> None:
        """What has not happened yet shall not happen."""
        self._proxy.ask(do="clear", port=self.port)

    def cut(self) -> None:
        """End all connections now."""
        self._proxy.ask(do="cut", port=self.port)

    @property
    def happened(self) -> Counter[str]:
        """How often each kind befell (a status under its number), beside requests, frames, connections."""
        return Counter(self._proxy.ask(do="seen", port=self.port)["happened"])

    @property
    def waiting(self) -> int:
        """How many planned faults have not happened yet."""
        return int(self._proxy.ask(do="seen", port=self.port)["waiting"])

    @property
    def live(self) -> int:
        """How many connections there are."""
        return int(self._proxy.ask(do="seen", port=self.port)["live"])


class FaultProxy:
    """mitmproxy in a process of its own."""

    def __enter__(self) -> FaultProxy:
        command = [str(setup_servers.PYTHON), str(SCRIPT), str(setup_servers.CACHE / "mitmproxy")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], START_S)
        line = self._process.stdout.readline().strip() if ready else ""
        if not line:
            self._end()
            raise RuntimeError(f"the fault proxy did not start within {START_S} s")
        self._socket = socket.create_connection(("127.0.0.1", int(line)), timeout=20)
        self._file = self._socket.makefile("rw", encoding="utf-8")
        self._lock = threading.Lock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._socket.close()
        self._end()

    def _end(self) -> None:
        """Its standard input ends, and so does it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process.stdout.close()

    def ask(self, **command: Any) -> dict[str, Any]:
        """One command and its answer. ValueError says what was refused."""
        with self._lock:
            self._file.write(json.dumps(command) + "\n")
            self._file.flush()
            answer: dict[str, Any] = json.loads(self._file.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def open(self, upstream: str) -> Door:
        """A way through the proxy to `upstream` (http://127.0.0.1:…)."""
        return Door(self, int(self.ask(do="open", upstream=upstream)["port"]))
