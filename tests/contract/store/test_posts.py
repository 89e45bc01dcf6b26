"""Posts: delivered however often, from however many servers, edited, deleted, in any text."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import counters, photos, posts, sightings, sources
from store import tables as t
from store.db import Store
from store.records.page import SetAside
from store.records.permit import Permit, Use, Why
from store.records.photo import PhotoState
from store.records.post import AuthorSign, Gone, Observation, Platform
from store.records.sighting import FirstHand, Sighting, When, Where, Who
from tests import makers
from tests.stores import START, Clock


def count(store: Store, table: sa.Table) -> int:
    with store.reading() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_the_same_post_delivered_ten_times_is_one_row(store: Store) -> None:
    for _ in range(10):
        with store.transaction() as tx:
            posts.put(tx, makers.post(media=(makers.media(),)), makers.ALL, START)
    assert count(store, t.posts) == 1
    assert count(store, t.media) == 1
    with store.reading() as tx:
        assert counters.value(tx, "posts") == 1


def test_a_post_seen_on_three_servers_is_one_post_with_three_observations(store: Store) -> None:
    for server in ("a", "b", "c"):
        with store.transaction() as tx:
            posts.put(tx, makers.post(native_id=server), makers.ALL, START)
            posts.observe(tx, Observation(makers.post().key, server, "Tag", f"{server}-1", START))
    assert count(store, t.posts) == 1
    with store.reading() as tx:
        seen = posts.observations_of(tx, makers.post().key)
    assert {(o.source, o.native_id) for o in seen} == {("a", "a-1"), ("b", "b-1"), ("c", "c-1")}


def test_an_edit_keeps_the_earlier_version_and_wants_a_new_picture(store: Store, clock: Clock) -> None:
    first = makers.post(media=(makers.media("a.jpg"),))
    edited = makers.post(
        text="It was the bus station #Tag",
        version="2",
        edited_at=START + timedelta(minutes=5),
        media=(makers.media("b.jpg"),),
    )
    with store.transaction() as tx:
        assert posts.put(tx, first, makers.ALL, clock())
        posts.set_media(tx, first.key, 0, PhotoState.KEPT, photo="a" * 64)
        assert posts.put(tx, edited, makers.ALL, clock())
    with store.reading() as tx:
        assert posts.get(tx, first.key).text == "It was the bus station #Tag"
        assert posts.versions_of(tx, first.key) == [""]
        assert posts.media_of(tx, first.key)[0].state is PhotoState.WANTED


def test_an_older_version_that_arrives_late_does_not_replace_the_newer_one(store: Store) -> None:
    newer = makers.post(text="new", version="2", edited_at=START + timedelta(minutes=5))
    with store.transaction() as tx:
        posts.put(tx, newer, makers.ALL, START)
        posts.put(tx, makers.post(text="old", version="1", edited_at=START), makers.ALL, START)
    with store.reading() as tx:
        assert posts.get(tx, newer.key).text == "new"
        assert posts.versions_of(tx, newer.key) == ["1"]


def test_a_post_comes_back_as_it_went_in(store: Store) -> None:
    whole = makers.post(
        author=makers.post().author.__class__("1", "h", "N", "Chengdu", frozenset({AuthorSign.BOT})),
        media=(
            makers.media(fallbacks=("https://x.example/2",), alt_text="alt", referer="r", sensitive=True),
        ),
        mentions=("bot@b.example",),
        zone_offset_min=480,
        content_warning="cw",
        problems=("language",),
    )
    with store.transaction() as tx:
        posts.put(tx, whole, makers.ALL, START)
    with store.reading() as tx:
        assert posts.get(tx, whole.key) == whole


def test_the_permit_is_kept_with_its_reasons(store: Store) -> None:
    permit = Permit(True, False, True, START, (Why("no_faces", Use.MATCH, False, "not here", "page"),))
    with store.transaction() as tx:
        posts.put(tx, makers.post(), permit, START)
    with store.reading() as tx:
        assert posts.permit_of(tx, makers.post().key) == permit


def test_a_page_and_its_cursor_go_in_together_or_not_at_all(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction() as tx:
        posts.put(tx, makers.post(), makers.ALL, START)
        sources.set_cursor(tx, "s", "Tag", "17", START)
        raise RuntimeError("power cut")
    assert count(store, t.posts) == 0
    with store.reading() as tx:
        assert sources.cursor(tx, "s", "Tag") == ""


def test_a_deleted_post_leaves_a_tombstone_and_nothing_of_its_words(store: Store) -> None:
    key = makers.post().key
    with store.transaction() as tx:
        posts.put(tx, makers.post(media=(makers.media(),)), makers.ALL, START)
        sightings.put(tx, Sighting(key, Where(), When(), Who(), FirstHand.OWN))
        assert posts.wipe(tx, Gone(key, Platform.MASTODON, "deleted by its author", START))
        assert not posts.wipe(tx, Gone("mastodon:unknown", Platform.MASTODON, "deleted", START))
    assert count(store, t.tombstones) == 1
    assert count(store, t.media) == count(store, t.sightings) == 0
    with store.reading() as tx:
        left = posts.get(tx, key)
        assert posts.is_gone(tx, key)
    assert (left.text, left.raw, left.author.display_name) == ("", {}, "")


def test_newest_posts_are_paged_without_gap_or_double(store: Store) -> None:
    with store.transaction() as tx:
        for number in range(25):
            made = makers.post(number, received_at=START + timedelta(seconds=number // 3))
            posts.put(tx, made, makers.ALL, START)
    seen: list[str] = []
    before = None
    while True:
        with store.reading() as tx:
            rows = posts.latest(tx, before=before, most=4)
        if not rows:
            break
        seen += [row.key for row in rows]
        before = (rows[-1].received_at, rows[-1].key)
    assert len(seen) == len(set(seen)) == 25


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60), name=st.text(max_size=20))
def test_any_text_can_be_stored_and_keeps_its_length(store: Store, text: str, name: str) -> None:
    made = makers.post(
        text=text, author=makers.post().author.__class__("1", "h", name), version=str(hash(text))
    )
    with store.transaction() as tx:
        tx.execute(sa.delete(t.posts))
        posts.put(tx, made, makers.ALL, START)
    with store.reading() as tx:
        kept = posts.get(tx, made.key)
    assert len(kept.text) == len(text)
    assert kept.text == text.replace("\x00", "\ufffd")


def test_what_was_set_aside_and_not_kept_is_counted_once(store: Store) -> None:
    with store.transaction() as tx:
        for _ in range(3):
            sources.put_aside(tx, "archive", SetAside("file:3", "not JSON", "{"), START)
        sources.count_not_kept(tx, "archive", "not_public", 2)
        sources.count_not_kept(tx, "other", "not_public", 1)
    with store.reading() as tx:
        assert len(sources.set_asides(tx)) == 1
        assert sources.not_kept(tx) == {"not_public": 3}


def test_near_copies_of_a_picture_are_found_by_up_to_seven_bits(store: Store) -> None:
    with store.transaction() as tx:
        photos.put(tx, makers.photo("a", phash="00000000000000ff"), START)
        photos.put(tx, makers.photo("b", phash="01010101010100ff"), START)  # six bits away
        photos.put(tx, makers.photo("c", phash="ffffffffffffffff"), START)
    with store.reading() as tx:
        near = photos.near_copies(tx, "00000000000000ff", most_bits=7)
    assert near == ["a" * 64, "b" * 64]
