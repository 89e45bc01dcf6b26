"""What every adapter makes of answers that are cut, wrong, odd or hostile. The same over all of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Page
from store.records.post import Post
from tests.contract.collectors.harness import Cable, Harness, Odd, Reply, keys, last_cursor, posts

SWEPT = 3000  # bytes: longer than any answer of two posts; what follows are further answers
SPOTS = 10  # each costs a connection; all of them are swept by `make soak`


class Recorded:
    """A collector whose pages are kept, also those that came before an error."""

    def __init__(self, collector: Any) -> None:
        self._collector = collector
        self.pages: list[Page] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collector, name)

    def _kept(self, page: Page) -> Page:
        self.pages.append(page)
        return page

    def poll(self, *asked: Any) -> Page:
        return self._kept(self._collector.poll(*asked))

    def mentions(self, *asked: Any) -> Page:
        return self._kept(self._collector.mentions(*asked))

    def follow(self, *asked: Any) -> Iterator[Page]:
        return (self._kept(page) for page in self._collector.follow(*asked))


def swept(server: Harness, spots: Callable[[int], Iterable[int]], *, count: int) -> None:
    """Read up to each spot, then go on from where the last page was."""
    published = set(server.publish(count))
    cable = server.cable()
    options = cable.through(server.options())
    try:
        collector = server.collector(**options)
        assert keys(server.drain(collector, server.beginning())) == published
        collector.close()
        assert cable.passed > 200
        for at in spots(cable.passed):
            assert cut_and_read_on(server, cable, options, at) == published, f"cut at byte {at}"
    finally:
        cable.stop()


def cut_and_read_on(server: Harness, cable: Cable, options: dict[str, Any], at: int) -> set[str]:
    """The posts that came before the cut and those after it."""
    collector = Recorded(server.collector(**options))
    cable.at = at
    try:
        server.drain(collector, server.beginning())  # type: ignore[arg-type]
    except SourceError as error:
        assert error.subject == "source"
    before = list(collector.pages)
    cable.at = None
    place, after = last_cursor(before, server.beginning()), list[Page]()
    try:
        after = server.drain(collector, place)  # type: ignore[arg-type]
    except Unreachable:  # The cut came behind a whole answer: only the next request meets it.
        after = server.drain(collector, place)  # type: ignore[arg-type]
    collector.close()
    return keys(before) | keys(after)


def test_an_answer_cut_at_any_byte_loses_nothing_sampled(server: Harness) -> None:
    def some(length: int) -> Iterable[int]:
        draw = random.Random(length)
        return [0, 1, 14, length - 1, *(draw.randrange(length) for _ in range(SPOTS - 4))]

    swept(server, some, count=5)


@pytest.mark.soak
def test_an_answer_cut_at_any_byte_loses_nothing_swept(server: Harness) -> None:
    swept(server, lambda length: range(min(length, SWEPT)), count=2)


def interrupted(server: Harness, refusal: Reply, kind: type[SourceError]) -> None:
    """A walk is refused between two pages and goes on afterwards."""
    published = set(server.publish(server.many))
    collector = Recorded(server.collector())
    server.drain(collector, server.beginning())  # type: ignore[arg-type]
    first = next((page for page in collector.pages if page.posts), Page())
    place = last_cursor(collector.pages[: collector.pages.index(first) + 1], server.beginning())
    server.refusal = refusal
    with pytest.raises(kind):
        server.drain(collector, place)  # type: ignore[arg-type]
    server.refusal = None
    rest = server.drain(collector, place)  # type: ignore[arg-type]
    assert keys([first, *rest]) == published
    collector.close()


def test_a_token_that_runs_out_in_the_middle_loses_nothing(server: Harness) -> None:
    interrupted(server, (401, {}, b'{"error":"The access token was revoked"}'), NeedsPerson)


def test_a_limit_in_the_middle_of_a_walk_loses_nothing(server: Harness) -> None:
    interrupted(server, (429, {"Retry-After": "9"}, b"slow down"), RateLimited)


NO_JSON = (
    b"", b'{"data":', b"\xff\xfe{}", b"[" * 100_000, b'{"a":' * 50_000, b"\x00", b"NaN", b"<p>", b"Sorry!",
)  # fmt: skip


def test_an_answer_that_is_no_json_is_a_bad_payload(server: Harness) -> None:
    (key,) = server.publish()
    collector = server.collector()
    for body in NO_JSON:
        server.refusal = (200, {}, body)
        with pytest.raises(BadPayload):
            collector.lookup([server.native_id(key)])
    server.refusal = None
    assert [type(item) for item in collector.lookup([server.native_id(key)])] == [Post]
    collector.close()


def read(server: Harness, *odds: Odd) -> tuple[dict[str, Post], list[Page]]:
    """The odd posts among ordinary ones, all read in one walk; every ordinary one has to be there."""
    ordinary = set(server.publish(2))
    wanted = [server.odd(odd) for odd in odds]
    ordinary |= set(server.publish(2))
    collector = server.collector()
    pages = server.drain(collector, server.beginning())
    later = set(server.publish(2))
    pages += server.drain(collector, last_cursor(pages))
    collector.close()
    assert keys(pages) >= ordinary | later
    found = {post.key: post for post in posts(pages)}
    return {key: found[key] for key in wanted if key in found}, pages


def test_fields_of_other_types_are_named_and_the_post_is_kept(server: Harness) -> None:
    found, pages = read(server, Odd(is_wrong=True))
    aside = [item for page in pages for item in page.set_aside]
    assert found or aside
    for post in found.values():
        assert post.problems and post.raw and "found" in post.text
        assert post.received_at.tzinfo and (post.created_at is None or post.created_at.tzinfo)


CLAIMED = tuple(datetime(year, 1, 1, tzinfo=UTC) for year in (2036, 3026, 1970))


def test_a_clock_that_lies_moves_neither_the_post_nor_the_cursor(server: Harness) -> None:
    found, _ = read(server, *(Odd(at=claimed) for claimed in CLAIMED))
    assert len(found) == len(CLAIMED)
    for post, claimed in zip(found.values(), CLAIMED, strict=True):
        assert post.created_at in (claimed, None) or "earlier time" in str(post.problems)
        assert post.written_at <= post.received_at <= server.now


DATES = (
    "yesterday", "2026-13-45T99:99:99Z", "0000-00-00", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "2026-02-08", "2026-02-08T12:00:00", "２０２６-02-08T12:00:00Z",
    "1e400", 1e300, -1, 0, True, [], {}, "9" * 5000, "\u202e8002",
)  # fmt: skip


def test_a_date_of_any_broken_shape_costs_no_post(server: Harness) -> None:
    found, _ = read(server, *(Odd(date=date) for date in DATES))
    assert len(found) == len(DATES)
    for post in found.values():
        assert post.created_at is None or post.created_at.tzinfo is not None
        assert post.created_at is not None or post.problems
        assert post.written_at <= post.received_at


def test_ids_beyond_64_bits_are_kept_as_they_are(server: Harness) -> None:
    first, second = str(2**70 + 1), str(2**200 + 3)
    wanted = [server.odd(Odd(ident=first)), server.odd(Odd(ident=second))]
    collector = server.collector()
    pages = server.drain(collector, server.beginning())
    assert keys(pages) == set(wanted)
    for post, ident in zip(sorted(posts(pages), key=lambda p: len(p.key)), (first, second), strict=True):
        assert ident in post.native_id and ident in post.key
    found = collector.lookup([server.native_id(key) for key in wanted]) if server.kind != "archive" else []
    assert all(isinstance(item, Post) for item in found)
    collector.close()


def test_a_photo_without_address_is_named_and_the_post_is_kept(server: Harness) -> None:
    found, _ = read(server, Odd(bare_photo=True))
    (post,) = found.values()
    assert all(media.url for media in post.media) and post.problems


BOMBS = (
    "<b>" * 15_000, "<div><p>" * 6_000, "<a href='" + "x" * 40_000, "<!--" + "-" * 40_000, "<" * 40_000,
    "&amp;" * 8_000 + "&#x110000;&#99999999999;&#0;&nosuch;&#xd800;",
)  # fmt: skip


def test_an_html_bomb_is_a_text_like_any_other(server: Harness) -> None:
    began = time.process_time()
    found, _ = read(server, *(Odd(text=f"#found {bomb}") for bomb in BOMBS))
    assert len(found) == len(BOMBS) and time.process_time() - began < 2


TEXTS = (
    "\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd",
    "\u0645\u0631\u062d\u0628\u0627 \u202e\u05d3\u05e8\u202c \u2066x\u2069", "a\u200bb\u200c\u200d\ufeffc",
    "NUL \x00 and \x1b[31m and \x7f", "e\u0301\u0327" + "\u0300" * 300, "\U0010ffff \ue000 \ufffe",
    "a\u2028b\u2029c\x85d", "\ufdfa \uff03\uff46\uff4f \ufe5fx 寻人 \U00020bb7", "\u3164\u115f\u17b4",
)  # fmt: skip


def test_any_unicode_is_read(server: Harness) -> None:
    found, pages = read(server, *(Odd(text=f"#found {text}") for text in TEXTS))
    assert len(found) == len(TEXTS) and all(page.set_aside == () for page in pages)
    for post in found.values():
        assert "found" in post.text and "found" in {tag.lower() for tag in post.hashtags}


def test_a_half_of_a_character_is_read_or_set_aside(server: Harness) -> None:
    """JSON can escape a lone surrogate, which is no text; the others of the page are read."""
    found, pages = read(server, Odd(text="#found \ud83d half"), Odd(text="#found other half \udc00"))
    aside = [item for page in pages for item in page.set_aside]
    assert len(found) + len(aside) >= 2 and all(item.reason for item in aside)


def test_an_edit_is_another_version_of_the_same_post(server: Harness) -> None:
    (key,) = server.publish(text="first words #found")
    collector = server.collector()
    pages = server.drain(collector, server.beginning())
    (old,) = {post.version: post for post in posts(pages)}.values()
    server.tick(60)
    server.edit(key, "other words #found")
    seen = posts(server.drain(collector, last_cursor(pages)))
    if server.kind != "archive":
        seen += [item for item in collector.lookup([server.native_id(key)]) if isinstance(item, Post)]
    new = [post for post in seen if post.key == key and post.version != old.version]
    assert old.key == key and new and all("other words" in post.text for post in new)
    collector.close()


def test_what_is_out_of_order_in_time_is_read_all_the_same(server: Harness) -> None:
    hours = [5, -3, 0, 240, -240]
    times = [server.now + timedelta(hours=each) for each in hours]
    found, _ = read(server, *(Odd(at=moment) for moment in times))
    assert len(found) == len(hours)
