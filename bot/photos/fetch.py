"""Fetch a photo from an address that a stranger wrote, within limits and never from a private network.

It brings bytes and nothing else: whether they are a photo is the gate's business.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv6Address
from urllib.parse import urljoin

import httpcore
import httpx
from httpcore import AnyIOBackend, AsyncNetworkBackend

from bot.photos.guard import PORTS, GuardedBackend, Resolve, resolve_with_system
from store.errors import PhotoRefused, PhotoUnavailable, RateLimited

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRY_AGAIN = frozenset({403, 408, 425})  # picture hosts answer 403 to a hurried or badly referred client
_LONGEST_URL = 4096
_DEFAULT_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(days=1)
# A host whose last label is a number is an address (URL standard, "ends in a number checker").
_NUMERIC_LABEL = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z", re.IGNORECASE)
_PLAIN_IPV4 = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})\Z")


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one fetch may cost: megabytes (10^6 bytes) on the wire, seconds in all, redirects.

    `timeout_s` is the deadline of the whole fetch, redirects and a dripping server included;
    `connect_timeout_s` is that of one attempt to connect.
    """

    max_photo_mb: float = 20.0
    timeout_s: float = 30.0
    connect_timeout_s: float = 8.0
    max_redirects: int = 5

    @property
    def max_bytes(self) -> int:
        """The cap in bytes."""
        return int(self.max_photo_mb * 1_000_000)


class PhotoFetcher:
    """Fetches photos, one call at a time in the caller's thread; safe to share between threads.

    `allow` holds "host:port" pairs that skip the address and port rules; it exists for tests and
    demonstrations on loopback, and no setting fills it. `resolve` replaces the system's name
    resolution, `inner` what opens a socket to an address that passed.
    """

    def __init__(
        self,
        limits: FetchLimits,
        user_agent: str,
        *,
        allow: frozenset[str] = frozenset(),
        resolve: Resolve | None = None,
        inner: AsyncNetworkBackend | None = None,
    ) -> None:
        self._limits = limits
        self._user_agent = user_agent
        self._allow = allow
        self._backend = GuardedBackend(resolve or resolve_with_system, allow, inner or AnyIOBackend())
        self._ssl = httpx.create_ssl_context(trust_env=False)

    def fetch(self, url: str, referer: str = "") -> bytes:
        """Return the bytes at `url`. Blocks for at most `limits.timeout_s`; not for use in a coroutine.

        Raises PhotoRefused (unsafe address, gone, too big, not a plain file: never again),
        RateLimited (429, with the time to wait) or PhotoUnavailable (network, server, deadline).
        """
        return asyncio.run(self._within_deadline(url, referer))

    async def _within_deadline(self, url: str, referer: str) -> bytes:
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                return await self._follow(url, referer)
        except TimeoutError as error:
            raise PhotoUnavailable(shown(url), f"not complete after {self._limits.timeout_s:g} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise PhotoUnavailable(shown(url), f"the connection failed ({type(error).__name__})") from error
        except httpcore.UnsupportedProtocol as error:
            raise PhotoRefused(shown(url), "only http and https are fetched") from error

    async def _follow(self, url: str, referer: str) -> bytes:
        # The pool itself rather than a client: no cookies, no redirects, no proxies of its own accord.
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._ssl, network_backend=self._backend, max_connections=1, retries=0
        )
        async with pool:
            for _ in range(self._limits.max_redirects + 1):
                request = httpx.Request("GET", checked_url(url, self._allow), headers=self._headers(referer))
                async with pool.stream(
                    request.method,
                    _core_url(request.url),
                    headers=request.headers.raw,
                    extensions={"timeout": {"connect": self._limits.connect_timeout_s}},
                ) as response:
                    headers = httpx.Headers(response.headers)
                    if response.status not in _REDIRECTS:
                        _check_status(url, response.status, headers)
                        return await self._body(url, headers, response.aiter_stream())
                    url = _next_address(url, headers)
        raise PhotoRefused(shown(url), f"more than {self._limits.max_redirects} redirects")

    def _headers(self, referer: str) -> dict[str, str]:
        headers = {"User-Agent": self._user_agent, "Accept": "image/*", "Accept-Encoding": "identity"}
        if referer.isascii() and referer.isprintable() and referer.startswith(("http://", "https://")):
            headers["Referer"] = referer
        return headers

    async def _body(self, url: str, headers: httpx.Headers, parts: AsyncIterator[bytes]) -> bytes:
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            # Never unpacked: a few kilobytes can unpack to gigabytes, and photos are not sent packed.
            raise PhotoRefused(
                shown(url), f"sent packed ({encoding[:20]}) although plain bytes were asked for"
            )
        too_big = PhotoRefused(shown(url), f"larger than {self._limits.max_photo_mb:g} MB")
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > self._limits.max_bytes:
            raise too_big
        body = bytearray()
        async for part in parts:
            body += part
            if len(body) > self._limits.max_bytes:
                raise too_big
        if not body:
            raise PhotoUnavailable(shown(url), "the answer was empty")
        return bytes(body)


def checked_url(url: str, allow: frozenset[str] = frozenset()) -> httpx.URL:
    """Read an address and refuse what no photo needs. Raises PhotoRefused.

    Refused: other schemes than http and https, user names, ports other than 80 and 443, numbers
    that stand for an address in any spelling but the usual one, over-long or unreadable addresses.
    """
    if len(url) > _LONGEST_URL:
        raise PhotoRefused(shown(url), f"an address of more than {_LONGEST_URL} characters")
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise PhotoRefused(shown(url), "not a readable address") from error
    if parsed.scheme not in ("http", "https"):
        raise PhotoRefused(shown(url), "only http and https are fetched")
    if parsed.userinfo:
        raise PhotoRefused(shown(url), "carries a user name")
    if not host:
        raise PhotoRefused(shown(url), "names no host")
    if _is_odd_address(host):
        raise PhotoRefused(shown(url), "writes an address in an unusual way")
    port = parsed.port if parsed.port is not None else (443 if parsed.scheme == "https" else 80)
    if port not in PORTS and f"{host}:{port}" not in allow:
        raise PhotoRefused(shown(url), f"port {port} is not one of a web server; only 80 and 443 are used")
    return parsed


def _is_odd_address(host: str) -> bool:
    """Is the host a number that is no plain IPv4 address, or no plain IPv6 address in brackets?"""
    if ":" in host:
        try:
            return IPv6Address(host).scope_id is not None
        except ValueError:
            return True
    last_label = host.rstrip(".").rsplit(".", 1)[-1]
    return bool(_NUMERIC_LABEL.match(last_label)) and not _PLAIN_IPV4.match(host)


def shown(url: str) -> str:
    """The address as errors and logs may show it: no query, no user name, at most 120 characters."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    bare = re.sub(r"//[^/]*@", "//", bare)
    return "".join(c if c.isprintable() else "?" for c in bare)[:120]


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _next_address(url: str, headers: httpx.Headers) -> str:
    location = headers.get("location", "")
    if not location:
        raise PhotoRefused(shown(url), "a redirect that names no address")
    try:
        return str(urljoin(url, location))
    except ValueError as error:
        raise PhotoRefused(shown(url), "a redirect to an unreadable address") from error


def _check_status(url: str, status: int, headers: httpx.Headers) -> None:
    if status == 200:
        return
    if status == 429:
        wait = retry_after(headers.get("retry-after", ""), headers.get("date", ""))
        raise RateLimited(shown(url), "the picture host asks to wait (429)", wait)
    if status in (404, 410):
        raise PhotoRefused(shown(url), f"gone ({status})")
    if status >= 500 or status < 400 or status in _TRY_AGAIN:
        raise PhotoUnavailable(shown(url), f"the picture host answered {status}")
    raise PhotoRefused(shown(url), f"the picture host answered {status}")


def retry_after(value: str, date: str) -> timedelta:
    """Read a Retry-After header (RFC 9110, 10.2.3): seconds, or a time compared with the Date header.

    One minute when it cannot be read; between one second and one day otherwise.
    """
    wait = _DEFAULT_WAIT
    if value.strip().isdecimal():
        wait = timedelta(seconds=min(int(value.strip()[:9]), 10**8))
    elif value:
        try:
            wait = parsedate_to_datetime(value) - parsedate_to_datetime(date)
        except (ValueError, TypeError):
            wait = _DEFAULT_WAIT
    return max(timedelta(seconds=1), min(wait, _LONGEST_WAIT))
