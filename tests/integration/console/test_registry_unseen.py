"""What must not tell that a sealed case is there: numbers on cards, lines of logs, names in the audit."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, cast

import numpy as np
import pytest
import structlog

from bot.engine.local import LocalEngine
from bot.faces.gallery import NumpyGallery
from bot.match.inputs import Hit
from bot.pipeline import casework, gallery, jobnames, match, work
from bot.services import alarms, appeals, registering, review
from store import audit, cases, photos, posts
from store import tables as t
from store.errors import Missing, NotAllowed
from store.records.case import CaseStatus
from store.records.match import Verdict
from store.records.work import Job, Stage
from store.seal import SealKey
from tests.integration.console.world import CASE, NAMED, World

KEY = SealKey(b"thirty-two bytes for these tests")
DIMENSION = 4


class Faces:
    """A model that knows no face."""

    digest = "model-digest"
    name = "none"
    measured = None


def job(stage: Stage, key: str) -> Job:
    return Job(stage, key, 0, 1, "t", cast(Any, None))


def hits(*ids: str) -> list[Hit]:
    return [Hit(each, f"{each}|p", 0.9 - rank / 10, rank) for rank, each in enumerate(ids, 1)]


def test_a_card_counts_sealed_cases_beside_themselves_alone() -> None:
    found = match.told(hits("s/1", "a", "s/2", "b"), frozenset({"s/1", "s/2", "s/3"}), 10)
    assert found == {"s/1": (1, 8), "a": (1, 7), "s/2": (2, 8), "b": (2, 7)}
    assert match.told(hits("a", "b"), frozenset(), 2) == {"a": (1, 2), "b": (2, 2)}


def test_work_on_cases_is_logged_under_a_digest_whether_they_are_sealed_or_not() -> None:
    for stage, key in ((Stage.ENROL, "home/1"), (Stage.GALLERY, "home/1"), (Stage.ALERT, "abc:0|home/1")):
        name, words = jobnames.said(KEY, job(stage, key), "home/1: is not a registered case")
        assert "home/1" not in name + words and words.endswith("is not a registered case")
        assert name == jobnames.said(KEY, job(stage, key))[0] and name.startswith(key.removesuffix("home/1"))
    assert jobnames.said(KEY, job(Stage.SEND, "x|home/1"), "home/1") == ("x|home/1", "home/1")
    assert jobnames.said(KEY, job(Stage.ALERT, "breaker:hour"))[0] == "breaker:hour"


def test_the_reason_kept_with_a_posts_job_names_no_case() -> None:
    of_post, of_case = job(Stage.MATCH, "mastodon:1"), job(Stage.ENROL, "home/1")
    missing = Missing("home/1", "is not a registered case")
    assert jobnames.reason_of(of_post, missing) == "is not a registered case"
    assert "home/1" in jobnames.reason_of(of_case, missing)
    assert "home/1" not in jobnames.reason_of(of_post, ValueError("home/1"))
    assert not jobnames.may_show(of_post) and jobnames.may_show(job(Stage.LOOK, "mastodon:1"))


@pytest.fixture
def lines(world: World) -> Any:
    with structlog.testing.capture_logs() as found:
        yield found


def test_a_failing_job_of_a_sealed_case_leaves_no_trace_of_its_id_in_the_log(
    world: World, lines: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    registering.seal(world.road, CASE, by="rita", why="protection order")
    road = world.road
    road.engine = LocalEngine(
        road.store, world.clock, attempts=2, said=lambda *given: jobnames.said(road.key, *given)
    )

    def fails(_road: Any, one: Job) -> None:
        raise ValueError(f"{one.key} went wrong") if one.attempt == 1 else Missing(one.key, "is gone")

    with road.store.transaction() as tx:
        for stage, key in ((Stage.ENROL, CASE), (Stage.ALERT, f"f:0|{CASE}")):
            road.engine.enqueue(tx, stage, key)
    for _ in range(2):
        for one in road.engine.claim([Stage.ENROL, Stage.ALERT], world.clock()):
            work.do(road, dict.fromkeys(Stage, fails), one)
        world.clock.pass_by(timedelta(minutes=1))
    events = {line["event"] for line in lines}
    assert {"job_failed", "job_again", "job_set_aside"} <= events
    assert CASE not in f"{lines}{caplog.text}" and "went wrong" not in f"{lines}{caplog.text}", lines


def test_the_audit_names_no_sealed_case_in_verdicts_alarms_and_appeals(world: World) -> None:
    registering.seal(world.road, CASE, by="rita", why="protection order")
    registering.join_team(world.road, CASE, "rob", by="rita")
    key = review.queue(world.road, viewer="rob")[0].row.match.key
    review.decide(world.road, key, Verdict.POSSIBLE, by="rob")
    alarm = next(each for each in alarms.standing(world.road, viewer="rob") if CASE in each.name)
    alarms.acknowledge(world.road, alarm.name, by="rob")
    review.undo(world.road, key, by="rob")
    with world.road.store.reading() as tx:
        rows = tx.execute(t.audit.select()).all()
        assert audit.first_break(tx) is None
    text = "".join(f"{row}" for row in rows if row.action.partition(".")[0] in ("match", "alarm"))
    assert "match.possible" in text and "alarm.acknowledged" in text and CASE not in text


def searched(world: World) -> Any:
    """What everybody but the team is told of a face that resembles each case of the gallery."""
    road, near = world.road, np.full(DIMENSION, 0.5, dtype=np.float32)
    road.faces, road.gallery, road.gallery_seq = cast(Any, Faces), NumpyGallery(DIMENSION), 0
    with road.store.reading() as tx:
        gallery.follow(road, tx)
        digest = str(posts.media_of(tx, NAMED)[0].photo)
        found = match.judged(road, tx, NAMED, photos.face(tx, f"{digest}:0"), near, cast(Any, Faces))
    return {
        item.case_id: (item.rank, item.gallery_size, item.tier, [reason.words for reason in item.reasons])
        for item in found.matches
        if item.case_id != CASE
    }


def test_what_is_told_of_other_candidates_is_the_same_with_and_without_a_sealed_case(world: World) -> None:
    road = world.road
    for number in (1, 2):
        world.add_case(f"home/{number}", CaseStatus.ACTIVE, seed=80 + number)
    with road.store.transaction() as tx:
        for row in cases.listing(tx):
            vector = np.ones(DIMENSION, dtype=np.float32)
            vector[0] += 0.1 * len(row.case.id)
            vector /= np.linalg.norm(vector)
            for item in cases.photos_of(tx, row.case.id):
                photos.put_vector(
                    tx, item.face_key, Faces.digest, vector.astype(np.float32),
                    holder=photos.CASE, at=world.clock(), expires_at=None,
                )  # fmt: skip
            cases.gallery_changed(tx, row.case.id, "", world.clock())
    registering.seal(road, CASE, by="rita", why="protection order")
    beside = searched(world)
    assert road.gallery.size_cases == 3, "the sealed case is searched"
    assert {size for _, size, *_ in beside.values()} == {2}
    cases_end(world)
    assert searched(world) == beside and road.gallery.size_cases == 2


def cases_end(world: World) -> None:
    registering.remove(world.road, CASE, by="rita", why="withdrawn")


def test_an_appeal_of_a_sealed_case_answers_as_one_that_never_was(world: World) -> None:
    registering.seal(world.road, CASE, by="rita", why="protection order")
    said = []
    for case_id in (CASE, "home/9"):
        with pytest.raises(Missing) as error:
            appeals.release(world.road, case_id, "family", by="vera", evidence="a letter of May")
        said.append(error.value.detail)
        with pytest.raises(Missing) as error:
            appeals.close(world.road, NAMED, case_id, by="vera")
        said.append(error.value.detail)
    assert set(said) == {"is not a registered case"}
    with pytest.raises(NotAllowed, match="is active"):
        appeals.release(world.road, CASE, "family", by="rita", evidence="a letter of May")


def test_a_sealed_case_that_expires_soon_is_an_alarm_for_its_team_alone(world: World) -> None:
    registering.seal(world.road, CASE, by="rita", why="protection order")
    until = world.clock() + timedelta(days=3)
    registering.renew(world.road, CASE, until, by="rita", why="said by the police")
    assert casework.lapse(world.road).told == 0
    (alarm,) = [each for each in alarms.standing(world.road, viewer="rita") if CASE in each.name]
    assert "expires on" in alarm.words and alarm.seen is None
    for viewer in ("", "ada", "rob", "vera"):
        assert CASE not in f"{alarms.standing(world.road, viewer=viewer)}"
    with pytest.raises(Missing):
        alarms.acknowledge(world.road, alarm.name, by="ada")
    alarms.acknowledge(world.road, alarm.name, by="rita", note="asked them")
    assert alarms.waiting(world.road, viewer="rita") == []
    assert CASE in f"{alarms.history(world.road, viewer='rita')}"
    assert CASE not in f"{alarms.history(world.road, viewer='ada')}"
    registering.renew(world.road, CASE, until + timedelta(days=1), by="rita", why="another day")
    assert len(alarms.waiting(world.road, viewer="rita")) == 1, "another day is told anew"
