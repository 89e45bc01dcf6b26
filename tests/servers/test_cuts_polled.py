"""Random cuts between the collectors that ask again and again and their servers: all is stored, once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.pipeline.source import MENTIONS
from tests.servers.cuts import ANSWERS, CUTS, Deck
from tests.servers.fault_proxy import FaultProxy
from tests.servers.mastodon import MockMastodon
from tests.servers.station import TAG, Moved, Station
from tests.servers.weibo import WeiboServer
from tests.servers.x import XServer

pytestmark = pytest.mark.servers

BOT = "寻家热线"
Open = Callable[[str, str, dict[str, str], Callable[[], datetime], Callable[[float], None]], Station]


def through_cuts(
    station: Station, deck: Deck, rng: random.Random, write: Callable[[], str], *, cuts: str, tag: str = TAG
) -> None:
    """Write, break, poll, until every cut of this platform is made; then everything must be there once."""
    written = {write()}
    station.poll_until_well(tag)
    for number in range(CUTS[cuts]):
        written |= {write() for _ in range(rng.randrange(1, 5))}
        deck.deal()
        for _ in range(20):
            station.poll(tag)
            if not deck.door.waiting:
                break
        if number % 5 == 4:
            station.restart()
    deck.check()
    station.poll_until_well(tag)
    assert set(station.texts()) == written
    assert station.counted() == station.made() == len(written)
    assert station.troubles, "no fault was ever felt"


@contextmanager
def mastodon(clock: Moved) -> Iterator[tuple[MockMastodon, Callable[[], str]]]:
    """The server and how somebody writes there."""
    with MockMastodon() as server:
        count = iter(range(10**6))

        def write() -> str:
            return f"mastodon:{server.post(f'seen {next(count)} #found', visibility='public')['uri']}"

        yield server, write


def test_mastodon_through_cuts(rng: random.Random, proxy: FaultProxy, tmp_path: Path, places: Path) -> None:
    clock = Moved(lambda: datetime.now(UTC))
    with mastodon(clock) as (server, write):
        door = proxy.open(server.base_url)
        options = (
            f'kind: mastodon, base_url: "{door.url}", page_size: 3, backfill_pages: 1000, stream: false, '
            "token_secret: HOMEWARD_MASTODON_TOKEN, timeout_s: 5"
        )
        given = {"HOMEWARD_MASTODON_TOKEN": server.bot_token}
        with Station(tmp_path, places, options, given, clock, clock.skip) as station:
            deck = Deck(door, rng, ANSWERS, path="/timelines/tag/")
            through_cuts(station, deck, rng, write, cuts="mastodon")


def test_x_search_through_cuts(rng: random.Random, proxy: FaultProxy, tmp_path: Path, places: Path) -> None:
    with XServer() as server:
        door = proxy.open(server.base_url)
        options = (
            f'kind: x, enabled: true, base_url: "{door.url}", page_size: 10, spend_ceiling_usd: 1000.0, '
            "day_burst: 31.0, timeout_s: 5"
        )

        def write() -> str:
            server.skip_time(rng.choice((0.0, 0.5, 9.0)))
            return f"x:{server.add_post('seen #found')}"

        def later(seconds: float) -> None:
            server.skip_time(seconds)

        given = {"HOMEWARD_X_BEARER": server.app_token}
        with Station(tmp_path, places, options, given, server.now, later) as station:
            deck = Deck(door, rng, ANSWERS, path="/2/tweets/search/recent")
            polled = station.poll

            def poll(tag: str = TAG) -> None:
                server.skip_time(31)  # X's search gives nothing younger
                polled(tag)

            station.poll = poll  # type: ignore[method-assign]
            through_cuts(station, deck, rng, write, cuts="x search")


def test_weibo_mentions_through_cuts(
    rng: random.Random, proxy: FaultProxy, tmp_path: Path, places: Path
) -> None:
    clock = Moved(lambda: datetime.now(UTC))
    with WeiboServer(clock=clock, bot=BOT, budgets={"user_day": 10_000}) as server:
        door = proxy.open(server.base_url)
        options = (
            f'kind: weibo, enabled: true, mode: mentions, base_url: "{door.url}", page_size: 4, '
            "first_pages: 100, calls_per_day: 0, timeout_s: 5"
        )

        def write() -> str:
            clock.skip(7)
            return f"weibo:{server.add_post(f'@{BOT} 看见了 #found#')}"

        given = {"HOMEWARD_WEIBO_TOKEN": server.bot_token}
        with Station(tmp_path, places, options, given, clock, clock.skip) as station:
            deck = Deck(door, rng, ANSWERS, path="mentions")
            through_cuts(station, deck, rng, write, cuts="weibo", tag=MENTIONS)
