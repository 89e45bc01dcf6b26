"""The fault proxy's own process: mitmproxy with an addon that breaks what goes through, as it is told.

Runs in `.servers/venv`, which alone has mitmproxy; `fault_proxy.py` starts and steers it. First line of
output: the port on loopback that takes commands, one JSON object a line, one answer a line. It ends with
its standard input. A fault is counted at the moment it happens, never when it is ordered.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mitmproxy import ctx, http, options
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.tools.dump import DumpMaster

BEFORE = frozenset({"delay", "status", "kill"})  # the server hears of it late, or never
AFTER = frozenset({"lose", "truncate"})  # the server has answered
STREAM = frozenset({"stream_cut"})
FRAME = frozenset({"frame_drop", "frame_double", "frame_cut"})


@dataclass
class Fault:
    """`kind` befalls the next `times` requests or frames that fit, after `skip` of them."""

    kind: str
    path: str = ""
    method: str = ""
    skip: int = 0
    times: int = 1
    seconds: float = 0.0
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    at: float = 0.5

    def fits(self, request: http.Request) -> bool:
        """Is it meant for this request?"""
        return (not self.method or request.method == self.method) and bool(re.search(self.path, request.path))


class Door:
    """One way in: the address it leads to, the faults still to happen, what happened."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.faults: list[Fault] = []
        self.happened: Counter[str] = Counter()

    def next(self, kinds: frozenset[str], request: http.Request) -> Fault | None:
        """Take the first fault of these kinds whose turn it is; each one waiting moves up."""
        for fault in self.faults:
            if fault.kind not in kinds or not fault.fits(request):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                return None
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
            return fault
        return None


class Faults:
    """The addon. Doors by their port."""

    def __init__(self) -> None:
        self.doors: dict[int, Door] = {}
        self.live: dict[str, int] = {}
        self.begun: dict[str, list[Fault]] = {}  # by connection: ordered there and not yet befallen

    def _door(self, flow: http.HTTPFlow) -> Door:
        return self.doors[flow.client_conn.sockname[1]]

    def client_connected(self, client: Any) -> None:
        """Remember who is connected to which door."""
        self.live[client.id] = client.sockname[1]
        self.doors[client.sockname[1]].happened["connections"] += 1

    def client_disconnected(self, client: Any) -> None:
        """Forget it; what could not befall it any more is for the next one."""
        self.live.pop(client.id, None)
        self.doors[client.sockname[1]].faults += self.begun.pop(client.id, [])

    def _begin(self, flow: http.HTTPFlow, fault: Fault) -> None:
        self.begun.setdefault(flow.client_conn.id, []).append(replace(fault, times=1, skip=0))

    def _befell(self, flow: http.HTTPFlow, kind: str) -> bool:
        """Has what was begun on this connection happened now? Not if the connection is already gone."""
        begun = self.begun.get(flow.client_conn.id, [])
        fault = next((fault for fault in begun if fault.kind == kind), None)
        if fault is None:
            return False
        begun.remove(fault)
        self._door(flow).happened[kind] += 1
        return True

    def abort(self, client_id: str) -> None:
        """Cut this connection as a dead network does: no goodbye on any layer."""
        self.live.pop(client_id, None)
        handler = ctx.master.addons.get("proxyserver").connections.get(client_id)
        found = handler.transports.get(handler.client) if handler else None
        if found is not None and found.writer is not None:
            found.writer.transport.abort()

    async def request(self, flow: http.HTTPFlow) -> None:
        """What happens before the server hears of a request."""
        door = self._door(flow)
        door.happened["requests"] += 1
        fault = door.next(BEFORE | AFTER | STREAM, flow.request)
        if fault is None:
            return
        if fault.kind not in BEFORE:
            flow.metadata["fault"] = fault
            self._begin(flow, fault)
            return
        door.happened[fault.kind if fault.kind != "status" else str(fault.status)] += 1
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "kill":
            flow.kill()
        else:
            flow.response = http.Response.make(fault.status, fault.body, fault.headers)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Answers without end are passed on as they come; a cut waits for its byte."""
        fault: Fault | None = flow.metadata.get("fault")
        kind = flow.response.headers.get("content-type", "") if flow.response else ""
        endless = "event-stream" in kind or "/stream" in flow.request.path
        if flow.response is None or not endless:
            return
        flow.response.stream = True
        if fault is not None and fault.kind == "stream_cut":
            flow.response.stream = self._cutting(flow, int(fault.at))

    def _cutting(self, flow: http.HTTPFlow, left: int) -> Any:
        over = False

        def passed(data: bytes) -> bytes:
            nonlocal left, over
            if over or not data:
                return b"" if over else data
            kept, left = data[:left], left - len(data)
            if left <= 0:
                over = True
                self._befell(flow, "stream_cut")
                asyncio.get_running_loop().call_later(0.02, self.abort, flow.client_conn.id)
            return kept

        return passed

    def response(self, flow: http.HTTPFlow) -> None:
        """What happens after the server acted."""
        fault: Fault | None = flow.metadata.get("fault")
        if fault is None or flow.response is None or fault.kind not in AFTER:
            return
        if not self._befell(flow, fault.kind):
            return
        if fault.kind == "lose":
            flow.kill()
            return
        whole = flow.response.raw_content or b""
        flow.response.raw_content = whole[: min(int(len(whole) * fault.at), len(whole) - 1)]
        flow.response.headers.pop("transfer-encoding", None)
        flow.response.headers["content-length"] = str(len(whole))
        flow.response.headers["connection"] = "close"

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """One frame from the server: passed, left out, doubled, or the last one of its connection."""
        assert flow.websocket is not None
        message = flow.websocket.messages[-1]
        del flow.websocket.messages[:-1]
        if message.injected:
            self._befell(flow, "frame_double")
        if message.from_client or message.injected:
            return
        door = self._door(flow)
        door.happened["frames"] += 1
        if flow.metadata.get("cut"):
            message.drop()
            return
        fault = door.next(FRAME, flow.request)
        if fault is None:
            return
        if fault.kind == "frame_double":
            self._begin(flow, fault)
            again = (flow, True, message.content, message.is_text)
            ctx.master.commands.call("inject.websocket", *again)
        else:
            door.happened[fault.kind] += 1
            message.drop()
        if fault.kind == "frame_cut":
            flow.metadata["cut"] = True
            self.abort(flow.client_conn.id)

    # Commands

    async def open(self, upstream: str) -> dict[str, Any]:
        """A new door that leads to `upstream`."""
        servers = ctx.master.addons.get("proxyserver").servers
        with socket.socket() as free:  # port 0 would make two doors to one server the same door
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        self.doors[port] = Door(upstream)
        held = [server.mode for server in servers]
        if not await servers.update([*held, ProxyMode.parse(f"reverse:{upstream}@127.0.0.1:{port}")]):
            raise RuntimeError(f"no door to {upstream}")
        return {"port": port}

    def plan(self, port: int, faults: list[dict[str, Any]]) -> dict[str, Any]:
        """Faults to happen, behind those that still wait."""
        made = [Fault(**fault) for fault in faults]
        for fault in made:
            if fault.kind not in BEFORE | AFTER | STREAM | FRAME:
                raise ValueError(fault.kind)
        self.doors[port].faults += made
        return self.seen(port)

    def clear(self, port: int) -> dict[str, Any]:
        """No more faults."""
        self.doors[port].faults.clear()
        return self.seen(port)

    def cut(self, port: int) -> dict[str, Any]:
        """End every connection through this door now."""
        gone = [client for client, at in self.live.items() if at == port]
        for client in gone:
            self.abort(client)
        self.doors[port].happened["cut"] += len(gone)
        return self.seen(port)

    def seen(self, port: int) -> dict[str, Any]:
        """What happened so far, how many faults still wait, how many connections there are."""
        door = self.doors[port]
        clients = [client for client, at in self.live.items() if at == port]
        begun = sum(len(self.begun.get(client, [])) for client in clients)
        waiting, live = sum(fault.times for fault in door.faults) + begun, len(clients)
        return {"happened": dict(door.happened), "waiting": waiting, "live": live}

    async def answer(self, line: bytes) -> dict[str, Any]:
        """One command."""
        try:
            asked = json.loads(line)
            name = asked.pop("do")
            if name == "open":
                return await self.open(**asked)
            if name not in ("plan", "clear", "cut", "seen"):
                raise ValueError(name)
            found: dict[str, Any] = getattr(self, name)(**asked)
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            return {"error": repr(error)}
        return found


async def main(folder: str) -> None:
    """Run until standard input ends."""
    faults = Faults()
    master = DumpMaster(options.Options(confdir=folder, mode=[]), with_termlog=False, with_dumper=False)
    master.options.update(connection_strategy="lazy", keep_host_header=True)
    master.addons.add(faults)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(json.dumps(await faults.answer(line)).encode() + b"\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(master.run())
    while not ctx.master.addons.get("proxyserver").is_running:
        await asyncio.sleep(0.01)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    master.shutdown()
    await running


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(sys.argv[1]))
