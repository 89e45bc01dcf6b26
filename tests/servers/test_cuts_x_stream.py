"""Random cuts in the filtered stream of X: what a break swallowed is found by search, once."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from store.records.work import Stage
from tests.servers.cuts import CUTS, LINES, Deck
from tests.servers.fault_proxy import FaultProxy
from tests.servers.station import Following, Station
from tests.servers.x import XServer

pytestmark = pytest.mark.servers


def test_the_stream_and_the_search_over_its_gaps_store_every_post_once(
    rng: random.Random, proxy: FaultProxy, tmp_path: Path, places: Path
) -> None:
    with XServer(heartbeat_s=0.2) as server:
        door = proxy.open(server.base_url)
        options = (
            f'kind: x, enabled: true, mode: stream, base_url: "{door.url}", spend_ceiling_usd: 1000.0, '
            "day_burst: 31.0, flush_s: 0.05, heartbeat_s: 2, timeout_s: 5"
        )
        given = {"HOMEWARD_X_BEARER": server.app_token}
        deck = Deck(door, rng, LINES, path=r"/2/tweets/search/stream\?", headers={"x-rate-limit-reset": "1"})
        written: set[str] = set()

        def write(count: int) -> None:
            written.update(f"x:{server.add_post(f'seen {n} #found')}" for n in range(count))

        station = Station(tmp_path, places, options, given, server.now, server.skip_time)
        with station, Following(station) as following:
            following.wait(lambda: server.connection_count == 1)
            server.skip_time(21)  # from then on the rules of the stream hold
            for _ in range(CUTS["x stream"]):
                following.wait(lambda: server.connection_count == 1 and door.live > 0)
                write(rng.randrange(1, 4))
                deck.deal()
                for _ in range(200):
                    write(rng.randrange(0, 2))
                    time.sleep(0.02)
                    if not door.waiting:
                        break
            following.wait(lambda: server.connection_count == 1)
            write(3)

            def filled() -> bool:
                server.skip_time(31)  # search gives nothing younger, and pauses are over
                station.work_off(Stage.BACKFILL)
                return set(station.texts()) == written

            following.wait(filled)
        deck.check()
        assert station.made() == len(written) > 20 and station.counted() <= len(written)
