"""The real Bluesky network on loopback: one personal data server and its directory, in one Node process.

`with Network() as network: poster = network.sign_up("poster")`. No AppView: nothing here can search, show
threads or list notifications (that needs PostgreSQL and Redis beside it). The account's calls are plain
HTTP, so that no client library stands between a test and what the server said.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from tests.servers import setup_servers

HERE = Path(__file__).parent / "atproto"
POST = "app.bsky.feed.post"
START_S = 60
_WITHOUT_BODY = frozenset({"com.atproto.server.activateAccount"})


class Network:
    """The process. `pds` and `plc` are its addresses."""

    def __enter__(self) -> Network:
        self._folder = tempfile.TemporaryDirectory(prefix="homeward-pds-")
        node = setup_servers.node() / "bin" / "node"
        command = [str(node), "--require", str(HERE / "loopback.cjs"), str(HERE / "network.mjs")]
        self._process = subprocess.Popen(
            [*command, str(setup_servers.NETWORK)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": self._folder.name, "LOG_ENABLED": "false"},
        )
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], START_S)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            self._end()
            raise RuntimeError(f"the Bluesky network did not start within {START_S} s")
        said = json.loads(line)
        self.pds: str = said["pds"]
        self.plc: str = said["plc"]
        self.pid = self._process.pid
        self.http = httpx.Client(base_url=self.pds, timeout=30, trust_env=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
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
        self._folder.cleanup()

    def sign_up(self, name: str) -> Account:
        """A new account with the handle `name`.test."""
        asked = {"handle": f"{name}.test", "email": f"{name}@homeward.example", "password": f"pw-{name}"}
        answer = self.http.post("/xrpc/com.atproto.server.createAccount", json=asked)
        answer.raise_for_status()
        said = answer.json()
        return Account(self.http, said["did"], said["handle"], said["accessJwt"])


@dataclass
class Account:
    """Somebody who posts. Every call raises httpx.HTTPStatusError where the server refuses."""

    http: httpx.Client
    did: str
    handle: str
    token: str

    def call(self, name: str, **values: Any) -> Any:
        """One procedure of the account's server."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.http.post(
            f"/xrpc/{name}", json=None if name in _WITHOUT_BODY else values, headers=headers
        )
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def post(self, text: str, **fields: Any) -> str:
        """A post; gives its record key. Hashtags in the text get no facet unless given."""
        record = _record(text) | fields
        made = self.call("com.atproto.repo.createRecord", repo=self.did, collection=POST, record=record)
        key: str = made["uri"].rpartition("/")[2]
        return key

    def edit(self, rkey: str, text: str) -> None:
        """Other words under the same key."""
        values = {"repo": self.did, "collection": POST, "rkey": rkey, "record": _record(text)}
        self.call("com.atproto.repo.putRecord", **values)

    def delete(self, rkey: str) -> None:
        """Take a post back."""
        self.call("com.atproto.repo.deleteRecord", repo=self.did, collection=POST, rkey=rkey)

    def record(self, rkey: str) -> Any:
        """The record as the server itself writes it as JSON: {uri, cid, value}."""
        asked = {"repo": self.did, "collection": POST, "rkey": rkey}
        answer = self.http.get("/xrpc/com.atproto.repo.getRecord", params=asked)
        answer.raise_for_status()
        return answer.json()

    def picture(self, data: bytes, kind: str = "image/png") -> Any:
        """An uploaded blob, to be put into a record."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        answer = self.http.post("/xrpc/com.atproto.repo.uploadBlob", content=data, headers=headers)
        answer.raise_for_status()
        return answer.json()["blob"]

    def key(self, rkey: str) -> str:
        """The key under which the program stores this post."""
        return f"bluesky:at://{self.did}/{POST}/{rkey}"


def _record(text: str) -> dict[str, Any]:
    return {"$type": POST, "text": text, "createdAt": datetime.now(UTC).isoformat(), "langs": ["en"]}
