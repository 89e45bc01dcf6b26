"""What each answer of a server means, how long to wait, which addresses are allowed. Opens no socket."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.context import Context
from collectors.http import LONGEST_WAIT, SHORTEST_WAIT, Http, Limits, budget, checked_base_url, wait_of
from store.errors import BadPayload, ConfigError, NeedsPerson, RateLimited, SourceError, Unreachable
from tests.unit.collectors.make import NOW

TOKEN = "secret-token-123"
CONTEXT = Context("mailto:team@example.org", {}, lambda: NOW)


def http(handler: Callable[[httpx.Request], httpx.Response], **limits: float) -> Http:
    transport = httpx.MockTransport(handler)
    return Http(
        "src", "https://harbour.example", CONTEXT, token=TOKEN, limits=Limits(**limits), transport=transport
    )


def answering(status: int, headers: dict[str, str] | None = None, body: bytes = b"[]") -> Http:
    return http(lambda request: httpx.Response(status, headers=headers, content=body))


def failure(client: Http) -> SourceError:
    with client, pytest.raises(SourceError) as caught:
        client.get("/api/x", [("id[]", "1")]).json()
    assert TOKEN not in str(caught.value) and TOKEN not in repr(caught.value)
    return caught.value


def test_a_request_says_who_asks_and_carries_the_token() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b'{"a": 1}')

    with http(handler) as client:
        assert client.get("/api/x", [("any[]", "宝"), ("any[]", "b")]).json() == {"a": 1}
    assert seen[0].headers["user-agent"] == "Homeward/0.1 (+mailto:team@example.org)"
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert seen[0].url.params.get_list("any[]") == ["宝", "b"]


def test_a_contact_cannot_break_the_header() -> None:
    context = Context("x\r\nEvil: 1) 宝", {"T": "secret"}, lambda: NOW)
    assert context.user_agent == "Homeward/0.1 (+xEvil: 1)"
    assert "secret" not in repr(context)
    assert Context("", {}, lambda: NOW).user_agent == "Homeward/0.1"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadPayload),
        (401, NeedsPerson),
        (403, NeedsPerson),
        (404, BadPayload),
        (408, Unreachable),
        (422, BadPayload),
        (429, RateLimited),
        (500, Unreachable),
        (503, Unreachable),
        (301, NeedsPerson),
        (308, NeedsPerson),
    ],
)
def test_each_status_is_one_error_of_the_house(status: int, kind: type[SourceError]) -> None:
    error = failure(answering(status))
    assert type(error) is kind and error.subject == "src" and str(status) in error.detail


def test_a_busy_server_that_names_a_time_asks_to_wait() -> None:
    error = failure(answering(503, {"Retry-After": "17"}))
    assert isinstance(error, RateLimited) and error.retry_after == timedelta(seconds=17)


def test_a_moved_server_is_named_and_not_followed() -> None:
    assert "new.example" in failure(answering(301, {"Location": "https://new.example/api"})).detail


def test_accepted_statuses_are_answers() -> None:
    with answering(404, body=b'{"error": "Record not found"}') as client:
        assert client.get("/x", accept=frozenset({404})).status == 404


@pytest.mark.parametrize("body", [b"<html>sorry</html>", b"", b"\xff\xfe", b"{", b"[" * 5000])
def test_what_is_no_json_is_a_bad_payload(body: bytes) -> None:
    error = failure(answering(200, {"Content-Type": "text/html; charset=x"}, body))
    assert isinstance(error, BadPayload) and "text/html" in error.detail


@pytest.mark.parametrize(
    "raised", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")]
)
def test_network_trouble_is_unreachable(raised: Exception) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise raised

    assert isinstance(failure(http(handler)), Unreachable)


def test_an_answer_that_is_too_large_is_not_read_to_its_end() -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 10_000

    error = failure(http(lambda request: httpx.Response(200, content=endless()), max_answer_mb=0.1))
    assert isinstance(error, BadPayload) and sent < 20


def test_a_compressed_answer_is_refused_as_nobody_asked_for_it() -> None:
    body = gzip.compress(b"[]" * 1000)
    assert isinstance(failure(answering(200, {"Content-Encoding": "gzip"}, body)), BadPayload)


def test_a_dripping_answer_ends_at_the_deadline() -> None:
    seconds = iter(range(0, 1000, 30))
    context = Context("c", {}, lambda: NOW, lambda: float(next(seconds)))
    drops = (b"x" for _ in range(100))
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=drops))
    with Http("src", "https://h.example", context, transport=transport) as client, pytest.raises(Unreachable):
        client.get("/x")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "Sun, 08 Feb 2026 12:02:00 GMT"}, 120),
        ({"x-ratelimit-reset": "2026-02-08T12:05:00.916474Z"}, 300.916474),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 90)}, 90),
        ({"ratelimit-reset": "45"}, 45),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "Sun, 08 Feb 2026 11:00:00 GMT"}, 1),
        ({"retry-after": "99999999"}, 86400),
        ({"x-ratelimit-reset": "soon"}, 60),
        ({}, 60),
    ],
)
def test_the_time_to_wait_is_read_from_every_header(headers: dict[str, str], seconds: float) -> None:
    assert wait_of(headers, NOW) == timedelta(seconds=seconds)


@given(
    st.sampled_from(["retry-after", "x-ratelimit-reset", "ratelimit-reset"]), st.text() | st.floats().map(str)
)
def test_any_header_gives_a_sensible_wait(name: str, text: str) -> None:
    assert SHORTEST_WAIT <= wait_of({name: text}, NOW) <= LONGEST_WAIT


def test_what_is_left_is_read_from_headers() -> None:
    left = budget({"x-ratelimit-limit": "300", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "9"}, NOW)
    assert (left.limit, left.remaining, left.renews_at) == (300, 7, NOW + timedelta(seconds=9))
    assert budget({"ratelimit-remaining": "many"}, NOW).remaining is None
    assert budget({"x-rate-limit-reset": "1770552000"}, NOW).renews_at == datetime(
        2026, 2, 8, 12, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://harbour.example",
        "http://127.0.0.1:8000/",
        "http://127.8.9.1",
        "http://localhost:3",
        "http://[::1]:80",
    ],
)
def test_secure_addresses_and_this_machine_are_allowed(url: str) -> None:
    assert checked_base_url(url, "s") == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://harbour.example",
        "http://128.0.0.1",
        "http://localhost.example",
        "http://10.0.0.1",
        "ftp://harbour.example",
        "harbour.example",
        "https://",
        "https://user:pass@harbour.example",
        "https://harbour.example/?a=1",
        "https://harbour.example:99999",
        "https://[bad",
        "",
    ],
)
def test_other_addresses_are_refused_without_showing_them(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked_base_url(url, "sources.a.base_url")
    assert caught.value.subject == "sources.a.base_url" and "pass" not in caught.value.detail.replace(
        "password", ""
    )
