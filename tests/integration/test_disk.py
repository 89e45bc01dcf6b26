"""A disk without room: copies for showing give way and are made again, photos wait, posts go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.config import Config
from bot.pipeline import space
from bot.pipeline.room import Room
from bot.services import inbox
from bot.wiring import Built
from store import campaign, photo_copies, photos, posts, sightings
from store import tables as t
from store.errors import Missing
from store.records.photo import PhotoState
from store.records.work import Stage
from tests.integration import ready
from tests.integration.conftest import work_off
from tests.integration.ready import bring_in, mastodon_status, photo_digests
from tests.stores import Clock

PORTRAIT, STREET = ready.PORTRAIT.read_bytes(), ready.STREET.read_bytes()

pytestmark = pytest.mark.servers


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config], clock: Clock, tmp_path: Path) -> Built:
    made = ready.quick(build(config(), clock=clock))
    bring_in(made, tmp_path / "first", "first", [mastodon_status(1, "p1.jpg")], p1=PORTRAIT)
    assert work_off(made) == 0
    return made


def kept(built: Built) -> tuple[str, str]:
    """(original, copy for showing) of the one photo."""
    (digest,) = photo_digests(built, f"mastodon:{mastodon_status(1)['uri']}")
    with built.road.store.reading() as tx:
        return digest, photos.get(tx, digest).served


def press(built: Built, room: Room) -> None:
    """As if the disk were this full; nothing is measured."""
    here = built.road.space
    here.folder, here.max_bytes, here.used_bytes, here.room = None, 10_000_000, 9_500_000, room


def test_a_copy_that_gave_way_is_made_again_and_is_the_same(built: Built, clock: Clock) -> None:
    original, served = kept(built)
    before = built.road.blobs.get(served)
    press(built, Room.TIGHT)
    assert space.give_up_copies(built.road) == 0, "a photo of today is being looked at"
    clock.tick(days=2)
    assert space.give_up_copies(built.road) == 1
    assert not built.road.blobs.has(served)
    assert built.road.blobs.has(original), "what cannot be had again stays"
    assert built.road.blobs.get(served) == before
    assert built.road.blobs.get(served) == before, "from memory"
    assert not built.road.blobs.has(served), "and it was not written again"


def test_a_copy_whose_photo_was_forgotten_is_not_made_again(built: Built, clock: Clock) -> None:
    original, served = kept(built)
    press(built, Room.TIGHT)
    clock.tick(days=2)
    space.give_up_copies(built.road)
    assert built.road.blobs.get(served)
    built.road.blobs.drop(original)
    for blob in (served, original):
        built.road.blobs.drop(blob)
    with pytest.raises(Missing):
        built.road.blobs.get(served)


def test_copies_that_are_needed_as_they_are_are_never_offered(built: Built, clock: Clock) -> None:
    original, served = kept(built)
    later = clock() + timedelta(days=1)
    with built.road.store.reading() as tx:
        assert [copy.served for copy in photo_copies.oldest(tx, after=None, before=later, most=9)] == [served]
        assert photo_copies.originals_of(tx, served) == [original]
    with built.road.store.transaction() as tx:
        tx.execute(t.media.update().values(given=served))
    with built.road.store.reading() as tx:
        assert photo_copies.oldest(tx, after=None, before=later, most=9) == [], "it came with a post as well"


def test_without_room_the_photo_waits_and_its_post_goes_on(
    built: Built, clock: Clock, tmp_path: Path
) -> None:
    press(built, Room.FULL)
    bring_in(built, tmp_path / "second", "second", [mastodon_status(2, "p2.jpg")], p2=STREET)
    work_off(built)
    key = f"mastodon:{mastodon_status(2)['uri']}"
    with built.road.store.reading() as tx:
        (row,) = posts.media_of(tx, key)
        assert row.state is PhotoState.UNAVAILABLE and "full" in row.why
        assert sightings.get(tx, key) is not None, "where and when were read without it"
        row = tx.execute(sa.select(t.jobs).where(t.jobs.c.stage == Stage.LOOK.value)).one()
    assert row.key == key and row.attempt == 0, "a wait is no failed try"
    built.road.space.room = Room.ENOUGH
    clock.tick(seconds=space.LOOK_AGAIN.total_seconds())
    work_off(built)
    with built.road.store.reading() as tx:
        assert posts.media_of(tx, key)[0].state is PhotoState.KEPT


def test_people_are_told_once_and_told_when_it_is_over(built: Built, tmp_path: Path) -> None:
    built.road.space.folder, built.road.space.min_free_bytes = tmp_path, 10**18
    space.round_of(built.road)
    with built.road.store.reading() as tx:
        assert "posts go on" in campaign.notices(tx)[space.NOTICE]
    assert b"homeward_photos_wait 1.0" in built.road.metrics.render()
    built.home.inbox.mkdir(exist_ok=True)
    (built.home.inbox / "third.json").write_text("[]")
    assert inbox.sweep(built.road, built.home.inbox, settled_s=-1e12) == 0, "what lies there waits too"
    built.road.space.min_free_bytes = 0
    space.round_of(built.road)
    with built.road.store.reading() as tx:
        assert space.NOTICE not in campaign.notices(tx)
    assert inbox.sweep(built.road, built.home.inbox, settled_s=-1e12) == 1
