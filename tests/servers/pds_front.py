"""Before the real personal data server: what the network's AppView would add, and faults around its writes.

Posts and profiles are answered by appview.py from the server's own records, as a server with an AppView would
hand them on. All else goes to the real server as it came. Sessions name no other server, so that an account's
client stays with the front.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

import httpx

from tests.servers import appview
from tests.servers.stand_in import Answer, Request, StandIn, json_answer, utc_now

PUT = "/xrpc/com.atproto.repo.putRecord$"
GET = "/xrpc/com.atproto.repo.getRecord$"
_PASSED = ("authorization", "content-type")


class PdsFront(StandIn):
    """`with PdsFront(network.pds) as front:`; faults are those of a stand-in."""

    rules_file = "rules_front.tsv"

    def __init__(self, upstream: str, *, port: int = 0, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(port=port, clock=clock)
        self._http_up = httpx.Client(base_url=upstream, timeout=30, trust_env=False)

    def stop(self) -> None:
        super().stop()
        self._http_up.close()

    def answer(self, request: Request) -> Answer:
        target = request.path + (f"?{urlencode(request.query)}" if request.query else "")
        if request.path.startswith("/xrpc/app.bsky."):
            status, value = appview.answer(self._http_up, target) or (HTTPStatus.NOT_FOUND, {})
            return json_answer(value, int(status))
        headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
        found = self._http_up.request(request.method, target, content=request.body or None, headers=headers)
        body = found.content
        if request.path.startswith("/xrpc/com.atproto.server.") and found.status_code == HTTPStatus.OK:
            body = json.dumps({k: v for k, v in found.json().items() if k != "didDoc"}).encode()
        kind = found.headers.get("content-type", "application/json")
        return Answer(found.status_code, body, {"Content-Type": kind})
