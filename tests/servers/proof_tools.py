"""The table rule -> proofs, and a small client for them. A proof must fail when its rule is switched off."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from tests.servers.stand_in import StandIn

Check = Callable[[Any], None]
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def fixed_clock() -> datetime:
    """The servers' clock in proofs: it moves only by `skip_time`."""
    return NOON


@dataclass(frozen=True, slots=True)
class Proof:
    """A check of one or more rules on a fresh server made with `options`."""

    name: str
    check: Callable[[Any], None]
    options: dict[str, Any]


class Table:
    """Rule id -> the proofs of that rule."""

    def __init__(self) -> None:
        self.proofs: dict[str, list[Proof]] = {}

    def proves(self, *rule_ids: str, **options: Any) -> Callable[[Check], Check]:
        """Enters a function `(server) -> None` as a proof of each of the rules."""

        def enter(check: Check) -> Check:
            for rule_id in rule_ids:
                self.proofs.setdefault(rule_id, []).append(Proof(check.__name__, check, options))
            return check

        return enter

    def pairs(self) -> list[tuple[str, Proof]]:
        return [(rule_id, proof) for rule_id, proofs in self.proofs.items() for proof in proofs]


@dataclass(frozen=True, slots=True)
class Got:
    """An answer: its JSON (or None), status, headers, raw body."""

    status: int
    json: Any
    headers: httpx.Headers
    body: bytes

    def __getitem__(self, name: str) -> Any:
        """A part of the answer's object; None when it is not there."""
        return self.json.get(name) if isinstance(self.json, dict) else None


_CLIENT = httpx.Client(trust_env=False, timeout=10, limits=httpx.Limits(max_keepalive_connections=0))


def call(server: StandIn, method: str, path: str, **more: Any) -> Got:
    """One call to the stand-in."""
    answer = _CLIENT.request(method, server.base_url + path, **more)
    try:
        body = answer.json()
    except ValueError:
        body = None
    return Got(answer.status_code, body, answer.headers, answer.content)


class Stream:
    """A raw reader of a streamed answer: `line()` is the next line, '' a heartbeat, None the end."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.chunks: list[bytes] = []
        while self._file.readline().strip():
            pass

    def line(self) -> str | None:
        try:
            size = int(self._file.readline() or b"0", 16)
            data = self._file.read(size + 2)[:size]
        except OSError:
            return None
        self.chunks.append(data)
        return data.decode("utf-8", "replace").rstrip("\r\n") if size else None

    def event(self) -> Any:
        """The next line that is no heartbeat, as JSON; None at the end or after a second without one."""
        try:
            while (line := self.line()) == "":
                pass
        except TimeoutError:
            return None
        return None if line is None else json.loads(line)

    def close(self) -> None:
        self._file.close()


@contextlib.contextmanager
def streaming(server: StandIn, path: str, token: str | None = None, **query: str) -> Iterator[Stream]:
    """An open stream, read over a plain socket with a time-out of half a second."""
    address = urlsplit(server.base_url)
    assert address.hostname is not None and address.port is not None
    with socket.create_connection((address.hostname, address.port), timeout=0.5) as connection:
        target = path + ("?" + urlencode(query) if query else "")
        head = f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        connection.sendall((head + "\r\n").encode())
        reader = Stream(connection)
        try:
            yield reader
        finally:
            reader.close()
