"""The Weibo collector without a network: contract, token, counts, cuts, and how it tries itself out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import httpx
import pytest

from collectors import registry
from collectors.base import Checks, Collector, NotSupported
from collectors.context import Context
from collectors.http import Http
from collectors.options import options_of
from collectors.weibo_api import Token, WeiboApi
from collectors.weibo_live import SPEC, WeiboCollector
from collectors.weibo_settings import CONTRACT_MODES, Mode, allowance_of, expiry_of, rules_of
from store.errors import BadPayload, ConfigError, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Page, Span, TagQuery
from store.records.post import Gone, Post

NOW = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)
SECRET = "2.00Secret-token_Xyz"
QUERY = TagQuery(any=("found",))
STATUS = {
    "idstr": "5260000000000001",
    "mid": "5260000000000001",
    "created_at": "Sun Feb 08 19:00:00 +0800 2026",
    "text": "@回家路 #found# 在码头",
    "user": {"idstr": "9000000001", "screen_name": "甲"},
}
LIST = {"statuses": [STATUS]}

Handler = Callable[[httpx.Request], httpx.Response]


class World:
    """A clock, a handler for requests, and what was asked."""

    def __init__(self, handler: Handler | None = None) -> None:
        self.now = NOW
        self.asked: list[httpx.Request] = []
        self.limits: Any = None
        self.handler = handler or (lambda request: httpx.Response(200, json=LIST))

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("rate_limit_status.json"):
            return httpx.Response(200, json=self.limits) if self.limits else httpx.Response(403, json={})
        self.asked.append(request)
        return self.handler(request)

    def collector(self, mode: str = "mentions", token: str = SECRET, **options: Any) -> WeiboCollector:
        given = options_of(SPEC, "source", {"mode": mode, **options})
        context = Context("team@example.org", {}, lambda: self.now)
        transport = httpx.MockTransport(self.answer)
        rules = rules_of("source", given)
        api = WeiboApi(
            "source",
            context,
            Token(token, expiry_of("source", given)),
            allowance_of("source", given, rules.mode),
            standard=Http("source", given["base_url"], context, transport=transport),
            commercial=Http("source", given["commercial_url"], context, transport=transport),
            ask_status=rules.mode not in CONTRACT_MODES,
        )
        return WeiboCollector("source", rules, api, context)


def reads(collector: Collector) -> Iterator[Callable[[], object]]:
    """Every way of reading."""
    yield lambda: collector.poll(QUERY, "")
    yield lambda: collector.mentions("")
    yield lambda: collector.search(QUERY, Span(NOW - timedelta(days=1), NOW), "")
    yield lambda: collector.lookup(["1"])
    yield lambda: list(collector.follow([QUERY], "", Event()))


@pytest.mark.parametrize("mode", sorted(CONTRACT_MODES))
def test_a_contract_mode_is_off_until_the_contract_is_stated(mode: str) -> None:
    world = World()
    collector = world.collector(mode)
    for read in reads(collector):
        with pytest.raises(NeedsPerson, match="CONTRACT_REQUIRED") as caught:
            read()
        assert "option contract" in caught.value.detail and "mentions" in caught.value.detail
    assert world.asked == []


def test_each_mode_reads_in_its_own_way_only() -> None:
    ways = {"mentions": {1, 3}, "comments": {1, 3}, "lookup": {3}, "commercial_search": {0, 2, 3}}
    for mode, open_ways in ways.items():
        world = World(lambda request: httpx.Response(200, json=LIST | STATUS | {"comments": []}))
        collector = world.collector(mode, contract="2026/17")
        for number, read in enumerate(reads(collector)):
            if number in open_ways:
                read()
            else:
                with pytest.raises(NotSupported, match=mode):
                    read()


def test_the_spec_says_how_the_mode_is_read() -> None:
    world = World()
    ways = {mode: world.collector(mode, contract="c", subid="7").spec for mode in Mode}
    assert {mode for mode, spec in ways.items() if spec.streams} == {Mode.PUSH}
    assert {mode for mode, spec in ways.items() if spec.polls} == {Mode.SEARCH}
    assert ways[Mode.PUSH].lookback == timedelta(hours=72)


def test_without_a_token_nothing_is_asked() -> None:
    world = World()
    with pytest.raises(NeedsPerson, match="no token"):
        world.collector(token="").mentions("")
    assert world.asked == []


def test_a_token_that_ends_is_warned_of_a_day_ahead_and_then_refused() -> None:
    world = World()
    collector = world.collector(token_expires_at="2026-02-10T20:00:00+08:00")
    assert collector.mentions("").budget.warning == ""
    world.now = datetime(2026, 2, 9, 12, 0, tzinfo=UTC)
    warning = collector.mentions("").budget.warning
    assert "2026-02-10 12:00 UTC" in warning and "sign in again" in warning
    world.now = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)
    asked = len(world.asked)
    with pytest.raises(NeedsPerson, match="ended at 2026-02-10 12:00 UTC"):
        collector.mentions("")
    assert len(world.asked) == asked


def refusing(code: int | str, status: int = 403) -> Handler:
    body = {"request": "/2/x.json", "error_code": code, "error": f"invalid_access_token:{SECRET}"}
    return lambda request: httpx.Response(status, json=body)


@pytest.mark.parametrize(
    ("code", "status", "kind", "words"),
    [
        (21327, 403, NeedsPerson, "sign in again"),
        ("21332", 403, NeedsPerson, "sign in again"),
        ("10014", 403, NeedsPerson, "apply"),
        (10009, 503, Unreachable, "busy"),
        ("10022", 403, RateLimited, "wait"),
        (10023, 200, RateLimited, "wait"),
        (31337, 400, BadPayload, "31337"),
    ],
)
def test_a_code_is_an_error_whatever_the_status(
    code: int | str, status: int, kind: type[SourceError], words: str
) -> None:
    collector = World(refusing(code, status)).collector()
    for read in (lambda: collector.mentions(""), lambda: collector.lookup(["9"])):
        with pytest.raises(SourceError, match=words) as caught:
            read()
        assert type(caught.value) is kind and SECRET not in str(caught.value) + repr(caught.value)


def test_the_token_is_in_no_repr() -> None:
    assert SECRET not in repr(Token(SECRET, NOW)) and SECRET not in repr(World().collector())


@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_a_broken_connection_names_no_token(failure: type[httpx.TransportError]) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise failure("it broke", request=request)

    with pytest.raises(Unreachable) as caught:
        World(broken).collector().mentions("")
    assert SECRET not in str(caught.value)


def test_the_day_is_counted_in_the_cursor_across_restarts() -> None:
    world = World()
    page = world.collector(calls_per_day=3).mentions("")
    assert (page.budget.remaining, page.budget.limit) == (2, 3)
    page = world.collector(calls_per_day=3).mentions(page.cursor or "")
    page = world.collector(calls_per_day=3).mentions(page.cursor or "")
    assert page.budget.remaining == 0 and len(world.asked) == 3
    with pytest.raises(RateLimited) as caught:
        world.collector(calls_per_day=3).mentions(page.cursor or "")
    assert caught.value.retry_after == timedelta(hours=4) and len(world.asked) == 3  # midnight in Beijing
    world.now += timedelta(hours=4)
    assert world.collector(calls_per_day=3).mentions(page.cursor or "").budget.remaining == 2


def test_lookups_and_other_cursors_count_with_the_same_token() -> None:
    world = World(lambda request: httpx.Response(200, json=LIST | STATUS))
    collector = world.collector(calls_per_day=3)
    collector.lookup(["1"])
    collector.mentions("")
    assert collector.mentions("").budget.remaining == 0
    with pytest.raises(RateLimited):
        collector.lookup(["1"])


def test_what_weibo_says_of_its_limits_is_asked_hourly_and_believed() -> None:
    world = World()
    world.limits = {"remaining_user_hits": 1, "remaining_ip_hits": 500, "reset_time_in_seconds": 600}
    collector = world.collector()
    page = collector.mentions("")
    assert (page.budget.remaining, page.budget.renews_at) == (0, NOW + timedelta(seconds=600))
    with pytest.raises(RateLimited) as caught:
        collector.mentions(page.cursor or "")
    assert caught.value.retry_after == timedelta(seconds=600)
    world.now += timedelta(seconds=600)
    assert collector.mentions(page.cursor or "").budget.remaining == 98


def test_a_refusal_for_too_many_calls_asks_when_it_ends() -> None:
    world = World()
    collector = world.collector()
    cursor = collector.mentions("").cursor or ""
    world.limits = {"remaining_user_hits": 0, "remaining_ip_hits": 500, "reset_time_in_seconds": 77}
    world.handler = refusing("10023")
    with pytest.raises(RateLimited) as caught:
        collector.mentions(cursor)
    assert caught.value.retry_after == timedelta(seconds=77)
    world.limits = None
    with pytest.raises(RateLimited) as caught:
        World(refusing(10024)).collector().mentions("")
    assert caught.value.retry_after == timedelta(hours=1)


def test_a_cursor_of_another_mode_begins_anew_but_its_calls_count() -> None:
    world = World(lambda request: httpx.Response(200, json=LIST | {"comments": []}))
    cursor = world.collector(calls_per_day=5).mentions("").cursor or ""
    page = world.collector("comments", calls_per_day=5).mentions(cursor)
    assert page.budget.remaining == 3 and "max_id" not in world.asked[-1].url.params


@pytest.mark.parametrize(
    "cursor", ["{", "[]", "null", '{"mode": 1}', '{"mode":"mentions","used":{},"place":[]}', "\ud800"]
)
def test_a_cursor_that_is_not_ours_is_said_so(cursor: str) -> None:
    with pytest.raises(BadPayload, match="cursor"):
        World().collector().mentions(cursor)


class Cut(httpx.SyncByteStream):
    """An answer whose connection breaks after so many bytes."""

    def __init__(self, body: bytes, at: int) -> None:
        self._body, self._at = body, at

    def __iter__(self) -> Iterator[bytes]:
        yield self._body[: self._at]
        raise httpx.ReadError("connection lost")


def test_an_answer_cut_at_any_byte_moves_nothing() -> None:
    body = json.dumps(LIST, ensure_ascii=False).encode()
    world = World()
    collector = world.collector(calls_per_day=0)
    for at in range(len(body)):
        for broken in (
            httpx.Response(200, stream=Cut(body, at)),
            httpx.Response(200, content=body[:at]),
        ):
            world.handler = lambda request, answer=broken: answer
            with pytest.raises((Unreachable, BadPayload)):
                collector.mentions("")
    world.handler = lambda request: httpx.Response(200, content=body)
    page: Page = collector.mentions("")
    assert [post.key for post in page.posts] == ["weibo:5260000000000001"]


@pytest.mark.parametrize(
    "value",
    [{}, {"statuses": None}, {"statuses": {"a": 1}}, "text", 7, None, {"data": []}],
)
def test_an_answer_without_a_list_is_not_an_empty_one(value: object) -> None:
    with pytest.raises(BadPayload, match="without a list"):
        body = json.dumps(value).encode()
        World(lambda request: httpx.Response(200, content=body)).collector().mentions("")


def test_a_search_that_is_done_says_until_when_all_was_read() -> None:
    world = World(lambda request: httpx.Response(200, json={"statuses": [], "total_number": 0}))
    collector = world.collector("commercial_search", contract="c", window_s=43_200)
    first = collector.poll(QUERY, "")
    assert first.more and first.complete_until is None
    page = collector.poll(QUERY, first.cursor or "")
    assert not page.more and page.complete_until == NOW


def test_an_empty_list_is_an_empty_answer() -> None:
    page = World(lambda request: httpx.Response(200, json=[])).collector().mentions("")
    assert page.posts == () and not page.more


@pytest.mark.parametrize("mode", ["mentions", "comments", "commercial_search"])
def test_whatever_stands_in_a_list_the_rest_goes_on(mode: str) -> None:
    odd: list[Any] = [None, 7, "5260", [], {}, {"id": None}, {"idstr": "5", "text": 9, "user": []}]
    word = "comments" if mode == "comments" else "statuses"
    world = World(lambda request: httpx.Response(200, json={word: [*odd, STATUS], "total_number": "many"}))
    collector = world.collector(mode, contract="c")
    page = collector.poll(TagQuery(any=("found",)), "") if collector.spec.polls else collector.mentions("")
    assert any(post.native_id == STATUS["idstr"] for post in page.posts)
    assert len(page.set_aside) == 6 and all(item.reason for item in page.set_aside)


def test_a_long_text_that_is_cut_says_so() -> None:
    cut = STATUS | {"isLongText": True}
    (post,) = World(lambda r: httpx.Response(200, json={"statuses": [cut]})).collector().mentions("").posts
    assert [problem for problem in post.problems if problem.startswith("text: cut")]


def test_a_deleted_post_of_a_batch_is_gone_even_with_its_fields_emptied() -> None:
    deleted = dict.fromkeys(STATUS) | {"id": 5260000000000001, "text": "此微博已被原作者删除。"}
    alive = STATUS | {"idstr": "5260000000000002", "mid": "5260000000000002"}
    world = World(lambda request: httpx.Response(200, json={"statuses": [alive, deleted]}))
    found = world.collector("lookup").lookup(["5260000000000001", "5260000000000002"])
    assert [type(item) for item in found] == [Gone, Post] and found[0].key == "weibo:5260000000000001"
    assert len(world.asked) == 1


def test_a_repost_whose_original_is_gone_is_not_gone_itself() -> None:
    repost = STATUS | {"retweeted_status": {"id": 4, "text": "此微博已被原作者删除。"}}
    world = World(lambda request: httpx.Response(200, json=repost))
    (found,) = world.collector("lookup").lookup(["5260000000000001"])
    assert isinstance(found, Post)


@pytest.mark.parametrize(
    ("options", "subject"),
    [
        ({"mode": "open_search"}, "mine.mode"),
        ({"mode": "commercial_search", "page_size": 60}, "mine.page_size"),
        ({"page_size": 201}, "mine.page_size"),
        ({"mode": "commercial_push", "contract": "c"}, "mine.subid"),
        ({"token_expires_at": "next week"}, "mine.token_expires_at"),
        ({"base_url": "http://weibo.example"}, "mine.base_url"),
        ({"commercial_url": "ftp://weibo.example"}, "mine.commercial_url"),
        ({"calls_per_day": -2}, "mine.calls_per_day"),
        ({"push_percent": 0.0}, "mine.push_percent"),
        ({"push_path": "/elsewhere"}, "mine.push_path"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], subject: str) -> None:
    context = Context("team@example.org", {}, lambda: NOW)
    with pytest.raises(ConfigError) as caught:
        registry.build("weibo", "mine", options, context).close()
    assert caught.value.subject == subject


def test_the_doctor_is_told_what_works_and_what_is_missing() -> None:
    world = World(lambda request: httpx.Response(200, json=LIST | STATUS))
    collector = world.collector()
    assert isinstance(collector, Checks)
    assert [(item.part, item.ok) for item in collector.check([QUERY])] == [("reading", True)]
    (found,) = world.collector("commercial_search", contract="2026/17").check([QUERY])
    assert found.ok and "#found#" in found.words
    (found,) = world.collector("commercial_search").check([QUERY])
    assert not found.ok and "CONTRACT_REQUIRED" in found.words and "option contract" in found.way_out
    (found,) = World(refusing(21327)).collector().check([QUERY])
    assert not found.ok and "expired" in found.words and "sign in again" in found.way_out
    (found,) = World(refusing(10023)).collector().check([QUERY])
    assert found.ok and "too many" in found.words
    found = world.collector(token_expires_at="2026-02-09T00:00:00Z").check([QUERY])[1]
    assert not found.ok and found.part == "token" and "sign in again" in found.way_out
    assert World(refusing(20101)).collector("lookup").check([])[0].ok
