"""The Bluesky sender against the real personal data server: the suite as in memory, and its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from bot.senders import bluesky
from bot.senders import bluesky_record as made
from bot.senders.base import Account as OurAccount
from bot.senders.bluesky import BlueskySender
from collectors.context import Context
from collectors.session import MemoryVault
from store.records.reply import Receipt, Reply, Unknown
from tests.contract.senders.contract import Bench, SenderContract, row
from tests.servers.pds import POST, Account, Network
from tests.servers.pds_front import GET, PUT, PdsFront

pytestmark = pytest.mark.servers
_names = count(1)


class PdsBench:
    """Our account and a finder on the real server, behind the front."""

    honours_keys = True

    def __init__(self, front: PdsFront, network: Network, finder: Account) -> None:
        self.front = front
        self.network = network
        self.finder = finder
        self.to_handle = finder.handle
        self.us = network.sign_up(f"home{next(_names)}")
        self.vault = MemoryVault(lambda: datetime.now(UTC))
        self.sender = self.new_sender()

    def new_sender(self) -> BlueskySender:
        secrets = {bluesky.PASSWORD: f"pw-{self.us.handle.partition('.')[0]}"}
        context = Context("tests@homeward.example", secrets, lambda: datetime.now(UTC), vault=self.vault)
        sender = bluesky.build_in(OurAccount(self.us.handle, self.us.did, self.front.base_url), context)
        assert isinstance(sender, BlueskySender)
        return sender

    def post(self) -> tuple[str, str]:
        rkey = self.finder.post(f"@{self.us.handle} seen at the pier")
        return f"at://{self.finder.did}/{POST}/{rkey}", self.finder.key(rkey)

    def edit(self, native_id: str, *, names_us: bool) -> None:
        words = f"@{self.us.handle} it was in the morning" if names_us else "never mind"
        self.finder.edit(native_id.rpartition("/")[2], words)

    def delete(self, native_id: str) -> None:
        self.finder.delete(native_id.rpartition("/")[2])

    def lose_answer(self) -> None:
        self.front.add_fault(path=PUT, lose=True)

    def refuse(self) -> None:
        self.front.add_fault(path=PUT, status=400, body='{"error": "InvalidRequest", "message": "no"}')

    def rate_limit(self) -> None:
        self.front.add_fault(path=PUT, status=429, headers={"Retry-After": "7"}, body="{}")

    def break_listing(self) -> None:
        self.front.add_fault(path=GET, status=503, body="{}")

    def records(self) -> list[dict[str, Any]]:
        asked = {"repo": self.us.did, "collection": POST, "limit": "100"}
        found = self.network.http.get("/xrpc/com.atproto.repo.listRecords", params=asked).json()
        return list(found["records"])

    def count(self) -> int:
        return len(self.records())


@pytest.fixture(scope="module")
def finder(network: Network) -> Account:
    return network.sign_up("finder")


@pytest.fixture(scope="module")
def front(network: Network) -> Iterator[PdsFront]:
    with PdsFront(network.pds) as running:
        yield running


@pytest.fixture
def bench(front: PdsFront, network: Network, finder: Account) -> Iterator[PdsBench]:
    front.clear_faults()
    made_here = PdsBench(front, network, finder)
    yield made_here
    made_here.sender.close()


@pytest.fixture
def reply(bench: PdsBench) -> Reply:
    return row(bench, *bench.post())


class TestBlueskyOnTheRealServer(SenderContract):
    @pytest.fixture
    def bench(self, front: PdsFront, network: Network, finder: Account) -> Iterator[Bench]:
        front.clear_faults()
        made_here = PdsBench(front, network, finder)
        yield made_here
        made_here.sender.close()


def test_the_server_takes_the_record_as_it_was_made(bench: PdsBench, reply: Reply) -> None:
    assert isinstance(bench.sender.send(reply), Receipt)
    (found,) = bench.records()
    value = found["value"]
    assert found["uri"].rpartition("/")[2] == made.record_key(reply)
    assert value["text"] == reply.text
    assert value["labels"]["values"] == [{"val": "bot"}]
    parent = bench.finder.record(reply.to_native_id.rpartition("/")[2])
    assert value["reply"]["parent"] == {"uri": parent["uri"], "cid": parent["cid"]}


def test_the_server_itself_refuses_other_words_at_the_same_place(bench: PdsBench, reply: Reply) -> None:
    bench.lose_answer()
    assert isinstance(bench.sender.send(reply), Unknown)
    bench.edit(reply.to_native_id, names_us=True)  # another CID: the record would be another
    assert isinstance(bench.sender.send(reply), Receipt)
    assert bench.count() == 1
    assert len(bench.front.requests_to(PUT)) >= 2


def test_a_restarted_sender_uses_the_kept_session_and_finds_the_reply(bench: PdsBench, reply: Reply) -> None:
    assert isinstance(bench.sender.send(reply), Receipt)
    signed_in = len(bench.front.requests_to("createSession"))
    again = bench.new_sender()
    assert isinstance(again.find(reply), Receipt)
    assert len(bench.front.requests_to("createSession")) == signed_in
    again.close()


def test_trying_itself_out_finds_the_right_to_write_and_the_missing_label(bench: PdsBench) -> None:
    assert [(each.part, each.ok) for each in bench.sender.check()] == [
        ("write rights", True),
        ("bot label", False),
    ]
    label = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]}
    values = {"repo": bench.us.did, "collection": "app.bsky.actor.profile", "rkey": "self"}
    record = {"$type": "app.bsky.actor.profile", "labels": label}
    bench.us.call("com.atproto.repo.putRecord", **values, record=record)
    assert all(each.ok for each in bench.sender.check())
    assert bench.count() == 0
