"""Connect only to public addresses: the check sits where the connection is made, not before it.

Holds the address rules and the network backend. It never reads a body, follows a redirect or decides
what a photo is.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpcore
from httpcore import AsyncNetworkBackend, AsyncNetworkStream

from store.errors import PhotoRefused, PhotoUnavailable

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) -> its addresses as text, in the order to try them. May block; may raise OSError."""

PORTS = frozenset({80, 443})

# IANA special-purpose registries, read 2026; `is_global` alone misses some of these.
_REFUSED_V4 = (
    (IPv4Network("100.64.0.0/10"), "shared by a carrier (RFC 6598)"),
    (IPv4Network("168.63.129.16/32"), "a cloud's metadata service"),
    (IPv4Network("192.0.0.0/24"), "reserved for protocols (RFC 6890)"),
    (IPv4Network("192.88.99.0/24"), "a 6to4 relay (RFC 7526)"),
    (IPv4Network("198.18.0.0/15"), "for benchmarks (RFC 2544)"),
    (IPv4Network("240.0.0.0/4"), "reserved (RFC 1112)"),
)
_REFUSED_V6 = (
    (IPv6Network("64:ff9b::/96"), "NAT64 (RFC 6052)"),
    (IPv6Network("64:ff9b:1::/48"), "local NAT64 (RFC 8215)"),
    (IPv6Network("2001::/32"), "Teredo (RFC 4380)"),
    (IPv6Network("2002::/16"), "6to4 (RFC 3056)"),
    (IPv6Network("::/96"), "an IPv4-compatible address (RFC 4291)"),
    (IPv6Network("3fff::/20"), "for documentation (RFC 9637)"),
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_ISATAP = (0x00005EFE, 0x02005EFE)


def unmapped(text: str) -> IPv4Address | IPv6Address:
    """Read an address; an IPv4-mapped IPv6 address becomes its IPv4 address. Raises ValueError."""
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def why_refused(text: str) -> str:
    """Say why nobody may connect to this address, "" if it is an ordinary public one.

    Everything that can lead back into a private network is refused, tunnels included: an address
    that embeds an IPv4 address (NAT64, 6to4, Teredo, ISATAP, compatible) is never unwrapped and tried.
    """
    try:
        address = unmapped(text)
    except ValueError:
        return "not an address"
    if address.is_loopback or address.is_unspecified:
        return "this machine itself"
    if isinstance(address, IPv4Address):
        return _why_v4(address)
    return _why_v6(address)


def _why_v4(address: IPv4Address) -> str:
    for network, words in _REFUSED_V4:
        if address in network:
            return words
    if address.is_multicast:
        return "multicast"
    if not address.is_global:
        return "not a public address"
    return ""


def _why_v6(address: IPv6Address) -> str:
    if address.scope_id is not None:
        return "bound to one network link"
    for network, words in _REFUSED_V6:
        if address in network:
            return words
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return "ISATAP (RFC 5214)"
    if address.is_multicast:
        return "multicast"
    if not address.is_global or address not in _GLOBAL_UNICAST:
        return "not a public address"
    return ""


def resolve_with_system(host: str, port: int) -> list[str]:
    """Ask the operating system for the addresses of a host. Blocks; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(AsyncNetworkBackend):
    """Opens TCP connections, to public addresses and ports 80 and 443 alone.

    The name is resolved once and the connection goes to the very address that was checked, so a
    name server that changes its answer gains nothing. One bad address among several refuses all.
    `allow` holds "host:port" exceptions for tests. Raises PhotoRefused and PhotoUnavailable.
    """

    def __init__(self, resolve: Resolve, allow: frozenset[str], inner: AsyncNetworkBackend) -> None:
        self._resolve = resolve
        self._allow = allow
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        addresses = await self.checked(host, port)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise PhotoUnavailable(host, f"no connection to any of its {len(addresses)} addresses") from failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        raise PhotoRefused(path, "a photo never comes from a local socket")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def checked(self, host: str, port: int) -> list[str]:
        """Resolve once and return the addresses to connect to, every one of them checked."""
        allowed = f"{host}:{port}" in self._allow
        if not allowed and port not in PORTS:
            raise PhotoRefused(host, f"port {port} is not one of a web server; only 80 and 443 are used")
        addresses = [host] if _is_address(host) else await _in_thread(self._resolve, host, port)
        if not addresses:
            raise PhotoUnavailable(host, "the name has no address")
        if allowed:
            return list(addresses)
        for address in addresses:
            why = why_refused(address)
            if why:
                raise PhotoRefused(host, f"leads to {address}, {why}")
        return [str(unmapped(address)) for address in addresses]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def _in_thread(resolve: Resolve, host: str, port: int) -> Sequence[str]:
    """Resolve in a daemon thread of its own.

    The executor of asyncio is joined when the loop ends, so a name server that never answers would
    outlast every deadline; a daemon thread is left behind and ends with the system's own time-out.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def deliver(value: Sequence[str] | None, error: OSError | UnicodeError | None) -> None:
        if answer.cancelled():
            return
        if error is not None:
            answer.set_exception(
                PhotoUnavailable(host, f"the name cannot be resolved ({type(error).__name__})")
            )
        else:
            answer.set_result(value or ())

    def work() -> None:
        value: Sequence[str] | None = None
        problem: OSError | UnicodeError | None = None
        try:
            value = resolve(host, port)
        except (OSError, UnicodeError) as error:
            problem = error
        # The loop is closed when the deadline has passed: nobody waits for the answer any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, value, problem)

    threading.Thread(target=work, name="photo-resolve", daemon=True).start()
    return await answer
