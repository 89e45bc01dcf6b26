"""A Mastodon server on loopback (mastodon-mock) with the faults that matter for sending exactly once.

In this process: `with MockMastodon() as server:`. As a process of its own, which outlives a killed
daemon: `python -m tests.servers.mastodon --port 3100 --ignore-idempotency`, or `with spawned() as server:`.

On top of mastodon-mock: idempotency keys can be ignored, as some servers do; answers can be lost after
the server acted; an edit renews the mentions and a deletion unlinks the answers, as on real servers;
search finds a post by its address.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from mastodon_mock.app import create_app
from mastodon_mock.config import MastodonMockConfig, SeedAccount, SeedConfig
from mastodon_mock.db.models import Account, Status, StatusMention
from mastodon_mock.services import parse_mentions
from sqlalchemy import delete, func, update
from sqlalchemy import select as sql_select

BOT, BOT_TOKEN = "homeward", "bot-token"
POSTER, POSTER_DOMAIN, POSTER_TOKEN = "finder", "elsewhere.example", "poster-token"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_STATUS = re.compile(r"/api/v1/statuses/(\d+)")
_ADDRESS = re.compile(r"https?://[^/]+/@[^/]+/(\d+)")


class Faults:
    """ASGI middleware around mastodon-mock; its own switches lie under /_test."""

    def __init__(self, app: Any, *, ignore_idempotency: bool) -> None:
        self.app = app
        self.sessions = app.state.session_factory
        self.ignore_idempotency = ignore_idempotency
        self.lose = 0
        self.mode = "cut"
        self.posts_seen = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope.get("path", ""), scope.get("method", "")
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif path.startswith("/_test"):
            await self._control(scope, receive, send)
        elif path == "/api/v2/search":
            await self._search(scope, receive, send)
        elif (method, path) == ("POST", "/api/v1/statuses"):
            await self._post(scope, receive, send)
        else:
            await self.app(scope, receive, send)
            found = _STATUS.fullmatch(path)
            if found and method == "PUT":
                self._renew_mentions(int(found[1]))
            if found and method == "DELETE":
                self._unlink_answers(int(found[1]))

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.posts_seen += 1
        if self.ignore_idempotency:
            headers = [(name, value) for name, value in scope["headers"] if name != b"idempotency-key"]
            scope = {**scope, "headers": headers}
        if self.lose <= 0:
            await self.app(scope, receive, send)
            return
        self.lose -= 1
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self.app(scope, receive, keep)
        if self.mode == "silence":
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        # The head of the answer goes out and then the connection breaks.
        await send(answer[0])
        raise ConnectionResetError("the answer is lost on purpose")

    async def _search(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find a post by its address, as servers do with resolve=true; other words go to the mock."""
        query = httpx.QueryParams(scope["query_string"].decode())
        found = _ADDRESS.fullmatch(query.get("q", ""))
        if not found:
            await self.app(scope, receive, send)
            return
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        path = f"/api/v1/statuses/{found[1]}"
        await self.app({**scope, "path": path, "raw_path": path.encode(), "query_string": b""}, receive, keep)
        body = b"".join(part.get("body", b"") for part in answer[1:])
        statuses = [json.loads(body)] if answer[0]["status"] == 200 else []
        await _json(send, {"accounts": [], "statuses": statuses, "hashtags": []})

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = httpx.QueryParams(scope["query_string"].decode())
        if scope["path"] == "/_test/lose":
            self.lose, self.mode = int(query["n"]), query.get("mode", "cut")
        with self.sessions() as db:
            ours = (
                Status.account_id == sql_select(Account.id).where(Account.username == BOT).scalar_subquery()
            )
            if scope["path"] == "/_test/clear":
                db.execute(delete(Status).where(ours))
                db.commit()
            standing = db.scalar(sql_select(func.count()).select_from(Status).where(ours))
        await _json(send, {"posts_seen": self.posts_seen, "bot_statuses": standing})

    def _renew_mentions(self, status_id: int) -> None:
        with self.sessions() as db:
            status = db.get(Status, status_id)
            if status is None:
                return
            db.execute(delete(StatusMention).where(StatusMention.status_id == status_id))
            for account in parse_mentions(db, status.text, exclude_account_id=status.account_id):
                db.add(StatusMention(status_id=status_id, account_id=account.id))
            db.commit()

    def _unlink_answers(self, status_id: int) -> None:
        with self.sessions() as db:
            if db.scalar(sql_select(Status.id).where(Status.id == status_id)) is None:
                gone = update(Status).where(Status.in_reply_to_id == status_id)
                db.execute(gone.values(in_reply_to_id=None, in_reply_to_account_id=None))
                db.commit()


async def _json(send: Send, value: object) -> None:
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def further_poster(number: int) -> tuple[str, str]:
    """Name and token of one of the further people on the other server, counted from 1."""
    return f"{POSTER}{number}", f"{POSTER_TOKEN}-{number}"


def _build(port: int, *, ignore_idempotency: bool, further: int = 0, domain: str = "") -> Faults:
    """The server for this port: our bot as a local account, a poster and `further` ones elsewhere."""
    accounts = [
        SeedAccount(username=BOT, access_token=BOT_TOKEN, bot=True, display_name="Homeward"),
        SeedAccount(username=POSTER, domain=POSTER_DOMAIN, access_token=POSTER_TOKEN, display_name="Finder"),
    ]
    for name, token in map(further_poster, range(1, further + 1)):
        accounts.append(
            SeedAccount(username=name, domain=POSTER_DOMAIN, access_token=token, display_name=name)
        )
    config = MastodonMockConfig(
        domain=domain or f"127.0.0.1:{port}", url_scheme="http", seed=SeedConfig(accounts=accounts)
    )
    return Faults(create_app(config), ignore_idempotency=ignore_idempotency)


def _bind(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


class MastodonDesk:
    """What a test does with a running server, wherever it runs: post, edit, delete, count, break."""

    bot_token = BOT_TOKEN
    poster_handle = f"{POSTER}@{POSTER_DOMAIN}"
    poster_token = POSTER_TOKEN

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.bot_account = f"{BOT}@{base_url.removeprefix('http://')}"
        self._http = httpx.Client(base_url=base_url, timeout=20, trust_env=False)

    def close(self) -> None:
        """Give back the connection; the server runs on."""
        self._http.close()

    def call(self, method: str, path: str, token: str, **values: Any) -> Any:
        """One request as the owner of a token; the JSON that comes back."""
        answer = self._http.request(
            method, path, headers={"Authorization": f"Bearer {token}"}, data=values or None
        )
        answer.raise_for_status()
        return answer.json()

    def post(self, text: str = f"@{BOT} I saw a child here", **values: Any) -> dict[str, Any]:
        """Write a post as the poster; the default names our bot. Returns the status entity."""
        found: dict[str, Any] = self.call("POST", "/api/v1/statuses", POSTER_TOKEN, status=text, **values)
        return found

    def upload(self, photo: Path) -> str:
        """Upload a photo as the poster; its id goes into `post(media_ids=…)`."""
        with photo.open("rb") as opened:
            answer = self._http.post(
                "/api/v2/media",
                headers={"Authorization": f"Bearer {POSTER_TOKEN}"},
                files={"file": (photo.name, opened, "image/jpeg")},
            )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def edit(self, status_id: str, text: str) -> None:
        """Change a post as the poster."""
        self.call("PUT", f"/api/v1/statuses/{status_id}", POSTER_TOKEN, status=text)

    def delete(self, status_id: str) -> None:
        """Delete a post as the poster."""
        self.call("DELETE", f"/api/v1/statuses/{status_id}", POSTER_TOKEN)

    def bot_statuses(self) -> list[dict[str, Any]]:
        """Everything our bot has on the server, newest first."""
        own = self.call("GET", "/api/v1/accounts/verify_credentials", BOT_TOKEN)["id"]
        found: list[dict[str, Any]] = []
        while True:
            path = f"/api/v1/accounts/{own}/statuses?limit=40"
            path += f"&max_id={found[-1]['id']}" if found else ""
            page = self.call("GET", path, BOT_TOKEN)
            if not page:
                return found
            found += page

    def count_bot_statuses(self) -> int:
        """How many statuses our bot has, counted in the server's own database."""
        return int(self._http.get("/_test/state").json()["bot_statuses"])

    def clear_bot_statuses(self) -> None:
        """Take away everything our bot has said."""
        self._http.post("/_test/clear").raise_for_status()

    def lose_answers(self, n: int, mode: str = "cut") -> None:
        """Let the next `n` posts be carried out and their answers lost.

        `cut` breaks the connection within the answer, `silence` never answers.
        """
        self._http.post("/_test/lose", params={"n": n, "mode": mode}).raise_for_status()

    def posts_seen(self) -> int:
        """How many requests to post have reached the server, whoever sent them."""
        return int(self._http.get("/_test/state").json()["posts_seen"])

    def fault(self, method: str, path: str, *, count: int = 1, **effect: Any) -> None:
        """A rule of mastodon-mock: `type` is status, ratelimit, latency, malformed or timeout."""
        rule = {"match": {"methods": [method], "path": path}, "effect": effect, "count": count}
        self._http.post("/api/v1/_mock/faults", json=rule).raise_for_status()

    def heal(self) -> None:
        """Take back all faults."""
        self._http.delete("/api/v1/_mock/faults").raise_for_status()
        self.lose_answers(0)


class MockMastodon(MastodonDesk):
    """The server in a thread of this process, on a free port of loopback."""

    def __init__(self, *, ignore_idempotency: bool = False) -> None:
        self._socket = _bind(0)
        port = self._socket.getsockname()[1]
        super().__init__(f"http://127.0.0.1:{port}")
        app = _build(port, ignore_idempotency=ignore_idempotency)
        self._server = uvicorn.Server(_settings(app))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def __enter__(self) -> MockMastodon:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise TimeoutError("the Mastodon server did not start within 20 s")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()


def _settings(app: Any) -> uvicorn.Config:
    return uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1)


@contextlib.contextmanager
def spawned(
    *, ignore_idempotency: bool = False, further: int = 0, domain: str = ""
) -> Iterator[MastodonDesk]:
    """The server as a process of its own, so that it survives the death of whoever talks to it.

    `further` more people than the one poster can write there (`further_poster`); `domain` is what the
    server calls itself where it is reached by another way than its port.
    """
    command = [sys.executable, "-m", "tests.servers.mastodon", "--port", "0"]
    command += ["--ignore-idempotency"] if ignore_idempotency else []
    command += ["--further", str(further), "--domain", domain]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        desk = None
        try:
            ready, _, _ = select.select([process.stdout], [], [], 30)
            line = process.stdout.readline() if ready else ""
            if not line:
                raise TimeoutError("the Mastodon server did not start within 30 s")
            desk = MastodonDesk(json.loads(line)["base_url"])
            yield desk
        finally:
            if desk is not None:
                desk.close()
            process.terminate()


def main() -> None:
    """Run the server until it is told to stop; the first line of output is JSON with its address."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    parser.add_argument("--ignore-idempotency", action="store_true", help="make a status for each request")
    parser.add_argument("--further", type=int, default=0, help="how many more people can write here")
    parser.add_argument("--domain", default="", help="what it calls itself; empty takes its address")
    options = parser.parse_args()
    bound = _bind(options.port)
    port = bound.getsockname()[1]
    app = _build(
        port,
        ignore_idempotency=options.ignore_idempotency,
        further=options.further,
        domain=options.domain,
    )
    server = uvicorn.Server(_settings(app))
    bound.listen(128)
    desk = {"base_url": f"http://127.0.0.1:{port}", "bot_token": BOT_TOKEN, "poster_token": POSTER_TOKEN}
    print(json.dumps(desk), flush=True)  # noqa: T201 - the caller reads it
    server.run(sockets=[bound])


if __name__ == "__main__":
    main()
