"""A picture that comes again is recognised, whichever post is read first; a known one is set aside."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from bot.config import Config
from bot.pipeline import work
from bot.services import pictures as service
from bot.services import review
from bot.wiring import Built
from store import pictures, posts, sightings
from store.errors import Missing, PhotoRefused, UsageError
from store.records.match import Label, Tier
from store.records.picture import PictureLabel
from store.records.sighting import EvidenceKind, FirstHand
from tests.chaos.dump import dump
from tests.integration.conftest import work_off
from tests.integration.ready import (
    PORTRAIT,
    STREET,
    activate,
    bring_in,
    mastodon_status,
    photo_digests,
    quick,
    staff,
)
from tests.unit.photos.drawing import cropped, jpeg, screenshot

TEXT = "Saw a boy begging at the station in Chengdu this morning #HomewardSample"


def status(number: int, photo: str, *, at: str, author: str = "lin_sample") -> dict[str, Any]:
    """A status with one photo, by an author, written at a time of its own."""
    made = mastodon_status(number, f"{photo}.jpg", created_at=at, content=f"<p>{TEXT}</p>")
    account = made["account"] | {"id": f"id-{author}", "username": author, "acct": author}
    account |= {"url": f"https://sample.example/@{author}", "uri": f"https://sample.example/users/{author}"}
    uri = f"https://sample.example/users/{author}/statuses/{made['id']}"
    return made | {"account": account, "uri": uri}


def key(number: int, author: str = "lin_sample") -> str:
    return f"mastodon:https://sample.example/users/{author}/statuses/{115600000000009000 + number}"


def edited(number: int) -> bytes:
    """The street picture as it comes round: as it was, on a phone's page, cropped in a mirror."""
    image = Image.open(STREET).convert("RGB")
    copies = (image, screenshot(image), ImageOps.mirror(cropped(image)))
    return jpeg(copies[number], 80)


FIRST, SECOND, THIRD = key(1), key(2, "maya_sample"), key(3, "tom_sample")
POSTS = {
    1: status(1, "p1", at="2025-03-01T08:00:00.000Z"),
    2: status(2, "p2", at="2026-05-01T08:00:00.000Z", author="maya_sample"),
    3: status(3, "p3", at="2026-05-02T08:00:00.000Z", author="tom_sample"),
}


def bring(built: Built, folder: Path, number: int) -> None:
    report = bring_in(built, folder, f"s{number}", [POSTS[number]], **{f"p{number}": edited(number - 1)})
    assert report.new == 1, report
    assert work_off(built) == 0


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config]) -> Built:
    return quick(build(config()))


def test_copies_are_found_through_a_screenshot_a_crop_and_a_mirror(built: Built, tmp_path: Path) -> None:
    for number in POSTS:
        bring(built, tmp_path, number)
    with built.road.store.reading() as tx:
        assert sorted(posts.copies_of(tx, FIRST)) == [SECOND, THIRD]
        third, first = sightings.get(tx, THIRD), sightings.get(tx, FIRST)
        pair = pictures.pairs_of(tx, photo_digests(built, THIRD)[0])
    assert first is not None and first.when.conflict == "" and first.first_hand is not FirstHand.PASSED_ON
    assert third is not None and "2025-03-01 08:00" in third.when.conflict and FIRST in third.when.conflict
    assert third.first_hand is FirstHand.PASSED_ON
    shown = [c for c in third.when.candidates if c.evidence.kind is EvidenceKind.PIXELS]
    assert [c.evidence.quote for c in shown] == [FIRST]
    assert len(pair) == 2 and all(p.mirrored for p in pair) and all(p.correlation >= 0.4 for p in pair)
    (before,) = service.seen_before(built.road, THIRD)
    assert (before.first_post, before.posts, before.by_other) == (FIRST, (FIRST, SECOND), True)
    assert service.seen_before(built.road, FIRST) == ()


@pytest.mark.servers
@pytest.mark.parametrize("order", [(3, 2, 1), (2, 3, 1)])
def test_whichever_post_is_read_first_the_end_is_the_same(
    order: tuple[int, ...], build: Callable[..., Built], config: Callable[..., Config], tmp_path: Path
) -> None:
    ends = []
    for name, numbers in (("straight", tuple(POSTS)), ("shuffled", order)):
        made = quick(build(config()))
        with made.road.store.transaction() as tx:
            _empty(tx)
        for number in numbers:
            bring(made, tmp_path / name, number)
        lines = dump(made.home.folder)
        ends.append([line for line in lines if line.split()[0] in ("copies", "picture_pairs", "sightings")])
        made.close()
    assert ends[0] == ends[1]
    assert sum(line.startswith("copies") for line in ends[0]) == 2


def _empty(tx: Any) -> None:
    """A database as if nothing had come yet."""
    from store import tables as t

    for table in (t.posts, t.media, t.photos, t.photo_bands, t.faces, t.vectors, t.sightings, t.copies):
        tx.execute(table.delete())
    for table in (t.picture_codes, t.picture_pairs, t.observations, t.jobs, t.matches, t.replies, t.counters):
        tx.execute(table.delete())


def test_reading_again_changes_nothing_and_ends(built: Built, tmp_path: Path) -> None:
    for number in POSTS:
        bring(built, tmp_path, number)
    before = dump(built.home.folder)
    with built.road.store.transaction() as tx:
        for post in (THIRD, FIRST, SECOND):
            built.road.engine.enqueue(tx, work.Stage.PLACE, post)
    assert work_off(built) == 0
    assert dump(built.home.folder) == before


def test_other_pictures_are_left_alone(built: Built, tmp_path: Path) -> None:
    bring(built, tmp_path, 1)
    other = status(9, "p9", at="2026-05-03T08:00:00.000Z", author="maya_sample")
    bring_in(built, tmp_path, "other", [other], p9=PORTRAIT.read_bytes())
    assert work_off(built) == 0
    assert service.seen_before(built.road, key(9, "maya_sample")) == ()


# ── the bank ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def matched(built: Built, tmp_path: Path) -> Built:
    """An active case and a sighting that resembles it."""
    staff(built)
    activate(built)
    post = status(5, "p5", at="2026-05-01T08:00:00.000Z")
    bring_in(built, tmp_path, "sighting", [post], p5=PORTRAIT.read_bytes())
    assert work_off(built) == 0
    assert [card.row.match.label for card in review.queue(built.road)] == [Label.SIGHTING]
    return built


def old_file(folder: Path) -> Path:
    """The same picture as somebody kept it: smaller and cropped."""
    image = Image.open(PORTRAIT).convert("RGB")
    file = folder / "old.jpg"
    file.write_bytes(jpeg(cropped(image, 0.06).resize((image.width * 3 // 4, image.height * 3 // 4)), 70))
    return file


def test_a_known_picture_sets_its_matches_aside_and_gives_them_back(matched: Built, tmp_path: Path) -> None:
    item, shown = service.add(
        matched.road, str(old_file(tmp_path)), PictureLabel.SOLVED, by="ana", note="reunited in spring"
    )
    assert shown == 1 and work_off(matched) == 0
    (card,) = review.listing(matched.road)
    assert (card.row.match.label, card.row.match.tier) == (Label.KNOWN_PICTURE, Tier.SET_ASIDE)
    assert "reunited in spring" in card.row.match.reasons[0].words
    assert review.queue(matched.road) == []
    assert service.known(matched.road) == [(item, 1)]
    assert service.remove(matched.road, item.digest[:10], by="ana") == 1
    assert work_off(matched) == 0
    assert [each.row.match.label for each in review.queue(matched.road)] == [Label.SIGHTING]


def test_a_sighting_that_comes_after_the_picture_was_known_is_set_aside(built: Built, tmp_path: Path) -> None:
    staff(built)
    activate(built)
    service.add(built.road, str(old_file(tmp_path)), PictureLabel.FALSE, by="ana")
    post = status(5, "p5", at="2026-05-01T08:00:00.000Z")
    bring_in(built, tmp_path, "sighting", [post], p5=PORTRAIT.read_bytes())
    assert work_off(built) == 0
    (card,) = review.listing(built.road)
    assert card.row.match.label is Label.KNOWN_PICTURE
    assert "not true" in card.row.match.reasons[0].words


def test_a_stored_photo_is_named_by_the_beginning_of_its_digest(matched: Built) -> None:
    (digest,) = photo_digests(matched, key(5))
    item, shown = service.add(matched.road, digest[:8], PictureLabel.FALSE, by="ana")
    assert (item.digest, shown) == (digest, 1)


def test_what_is_no_picture_is_one_sentence(built: Built, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no photo")
    with pytest.raises(PhotoRefused):
        service.add(built.road, str(text), PictureLabel.FALSE, by="ana")
    with pytest.raises(UsageError, match="no file here"):
        service.add(built.road, "nowhere.jpg", PictureLabel.FALSE, by="ana")
    with pytest.raises(Missing):
        service.add(built.road, "0123456789abcdef", PictureLabel.FALSE, by="ana")
    with pytest.raises(Missing):
        service.remove(built.road, "0123456789abcdef", by="ana")


def test_a_wrong_blob_is_never_called_a_copy(built: Built, tmp_path: Path) -> None:
    """Without the pixels nothing is confirmed: near codes alone are no label."""
    bring(built, tmp_path, 1)
    for file in built.home.photos.rglob("*"):
        if file.is_file():
            file.unlink()
    out = io.BytesIO()
    Image.open(STREET).convert("RGB").resize((500, 400)).save(out, "JPEG")
    bring_in(built, tmp_path, "s2", [POSTS[2]], p2=out.getvalue())
    assert work_off(built) == 0
    assert service.seen_before(built.road, SECOND) == ()
