"""What every gallery keeps: one suite on all galleries and on a slow one that is plainly right."""

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.faces import gallery_memory, gallery_near
from bot.faces.gallery import Gallery, NumpyGallery, SharedGallery
from bot.faces.gallery_memory import MemoryGallery
from bot.faces.gallery_near import Near
from bot.faces.gallery_pgvector import PgVectorGallery
from bot.match.inputs import Cohort, Hit
from store.db import Store
from store.errors import StoreUnreachable, UsageError
from tests import stores

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

    def remove_case(self, case_id: str) -> None:
        with self.lock:
            self.photos = {key: held for key, held in self.photos.items() if held[0] != case_id}

    def search(self, vector: np.ndarray, k: int) -> list[Hit]:
        if np.shape(vector) != (self.dimension,) or not abs(float(np.linalg.norm(vector)) - 1) < 1e-3:
            raise UsageError("gallery", "bad vector")
        best: dict[str, tuple[float, str, str]] = {}
        with self.lock:
            photos = list(self.photos.items())
        if not photos:
            return []
        products = np.stack([stored for _, (_, stored) in photos]) @ np.array(vector, dtype=np.float64)
        for (photo, (case, _)), product in zip(photos, np.round(products, 9).tolist(), strict=True):
            entry = (-product, case, photo)
            best[case] = min(entry, best.get(case, entry))
        ordered = sorted(best.values())[: max(0, k)]
        return [Hit(case, photo, -minus, rank) for rank, (minus, case, photo) in enumerate(ordered, 1)]

    def cohort(self, vector: np.ndarray, k: int) -> Cohort:
        return Cohort(tuple(hit.similarity for hit in self.search(vector, k)))

    def near(self, vectors: np.ndarray, case_id: str, k: int, others: int) -> Near:
        found = []
        for row, vector in enumerate(vectors):
            hits = self.search(vector, self.size_vectors)
            own = next((hit for hit in hits if hit.case_id == case_id), None)
            if own is not None and own.rank <= k:
                rest = [hit.similarity for hit in hits if hit.case_id != case_id] + [-np.inf] * others
                found.append((row, own.similarity, rest[:others]))
        rows, own_ones, rests = zip(*found, strict=True) if found else ((), (), ())
        return Near(np.array(rows, int), np.array(own_ones), np.array(rests, ndmin=2))


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


def opposite_vectors(count: int, seed: int) -> list[np.ndarray]:
    """Each beside its exact opposite, and axes, whose one value is as large as a value can be."""
    some = random_vectors(count, seed)
    axes = list(np.eye(D, dtype=np.float32))
    return [(axes[n % D] if n % 5 == 0 else some[n // 2]) * (-1) ** n for n in range(count)]


def near_duplicate_vectors(count: int, seed: int) -> list[np.ndarray]:
    """Hundreds of pictures of one face: differences that only double precision sees."""
    chance = np.random.default_rng(seed)
    face = chance.normal(size=D)
    return [unit(face + chance.normal(size=D) * 1e-7) for _ in range(count)]


KINDS: dict[str, Callable[[int, int], list[np.ndarray]]] = {
    "random": random_vectors,
    "clustered": clustered_vectors,
    "duplicate": duplicate_vectors,
    "opposite": opposite_vectors,
    "near duplicate": near_duplicate_vectors,
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

    def test_a_case_leaves_with_all_its_photos_and_with_nobody_elses(self) -> None:
        gallery = type(self).make(D)
        for n, vector in enumerate(random_vectors(12, 8)):
            gallery.put(f"p{n}", f"c{n % 3}", vector)
        gallery.remove_case("c1")
        gallery.remove_case("c1")
        gallery.remove_case("never")
        assert (gallery.size_cases, gallery.size_vectors) == (2, 8)
        assert {hit.case_id for hit in gallery.search(random_vectors(1, 9)[0], 9)} == {"c0", "c2"}

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
        vectors = KINDS[kind](300, 12)
        for n, vector in enumerate(vectors):
            key, case = f"p{chance.integers(0, 200)}", f"c{chance.integers(0, 90)}"
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

    @pytest.mark.parametrize("kind", KINDS)
    def test_of_many_vectors_those_are_found_that_have_a_case_among_their_nearest(self, kind: str) -> None:
        gallery, plain = type(self).make(D), SlowGallery(D)
        for n, vector in enumerate(KINDS[kind](70, 21)):
            for one in (gallery, plain):
                one.put(f"p{n}", f"c{n * 7 % 30}", vector)
        block = np.stack(KINDS[kind](15, 22) + random_vectors(10, 23))
        for case, k, others in (("c3", 5, 12), ("c4", 1, 40), ("c5", 60, 29), ("nobody", 5, 5)):
            found, expected = gallery.near(block, case, k, others), plain.near(block, case, k, others)
            assert set(expected.rows) <= set(found.rows)
            beaten = [sum(hit.similarity > 1e-5 + s for hit in plain.search(block[row], k))
                      for row, s in zip(found.rows, found.similarity, strict=True)]  # fmt: skip
            assert all(count < k for count in beaten), "none that is not near is named but for rounding"
            at = [list(found.rows).index(row) for row in expected.rows]
            assert np.allclose(found.similarity[at], expected.similarity, atol=1e-5)
            if len(at):
                assert np.allclose(found.others[at], expected.others, atol=1e-5)

    def test_nobody_is_near_in_no_vectors_and_for_no_rank(self) -> None:
        gallery = type(self).make(D)
        gallery.put("p", "c", random_vectors(1, 1)[0])
        assert not len(gallery.near(np.empty((0, D), np.float32), "c", 5, 5).rows)
        assert not len(gallery.near(np.stack(random_vectors(3, 1)), "c", 0, 5).rows)
        assert list(gallery.near(np.stack(random_vectors(3, 1)), "c", 1, 5).rows) == [0, 1, 2]

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

    def test_samples_exclude_nobody_who_is_near(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gallery_near, "SAMPLES_CASES", (4, 9))
        self.test_of_many_vectors_those_are_found_that_have_a_case_among_their_nearest("clustered")

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


def by_bytes(dimension: int) -> MemoryGallery:
    """A gallery that uses codes from a dozen vectors on."""
    gallery = MemoryGallery(dimension, bytes_from=12)
    assert gallery._faiss is not None, "faiss-cpu is among the requirements; run `make setup`"
    return gallery


class TestMemoryGallery(GalleryContract):
    make = staticmethod(by_bytes)

    def test_codes_choose_once_there_are_enough_vectors_and_no_longer_when_they_went(self) -> None:
        gallery = by_bytes(D)
        vectors = random_vectors(40, 17)
        for n, vector in enumerate(vectors):
            gallery.put(f"p{n}", f"c{n}", vector)
            gallery.search(vector, 1)
            assert (gallery._codes is not None) == (n >= 11)
        for n in range(36):
            gallery.remove(f"p{n}")
            gallery.search(vectors[39], 1)
        assert gallery._codes is None

    def test_nothing_of_a_removed_face_stays_in_the_codes(self) -> None:
        gallery = by_bytes(D)
        vectors = random_vectors(40, 18)
        for n, vector in enumerate(vectors):
            gallery.put(f"p{n}", f"c{n}", vector)
        gallery.search(vectors[0], 1)
        for n in range(20):
            gallery.remove(f"p{n}")
        gallery.search(vectors[30], 1)
        codes = gallery._codes
        assert codes is not None and codes._index.ntotal == 20 == codes._index.codes.size() / D
        assert np.allclose(codes._index.reconstruct(0) / codes._scale, gallery._matrix[0], atol=0.01)

    def test_a_value_larger_than_all_before_makes_the_codes_anew_and_the_answers_stay_exact(self) -> None:
        gallery, plain = by_bytes(D), SlowGallery(D)
        soft = [unit(np.sign(vector) + 0.1 * vector) for vector in random_vectors(200, 19)]
        for n, vector in enumerate([*soft, *np.eye(D, dtype=np.float32)]):
            for one in (gallery, plain):
                one.put(f"p{n}", f"c{n // 2}", vector)
            if n >= 190:
                assert same(gallery.search(vector, 3), plain.search(vector, 3))
        assert gallery._codes is not None and gallery._codes._scale == 127

    def test_without_the_package_the_answers_are_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gallery_memory, "_faiss", lambda: None)
        gallery, plain = MemoryGallery(D, bytes_from=12), SlowGallery(D)
        for n, vector in enumerate(random_vectors(60, 20)):
            for one in (gallery, plain):
                one.put(f"p{n}", f"c{n // 2}", vector)
        assert gallery._codes is None
        assert same(gallery.search(vector, 5), plain.search(vector, 5))


@pytest.mark.servers
class TestPgVectorGallery(GalleryContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with stores.postgres() as url:
            store = Store(url)
            made = iter(range(1000))
            cls.make = staticmethod(
                lambda dimension: PgVectorGallery(store, f"{next(made):064x}"[::-1], dimension)
            )
            yield
            store.close()

    def test_a_second_process_finds_what_the_first_put_and_each_change_is_applied_once(self) -> None:
        one = type(self).make(D)
        other = PgVectorGallery(one._store, one._name[2:], D)
        vector = random_vectors(1, 30)[0]
        seen = []

        def bring_up(after: int) -> int:
            seen.append(after)
            if after < 7:
                one.put("p", "c", vector)
            return 7

        assert one.follow(bring_up) == 7 and other.follow(bring_up) == 7
        assert seen == [0, 7]
        assert [hit.photo_key for hit in other.search(vector, 3)] == ["p"]
        assert isinstance(one, SharedGallery) and not isinstance(NumpyGallery(D), SharedGallery)

    def test_versions_are_kept_apart_and_who_has_an_older_one_is_told(self) -> None:
        plain = type(self).make(D)
        store, model = plain._store, plain._name[2:]
        first, second = (PgVectorGallery(store, model, D, version) for version in (1, 12))
        vector = random_vectors(1, 32)[0]
        for gallery in (plain, first, second):
            gallery.put("p", gallery._name, vector)
        assert [[hit.case_id for hit in each.search(vector, 2)] for each in (plain, first, second)] == [
            [plain._name], [first._name], [second._name]
        ]  # fmt: skip
        first.drop_older()
        assert second.size_vectors == first.size_vectors == 1
        with pytest.raises(StoreUnreachable, match="another process") as told:
            plain.search(vector, 2)
        assert told.value.retry, "the job is done again, with the newer gallery"
        second.drop_older()
        second.drop_older()
        with pytest.raises(StoreUnreachable):
            first.follow(lambda after: first.put("p", "c", vector) or after + 1)
        assert second.search(vector, 1)[0].case_id == second._name

    def test_what_fails_while_changes_are_applied_leaves_the_gallery_as_it_was(self) -> None:
        gallery = type(self).make(D)

        def fails(_after: int) -> int:
            gallery.put("p", "c", random_vectors(1, 31)[0])
            raise RuntimeError("power cut")

        with pytest.raises(RuntimeError):
            gallery.follow(fails)
        assert gallery.size_vectors == 0 and gallery.follow(lambda after: after) == 0


@pytest.mark.servers
class TestSlowGallery(GalleryContract):
    make = SlowGallery


class GalleryLife(RuleBasedStateMachine):
    """Faces come and go; the first twenty children always equal those of plain arithmetic."""

    def __init__(self) -> None:
        super().__init__()
        self.gallery, self.plain = by_bytes(D), SlowGallery(D)
        self.pool = [vector for kind in KINDS.values() for vector in kind(8, 13)]

    @rule(photos=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25), st.integers(0, 39)), max_size=12))
    def photos_come_or_are_replaced(self, photos: list[tuple[int, int, int]]) -> None:
        for photo, case, vector in photos:
            for one in (self.gallery, self.plain):
                one.put(f"p{photo}", f"c{case}", self.pool[vector])

    @rule(first=st.integers(0, 39))
    def one_child_takes_the_whole_top(self, first: int) -> None:
        """All photos most like one face are of one child: the other nineteen lie far below."""
        for n in range(30):
            near = unit(self.pool[first] + 1e-4 * self.pool[(first + n) % 40])
            for one in (self.gallery, self.plain):
                one.put(f"many{n}", "c-many", near)

    @rule(photos=st.lists(st.integers(0, 60), max_size=15))
    def photos_go(self, photos: list[int]) -> None:
        for photo in photos:
            self.gallery.remove(f"p{photo}")
            self.plain.remove(f"p{photo}")

    @rule(case=st.integers(0, 26))
    def a_case_goes(self, case: int) -> None:
        name = "c-many" if case == 26 else f"c{case}"
        self.gallery.remove_case(name)
        self.plain.remove_case(name)

    @rule(probe=st.integers(0, 39), k=st.sampled_from([1, 20]), turned=st.booleans())
    def the_nearest_are_the_same(self, probe: int, k: int, turned: bool) -> None:
        vector = -self.pool[probe] if turned else self.pool[probe]
        assert same(self.gallery.search(vector, k), self.plain.search(vector, k))

    @invariant()
    def the_sizes_are_the_same(self) -> None:
        assert self.gallery.size_vectors == self.plain.size_vectors
        assert self.gallery.size_cases == self.plain.size_cases


class TestGalleryLife(GalleryLife.TestCase):
    settings = settings(max_examples=5, stateful_step_count=12, deadline=None)


@pytest.mark.soak
class TestLongGalleryLife(GalleryLife.TestCase):
    settings = settings(max_examples=600, stateful_step_count=60, deadline=None)


@pytest.mark.servers
@pytest.mark.parametrize("kind", KINDS)
def test_of_many_thousands_the_first_twenty_children_equal_double_precision(kind: str) -> None:
    """At a size at which codes are used by themselves, with 128 values, while a tenth goes and comes."""
    gallery, chance = MemoryGallery(128), np.random.default_rng(41)
    few = KINDS[kind](4000, 42)
    wide = [unit(np.concatenate([v, chance.normal(size=112) * 0.25])) for v in few for _ in range(6)]
    held: dict[int, int] = {}
    for row, vector in enumerate(wide):
        gallery.put(f"p{row:05d}", f"c{row % 7000:05d}", vector)
        held[row] = row % 7000
    matrix = np.stack(wide).astype(np.float64)
    for round_of in range(6):
        for row in chance.choice(len(wide), 2400, replace=False).tolist():
            if row in held:
                gallery.remove(f"p{row:05d}")
                del held[row]
            else:
                gallery.put(f"p{row:05d}", f"c{row % 7000:05d}", wide[row])
                held[row] = row % 7000
        rows = np.array(sorted(held))
        for at in chance.choice(len(wide), 8):
            probe = wide[at] if round_of % 2 else unit(wide[at] + chance.normal(size=128) * 0.1)
            exact = np.round(matrix[rows] @ probe.astype(np.float64), 9)
            best: dict[str, float] = {}
            for row, value in zip(rows.tolist(), exact.tolist(), strict=True):
                case = f"c{held[row]:05d}"
                best[case] = max(value, best.get(case, -2.0))
            expected = sorted(best, key=lambda case: (-best[case], case))[:20]
            assert [hit.case_id for hit in gallery.search(probe, 20)] == expected
    assert gallery._codes is not None
