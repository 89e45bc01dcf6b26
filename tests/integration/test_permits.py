"""What may be done with a post reaches every copy of its photo, and ends everywhere when it ends."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image, ImageOps

from bot import wiring
from bot.config import Config
from bot.home import Home
from bot.pipeline import ingest
from bot.senders.fake import FakePlatform, FakeSender
from bot.services import overview, replies, review, sightings
from bot.wiring import Built
from store import matches, photos, posts, steps
from store import tables as t
from store.db import utc_now
from store.errors import Conflict, Missing
from store.records.match import Verdict
from store.records.page import Page
from store.records.photo import PhotoState
from store.records.post import Gone, Platform
from store.records.reply import Level, ReplyState
from store.records.work import Stage
from tests.integration import ready
from tests.integration.conftest import work_off
from tests.integration.ready import bring_in, count, face_keys, mastodon_status, photo_digests, rows, x_answer
from tests.levels import agree
from tests.stores import Clock

ON_X = "x:1990000000000009001"

pytestmark = pytest.mark.servers


def status_key(number: int) -> str:
    return f"mastodon:{mastodon_status(number)['uri']}"


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config]) -> Built:
    """Real data with one active case, whom the sample's portrait shows."""
    made = ready.quick(build(config()))
    ready.staff(made)
    ready.activate(made)
    assert work_off(made) == 0
    return made


def mirrored(picture: bytes) -> bytes:
    out = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(picture))).save(out, "JPEG", quality=90)
    return out.getvalue()


PORTRAIT = ready.PORTRAIT.read_bytes()
COPIES = {
    "the same bytes": PORTRAIT,
    "smaller and more coarsely packed": ready.again(PORTRAIT),
    "much smaller": ready.again(PORTRAIT, scale=0.5, quality=60),
    "mirrored": mirrored(PORTRAIT),
}


def on_mastodon(built: Built, folder: Path, number: int = 1, picture: bytes = PORTRAIT) -> str:
    bring_in(
        built, folder, f"m{number}", [mastodon_status(number, f"m{number}.jpg")], **{f"m{number}": picture}
    )
    assert work_off(built) == 0
    return status_key(number)


def on_x(built: Built, folder: Path, picture: bytes) -> None:
    bring_in(built, folder, "x", x_answer(1, "GxCopy.jpg"), GxCopy=picture)
    assert work_off(built) == 0


def nothing_of_the_face_is_kept(built: Built, *keys: str) -> bool:
    faces = [face for key in keys for face in face_keys(built, key)]
    sightings_vectors = count(built, t.vectors, t.vectors.c.holder == "sighting")
    return not faces and sightings_vectors == 0 and review.queue(built.road) == []


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_on_x_takes_faces_vectors_and_matches_of_the_first_post_along(
    built: Built, tmp_path: Path, copy: bytes
) -> None:
    key = on_mastodon(built, tmp_path / "in")
    (card,) = review.queue(built.road)
    assert face_keys(built, key) and count(built, t.vectors, t.vectors.c.holder == "sighting")
    on_x(built, tmp_path / "in", copy)
    assert photo_digests(built, ON_X)
    assert nothing_of_the_face_is_kept(built, key, ON_X)
    (row,) = rows(built, sa.select(t.matches.c.state, t.matches.c.state_why))
    assert row.state == matches.WITHDRAWN
    assert "X" in row.state_why, "the reason names the rule"
    assert overview.overview(built.road).waiting == {"alert": 0, "review": 0, "set_aside": 0}
    with pytest.raises(Conflict):
        review.decide(built.road, card.row.match.key, Verdict.POSSIBLE, by="rita")
    view = sightings.one(built.road, key)
    assert "no face comparison" in view.comparison.lower(), "the first post says why, too"


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_photo_that_was_on_x_first_is_never_compared(built: Built, tmp_path: Path, copy: bytes) -> None:
    on_x(built, tmp_path / "in", copy)
    key = on_mastodon(built, tmp_path / "in")
    assert photo_digests(built, key)
    assert nothing_of_the_face_is_kept(built, key, ON_X)
    assert count(built, t.matches) == 0
    assert "no face comparison" in sightings.one(built.road, key).comparison.lower()


def test_another_picture_on_x_disturbs_nothing(built: Built, tmp_path: Path) -> None:
    key = on_mastodon(built, tmp_path / "in")
    on_x(built, tmp_path / "in", ready.STREET.read_bytes())
    assert face_keys(built, key)
    assert [card.post.key for card in review.queue(built.road)] == [key]


def test_the_lists_still_work_after_a_permit_went(built: Built, tmp_path: Path) -> None:
    on_mastodon(built, tmp_path / "in")
    on_x(built, tmp_path / "in", PORTRAIT)
    assert review.queue(built.road) == []
    assert review.listing(built.road) == []
    assert [view.gone for view in sightings.latest(built.road)] == [False, False]


def test_taking_a_later_back_cannot_reopen_a_match_whose_permit_went(built: Built, tmp_path: Path) -> None:
    on_mastodon(built, tmp_path / "in")
    (card,) = review.queue(built.road)
    review.decide(built.road, card.row.match.key, Verdict.LATER, by="rita")
    on_x(built, tmp_path / "in", PORTRAIT)
    with pytest.raises(Conflict):
        review.undo(built.road, card.row.match.key, by="rita")
    assert review.queue(built.road) == []
    assert overview.overview(built.road).waiting["review"] == 0


def test_taking_a_verdict_back_after_the_permit_went_opens_nothing(built: Built, tmp_path: Path) -> None:
    on_mastodon(built, tmp_path / "in")
    (card,) = review.queue(built.road)
    for person in ("rita", "rob"):
        review.decide(built.road, card.row.match.key, Verdict.POSSIBLE, by=person)
    on_x(built, tmp_path / "in", PORTRAIT)
    with pytest.raises(Conflict, match="alert are taken back"):
        review.undo(built.road, card.row.match.key, by="rob")
    assert [row.state for row in rows(built, sa.select(t.alerts.c.state))] == ["taken_back"]
    assert review.queue(built.road) == []
    assert overview.overview(built.road).waiting["review"] == 0


# ── deletions ────────────────────────────────────────────────────────────────────────────────────


def delete(built: Built, key: str, platform: Platform = Platform.MASTODON) -> None:
    gone = Gone(key, platform, "deleted by its author", built.road.clock())
    ingest.take_page(built.road, "live", "tag", Page(gone=(gone,)))


def test_a_deleted_post_takes_text_faces_vectors_matches_and_drafts_along(
    build: Callable[..., Built], config: Callable[..., Config], tmp_path: Path
) -> None:
    built = ready.quick(build(config(level="confirm")))
    ready.staff(built)
    ready.activate(built)
    key = on_mastodon(built, tmp_path / "in")
    (digest,) = photo_digests(built, key)
    (reply,) = replies.listing(built.road)
    assert reply.state is ReplyState.DRAFTED and len(review.queue(built.road)) == 1
    delete(built, key)
    assert nothing_of_the_face_is_kept(built, key)
    assert count(built, t.faces, t.faces.c.photo == digest) == 0
    assert [row.state for row in replies.listing(built.road)] == [ReplyState.CANCELLED]
    (match,) = rows(built, sa.select(t.matches.c.state, t.matches.c.state_why))
    assert (match.state, match.state_why) == ("withdrawn", "the post is gone: deleted by its author")
    with built.road.store.reading() as tx:
        post = posts.get(tx, key)
    assert (post.text, post.raw, post.media) == ("", {}, ())
    assert count(built, t.sightings, t.sightings.c.post_key == key) == 0
    assert work_off(built) == 0
    assert review.listing(built.road) == []
    assert [view.gone for view in sightings.latest(built.road)] == [True]


def test_a_deleted_posts_picture_is_forgotten_and_no_longer_served(built: Built, tmp_path: Path) -> None:
    key = on_mastodon(built, tmp_path / "in")
    (digest,) = photo_digests(built, key)
    with built.road.store.reading() as tx:
        served = tx.execute(sa.select(t.photos.c.served).where(t.photos.c.digest == digest)).scalar_one()
    assert sightings.served_photo(built.road, served)
    delete(built, key)
    with pytest.raises(Missing):
        sightings.served_photo(built.road, served)
    assert not built.road.blobs.has(digest) and not built.road.blobs.has(served)
    assert overview.overview(built.road).photos == 1, "only the registered photo is left"


def test_a_picture_that_another_post_still_shows_stays(built: Built, tmp_path: Path) -> None:
    first, second = on_mastodon(built, tmp_path / "in", 1), on_mastodon(built, tmp_path / "in", 2)
    (digest,) = photo_digests(built, first)
    delete(built, first)
    assert built.road.blobs.has(digest)
    assert face_keys(built, second)
    assert work_off(built) == 0
    assert [card.post.key for card in review.queue(built.road)] == [second]
    delete(built, second)
    assert work_off(built) == 0
    assert review.queue(built.road) == []


def test_the_match_of_a_photo_that_two_posts_show_belongs_to_the_first(built: Built, tmp_path: Path) -> None:
    first, second = on_mastodon(built, tmp_path / "in", 1), on_mastodon(built, tmp_path / "in", 2)
    assert [card.post.key for card in review.queue(built.road)] == [first]
    delete(built, second)
    assert work_off(built) == 0
    assert [card.post.key for card in review.queue(built.road)] == [first]


def test_a_registered_photo_outlives_the_post_that_showed_it(built: Built, tmp_path: Path) -> None:
    key = on_mastodon(built, tmp_path / "in", picture=ready.REGISTERED.read_bytes())
    (digest,) = photo_digests(built, key)
    delete(built, key)
    assert built.road.blobs.has(digest)
    assert built.road.gallery.size_cases == 1
    again = on_mastodon(built, tmp_path / "in", 2)
    assert [card.post.key for card in review.queue(built.road)] == [again]


def test_the_same_deletion_twice_changes_nothing(built: Built, tmp_path: Path) -> None:
    key = on_mastodon(built, tmp_path / "in")
    delete(built, key)
    tables = (t.audit, t.posts, t.tombstones)
    before = [rows(built, sa.select(table)) for table in tables]
    delete(built, key)
    assert before == [rows(built, sa.select(table)) for table in tables]


@pytest.mark.parametrize("edited_at", [None, "2026-11-21T07:00:00.000Z", "2026-11-21T09:00:00.000Z"])
def test_a_deleted_post_that_is_delivered_again_stays_empty(
    built: Built, tmp_path: Path, edited_at: str | None
) -> None:
    key = on_mastodon(built, tmp_path / "in")
    delete(built, key)
    status = mastodon_status(1, "m1.jpg", edited_at=edited_at)
    bring_in(built, tmp_path / "again", "m1", [status], m1=PORTRAIT)
    assert work_off(built) == 0
    assert not built.road.blobs.has(hashlib.sha256(PORTRAIT).hexdigest())
    with built.road.store.reading() as tx:
        assert posts.is_gone(tx, key)
        assert posts.get(tx, key).text == ""
        assert posts.versions_of(tx, key) == []
    assert nothing_of_the_face_is_kept(built, key)


def test_an_edit_that_takes_the_photo_away_takes_its_faces_along(built: Built, tmp_path: Path) -> None:
    key = on_mastodon(built, tmp_path / "in")
    assert len(review.queue(built.road)) == 1
    bring_in(built, tmp_path / "edit", "m1", [mastodon_status(1, "", edited_at="2026-11-21T09:00:00.000Z")])
    assert work_off(built) == 0
    assert photo_digests(built, key) == []
    assert count(built, t.vectors, t.vectors.c.holder == "sighting") == 0
    assert review.queue(built.road) == []
    with built.road.store.reading() as tx:
        assert len(posts.versions_of(tx, key)) == 1


def test_an_edit_that_changes_the_photo_forgets_the_old_one(built: Built, tmp_path: Path) -> None:
    key = on_mastodon(built, tmp_path / "in")
    (old,) = photo_digests(built, key)
    status = mastodon_status(1, "other.jpg", edited_at="2026-11-21T09:00:00.000Z")
    bring_in(built, tmp_path / "edit", "m1", [status], other=ready.STREET.read_bytes())
    assert work_off(built) == 0
    (new,) = photo_digests(built, key)
    assert new != old
    assert nothing_of_the_face_is_kept(built, key)
    assert count(built, t.faces, t.faces.c.photo == old) == 0


# ── signs of authors, the legal block ────────────────────────────────────────────────────────────


def test_a_nobot_author_is_neither_stored_nor_answered(built: Built, tmp_path: Path) -> None:
    status = mastodon_status(1, "m1.jpg")
    status["account"]["note"] = "<p>Trains. #nobot</p>"
    report = bring_in(built, tmp_path / "in", "m1", [status], m1=PORTRAIT)
    assert (report.stored, sum(report.not_kept.values())) == (0, 1)
    assert list(report.not_kept) == ["mastodon_no_bot"]
    assert work_off(built) == 0
    assert (count(built, t.posts), count(built, t.media), count(built, t.replies)) == (0, 0, 0)
    assert not built.road.blobs.has(hashlib.sha256(PORTRAIT).hexdigest()), "nor is their photo"
    assert "lin_sample" not in str(
        [rows(built, sa.select(table)) for table in (t.audit, t.not_kept, t.set_aside)]
    )


@pytest.fixture
def without_legal(config: Callable[..., Config]) -> Config:
    return config(legal=None)


def test_without_the_legal_block_no_face_is_processed_and_nothing_is_drafted(
    build: Callable[..., Built], without_legal: Config, tmp_path: Path
) -> None:
    built = build(without_legal)

    def never() -> Any:
        raise AssertionError("the face model was asked for")

    built.road.faces = never
    key = on_mastodon(built, tmp_path / "in")
    assert photo_digests(built, key), "the photo itself is kept"
    assert count(built, t.faces) == count(built, t.vectors) == count(built, t.replies) == 0
    view = sightings.one(built.road, key)
    assert "legal" in view.comparison and not view.consent.given


def reopened(built: Built, config: Config) -> Built:
    """The next start with another config."""
    built.close()
    made = ready.quick(wiring.build(config, built.home))
    wiring.put_in_force(made)
    assert work_off(made) == 0
    return made


def test_the_legal_block_added_later_looks_again_and_removed_it_forgets(
    data: Path, config: Callable[..., Config], tmp_path: Path
) -> None:
    full = config()
    bare = replace(full, legal=None)
    built = ready.quick(wiring.build(full, Home(data, False)))
    try:
        wiring.put_in_force(built)
        ready.staff(built)
        ready.activate(built)
        assert work_off(built) == 0
        built = reopened(built, bare)
        key = on_mastodon(built, tmp_path / "in")
        assert nothing_of_the_face_is_kept(built, key)

        built = reopened(built, full)
        assert face_keys(built, key)
        assert [card.post.key for card in review.queue(built.road)] == [key]

        built = reopened(built, bare)
        assert nothing_of_the_face_is_kept(built, key)
        (row,) = rows(built, sa.select(t.matches.c.state, t.matches.c.state_why))
        assert row.state == matches.WITHDRAWN and "legal" in row.state_why

        built = reopened(built, full)
        assert [card.post.key for card in review.queue(built.road)] == [key], "what was allowed again is back"
        assert overview.overview(built.road).waiting["review"] == 1
    finally:
        built.close()


def test_an_unchanged_start_looks_at_nothing_again(
    build: Callable[..., Built], config: Callable[..., Config], tmp_path: Path
) -> None:
    built = ready.quick(build(config()))
    on_mastodon(built, tmp_path / "in")
    wiring.put_in_force(built)
    assert count(built, t.jobs) == 0


def test_a_receipt_waits_no_more_once_the_legal_block_is_gone(
    data: Path, config: Callable[..., Config], tmp_path: Path
) -> None:
    """Drafted while it was allowed, held by its delay, and then the block is taken out."""
    clock, full = Clock(utc_now()), config(level="auto")
    delays = {"receipt_delay_min_s": 60, "receipt_delay_max_s": 60}
    slow = replace(full, reply=full.reply.model_copy(update=delays))
    built = ready.quick(wiring.build(slow, Home(data, False), clock=clock))
    try:
        wiring.put_in_force(built)
        agree(built.road, Level.AUTO)
        on_mastodon(built, tmp_path / "in")
        (row,) = replies.listing(built.road)
        assert row.state is ReplyState.DRAFTED
        built.close()
        built = ready.quick(wiring.build(replace(slow, legal=None), Home(data, False), clock=clock))
        wiring.put_in_force(built)
        platform = FakePlatform()
        platform.post(row.to_native_id)
        built.road.senders = {"mastodon": FakeSender(platform, clock)}
        clock.tick(minutes=2)
        work_off(built)
        (row,) = replies.listing(built.road)
        assert platform.made == 0, "nothing goes out without the block"
        assert row.state is ReplyState.CANCELLED and "legal" in row.why
    finally:
        built.close()


def test_a_permit_that_goes_while_a_photo_is_being_looked_at_is_seen_in_time(
    built: Built, tmp_path: Path
) -> None:
    """The copy on X arrives between the detector and the writing of what it found."""
    bring_in(built, tmp_path / "in", "m1", [mastodon_status(1, "m1.jpg")], m1=PORTRAIT)
    done: list[str] = []

    def interfere(name: str) -> None:
        if name != "look.before_transaction" or done:
            return
        done.append(name)
        bring_in(built, tmp_path / "in", "x", x_answer(1, "GxCopy.jpg"), GxCopy=PORTRAIT)
        with built.road.store.transaction() as tx:
            examined = built.road.gate.examine(PORTRAIT)
            photos.put(tx, examined.photo, built.road.clock())
            posts.set_media(tx, ON_X, 0, PhotoState.KEPT, photo=examined.photo.digest)

    steps.listen(interfere)
    try:
        assert work_off(built) == 0
    finally:
        steps.listen(None)
    assert done
    assert nothing_of_the_face_is_kept(built, status_key(1), ON_X)


def test_the_arrows_run_again_over_a_deleted_post_do_nothing(built: Built, tmp_path: Path) -> None:
    key = on_mastodon(built, tmp_path / "in")
    delete(built, key)
    with built.road.store.transaction() as tx:
        for stage in (Stage.LOOK, Stage.PLACE, Stage.MATCH, Stage.REPLY):
            built.road.engine.enqueue(tx, stage, key)
    assert work_off(built) == 0
    assert nothing_of_the_face_is_kept(built, key)
    assert count(built, t.jobs) == 0
