"""A reply through a network that fails around it: the platform holds one reply in the end."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from bot.senders.base import Sender
from store.errors import RateLimited
from store.records.reply import Absent, Receipt, Refused, Reply, Unknown
from tests.contract.senders.contract import row
from tests.contract.senders.mastodon_bench import MastodonBench
from tests.servers.cuts import ANSWERS, Deck
from tests.servers.fault_proxy import FaultProxy
from tests.servers.mastodon import MockMastodon

pytestmark = pytest.mark.servers

REPLIES = 12


@pytest.fixture(params=[True, False], ids=["keeps keys", "ignores keys"])
def bench(request: pytest.FixtureRequest) -> Iterator[MastodonBench]:
    with MockMastodon(ignore_idempotency=not request.param) as server:
        made = MastodonBench(server, honours_keys=request.param)
        yield made
        made.sender.close()


def test_whatever_is_lost_on_the_way_each_post_has_one_reply(
    bench: MastodonBench, proxy: FaultProxy, rng: random.Random
) -> None:
    door = proxy.open(bench.server.base_url)
    bench.sender.close()
    bench.sender = bench.new_sender(base_url=door.url)
    deck = Deck(door, rng, ANSWERS, path="^/api/v1/statuses$", method="POST")
    tries = 0
    for number in range(REPLIES):
        reply = row(bench, *bench.post())
        deck.deal()
        tries += delivered(bench.sender, reply)
        assert bench.count() == number + 1
    deck.check()
    assert tries > REPLIES


def delivered(sender: Sender, reply: Reply) -> int:
    """As the outbox does it: in doubt the platform is asked before anything is sent again. How often sent."""
    said: Receipt | Refused | Unknown | Absent
    for tries in range(1, 6):
        try:
            said = sender.send(reply)
        except RateLimited:
            continue
        while isinstance(said, Unknown):
            said = sender.find(reply)
        if isinstance(said, Receipt):
            return tries
        assert isinstance(said, Absent), said
    raise AssertionError("five tries brought no receipt")
