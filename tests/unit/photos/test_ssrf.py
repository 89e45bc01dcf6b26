"""More tricks that lead a fetch into this machine or its network: each alone and behind a redirect.

The first half of the list is in test_fetch.py; what is meant to be reached is never connected to.
"""

# ruff: noqa: E501  (lists of tricks, one a line)
from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable

import httpcore
import pytest

from bot.photos.fetch import FetchLimits, PhotoFetcher
from collectors.bluesky_home import Homes
from collectors.session_ways import is_public_name
from store.errors import PhotoRefused, PhotoUnavailable
from tests.fuzz.mutating import changed, text_of
from tests.unit.photos.test_fetch import PUBLIC, Sockets, fetcher, ok, to

INTERNAL = {
    "alias.example": ["169.254.169.254"],  # what a CNAME to the metadata service ends in
    "printer.local": ["192.168.1.20"],
    "metadata.google.internal": ["169.254.169.254"],
    "instance-data.ec2.internal": ["fd00:ec2::254"],
    "router.lan": ["10.0.0.1"],
    "ula.example": ["fc00::7"],
    "link.example": ["fe80::1%eth0"],
    "site.example": ["fec0::1"],
    "translated.example": ["::ffff:0:127.0.0.1"],
    "isatap.example": ["2600::5efe:7f00:1"],
    "teredo.example": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "relay.example": ["192.88.99.1"],
    "azure.example": ["168.63.129.16"],
    "alibaba.example": ["100.100.100.200"],
    "broadcast.example": ["255.255.255.255"],
    "group.example": ["ff02::1"],
    "documentation.example": ["2001:db8::1"],
    "this-network.example": ["0.1.2.3"],
    "last.example": [PUBLIC, PUBLIC, "127.0.0.1"],
    "no-address.example": ["localhost"],
    "good.example": [PUBLIC],
}
TRICKS = {
    "octal parts": "http://0177.0000.0000.0001/",
    "mixed octal and decimal": "http://127.0.0x0.01/",
    "hexadecimal in capitals": "http://0X7F000001/",
    "a number too large": "http://4294967297/",
    "three parts": "http://127.0.1/",
    "zeros before": "http://00000000127.1/",
    "a number with a dot behind": "http://2130706433./",
    "two dots behind": "http://127.0.0.1../",
    "mapped, written out": "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "mapped with zeros": "http://[0000::ffff:7f00:0001]/",
    "mapped carrier": "http://[::ffff:100.100.100.200]/",
    "translated": "http://[::ffff:0:7f00:1]/",
    "NAT64 with dots": "http://[64:ff9b::127.0.0.1]/",
    "6to4 of metadata": "http://[2002:a9fe:a9fe::]/",
    "ISATAP": "http://[2600::5efe:a00:1]/",
    "zone without a code": "http://[fe80::1%eth0]/",
    "zone behind loopback": "http://[::1%25lo]/",
    "all of IPv6": "http://[0:0:0:0:0:0:0:0]/",
    "carrier": "http://100.64.0.1/",
    "this network": "http://0.1.2.3/",
    "reserved": "http://240.0.0.1/",
    "Azure": "http://168.63.129.16/",
    "full-width digits": "http://１２７.０.０.１/",
    "full-width dots": "http://127．0．0．1/",
    "half-width dots": "http://127｡0｡0｡1/",
    "circled letters": "http://ⓜⓔⓣⓐⓓⓐⓣⓐ.google.internal/",
    "soft hyphen": "http://127.0.0.\u00ad1/",
    "zero-width space": "http://local\u200bhost/",
    "mathematical digits": "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/",
    "superscripts": "http://¹²⁷.⁰.⁰.¹/",
    "user name and password": "http://a:b@169.254.169.254/",
    "two users": "http://good.example@a@127.0.0.1/",
    "user name with a coded at": "http://good.example%40127.0.0.1/",
    "coded slash": "http://127.0.0.1%2f@good.example/",
    "coded dot": "http://127%2e0%2e0%2e1/",
    "coded null": "http://127.0.0.1%00.good.example/",
    "fragment before a host": "http://127.0.0.1#@good.example/",
    "question mark before a host": "http://127.0.0.1?@good.example/",
    "backslashes for slashes": "http:\\\\127.0.0.1\\",
    "one slash": "http:/127.0.0.1/",
    "no slash": "http:127.0.0.1/",
    "three slashes": "http:////127.0.0.1/",
    "tab within the scheme": "ht\ttp://127.0.0.1/",
    "line feed within the host": "http://127.0.\n0.1/",
    "blank before": " http://127.0.0.1/",
    "port too large": "http://good.example:65616/",
    "port with letters": "http://good.example:80a/",
    "another port": "http://good.example:8080/",
    "localhost with a dot": "http://localhost./",
    "localhost in capitals": "http://LOCALHOST/",
    "gopher to redis": "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict": "dict://127.0.0.1:11211/stat",
    "ldap": "ldap://127.0.0.1/",
    "jar": "jar:http://127.0.0.1!/x",
    "websocket": "ws://127.0.0.1/",
    "unix socket": "http+unix://%2Frun%2Fdocker.sock/info",
    "javascript": "javascript:alert(1)",
    "blob": "blob:http://127.0.0.1/1",
    "file with a host": "file://127.0.0.1/etc/passwd",
    **{f"name {name}": f"https://{name}/" for name in INTERNAL if name != "good.example"},
}


def resolve(host: str, port: int) -> list[str]:
    """Names of the list; everything else is this machine itself, as a wicked name server would have it."""
    return INTERNAL.get(host.rstrip(".").lower(), ["127.0.0.1"])


@pytest.mark.parametrize("url", TRICKS.values(), ids=TRICKS.keys())
def test_a_trick_connects_to_nothing(url: str) -> None:
    sockets = Sockets()
    with pytest.raises(PhotoRefused):
        fetcher(sockets, resolve).fetch(url)
    assert sockets.asked == []


@pytest.mark.parametrize(
    "name", [name for name, url in TRICKS.items() if url.isascii() and url.isprintable()]
)
def test_a_trick_behind_two_redirects_connects_to_nothing_else(name: str) -> None:
    sockets = Sockets(to("https://good.example/second"), to(TRICKS[name]), ok(b"never"))
    with pytest.raises((PhotoRefused, PhotoUnavailable)):
        fetcher(sockets, resolve, max_redirects=2).fetch("http://good.example/first")
    assert {host for host, _ in sockets.asked} == {PUBLIC}


def test_there_are_far_more_tricks_than_forty() -> None:
    assert len(set(TRICKS.values())) >= 75


def test_no_proxy_of_the_environment_gets_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    sockets = Sockets(ok())
    assert fetcher(sockets, resolve).fetch("http://good.example/a.jpg") == b"photo"
    assert sockets.asked == [(PUBLIC, 80)]


def test_a_name_that_turns_private_at_every_second_question_is_never_followed_there() -> None:
    answers: list[list[str]] = []

    def rebinding(host: str, port: int) -> list[str]:
        answers.append([PUBLIC] if len(answers) % 2 == 0 else ["127.0.0.1"])
        return answers[-1]

    sockets = Sockets(*[to("http://rebind.example/again") for _ in range(6)])
    with pytest.raises(PhotoRefused):
        fetcher(sockets, rebinding).fetch("http://rebind.example/")
    assert {host for host, _ in sockets.asked} == {PUBLIC}


# ── the other addresses that a stranger or a server may name ─────────────────────────────────────


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.0.0.5", "::1", "fd00:ec2::254", "localhost", "router", "printer.local", "db.internal", "2130706433",
     "0x7f.1", "a.localhost", "x.onion", "1.0.0.127.in-addr.arpa", "", "."],
)  # fmt: skip
def test_a_service_cannot_send_our_token_into_our_own_network(host: str) -> None:
    assert not is_public_name(host)


@pytest.mark.parametrize(
    "host", ["pds.example", "a.b.host.bsky.network", "例子.中国", "xn--fsqu00a.xn--fiqs8s."]
)
def test_a_server_with_a_public_name_may_be_the_accounts_own(host: str) -> None:
    assert is_public_name(host)


@pytest.mark.parametrize("did", ["did:web:127.0.0.1", "did:web:localhost", "did:web:a.example%3A8080", "did:web:a_b.example",
                                 "did:web:a.example:path", "did:key:z6Mk", "did:plc:short", "", "did:web:[::1]"])  # fmt: skip
def test_a_did_that_names_no_public_host_is_never_asked(did: str) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return b"{}"

    assert Homes(None, fetch, lambda: 0.0).of(did) == ""  # type: ignore[arg-type]
    assert asked == []


# ── ten thousand more ────────────────────────────────────────────────────────────────────────────

LURES = [url.encode("utf-8", "surrogatepass") for url in TRICKS.values()]


class Nobody(Sockets):
    """Notes where a connection would go and makes none."""

    async def connect_tcp(
        self, host: str, port: int, *args: object, **kw: object
    ) -> httpcore.AsyncNetworkStream:
        self.asked.append((host, port))
        raise httpcore.ConnectError("nobody is there")


def refused(count: int, seed: int) -> int:
    """So many made-up addresses through the whole fetch, every name leading into this machine.

    A changed digit may make a public address of a private one (126.0.0.1): only such a one may be asked.
    """
    sockets, chance, done = Nobody(), random.Random(seed), 0
    lured = PhotoFetcher(
        FetchLimits(), "homeward-test", resolve=lambda host, port: ["127.0.0.1"], inner=sockets
    )
    make: Callable[[], str] = lambda: text_of(changed(chance, chance.choice(LURES), LURES))  # noqa: E731
    for _ in range(count):
        with pytest.raises((PhotoRefused, PhotoUnavailable)):
            lured.fetch(make())
        done += 1
    inside = [host for host, _ in sockets.asked if not ipaddress.ip_address(host).is_global]
    assert inside == []
    assert len(sockets.asked) < count // 20, "nearly all lead inside"
    return done


def test_made_up_addresses_are_refused() -> None:
    assert refused(100, seed=3) == 100


@pytest.mark.servers
def test_ten_thousand_made_up_addresses_are_refused() -> None:
    assert refused(10_000, seed=4) == 10_000
