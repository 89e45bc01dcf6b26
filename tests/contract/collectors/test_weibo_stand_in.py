"""The Weibo collector against a stand-in that others wrote from Weibo's documents, faults included."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from collectors import registry
from collectors.base import Collector
from collectors.context import Context
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Page, Span, TagQuery
from store.records.post import Gone, Post, Visibility
from tests.contract.collectors.harness import CONTACT, QUERY, keys, last_cursor, posts

pytestmark = pytest.mark.servers

weibo = pytest.importorskip("tests.servers.weibo", reason="the stand-in server of Weibo is not there")
NOON = datetime(2026, 2, 8, 4, 0, tzinfo=UTC)
BOT = "寻家热线"


class Clock:
    """One clock for both sides."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def running(clock: Clock, **options: Any) -> Any:
    return weibo.WeiboServer(clock=clock, bot=BOT, **options)


@pytest.fixture
def server(clock: Clock) -> Iterator[Any]:
    with running(clock, budgets={"user_day": 10_000}) as started:
        yield started


@pytest.fixture
def commercial(clock: Clock) -> Iterator[Any]:
    with running(clock, contract="full", budgets={"user_day": 10_000}) as started:
        yield started


def built(server: Any, clock: Clock, mode: str, **options: Any) -> Collector:
    token = options.pop("token", server.bot_token)
    context = Context(CONTACT, {"HOMEWARD_WEIBO_TOKEN": token}, clock)
    given = {
        "mode": mode,
        "base_url": server.base_url,
        "commercial_url": server.commercial_url,
        "calls_per_day": 0,
        "timeout_s": 2.0,
        **({"contract": "test contract 1"} if mode.startswith("commercial") else {}),
    }
    return registry.build("weibo", "source", {**given, **options}, context)


def drain(read: Callable[[str], Page], cursor: str = "", most: int = 2000) -> list[Page]:
    """All pages there are; what fails is asked again from the last cursor, as after a restart."""
    found: list[Page] = []
    for _ in range(most):
        try:
            page = read(cursor)
        except (Unreachable, RateLimited, BadPayload):
            continue
        found.append(page)
        cursor = page.cursor or cursor
        if not page.more:
            return found
    raise AssertionError("the reading does not end")


def break_at_random(server: Any, times: int, seed: int) -> None:
    """Cuts anywhere in an answer, lost answers, refusals in HTML and in plain text, garbage."""
    rng = random.Random(seed)
    for _ in range(times):
        fault = rng.choice(
            [
                {"cut_at": rng.randrange(3000)},
                {"lose": True},
                {"status": 503, "body": "<html>over capacity</html>"},
                {"status": 502, "body": "bad gateway"},
                {"status": 429, "body": "", "headers": {"Retry-After": "3"}},
                {"status": 200, "body": b'{"statuses": [\xff'},
                {"status": 403, "body": '{"error_code": "10009", "error": "busy"}'},
            ]
        )
        server.add_fault(path="(mentions|limited|comments)", skip=rng.randrange(3), **fault)


@pytest.mark.parametrize("seed", range(3))
def test_every_mention_is_read_once_through_a_hundred_faults(server: Any, clock: Clock, seed: int) -> None:
    published, pages = set(), list[Page]()
    for round_ in range(4):
        for number in range(40):
            clock.now += timedelta(seconds=7)
            published.add(f"weibo:{server.add_post(f'@{BOT} 第{round_}轮 {number}')}")
            server.add_post("没有提到谁")
        break_at_random(server, 9, seed * 10 + round_)
        collector = built(server, clock, "mentions", page_size=6, first_pages=100)
        pages += drain(collector.mentions, last_cursor(pages))
        collector.close()
    counted = Counter(post.key for post in posts(pages))
    assert set(counted) == published and set(counted.values()) == {1}
    assert all(BOT in post.mentions for post in posts(pages))


def test_every_post_of_a_hashtag_is_found_though_answers_differ(commercial: Any, clock: Clock) -> None:
    rng = random.Random(5)
    published = set()
    for number in range(350):  # more than 20 pages of 10
        clock.now += timedelta(seconds=rng.choice((0, 0, 1, 2, 9)))
        published.add(f"weibo:{commercial.add_post('看见了 #found# 在码头')}")
        if number % 3 == 0:
            commercial.add_post("别的 #foundation#")
    clock.now += timedelta(seconds=30)
    break_at_random(commercial, 9, 1)
    collector = built(commercial, clock, "commercial_search", page_size=10)
    pages = drain(lambda cursor: collector.poll(QUERY, cursor))
    counted = Counter(post.key for post in posts(pages))
    assert set(counted) == published and set(counted.values()) == {1}
    assert [page.gap for page in pages if page.gap] == []
    collector.close()


def test_a_crowd_within_a_second_is_owned_up_to(clock: Clock) -> None:
    with running(clock, contract="full", miss_rate=0.0) as server:
        for _ in range(1100):
            server.add_post("#found# 同一秒")
        clock.now += timedelta(seconds=300)
        collector = built(server, clock, "commercial_search", backfill_hours=0.1, passes=1)
        pages = drain(lambda cursor: collector.poll(QUERY, cursor))
        gaps = [page.gap for page in pages if page.gap]
        assert len(keys(pages)) >= 900 and gaps and all("result cap hit" in gap.why for gap in gaps)
        assert any(gap.span.start <= NOON <= gap.span.end for gap in gaps)
        collector.close()


def test_the_past_is_read_within_its_span(commercial: Any, clock: Clock) -> None:
    made = []
    for _ in range(120):
        clock.now += timedelta(minutes=1)
        made.append(f"weibo:{commercial.add_post('#found#')}")
    span = Span(NOON + timedelta(minutes=31), NOON + timedelta(minutes=90))
    collector = built(commercial, clock, "commercial_search")
    pages = drain(lambda cursor: collector.search(QUERY, span, cursor))
    assert set(made[30:89]) <= keys(pages) <= set(made[30:90])
    collector.close()


def test_lookups_know_what_is_gone(server: Any, clock: Clock) -> None:
    made = [str(server.add_post(f"第{number}条")) for number in range(70)]
    for number in (3, 60):
        server.delete(int(made[number]))
    ids = [*made, "4999999999999999", "not a number"]
    for mode in ("lookup", "mentions"):
        collector = built(server, clock, mode)
        found = collector.lookup(ids)
        gone = [index for index, item in enumerate(found) if isinstance(item, Gone)]
        assert gone == [3, 60, 70, 71]
        assert [item.native_id for item in found if isinstance(item, Post)] == [
            ident for index, ident in enumerate(made) if index not in (3, 60)
        ]
        (single,) = collector.lookup([made[3]])
        assert isinstance(single, Gone) and single.key == f"weibo:{made[3]}"
        collector.close()


def test_a_contract_without_the_batch_still_looks_up(commercial: Any, clock: Clock) -> None:
    made = [str(commercial.add_post("#found#")) for _ in range(3)]
    collector = built(commercial, clock, "commercial_search")
    assert [item.native_id for item in collector.lookup(made) if isinstance(item, Post)] == made
    assert len(commercial.requests_to("statuses/show.json")) == 0
    collector.close()


def test_the_comments_on_our_posts_are_read_in_turn(server: Any, clock: Clock) -> None:
    ours = [server.add_post(f"请留意 {number}", author=BOT) for number in range(3)]
    other = server.add_post("别人的")
    wanted, pages = set(), list[Page]()
    for round_ in range(3):
        for number in range(9):
            clock.now += timedelta(seconds=5)
            made = server.add_comment(ours[number % 3], f"我见过 {round_} {number}")
            wanted.add(f"weibo:comment/{made}")
            server.add_comment(other, "无关")
        if round_ == 2:
            server.delete(ours[1])
            wanted -= {key for key in wanted if key not in keys(pages)} & {
                f"weibo:comment/{c.id}" for c in server.world.comments.values() if c.post_id == ours[1]
            }
        collector = built(server, clock, "comments", page_size=2, own_posts=[str(n) for n in ours])
        pages += drain(collector.mentions, last_cursor(pages))
        collector.close()
    assert keys(pages) == wanted and len(posts(pages)) == len(wanted)
    assert {post.reply_to for post in posts(pages)} == {f"weibo:{n}" for n in ours}


def refusal_of(read: Callable[[], object]) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read()
    return caught.value


def test_whatever_stands_against_reading_is_said(clock: Clock) -> None:
    with running(clock, reviewed=False, refused_scopes={"comments/show"}) as server:
        mentions = built(server, clock, "mentions")
        assert "testers" in refusal_of(lambda: mentions.mentions("")).detail
        mentions.close()
    with running(clock, refused_scopes={"statuses/mentions"}) as server:
        mentions = built(server, clock, "mentions")
        assert "scope" in refusal_of(lambda: mentions.mentions("")).detail
        stranger = built(server, clock, "mentions", token="unknown")
        assert "sign in again" in refusal_of(lambda: stranger.mentions("")).detail
        searching = built(server, clock, "commercial_search")
        assert "10014" in refusal_of(lambda: searching.poll(QUERY, "")).detail
        server.expire_tokens()
        clock.now += timedelta(seconds=1)
        error = refusal_of(lambda: mentions.mentions(""))
        assert isinstance(error, NeedsPerson) and "21327" in error.detail and "sign in again" in error.detail
        for collector in (mentions, stranger, searching):
            collector.close()


def test_the_day_ends_before_weibo_has_to_say_so(clock: Clock) -> None:
    with running(clock) as server:
        server.add_post(f"@{BOT}")
        collector = built(server, clock, "mentions", calls_per_day=-1)
        cursor, calls = "", 0
        error: SourceError | None = None
        while error is None:
            try:
                page = collector.mentions(cursor)
                cursor, calls = page.cursor or cursor, calls + 1
            except RateLimited as caught:
                error = caught
        assert calls == 100 and error.retry_after == timedelta(hours=12)
        assert not any(r.path.endswith("mentions.json") for r in server.requests[102:])
        clock.now += error.retry_after
        assert collector.mentions(cursor).budget.remaining == 99
        collector.close()


def test_another_program_with_the_same_token_is_noticed(clock: Clock) -> None:
    with running(clock) as server:
        token = {"access_token": server.bot_token}
        with httpx.Client(base_url=server.base_url, trust_env=False) as other:
            for _ in range(95):
                other.get("/2/account/get_uid.json", params=token).raise_for_status()
        collector = built(server, clock, "mentions", calls_per_day=-1)
        page = collector.mentions("")
        assert page.budget.remaining == 4
        collector.close()


@pytest.mark.parametrize(("code", "kind"), [(10022, RateLimited), (10010, Unreachable), (10004, NeedsPerson)])
def test_a_code_is_known_as_number_and_as_text(
    server: Any, clock: Clock, code: int, kind: type[SourceError]
) -> None:
    collector = built(server, clock, "mentions")
    collector.mentions("")
    for _ in range(4):  # every other one is written as text
        server.fail_next(code, 2)
        assert type(refusal_of(lambda: collector.mentions(""))) is kind
        server._fail.clear()
    collector.close()


def test_posts_are_read_with_all_that_weibo_gives(server: Any, clock: Clock) -> None:
    server.add_post(
        f"@{BOT} #found# " + "长" * 200, geo=(30.6, 104.0), pics=["006abc1234567", "006abc1234568"]
    )
    server.add_post(f"@{BOT} 只给朋友", visible=6)
    gone = server.add_post("原文", author="路人丁")
    server.add_post(f"@{BOT} 转发", retweet_of=gone)
    server.delete(gone)
    collector = built(server, clock, "mentions")
    page = collector.mentions("")
    by_text = {post.text.split()[1]: post for post in page.posts}
    long = by_text["#found#"]
    assert any(problem.startswith("text: cut") for problem in long.problems)
    assert long.geotag and (long.geotag.lat, long.geotag.lon) == (30.6, 104.0) and len(long.media) == 2
    assert all("/large/" in media.url and media.referer == "https://weibo.com/" for media in long.media)
    assert by_text["只给朋友"].visibility is Visibility.PRIVATE
    assert by_text["转发"].repost_of == f"weibo:{gone}"
    assert [item.key for item in page.gone] == [f"weibo:{gone}"]
    collector.close()


def subscribe(server: Any, keyword: str) -> None:
    answer = httpx.post(
        f"{server.commercial_url}/subscribe/update_subscribe.json",
        params={"access_token": server.bot_token, "subid": server.subid, "add_keywords": keyword},
        trust_env=False,
    )
    answer.raise_for_status()


class Follower:
    """Follows in a thread until told to stop, as the daemon does."""

    def __init__(self, collector: Collector, query: TagQuery, cursor: str = "") -> None:
        self.pages: list[Page] = []
        self.error: SourceError | None = None
        self.stop = threading.Event()
        self._reading = (collector, query, cursor)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        collector, query, cursor = self._reading
        try:
            for page in collector.follow([query], cursor, self.stop):
                self.pages.append(page)
        except SourceError as error:
            self.error = error

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def end(self) -> float:
        """Stop, and say how long that took."""
        begun = time.monotonic()
        self.stop.set()
        self._thread.join(10)
        return time.monotonic() - begun


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it did not happen within 10 s"
        time.sleep(0.01)


def test_pushed_posts_are_read_and_a_break_is_a_gap(commercial: Any, clock: Clock) -> None:
    subscribe(commercial, "found")
    collector = built(commercial, clock, "commercial_push", subid=commercial.subid, push_percent=100.0)
    follower = Follower(collector, QUERY)
    wait_for(lambda: commercial.push_count == 1)
    first = {f"weibo:{commercial.add_post('#found# ' + str(n))}" for n in range(20)}
    commercial.push_raw(b"\r\n{broken\r\n")
    wait_for(lambda: first <= keys(follower.pages))
    commercial.push_cut()
    wait_for(lambda: follower.is_over)
    assert keys(follower.pages) == first and isinstance(follower.error, Unreachable)
    assert sum(len(page.set_aside) for page in follower.pages) == 1
    clock.now += timedelta(minutes=10)
    follower = Follower(collector, QUERY, last_cursor(follower.pages))
    wait_for(lambda: commercial.push_count == 1)
    later = f"weibo:{commercial.add_post('#found# 后来')}"
    wait_for(lambda: later in keys(follower.pages))
    assert follower.end() < 3 and follower.error is None  # a silent stream hears the stop too
    (gap,) = [page.gap for page in follower.pages if page.gap]
    assert gap.span == Span(NOON, NOON + timedelta(minutes=10))
    assert commercial.requests_to("commercial/push")[-1].query["since_id"] == "20"
    collector.close()


def test_an_address_that_is_not_listed_needs_a_person(clock: Clock) -> None:
    with running(clock, contract="full", push_addresses=()) as server:
        collector = built(server, clock, "commercial_push", subid=server.subid)
        with pytest.raises(NeedsPerson, match="address"):
            list(collector.follow([QUERY], "", threading.Event()))
        collector.close()
