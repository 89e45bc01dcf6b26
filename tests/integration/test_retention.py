"""What nobody needs goes by the clock; what people are at work on stays; the audit chain stays one chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.config import Config
from bot.pipeline import counting, ingest, retention, tag_counting
from bot.services import checking, keeping_open
from bot.wiring import Built
from store import audit, campaign_days, cases, matches, outbox, photos, posts, tag_numbers
from store import tables as t
from store.records.case import CaseStatus, CaseStep
from store.records.match import Tier
from store.records.page import Page
from store.records.photo import PhotoState
from store.records.post import AccountNews, AccountState, Gone, Platform
from tests import makers, tag_world
from tests.integration import ready
from tests.stores import START, Clock

pytestmark = pytest.mark.servers
PORTRAIT = ready.PORTRAIT.read_bytes()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config], clock: Clock) -> Built:
    made = ready.quick(build(config(), clock=clock))
    ready.staff(made)
    return made


def stored(built: Built, number: int, *, is_sighting: bool, photo: bytes = b"") -> str:
    """A post that was read; with a photo and a face if there are bytes."""
    post = makers.post(number, text="a boy by the station", media=(makers.media(),) if photo else ())
    ingest.take_page(built.road, "live", "Tag", Page(posts=(post,)))
    with built.road.store.transaction() as tx:
        claim = {"post_key": post.key, "where": [], "when": [], "who": {}, "is_sighting": is_sighting}
        tx.execute(sa.insert(t.sightings).values(**claim))
        if photo:
            digest, served = built.road.blobs.put(photo), built.road.blobs.put(b"served " + photo)
            kept = makers.photo(digest=digest, served=served)
            photos.put(tx, kept, START)
            photos.put_faces(tx, [makers.face(kept)])
            posts.set_media(tx, post.key, 0, PhotoState.KEPT, photo=digest)
    return post.key


def match_of(built: Built, key: str, tier: Tier) -> str:
    with built.road.store.transaction() as tx:
        (row,) = posts.media_of(tx, key)
        (face,) = photos.faces_of(tx, row.photo or "")
        made = makers.match(face, key, tier=tier)
        matches.put(tx, made, START)
    return made.key


def stands(built: Built, key: str) -> bool:
    with built.road.store.reading() as tx:
        return posts.stands(tx, key)


def shows(built: Built, key: str) -> bool:
    with built.road.store.reading() as tx:
        return any(row.photo for row in posts.media_of(tx, key))


def test_a_post_that_is_no_sighting_goes_after_its_days_and_a_sighting_stays(
    built: Built, clock: Clock
) -> None:
    no, yes = stored(built, 1, is_sighting=False), stored(built, 2, is_sighting=True)
    clock.tick(days=6, hours=23)
    assert retention.end(built.road).posts == 0
    clock.tick(hours=2)
    assert retention.end(built.road).posts == 1
    assert not stands(built, no) and stands(built, yes)


@pytest.mark.parametrize("why", ["match", "kept open", "hold"])
def test_what_people_are_at_work_on_stays(built: Built, clock: Clock, why: str) -> None:
    key = stored(built, 1, is_sighting=False, photo=PORTRAIT)
    if why == "match":
        match_of(built, key, Tier.REVIEW)
    elif why == "kept open":
        keeping_open.keep(
            built.road, key, until=START + timedelta(days=150), why="the team asks the author", by="rita"
        )
    else:
        with built.road.store.transaction() as tx:
            tx.execute(sa.insert(t.hold_posts).values(hold_id="h", post_key=key))
    clock.tick(days=100)
    done = retention.end(built.road)
    assert (done.posts, done.photos) == (0, 0) and stands(built, key) and shows(built, key)


def test_a_photo_without_a_resemblance_goes_with_its_bytes_and_its_post_stays(
    built: Built, clock: Clock
) -> None:
    key, other = stored(built, 1, is_sighting=True, photo=PORTRAIT), stored(built, 2, is_sighting=True)
    match_of(built, key, Tier.SET_ASIDE)
    clock.tick(days=91)
    assert retention.end(built.road).photos == 1
    assert stands(built, key) and stands(built, other) and not shows(built, key)
    assert not list((built.home.photos).glob("??/??/*"))
    assert checking.check(built.road, built.home).findings == []
    assert retention.end(built.road).photos == 0


def test_a_closed_case_goes_with_its_photos_and_a_reopened_one_stays(built: Built, clock: Clock) -> None:
    gone, stays = ready.activate(built, 1), ready.activate(built, 2)
    for case_id in (gone, stays):
        with built.road.store.transaction() as tx:
            cases.move(
                tx, CaseStep(case_id, CaseStatus.CLOSED, "ana", clock(), "over"), expect=CaseStatus.ACTIVE
            )
    clock.tick(days=20)
    with built.road.store.transaction() as tx:
        tx.execute(
            sa.update(t.case_steps)
            .where(t.case_steps.c.case_id == stays, t.case_steps.c.status == "closed")
            .values(at=clock())
        )
    clock.tick(days=11)
    assert retention.end(built.road).cases == 1
    with built.road.store.reading() as tx:
        assert not cases.has(tx, gone) and cases.has(tx, stays)


def test_old_audit_rows_go_and_what_is_left_is_one_chain(built: Built, clock: Clock) -> None:
    road = built.road
    for number in range(20):
        clock.tick(days=100)
        with road.store.transaction() as tx:
            audit.write(tx, clock(), "ana", "tested", str(number))
    with road.store.transaction() as tx:
        total = audit.last(tx)
        went = audit.prune(tx, before=clock() - road.keep.audit)
        assert 0 < went < total and audit.first_break(tx) is None
        rows = audit.entries(tx)
        assert len(rows) == total - went
        assert all(row.at >= clock() - road.keep.audit for row in rows[1:])
        assert audit.prune(tx, before=clock() - road.keep.audit) == 0
        audit.write(tx, clock(), "ana", "tested", "after")
        assert audit.first_break(tx) is None
        tx.execute(sa.delete(t.audit).where(t.audit.c.seq == rows[1].seq))
        assert audit.first_break(tx) == rows[2].seq, "a row taken out of the middle shows"
    with road.store.transaction() as tx:
        tx.execute(sa.delete(t.audit).where(t.audit.c.seq == rows[0].seq))
        assert audit.first_break(tx) is not None, "a beginning that is not the one we left shows"


def test_a_reply_below_a_post_that_goes_is_not_taken_back(built: Built, clock: Clock) -> None:
    key = stored(built, 1, is_sighting=False)
    with built.road.store.transaction() as tx:
        outbox.add(tx, makers.reply(key), to_author="a")
        tx.execute(sa.update(t.replies).values(state="sent", receipt_id="1"))
    clock.tick(days=8)
    assert retention.end(built.road).posts == 1
    with built.road.store.reading() as tx:
        assert tx.execute(sa.select(t.replies.c.state)).scalars().all() == ["sent"]


def _numbers(built: Built) -> tuple[tag_world.Counted, object]:
    tag_counting.count(built.road)
    counting.catch_up(built.road)
    with built.road.store.reading() as tx:
        return tag_world.kept(built.road.store), campaign_days.days(tx)


def test_numbers_stay_when_the_clock_takes_a_post_or_photo_and_fall_when_its_author_does(
    built: Built, clock: Clock
) -> None:
    no = stored(built, 1, is_sighting=False, photo=PORTRAIT)
    seen = stored(built, 2, is_sighting=True, photo=PORTRAIT + b" ")
    with built.road.store.transaction() as tx:
        outbox.add(tx, makers.reply(no), to_author="a")
        tx.execute(sa.update(t.replies).values(state="sent", receipt_id="1"))
    # Nothing is counted yet when the clock takes the first post: it is counted as it goes.
    clock.tick(days=8)
    assert retention.end(built.road).posts == 1
    before = _numbers(built)
    total = before[0][("all", "", "", tag_numbers.ALL_TIME)]
    assert (total["posts"], total["photos"]) == (2, 2)
    clock.tick(days=91)
    assert retention.end(built.road).photos == 1
    assert not shows(built, seen) and _numbers(built) == before
    tag_counting.rebuild(built.road)
    counting.rebuild(built.road)
    assert _numbers(built) == before
    deleted = Gone(no, Platform.MASTODON, "deleted by its author", clock())
    ingest.take_page(built.road, "live", "Tag", Page(gone=(deleted,)))
    total = _numbers(built)[0][("all", "", "", tag_numbers.ALL_TIME)]
    assert (total["posts"], total["photos"]) == (1, 1)
    with built.road.store.reading() as tx:
        assert tx.execute(sa.select(t.replies.c.state)).scalars().all() == ["withdrawing"]


def test_a_deleted_account_takes_its_posts_out_of_the_numbers_that_the_clock_took_before(
    built: Built, clock: Clock
) -> None:
    key = stored(built, 1, is_sighting=False)
    with built.road.store.reading() as tx:
        author = posts.get(tx, key).author.id
    clock.tick(days=8)
    assert retention.end(built.road).posts == 1 and _numbers(built)[0]
    news = AccountNews(author, Platform.MASTODON, clock(), state=AccountState.DELETED, why="account deleted")
    ingest.take_page(built.road, "live", "Tag", Page(accounts=(news,)))
    assert _numbers(built) == ({}, [])
