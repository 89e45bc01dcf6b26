"""Random cuts between the Bluesky collector and the real network: what was written is stored, once."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers.cuts import CUTS, FRAMES, Deck
from tests.servers.fault_proxy import Door, FaultProxy
from tests.servers.jetstream_bridge import JetstreamBridge
from tests.servers.pds import Account, Network
from tests.servers.station import Following, Moved, Station

pytestmark = pytest.mark.servers

OPTIONS = (
    'kind: bluesky, enabled: true, wire: {wire}, hosts: ["{host}"], appview: "{appview}", '
    'service: "{service}", plc: "{plc}", flush_s: 0.05, timeout_s: 5'
)


def options_for(wire: str, network: Network, bridge: JetstreamBridge, door: Door) -> str:
    """The source: the stream through the door, everything else straight."""
    return OPTIONS.format(
        wire=wire,
        host=door.url.replace("http", "ws", 1),
        appview=bridge.http_url,
        service=network.pds,
        plc=network.plc,
    )


class Writers:
    """People who post, edit and delete, and what must be stored in the end."""

    def __init__(self, network: Network, rng: random.Random, name: str, tag: str) -> None:
        self._rng = rng
        self._tag = tag
        self._people = [network.sign_up(f"{name}-{letter}") for letter in "abc"]
        self.texts: dict[str, str] = {}
        self.written: set[str] = set()
        self.earlier: dict[str, list[str]] = {}
        self.edits = self.deletions = 0
        self._at: dict[str, tuple[Account, str]] = {}

    def act(self) -> None:
        """One thing that people do; half of it is posting."""
        dice = self._rng.random()
        if dice < 0.5 or len(self.texts) < 3:
            who, words = self._rng.choice(self._people), f"寻人 seen {len(self.written)} #{self._tag}"
            rkey = who.post(words)
            key = who.key(rkey)
            self.written.add(key)
            self.texts[key], self._at[key] = words, (who, rkey)
        elif dice < 0.6:
            self._rng.choice(self._people).post("nothing to see here")
        elif dice < 0.85:
            key = self._rng.choice(list(self.texts))
            who, rkey = self._at[key]
            self.edits += 1
            self.earlier.setdefault(key, []).append(self.texts[key])
            self.texts[key] = f"edited {self.edits} #{self._tag}"
            who.edit(rkey, self.texts[key])
        else:
            key = self._rng.choice(list(self.texts))
            who, rkey = self._at[key]
            who.delete(rkey)
            self.deletions += 1
            del self.texts[key]
            self.earlier.pop(key, None)

    def expected_versions(self) -> dict[str, list[str]]:
        """The earlier words of each post that is there, sorted."""
        return {key: sorted(self.earlier.get(key, [])) for key in self.texts}


@pytest.mark.parametrize("wire", ["v1", "v2"])
def test_what_was_written_edited_and_deleted_is_stored_once_through_random_cuts(
    wire: str,
    rng: random.Random,
    network: Network,
    bridge: JetstreamBridge,
    proxy: FaultProxy,
    tmp_path: Path,
    places: Path,
) -> None:
    door = proxy.open(bridge.http_url)
    tag = f"found{wire}"  # what an earlier test wrote is still on the network
    writers, deck = Writers(network, rng, wire, tag), Deck(door, rng, FRAMES, path="subscribe")
    options = options_for(wire, network, bridge, door)
    clock = Moved(lambda: datetime.now(UTC))
    with Station(tmp_path, places, options, {}, clock, clock.skip, tag) as station:
        with Following(station) as following:
            for _ in range(CUTS[f"bluesky {wire}"]):
                following.wait(lambda: door.live > 0)
                deck.deal()
                for acts in range(400):
                    writers.act()
                    if acts >= 4 and not door.waiting:
                        break
                    # Who reads may be coming back at this moment: what is ordered needs its frames.
                    time.sleep(0 if acts < 20 else 0.05)
            following.wait(lambda: station.texts() == writers.texts)
        deck.check()
        live, gone, earlier = station.texts(), station.gone(), station.earlier()
        assert gone <= writers.written - set(live)
        assert station.made() == len(live) + len(gone)
        assert {key: earlier.get(key, []) for key in live} == writers.expected_versions()
        # A post and its edits count once where one page brought them all, as they do to a slow reader.
        assert len(live) <= station.counted() <= len(writers.written) + writers.edits
        assert writers.edits and writers.deletions and len(live) > 15


def test_an_account_out_of_use_takes_its_posts_with_it_and_brings_them_back(
    network: Network, bridge: JetstreamBridge, proxy: FaultProxy, tmp_path: Path, places: Path
) -> None:
    leaves, stays = network.sign_up("leaves"), network.sign_up("stays")
    tag, door = "foundleaving", proxy.open(bridge.http_url)
    clock = Moved(lambda: datetime.now(UTC))
    options = options_for("v2", network, bridge, door)
    station = Station(tmp_path, places, options, {}, clock, clock.skip, tag)
    with station, Following(station) as following:
        following.wait(lambda: door.live > 0)
        kept, gone = (who.key(who.post(f"seen #{tag}")) for who in (stays, leaves))
        following.wait(lambda: set(station.texts()) == {kept, gone})
        door.cut()
        leaves.call("com.atproto.server.deactivateAccount")
        following.wait(lambda: set(station.texts()) == {kept})
        door.cut()
        leaves.call("com.atproto.server.activateAccount")
        following.wait(lambda: set(station.texts()) == {kept, gone})
