"""Which addresses nobody may connect to, whatever name or redirect leads there."""

import asyncio
from collections.abc import Iterable

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.photos.guard import GuardedBackend, unmapped, why_refused
from store.errors import PhotoRefused, PhotoUnavailable

BAD = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "::8.8.8.8",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "2002:7f00:1::1", "2002:808:808::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "2600::5efe:a00:1", "2600::200:5efe:a00:1", "4000::1", "host", "",
]  # fmt: skip
GOOD = [
    "8.8.8.8",
    "93.184.215.14",
    "::ffff:8.8.8.8",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2a00:1450::1",
]


@pytest.mark.parametrize("address", BAD)
def test_an_address_that_is_not_plainly_public_is_refused_with_words(address: str) -> None:
    assert why_refused(address)


@pytest.mark.parametrize("address", GOOD)
def test_a_public_address_is_let_through(address: str) -> None:
    assert why_refused(address) == ""


@given(st.ip_addresses())
@settings(max_examples=200, deadline=None)
def test_no_address_that_python_calls_private_is_let_through(address: object) -> None:
    if why_refused(str(address)) == "":
        assert unmapped(str(address)).is_global
        assert not unmapped(str(address)).is_multicast


class Recorder(httpcore.AsyncNetworkBackend):
    """Stands for the socket layer: notes every address it is asked for and fails those in `dead`."""

    def __init__(self, dead: Iterable[str] = ()) -> None:
        self.asked: list[tuple[str, int]] = []
        self.dead = set(dead)

    async def connect_tcp(
        self, host: str, port: int, *args: object, **kw: object
    ) -> httpcore.AsyncNetworkStream:
        self.asked.append((host, port))
        if host in self.dead:
            raise httpcore.ConnectError("dead")
        return httpcore.AsyncMockStream([])


def connect(backend: GuardedBackend, host: str = "photos.example", port: int = 443) -> None:
    asyncio.run(backend.connect_tcp(host, port))


def test_one_private_address_among_public_ones_refuses_all() -> None:
    inner = Recorder()
    backend = GuardedBackend(lambda host, port: ["8.8.8.8", "10.0.0.7"], frozenset(), inner)
    with pytest.raises(PhotoRefused, match=r"10\.0\.0\.7"):
        connect(backend)
    assert inner.asked == []


def test_the_connection_goes_to_the_very_address_that_was_checked() -> None:
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    inner = Recorder()
    connect(GuardedBackend(lambda host, port: next(answers), frozenset(), inner))
    assert inner.asked == [("8.8.8.8", 443)]


def test_a_mapped_public_address_is_connected_to_as_what_it_is() -> None:
    inner = Recorder()
    connect(GuardedBackend(lambda host, port: ["::ffff:8.8.8.8"], frozenset(), inner))
    assert inner.asked == [("8.8.8.8", 443)]


def test_the_next_address_is_tried_when_the_first_is_dead() -> None:
    inner = Recorder(dead=["2a00:1450::1"])
    connect(GuardedBackend(lambda host, port: ["2a00:1450::1", "8.8.8.8"], frozenset(), inner))
    assert inner.asked == [("2a00:1450::1", 443), ("8.8.8.8", 443)]


def test_only_dead_addresses_are_a_trouble_that_may_pass() -> None:
    backend = GuardedBackend(lambda host, port: ["8.8.8.8"], frozenset(), Recorder(dead=["8.8.8.8"]))
    with pytest.raises(PhotoUnavailable):
        connect(backend)


def test_a_name_that_cannot_be_resolved_is_a_trouble_that_may_pass() -> None:
    def broken(host: str, port: int) -> list[str]:
        raise OSError("no answer")

    with pytest.raises(PhotoUnavailable, match="resolved"):
        connect(GuardedBackend(broken, frozenset(), Recorder()))


@pytest.mark.parametrize("port", [0, 22, 25, 6379, 8080])
def test_other_ports_than_those_of_web_servers_are_refused(port: int) -> None:
    inner = Recorder()
    with pytest.raises(PhotoRefused, match="port"):
        connect(GuardedBackend(lambda host, p: ["8.8.8.8"], frozenset(), inner), port=port)
    assert inner.asked == []


def test_an_exception_for_tests_holds_for_its_host_and_port_alone() -> None:
    inner = Recorder()
    backend = GuardedBackend(lambda host, port: ["127.0.0.1"], frozenset({"127.0.0.1:9999"}), inner)
    connect(backend, "127.0.0.1", 9999)
    assert inner.asked == [("127.0.0.1", 9999)]
    for host, port in (("127.0.0.1", 9998), ("127.0.0.1", 80), ("other.example", 9999)):
        with pytest.raises(PhotoRefused):
            connect(backend, host, port)


def test_a_local_socket_is_never_opened() -> None:
    backend = GuardedBackend(lambda host, port: [], frozenset(), Recorder())
    with pytest.raises(PhotoRefused):
        asyncio.run(backend.connect_unix_socket("/run/secret.sock"))
