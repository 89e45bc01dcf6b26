"""Daemons on one PostgreSQL database, each a process: one killed, one cut off from it and let back in.

Nobody reads what another one leads, what the lost one led is taken over, and no post is lost or stored twice.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from store import leases
from store import tables as t
from store.db import Store
from store.migrate import migrate
from tests import stores
from tests.chaos.road import KEY
from tests.servers.tcp_gate import TcpGate

pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parents[2]
LEASE_S = 6
PATIENCE_S = 90.0
NAMES = ("polled-a", "polled-b", "stream-c", "stream-d")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with stores.postgres() as url:
        yield url


class Hosts:
    """Processes on one database, and the platforms that they read."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self.store = url, folder, Store(url)
        migrate(self.store)
        self.log = folder / "readings.txt"
        self.log.touch()
        (folder / "platforms").mkdir()
        for name in NAMES:
            (folder / "platforms" / f"{name}.txt").touch()
        self._written = 0
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, who: str, *, url: str = "", inside: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        key = base64.urlsafe_b64encode(KEY.secret).decode()
        told = {"folder": str(self.folder / who), "url": url or self.url, "key": key, "who": who}
        told |= {"platforms": str(self.folder / "platforms"), "log": str(self.log)}
        words = json.dumps({**told, "lease_s": LEASE_S})
        out = (self.folder / f"{who}.log").open("wb")
        with out:
            self._running[who] = subprocess.Popen(
                [*inside, sys.executable, "-m", "tests.integration.host", words],
                cwd=ROOT, stdout=out, stderr=out, env={**os.environ, "PYTHONWARNINGS": "ignore"},
            )  # fmt: skip
        return self._running[who]

    def publish(self, posts: int = 3) -> None:
        """New posts on every platform."""
        for name in NAMES:
            with (self.folder / "platforms" / f"{name}.txt").open("a") as file:
                file.writelines(f"{number}\n" for number in range(self._written, self._written + posts))
        self._written += posts

    def all_stored(self) -> bool:
        with self.store.reading() as tx:
            amount = tx.execute(sa.select(sa.func.count()).select_from(t.posts)).scalar_one()
        return amount == self._written * len(NAMES)

    def leaders(self) -> dict[str, str]:
        """Who leads each source just now, by the host's name in the tests."""
        pids = {process.pid: who for who, process in self._running.items()}
        with self.store.reading() as tx:
            now = leases.time_of(tx, self.store.clock)
            held = [lease for lease in leases.listing(tx) if lease.until > now and lease.name in NAMES]
        return {lease.name: pids.get(int(lease.holder.split(":")[1]), "?") for lease in held}

    def numbers(self) -> dict[str, int]:
        with self.store.reading() as tx:
            return {lease.name: lease.number for lease in leases.listing(tx) if lease.name in NAMES}

    def readings(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()]

    def shared(self, *whos: str) -> bool:
        """Whether these, and nobody else, lead all sources, half each if they are two."""
        led = list(self.leaders().values())
        return len(led) == len(NAMES) and {led.count(who) for who in whos} == {len(NAMES) // len(whos)}

    def said(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in self.folder.glob("*.log"))

    def close(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
            process.wait(20)
        self.store.close()


@pytest.fixture
def hosts(server: str, tmp_path: Path) -> Iterator[Hosts]:
    with stores.database(server, "hosts") as url:
        made = Hosts(url, tmp_path)
        yield made
        made.close()


def until(hosts: Hosts, is_so: Callable[[], bool], what: str) -> float:
    """Wait until it is so; gives the seconds that it took."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < PATIENCE_S, f"{what} did not come about\n{hosts.said()}"
        time.sleep(0.1)
    return time.monotonic() - begun


def settled(hosts: Hosts, *whos: str) -> None:
    until(hosts, lambda: hosts.shared(*whos), f"sharing by {whos}")
    hosts.publish()
    until(hosts, hosts.all_stored, "storing")


def test_hosts_share_sources_and_take_over_from_one_that_is_killed(
    hosts: Hosts, record_property: Callable[[str, object], None]
) -> None:
    hosts.start("one")
    settled(hosts, "one")
    hosts.start("two")
    settled(hosts, "one", "two")
    before, led = hosts.numbers(), hosts.leaders()
    hosts._running["one"].send_signal(signal.SIGKILL)
    hosts._running["one"].wait(20)
    hosts.publish()
    took_s = until(hosts, lambda: hosts.shared("two"), "a take-over")
    until(hosts, hosts.all_stored, "storing after it")
    after = hosts.numbers()
    assert all((after[name] > before[name]) == (led[name] == "one") for name in NAMES)
    record_property("taken_over_s", round(took_s, 1))
    hosts._running["two"].terminate()
    assert hosts._running["two"].wait(30) == 0
    assert hosts.leaders() == {}, "what is given up is free at once"


Cable = tuple[str, tuple[str, ...], Callable[[], Any], Callable[[], Any]]
"""A way to the server that can be cut: its URL there, words before the command, cut, mend."""


@contextmanager
def gated(url: str, stack: ExitStack) -> Iterator[Cable]:
    """Through a gate that can be shut."""
    gate = TcpGate(_socket_of(url))
    stack.callback(gate.close)
    yield _tcp(url, "127.0.0.1", gate.port), (), gate.shut, gate.open


@contextmanager
def namespaced(url: str, stack: ExitStack) -> Iterator[Cable]:
    """The same with a network namespace: a host of its own behind a cable that is pulled out."""
    space, here, there = "homewardtest", "hwtest0", "hwtest1"
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and ip")

    def ip(*words: str, check: bool = True) -> bool:
        return subprocess.run(["ip", *words], check=check, capture_output=True).returncode == 0

    if not ip("netns", "add", space, check=False):
        pytest.skip("this kernel gives no network namespaces")
    stack.callback(ip, "netns", "del", space, check=False)
    ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", space)
    stack.callback(ip, "link", "del", here, check=False)
    ip("addr", "add", "10.213.7.1/30", "dev", here)
    ip("link", "set", here, "up")
    inside = ("netns", "exec", space, "ip")
    ip(*inside, "addr", "add", "10.213.7.2/30", "dev", there)
    ip(*inside, "link", "set", there, "up")
    gate = TcpGate(_socket_of(url), "10.213.7.1")
    stack.callback(gate.close)
    pull: Callable[[], Any] = lambda: ip("link", "set", here, "down")  # noqa: E731
    plug: Callable[[], Any] = lambda: ip("link", "set", here, "up")  # noqa: E731
    yield _tcp(url, "10.213.7.1", gate.port), ("ip", "netns", "exec", space), pull, plug


def _socket_of(url: str) -> str:
    folder = sa.make_url(url).query["host"]
    (found,) = [path for path in Path(str(folder)).glob(".s.PGSQL.*") if path.suffix != ".lock"]
    return str(found)


def _tcp(url: str, host: str, port: int) -> str:
    parts = sa.make_url(url)
    bare = parts.set(host=host, port=port, query={"sslmode": "disable", "gssencmode": "disable"})
    return bare.render_as_string(hide_password=False)


@pytest.mark.parametrize("way", [gated, namespaced])
def test_a_host_that_is_cut_off_loses_what_it_leads_and_moves_no_cursor_afterwards(
    hosts: Hosts, way: Any, record_property: Callable[[str, object], None]
) -> None:
    with ExitStack() as stack:
        url, inside, cut, mend = stack.enter_context(way(hosts.url, stack))
        hosts.start("far", url=url, inside=inside)
        settled(hosts, "far")
        hosts.start("near")
        settled(hosts, "near", "far")
        before, led = hosts.numbers(), hosts.leaders()
        cut()
        hosts.publish()
        took_s = until(hosts, lambda: hosts.shared("near"), "a take-over")
        until(hosts, hosts.all_stored, "storing without the one that is cut off")
        after = hosts.numbers()
        assert all((after[name] > before[name]) == (led[name] == "far") for name in NAMES)
        record_property("taken_over_s", round(took_s, 1))
        with hosts.store.reading() as tx:
            c = t.cursors.c
            query = sa.select(c.source, c.cursor, c.lease).where(c.source.in_(NAMES), c.tag.in_(["Tag", "*"]))
            moved = {row.source: (row.cursor, row.lease) for row in tx.execute(query)}
        assert all(lease == after[name] for name, (_, lease) in moved.items() if led[name] == "far")
        mend()
        settled(hosts, "near", "far")
        assert len(moved) == len(NAMES)


def test_nobody_reads_what_another_one_leads(hosts: Hosts) -> None:
    hosts.start("one")
    hosts.start("two")
    settled(hosts, "one", "two")
    led, seen = hosts.leaders(), len(hosts.readings())
    for _ in range(3):
        hosts.publish()
        until(hosts, hosts.all_stored, "storing")
    assert hosts.leaders() == led
    new = hosts.readings()[seen:]
    assert {name for _, name, *_ in new} == set(NAMES)
    assert all(led[name] == who for who, name, *_ in new)
