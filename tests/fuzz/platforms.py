"""Parsers of what platforms answer: JSON, stream frames and events, HTML, headers, cursors, sessions."""

# ruff: noqa: E501  (tables and examples, one case a line)
from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from collectors import (
    bluesky_mentions,
    bluesky_search,
    hashtags,
    mastodon_back,
    mastodon_text,
    mastodon_walk,
    session,
    session_ways,
    weibo,
    weibo_cursor,
    weibo_errors,
    x_compliance,
    x_stream,
    x_walk,
)
from collectors.bluesky_accounts import may_be_news, read_news
from collectors.bluesky_record import read_event, read_profile, read_view, read_views
from collectors.http import Answer, budget, error_of, wait_of
from collectors.jetstream import Wire, peek
from collectors.mastodon_events import EventReader
from collectors.mastodon_events import read_event as read_sse
from collectors.mastodon_instance import as_http, read_instance
from collectors.mastodon_status import read_status
from collectors.payload import Fields, Reading, decode_json, language, parse_time
from collectors.shapes import read_payload
from collectors.sieve import Sieve
from collectors.weibo_budget import Used
from collectors.weibo_comments import read_comment
from collectors.weibo_push import Lines, read_frame, wanted_of
from collectors.x import read_answer, time_of_id
from collectors.x_budget import Prices, cost_of
from collectors.x_http import problem_of
from store.codec import to_json
from store.errors import HomewardError
from store.records.page import TagQuery
from tests.fuzz.mutating import Make, clean_text, of_bytes, of_json, of_text, text_of
from tests.fuzz.target import Parse, Target

NOW = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)
POSTS = Path(__file__).resolve().parents[1] / "fixtures" / "posts"
DOCUMENTED: tuple[type[Exception], ...] = (HomewardError, ValueError)
QUERIES = (
    TagQuery(any=("SeenAtThePier", "宝贝回家", "HomewardTag")),
    TagQuery(all=("a", "b"), none=("c",), langs=("en",)),
)


def plain(parse: Parse) -> Callable[[Path], AbstractContextManager[Parse]]:
    """A parser that needs neither a folder nor an end."""

    @contextmanager
    def build(_: Path) -> Iterator[Parse]:
        yield parse

    return build


def files(*names: str) -> list[bytes]:
    """Fixtures by name; of JSON Lines each line by itself."""
    found: list[bytes] = []
    for name in names:
        data = (POSTS / name).read_bytes()
        found += data.splitlines() if name.endswith(".jsonl") else [data]
    return found


def _kept(reading: Reading) -> Reading:
    """What is read has to be storable as well: as JSON, as UTF-8, with times that have a zone."""
    for post in reading.posts:
        msgspec.json.encode(to_json(post))
        post.text.encode()
        assert post.key and post.received_at.tzinfo is not None
    return reading


def _json(read: Callable[[Any], Any]) -> Parse:
    def parse(data: bytes) -> object:
        found = read(decode_json(data))
        return _kept(found) if isinstance(found, Reading) else found

    return parse


def _answers(read: Callable[..., Reading]) -> Parse:
    """The platform's own reader and the one that tells platforms by their shape."""
    return _json(lambda value: read(value, NOW, where="a") + read_payload(value, NOW, where="b"))


def _platform(name: str, what: str, seeds: tuple[str, ...], read: Callable[..., Reading]) -> Target:
    make = of_json(files(*seeds))
    return Target(name, what, lambda _: make, plain(_answers(read)), DOCUMENTED)


def _weibo_list(value: Any, now: datetime, *, where: str) -> Reading:
    found = Reading()
    for item in weibo.statuses_of(value):
        found += weibo.read_status(item, now, where=where)
    code = weibo_errors.code_in(value)
    if code is not None:
        weibo_errors.error_of("source", "/path", code, wait_of({}, now))
    return found


def _bluesky(value: Any, now: datetime, *, where: str) -> Reading:
    read_profile(value)
    views = read_views(value, now, where=where) if isinstance(value, dict) else Reading()
    return views + read_event(value, now, where=where) + read_view(value, now, where=where)


def _x(value: Any, now: datetime, *, where: str) -> Reading:
    problem_of(value), cost_of(value, Prices()), x_stream.end_of(value, "source")
    return read_answer(value, now, where=where)


def _mastodon_profile(value: Any) -> object:
    found = read_instance(value)
    return as_http(found.streaming_url), found.websocket_only, session_ways.pds_of(Fields(value, []))


def _frames(wire: Wire) -> Parse:
    sieve = Sieve(QUERIES[:1], wire)

    def parse(data: bytes) -> object:
        peek(data, wire)
        if may_be_news(data):
            read_news(data, NOW)
        reading = sieve.read(data, NOW, "frame")
        # The cheap look may let through too much and never too little.
        assert not reading.posts or sieve.passes(data)
        return _kept(reading)

    return parse


def _events(data: bytes) -> object:
    reader, found = EventReader(20_000), Reading()
    for start in range(0, len(data), 997):
        for event in reader.feed(data[start : start + 997]):
            found += read_sse(event, NOW, host="a.example", where="stream")
    return _kept(found)


def _event_seeds() -> list[bytes]:
    status = (POSTS / "mastodon/status.json").read_bytes()
    line = json.dumps(json.loads(status)).encode()
    told = b"event: notification\ndata: " + b'{"type":"mention","status":' + line + b"}\n\n"
    return [
        b":thump\nevent: update\ndata: " + line + b"\n\n:)\n",
        b"event: delete\ndata: 1234567\n\n" + told,
        b"event: status.update\r\nid: 7\r\ndata: " + line + b"\r\n\r\n",
    ]


def _push(data: bytes) -> object:
    lines, found = Lines(), []
    for start in range(0, len(data), 613):
        for line in lines.add(data[start : start + 613]):
            frame = read_frame(line, NOW, "frame")
            found.append(_kept(wanted_of(QUERIES, frame)))
    return found


def _html(data: bytes) -> object:
    text = mastodon_text.plain_text(clean_text(data))
    assert "\x00" not in text
    return text


def _tags(data: bytes) -> object:
    text = clean_text(data)
    tags = (*hashtags.extract(text), *hashtags.extract(text, paired=True), *weibo.mentions_of(text))
    return [hashtags.normalise(tag) for tag in tags], hashtags.TagSet(tags[:5]).may_be_in(text)


def _times(data: bytes) -> object:
    text = text_of(data)
    ident = text.strip() if text.strip().isdecimal() and text.isascii() else "0"
    return parse_time(text), weibo.parse_date(text), language(text), time_of_id(ident[:40])


def _headers(data: bytes) -> object:
    parts = data.decode("latin-1").split("\n")
    names = (
        "retry-after",
        "x-ratelimit-reset",
        "x-rate-limit-reset",
        "ratelimit-remaining",
        "x-ratelimit-limit",
        "location",
    )
    given = dict(zip(names, parts, strict=False))
    answers = [Answer("source", "/path", status, given, data) for status in (301, 400, 401, 404, 429, 503)]
    found: list[object] = [budget(given, NOW), wait_of(given, NOW)]
    found += [error_of(answer, NOW) for answer in answers]
    return found


_CURSORS: tuple[Callable[[str], object], ...] = (
    mastodon_walk.load,
    mastodon_back.load,
    x_walk.load,
    lambda text: bluesky_search.load(text, "source"),
    lambda text: bluesky_mentions.load(text, "source", NOW),
    lambda text: weibo_cursor.load(text, "push", dict),
)


def _cursors(data: bytes) -> object:
    """Every reader of a cursor; each refuses by itself what is not its own."""
    found: list[object] = []
    for load in _CURSORS:
        try:
            found.append(load(text_of(data)))
        except DOCUMENTED as error:
            found.append(error)
    if all(isinstance(item, Exception) for item in found):
        raise ValueError("nobody's cursor")
    return found


def _cursor_seeds() -> list[bytes]:
    return [
        mastodon_walk.dump(mastodon_walk.Place(True, "12", rescan_at=NOW)).encode(),
        x_walk.dump(x_walk.Cursor(at=1, round=NOW, heard=NOW)).encode(),
        bluesky_search.dump(bluesky_search.Place(1, "abc", 3, 4)).encode(),
        bluesky_mentions.dump(bluesky_mentions.Place(5, "n", 6)).encode(),
        weibo_cursor.dump("push", Used(), mastodon_back.BackPlace("7")).encode(),
        b'{"below":"77"}', b"",
    ]  # fmt: skip


def _sessions(data: bytes) -> object:
    text = text_of(data)
    return session.loaded(text), session_ways.expiry_of(text), session_ways.scope_of(text)


def _session_seeds() -> list[bytes]:
    held = session.Session("bluesky:a.example", "aaa", "bbb", NOW, NOW, "did:plc:a", "https://pds.example")
    claims = base64.urlsafe_b64encode(
        json.dumps({"exp": 1_800_000_000, "scope": "com.atproto.access"}).encode()
    )
    return [held.dump().encode(), b"eyJhbGciOiJIUzI1NiJ9." + claims.rstrip(b"=") + b".c2ln"]


def _compliance(data: bytes) -> object:
    return [x_compliance._result(line) for line in x_compliance._lines(data)]


def targets() -> list[Target]:
    """All of them."""
    v1, v2 = files("bluesky/jetstream-v1.jsonl"), files("bluesky/jetstream-v2.jsonl")
    push = [(POSTS / "weibo/push.jsonl").read_bytes(), *files("weibo/push.jsonl")]
    status = json.loads((POSTS / "mastodon/status.json").read_bytes())
    comment = {"id": 7, "mid": "7", "text": "@demo 不用了", "created_at": "Sat Feb 07 09:30:00 +0800 2026",
               "user": {"id": 1, "screen_name": "甲人"}, "status": {"mid": "5", "id": 5}, "source": "<a>x</a>"}  # fmt: skip
    instance = {"version": "4.5.0", "source_url": "https://x.example/src", "configuration": {"urls": {
        "streaming": "wss://s.example"}, "timelines_access": {"hashtag_feeds": {"local": "public"}}},
        "service": [{"id": "#atproto_pds", "serviceEndpoint": "https://pds.example"}]}  # fmt: skip
    html = [
        status.get("content", ""),
        "<p>a<br>b &amp; <span class='invisible'>https://</span><a href='x'>c</a></p>",
    ]
    makers: dict[str, Make] = {
        "v1": of_json(v1), "v2": of_json(v2), "v1 bytes": of_bytes(v1), "events": of_bytes(_event_seeds()),
        "push": of_bytes(push), "comment": of_json([json.dumps(comment).encode()]),
        "instance": of_json([json.dumps(instance).encode()]), "html": of_text(html),
        "tags": of_text(["#宝贝回家# 走失 @甲人 //@乙人: #BringThemHome ＃随手拍", "#a#b##c #１２ #ß #ﬀ #İ #é"]),
        "times": of_text(["Sat Feb 07 09:30:00 +0800 2026", "2026-02-07T09:30:00.123456+08:00", "zh-Hant-TW", "1757"]),
        "headers": of_text(["120\n1770000000\n2026-02-07T09:30:00Z\n5\n300\nhttps://x.example/",
                            "Mon, 25 May 2026 08:05:00 GMT\n\n99999999999\n-1\nx\nhttp://[::1"]),
        "cursors": of_bytes(_cursor_seeds()), "sessions": of_bytes(_session_seeds()),
        "compliance": of_bytes([b'{"id":"1234","action":"delete","created_at":"2026-02-07T09:30:00.000Z",'
                                b'"reason":"deleted"}\n{"id":"5","action":"delete","reason":"scrub_geo"}\n']),
        "json": of_bytes(files("weibo/timeline.json", "x/search.json", "mastodon/timeline.json")),
    }  # fmt: skip

    def target(name: str, what: str, maker: str, parse: Parse) -> Target:
        return Target(name, what, lambda _: makers[maker], plain(parse), DOCUMENTED)

    return [
        target("json", "any platform's answer as bytes", "json", _json(lambda v: read_payload(v, NOW))),
        _platform("weibo", "Weibo: statuses", ("weibo/timeline.json", "weibo/statuses.json"), _weibo_list),
        _platform("x", "X: posts, stream lines, problems, costs",
                  ("x/search.json", "x/single.json", "x/posts_spelling.json", "x/empty.json"), _x),
        _platform("mastodon", "Mastodon: statuses",
                  ("mastodon/status.json", "mastodon/timeline.json", "mastodon/notifications.json",
                   "mastodon/grouped.json"), read_status),
        _platform("bluesky", "Bluesky: views, profiles, events",
                  ("bluesky/get_posts.json", "bluesky/jetstream-v1.jsonl"), _bluesky),
        target("weibo-comment", "Weibo: comments", "comment", _answers(read_comment)),
        target("weibo-push", "Weibo: lines of the push stream", "push", _push),
        target("x-compliance", "X: results of a compliance job", "compliance", _compliance),
        target("mastodon-stream", "Mastodon: server-sent events", "events", _events),
        target("mastodon-instance", "what a server says of itself; DID documents", "instance", _json(_mastodon_profile)),
        target("mastodon-html", "HTML of posts and profiles", "html", _html),
        target("jetstream-v1", "Bluesky: frames of the old format", "v1", _frames(Wire.V1)),
        target("jetstream-v2", "Bluesky: frames of the new format", "v2", _frames(Wire.V2)),
        target("jetstream-bytes", "Bluesky: frames broken as bytes", "v1 bytes", _frames(Wire.V1)),
        target("hashtags", "hashtags and mentions in texts", "tags", _tags),
        target("times", "times, languages and ids of platforms", "times", _times),
        target("headers", "rate-limit headers and refusals", "headers", _headers),
        target("cursors", "kept cursors of all collectors", "cursors", _cursors),
        target("sessions", "kept sessions, JWT claims", "sessions", _sessions),
    ]  # fmt: skip
