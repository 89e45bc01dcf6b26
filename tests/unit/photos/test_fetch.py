"""The fetcher against hostile addresses and odd answers, over a socket layer that is only played."""

from collections.abc import Callable
from datetime import timedelta

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.photos.fetch import FetchLimits, PhotoFetcher, checked_url, retry_after, shown
from store.errors import PhotoRefused, PhotoUnavailable, RateLimited

PUBLIC = "93.184.215.14"
NAMES = {
    "good.example": [PUBLIC],
    "localhost": ["127.0.0.1"],
    "private.example": ["10.0.0.5"],
    "metadata.example": ["169.254.169.254"],
    "carrier.example": ["100.100.100.200"],
    "mixed.example": [PUBLIC, "192.168.0.4"],
    "mixed6.example": ["fd00:ec2::254", PUBLIC],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"],
    "sixtofour.example": ["2002:a00:1::1"],
    "loop6.example": ["::1"],
    "wildcard.example": ["0.0.0.0"],
}


def ok(body: bytes = b"photo", *headers: bytes) -> list[bytes]:
    head = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return [b"\r\n".join(head) + b"\r\n\r\n", body]


def status(line: bytes, *headers: bytes) -> list[bytes]:
    return [b"\r\n".join([b"HTTP/1.1 " + line, *headers, b"Content-Length: 0"]) + b"\r\n\r\n"]


def to(location: str) -> list[bytes]:
    return status(b"302 Found", b"Location: " + location.encode(), b"Connection: close")


class Sockets(httpcore.AsyncNetworkBackend):
    """Plays one answer a connection, in order, and notes where it was asked to connect."""

    def __init__(self, *answers: list[bytes]) -> None:
        self.answers = list(answers) or [ok()]
        self.asked: list[tuple[str, int]] = []
        self.sent: list[bytes] = []

    async def connect_tcp(
        self, host: str, port: int, *args: object, **kw: object
    ) -> httpcore.AsyncNetworkStream:
        self.asked.append((host, port))
        sent = self.sent

        class Stream(httpcore.AsyncMockStream):
            async def write(self, buffer: bytes, timeout: float | None = None) -> None:
                sent.append(buffer)

        return Stream(self.answers.pop(0))


def rebinding() -> Callable[[str, int], list[str]]:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    return lambda host, port: next(answers) if host == "rebind.example" else NAMES[host]


def fetcher(
    sockets: Sockets, resolve: Callable[[str, int], list[str]] | None = None, **limits: float
) -> PhotoFetcher:
    return PhotoFetcher(
        FetchLimits(**limits),  # type: ignore[arg-type]
        "homeward-test",
        resolve=resolve or (lambda host, port: NAMES[host]),
        inner=sockets,
    )


ATTACKS = {
    "plain loopback": "http://127.0.0.1/",
    "other loopback": "http://127.8.9.1/",
    "decimal": "http://2130706433/",
    "hexadecimal": "http://0x7f000001/",
    "dotted hexadecimal": "http://0x7f.0x0.0x0.0x1/",
    "octal": "http://0177.0.0.1/",
    "long octal": "http://017700000001/",
    "short": "http://127.1/",
    "mixed radix": "http://0x7f.1/",
    "zero": "http://0/",
    "wildcard": "http://0.0.0.0/",
    "unicode digits": "http://①②⑦.⓪.⓪.①/",
    "unicode dots": "http://127。0。0。1/",
    "unicode letters": "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "localhost": "http://localhost/",
    "trailing dot": "http://127.0.0.1./",
    "user name": "http://good.example@127.0.0.1/",
    "user name before a good host": "http://127.0.0.1@good.example/",
    "backslash": "http://127.0.0.1\\@good.example/",
    "::": "http://[::]/",
    "::1": "http://[::1]/",
    "zone": "http://[fe80::1%25eth0]/",
    "mapped": "http://[::ffff:127.0.0.1]/",
    "mapped hexadecimal": "http://[::ffff:7f00:1]/",
    "mapped metadata": "http://[::ffff:a9fe:a9fe]/",
    "compatible": "http://[::127.0.0.1]/",
    "NAT64": "http://[64:ff9b::7f00:1]/",
    "local NAT64": "http://[64:ff9b:1::a9fe:a9fe]/",
    "6to4": "http://[2002:7f00:1::]/",
    "Teredo": "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "unique local": "http://[fd00:ec2::254]/",
    "metadata": "http://169.254.169.254/latest/",
    "multicast": "http://224.0.0.1/",
    "broadcast": "http://255.255.255.255/",
    "name to private": "http://private.example/",
    "name to metadata": "http://metadata.example/",
    "name to carrier": "http://carrier.example/",
    "name to mapped": "http://mapped.example/",
    "name to NAT64": "http://nat64.example/",
    "name to 6to4": "http://sixtofour.example/",
    "name to ::1": "http://loop6.example/",
    "name to wildcard": "http://wildcard.example/",
    "mixed records": "https://mixed.example/",
    "mixed records, private first": "https://mixed6.example/",
    "redis port": "http://good.example:6379/",
    "port zero": "http://good.example:0/",
    "file": "file:///etc/passwd",
    "ftp": "ftp://good.example/a.jpg",
    "gopher": "gopher://good.example/",
    "data": "data:image/png;base64,AAAA",
    "no scheme": "//good.example/a.jpg",
    "no host": "http:///a.jpg",
    "control characters": "http://good.example\r\nHost: x/",
    "over-long": "http://good.example/" + "a" * 5000,
}


@pytest.mark.parametrize("url", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_hostile_address_is_refused_before_anything_is_connected(url: str) -> None:
    sockets = Sockets()
    with pytest.raises(PhotoRefused):
        fetcher(sockets).fetch(url)
    assert sockets.asked == []


# What a header can carry and what is no relative address of a public host.
REDIRECTS = {
    name: url
    for name, url in ATTACKS.items()
    if url.isascii() and name not in ("no scheme", "no host", "control characters")
}


@pytest.mark.parametrize("url", REDIRECTS.values(), ids=REDIRECTS.keys())
def test_a_redirect_to_a_hostile_address_is_refused(url: str) -> None:
    sockets = Sockets(to(url))
    with pytest.raises(PhotoRefused):
        fetcher(sockets).fetch("http://good.example/a.jpg")
    assert sockets.asked == [(PUBLIC, 80)]


def test_a_name_that_turns_private_after_the_check_gains_nothing() -> None:
    sockets = Sockets(ok())
    assert fetcher(sockets, rebinding()).fetch("http://rebind.example/") == b"photo"
    assert sockets.asked == [(PUBLIC, 80)]


def test_a_redirect_to_a_name_that_has_turned_private_is_refused() -> None:
    sockets = Sockets(to("https://rebind.example/b"))
    with pytest.raises(PhotoRefused):
        fetcher(sockets, rebinding()).fetch("http://rebind.example/a")
    assert sockets.asked == [(PUBLIC, 80)]


def test_an_ordinary_photo_is_fetched_and_the_request_says_who_asks() -> None:
    sockets = Sockets(ok())
    assert fetcher(sockets).fetch("http://good.example/a.jpg?size=orig", "https://weibo.com/") == b"photo"
    request = b"".join(sockets.sent).lower()
    assert request.startswith(b"get /a.jpg?size=orig http/1.1")
    assert b"user-agent: homeward-test" in request
    assert b"accept-encoding: identity" in request
    assert b"referer: https://weibo.com/" in request


@pytest.mark.parametrize("referer", ["", "javascript:1", "https://a/\r\nX: y", "https://ü/"])
def test_a_referer_that_is_no_plain_address_is_left_out(referer: str) -> None:
    sockets = Sockets(ok())
    fetcher(sockets).fetch("http://good.example/", referer)
    assert b"referer" not in b"".join(sockets.sent).lower()


def test_a_relative_redirect_is_followed() -> None:
    sockets = Sockets(to("/b.jpg"), ok(b"there"))
    assert fetcher(sockets).fetch("http://good.example/a.jpg") == b"there"
    assert b"GET /b.jpg" in b"".join(sockets.sent)


def test_a_cookie_set_by_a_redirect_is_not_carried_on() -> None:
    first = status(b"302 Found", b"Location: /b.jpg", b"Set-Cookie: who=you", b"Connection: close")
    sockets = Sockets(first, ok())
    fetcher(sockets).fetch("http://good.example/a.jpg")
    assert b"cookie" not in b"".join(sockets.sent).lower()


def test_five_redirects_are_followed_and_the_sixth_is_refused() -> None:
    assert fetcher(Sockets(*[to("/again") for _ in range(5)], ok())).fetch("http://good.example/") == b"photo"
    with pytest.raises(PhotoRefused, match="5 redirects"):
        fetcher(Sockets(*[to("/again") for _ in range(6)])).fetch("http://good.example/")


def test_a_photo_that_is_too_big_is_refused_before_it_is_read() -> None:
    sockets = Sockets([b"HTTP/1.1 200 OK\r\nContent-Length: 2000001\r\n\r\n"])
    with pytest.raises(PhotoRefused, match="larger than 2 MB"):
        fetcher(sockets, max_photo_mb=2).fetch("http://good.example/")


def test_a_photo_without_a_declared_length_is_cut_off_at_the_cap() -> None:
    parts = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", *[b"x" * 10_000] * 300]
    with pytest.raises(PhotoRefused, match="larger than 1 MB"):
        fetcher(Sockets(parts), max_photo_mb=1).fetch("http://good.example/")
    assert len(parts) > 150, "reading went on behind the cap"


def test_a_packed_answer_is_never_unpacked() -> None:
    with pytest.raises(PhotoRefused, match="packed"):
        fetcher(Sockets(ok(b"\x1f\x8b", b"Content-Encoding: gzip"))).fetch("http://good.example/")


@pytest.mark.parametrize("line", [b"404 Not Found", b"410 Gone", b"401 No", b"451 Legal", b"400 Bad"])
def test_a_photo_that_is_gone_or_forbidden_is_refused_for_good(line: bytes) -> None:
    with pytest.raises(PhotoRefused):
        fetcher(Sockets(status(line))).fetch("http://good.example/")


@pytest.mark.parametrize(
    "line", [b"500 Oops", b"502 Bad", b"503 Busy", b"403 Hotlink", b"408 Slow", b"204 None"]
)
def test_a_server_in_trouble_may_be_asked_again(line: bytes) -> None:
    with pytest.raises(PhotoUnavailable) as caught:
        fetcher(Sockets(status(line))).fetch("http://good.example/")
    assert caught.value.retry


def test_a_server_that_asks_to_wait_is_obeyed() -> None:
    with pytest.raises(RateLimited) as caught:
        fetcher(Sockets(status(b"429 Slow down", b"Retry-After: 120"))).fetch("http://good.example/")
    assert caught.value.retry_after == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("value", "date", "wait"),
    [
        ("30", "", timedelta(seconds=30)),
        ("0", "", timedelta(seconds=1)),
        ("99999999999999999999", "", timedelta(days=1)),
        ("Mon, 25 May 2026 08:05:00 GMT", "Mon, 25 May 2026 08:00:00 GMT", timedelta(minutes=5)),
        ("Mon, 25 May 2026 08:05:00 GMT", "", timedelta(minutes=1)),
        ("soon", "Mon, 25 May 2026 08:00:00 GMT", timedelta(minutes=1)),
        ("", "", timedelta(minutes=1)),
    ],
)
def test_the_time_to_wait_is_read_without_a_clock(value: str, date: str, wait: timedelta) -> None:
    assert retry_after(value, date) == wait


def test_half_an_answer_is_a_trouble_that_may_pass() -> None:
    with pytest.raises(PhotoUnavailable):
        fetcher(Sockets([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"half"])).fetch(
            "http://good.example/"
        )


def test_no_photo_at_all_is_a_trouble_that_may_pass() -> None:
    with pytest.raises(PhotoUnavailable, match="empty"):
        fetcher(Sockets(ok(b""))).fetch("http://good.example/")


def test_nonsense_instead_of_http_is_a_trouble_that_may_pass() -> None:
    with pytest.raises(PhotoUnavailable):
        fetcher(Sockets([b"SSH-2.0-OpenSSH\r\n"])).fetch("http://good.example/")


def test_an_error_shows_neither_query_nor_user_name() -> None:
    assert shown("https://me:pw@good.example/a.jpg?token=secret#x") == "https://good.example/a.jpg"
    assert (
        "secret" not in shown("https://good.example/a?secret=1")
        and len(shown("http://x/" + "a" * 999)) == 120
    )


PIECES = st.sampled_from(
    [
        *(
            "127.0.0.1",
            "localhost",
            "0x7f",
            "1",
            "::1",
            "[::1]",
            "good.example",
            "①②⑦",
            "ⓛ",
            "ß",
            "xn--",
            "a",
        ),
        *(
            "[",
            "]",
            "@",
            ":",
            "/",
            "\\",
            "#",
            "?",
            "%",
            ".",
            "。",
            "①",
            "//",
            "http:",
            "https:",
            "%2e",
            "%00",
        ),
        *("80", "443", "8080"),
    ]
)
EVERYTHING_IS_PRIVATE = Sockets()
LURED = PhotoFetcher(
    FetchLimits(), "homeward-test", resolve=lambda host, port: ["127.0.0.1"], inner=EVERYTHING_IS_PRIVATE
)


@given(st.sampled_from(["http://", "https://", "", "//"]), st.lists(PIECES, max_size=8).map("".join))
@settings(max_examples=150, deadline=None)
def test_no_made_up_address_leads_into_this_machine(start: str, rest: str) -> None:
    with pytest.raises((PhotoRefused, PhotoUnavailable)):
        LURED.fetch(start + rest)
    assert EVERYTHING_IS_PRIVATE.asked == []


def test_an_ipv6_address_that_is_public_is_accepted() -> None:
    assert checked_url("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/a").port is None
