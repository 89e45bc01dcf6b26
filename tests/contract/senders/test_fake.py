"""The fake keeps the contract of senders, so that tests of the pipeline may trust it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.senders.fake import FakePlatform, FakeSender, Fault
from store.errors import Unreachable
from store.records.reply import Absent, Unknown
from tests.contract.senders.contract import Bench, SenderContract, row


class FakeBench:
    """The fake sender and its platform in memory."""

    to_handle = "finder@elsewhere.example"

    def __init__(self, *, honours_keys: bool) -> None:
        self.honours_keys = honours_keys
        self.server = FakePlatform(honours_keys=honours_keys)
        self.sender = FakeSender(self.server, lambda: datetime.now(UTC))

    def post(self) -> tuple[str, str]:
        native_id = f"p{len(self.server.posts)}"
        self.server.post(native_id)
        return native_id, f"mastodon:https://elsewhere.example/users/finder/statuses/{native_id}"

    def edit(self, native_id: str, *, names_us: bool) -> None:
        self.server.edit(native_id, names_us=names_us)

    def delete(self, native_id: str) -> None:
        self.server.delete(native_id)

    def lose_answer(self) -> None:
        self.sender.faults.append(Fault.LOSE_ANSWER)

    def refuse(self) -> None:
        self.sender.faults.append(Fault.REFUSE)

    def rate_limit(self) -> None:
        self.sender.faults.append(Fault.RATE_LIMIT)

    def break_listing(self) -> None:
        self.server.can_list = False

    def count(self) -> int:
        return len(self.server.replies)


class TestFake(SenderContract):
    @pytest.fixture
    def bench(self) -> Bench:
        return FakeBench(honours_keys=True)


class TestFakeThatIgnoresKeys(SenderContract):
    @pytest.fixture
    def bench(self) -> Bench:
        return FakeBench(honours_keys=False)


def test_a_lost_request_looks_like_a_lost_answer_but_leaves_nothing() -> None:
    bench = FakeBench(honours_keys=True)
    reply = row(bench, *bench.post())
    bench.sender.faults.append(Fault.LOSE_REQUEST)
    assert isinstance(bench.sender.send(reply), Unknown)
    assert isinstance(bench.sender.find(reply), Absent)
    assert bench.count() == 0


def test_an_unreachable_platform_raises_and_nothing_is_sent() -> None:
    bench = FakeBench(honours_keys=True)
    reply = row(bench, *bench.post())
    bench.sender.faults.append(Fault.UNREACHABLE)
    with pytest.raises(Unreachable):
        bench.sender.send(reply)
    assert bench.count() == 0


def test_the_clock_of_the_fake_dates_its_receipts() -> None:
    then = datetime(2026, 5, 25, 8, tzinfo=UTC)
    server = FakePlatform()
    server.post("p")
    bench = FakeBench(honours_keys=True)
    sender = FakeSender(server, lambda: then + timedelta(hours=1))
    bench.sender = sender
    sent = sender.send(row(bench, "p", "mastodon:https://elsewhere.example/p"))
    assert getattr(sent, "at", None) == then + timedelta(hours=1)
