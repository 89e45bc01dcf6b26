"""Exact places lie under seal: what is stored, what is shown, and who opens one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.extract.placewords import distance_km
from bot.pipeline import ingest, sealing
from bot.services import exact
from bot.wiring import Built
from store import matches, photos, posts, sealed_places, sightings
from store import tables as t
from store.errors import Missing, NotAllowed, UsageError
from store.records.page import Page
from store.records.photo import Exif
from store.records.post import GeoTag, Gone, Platform, Post
from store.records.sighting import EvidenceKind, Sighting
from tests import makers
from tests.integration.conftest import work_off

LAT, LON = 30.65714, 104.08012  # Chengdu, Chunxi Road
RAW = {"id": "1", "geo": {"coordinates": [LAT, LON]}, "place": {"full_name": "Chengdu"}}


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Any]) -> Built:
    return build(config())


def tagged(built: Built, **changes: Any) -> Post:
    now = built.road.clock()
    made = makers.post(
        1, text="I saw a boy begging here an hour ago", received_at=now, created_at=now, language="en",
        geotag=GeoTag(LAT, LON, name="Chunxi Road 99"), raw=RAW,
    )  # fmt: skip
    return replace(made, **changes)


def take(built: Built, *found: Post, gone: tuple[Gone, ...] = ()) -> None:
    ingest.take_page(built.road, "mastodon", "Tag", Page(posts=found, gone=gone))
    assert work_off(built) == 0


def everything(built: Built) -> str:
    with built.road.store.reading() as tx:
        return "\n".join(
            str(row) for table in t.metadata.sorted_tables for row in tx.execute(sa.select(table))
        )


def stored(built: Built, key: str, *, opened: bool = False) -> Sighting:
    with built.road.store.reading() as tx:
        found = sightings.get(tx, key)
        found = sealing.exact_claim(built.road, tx, found) if opened else found
    assert found is not None
    return found


def test_no_table_holds_the_point_and_reviewers_get_a_circle_that_holds_it(built: Built) -> None:
    post = tagged(built)
    take(built, post)
    held = everything(built)
    for told in (str(LAT)[:6], str(LON)[:7], "Chunxi Road 99"):
        assert told not in held
    shown = stored(built, post.key).where.best
    assert shown is not None and shown.evidence.kind is EvidenceKind.GEOTAG
    assert shown.lat is not None and shown.lon is not None and shown.radius_km == 5.0
    assert 0.1 < distance_km(LAT, LON, shown.lat, shown.lon) <= shown.radius_km
    exactly = stored(built, post.key, opened=True).where.best
    assert exactly is not None and (exactly.lat, exactly.lon) == (LAT, LON)


def test_the_sealed_payload_is_enough_to_rebuild_the_post(built: Built) -> None:
    post = tagged(built, text="bad \ud83d half")
    take(built, replace(post, raw=RAW | {"text": post.text}))
    with built.road.store.reading() as tx:
        held = posts.get(tx, post.key)
        again = sealing.whole(built.road, tx, held)
    assert held.geotag is None and "geo" not in held.raw and held.raw["place"] == RAW["place"]
    assert again.geotag == post.geotag and again.raw == RAW | {"text": post.text}


def test_a_place_that_its_author_takes_off_is_gone_from_under_the_seal_too(built: Built) -> None:
    post = tagged(built)
    take(built, post)
    edited = replace(
        post, version="2", edited_at=post.received_at + timedelta(hours=1), geotag=None, raw={"id": "1"}
    )
    take(built, edited)
    assert EvidenceKind.GEOTAG not in {c.evidence.kind for c in stored(built, post.key).where.candidates}
    with built.road.store.transaction() as tx:
        assert sealed_places.get(tx, sealed_places.of_post(post.key)) is None
        assert sealed_places.get(tx, sealed_places.of_claim(post.key)) is None


@pytest.mark.parametrize("late", [False, True])
def test_a_deletion_or_a_young_author_empties_the_seal(built: Built, late: bool) -> None:
    post = tagged(built)
    take(built, post)
    if late:
        take(built, makers.post(2, text="I am 14 years old", received_at=post.received_at))
    else:
        take(built, gone=(Gone(post.key, Platform.MASTODON, "deleted", built.road.clock()),))
    with built.road.store.reading() as tx:
        assert not tx.execute(sa.select(t.sealed_places)).all()


def test_a_photo_keeps_its_gps_under_seal_and_the_reading_still_has_it(built: Built) -> None:
    photo = makers.photo("a", exif=Exif(lat=LAT, lon=LON, camera="c"))
    post = tagged(built, geotag=None, raw={"id": "1"})
    with built.road.store.transaction() as tx:
        posts.put(tx, replace(post, media=(makers.media(),)), makers.ALL, built.road.clock())
        photos.put(tx, sealing.keep_photo(built.road, tx, photo), built.road.clock())
        from store.records.photo import PhotoState

        posts.set_media(tx, post.key, 0, PhotoState.KEPT, photo=photo.digest, why="")
        assert photos.get(tx, photo.digest).exif == Exif(camera="c")
        assert sealing.exif_of_post(built.road, tx, post.key) == [(photo.digest, photo.exif)]
    assert str(LAT) not in everything(built)


def test_only_the_team_of_a_lead_opens_it_and_that_is_on_record(built: Built) -> None:
    post = tagged(built)
    take(built, post)
    with pytest.raises(NotAllowed):
        exact.reveal(built.road, post.key, by="rita", why="asked by the police")
    face = makers.face(makers.photo("b"))
    with built.road.store.transaction() as tx:
        matches.put(tx, makers.match(face, post.key), built.road.clock())
        tx.execute(sa.update(t.matches).values(state=matches.POSSIBLE))
    with pytest.raises(UsageError):
        exact.reveal(built.road, post.key, by="rita", why=" ")
    found = exact.reveal(built.road, post.key, by="rita", why="asked by the police")
    assert [(p.lat, p.lon) for p in found.points] == [(LAT, LON)]
    with built.road.store.reading() as tx:
        what = [row for row in tx.execute(sa.select(t.audit)) if row.action == "place.revealed"]
        assert [(row.by, row.detail["why"]) for row in what] == [("rita", "asked by the police")]
    assert str(LAT) not in everything(built)


def test_where_nothing_is_sealed_nothing_opens(built: Built) -> None:
    post = tagged(built, geotag=None, raw={"id": "1"})
    take(built, post)
    with built.road.store.transaction() as tx:
        matches.put(tx, makers.match(makers.face(makers.photo("b")), post.key), built.road.clock())
        tx.execute(sa.update(t.matches).values(state=matches.POSSIBLE))
    with pytest.raises(Missing):
        exact.reveal(built.road, post.key, by="rita", why="asked by the police")
