"""New cases beside what was stored: in steps, resumed, ended; how long vectors stay; another face model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import main, wiring, wiring_faces
from bot.config import Config, load
from bot.faces.described import Described
from bot.faces.embed import SFaceModel
from bot.faces.fake import FakeFaceModel
from bot.faces.fusion import FusedModel
from bot.faces.onnx_model import OnnxModel, read_sheet
from bot.home import Home
from bot.pipeline import forgetting, gallery, models, reembed, stored, templates
from bot.services import keeping_open, overview, people, reembedding
from bot.services.odds import Tally
from bot.wiring import Built
from store import case_searches, cases, face_models, matches, photos, vectors
from store import tables as t
from store.db import utc_now
from store.errors import Conflict, Missing, ModelError, NotAllowed, UsageError
from store.records.case import CaseStatus
from store.records.match import Tier
from store.records.work import Stage
from store.steps import listen
from tests import makers
from tests.integration.conftest import CONFIG
from tests.integration.ready import count, rows
from tests.integration.stored_faces import (
    case,
    do_one,
    drawn,
    keep_faces,
    keep_photo,
    move,
    sighting,
    work_on_faces,
)
from tests.stores import START, Clock
from tests.unit.faces import tiny_onnx

DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of an installation that was begun once; no test here asks for a place."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "config.yaml").write_text(CONFIG.format(tag="HomewardSample", sources="[]", level="dry-run"))
    made = wiring.build(load(folder / "config.yaml", env={}), Home(folder / "data", False), clock=Clock())
    made.close()
    return made.home.database


@pytest.fixture
def data(tmp_path: Path, begun: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(begun, folder / begun.name)
    return folder


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config], clock: Clock) -> Built:
    return drawn(build(config(), clock=clock))


def found(built: Built) -> set[tuple[str, str]]:
    """(post, case) of open matches."""
    query = sa.select(t.matches.c.post_key, t.matches.c.case_id).where(t.matches.c.state == matches.OPEN)
    return {(row.post_key, row.case_id) for row in rows(built, query)}


def sightings_kept(built: Built) -> int:
    return count(built, t.vectors, t.vectors.c.holder == "sighting")


# ── a new case beside what is stored ─────────────────────────────────────────────────────────────


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "STORED_AT_ONCE", 3)
    monkeypatch.setattr(stored, "SEALED_AT_ONCE", 2)


def test_a_new_case_finds_in_steps_what_all_at_once_would_find(built: Built, small_steps: None) -> None:
    shown = [sighting(built, n, person=n % 4, pose=n) for n in range(8)]
    case_id = case(built, 1, person=2)
    assert do_one(built, Stage.ENROL)
    said = []
    while do_one(built, Stage.GALLERY):
        said.append([(s["done"], s["total"]) for s in overview.overview(built.road).searches])
    assert said == [[(3, 8)], [(6, 8)], [(8, 8)], []], "two steps, the last one, the part without vectors"
    assert found(built) == {(key, case_id) for key in shown[2::4]}
    assert count(built, t.case_searches) == 0 and count(built, t.jobs, t.jobs.c.stage == "gallery") == 0


def test_a_search_that_was_killed_goes_on_where_it_was_and_writes_nothing_twice(
    built: Built, small_steps: None, clock: Clock
) -> None:
    shown = [sighting(built, n, person=5, pose=n) for n in range(7)]
    case_id = case(built, 1, person=5)
    do_one(built, Stage.ENROL)
    killed = []

    def kill(name: str) -> None:
        if name in ("gallery.half_written", "gallery.before_commit") and len(killed) < 4:
            killed.append(name)
            raise KeyboardInterrupt(name)

    listen(kill)
    try:
        for _ in range(20):
            try:
                if not do_one(built, Stage.GALLERY):
                    break
            except KeyboardInterrupt:
                built.road.engine.free_all()
    finally:
        listen(None)
    assert len(killed) == 4 and found(built) == {(key, case_id) for key in shown}
    assert count(built, t.matches) == len(shown) and count(built, t.case_searches) == 0


def test_a_case_that_ends_meanwhile_ends_its_search_and_one_that_was_enrolled_anew_begins_it_again(
    built: Built, small_steps: None
) -> None:
    for n in range(8):
        sighting(built, n, person=6, pose=n)
    case_id = case(built, 1, person=6)
    do_one(built, Stage.ENROL)
    do_one(built, Stage.GALLERY)
    assert len(found(built)) == 3
    with built.road.store.transaction() as tx:
        built.road.engine.enqueue(tx, Stage.ENROL, case_id)
    do_one(built, Stage.ENROL)
    do_one(built, Stage.GALLERY)
    with built.road.store.reading() as tx:
        search = case_searches.get(tx, case_id)
    assert search is not None and search.done == 3, "from the beginning"
    move(built.road, case_id, CaseStatus.ACTIVE, CaseStatus.LOCATED, START)
    assert do_one(built, Stage.GALLERY) and not do_one(built, Stage.GALLERY)
    assert len(found(built)) == 3 and count(built, t.case_searches) == 0


@pytest.mark.servers
def test_the_search_of_a_sealed_case_is_in_no_status(built: Built, small_steps: None) -> None:
    for n in range(4):
        sighting(built, n, person=6, pose=n)
    case(built, 1, person=6, sealed=True)
    do_one(built, Stage.ENROL)
    do_one(built, Stage.GALLERY)
    assert count(built, t.case_searches) == 1
    assert overview.overview(built.road).searches == ()


def test_posts_whose_permit_ended_are_not_found_by_a_new_case(built: Built) -> None:
    key = sighting(built, 1, person=3)
    built.road.rules = replace(built.road.rules, legal=None)
    case(built, 1, person=3)
    assert work_on_faces(built) == 0
    assert found(built) == set() and sightings_kept(built) == 1, key


# ── how long vectors stay ────────────────────────────────────────────────────────────────────────


def test_a_vector_goes_after_its_days_and_a_new_case_still_finds_the_photo(
    built: Built, clock: Clock
) -> None:
    key = sighting(built, 1, person=3)
    clock.tick(days=29, hours=23)
    assert forgetting.forget(built.road).vectors == 0 and sightings_kept(built) == 1
    clock.tick(hours=1)
    assert forgetting.forget(built.road).vectors == 1 and sightings_kept(built) == 0
    case_id = case(built, 1, person=3)
    case(built, 2, person=9)
    assert work_on_faces(built) == 0
    assert found(built) == {(key, case_id)}
    assert sightings_kept(built) == 0, "it was looked at in memory alone"
    assert "vectors=1" in str(rows(built, sa.select(t.audit.c.detail))).replace("'vectors': 1", "vectors=1")


@pytest.mark.servers
def test_a_vector_whose_time_is_over_is_not_compared_even_before_the_round(
    built: Built, clock: Clock
) -> None:
    sighting(built, 1, person=3)
    clock.tick(days=30)
    with built.road.store.reading() as tx:
        block = vectors.sightings(tx, built.road.faces().digest, 108, now=clock())
        assert block.keys == ()


def test_looking_again_does_not_begin_the_days_anew(built: Built, clock: Clock) -> None:
    road = built.road
    key = sighting(built, 1, person=3)
    (digest,) = {row.photo for row in rows(built, sa.select(t.media.c.photo))}
    clock.tick(days=20)
    served = road.blobs.get(rows(built, sa.select(t.photos.c.served))[0].served)
    keep_faces(road, key, digest, served)
    clock.tick(days=10)
    forgetting.forget(road)
    assert sightings_kept(built) == 0
    keep_faces(road, key, digest, served)
    assert sightings_kept(built) == 0, "nor when they are over"


def test_a_photo_that_may_not_be_compared_any_more_is_not_embedded_again(built: Built, clock: Clock) -> None:
    one, two = sighting(built, 1, person=3), sighting(built, 2, person=3, pose=2)
    clock.tick(days=31)
    forgetting.forget(built.road)
    with built.road.store.transaction() as tx:
        tx.execute(sa.delete(t.photo_checks).where(t.photo_checks.c.digest.in_(
            sa.select(t.media.c.photo).where(t.media.c.post_key == one))))  # fmt: skip
    case_id = case(built, 1, person=3)
    assert work_on_faces(built) == 0
    assert found(built) == {(two, case_id)}


@pytest.mark.servers
def test_a_photo_that_cannot_be_read_any_more_holds_nothing_up(built: Built, clock: Clock) -> None:
    sighting(built, 1, person=3)
    two = sighting(built, 2, person=3, pose=2)
    clock.tick(days=31)
    forgetting.forget(built.road)
    first = rows(built, sa.select(t.photos.c.served).order_by(t.photos.c.kept_at, t.photos.c.digest))
    served = {row.served for row in first}
    kept = rows(built, sa.select(t.photos.c.served).join(t.media, t.media.c.photo == t.photos.c.digest).where(
        t.media.c.post_key == two))[0].served  # fmt: skip
    for blob in served - {kept}:
        built.road.blobs.drop(blob)
    case_id = case(built, 1, person=3)
    assert work_on_faces(built) == 0
    assert found(built) == {(two, case_id)}


# ── kept open ────────────────────────────────────────────────────────────────────────────────────


def test_a_sighting_kept_open_keeps_its_vectors_until_its_day_and_given_back_ends_as_usual(
    built: Built, clock: Clock
) -> None:
    road, key, other = built.road, sighting(built, 1, person=3), sighting(built, 2, person=4)
    kept = keeping_open.keep(road, key, by="rita", why="police asked for it", until=START + 60 * DAY)
    assert keeping_open.listing(road) == [kept] and (kept.by, kept.at) == ("rita", START)
    clock.tick(days=31)
    forgetting.forget(road)
    assert sightings_kept(built) == 1
    keeping_open.keep(road, key, by="rita", why="they asked again", until=START + 90 * DAY)
    clock.tick(days=40)
    forgetting.forget(road)
    assert sightings_kept(built) == 1
    keeping_open.give_back(road, key, by="rita")
    assert forgetting.forget(road).vectors == 1 and keeping_open.listing(road) == []
    with pytest.raises(Missing):
        keeping_open.give_back(road, key, by="rita")
    said = rows(built, sa.select(t.audit.c.action).where(t.audit.c.subject == key))
    assert [row.action for row in said].count("sighting.kept_open") == 2, other


@pytest.mark.servers
def test_what_was_kept_open_ends_by_itself_and_its_words_go_with_it(built: Built, clock: Clock) -> None:
    key = sighting(built, 1, person=3)
    keeping_open.keep(built.road, key, by="rita", why="police asked for it", until=START + 40 * DAY)
    clock.tick(days=40)
    assert keeping_open.listing(built.road) == []
    forgetting.forget(built.road)
    assert sightings_kept(built) == 0 and count(built, t.kept_open) == 0


def test_only_what_may_be_compared_is_kept_open_with_a_reason_and_an_end(built: Built) -> None:
    road, key = built.road, sighting(built, 1, person=3)
    good: dict[str, Any] = {"by": "rita", "why": "police asked for it", "until": START + 9 * DAY}
    for changes in ({"why": " "}, {"until": START}, {"until": START + 181 * DAY}):
        with pytest.raises(UsageError):
            keeping_open.keep(road, key, **good | changes)
    with pytest.raises(Missing):
        keeping_open.keep(road, "mastodon:nothing", **good)
    road.rules = replace(road.rules, legal=None)
    with pytest.raises(NotAllowed):
        keeping_open.keep(road, key, **good)
    assert count(built, t.kept_open) == 0


# ── another model ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def other(built: Built, tmp_path: Path) -> str:
    """The source of an operator's model that may be had beside the drawn one, which is in force."""
    path = tiny_onnx.put(tmp_path, "other")
    first = FakeFaceModel()

    def describe(source: str) -> Described:
        if source == "default":
            return Described(source, first.digest, first.name, first.dimension, "own", True, lambda: first)
        of = read_sheet(Path(source))
        sheet = of.sheet

        def load() -> OnnxModel:
            return OnnxModel(of, first)

        return Described(source, sheet.digest, sheet.name, sheet.dimension, sheet.licence, False, load)

    road = built.road
    with road.store.transaction() as tx:
        tx.execute(sa.delete(t.face_models))
    models.adopt(road, describe, "default")
    road.describe_model = describe
    road.faces = models.ModelInForce(road.store, describe, "default")
    return str(path)


def test_another_model_is_tried_in_the_shadow_and_then_put_in_force(built: Built, other: str) -> None:
    road = built.road
    shown = [sighting(built, n, person=n, pose=0) for n in range(3)]
    case_id = case(built, 1, person=1)
    assert work_on_faces(built) == 0
    old = road.faces().digest
    assert found(built) == {(shown[1], case_id)}
    shadow = reembedding.run(road, other, by="ana", is_shadow=True)
    assert (shadow.made, shadow.skipped, shadow.is_switched, shadow.is_tested) == (4, {}, False, False)
    assert (shadow.came, shadow.went, shadow.stayed) == ((), (), 1)
    assert road.faces().digest == old and found(built) == {(shown[1], case_id)}
    report = reembedding.run(road, other, by="ana", is_shadow=False)
    assert report.is_switched and report.matched_again == 3 and report.made == 4
    assert road.faces().dimension == 48 and work_on_faces(built) == 0
    (row,) = rows(built, sa.select(t.matches.c.model, t.matches.c.tier))
    assert row.model == road.faces().digest and row.tier != Tier.ALERT.value, "untested: never an alert"
    assert forgetting.forget(road).vectors == 4
    assert {row.model for row in rows(built, sa.select(t.vectors.c.model))} == {road.faces().digest}
    with pytest.raises(UsageError, match="in force already"):
        reembedding.run(road, other, by="ana", is_shadow=True)


@pytest.mark.servers
def test_the_shadow_says_who_would_come_and_who_would_go(built: Built, other: str) -> None:
    road = built.road
    key = sighting(built, 1, person=1)
    lookalike = sighting(built, 2, person=2)
    case_id, sealed = case(built, 1, person=1), case(built, 2, person=2, sealed=True)
    assert work_on_faces(built) == 0
    assert found(built) == {(key, case_id), (lookalike, sealed)}
    with road.store.transaction() as tx:  # As if only the old model had seen one, and not the other.
        tx.execute(sa.delete(t.matches).where(t.matches.c.case_id == case_id))
        face = photos.faces_of(tx, rows(built, sa.select(t.media.c.photo))[1].photo)[0]
        held = matches.get(tx, f"{_face_of(tx, lookalike)}|{sealed}").match
        ghost = type(held)(**{n: getattr(held, n) for n in held.__slots__} | {
            "key": f"{_face_of(tx, key)}|reg.example/9", "face_key": _face_of(tx, key), "post_key": key,
            "case_id": "reg.example/9"})  # fmt: skip
        matches.put(tx, ghost, START)
        cases.add(tx, makers.case(9), by="a", at=START, evidence="")
        assert face
    report = reembedding.run(road, other, by="ana", is_shadow=True)
    assert [(c.post_key, c.case_id, c.tier) for c in report.came] == [(key, case_id, "review")]
    assert [(c.post_key, c.case_id) for c in report.went] == [(key, "reg.example/9")]
    assert report.stayed == 0, "what concerns a sealed case is neither named nor counted"
    assert "reg.example/2" not in json.dumps(report.as_json())
    reembedding.run(road, other, by="ana", is_shadow=False)
    assert work_on_faces(built) == 0
    assert found(built) == {(key, case_id), (lookalike, sealed)}, "the ghost went when it was matched again"


def _face_of(tx: Any, post_key: str) -> str:
    photo = tx.execute(sa.select(t.media.c.photo).where(t.media.c.post_key == post_key)).scalar()
    return photos.faces_of(tx, photo)[0].key


def test_a_run_that_was_stopped_goes_on_and_what_came_meanwhile_is_made_too(
    built: Built, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reembed, "AT_ONCE", 2)
    road = built.road
    for n in range(5):
        sighting(built, n, person=n)
    said: list[tuple[int, int]] = []
    first = reembedding.run(
        road,
        other,
        by="ana",
        is_shadow=False,
        tell=lambda *pair: said.append(pair),
        halted=lambda: len(said) > 0,
    )
    assert not first.is_whole and not first.is_switched and said == [(2, 5)]
    assert [row["words"] for row in overview.overview(road).searches] == [
        "face model Tiny: 2 of 5 stored faces (40 %)"
    ]
    sighting(built, 6, person=6)
    again: list[tuple[int, int]] = []
    second = reembedding.run(road, other, by="ana", is_shadow=False, tell=lambda *pair: again.append(pair))
    assert second.is_switched and again[0] == (4, 6) and again[-1] == (6, 6)
    assert sightings_kept(built) == 12


@pytest.mark.servers
def test_a_face_that_cannot_be_described_again_is_named_and_holds_nothing_up(
    built: Built, other: str
) -> None:
    road = built.road
    sighting(built, 1, person=1)
    lost = sighting(built, 2, person=2)
    photo = rows(built, sa.select(t.media.c.photo).where(t.media.c.post_key == lost))[0].photo
    with road.store.reading() as tx:
        road.blobs.drop(photos.get(tx, photo).served)
    report = reembedding.run(road, other, by="ana", is_shadow=False)
    assert report.is_switched and list(report.skipped) == [f"{photo}:0"]


def test_a_model_is_switched_to_once_and_never_with_vectors_missing(built: Built, other: str) -> None:
    road = built.road
    sighting(built, 1, person=1)
    report = reembedding.run(road, other, by="ana", is_shadow=True)
    with road.store.reading() as tx:
        row, old = face_models.get(tx, report.digest), road.faces().digest
    assert row is not None
    sighting(built, 2, person=2)
    with pytest.raises(Conflict, match="not all vectors"):
        reembed.switch(road, old, row, {})
    assert road.faces().digest == old
    reembedding.run(road, other, by="ana", is_shadow=False)
    with pytest.raises(Conflict, match="another one by now"):
        reembed.switch(road, old, row, {})


@pytest.mark.servers
def test_vectors_of_two_models_are_never_compared(built: Built, other: str) -> None:
    road = built.road
    sighting(built, 1, person=1)
    case(built, 1, person=1)
    reembedding.run(road, other, by="ana", is_shadow=False)
    with road.store.reading() as tx:
        gallery.follow(road, tx)
    assert road.gallery.size_vectors == 0, "the case was not enrolled before the switch"
    assert work_on_faces(built) == 0
    models_of = {row.model for row in rows(built, sa.select(t.matches.c.model))}
    assert models_of == {road.faces().digest} and road.gallery.size_vectors == 1


@pytest.mark.servers
def test_a_look_that_began_before_the_switch_is_done_again(built: Built, other: str) -> None:
    road, key = built.road, sighting(built, 1, person=1)
    digest, served = keep_photo(road, 7, 0)
    made = templates.embedded(road, served, digest)
    reembedding.run(road, other, by="ana", is_shadow=False)
    with road.store.transaction() as tx:
        tx.execute(sa.delete(t.jobs))
        templates.keep(road, tx, key, digest, made)
    assert [(row.stage, row.key) for row in rows(built, sa.select(t.jobs.c.stage, t.jobs.c.key))] == [
        ("look", key)
    ]


def test_a_wish_for_another_model_is_a_notice_and_a_model_that_is_gone_an_error(
    built: Built, other: str
) -> None:
    road = built.road
    describe = road.describe_model
    assert describe is not None
    models.adopt(road, describe, other)
    words = overview.overview(road).notices[models.NOTICE]
    assert "faces re-embed --shadow" in words
    models.adopt(road, describe, "default")
    assert models.NOTICE not in overview.overview(road).notices
    reembedding.run(road, other, by="ana", is_shadow=False)
    Path(other).with_suffix(".yaml").write_text("name: nothing")
    road.faces = models.ModelInForce(road.store, describe, "default")
    with pytest.raises(ModelError):
        road.faces()
    models.adopt(road, describe, "default")
    assert road.faces().digest == FakeFaceModel.digest, "at the next start the wished one takes its place"


def test_vectors_of_the_former_default_stay_in_force_and_a_notice_leads_to_the_new_one(built: Built) -> None:
    road, now = built.road, built.road.clock()
    about = (SFaceModel.digest, "default", SFaceModel.name, SFaceModel.dimension)
    with road.store.transaction() as tx:
        tx.execute(sa.delete(t.face_models))
        row = face_models.ModelRow(*about, face_models.NEXT, 0, 0, now, now)
        face_models.switch(tx, row, expect=None, at=now)
    assert not models.adopt(road, wiring_faces.describe, "default")
    with road.store.reading() as tx:
        held = face_models.in_force(tx)
    assert held is not None and held.digest == SFaceModel.digest
    assert models.of_row(wiring_faces.describe, held).source == "sface"
    words = overview.overview(road).notices[models.NOTICE]
    assert SFaceModel.name in words and FusedModel.name in words and "faces re-embed --shadow" in words
    assert not models.adopt(road, wiring_faces.describe, "sface")
    assert models.NOTICE not in overview.overview(road).notices, "it may be kept by its name"


def test_hit_rates_and_odds_are_those_of_the_model_that_made_the_match(built: Built) -> None:
    def said(model: str) -> list[str]:
        made = makers.match(makers.face(makers.photo("d")), "mastodon:1", model=model)
        made = replace(made, score=6.5, fpir=0.015, age_gap_years=3.0)
        with built.road.store.reading() as tx:
            tally = Tally(built.road, tx)
            reckoned = tally.of(made, 8.0)
            return [each.words for each in (*tally.hit_rates(made, 8.0), reckoned) if each is not None]

    both, alone = said(FusedModel.digest), said(SFaceModel.digest)
    assert len(both) == len(alone) == 3 and not set(both[:2]) & set(alone[:2])
    assert said(FakeFaceModel.digest) == [], "nothing is said of a model by another one's numbers"


# ── the doors ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.servers
def test_the_command_line_keeps_open_gives_back_and_names_models(
    built: Built, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = sighting(built, 1, person=3)
    people.add(built.road, "rita", ("reviewer", "admin"), by="test")
    until = f"{utc_now() + 9 * DAY:%Y-%m-%d}"

    def said(*words: str) -> tuple[int, str]:
        options = ["--config", str(tmp_path / "config.yaml"), "--data", str(data), "faces"]
        code = main.main([*options, *words])
        return code, capsys.readouterr().out

    why = ["--why", "police asked for it", "--by", "rita"]
    code, out = said("keep", key, "--until", until, *why, "--json")
    assert code == 0 and json.loads(out)["until"].startswith(f"{until} 23:59:59")
    assert said("keep", key, "--until", "2020-01-01", *why)[0] == 2
    assert said("keep", "mastodon:nothing", "--until", until, *why)[0] == 2
    code, out = said("kept", "--json")
    assert [(row["post"], row["by"]) for row in json.loads(out)] == [(key, "rita")]
    assert "police asked for it" in said("kept")[1]
    assert said("give-back", key, "--by", "rita") == (0, "It is not kept open any more.\n")
    assert said("give-back", key, "--by", "rita")[0] == 2 and json.loads(said("kept", "--json")[1]) == []
    code, out = said("models", "--json")
    assert [row["state"] for row in json.loads(out)] == ["in force"]
    assert said("re-embed", "--model", "default", "--by", "rita")[0] == 2, "in force already"
    assert said("re-embed", "--model", str(tmp_path / "none.onnx"), "--by", "rita")[0] == 4


@pytest.mark.servers
def test_the_command_line_makes_vectors_with_a_file_and_switches(
    built: Built, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people.add(built.road, "ana", "admin", by="test")
    path = tiny_onnx.put(tmp_path, "mine")
    options = [
        "--config",
        str(tmp_path / "config.yaml"),
        "--data",
        str(data),
        "faces",
        "re-embed",
        "--by",
        "ana",
    ]
    assert main.main([*options, "--model", str(path), "--shadow"]) == 0
    assert "Untested" in (said := capsys.readouterr().out) and "Nothing was changed" in said
    assert main.main([*options, "--model", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["switched"] is True
    with built.road.store.reading() as tx:
        row = face_models.in_force(tx)
    assert row is not None and (row.name, row.source) == ("Tiny", str(path.resolve()))
    assert main.main([*options, "--model", "default"]) == 0
    assert "YuNet + SFace + dlib" in capsys.readouterr().out
