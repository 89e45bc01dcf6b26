"""The sample through the real road: matches, labels, refusals with reasons, verdicts, alerts, receipts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.config import Config, load
from bot.home import Home
from bot.pipeline import work
from bot.services import overview, replies, review, sample, sightings
from bot.wiring import Built
from store import audit, matches
from store import tables as t
from store.errors import Conflict, NotAllowed, UsageError
from store.records.match import Label, Tier, Verdict
from store.records.photo import PhotoState
from store.records.post import Platform
from store.records.reply import AlertState, ReplyState
from store.records.work import Stage
from tests.chaos.dump import dump
from tests.integration.conftest import SAMPLE, work_off
from tests.integration.ready import copied, face_keys, photo_digests, quick, rows

MATCHING = "mastodon:https://sample.example/users/lin_sample/statuses/115600000000000101"
POSTER = "mastodon:https://sample.example/users/maya_sample/statuses/115600000000000202"
UNRELATED = "mastodon:https://other.example/users/tom_sample/statuses/115600000000000303"
ON_X = "x:1990000000000000401"
ON_WEIBO = "weibo:5100000000000501"
CASE = "sample.example/001"


def of_sample() -> Config:
    return load(SAMPLE / "config.yaml", env={})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, places: Path) -> Path:
    """A data folder with the sample loaded and worked off; every test gets a copy of it."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copy(places, folder / "places.sqlite")
    built = quick(wiring.build(of_sample(), Home(folder / "sample", True)))
    wiring.put_in_force(built)
    sample.load(built.road, built.home, SAMPLE)
    assert work_off(built) == 0
    built.close()
    return folder


@pytest.fixture
def road(finished: Path, tmp_path: Path) -> Iterator[Built]:
    """The worked-off sample; the verdicts are the test's."""
    folder = copied(finished, tmp_path / "data")
    built = quick(wiring.build(of_sample(), Home(folder / "sample", True)))
    yield built
    built.close()


def cards_by_post(built: Built) -> dict[str, review.Card]:
    return {card.post.key: card for card in review.listing(built.road)}


def receipt(built: Built, post_key: str) -> Any:
    found = [row for row in replies.listing(built.road) if row.post_key == post_key]
    assert len(found) == 1
    return found[0]


def test_two_sightings_match_and_say_who_would_hear_of_them(road: Built) -> None:
    queue = review.queue(road.road)
    assert {card.row.match.case_id for card in queue} == {CASE}
    heard = {card.post.platform: card.who_hears for card in queue}
    assert heard == {
        Platform.MASTODON: "case team and author",
        Platform.BLUESKY: "case team only",
    }
    for card in queue:
        assert card.row.match.label is Label.SIGHTING
        assert card.row.match.tier in (Tier.ALERT, Tier.REVIEW)
        assert card.row.match.reasons
        assert card.sighting is not None and card.sighting.where.best is not None
        assert "Chengdu" in card.sighting.where.best.name or "成都" in card.sighting.where.best.name


def test_a_poster_is_labelled_set_aside_and_never_in_the_queue(road: Built) -> None:
    card = cards_by_post(road)[POSTER]
    assert (card.row.match.label, card.row.match.tier) == (Label.POSTER, Tier.SET_ASIDE)
    assert POSTER not in {each.post.key for each in review.queue(road.road)}
    assert overview.overview(road.road).waiting == {"alert": 0, "review": 2, "set_aside": 1}


def test_a_post_on_x_has_no_faces_and_says_why(road: Built) -> None:
    assert photo_digests(road, ON_X), "the photo itself is kept, or this test proves nothing"
    assert face_keys(road, ON_X) == []
    assert not rows(road, sa.select(t.matches).where(t.matches.c.post_key == ON_X))
    held = {row.photo for row in rows(road, sa.select(t.faces.c.photo))}
    assert not held & set(photo_digests(road, ON_X))
    view = sightings.one(road.road, ON_X)
    assert not view.permit.may_match
    assert "no face comparison" in view.comparison.lower()
    assert len(view.comparison) > len("No face comparison: "), "it gives the reason"


def test_a_weibo_post_is_kept_and_says_why_it_is_not_compared(road: Built) -> None:
    view = sightings.one(road.road, ON_WEIBO)
    assert not view.permit.may_match
    assert "no face comparison" in view.comparison.lower()
    assert view.sighting is not None and view.sighting.where.best is not None


def test_the_face_that_x_keeps_from_us_is_one_that_would_be_found_elsewhere(road: Built) -> None:
    """Guards the tests above: the detector does find a face in that very picture."""
    from bot.faces.analyse import analyse

    (digest,) = photo_digests(road, ON_X)
    with road.road.store.reading() as tx:
        served = tx.execute(sa.select(t.photos.c.served).where(t.photos.c.digest == digest)).scalar_one()
    assert analyse(road.road.faces(), road.road.blobs.get(served), digest)


def plain(text: str, reply: Any) -> str:
    """A receipt without what is its author's own: handle and reference."""
    return text.replace(reply.to_handle, "HANDLE").replace(reply.reference, "REFERENCE")


def test_the_unrelated_post_gets_the_same_receipt_as_the_matching_one(road: Built) -> None:
    """Both in the same language, so that the words can be compared letter by letter."""
    from bot.pipeline import catalogue
    from bot.rules import compose
    from store.records.reply import Purpose

    matching, unrelated = receipt(road, MATCHING), receipt(road, UNRELATED)
    assert (matching.language, unrelated.language) == ("zh-Hans", "en")
    for row in (matching, unrelated):
        template = catalogue.shipped().text(Purpose.RECEIPT, row.language)
        assert plain(row.text, row) == "@HANDLE " + template.format(hotline="110", reference="REFERENCE")
        assert row.state is ReplyState.REHEARSED
    shape = ("level", "visibility", "state", "account", "purpose", "consent", "attempt", "approved_by")
    assert [getattr(matching, n) for n in shape] == [getattr(unrelated, n) for n in shape]
    assert len(matching.reference) == len(unrelated.reference) == compose.REFERENCE_LENGTH


def test_only_who_named_the_bot_gets_a_receipt(road: Built) -> None:
    assert {row.post_key for row in replies.listing(road.road)} == {MATCHING, UNRELATED}


def test_a_receipt_names_no_child_place_or_case(road: Built) -> None:
    for row in replies.listing(road.road):
        for word in ("Sample Person", "001", "Chengdu", "成都", "春熙路", "http"):
            assert word not in row.text


def decide(built: Built, post_key: str, verdict: Verdict) -> review.Card:
    key = cards_by_post(built)[post_key].row.match.key
    return review.decide(built.road, key, verdict, by=sample.REVIEWER)


def alerts(built: Built) -> list[Any]:
    with built.road.store.reading() as tx:
        return list(matches.alerts(tx))


def test_a_possible_resemblance_raises_one_alert_and_leaves_the_reply_rehearsed(road: Built) -> None:
    before = receipt(road, MATCHING)
    card = decide(road, MATCHING, Verdict.POSSIBLE)
    assert card.row.state == matches.POSSIBLE
    assert work_off(road) == 0
    (alert,) = alerts(road)
    assert alert.state is AlertState.OPEN
    assert alert.match_key == card.row.match.key
    assert receipt(road, MATCHING) == before
    with pytest.raises(Conflict):
        review.decide(road.road, card.row.match.key, Verdict.NOT_THIS_CHILD, by=sample.REVIEWER)
    assert len(alerts(road)) == 1


def test_undo_takes_the_alert_back_and_deciding_again_raises_it_again(road: Built) -> None:
    key = decide(road, MATCHING, Verdict.POSSIBLE).row.match.key
    card = review.undo(road.road, None, by=sample.REVIEWER)
    assert (card.row.match.key, card.row.state) == (key, matches.OPEN)
    assert [alert.state for alert in alerts(road)] == [AlertState.TAKEN_BACK]
    assert work_off(road) == 0
    with road.road.store.reading() as tx:
        assert tx.execute(sa.select(t.alerts.c.sends)).scalar_one() == 0, "taken back before it was sent"
    decide(road, MATCHING, Verdict.POSSIBLE)
    assert [alert.state for alert in alerts(road)] == [AlertState.OPEN]
    assert [d.undone for d in review.card(road.road, key).decisions] == [True, False]


def test_somebody_elses_verdict_is_not_taken_back_by_a_bare_undo(road: Built) -> None:
    decide(road, MATCHING, Verdict.POSSIBLE)
    with pytest.raises(UsageError):
        review.undo(road.road, None, by="somebody-else")
    assert [alert.state for alert in alerts(road)] == [AlertState.OPEN]


def test_a_verdict_for_the_bluesky_sighting_tells_the_case_team_alone(road: Built) -> None:
    bluesky = next(c.post.key for c in review.queue(road.road) if c.post.platform is Platform.BLUESKY)
    outbox_before = replies.listing(road.road)
    decide(road, bluesky, Verdict.POSSIBLE)
    assert work_off(road) == 0
    assert len(alerts(road)) == 1
    assert replies.listing(road.road) == outbox_before


def test_a_rejected_pair_never_comes_back_when_the_post_is_matched_again(road: Built) -> None:
    decide(road, MATCHING, Verdict.NOT_THIS_CHILD)
    for stage in (Stage.LOOK, Stage.PLACE, Stage.MATCH):
        with road.road.store.transaction() as tx:
            road.road.engine.enqueue(tx, stage, MATCHING)
        assert work_off(road) == 0
    with road.road.store.transaction() as tx:
        road.road.engine.enqueue(tx, Stage.ENROL, CASE)
    assert work_off(road) == 0
    card = cards_by_post(road)[MATCHING]
    assert card.row.state == matches.REJECTED
    assert MATCHING not in {each.post.key for each in review.queue(road.road)}
    assert overview.overview(road.road).waiting["review"] == 1
    assert alerts(road) == []


def test_later_puts_a_match_on_its_own_pile_and_back(road: Built) -> None:
    decide(road, MATCHING, Verdict.LATER)
    assert MATCHING not in {c.post.key for c in review.queue(road.road)}
    assert [c.post.key for c in review.queue(road.road, state=matches.LATER)] == [MATCHING]
    assert decide(road, MATCHING, Verdict.POSSIBLE).row.state == matches.POSSIBLE


def test_a_verdict_needs_a_person(road: Built) -> None:
    key = cards_by_post(road)[MATCHING].row.match.key
    with pytest.raises(UsageError):
        review.decide(road.road, key, Verdict.POSSIBLE, by="  ")
    assert alerts(road) == []


def test_an_alert_carries_no_name_place_or_handle(road: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, ...]] = []

    class Channel:
        is_set_up = True

        def send(self, *words: str) -> str:
            told.append(words[:3])
            return "sent"

    road.road.alerts = Channel()  # type: ignore[assignment]
    decide(road, MATCHING, Verdict.POSSIBLE)
    work_off(road)
    assert len(told) == 1
    said = " ".join(told[0])
    for word in ("Sample Person", CASE, "lin_sample", "春熙路", "Chengdu", MATCHING):
        assert word not in said


def test_two_runs_change_nothing(road: Built) -> None:
    decide(road, MATCHING, Verdict.POSSIBLE)
    assert work_off(road) == 0
    before = dump(road.home.folder)
    sample.load(road.road, road.home, SAMPLE)
    wiring.put_in_force(road)
    assert work_off(road) == 0
    assert dump(road.home.folder) == before


def test_everything_that_was_done_stands_in_a_whole_audit_chain(road: Built) -> None:
    decide(road, MATCHING, Verdict.POSSIBLE)
    work_off(road)
    with road.road.store.reading() as tx:
        entries = audit.entries(tx)
        assert audit.first_break(tx) is None
    done = {entry.action for entry in entries}
    assert {"campaign.version", "case.registered", "case.active", "archive.imported"} <= done
    assert {"match.possible", "reply.drafted", "reply.rehearsed"} <= done
    told = " ".join(str((e.subject, e.detail)) for e in entries)
    assert "Sample Person" not in told and "春熙路" not in told


def test_the_sample_is_never_loaded_into_real_data(build: Callable[..., Built], config: Any) -> None:
    built = build(config())
    with pytest.raises(NotAllowed):
        sample.load(built.road, built.home, SAMPLE)
    assert overview.overview(built.road).posts == 0
    assert overview.overview(built.road).cases == {}


def test_all_photos_of_the_sample_were_kept_and_only_clean_copies_are_served(road: Built) -> None:
    states = {row.state for row in rows(road, sa.select(t.media.c.state))}
    assert states == {PhotoState.KEPT.value}
    for row in rows(road, sa.select(t.photos.c.digest, t.photos.c.served)):
        assert row.digest != row.served
        data = sightings.served_photo(road.road, row.served)
        assert data[:2] == b"\xff\xd8" and b"Exif\x00\x00" not in data
        with pytest.raises(Exception, match="not a picture that may be shown"):
            sightings.served_photo(road.road, row.digest)


@pytest.fixture
def two_processes(data: Path) -> Iterator[tuple[Built, Built]]:
    """The same installation opened twice, as a daemon and a command beside it."""
    home = Home(data / "sample", True)
    one, two = wiring.build(of_sample(), home), wiring.build(of_sample(), home)
    yield one, two
    one.close()
    two.close()


def test_a_case_that_another_process_activates_is_found_by_this_one(
    two_processes: tuple[Built, Built],
) -> None:
    daemon, command = (quick(built) for built in two_processes)
    wiring.put_in_force(daemon)
    assert work.work_off(daemon.road, work.arrows(dict)) == 0
    sample.load(command.road, command.home, SAMPLE)
    assert work.work_off(daemon.road, work.arrows(dict)) == 0
    assert daemon.road.gallery.size_cases == 3
    assert len(review.queue(command.road)) == 2
