"""The gallery without age and with templates: learnt from the registry, the same both ways, plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa

from bot.config import Config
from bot.faces.gallery import NumpyGallery
from bot.faces.gallery_pgvector import PgVectorGallery
from bot.match import ageing
from bot.match.inputs import Thresholds
from bot.pipeline import centring, gallery
from bot.services import doctor, thresholds
from bot.wiring import Built
from store import cases, face_centres, photos, vectors
from store import tables as t
from store.db import Store
from store.records.case import CasePhoto
from store.records.work import Stage
from tests import stores
from tests.integration.ready import rows
from tests.integration.stored_faces import case, drawn, keep_photo, sighting, work_on_faces
from tests.stores import Clock

pytestmark = pytest.mark.servers


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config]) -> Built:
    return drawn(build(config(), clock=Clock()))


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    """Where galleries that processes share can be kept."""
    with stores.postgres() as url:
        store = Store(url)
        yield store
        store.close()


@pytest.fixture(params=["memory", "pgvector"])
def of_each_kind(built: Built, request: pytest.FixtureRequest) -> Built:
    """An installation with each kind of gallery; the same is expected of both."""
    if request.param == "pgvector":
        shared: Store = request.getfixturevalue("shared")
        built.road.make_gallery = lambda model, version: PgVectorGallery(
            shared, model.digest, model.dimension, version
        )
    return built


def same_as_plain_arithmetic(built: Built, probe: np.ndarray) -> bool:
    """Does the gallery give what numpy gives of all registered vectors without age?"""
    road, plain = built.road, NumpyGallery(built.road.faces().dimension)
    with road.store.reading() as tx:
        for case_id, digest, vector in vectors.of_active_cases(tx, road.faces().digest):
            plain.put(gallery.photo_key(case_id, digest), case_id, ageing.without(vector, road.gallery_age))
    turned = centring.placed(road, probe)
    return road.gallery.search(turned, 5) == plain.search(turned, 5)


def another_photo(built: Built, case_id: str, person: int, pose: int, age: float) -> None:
    """One more registered photo of a drawn person, enrolled with the next work."""
    road = built.road
    digest, _ = keep_photo(road, person, pose)
    with road.store.transaction() as tx:
        held = [item.photo for item in cases.photos_of(tx, case_id)]
        cases.put_photos(tx, [*held, CasePhoto(case_id, digest, age)])
        road.engine.enqueue(tx, Stage.ENROL, case_id, priority=20)


def compared(built: Built, number: int, person: int, pose: int) -> str:
    """A stored sighting that is matched with the next work; its post's key."""
    key = sighting(built, number, person, pose)
    with built.road.store.transaction() as tx:
        built.road.engine.enqueue(tx, Stage.MATCH, key)
    return key


def plain_cosines(built: Built) -> dict[tuple[str, str], float]:
    """(face, case): the cosine of the photos most alike, from stored vectors alone."""
    road, model = built.road, built.road.faces().digest
    found = {}
    with road.store.reading() as tx:
        for row in rows(built, sa.select(t.matches.c.face_key, t.matches.c.case_id)):
            probe = photos.vector_of(tx, row.face_key, model)
            assert probe is not None
            own = [float(probe @ vector) for _, vector in vectors.of_case(tx, row.case_id, model)]
            found[row.face_key, row.case_id] = max(own)
    return found


def test_ages_are_learnt_from_the_registry_and_matches_still_tell_plain_cosines(
    of_each_kind: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = of_each_kind
    monkeypatch.setattr(ageing, "FEWEST_PHOTOS", 6)
    road = built.road
    known = [case(built, n, person=n) for n in range(6)]
    with road.store.transaction() as tx:
        for n, case_id in enumerate(known):
            (item,) = cases.photos_of(tx, case_id)
            cases.put_photos(tx, [replace(item.photo, age_years=float(2 * n))])
    work_on_faces(built)
    assert centring.renew(road) and not centring.renew(road), "learnt once, then only when a quarter changed"
    compared(built, 1, person=2, pose=1)
    compared(built, 2, person=4, pose=2)
    work_on_faces(built)
    assert road.gallery_age is not None and road.gallery_model.endswith(":1")
    assert road.gallery.size_cases == 6
    with road.store.reading() as tx:
        ((_, probe),) = vectors.of_case(tx, known[3], road.faces().digest)
    assert same_as_plain_arithmetic(built, probe)
    told = {(r.face_key, r.case_id): r.similarity for r in rows(built, sa.select(t.matches))}
    assert {case_id for _, case_id in told} >= {known[2], known[4]}
    expected = plain_cosines(built)
    assert all(np.isclose(told[pair], expected[pair], atol=1e-5) for pair in told)

    backwards = case(built, 9, person=4, pose=70)
    work_on_faces(built)
    found = rows(built, sa.select(t.matches).where(t.matches.c.case_id == backwards))
    assert len(found) == 1, "the new case finds the stored sighting in the same gallery"

    monkeypatch.setattr(ageing, "FEWEST_PHOTOS", 100)
    with road.store.transaction() as tx:
        held = face_centres.get(tx, road.faces().digest)
        assert held is not None
        face_centres.put(tx, replace(held, photos=20))
    assert centring.renew(road), "too few are left"
    with road.gallery_lock, road.store.reading() as tx:
        gallery.follow(road, tx)
    assert road.gallery_age is None and road.gallery.size_cases == 7
    assert same_as_plain_arithmetic(built, probe)


def test_several_photos_of_a_case_are_searched_as_one_more_and_evidence_is_a_real_photo(built: Built) -> None:
    case_id = case(built, 1, person=3, pose=40)
    another_photo(built, case_id, 3, 50, 7.0)
    case(built, 2, person=5)
    work_on_faces(built)
    compared(built, 1, person=3, pose=9)
    work_on_faces(built)
    assert (built.road.gallery.size_cases, built.road.gallery.size_vectors) == (2, 4)
    (found,) = rows(built, sa.select(t.matches).where(t.matches.c.case_id == case_id))
    with built.road.store.reading() as tx:
        assert found.case_photo in {item.photo.digest for item in cases.photos_of(tx, case_id)}
    assert np.isclose(found.similarity, plain_cosines(built)[found.face_key, case_id], atol=1e-5)


def test_numbers_that_do_nothing_under_the_model_in_force_are_named_with_the_way_out(built: Built) -> None:
    road = built.road

    class Own:
        name, digest, licence = "Own", "a" * 64, "ours"

        @staticmethod
        def thresholds(usual: Thresholds) -> Thresholds:
            return replace(usual, review_normalised=3.1)

    shipped = Thresholds()
    road.faces = Own  # type: ignore[assignment]
    road.rules = replace(road.rules, thresholds=shipped)
    assert thresholds.idle(road) == ()
    road.rules = replace(road.rules, thresholds=replace(shipped, review_normalised=4.2))
    assert thresholds.idle(road) == ("matching.review_tnorm is 4.2, but 3.1 counts",)
    said = [check for check in doctor.examine(road, built.home) if check.name == "matching"]
    assert len(said) == 1 and not said[0].ok and "thresholds accept" in said[0].words
