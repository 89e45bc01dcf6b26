"""Pure parts of reading Bluesky: search walks, mention walks, account events, servers of authors."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import bluesky_mentions as mentioned
from collectors import bluesky_search as past
from collectors.bluesky_accounts import may_be_news, read_news
from collectors.bluesky_home import Homes, with_originals
from collectors.context import Context
from collectors.http import Http
from collectors.payload import to_micros
from store.errors import BadPayload, PhotoUnavailable
from store.records.page import Span, TagQuery
from store.records.post import AccountState, Author, Media, Platform, Post

NOW = datetime(2026, 2, 8, 12, tzinfo=UTC)
SPAN = Span(NOW - timedelta(hours=2), NOW)
PLC = "did:plc:abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        (TagQuery(any=("found", "回家")), ("#found", "#回家")),
        (TagQuery(any=("found",), phrases=('a "red" coat',)), ('#found "a red coat"',)),
        (TagQuery(all=("found", "lost")), ("#found",)),
        (TagQuery(phrases=("red coat",)), ('"red coat"',)),
        (TagQuery(), ()),
    ],
)
def test_a_query_is_put_in_the_words_of_the_search(query: TagQuery, texts: tuple[str, ...]) -> None:
    assert past.texts(query) == texts


def test_a_page_is_asked_newest_first_within_the_span() -> None:
    query = TagQuery(any=("found",), all=("lost",), langs=("zh",))
    asked = past.params(query, "#found", SPAN, "50")
    assert ("sort", "latest") in asked and ("tag", "lost") in asked and ("lang", "zh") in asked
    assert ("since", "2026-02-08T10:00:00.000Z") in asked and ("until", "2026-02-08T12:00:00.000Z") in asked
    assert asked[-1] == ("cursor", "50")


@pytest.mark.parametrize(
    ("native", "seen", "hits", "goes_on", "words"),
    [
        ("b", 100, 5000, True, ""),
        ("", 100, 150, False, ""),  # some hits are always hidden
        ("", 100, None, False, ""),
        ("", 100, 200, False, "100 of 200"),
        ("a", 100, 100, False, "same page"),
        ("b", 1000, 5000, False, "left after 1000"),
    ],
)
def test_an_end_is_honest_or_a_gap(
    native: str, seen: int, hits: float | None, goes_on: bool, words: str
) -> None:
    oldest = NOW - timedelta(minutes=30)
    now = past.after(past.Place(native="a"), views=seen, oldest=oldest, native=native)
    is_on, gap = past.verdict(past.Place(native="a"), now, hits, SPAN, cap=1000)
    assert is_on is goes_on and (gap is not None) is bool(words)
    if gap is not None:
        assert words in gap.why and gap.span == Span(SPAN.start, oldest + timedelta(seconds=1))


def test_a_walk_without_any_post_leaves_the_whole_span_open() -> None:
    assert past.rest(past.Place(), SPAN, "w").span == SPAN


@given(st.text(max_size=40))
@settings(max_examples=40)
def test_a_strange_cursor_is_said_to_be_strange(cursor: str) -> None:
    for load in (lambda: past.load(cursor, "s"), lambda: mentioned.load(cursor, "s", NOW)):
        try:
            load()
        except BadPayload as error:
            assert "cursor" in str(error)


def told(minutes_ago: float, reason: str = "mention", number: int = 1) -> dict[str, Any]:
    moment = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    return {"uri": f"at://d/app.bsky.feed.post/{number}", "reason": reason, "indexedAt": moment}


def test_a_first_walk_of_mentions_goes_back_a_day_and_a_half_and_no_further() -> None:
    place = mentioned.load("", "s", NOW)
    step = mentioned.step(place, [told(10), told(60 * 40, number=2)], "next", NOW)
    assert step.uris == ("at://d/app.bsky.feed.post/1",) and not step.more
    assert step.place.until_us == to_micros(NOW - timedelta(minutes=10))


def test_a_walk_of_mentions_keeps_its_newest_over_pages_in_any_order() -> None:
    place = mentioned.Place(to_micros(NOW - timedelta(hours=1)))
    first = mentioned.step(place, [told(5, number=1), told(2, number=2)], "next", NOW)
    assert first.more and first.place.native == "next" and first.place.until_us == place.until_us
    second = mentioned.step(first.place, [told(3, number=3), told(90, number=4)], "more", NOW)
    assert not second.more and second.uris == ("at://d/app.bsky.feed.post/3",)
    assert second.place == mentioned.Place(to_micros(NOW - timedelta(minutes=2)))
    assert mentioned.load(mentioned.dump(first.place), "s", NOW) == first.place


def test_a_clock_that_runs_ahead_hides_no_later_mention() -> None:
    step = mentioned.step(mentioned.Place(1), [told(-600)], "", NOW)
    assert step.place.until_us == to_micros(NOW)


@pytest.mark.parametrize(
    "items", [[None], [{}], [{"reason": 5, "uri": [], "indexedAt": "x"}], [told(1, "like")]]
)
def test_notifications_that_name_no_post_are_passed_over(items: list[Any]) -> None:
    step = mentioned.step(mentioned.Place(1), items, "", NOW)
    assert step.uris == () and not step.more


@pytest.mark.parametrize(
    ("kind", "words", "state", "handle"),
    [
        ("account", {"active": False, "status": "deleted"}, AccountState.DELETED, ""),
        ("account", {"active": False, "status": "takendown"}, AccountState.HIDDEN, ""),
        ("account", {"active": False}, AccountState.HIDDEN, ""),
        ("account", {"active": True}, AccountState.ACTIVE, ""),
        ("identity", {"handle": "new.example"}, None, "new.example"),
    ],
)
def test_account_events_are_read_in_both_formats(
    kind: str, words: dict[str, Any], state: AccountState | None, handle: str
) -> None:
    v1 = {"did": PLC, "time_us": to_micros(NOW), "kind": kind, kind: words}
    payload = {"$type": f"network.bsky.jetstream.subscribeEvents#{kind}", "did": PLC, "seq": 1}
    v2 = {"$type": "message", "payload": {**payload, "time": NOW.isoformat(), kind: words}}
    for event in (v1, v2):
        data = json.dumps(event).encode()
        news = read_news(data, NOW + timedelta(days=1))
        assert may_be_news(data) and news is not None
        assert (news.author_id, news.state, news.handle, news.seen_at) == (PLC, state, handle, NOW)


@pytest.mark.parametrize(
    "event",
    [
        {"did": PLC, "kind": "account", "account": {"active": False, "status": "throttled"}},
        {"did": PLC, "kind": "account", "account": {"active": "no"}},
        {"did": PLC, "kind": "account", "account": []},
        {"kind": "account", "account": {"active": True}},
        {"did": PLC, "kind": "identity", "identity": {}},
        {"did": PLC, "kind": "commit", "account": {"active": False}},
        [],
    ],
)
def test_what_says_nothing_of_an_account_is_no_news(event: Any) -> None:
    assert read_news(json.dumps(event).encode(), NOW) is None


def homes(
    document: object, *, base: str = "https://plc.example", status: int = 200, fetched: bytes | None = None
) -> tuple[Homes, list[str]]:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, json=document)

    def fetch(url: str) -> bytes:
        asked.append(url)
        if fetched is None:
            raise PhotoUnavailable(url, "refused by the guard")
        return fetched

    context = Context("c@example.org", {}, lambda: NOW)
    directory = Http("src", base, context, transport=httpx.MockTransport(answer))
    return Homes(directory, fetch, lambda: 0.0), asked


def document(endpoint: object) -> dict[str, Any]:
    return {"service": [{"id": f"{PLC}#atproto_pds", "serviceEndpoint": endpoint}]}


@pytest.mark.parametrize(
    ("endpoint", "home"),
    [
        ("https://pds.example", "https://pds.example"),
        ("https://pds.example/", "https://pds.example"),
        ("https://pds.example/path", ""),
        ("https://user@pds.example", ""),
        ("http://pds.example", ""),
        ("http://127.0.0.1:99", ""),
        ("file:///etc/passwd", ""),
        (7, ""),
    ],
)
def test_only_the_origin_of_a_safe_server_is_taken(endpoint: object, home: str) -> None:
    made, asked = homes(document(endpoint))
    assert made.of(PLC) == made.of(PLC) == home
    assert asked == [f"https://plc.example/{PLC}"]


def test_a_server_on_this_machine_counts_when_the_directory_is_here_too() -> None:
    assert (
        homes(document("http://127.0.0.1:99"), base="http://127.0.0.1:5")[0].of(PLC) == "http://127.0.0.1:99"
    )


@pytest.mark.parametrize("status", [404, 410, 500, 429])
def test_a_directory_that_does_not_answer_leaves_the_picture_host(status: int) -> None:
    assert homes({}, status=status)[0].of(PLC) == ""


def test_a_host_that_a_stranger_named_is_asked_through_the_guard_alone() -> None:
    good = json.dumps(document("https://pds.example")).encode()
    made, asked = homes({}, fetched=good)
    assert made.of("did:web:some.example") == "https://pds.example"
    assert asked == ["https://some.example/.well-known/did.json"]
    assert homes({})[0].of("did:web:some.example") == ""
    assert homes({}, fetched=b"{}" * 40_000)[0].of("did:web:some.example") == ""


@pytest.mark.parametrize(
    "did",
    ["did:web:127.0.0.1", "did:web:localhost%3A80", "did:web:a.example:path", "did:key:z", "did:plc:x", ""],
)
def test_other_names_are_asked_of_nobody(did: str) -> None:
    made, asked = homes(document("https://pds.example"), fetched=b"{}")
    assert made.of(did) == "" and asked == []


def test_videos_and_foreign_addresses_keep_theirs() -> None:
    photo = Media("https://elsewhere.example/a.jpg")
    post = Post("bluesky:at://a", Platform.BLUESKY, Author(PLC), "", NOW, media=(photo,))
    assert with_originals(post, "https://pds.example") == post
    shown = replace(
        post, media=(replace(photo, url=f"https://cdn.bsky.app/img/feed_fullsize/plain/{PLC}/baf1@jpeg"),)
    )
    assert with_originals(shown, "").media == shown.media
    assert with_originals(shown, "https://pds.example").media[0].fallbacks == (shown.media[0].url,)
