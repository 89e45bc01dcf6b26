"""Sessions: made once, renewed by one at a time, kept before they are used; the three platforms' ways."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from collectors.context import Context
from collectors.http import Http
from collectors.session import CLAIM, MemoryVault, Session, Sessions, loaded, warning
from collectors.session_ways import BlueskyWay, WeiboWay, XWay, expiry_of
from store.errors import BadPayload, NeedsPerson, RateLimited, Unreachable

NOW = datetime(2026, 2, 8, 12, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class CountedWay:
    """Makes numbered tokens that last an hour; a refresh token counts once."""

    account = "x:us"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.number = self.sign_ins = self.renewals = 0
        self.trouble: Exception | None = None
        self.spent: set[str] = set()

    def _next(self) -> Session:
        if self.trouble is not None:
            raise self.trouble
        self.number += 1
        ends_at = self.clock() + timedelta(hours=1)
        return Session(self.account, f"access-{self.number}", f"refresh-{self.number}", ends_at)

    def sign_in(self) -> Session:
        self.sign_ins += 1
        return self._next()

    def renew(self, held: Session) -> Session | None:
        self.renewals += 1
        if held.refresh in self.spent:
            return None
        self.spent.add(held.refresh)
        return self._next()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def way(clock: Clock) -> CountedWay:
    return CountedWay(clock)


def test_a_session_is_used_until_shortly_before_its_end_and_then_renewed(
    clock: Clock, way: CountedWay
) -> None:
    sessions = Sessions("src", way, MemoryVault(clock), clock)
    assert sessions.current() is sessions.current() and way.sign_ins == 1
    clock.now += timedelta(minutes=59)
    assert sessions.current().access == "access-2" and (way.sign_ins, way.renewals) == (1, 1)


def test_a_renewed_token_is_kept_before_it_is_used(clock: Clock, way: CountedWay) -> None:
    class Broken(MemoryVault):
        def write(self, account: str, value: str) -> None:
            raise OSError("disk full")

    vault = Broken(clock)
    with pytest.raises(OSError, match="disk full"):
        Sessions("src", way, vault, clock).current()
    assert vault.values == {}


def test_two_processes_share_one_session_and_never_spend_a_token_twice(clock: Clock, way: CountedWay) -> None:
    vault = MemoryVault(clock)
    one, other = (Sessions("src", way, vault, clock) for _ in range(2))
    first = one.current()
    assert other.current() == first
    assert one.renewed(first) == other.renewed(first)
    assert (way.sign_ins, way.renewals) == (1, 1) and not way.spent - {"refresh-1"}


def test_who_finds_another_renewing_waits_and_a_dead_ones_claim_runs_out(
    clock: Clock, way: CountedWay
) -> None:
    vault = MemoryVault(clock)
    assert vault.claim(way.account, clock() + CLAIM)
    sessions = Sessions("src", way, vault, clock)
    with pytest.raises(RateLimited) as caught:
        sessions.current()
    assert caught.value.retry_after < timedelta(seconds=10)
    clock.now += CLAIM
    assert sessions.current().access == "access-1"


def test_a_token_that_was_spent_by_a_crash_is_followed_by_a_new_sign_in(
    clock: Clock, way: CountedWay
) -> None:
    vault = MemoryVault(clock)
    held = Sessions("src", way, vault, clock).current()
    way.spent.add(held.refresh)  # renewed, and then the power went
    assert Sessions("src", way, vault, clock).renewed(held).access == "access-2" and way.sign_ins == 2


def test_trouble_on_the_way_ends_the_claim_and_is_not_remembered(clock: Clock, way: CountedWay) -> None:
    sessions = Sessions("src", way, MemoryVault(clock), clock)
    way.trouble = Unreachable("src", "no answer")
    for _ in range(2):
        with pytest.raises(Unreachable):
            sessions.current()
    way.trouble = None
    assert sessions.current().access == "access-1"


def test_a_refusal_is_remembered_for_a_while(clock: Clock, way: CountedWay) -> None:
    sessions = Sessions("src", way, MemoryVault(clock), clock)
    way.trouble = NeedsPerson("src", "wrong password")
    for _ in range(3):
        with pytest.raises(NeedsPerson):
            sessions.current()
    assert way.sign_ins == 1
    clock.now, way.trouble = clock.now + timedelta(minutes=16), None
    assert sessions.current().access == "access-1"


def test_no_token_shows_in_words_and_what_is_kept_comes_back_whole() -> None:
    session = Session("a", "secret-a", "secret-r", NOW, NOW, "did", "https://pds.example")
    assert "secret" not in repr(session) and loaded(session.dump()) == session
    assert loaded("") is loaded("{") is loaded('{"access":1}') is None


@pytest.mark.parametrize(
    ("refresh", "ends_in", "warns"),
    [("", timedelta(hours=5), True), ("", timedelta(days=3), False), ("r", timedelta(hours=1), False)],
)
def test_only_what_a_person_has_to_renew_is_warned_of(refresh: str, ends_in: timedelta, warns: bool) -> None:
    session = Session("weibo:us", "a", refresh, NOW + ends_in, NOW + timedelta(days=80) if refresh else None)
    assert bool(warning(session, NOW)) is warns


def http(answer: Callable[[httpx.Request], httpx.Response], base: str = "https://api.example") -> Http:
    context = Context("team@example.org", {}, lambda: NOW)
    return Http("src", base, context, transport=httpx.MockTransport(answer))


def jwt(exp: object) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": exp}).encode()).decode().rstrip("=")
    return f"e30.{claims}.sig"


def bluesky(answer: Callable[[httpx.Request], httpx.Response]) -> BlueskyWay:
    return BlueskyWay("src", http(answer), "@Us.example", "pass-word", lambda: NOW)


@pytest.mark.parametrize(
    ("endpoint", "service"),
    [
        ("https://pds.example", "https://pds.example"),
        ("http://127.0.0.1:2583", ""),
        ("http://pds.example", ""),
        ("ftp://pds.example", ""),
        ("", ""),
    ],
)
def test_bluesky_signs_in_and_reads_ends_and_server(endpoint: str, service: str) -> None:
    ends = int((NOW + timedelta(hours=2)).timestamp())

    def answer(request: httpx.Request) -> httpx.Response:
        assert json.loads(request.content) == {"identifier": "Us.example", "password": "pass-word"}
        document = {"service": [{"id": "#x"}, {"id": "#atproto_pds", "serviceEndpoint": endpoint}]}
        body = {"accessJwt": jwt(ends), "refreshJwt": jwt("never"), "did": "did:plc:us", "didDoc": document}
        return httpx.Response(200, json=body)

    way = bluesky(answer)
    session = way.sign_in()
    assert way.account == session.account == "bluesky:us.example"
    assert session.expires_at == NOW + timedelta(hours=2) and session.renew_until == NOW + timedelta(days=90)
    assert (session.id, session.service) == ("did:plc:us", service)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"error": "AuthenticationRequired"}, NeedsPerson, "app password"),
        (401, {"error": "AuthFactorTokenRequired"}, NeedsPerson, "asks for a code"),
        (400, {"error": "InvalidRequest"}, NeedsPerson, "app password"),
        (403, {"error": "AccountTakedown"}, NeedsPerson, "taken down"),
        (200, {"accessJwt": "a", "refreshJwt": "r", "did": "d", "active": False}, NeedsPerson, "not active"),
        (200, {"accessJwt": "a"}, BadPayload, "no session"),
        (400, {"error": "Weird"}, BadPayload, "400"),
        (503, {}, Unreachable, "503"),
    ],
)
def test_bluesky_says_what_is_wrong_with_a_sign_in(
    status: int, body: dict[str, object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        bluesky(lambda request: httpx.Response(status, json=body)).sign_in()
    assert "pass-word" not in str(caught.value)


def test_bluesky_renews_with_the_refresh_token_and_an_empty_body() -> None:
    held = Session("bluesky:us.example", "a", "r", service="https://pds.example")

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.content == b"" and request.headers["authorization"] == "Bearer r"
        return httpx.Response(200, json={"accessJwt": "a2", "refreshJwt": "r2", "did": "d"})

    fresh = bluesky(answer).renew(held)
    assert fresh and (fresh.access, fresh.refresh, fresh.service) == ("a2", "r2", "https://pds.example")
    refused = bluesky(lambda request: httpx.Response(400, json={"error": "ExpiredToken"}))
    assert refused.renew(held) is None


def test_x_renews_by_form_and_keeps_the_token_that_replaces_the_old_one() -> None:
    seen: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.content.decode(), request.headers.get("authorization", "")))
        return httpx.Response(200, json={"access_token": "a1", "refresh_token": "r1", "expires_in": 7200})

    way = XWay("src", http(answer), "@Us", "first", ("client", "secret"), lambda: NOW)
    session = way.sign_in()
    assert (session.account, session.refresh) == ("x:us", "r1")
    assert session.expires_at == NOW + timedelta(hours=2)
    assert "refresh_token=first" in seen[0][0] and seen[0][1].startswith("Basic ")
    public = XWay("src", http(answer), "us", "first", ("client", ""), lambda: NOW)
    public.renew(session)
    assert "refresh_token=r1" in seen[1][0] and "client_id=client" in seen[1][0] and seen[1][1] == ""


@pytest.mark.parametrize("first", ["", "spent"])
def test_x_without_a_valid_refresh_token_needs_a_person(first: str) -> None:
    refused = http(lambda request: httpx.Response(400, json={"error": "invalid_request"}))
    with pytest.raises(NeedsPerson, match=r"offline\.access"):
        XWay("src", refused, "us", first, ("client", ""), lambda: NOW).sign_in()


def test_weibo_has_one_token_and_says_when_it_has_ended() -> None:
    way = WeiboWay("src", "回家路", "token", NOW + timedelta(hours=3), lambda: NOW)
    session = way.sign_in()
    assert session.access == "token" and way.renew(session) is None and warning(session, NOW)
    for token, ends_at in (("", None), ("token", NOW)):
        with pytest.raises(NeedsPerson, match="authorize"):
            WeiboWay("src", "回家路", token, ends_at, lambda: NOW).sign_in()


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "e30.e30.x", jwt(None), jwt(10**30), "a.é.c"])
def test_a_token_that_names_no_end_is_used_until_it_is_refused(token: str) -> None:
    assert expiry_of(token) is None
