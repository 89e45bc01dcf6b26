"""The past of a hashtag on Mastodon: walked back within a span, with ids made of times and with others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from collectors import mastodon_back as back
from collectors.base import Checked, Checks, Collector
from collectors.mastodon_walk import Seen
from store.errors import BadPayload, NeedsPerson
from store.records.page import Page, Span, TagQuery
from tests.contract.collectors.harness import QUERY, START, keys
from tests.contract.collectors.mastodon_server import MastodonHarness

SECRETS = {"HOMEWARD_MASTODON_TOKEN": "tok-1"}


@pytest.fixture
def server() -> Iterator[MastodonHarness]:
    harness = MastodonHarness()
    harness.start()
    yield harness
    harness.stop()


def old(server: MastodonHarness, days: float, *, made_of_time: bool = True) -> str:
    """A status written so many days before the start; gives its key."""
    moment = START - timedelta(days=days)
    values = {"created_at": moment.isoformat().replace("+00:00", "Z")}
    values["id"] = back.id_at(moment) if made_of_time else f"01{int(moment.timestamp())}X"
    return f"mastodon:{server.add('old #found', **values)['uri']}"


def walked(collector: Collector, span: Span) -> list[Page]:
    cursor, found = "", []
    for _ in range(100):
        found.append(collector.search(QUERY, span, cursor))
        if not found[-1].more:
            return found
        assert found[-1].cursor
        cursor = found[-1].cursor
    raise AssertionError("the walk does not end")


def days(start: float, end: float) -> Span:
    return Span(START - timedelta(days=start), START - timedelta(days=end))


@pytest.mark.parametrize("made_of_time", [True, False])
def test_exactly_the_posts_of_the_span_are_read(server: MastodonHarness, made_of_time: bool) -> None:
    published = {day: old(server, day, made_of_time=made_of_time) for day in range(1, 41)}
    collector = server.collector()
    pages = walked(collector, days(20.5, 10.5))
    assert keys(pages) == {published[day] for day in range(11, 21)}
    assert all(page.budget.remaining == 250 for page in pages)
    collector.close()


def test_ids_made_of_times_let_the_walk_jump_to_the_end_of_the_span(server: MastodonHarness) -> None:
    for day in range(1, 61):
        old(server, day)
    collector = server.collector()
    assert len(walked(collector, days(58.5, 56.5))) <= 4
    collector.close()


def test_a_walk_goes_on_from_any_of_its_places(server: MastodonHarness) -> None:
    published = {old(server, day) for day in range(1, 13)}
    collector, cursor, seen = server.collector(), "", set[str]()
    for _ in range(20):
        page = collector.search(QUERY, days(30, 0), cursor)
        seen |= keys([page])
        collector.close()
        collector = server.collector()
        if not page.more:
            break
        cursor = page.cursor or ""
    assert seen == published
    collector.close()


def test_an_empty_past_and_an_unknown_hashtag_end_at_once(server: MastodonHarness) -> None:
    collector = server.collector()
    assert len(walked(collector, days(9, 1))) == 1
    old(server, 2)
    assert keys(walked(collector, days(90, 30))) == set()
    page = collector.search(TagQuery(any=("nobody",)), days(9, 1), "")
    assert (page.posts, page.more) == ((), False)
    collector.close()


def test_a_server_that_repeats_itself_does_not_hold_the_walk_up(server: MastodonHarness) -> None:
    server.twice = server.shuffled = True
    published = {old(server, day) for day in range(1, 8)}
    collector = server.collector()
    assert keys(walked(collector, days(30, 0))) == published
    collector.close()


def test_a_place_that_is_not_ours_and_a_refused_reader_are_said_so(server: MastodonHarness) -> None:
    collector = server.collector()
    with pytest.raises(BadPayload, match="place in the past"):
        collector.search(QUERY, days(2, 1), "{no")
    server.access = "disabled"
    with pytest.raises(NeedsPerson, match="disabled"):
        collector.search(QUERY, days(2, 1), "")
    collector.close()


@pytest.mark.parametrize("ident", ["", "abc", "9" * 30, "0"])
def test_an_id_that_tells_no_time_leads_to_no_jump(ident: str) -> None:
    seen = Seen(ident, START)
    found = back.moved(back.BackPlace(), [seen], days(3, 2))
    assert found is None or back.load(found).below == ident


def test_the_first_id_of_a_moment_lies_where_the_server_puts_it() -> None:
    # The example of a status in docs.joinmastodon.org/entities/Status.
    ident, moment = "103270115826048975", datetime.fromisoformat("2019-12-08T03:48:33.901+00:00")
    assert abs(int(ident) - int(back.id_at(moment))) < 100 << 16, "within a tenth of a second"


def tried(server: MastodonHarness, token: bool = False) -> dict[str, Checked]:
    options = {"token_secret": "HOMEWARD_MASTODON_TOKEN"} if token else {}
    collector = server.collector(SECRETS if token else None, **options)
    assert isinstance(collector, Checks)
    found = {item.part: item for item in collector.check((QUERY,))}
    collector.close()
    return found


def test_a_source_says_of_each_part_that_it_works(server: MastodonHarness) -> None:
    server.publish(2)
    found = tried(server, token=True)
    assert list(found) == ["server", "timeline", "stream", "token"] and all(
        item.ok for item in found.values()
    )
    assert "2 posts" in found["timeline"].words


def test_a_source_says_what_is_missing_and_how_to_get_it(server: MastodonHarness) -> None:
    server.access = "authenticated"
    found = tried(server)
    assert found["server"].ok and not found["timeline"].ok
    assert "token_secret" in found["timeline"].words and found["timeline"].way_out
    server.stop()
    found = tried(server)
    assert list(found) == ["server"] and not found["server"].ok and "network" in found["server"].way_out
