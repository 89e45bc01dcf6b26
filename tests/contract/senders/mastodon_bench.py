"""The Mastodon sender beside a server on loopback, as the tests of senders use it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bot.senders.mastodon import MastodonSender
from tests.servers.mastodon import MockMastodon

POST = ("POST", "/api/v1/statuses")
LISTING = ("GET", "/api/v1/accounts/*/statuses")


class MastodonBench:
    """The Mastodon sender and mastodon-mock."""

    def __init__(self, server: MockMastodon, *, honours_keys: bool) -> None:
        self.server = server
        self.honours_keys = honours_keys
        self.to_handle = server.poster_handle
        self.now = datetime.now(UTC)
        self.sender = self.new_sender()

    def new_sender(self, **changes: Any) -> MastodonSender:
        settings: dict[str, Any] = {
            "base_url": self.server.base_url,
            "access_token": self.server.bot_token,
            "account": self.server.bot_account,
            "clock": lambda: self.now,
            "user_agent": "homeward-tests",
            "timeout_s": 5.0,
        }
        return MastodonSender(**{**settings, **changes})

    def post(self) -> tuple[str, str]:
        status = self.server.post()
        return status["id"], f"mastodon:{status['uri']}"

    def edit(self, native_id: str, *, names_us: bool) -> None:
        self.server.edit(native_id, "@homeward it was in the morning" if names_us else "never mind")

    def delete(self, native_id: str) -> None:
        self.server.delete(native_id)

    def lose_answer(self) -> None:
        self.server.lose_answers(1)

    def refuse(self) -> None:
        self.server.fault(*POST, type="status", status=403)

    def rate_limit(self) -> None:
        self.server.fault(*POST, type="ratelimit")

    def break_listing(self) -> None:
        self.server.fault(*LISTING, type="status", status=503)

    def count(self) -> int:
        return self.server.count_bot_statuses()


def opened(*, ignore_idempotency: bool) -> Iterator[MastodonBench]:
    with MockMastodon(ignore_idempotency=ignore_idempotency) as server:
        bench = MastodonBench(server, honours_keys=not ignore_idempotency)
        yield bench
        bench.sender.close()


def fresh(bench: MastodonBench) -> MastodonBench:
    """One server serves many tests; each begins without faults and with nothing said by us."""
    bench.server.heal()
    bench.server.clear_bot_statuses()
    bench.now = datetime.now(UTC)
    return bench
