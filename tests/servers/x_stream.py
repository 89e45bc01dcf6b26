"""The filtered stream of the stand-in for X: rules kept on the server, connections, what goes down them."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.servers.stand_in import Answer, Request, Wire, json_answer, json_bytes
from tests.servers.x_problem import PROBLEMS, bad, problem, wrong_context
from tests.servers.x_query import Node, QueryError, fits, parse
from tests.servers.x_search import check_parameters, shaper
from tests.servers.x_world import XPost

if TYPE_CHECKING:
    from tests.servers.x import Caller, XServer

_POLL_S = 0.02
_MAX_RULES, _MAX_RULE_LENGTH = 1000, 1024
_RECOVERY = {"backfill_minutes", "start_time", "end_time"}


@dataclass(frozen=True, slots=True)
class StreamRule:
    id: str
    value: str
    tag: str | None
    tree: Node
    active_at: datetime

    def shown(self) -> dict[str, str]:
        return {"id": self.id, "value": self.value} | ({"tag": self.tag} if self.tag is not None else {})


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes for a client; `ends` closes the answer in order, `cuts` breaks the connection."""

    data: bytes = b""
    ends: bool = False
    cuts: bool = False


@dataclass(slots=True)
class Connection:
    number: str
    query: dict[str, str]
    pieces: queue.SimpleQueue[Piece] = field(default_factory=queue.SimpleQueue)
    killed: bool = False


class Hub:
    """Rules and open connections of one stand-in; callers hold the server's lock."""

    def __init__(self, server: XServer) -> None:
        self.server = server
        self.rules: dict[str, StreamRule] = {}
        self.connections: list[Connection] = []

    def publish(self, post: XPost) -> None:
        """Sends a post to every connection, if a rule matches."""
        server = self.server
        if not server.world.is_visible(post) or (post.is_repost and not server.rule("X-76")):
            return
        matched = [
            {"id": r.id} | ({"tag": r.tag} if r.tag is not None else {})
            for r in self.rules.values()
            if r.active_at <= server.now() and fits(r.tree, post, server.world, server.rule)
        ]
        for connection in self.connections if matched else []:
            self._deliver(connection, post, matched)

    def _deliver(self, connection: Connection, post: XPost, matched: list[dict[str, str]]) -> None:
        answer = shaper(self.server, connection.query).page([post])
        event = answer | {"data": answer["data"][0]}
        if self.server.rule("X-65"):
            event["matching_rules"] = matched
        connection.pieces.put(Piece(json_bytes(event) + b"\r\n"))

    def send(self, piece: Piece) -> int:
        """Puts a piece into every connection; how many there are."""
        for connection in self.connections:
            connection.pieces.put(piece)
        return len(self.connections)

    def backfill(self, connection: Connection, since: datetime) -> None:
        for post in reversed(self.server.world.newest_first()):
            if post.created_at >= since:
                found = [
                    r for r in self.rules.values() if fits(r.tree, post, self.server.world, self.server.rule)
                ]
                if found:
                    self._deliver(connection, post, [{"id": r.id, "tag": r.tag or ""} for r in found])


def stream(server: XServer, request: Request, who: Caller) -> Answer:
    _app_only(server, who)
    check_parameters(server, request, _RECOVERY)
    used = _RECOVERY & set(request.query)
    if used and server.tier != "enterprise" and server.rule("X-75"):
        name = min(used)
        raise bad(name, request.query[name], f"[{name}] is not available at your access level")
    shaper(server, request.query)  # refuses unknown fields before the stream begins
    hub = server.hub
    if server.rule("X-67") and hub.connections:
        detail = "This stream is currently at the maximum allowed connection limit."
        more = {"connection_issue": "TooManyConnections"}
        raise problem(429, "streaming-connection", "ConnectionException", detail, who.headers, **more)
    connection = Connection(str(server.world.next_number()), dict(request.query))
    hub.connections.append(connection)
    if "backfill_minutes" in request.query:
        since = server.now() - timedelta(minutes=int(request.query["backfill_minutes"]))
        hub.backfill(connection, since)

    def run(wire: Wire) -> None:
        try:
            _run(server, connection, wire)
        finally:
            with server.lock:
                if connection in hub.connections and (server.notice_disconnects or connection.killed):
                    hub.connections.remove(connection)

    return Answer(200, headers={"Content-Type": "application/json", **who.headers}, stream=run)


def _run(server: XServer, connection: Connection, wire: Wire) -> None:
    last = time.monotonic()
    while not wire.stopping.is_set():
        try:
            piece = connection.pieces.get(timeout=_POLL_S)
        except queue.Empty:
            if wire.is_gone():
                return
            if time.monotonic() - last < server.heartbeat_s or not server.rule("X-66"):
                continue
            piece = Piece(b"\r\n")
        if piece.data:
            wire.send(piece.data)
            last = time.monotonic()
        if piece.ends:
            wire.end()
        if piece.ends or piece.cuts:
            connection.killed = True
            return


def _app_only(server: XServer, who: Caller) -> None:
    if who.user_id is not None and server.rule("X-03"):
        raise wrong_context(who.kind, "OAuth 2.0 Application-Only")


def list_rules(server: XServer, request: Request, who: Caller) -> Answer:
    _app_only(server, who)
    wanted = [name for name in request.query.get("ids", "").split(",") if name]
    rules = [r.shown() for r in server.hub.rules.values() if not wanted or r.id in wanted]
    meta = {"sent": _sent(server), "result_count": len(rules)}
    return json_answer(({"data": rules} if rules else {}) | {"meta": meta})


def change_rules(server: XServer, request: Request, who: Caller) -> Answer:
    _app_only(server, who)
    dry = request.query.get("dry_run", "").lower() == "true" and server.rule("X-70")
    try:
        body = request.json()
    except ValueError as error:
        raise bad("body", "", "the body is no JSON") from error
    if not isinstance(body, dict) or ("add" in body) == ("delete" in body):
        raise bad("body", sorted(body), "exactly one of add and delete")
    return _add(server, body["add"], dry) if "add" in body else _delete(server, body["delete"], dry)


def _sent(server: XServer) -> str:
    return f"{server.now():%Y-%m-%dT%H:%M:%S}.000Z"


def _add(server: XServer, asked: list[dict[str, Any]], dry: bool) -> Answer:
    known = {rule.value: rule for rule in server.hub.rules.values()}
    made: dict[str, StreamRule] = {}
    errors: list[dict[str, Any]] = []
    for entry in asked:
        value = str(entry.get("value", ""))
        twin = known.get(value) or made.get(value)
        if twin is not None:
            kind = {"title": "DuplicateRule", "type": PROBLEMS + "duplicate-rules"}
            errors.append({"value": value, "id": twin.id, **kind})
            continue
        try:
            made[value] = _made(server, value, entry.get("tag"))
        except QueryError as error:
            kind = {"title": "Invalid Rule", "type": PROBLEMS + "invalid-rules"}
            errors.append({"value": value, "details": [str(error)], **kind})
    if server.rule("X-68") and len(server.hub.rules) + len(made) > _MAX_RULES:
        detail = f"Rule set may not exceed {_MAX_RULES} rules."
        raise problem(422, "rule-cap", "RulesCapExceeded", detail)
    if not dry:
        server.hub.rules |= {rule.id: rule for rule in made.values()}
    invalid = sum(error["title"] == "Invalid Rule" for error in errors)
    counts = {
        "created": len(made),
        "not_created": len(errors),
        "valid": len(asked) - invalid,
        "invalid": invalid,
    }
    answer: dict[str, Any] = {"meta": {"sent": _sent(server), "summary": counts}}
    answer |= {"data": [rule.shown() for rule in made.values()]} if made else {}
    answer |= {"errors": errors} if errors else {}
    return json_answer(answer, 400 if invalid and not made else 201)


def _made(server: XServer, value: str, tag: str | None) -> StreamRule:
    if server.rule("X-69") and len(value) > _MAX_RULE_LENGTH:
        raise QueryError(f"rule length {len(value)} exceeds {_MAX_RULE_LENGTH}")
    tree = parse(value, server.rule)
    delay = timedelta(seconds=server.rule_delay_s if server.rule("X-72") else 0)
    number = str(1_500_000_000_000_000_000 + server.world.next_number())
    return StreamRule(number, value, tag, tree, server.now() + delay)


def _delete(server: XServer, asked: dict[str, list[str]], dry: bool) -> Answer:
    rules = server.hub.rules
    by_value = {rule.value: rule.id for rule in rules.values()}
    ids = [*asked.get("ids", []), *(by_value.get(value, value) for value in asked.get("values", []))]
    found = [rule_id for rule_id in ids if rule_id in rules]
    errors = [
        {"errors": [{"message": "Rule does not exist", "parameters": {}}], "title": "Invalid Request"}
        for _ in range(len(ids) - len(found))
    ]
    if not dry and server.rule("X-71"):
        for rule_id in found:
            rules.pop(rule_id, None)
    counts = {"deleted": len(found), "not_deleted": len(errors)}
    answer: dict[str, Any] = {"meta": {"sent": _sent(server), "summary": counts}}
    return json_answer(answer | ({"errors": errors} if errors else {}))


def kill_all(server: XServer, request: Request, who: Caller) -> Answer:
    _app_only(server, who)
    hub = server.hub
    killed = list(hub.connections) if server.rule("X-74") else []
    for connection in killed:
        connection.killed = True
        connection.pieces.put(Piece(ends=True))
        hub.connections.remove(connection)
    results = [{"uuid": connection.number, "success": True} for connection in killed]
    counts = {"successful_kills": len(killed), "failed_kills": 0}
    return json_answer({"data": {**counts, "results": results}})
