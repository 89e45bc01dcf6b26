"""Stored face vectors by the block, how long they stay, searches under way, models. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from store import (
    case_searches,
    cases,
    face_centres,
    face_models,
    kept_open,
    photo_checks,
    photos,
    posts,
    vectors,
)
from store.case_searches import SEALED, STORED, CaseSearch
from store.db import Store, Transaction
from store.errors import Conflict, StoreError
from store.face_centres import Centre
from store.face_models import FORMER, IN_FORCE, NEXT, ModelRow
from store.kept_open import KeptOpen
from store.records.case import CasePhoto, CaseStatus, CaseStep
from store.records.photo import FaceQuality, PhotoState
from store.records.post import Gone, Platform
from store.records.quarantine import PhotoPrint
from tests import makers
from tests.stores import START

DAY = timedelta(days=1)
D = 4


def vector(number: float) -> np.ndarray:
    return np.array([number, 0, 0, 1], dtype=np.float32)


def keep(
    tx: Transaction, letter: str, model: str = "m", *, until: datetime | None = None, number: float = 0.0
) -> str:
    """A kept photo with one face and its vector; gives the face's key."""
    photo = makers.photo(letter)
    photos.put(tx, photo, START)
    photo_checks.put(tx, PhotoPrint(photo.digest), lists="none", at=START)
    face = makers.face(photo)
    photos.put_faces(tx, [face])
    photos.put_vector(tx, face.key, model, vector(number), holder=photos.SIGHTING, at=START, expires_at=until)
    vectors.since(tx, [face.key], START)
    return face.key


def test_blocks_follow_one_another_by_face_and_leave_out_what_is_over(store: Store) -> None:
    with store.transaction() as tx:
        keys = [keep(tx, letter, number=n) for n, letter in enumerate("abcd")]
        keep(tx, "e", until=START + DAY)
        keep(tx, "f", "another")
        first = vectors.sightings(tx, "m", D, now=START + DAY, most=3)
        then = vectors.sightings(tx, "m", D, now=START + DAY, after=first.keys[-1], most=3)
        assert [*first.keys, *then.keys] == keys and then.matrix.shape == (1, D)
        assert first.matrix[2].tolist() == vector(2).tolist()
        assert vectors.sightings(tx, "m", D, now=START, after="z").matrix.shape == (0, D)
        assert vectors.count_sightings(tx, "m") == 5
        with pytest.raises(StoreError, match="re-embed"):
            vectors.sightings(tx, "m", D + 1, now=START)


def test_the_days_of_a_vector_begin_once_and_end_with_its_face(store: Store) -> None:
    with store.transaction() as tx:
        key = keep(tx, "a")
        assert vectors.since(tx, [key, "new"], START + DAY) == {key: START, "new": START + DAY}
        photos.drop_faces(tx, "a" * 64)
        assert vectors.since_of(tx, [key]) == {}


def test_what_is_over_goes_in_parts_and_is_then_listed_as_without(store: Store) -> None:
    with store.transaction() as tx:
        keys = [keep(tx, letter, until=START + DAY) for letter in "abc"]
        keep(tx, "d")
        photos.put_faces(tx, [makers.face(makers.photo("c"), quality=FaceQuality.UNUSABLE)])
        assert vectors.drop_due(tx, START) == 0
        assert [vectors.drop_due(tx, START + DAY, most=2) for _ in range(3)] == [2, 1, 0]
        found = vectors.without(tx, "m", now=START + DAY, most=1)
        assert found == [(keys[0], "a" * 64)] and vectors.count_without(tx, "m", now=START) == 2
        assert vectors.without(tx, "m", now=START, after=keys[0]) == [(keys[1], "b" * 64)]
        assert vectors.count_without(tx, "another", now=START) == 3


def test_the_end_of_a_sightings_vectors_can_be_moved(store: Store) -> None:
    with store.transaction() as tx:
        key = keep(tx, "a", until=START + DAY)
        vectors.set_end(tx, key, START + 3 * DAY)
        assert vectors.drop_due(tx, START + 2 * DAY) == 0 and vectors.drop_due(tx, START + 3 * DAY) == 1


def test_registered_photos_of_active_cases_alone_are_read_together(store: Store) -> None:
    with store.transaction() as tx:
        for number, letter in ((1, "a"), (2, "b")):
            key = keep(tx, letter, number=number)
            photos.put_vector(tx, key, "m", vector(number), holder=photos.CASE, at=START, expires_at=None)
            case = makers.case(number)
            cases.add(tx, case, by="ana", at=START, evidence="")
            cases.put_photos(tx, [CasePhoto(case.id, letter * 64)])
            cases.set_face(tx, case.id, letter * 64, face_key=key, why="")
        step = CaseStep("reg.example/2", CaseStatus.ACTIVE, "ben", START, "")
        cases.move(tx, step, expect=CaseStatus.DRAFT)
        found = list(vectors.of_active_cases(tx, "m"))
        assert [(case, digest) for case, digest, _ in found] == [("reg.example/2", "b" * 64)]
        assert found[0][2].tolist() == vector(2).tolist()
        assert [digest for digest, _ in vectors.of_case(tx, "reg.example/1", "m")] == ["a" * 64]
        assert list(vectors.of_active_cases(tx, "another")) == []
        assert vectors.latest_change(tx) == 0
        cases.gallery_changed(tx, "reg.example/2", "m", START)
        assert vectors.latest_change(tx) == cases.gallery_changes(tx, after=0)[-1][0]


def test_what_another_model_lacks_is_found_and_a_former_one_goes_in_parts(store: Store) -> None:
    with store.transaction() as tx:
        keys = [keep(tx, letter, "old") for letter in "abc"]
        photos.put_vector(
            tx, keys[1], "new", vector(1), holder=photos.SIGHTING, at=START, expires_at=START + DAY
        )
        lacks = vectors.missing(tx, "old", "new", photos.SIGHTING, now=START)
        assert [held.face_key for held in lacks] == [keys[0], keys[2]] and lacks[0].photo == "a" * 64
        after = vectors.missing(tx, "old", "new", photos.SIGHTING, now=START, after=keys[0], most=1)
        assert [held.face_key for held in after] == [keys[2]]
        assert vectors.missing(tx, "old", "new", photos.CASE, now=START) == []
        assert (vectors.count(tx, "old"), vectors.count(tx, "new")) == (3, 1)
        assert [vectors.drop_model(tx, "old", most=2) for _ in range(3)] == [2, 1, 0]
        assert vectors.count(tx, "new") == 1


def test_posts_that_show_a_stored_face_are_named_once(store: Store) -> None:
    post = makers.post(media=(makers.media("a"), makers.media("b")))
    with store.transaction() as tx:
        posts.put(tx, post, makers.ALL, START)
        keep(tx, "a")
        keep(tx, "b")
        for position, letter in enumerate("ab"):
            posts.set_media(tx, post.key, position, PhotoState.KEPT, photo=letter * 64)
        assert list(vectors.posts_with_vectors(tx, "m")) == [post.key]
        assert list(vectors.posts_with_vectors(tx, "another")) == []


def test_a_sighting_is_kept_open_by_somebody_until_its_day_or_until_its_post_goes(store: Store) -> None:
    post = makers.post(media=(makers.media(),))
    kept = KeptOpen(post.key, "rita", "police asked for it", START, START + 2 * DAY)
    with store.transaction() as tx:
        posts.put(tx, post, makers.ALL, START)
        keep(tx, "a")
        posts.set_media(tx, post.key, 0, PhotoState.KEPT, photo="a" * 64)
        assert kept_open.latest_of_photo(tx, "a" * 64) is None
        kept_open.put(tx, kept)
        kept_open.put(tx, replace(kept, until=START + 3 * DAY))
        assert kept_open.of_post(tx, post.key) == kept_open.listing(tx)[0]
        assert kept_open.latest_of_photo(tx, "a" * 64) == START + 3 * DAY
        assert kept_open.drop_over(tx, START + 2 * DAY) == 0
        posts.wipe(tx, Gone(post.key, Platform.MASTODON, "deleted", START))
        assert kept_open.drop_over(tx, START) == 1 and not kept_open.drop(tx, post.key)


def test_how_far_a_search_has_come_is_kept_until_it_is_dropped(store: Store) -> None:
    search = CaseSearch("reg.example/1", "m", STORED, "", 0, 9, 0, START, START)
    with store.transaction() as tx:
        case_searches.put(tx, search)
        moved = replace(search, part=SEALED, after_key="k", done=4, moved_at=START + DAY)
        case_searches.put(tx, moved)
        assert case_searches.get(tx, search.case_id) == moved and case_searches.running(tx) == [moved]
        case_searches.drop(tx, search.case_id)
        assert case_searches.get(tx, search.case_id) is None


def test_one_model_is_in_force_and_who_switches_must_know_which(store: Store) -> None:
    one = ModelRow("a" * 64, "default", "One", D, NEXT, 0, 0, START, START)
    two = replace(one, digest="b" * 64, source="/models/two.onnx")
    with store.transaction() as tx:
        assert face_models.in_force(tx) is None
        face_models.switch(tx, one, expect=None, at=START)
        face_models.put(tx, two)
        with pytest.raises(Conflict):
            face_models.switch(tx, two, expect=None, at=START)
        face_models.switch(tx, two, expect=one.digest, at=START + DAY)
        assert face_models.in_force(tx) == replace(two, state=IN_FORCE, moved_at=START + DAY)
        assert [row.digest for row in face_models.listing(tx, FORMER)] == [one.digest]
        face_models.drop(tx, two.digest)
        face_models.drop(tx, one.digest)
        assert [row.digest for row in face_models.listing(tx)] == [two.digest]
        assert face_models.get(tx, one.digest) is None


def test_the_direction_of_age_of_a_model_is_kept_once_and_replaced(store: Store) -> None:
    direction = np.linspace(-1, 1, D, dtype=np.float32)
    first = Centre("c" * 64, 1, 120, direction, START)
    with store.transaction() as tx:
        assert face_centres.get(tx, first.model) is None
        face_centres.put(tx, first)
        kept = face_centres.get(tx, first.model)
        assert kept is not None and np.array_equal(kept.direction, direction)
        assert (kept.version, kept.photos, kept.made_at) == (1, 120, START)
        face_centres.put(tx, replace(first, version=2, direction=np.empty(0, np.float32)))
        ended = face_centres.get(tx, first.model)
        assert ended is not None and ended.version == 2 and ended.direction.shape == (0,)
