"""A sender that dies in the middle of sending: its successor looks first, and one reply stands.

The server runs as a process of its own, ignores idempotency keys, and counts on its side.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.senders.mastodon import MastodonSender
from store.records.reply import Absent, Receipt
from tests.contract.senders.contract import row
from tests.servers.mastodon import MastodonDesk, spawned

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[3]

# What the killed process runs: it sends and waits for an answer that never comes.
CHILD = """
import sys
from tests.contract.senders.test_killed import KilledBench, row
from tests.servers.mastodon import MastodonDesk
bench = KilledBench(MastodonDesk(sys.argv[1]))
bench.sender.send(row(bench, sys.argv[2], sys.argv[3]))
"""


class KilledBench:
    """A sender on a server that runs elsewhere."""

    def __init__(self, desk: MastodonDesk) -> None:
        self.desk = desk
        self.to_handle = desk.poster_handle
        self.sender = MastodonSender(
            desk.base_url,
            desk.bot_token,
            desk.bot_account,
            clock=lambda: datetime.now(UTC),
            user_agent="homeward-tests",
        )


@pytest.fixture(scope="module")
def desk() -> Iterator[MastodonDesk]:
    with spawned(ignore_idempotency=True) as running:
        yield running


def test_a_reply_stands_once_though_its_sender_was_killed_after_the_server_acted(desk: MastodonDesk) -> None:
    status = desk.post()
    key = f"mastodon:{status['uri']}"
    before = desk.count_bot_statuses()
    desk.lose_answers(1, "silence")
    command = [sys.executable, "-c", CHILD, desk.base_url, status["id"], key]
    with subprocess.Popen(command, cwd=ROOT) as child:
        deadline = time.monotonic() + 30
        while desk.count_bot_statuses() == before and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(child.pid, signal.SIGKILL)
    assert desk.count_bot_statuses() == before + 1

    successor = KilledBench(desk)
    reply = row(successor, status["id"], key)  # the same row: nothing in it is drawn by chance
    found = successor.sender.find(reply)
    assert isinstance(found, Receipt)
    assert desk.count_bot_statuses() == before + 1
    successor.sender.close()


def test_a_server_that_ignores_keys_doubles_a_reply_that_is_sent_without_looking(desk: MastodonDesk) -> None:
    bench = KilledBench(desk)
    status = desk.post()
    reply = row(bench, status["id"], f"mastodon:{status['uri']}")
    before = desk.count_bot_statuses()
    assert isinstance(bench.sender.find(reply), Absent)
    bench.sender.send(reply)
    bench.sender.send(reply)
    assert desk.count_bot_statuses() == before + 2
    bench.sender.close()
