"""What the stand-in servers share: an HTTP server on loopback, rules that can be switched off, and faults.

Knows no platform. A stand-in is a subclass of `StandIn` with routes; each rule of the platform that it
keeps has an id in a TSV file, and code asks `self.rule(id)` before it keeps the rule.
"""

from __future__ import annotations

import csv
import json
import re
import select
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

HERE = Path(__file__).parent


def utc_now() -> datetime:
    return datetime.now(UTC)


def as_time(value: datetime | str | float) -> datetime:
    """A time as tests write it: aware datetime, ISO text, or Unix seconds."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return datetime.fromtimestamp(value, UTC)


def words(*texts: str) -> set[str]:
    return {word for text in texts for word in text.split()}


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it came over the wire; `params` holds query and form together, the query first."""

    method: str
    path: str
    host: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    client_ip: str

    @property
    def form(self) -> dict[str, str]:
        if "form-urlencoded" not in self.headers.get("content-type", ""):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def params(self) -> dict[str, str]:
        return {**self.form, **self.query}

    def json(self) -> Any:
        """The body as JSON; ValueError when it is none."""
        return json.loads(self.body.decode())


class Wire:
    """An answer without an end: pieces in chunked coding."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self._socket = connection
        self.stopping = stopping

    def send(self, data: bytes) -> None:
        self._socket.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        """The regular end of the answer."""
        self._socket.sendall(b"0\r\n\r\n")

    def is_gone(self) -> bool:
        """True once the client has closed its side."""
        ready, _, _ = select.select([self._socket], [], [], 0)
        return bool(ready) and self._socket.recv(1, socket.MSG_PEEK) == b""


@dataclass(slots=True)
class Answer:
    """Status, headers and body; with `stream`, the body is written piece by piece by that function."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    stream: Callable[[Wire], None] | None = None


def json_bytes(value: object) -> bytes:
    """UTF-8 JSON; with escapes where a lone surrogate cannot be written otherwise."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(
        status, json_bytes(value), {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    )


class Refused(Exception):
    """A call that breaks a rule; carries the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `times` calls (after `skip` others) whose method and path fit.

    `status`/`body`/`headers` answer in the server's place; unless `acts`, it then does not act at all.
    `delay_s` waits first. `cut_at` sends that many bytes of the body and breaks the connection.
    `lose` acts and breaks the connection before the first byte of the answer. Streamed answers know `lose`,
    `delay_s` and answers in their place; the servers' own helpers cut them.
    """

    path: str = ""
    method: str = ""
    status: int | None = None
    body: bytes | str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut_at: int | None = None
    lose: bool = False
    acts: bool = False
    times: int = 1
    skip: int = 0

    def fits(self, request: Request) -> bool:
        return self.method in ("", request.method) and re.search(self.path, request.path) is not None

    @property
    def speaks(self) -> bool:
        return self.status is not None or self.body is not None

    def answer(self) -> Answer:
        body = self.body if self.body is not None else ""
        raw = body.encode() if isinstance(body, str) else body
        return Answer(self.status or 200, raw, {"Content-Type": "application/json", **self.headers})


def html_fault(status: int = 503, **more: Any) -> Fault:
    """An error page of a proxy in front of the service."""
    page = f"<html><head><title>{status}</title></head><body><h1>Over capacity</h1></body></html>"
    return Fault(status=status, body=page, headers={"Content-Type": "text/html"}, **more)


def garbage_fault(status: int = 200, **more: Any) -> Fault:
    """Bytes that are neither UTF-8 nor JSON, under a JSON content type."""
    return Fault(status=status, body=b'{"data": [\xff\xfe\x00, {"id": ', **more)


class Rules:
    """The rules of one TSV file; calling it with an id says whether that rule is kept."""

    def __init__(self, path: Path, without: Iterable[str] = ()) -> None:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        self.sentences = {row["id"]: row["rule"] for row in rows}
        self.sources = {row["id"]: row["source"] for row in rows}
        self.without = frozenset(without)
        for rule_id in self.without:
            self(rule_id)

    def __call__(self, rule_id: str) -> bool:
        if rule_id not in self.sentences:
            raise KeyError(f"no rule {rule_id}")
        return rule_id not in self.without


Handler = Callable[..., Answer]


class StandIn:
    """A server in a thread: `with Subclass() as server:`; state is guarded by `lock`."""

    rules_file: ClassVar[str]
    controls: ClassVar[frozenset[str]] = frozenset({"add_fault", "clear_faults", "skip_time"})

    def __init__(
        self, *, without: Iterable[str] = (), port: int = 0, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.rule = Rules(HERE / self.rules_file, without)
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self._clock, self._shift = clock, timedelta()
        self._port = port
        self._http: _Http | None = None
        self._thread: threading.Thread | None = None

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def now(self) -> datetime:
        return self._clock() + self._shift

    def skip_time(self, seconds: float) -> None:
        """Let the server's clock run ahead (or back)."""
        self._shift += timedelta(seconds=seconds)

    def add_fault(self, fault: Fault | None = None, **fields: Any) -> None:
        """Program a fault: a `Fault`, or its fields."""
        with self.lock:
            self.faults.append(fault or Fault(**fields))

    def clear_faults(self) -> None:
        with self.lock:
            self.faults.clear()

    def take_fault(self, request: Request) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if not fault.fits(request):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def requests_to(self, path: str, method: str = "") -> list[Request]:
        """The calls so far whose path contains the pattern, faulted ones included."""
        with self.lock:
            return [
                r for r in self.requests if re.search(path, r.path) and (not method or r.method == method)
            ]

    @property
    def base_url(self) -> str:
        assert self._http is not None, "the server is not running"
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        self._http = _Http(("127.0.0.1", self._port), self)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.01,), name="stand-in", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        if self._http is not None and self._thread is not None:
            self._http.shutdown()
            self._http.hang_up()
            self._http.server_close()
            self._thread.join(5)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for the handlers, whose sockets hang_up() has woken
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], owner: StandIn) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.owner.lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.owner.lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        with self.owner.lock:
            for connection in self._open:
                _break(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no event here."""


def _break(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already gone


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept in `StandIn.requests` instead."""

    def do_GET(self) -> None:
        owner, request = self.server.owner, self._read()
        if request.path.startswith("/_test/"):
            from tests.servers.remote import control

            self._write(control(owner, request), None)
            return
        with owner.lock:
            owner.requests.append(request)
        fault = owner.take_fault(request)
        if fault is not None and fault.delay_s:
            owner.stopping.wait(fault.delay_s)
        answer = self._answer(owner, request, fault)
        if fault is not None and fault.lose:
            self.close_connection = True
            _break(self.connection)
            if answer.stream is not None:  # lets the stream notice that nobody listens
                self._stream(b"", answer.stream)
            return
        self._write(answer, fault.cut_at if fault else None)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (http.server's names)

    def _answer(self, owner: StandIn, request: Request, fault: Fault | None) -> Answer:
        if fault is not None and fault.speaks and not fault.acts:
            return fault.answer()
        with owner.lock:
            try:
                answer = owner.answer(request)
            except Refused as refused:
                answer = refused.answer
        return fault.answer() if fault is not None and fault.speaks else answer

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=parts.path,
            host=self.headers.get("Host", ""),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
            client_ip=str(self.client_address[0]),
        )

    def _write(self, answer: Answer, cut_at: int | None) -> None:
        head = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('Unknown',))[0]}"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        coding = "Transfer-Encoding: chunked" if answer.stream else f"Content-Length: {len(answer.body)}"
        raw = "\r\n".join([*head, coding, "", ""]).encode("latin-1")
        if answer.stream is not None:
            self._stream(raw, answer.stream)
            return
        self.connection.sendall(raw + (answer.body if cut_at is None else answer.body[:cut_at]))
        if cut_at is not None:
            self.close_connection = True
            _break(self.connection)

    def _stream(self, head: bytes, run: Callable[[Wire], None]) -> None:
        self.close_connection = True
        try:
            if head:
                self.connection.sendall(head)
            run(Wire(self.connection, self.server.owner.stopping))
        except OSError:
            return  # the client or a fault broke the connection
        finally:
            _break(self.connection)
