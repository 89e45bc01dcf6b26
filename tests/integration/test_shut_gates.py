"""The look with a shut gate: no face of a post that came by closed hashtags alone, all faces of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.config import Config
from bot.pipeline import ingest, look, tag_counting, tag_gate
from bot.wiring import Built
from store import campaign, photos, posts, sightings, tag_gates
from store.records.page import Page
from store.records.photo import PhotoState
from store.records.work import Stage
from tests import makers, tag_world
from tests.integration.stored_faces import drawn, keep_photo
from tests.stores import Clock

NOISY, GOOD = "Noisy", "Good"
READ = 200


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config]) -> Built:
    return drawn(build(config(), clock=Clock()))


def _noise(built: Built) -> None:
    """Two hundred read posts of one hashtag, nine of them first-hand: 4.5 %."""
    tag_world.collect(built.road.store, NOISY, GOOD)
    with built.road.store.transaction() as tx:
        for number in range(READ):
            one = tag_world.post(1000 + number, [NOISY], author=number)
            tag_world.put(tx, one)
            sightings.put(tx, tag_world.claim(one.key, own=number < 9))
    tag_counting.round_of(built.road)


def _arrive(built: Built, number: int, *tags: str) -> str:
    """A post with a photo of a drawn person, as it stands before it is looked at; its key."""
    road = built.road
    made = makers.post(number, media=(makers.media(),), hashtags=tags, received_at=road.clock())
    made = replace(made, created_at=road.clock(), text=f"Seen at the market, number {number}")
    ingest.take_page(road, "live", tags[0], Page(posts=(made,)))
    digest, _ = keep_photo(road, number, 0)
    with road.store.transaction() as tx:
        posts.set_media(tx, made.key, 0, PhotoState.KEPT, photo=digest)
    return made.key


def _look(built: Built) -> None:
    for job in built.road.engine.claim([Stage.LOOK], built.road.clock(), most=500):
        look.look(built.road, job)


def _faces(built: Built, key: str) -> int:
    with built.road.store.reading() as tx:
        kept = [row.photo for row in posts.media_of(tx, key) if row.photo]
        assert kept, "the photo itself is kept"
        return sum(len(photos.faces_of(tx, digest)) for digest in kept)


@pytest.mark.servers
def test_a_post_by_a_shut_hashtag_feeds_no_face_stage_and_one_with_another_beside_it_does(
    built: Built,
) -> None:
    _noise(built)
    tag_gate.settle(built.road)
    with built.road.store.reading() as tx:
        notice = campaign.notices(tx)[tag_gate.NOTICE]
    assert notice.startswith("#noisy: hardly a post is first-hand"), notice
    alone, both = _arrive(built, 1, NOISY), _arrive(built, 2, NOISY, GOOD)
    _look(built)
    assert (_faces(built, alone), _faces(built, both)) == (0, 1)
    tag_gate.hold_open(built.road, NOISY, by="ana", why="an appeal ran yesterday")
    _look(built)
    assert _faces(built, alone) == 1, "what was passed over is looked at once a person opens it"
    with built.road.store.reading() as tx:
        assert tag_gate.NOTICE not in campaign.notices(tx)


def test_copies_of_one_text_and_a_few_busy_people_close_nobodys_hashtag(built: Built) -> None:
    """Whoever floods a hashtag must not switch off the faces of all who use it."""
    tag_world.collect(built.road.store, GOOD)
    words = "Forward this to everybody you know and get a prize from the good people of the foundation"
    with built.road.store.transaction() as tx:
        for number in range(600):
            text = words if number % 2 else f"{words} {'abcdefghij'[number % 10] * (number // 10 + 2)}"
            author = number if number % 2 else 7
            one = replace(tag_world.post(3000 + number, [GOOD], author=author), text=f"{text} #{GOOD}")
            tag_world.put(tx, one)
            sightings.put(tx, tag_world.claim(one.key, own=False))
    tag_counting.round_of(built.road)
    tag_gate.settle(built.road)
    with built.road.store.reading() as tx:
        (gate,) = tag_gates.listing(tx)
    assert not gate.closed and gate.read < READ
