"""The Bluesky network, our bridge to both formats of Jetstream, and what the collector makes of them."""

from __future__ import annotations

import json
import os
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from collectors import bluesky_follow, registry
from collectors.base import Collector
from collectors.context import Context
from store.errors import SourceError, Unreachable
from store.records.page import TagQuery
from store.records.post import Gone, Post
from tests.servers.cuts import ANSWERS, Deck
from tests.servers.fault_proxy import FaultProxy
from tests.servers.jetstream_bridge import V1_PATH, V2_NAME, V2_PATH, JetstreamBridge
from tests.servers.pds import POST, Account, Network

pytestmark = pytest.mark.servers

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8ffff3f"
    "0005fe02fea7d9a0d50000000049454e44ae426082"
)
_COUNT = iter(range(10**6))


@pytest.fixture
def poster(network: Network) -> Account:
    return network.sign_up(f"poster{next(_COUNT)}")


@contextmanager
def subscribed(bridge: JetstreamBridge, path: str, query: str = "") -> Iterator[ClientConnection]:
    with connect(f"{bridge.url}{path}?{query}", compression=None, proxy=None) as connection:
        yield connection


def took(connection: ClientConnection, count: int) -> list[dict[str, Any]]:
    return [json.loads(connection.recv(timeout=10)) for _ in range(count)]


def refused(bridge: JetstreamBridge, path: str, query: str) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as caught, subscribed(bridge, path, query):
        pass
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"{}")["error"]


def settled(account: Account, bridge: JetstreamBridge) -> None:
    """The bridge has read all that came before, the account's sign-up included."""
    rkey = account.post("hello")
    bridge.wait_for(lambda e: e.body.get("rkey") == rkey)


def operations(account: Account, bridge: JetstreamBridge) -> str:
    """A post made, edited and deleted; its key, when the bridge has seen the end."""
    rkey = account.post("寻人 🙂 seen #found")
    account.edit(rkey, "edited #found")
    account.delete(rkey)
    bridge.wait_for(lambda e: e.body.get("rkey") == rkey and e.body["operation"] == "delete")
    return rkey


def test_the_servers_of_the_network_listen_on_this_machine_alone(network: Network) -> None:
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("only Linux lists its open ports in /proc")
    ports = {int(address.rpartition(":")[2]) for address in (network.pds, network.plc)}
    found: dict[int, set[str]] = {}
    for path in (table, Path("/proc/net/tcp6")):
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            host, port = line.split()[1].split(":")
            if line.split()[3] == "0A":
                found.setdefault(int(port, 16), set()).add(host)
    assert {port: found.get(port) for port in ports} == {port: {"0100007F"} for port in ports}


def test_records_come_out_of_the_firehose_as_the_server_itself_writes_them(
    poster: Account, bridge: JetstreamBridge
) -> None:
    picture = {"$type": "app.bsky.embed.images", "images": [{"alt": "帽子", "image": poster.picture(PIXEL)}]}
    start = len("寻人 ".encode())
    facet = {
        "index": {"byteStart": start, "byteEnd": start + 6},
        "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "found"}],
    }
    rkey = poster.post("寻人 #found 🙂", embed=picture, facets=[facet], langs=["zh", "en"])
    event = bridge.wait_for(lambda e: e.body.get("rkey") == rkey)
    said = poster.record(rkey)
    assert event.body["record"] == said["value"] and event.body["cid"] == said["cid"]
    assert event.body["record"]["embed"]["images"][0]["image"]["ref"]["$link"].startswith("baf")


def test_the_first_format_as_it_is_documented(poster: Account, bridge: JetstreamBridge) -> None:
    settled(poster, bridge)
    with subscribed(bridge, V1_PATH, f"wantedCollections={POST}&wantedDids={poster.did}") as stream:
        rkey = operations(poster, bridge)
        poster.call("com.atproto.identity.updateHandle", handle=f"new-{poster.handle}")
        poster.call("com.atproto.server.deactivateAccount")
        made, edited, deleted, renamed, *_ = events = took(stream, 5)
    assert all(e["did"] == poster.did and isinstance(e["time_us"], int) for e in events)
    assert [e["commit"]["operation"] for e in (made, edited, deleted)] == ["create", "update", "delete"]
    assert made["commit"].keys() == {"rev", "operation", "collection", "rkey", "record", "cid"}
    assert deleted["commit"].keys() == {"rev", "operation", "collection", "rkey"}
    assert made["commit"]["rkey"] == rkey and made["commit"]["record"]["text"].startswith("寻人 🙂")
    assert made["commit"]["cid"] != edited["commit"]["cid"]
    assert renamed["kind"] == "identity" and renamed["identity"]["handle"] == f"new-{poster.handle}"
    account = next(e for e in events if e["kind"] == "account")["account"]
    assert account["active"] is False and account["status"] == "deactivated"
    times = [e["time_us"] for e in events]
    assert times == sorted(set(times)) and times[0] > 10**15


def test_the_second_format_as_its_lexicon_has_it(poster: Account, bridge: JetstreamBridge) -> None:
    settled(poster, bridge)
    with subscribed(bridge, V2_PATH, f"dids={poster.did}") as stream:
        operations(poster, bridge)
        poster.call("com.atproto.server.deactivateAccount")
        frames = took(stream, 4)
    assert {frame["$type"] for frame in frames} == {"message"}
    messages = [frame["payload"] for frame in frames]
    kinds = [message["$type"].removeprefix(f"{V2_NAME}#") for message in messages]
    assert kinds[:3] == ["commit"] * 3 and "account" in kinds
    seqs = [message["seq"] for message in messages]
    assert seqs == sorted(set(seqs))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", m["time"]) for m in messages)
    data = os.environ.get("HOMEWARD_DATA")
    if not data:
        pytest.skip("HOMEWARD_DATA is not set: not compared with the lexicon field by field")
    lexicon = json.loads((Path(data) / "answers" / "subscribeEvents.lexicon.json").read_text())["defs"]
    for kind, message in zip(kinds, messages, strict=True):
        given = message.keys() - {"$type"}
        assert set(lexicon[kind]["required"]) <= given <= set(lexicon[kind]["properties"])


@pytest.mark.parametrize("path", [V1_PATH, V2_PATH])
def test_a_cursor_replays_what_follows_it_and_itself(
    path: str, poster: Account, bridge: JetstreamBridge
) -> None:
    operations(poster, bridge)
    mine = [e for e in bridge.log.events if e.did == poster.did and e.kind == "commit"]
    did = "wantedDids" if path == V1_PATH else "dids"
    for cursor in (mine[1].micros, mine[1].seq):
        with subscribed(bridge, path, f"{did}={poster.did}&cursor={cursor}") as stream:
            first = took(stream, 1)[0]
        operation = first["commit"]["operation"] if path == V1_PATH else first["payload"]["operation"]
        assert operation == "update"


def test_beyond_the_look_back_the_formats_differ(poster: Account, bridge: JetstreamBridge) -> None:
    operations(poster, bridge)
    mine = [e for e in bridge.log.events if e.did == poster.did and e.kind == "commit"]
    bridge.log.forget_before(mine[2].seq)
    for cursor in (mine[0].micros, mine[0].seq):
        with subscribed(bridge, V1_PATH, f"cursor={cursor}") as stream:
            assert took(stream, 1)[0]["commit"]["operation"] == "delete"
    assert refused(bridge, V2_PATH, f"cursor={mine[0].seq}") == (400, "CursorTooOld")
    with subscribed(bridge, V2_PATH, f"cursor={mine[0].micros}") as stream:
        info, event = took(stream, 2)
    assert info["payload"]["$type"] == f"{V2_NAME}#info" and info["payload"]["name"] == "OutdatedCursor"
    assert event["payload"]["operation"] == "delete"


def test_each_format_refuses_what_it_does_not_know(bridge: JetstreamBridge) -> None:
    for query in (
        f"wantedCollections={POST}",
        "kinds=posts",
        f"kinds=account&collections={POST}",
        "cursor=x",
    ):
        assert refused(bridge, V2_PATH, query) == (400, "InvalidRequest")
    assert refused(bridge, V1_PATH, "kinds=commit") == (400, "InvalidRequest")
    assert refused(bridge, "/nothing", "")[0] == 404
    with subscribed(bridge, V2_PATH) as stream:
        stream.send("hello")
        with pytest.raises(ConnectionClosed):  # events that were on their way come first
            took(stream, 1000)


def built(bridge: JetstreamBridge, network: Network, appview: str) -> Collector:
    context = Context("tests@homeward.example", {}, lambda: datetime.now(UTC))
    given = {"hosts": [bridge.url], "appview": appview, "service": network.pds, "plc": network.plc}
    return registry.build("bluesky", "source", given, context)


def test_posts_are_looked_up_again_through_faults(
    network: Network, poster: Account, bridge: JetstreamBridge, proxy: FaultProxy, rng: random.Random
) -> None:
    door = proxy.open(bridge.http_url)
    keys = [poster.post(f"seen {number} #found") for number in range(26)]
    poster.edit(keys[1], "edited #found")
    poster.delete(keys[2])
    ids = [f"at://{poster.did}/{POST}/{rkey}" for rkey in keys]
    collector, deck = built(bridge, network, door.url), Deck(door, rng, ANSWERS, path="getPosts")
    found: list[Post | Gone] = []
    for _ in range(12):
        deck.deal()
        for _ in range(10):
            try:
                found = collector.lookup(ids)
            except SourceError:
                continue
            if not door.waiting:
                break
    collector.close()
    deck.check()
    assert [isinstance(item, Gone) for item in found] == [number == 2 for number in range(26)]
    assert isinstance(found[1], Post) and found[1].text == "edited #found"
    assert isinstance(found[0], Post) and found[0].author.handle == poster.handle


def test_a_connection_reset_before_its_request_is_written_is_a_broken_connection(
    network: Network, bridge: JetstreamBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reset(*_: object, **__: object) -> ClientConnection:
        raise ConnectionClosedError(None, None)

    monkeypatch.setattr(bluesky_follow, "connect", reset)
    collector = built(bridge, network, bridge.http_url)
    with pytest.raises(Unreachable):
        next(iter(collector.follow([TagQuery(any=("found",))], "", threading.Event())))
    collector.close()


def test_this_network_has_no_appview_and_says_so(network: Network, poster: Account) -> None:
    headers = {"Authorization": f"Bearer {poster.token}"}
    answer = network.http.get("/xrpc/app.bsky.notification.listNotifications", headers=headers)
    assert answer.status_code == 502 and answer.json()["error"] == "UpstreamFailure"
