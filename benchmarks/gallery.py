"""The gallery: exact search beside faiss IndexFlatIP, numpy and one read pass of memory; a new case beside
all that is stored.

    .venv/bin/python benchmarks/gallery.py [--vectors 1000000] [--dimension 128] [--json] [--quick]
    .venv/bin/python benchmarks/gallery.py --back [--stored 1000000] [--cases 10000] [--data FOLDER]

All ways are timed in turns, in seconds of the processor and with one thread each, so that what else the
machine does hits them alike: ratios mean something, milliseconds little. Vectors are drawn here: spread
over the sphere, and crowded as small children's faces are. `--back` fills a SQLite file with stored
vectors (kept under --data for the next run) and lets the real job search them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

# One thread each: the others of a shared machine would make a race of it.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import faiss
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.faces.gallery_memory import MemoryGallery  # noqa: E402

Matrix = np.ndarray[Any, np.dtype[np.float32]]
K = 20
GOALS = {"x a float32 read pass": 2.5, "x numpy": 5.0}


def spread(count: int, dimension: int, seed: int) -> Matrix:
    """Vectors of length 1 in all directions."""
    made = np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def crowded(count: int, dimension: int, seed: int) -> Matrix:
    """Half of them about one direction, .4 alike on average, as faces of 0 to 2 years are."""
    made = spread(count, dimension, seed)
    made[::2] = made[::2] * np.float32(0.775) + spread(1, dimension, 1) * np.float32(0.632)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def filled(vectors: Matrix, photos_a_case: int = 2) -> tuple[MemoryGallery, float]:
    """A gallery of these vectors, and how many microseconds each took to put."""
    gallery = MemoryGallery(vectors.shape[1])
    begun = time.process_time()
    for row, vector in enumerate(vectors):
        gallery.put(f"p{row}", f"c{row // photos_a_case}", vector)
    return gallery, (time.process_time() - begun) / len(vectors) * 1e6


def in_turns(ways: dict[str, Callable[[int], object]], rounds: int) -> dict[str, float]:
    """Median milliseconds of the processor for each way, one after the other in each round."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            begun = time.process_time()
            way(number)
            taken[name].append((time.process_time() - begun) * 1000)
    return {name: median(times) for name, times in taken.items()}


def plain(vectors: Matrix, probe: Matrix, photos_a_case: int = 2) -> list[str]:
    """The twenty best cases by double precision, one after the other."""
    exact = vectors.astype(np.float64) @ probe.astype(np.float64)
    best = exact.reshape(-1, photos_a_case).max(axis=1)
    return [f"c{at}" for at in np.argsort(-best, kind="stable")[:K]]


def search(vectors: Matrix, probes: Matrix, rounds: int) -> dict[str, Any]:
    """Our search beside the others on the same vectors."""
    gallery, put_us = filled(vectors)
    begun = time.perf_counter()
    gallery.search(probes[0], K)
    codes_s = time.perf_counter() - begun
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)

    def by_numpy(n: int) -> object:
        products = vectors @ probes[n % len(probes)]
        return np.argpartition(products, len(products) - 4 * K)[-4 * K :]

    times = in_turns(
        {
            "ours": lambda n: gallery.search(probes[n % len(probes)], K),
            "read pass": lambda n: vectors.sum(),
            "numpy": by_numpy,
            "faiss IndexFlatIP": lambda n: flat.search(probes[n % len(probes)][None], 4 * K),
        },
        rounds,
    )
    right = sum([h.case_id for h in gallery.search(probe, K)] == plain(vectors, probe) for probe in probes)
    churn_us = _churn(gallery, vectors, probes[0])
    ours = times["ours"]
    return {
        "vectors": len(vectors),
        "dimension": vectors.shape[1],
        "ms": {name: round(value, 2) for name, value in times.items()},
        "x a float32 read pass": round(times["read pass"] / ours, 2),
        "x numpy": round(times["numpy"] / ours, 2),
        "x faiss IndexFlatIP": round(times["faiss IndexFlatIP"] / ours, 2),
        "same twenty cases": f"{right} of {len(probes)}",
        "put us": round(put_us, 1),
        "change us": round(churn_us, 1),
        "change is a search's 1/": round(ours * 1000 / churn_us),
        "codes made in s": round(codes_s, 2),
    }


def _churn(gallery: MemoryGallery, vectors: Matrix, probe: Matrix, changes: int = 2000) -> float:
    """Microseconds of taking a photo out or putting one in, with what the next search has to catch up."""
    rounds = []
    for _ in range(5):
        begun = time.process_time()
        for row in range(changes // 2):
            gallery.remove(f"p{row}")
        for row in range(changes // 2):
            gallery.put(f"p{row}", f"c{row // 2}", vectors[row])
        gallery.search(probe, 1)
        changed = time.process_time()
        gallery.search(probe, 1)
        rounds.append((changed - begun - (time.process_time() - changed)) / changes * 1e6)
    return max(0.01, median(rounds))


def small_sizes(dimension: int, rounds: int) -> list[tuple[int, float, float]]:
    """(vectors, ms by the whole matrix, ms by codes) about where codes begin to pay."""
    found = []
    for count in (2_000, 5_000, 10_000, 20_000, 50_000):
        vectors, probes = spread(count, dimension, 3), spread(8, dimension, 4)
        both = [MemoryGallery(dimension, bytes_from=limit) for limit in (10**9, 1)]
        for gallery in both:
            for row, vector in enumerate(vectors):
                gallery.put(f"p{row}", f"c{row // 2}", vector)
            gallery.search(probes[0], K)
        whole, codes = both
        times = in_turns(
            {"whole": lambda n, g=whole, p=probes: g.search(p[n % 8], K),
             "codes": lambda n, g=codes, p=probes: g.search(p[n % 8], K)}, rounds * 4,
        )  # fmt: skip
        found.append((count, round(times["whole"], 3), round(times["codes"], 3)))
    return found


# ── a new case beside all that is stored ─────────────────────────────────────────────────────────


def fill(folder: Path, stored: int, cases_there: int, dimension: int, model: str) -> Any:
    """A SQLite file with so many stored vectors of sightings and so many active cases; made once."""
    from sqlalchemy import insert

    from store import tables as t
    from store.db import Store, sqlite_url, utc_now
    from store.migrate import migrate

    store = Store(sqlite_url(folder / f"stored-{stored}-{cases_there}-{dimension}.db"))
    migrate(store)
    with store.reading() as tx:
        if tx.execute(t.vectors.select().limit(1)).first() is not None:
            return store
    now = utc_now()
    keys = np.random.default_rng(9)
    for begin in range(0, stored, 50_000):
        made = spread(min(50_000, stored - begin), dimension, 100 + begin)
        rows = [
            {"face_key": f"{keys.bytes(32).hex()}:0", "model": model, "vector": vector.tobytes(),
             "holder": "sighting", "stored_at": now, "expires_at": None}
            for vector in made
        ]  # fmt: skip
        with store.transaction() as tx:
            tx.execute(insert(t.vectors), rows)
    with store.transaction() as tx:
        _fill_cases(tx, cases_there, dimension, model, now)
    return store


def _fill_cases(tx: Any, count: int, dimension: int, model: str, now: Any) -> None:
    from sqlalchemy import insert

    from store import tables as t
    from tests import makers

    photo = makers.photo()
    box: dict[str, Any] = {"x": 0, "y": 0, "width": 9, "height": 9, "landmarks": [], "score": 1}
    phash = np.random.default_rng(8)
    plain_case = {
        n: getattr(makers.case(), n) for n in ("source_name", "source_date", "sex", "date_of_birth")
    }
    for number, vector in enumerate(spread(count, dimension, 7)):
        digest, case_id = f"{number:064d}", f"reg.example/{number}"
        face = f"case:{digest}:0"
        tx.execute(insert(t.cases).values(
            id=case_id, full_name="Child", type="unknown", status="active", registered_by="a",
            registered_at=now, **plain_case))  # fmt: skip
        tx.execute(insert(t.case_photos).values(case_id=case_id, digest=digest, face_key=face, why=""))
        tx.execute(insert(t.photos).values(
            digest=digest, served=digest, mime="image/jpeg", size_bytes=1, width=9, height=9,
            phash=phash.bytes(8).hex(), exif={}, kept_at=now))  # fmt: skip
        tx.execute(
            insert(t.faces).values(
                key=face,
                photo=f"case:{digest}",
                box=box,
                quality="good",
                quality_why="",
                crop_hash=photo.phash,
            )
        )
        tx.execute(
            insert(t.vectors).values(
                face_key=face, model=model, vector=vector.tobytes(), holder="case", stored_at=now
            )
        )


def back(folder: Path, stored: int, cases_there: int, dimension: int) -> dict[str, Any]:
    """Let the real job compare one case with everything stored; gives its seconds and steps."""
    from bot.engine.local import LocalEngine
    from bot.match.inputs import Thresholds
    from bot.pipeline import stored as job_of
    from bot.pipeline.gallery import follow
    from store.db import utc_now
    from store.records.work import Stage

    model = SimpleNamespace(digest="bench", dimension=dimension)
    store = fill(folder, stored, cases_there, dimension, model.digest)
    road: Any = SimpleNamespace(
        store=store, clock=utc_now, engine=LocalEngine(store, utc_now), faces=lambda: model,
        gallery=None, gallery_model="", gallery_seq=0, gallery_lock=contextlib.nullcontext(),
        make_gallery=lambda of, _version: MemoryGallery(of.dimension),
        rules=SimpleNamespace(thresholds=Thresholds()),
    )  # fmt: skip
    road.gallery = MemoryGallery(dimension)
    begun = time.perf_counter()
    with store.reading() as tx:
        follow(road, tx)
    loaded_s = time.perf_counter() - begun
    with store.transaction() as tx:
        road.engine.enqueue(tx, Stage.GALLERY, "reg.example/5")
    steps: list[float] = []
    begun = time.perf_counter()
    while jobs := road.engine.claim([Stage.GALLERY], utc_now(), most=1):
        at = time.perf_counter()
        job_of.search(road, jobs[0])
        steps.append(time.perf_counter() - at)
    total = time.perf_counter() - begun
    store.close()
    return {
        "stored": stored,
        "cases": cases_there,
        "gallery loaded in s": round(loaded_s, 2),
        "searched back in s": round(total, 2),
        "steps": len(steps),
        "longest step s": round(max(steps), 2),
    }


# ── ──────────────────────────────────────────────────────────────────────────────────────────────


def rss_mb() -> float:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1000)


def measured(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The rows of the answer."""
    if options.back:
        with tempfile.TemporaryDirectory() as scratch:
            folder = options.data or Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            yield back(folder, options.stored, options.cases, options.dimension)
        return
    for name, draw in (("spread", spread), ("crowded", crowded)):
        vectors = draw(options.vectors, options.dimension, 1)
        probes = draw(options.probes, options.dimension, 2)
        yield {"kind": name, **search(vectors, probes, options.rounds)}


def main() -> int:
    """Measure and say; 1 if a goal is missed with --strict."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--probes", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--back", action="store_true", help="a new case beside all that is stored")
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--data", type=Path, help="where the filled database is kept for another run")
    parser.add_argument("--sizes", action="store_true", help="also: from how many vectors on codes pay")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--quick", action="store_true", help="a smoke test: few vectors, no goals")
    options = parser.parse_args()
    if options.quick:
        options.vectors, options.stored, options.cases, options.rounds, options.probes = (
            12_000,
            3000,
            40,
            2,
            3,
        )
    rows = list(measured(options))
    if options.sizes:
        rows.append({"by whole matrix and by codes, ms": small_sizes(options.dimension, options.rounds)})
    missed = [
        f"{name} {row[name]} < {goal}"
        for row in rows
        for name, goal in GOALS.items()
        if row.get(name, 99) < goal
    ]
    document = {"rows": rows, "memory MB": round(rss_mb()), "load": os.getloadavg()[0], "missed": missed}
    if options.json:
        print(json.dumps(document, indent=2))
    else:
        for row in rows:
            print("\n".join(f"{name:26s} {value}" for name, value in row.items()), end="\n\n")
        print(f"memory {document['memory MB']} MB, load of the machine {document['load']:.1f}")
        print("goals: " + ("; ".join(missed) or "reached") if not options.quick and not options.back else "")
    return int(options.strict and bool(missed) and not options.quick)


if __name__ == "__main__":
    raise SystemExit(main())
