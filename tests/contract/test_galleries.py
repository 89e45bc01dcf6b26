"""What every gallery keeps: one suite on the numpy gallery and on a slow one that is plainly right."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.faces.gallery import Gallery, NumpyGallery
from bot.match.inputs import Cohort, Hit
from store.errors import UsageError

D = 16


class SlowGallery:
    """Every similarity in double precision, one by one."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.photos: dict[str, tuple[str, np.ndarray]] = {}
        self.lock = threading.Lock()

    @property
    def size_cases(self) -> int:
        return len({case for case, _ in self.photos.values()})

    @property
    def size_vectors(self) -> int:
        return len(self.photos)

    def put(self, photo_key: str, case_id: str, vector: np.ndarray) -> None:
        if np.shape(vector) != (self.dimension,) or not abs(float(np.linalg.norm(vector)) - 1) < 1e-3:
            raise UsageError("gallery", "bad vector")
        with self.lock:
            self.photos[photo_key] = (case_id, np.array(vector, dtype=np.float64))

    def remove(self, photo_key: str) -> None:
        with self.lock:
            self.photos.pop(photo_key, None)

    def search(self, vector: np.ndarray, k: int) -> list[Hit]:
        if np.shape(vector) != (self.dimension,) or not abs(float(np.linalg.norm(vector)) - 1) < 1e-3:
            raise UsageError("gallery", "bad vector")
        best: dict[str, tuple[float, str, str]] = {}
        with self.lock:
            photos = list(self.photos.items())
        for photo, (case, stored) in photos:
            entry = (-round(float(stored @ np.array(vector, dtype=np.float64)), 9), case, photo)
            best[case] = min(entry, best.get(case, entry))
        ordered = sorted(best.values())[: max(0, k)]
        return [Hit(case, photo, -minus, rank) for rank, (minus, case, photo) in enumerate(ordered, 1)]

    def cohort(self, vector: np.ndarray, k: int) -> Cohort:
        return Cohort(tuple(hit.similarity for hit in self.search(vector, k)))


def unit(values: np.ndarray) -> np.ndarray:
    return (values / np.linalg.norm(values)).astype(np.float32)


def random_vectors(count: int, seed: int) -> list[np.ndarray]:
    chance = np.random.default_rng(seed)
    return [unit(chance.normal(size=D)) for _ in range(count)]


def clustered_vectors(count: int, seed: int) -> list[np.ndarray]:
    """Faces of small children: all near a few centres, differences in the seventh digit."""
    chance = np.random.default_rng(seed)
    centres = [chance.normal(size=D) for _ in range(3)]
    return [unit(centres[n % 3] + chance.normal(size=D) * 10.0 ** -(n % 8)) for n in range(count)]


def duplicate_vectors(count: int, seed: int) -> list[np.ndarray]:
    few = random_vectors(4, seed)
    return [few[n % 4] for n in range(count)]


KINDS: dict[str, Callable[[int, int], list[np.ndarray]]] = {
    "random": random_vectors,
    "clustered": clustered_vectors,
    "duplicate": duplicate_vectors,
}


def same(found: list[Hit], expected: list[Hit]) -> bool:
    plain = [(hit.case_id, hit.photo_key, hit.rank) for hit in found]
    return plain == [(hit.case_id, hit.photo_key, hit.rank) for hit in expected] and np.allclose(
        [hit.similarity for hit in found], [hit.similarity for hit in expected], atol=2e-9
    )


class GalleryContract:
    """Inherit and say how to make a gallery of a dimension."""

    make: Callable[[int], Gallery]

    def test_it_is_a_gallery_and_begins_empty(self) -> None:
        gallery = type(self).make(D)
        assert isinstance(gallery, Gallery)
        assert (gallery.size_cases, gallery.size_vectors) == (0, 0)
        assert gallery.search(random_vectors(1, 1)[0], 5) == []
        assert gallery.cohort(random_vectors(1, 1)[0], 5) == Cohort()

    def test_each_case_comes_once_by_its_best_photo(self) -> None:
        gallery = type(self).make(D)
        near, far, other = np.eye(D, dtype=np.float32)[:3]
        probe = unit(near * 0.9 + far * 0.3 + other * 0.2)
        gallery.put("p1", "a", far)
        gallery.put("p2", "a", near)
        gallery.put("p3", "b", other)
        hits = gallery.search(probe, 10)
        assert [(hit.case_id, hit.photo_key, hit.rank) for hit in hits] == [("a", "p2", 1), ("b", "p3", 2)]
        assert hits[0].similarity == pytest.approx(float(probe @ near), abs=1e-6)
        assert (gallery.size_cases, gallery.size_vectors) == (2, 3)

    def test_a_photo_put_again_is_replaced_and_may_change_its_case(self) -> None:
        gallery = type(self).make(D)
        one, two = np.eye(D, dtype=np.float32)[:2]
        gallery.put("p", "a", one)
        gallery.put("p", "b", two)
        assert [(hit.case_id, round(hit.similarity, 6)) for hit in gallery.search(two, 5)] == [("b", 1.0)]
        assert (gallery.size_cases, gallery.size_vectors) == (1, 1)

    def test_what_is_removed_is_found_no_more_and_removing_twice_is_nothing(self) -> None:
        gallery = type(self).make(D)
        for n, vector in enumerate(random_vectors(5, 3)):
            gallery.put(f"p{n}", f"c{n}", vector)
        gallery.remove("p1")
        gallery.remove("p1")
        gallery.remove("never")
        assert {hit.case_id for hit in gallery.search(random_vectors(1, 4)[0], 9)} == {"c0", "c2", "c3", "c4"}

    def test_equal_similarities_are_ordered_by_case_and_photo(self) -> None:
        gallery = type(self).make(D)
        vector = random_vectors(1, 5)[0]
        for photo, case in (("z", "c"), ("y", "a"), ("x", "b"), ("w", "a")):
            gallery.put(photo, case, vector)
        found = [(hit.case_id, hit.photo_key) for hit in gallery.search(vector, 3)]
        assert found == [("a", "w"), ("b", "x"), ("c", "z")]

    def test_a_cohort_is_the_best_of_each_case_greatest_first(self) -> None:
        gallery = type(self).make(D)
        for n, vector in enumerate(random_vectors(30, 6)):
            gallery.put(f"p{n}", f"c{n % 20}", vector)
        probe = random_vectors(1, 7)[0]
        cohort = gallery.cohort(probe, 11)
        assert list(cohort.best) == [hit.similarity for hit in gallery.search(probe, 11)]
        assert len(cohort.best) == 11

    @pytest.mark.parametrize("k", [0, -3])
    def test_nobody_is_asked_for_and_nobody_comes(self, k: int) -> None:
        gallery = type(self).make(D)
        gallery.put("p", "c", random_vectors(1, 1)[0])
        assert gallery.search(random_vectors(1, 2)[0], k) == []

    @pytest.mark.parametrize(
        "bad",
        [
            np.zeros(D, np.float32),
            np.ones(D, np.float32),
            np.full(D, np.nan, np.float32),
            np.ones(D + 1, np.float32) / np.sqrt(D + 1),
            np.float32(1.0),
        ],
    )
    def test_a_vector_that_is_none_is_refused_and_nothing_changes(self, bad: np.ndarray) -> None:
        gallery = type(self).make(D)
        gallery.put("p", "c", random_vectors(1, 1)[0])
        with pytest.raises(UsageError):
            gallery.put("q", "d", bad)
        with pytest.raises(UsageError):
            gallery.put("p", "d", bad)
        with pytest.raises(UsageError):
            gallery.search(bad, 3)
        assert [hit.case_id for hit in gallery.search(random_vectors(1, 1)[0], 3)] == ["c"]

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_equals_plain_arithmetic_while_entries_come_and_go(self, kind: str) -> None:
        gallery, plain = type(self).make(D), SlowGallery(D)
        chance = np.random.default_rng(11)
        vectors = KINDS[kind](600, 12)
        for n, vector in enumerate(vectors):
            key, case = f"p{chance.integers(0, 400)}", f"c{chance.integers(0, 150)}"
            if chance.random() < 0.25:
                gallery.remove(key)
                plain.remove(key)
            else:
                gallery.put(key, case, vector)
                plain.put(key, case, vector)
            if n % 20 == 0:
                probe = vectors[int(chance.integers(0, len(vectors)))]
                for k in (1, 20, 101):
                    assert same(gallery.search(probe, k), plain.search(probe, k))
                assert np.allclose(gallery.cohort(probe, 50).best, plain.cohort(probe, 50).best, atol=2e-9)
                assert (gallery.size_cases, gallery.size_vectors) == (plain.size_cases, plain.size_vectors)

    def test_threads_put_remove_and_search_at_once(self) -> None:
        gallery = type(self).make(D)
        vectors = random_vectors(200, 14)
        failures: list[Exception] = []

        def work(part: int) -> None:
            try:
                for n in range(part, 200, 4):
                    gallery.put(f"p{n}", f"c{n}", vectors[n])
                    hit = gallery.search(vectors[n], 1)[0]
                    assert hit.case_id == f"c{n}" and hit.similarity > 0.999
                    if n % 8 == part:
                        gallery.remove(f"p{n}")
            except (AssertionError, LookupError, RuntimeError, ValueError) as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert failures == [] and gallery.size_vectors == gallery.size_cases == 100


class TestNumpyGallery(GalleryContract):
    make = NumpyGallery

    def test_nothing_of_a_removed_face_stays_in_memory(self) -> None:
        gallery = NumpyGallery(D)
        for n, vector in enumerate(random_vectors(3, 15)):
            gallery.put(f"p{n}", f"c{n}", vector)
        for n in range(3):
            gallery.remove(f"p{n}")
        assert not gallery._matrix.any()

    def test_ten_thousand_vectors_are_searched_in_a_few_milliseconds(self) -> None:
        chance = np.random.default_rng(16)
        gallery = NumpyGallery(128)
        vectors = chance.normal(size=(10_000, 128)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for n, vector in enumerate(vectors):
            gallery.put(f"p{n}", f"c{n // 2}", vector)
        hits = gallery.search(vectors[777], 20)
        assert hits[0].photo_key == "p777" and len(hits) == 20
        exact = np.sort((vectors.astype(np.float64) @ vectors[777].astype(np.float64)).reshape(-1, 2).max(1))
        assert np.allclose([hit.similarity for hit in hits], exact[::-1][:20], atol=1e-8)


class TestSlowGallery(GalleryContract):
    make = SlowGallery


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.integers(0, 5), st.booleans()), max_size=25),
    st.integers(0, 5),
    st.integers(1, 6),
)
@settings(max_examples=60, deadline=None)
def test_no_order_of_steps_makes_the_numpy_gallery_differ_from_plain_arithmetic(
    steps: list[tuple[int, int, int, bool]], probe: int, k: int
) -> None:
    few = random_vectors(6, 13)
    gallery, plain = NumpyGallery(D), SlowGallery(D)
    for photo, case, vector, put in steps:
        for one in (gallery, plain):
            if put:
                one.put(f"p{photo}", f"c{case}", few[vector])
            else:
                one.remove(f"p{photo}")
    assert same(gallery.search(few[probe], k), plain.search(few[probe], k))
