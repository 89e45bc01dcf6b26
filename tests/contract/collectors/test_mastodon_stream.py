"""Streams of Mastodon in their odd cases: cut, doubled, silent, refused, malformed, of other software."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from collectors import mastodon_live, mastodon_stream
from collectors.base import NotSupported
from collectors.mastodon_stream import StreamRules
from store.errors import ConfigError, NeedsPerson, RateLimited, Unreachable
from store.records.page import TagQuery
from tests.contract.collectors.harness import CONTACT, QUERY
from tests.contract.collectors.mastodon_sse import (
    SECRETS,
    TOKEN,
    Following,
    SseServer,
    event,
    following,
    status,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop is noticed sooner, so that these tests need not wait for it."""
    monkeypatch.setattr(mastodon_stream, "TICK_S", 0.02)


@pytest.fixture
def server() -> Iterator[SseServer]:
    running = SseServer()
    yield running
    running.stop()


def test_posts_edits_and_deletions_come_as_the_server_tells_them(server: SseServer) -> None:
    with following(server.collector()) as heard:
        server.say(event("update", status("7")))
        heard.wait(lambda: heard.texts)
        edited = status("7", "other words #found", edited_at="2026-02-08T12:05:00.000Z")
        server.say(event("status.update", edited), event("delete", "7"))
        heard.wait(lambda: heard.gone)
    assert heard.texts == ["seen #found", "other words #found"]
    assert heard.gone == [f"mastodon:{server.url.removeprefix('http://')}#7"]
    posts = [post for page in heard.pages for post in page.posts]
    assert {post.key for post in posts} == {"mastodon:https://harbour.example/users/nora/statuses/7"}
    assert posts[0].version == "" and posts[1].version and posts[1].edited_at


def test_the_first_page_says_that_all_streams_are_open_and_no_page_moves_a_cursor(server: SseServer) -> None:
    queries = [TagQuery(any=("Found",)), TagQuery(any=("lost", "＃Seen"))]
    with following(server.collector(SECRETS, **TOKEN), queries) as heard:
        assert len(heard.pages) == 1 and heard.texts == []
        assert sorted(tag for tag, _ in server.readers) == ["", "found", "lost", "seen"]
        server.say(event("update", status("1", "lost #lost", tags=[{"name": "lost"}])), tag="lost")
        mention = {"id": "9", "type": "mention", "status": status("2", "@homebot here", tags=[])}
        server.say(event("notification", {"id": "8", "type": "favourite", "status": None}), tag="")
        server.say(event("notification", mention), tag="")
        heard.wait(lambda: len(heard.texts) == 2)
    assert all(page.cursor is None and page.complete_until is None for page in heard.pages)
    sent = [headers for path, _, headers in server.asked if "streaming" in path]
    assert {headers.get("Authorization") for headers in sent} == {"Bearer tok-1"}
    assert {headers.get("User-Agent") for headers in sent} == {f"Homeward/0.1 (+{CONTACT})"}


def test_the_same_post_on_two_channels_or_doubled_is_handed_on_once(server: SseServer) -> None:
    queries = [QUERY, TagQuery(any=("lost",))]
    both = event("update", status("1", tags=[{"name": "found"}, {"name": "lost"}]))
    with following(server.collector(), queries) as heard:
        server.say(both, both)
        server.say(both, tag="lost")
        server.say(event("update", status("2", "the end #found")))
        server.say(event("update", status("3", "the end #lost")), tag="lost")
        heard.wait(lambda: len(heard.texts) >= 3)
    assert sorted(heard.texts) == ["seen #found", "the end #found", "the end #lost"]


def test_what_the_query_does_not_want_is_left_out(server: SseServer) -> None:
    query = TagQuery(any=("found",), phrases=("PIER",), not_authors=("nora@elsewhere.example",))
    with following(server.collector(local_only=True), [query]) as heard:
        server.say(event("update", status("1", "in the park #found")))
        server.say(event("update", status("2", "at the pier #found")))
        heard.wait(lambda: heard.texts)
    assert heard.texts == ["at the pier #found"]
    assert server.asked[-1][0] == "/api/v1/streaming/hashtag/local"


def test_a_stream_cut_at_each_byte_of_an_event_ends_and_hands_on_only_whole_events(server: SseServer) -> None:
    first, second = event("update", status("1", "whole #found")), event("update", {"id": "2", "uri": "u"})
    collector = server.collector()
    for cut_at in range(0, len(second), 23):
        running = Following(collector, [QUERY])
        running.thread.start()
        running.wait(lambda running=running: running.pages)
        server.say(first, second[:cut_at])
        running.wait(lambda running=running: running.texts)
        server.cut()
        assert isinstance(running.end(), Unreachable)
        assert running.texts == ["whole #found"] and not any(page.set_aside for page in running.pages)
    collector.close()


def test_an_event_in_single_bytes_with_other_line_ends_is_one_event(server: SseServer) -> None:
    whole = event("update", status("1", "привет 👋🏽 #found")).replace(b"\n", b"\r\n")
    with following(server.collector()) as heard:
        server.say(*(whole[n : n + 1] for n in range(len(whole))))
        heard.wait(lambda: heard.texts)
    assert heard.texts == ["привет 👋🏽 #found"]


def test_malformed_events_are_set_aside_and_the_next_is_read(server: SseServer) -> None:
    broken = [
        event("update", '{"id": "1", "uri"'),
        event("update", "[1, 2]"),
        event("update", status("3", uri=None, url=None)),
        b"event: update\ndata: \xff\xfe\n\n",
        event("delete", ""),
        event("delete", '{"id": 3}'),
        event("notification", "7"),
    ]
    harmless = [
        event("filters_changed", ""),
        event("announcement", {"id": "1"}),
        b"data: no name\n\n",
        b"nonsense without a colon\n\n",
        b":thump\n\n",
        b"\n\n\n",
    ]
    with following(server.collector()) as heard:
        server.say(*broken, *harmless, event("update", status("9", "after all that #found")))
        heard.wait(lambda: heard.texts)
    aside = [item for page in heard.pages for item in page.set_aside]
    assert len(aside) == len(broken) and all(item.where and item.reason for item in aside)
    assert heard.texts == ["after all that #found"] and heard.gone == [] and heard.raised is None


def test_a_flood_without_a_line_end_takes_no_memory_and_is_one_thing_set_aside(server: SseServer) -> None:
    with following(server.collector()) as heard:
        server.say(b"event: update\ndata: ", *[b"x" * 60_000] * 40, b"\n\n")
        server.say(event("update", status("1", "after the flood #found")))
        heard.wait(lambda: heard.texts)
    (item,) = [item for page in heard.pages for item in page.set_aside]
    assert "more than 1000000 bytes" in item.reason and len(item.sample) < 200


def test_ids_of_deletions_may_hold_letters_or_quotes(server: SseServer) -> None:
    with following(server.collector()) as heard:
        server.say(event("delete", "01J0AAAAAAAAAAAAAAAAAAAAAA"), event("delete", '"115"'))
        heard.wait(lambda: len(heard.gone) == 2)
    assert [key.partition("#")[2] for key in heard.gone] == ["01J0AAAAAAAAAAAAAAAAAAAAAA", "115"]


# ── ends ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("hard", [False, True])
def test_one_broken_connection_ends_the_whole_after_what_was_heard(server: SseServer, hard: bool) -> None:
    collector = server.collector()
    with following(collector, [QUERY, TagQuery(any=("lost",))]) as heard:
        server.say(event("update", status("1")), tag="lost")
        heard.wait(lambda: heard.texts)
        server.cut(hard=hard)
        assert isinstance(heard.end(), Unreachable)


def test_a_stream_that_falls_silent_is_ended_and_said_so(server: SseServer) -> None:
    with following(server.collector(stream_silence_s=1.0)) as heard:
        ended = heard.end()
    assert isinstance(ended, Unreachable) and "nothing came for 1 s" in ended.detail


def test_heartbeats_keep_it_alive_and_bring_an_empty_page_now_and_then(
    server: SseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = StreamRules(silence_s=1.0, quiet_s=0.3)
    monkeypatch.setattr(mastodon_live, "StreamRules", lambda **_: quick)
    with following(server.collector()) as heard:
        beating = threading.Event()

        def beat() -> None:
            while not beating.wait(0.2):
                server.say(b":thump\n\n")

        beats = threading.Thread(target=beat)
        beats.start()
        heard.wait(lambda: len(heard.pages) >= 5)
        beating.set()
        beats.join()
    assert heard.raised is None and heard.texts == []
    assert not any(page.posts or page.gone or page.set_aside for page in heard.pages)


def test_it_ends_at_once_when_it_is_told_to_stop(server: SseServer) -> None:
    stop = threading.Event()
    stop.set()
    collector = server.collector()
    assert list(collector.follow([QUERY], "", stop)) == []
    collector.close()


# ── what a server has, and to whom it gives it ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        ((404, {}, b'{"error":"Not Found"}'), NotSupported, "no streaming"),
        ((404, {"Content-Type": "text/html"}, b"<html>no</html>"), NotSupported, "no streaming"),
        ((501, {}, b""), NotSupported, "no streaming"),
        ((400, {"Content-Type": "text/plain"}, b"Bad Request"), NotSupported, "WebSocket"),
        ((426, {"Upgrade": "websocket"}, b"upgrade required"), NotSupported, "WebSocket"),
        ((200, {"Content-Type": "text/html"}, b"<html>welcome</html>"), NotSupported, "text/html"),
        ((200, {}, b"{}"), NotSupported, "application/json"),
        ((401, {}, b'{"error":"Missing access token"}'), NeedsPerson, "read:statuses"),
        ((403, {}, b""), NeedsPerson, "read:statuses"),
        ((422, {}, b'{"error":"This method requires an authenticated user"}'), NeedsPerson, "token"),
        ((301, {"Location": "https://stream.example/api"}, b""), NeedsPerson, "stream.example"),
        ((429, {"X-RateLimit-Reset": "2999-01-01T00:00:00.000Z"}, b"<html>"), RateLimited, "wait"),
        ((503, {"Content-Type": "text/plain"}, b"down for maintenance"), Unreachable, "503"),
    ],
)
def test_what_a_server_answers_instead_of_a_stream_is_told_apart(
    server: SseServer, reply: Any, kind: type[Exception], words: str
) -> None:
    server.replies["*"] = reply
    collector = server.collector()
    with pytest.raises(kind, match=words):
        list(collector.follow([QUERY], "", threading.Event()))
    collector.close()


@pytest.mark.parametrize("withholds_head", [True, False])
def test_a_server_that_takes_the_connection_and_says_nothing_has_no_stream_for_us(
    server: SseServer, withholds_head: bool
) -> None:
    server.is_silent, server.withholds_head = True, withholds_head
    collector = server.collector(stream_silence_s=1.0)
    with pytest.raises(NotSupported, match="WebSocket alone, or a proxy"):
        list(collector.follow([QUERY], "", threading.Event()))
    collector.close()


@pytest.mark.parametrize(
    "instance",
    [
        {"version": "0.16.0+git", "source_url": "https://github.com/superseriousbusiness/gotosocial"},
        {"version": "2.7.2 (compatible; Pleroma 2.6.0)"},
        {"version": "2.7.2 (compatible; Akkoma 3.13)"},
    ],
)
def test_software_that_streams_over_websocket_alone_is_known_by_its_page_and_not_tried(
    server: SseServer, instance: dict[str, str]
) -> None:
    server.instance = 200, {}, json.dumps(instance).encode()
    collector = server.collector()
    with pytest.raises(NotSupported, match="WebSocket alone"):
        list(collector.follow([QUERY], "", threading.Event()))
    assert not any("streaming" in path for path, _, _ in server.asked)
    collector.close()


def test_a_refused_notification_stream_is_left_out_and_the_hashtags_go_on(server: SseServer) -> None:
    server.replies[""] = 403, {}, b'{"error":"This action is outside the authorized scopes"}'
    with following(server.collector(SECRETS, **TOKEN)) as heard:
        server.say(event("update", status("1")))
        heard.wait(lambda: heard.texts)
    assert "mentions come by polls alone" in heard.pages[0].budget.warning and heard.raised is None


def test_hashtags_beyond_the_most_are_left_to_the_polls_and_that_is_said(server: SseServer) -> None:
    queries = [TagQuery(any=(name,)) for name in ("found", "b", "c")]
    with following(server.collector(max_streams=2), queries) as heard:
        assert sorted(tag for tag, _ in server.readers) == ["b", "found"]
    assert "#c come by polls alone" in heard.pages[0].budget.warning


# ── where the token goes ──────────────────────────────────────────────────────────────────────────


def test_the_token_does_not_follow_to_a_host_that_only_the_server_names(server: SseServer) -> None:
    other = SseServer()
    streaming = other.url.replace("http", "ws")
    server.instance = 200, {}, json.dumps({"configuration": {"urls": {"streaming": streaming}}}).encode()
    collector = server.collector(SECRETS, **TOKEN)
    with pytest.raises(NeedsPerson, match=f"set streaming_url: {other.url}"):
        list(collector.follow([QUERY], "", threading.Event()))
    assert other.asked == [] and not any("streaming" in path for path, _, _ in server.asked)
    collector.close()
    with following(server.collector(SECRETS, **TOKEN, streaming_url=other.url)) as heard:
        other.say(event("update", status("5")))
        heard.wait(lambda: heard.texts)
    assert {headers["Authorization"] for _, _, headers in other.asked} == {"Bearer tok-1"}
    other.stop()


def test_a_server_that_names_itself_in_the_old_or_the_new_page_is_followed(server: SseServer) -> None:
    own = server.url.replace("http", "ws")
    for page in ({"configuration": {"urls": {"streaming": own}}}, {"urls": {"streaming_api": f"{own}/"}}):
        server.instance = 200, {}, json.dumps(page).encode()
        with following(server.collector()):
            pass


def test_a_streaming_address_that_cannot_be_is_refused_in_the_config(server: SseServer) -> None:
    for address in ("ftp://stream.example", "http://stream.example", "https://u:p@stream.example"):
        with pytest.raises(ConfigError, match="streaming_url"):
            server.collector(streaming_url=address)
    assert server.collector(stream=False).spec.streams is False
    with pytest.raises(NotSupported, match="off"):
        list(server.collector(stream=False).follow([QUERY], "", threading.Event()))


# ── trying it out ─────────────────────────────────────────────────────────────────────────────────


def tried(server: SseServer, *, token: bool = False, **options: Any) -> Any:
    collector = server.collector(SECRETS, **(TOKEN if token else {}), **options)
    found = {item.part: item for item in collector.check([QUERY])}  # type: ignore[attr-defined]
    collector.close()
    return found.get("stream")


def test_a_check_says_whether_the_stream_speaks_and_what_to_do_if_not(server: SseServer) -> None:
    works = tried(server)
    assert works.ok and "#found is streamed" in works.words
    server.replies["*"] = 404, {}, b"{}"
    absent = tried(server)
    assert absent.ok and "polls only" in absent.words and "no streaming" in absent.words
    server.replies["*"] = 401, {}, b"{}"
    anonymous, refused = tried(server), tried(server, token=True)
    assert anonymous.ok and "polls only" in anonymous.words and "they need a token" in anonymous.words
    assert not refused.ok and "refused (401)" in refused.words
    server.replies["*"] = 503, {}, b"down"
    assert not tried(server).ok
    server.replies.clear()
    server.is_silent = True
    assert "WebSocket" in tried(server, stream_silence_s=1.0).words
    assert tried(server, stream=False) is None
    page = {"configuration": {"urls": {"streaming": "wss://stream.example"}}}
    server.instance = 200, {}, json.dumps(page).encode()
    elsewhere = tried(server, token=True)
    assert not elsewhere.ok and "set streaming_url: https://stream.example" in elsewhere.words
