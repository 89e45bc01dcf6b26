"""How long a reviewer waits for the next card with many open candidates: from the verdict to the page.

    .venv/bin/python benchmarks/review.py [--candidates 100000] [--cards 60] [--postgres] [--json]

The console is called as an application, without a network: what the page costs, not what a line costs. Beside
the time on the clock stands the processor's, which other work on the machine does not lengthen. Then the
first and the deepest page of all candidates, as programs read them. The candidates are copies of one made-up
candidate of the tests, each with a post, a photo and a face of its own, spread over the scores and 500 cases.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import warnings
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.services import review  # noqa: E402
from store import counters  # noqa: E402
from store.blobs import MemoryBlobs  # noqa: E402
from store.db import Store  # noqa: E402
from store.records.match import Tier  # noqa: E402
from tests.integration.console.conftest import Browser  # noqa: E402
from tests.integration.console.test_pages import card_path, key_of  # noqa: E402
from tests.integration.console.world import CASE, UNNAMED, World, make_world  # noqa: E402
from tests.stores import postgres  # noqa: E402

CASES = 500
PAGE, PAGES = 50, 15
WORDS = {
    "median_ms": "(median)", "p95_ms": "(p95)", "most_ms": "(most)", "cpu_ms": "of the processor (median)",
}  # fmt: skip
SCORE = "CASE WHEN i % 3 = 0 THEN NULL ELSE 3.8 + (i * 104729 % 100000) / 40000.0 END"
SIMILARITY = "0.3 + (i * 7919 % 100000) / 400000.0"


def fill(world: World, number: int) -> None:
    """Copies of one candidate, by the database itself."""
    blobs = Copied()
    for held in (*world.originals, *world.served):
        blobs.put(world.road.blobs.get(held))
    world.road = replace(world.road, blobs=blobs)
    key = key_of(world, UNNAMED)
    digest = key.partition(":")[0]
    with world.road.store.transaction() as tx:
        numbers = (
            "WITH RECURSIVE c(i) AS "
            f"(SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM c WHERE i < {number})"
        )
        tx.execute(sa.text(f"CREATE TEMP TABLE n AS {numbers} SELECT i FROM c"))
        copy(tx, "cases", "id", CASE, {"id": f"'{CASE}' || '/' || i"}, f"n.i < {CASES}")
        copy(tx, "case_photos", "case_id", CASE, {"case_id": f"'{CASE}' || '/' || i"}, f"n.i < {CASES}")
        copy(tx, "posts", "key", UNNAMED, {"key": "key || '-' || i", "native_id": "'n' || i"})
        copy(tx, "sightings", "post_key", UNNAMED, {"post_key": "post_key || '-' || i"})
        copy(
            tx,
            "media",
            "post_key",
            UNNAMED,
            {"post_key": "post_key || '-' || i", "photo": "photo || '-' || i"},
        )
        copy(tx, "photos", "digest", digest, {"digest": "digest || '-' || i", "served": "served || '-' || i"})
        copy(tx, "photo_checks", "digest", digest, {"digest": "digest || '-' || i"})
        copy(
            tx, "faces", "photo", digest, {"photo": "photo || '-' || i", "key": f"'{digest}-' || i || '\\:0'"}
        )
        copy(tx, "matches", "key", key, {
            "key": f"'{digest}-' || i || '\\:0|{CASE}/' || (1 + i % {CASES - 1})",
            "case_id": f"'{CASE}/' || (1 + i % {CASES - 1})",
            "face_key": f"'{digest}-' || i || '\\:0'", "post_key": "post_key || '-' || i",
            "similarity": SIMILARITY, "score": SCORE, "stands_out": f"COALESCE({SCORE}, {SIMILARITY})",
            "tier": "CASE WHEN i % 50 = 0 THEN 'alert' ELSE 'review' END",
        })  # fmt: skip
        counters.add(tx, "waiting:review", number - number // 50)
        counters.add(tx, "waiting:alert", number // 50)
    with world.road.store.transaction() as tx:
        tx.execute(sa.text("ANALYZE"))


class Copied(MemoryBlobs):
    """Blobs in which a copy has the bytes of what it was copied from."""

    def get(self, digest: str) -> bytes:
        return super().get(digest.partition("-")[0])


def copy(tx: Any, table: str, column: str, of: str, changed: dict[str, str], where: str = "1 = 1") -> None:
    """One row as many, with some columns made from the number."""
    columns = (str(each["name"]) for each in sa.inspect(tx).get_columns(table))
    names = [name for name in columns if name != "id" or table == "cases"]
    quoted = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    query = (
        f'INSERT INTO {table} ({quoted}) SELECT {values} FROM {table}, n WHERE "{column}" = :of AND {where}'
    )
    tx.execute(sa.text(query), {"of": of})


def measure(world: World, cards: int) -> dict[str, float]:
    """Milliseconds from the verdict sent to the next card's page, over some cards."""
    browser = Browser(world.app())
    browser.post(f"/enter/{world.token_of('rob')}")
    path = browser.get("/review").text.partition('class="button main" href="')[2].partition('"')[0]
    path = path.replace("&amp;", "&") or card_path(key_of(world, UNNAMED))
    browser.get(path)
    took, cpu = [], []
    for number in range(cards):
        key = parse_qs(urlsplit(path).query)["key"][0]
        start, spent = time.perf_counter(), time.process_time()
        verdict = ("not_this_child", "later", "unsure")[number % 3]
        answer = browser.post("/review/decide", {"key": key, "verdict": verdict})
        assert answer.status_code == 303, answer.text
        path = answer.headers["location"]
        shown = browser.http.get(path)
        took.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - spent) * 1000)
        assert shown.status_code == 200 and 'class="decide"' in shown.text, path
    return {
        "median_ms": median(took), "p95_ms": quantiles(took, n=20)[18], "most_ms": max(took),
        "cpu_ms": median(cpu),
    }  # fmt: skip


def pages(world: World, candidates: int) -> dict[str, float]:
    """Milliseconds for the first page of candidates and for the deepest one."""
    with world.road.store.reading() as tx:
        deep = tx.execute(
            sa.text(
                "SELECT stands_out, key FROM matches WHERE state = 'open' AND tier = 'review' "
                "ORDER BY stands_out, key LIMIT 1 OFFSET :rest"
            ),
            {"rest": PAGE},
        ).one()
    found = {}
    for name, after in (("first", None), ("deepest", (Tier.REVIEW, float(deep.stands_out), str(deep.key)))):
        took = []
        for _ in range(PAGES):
            start = time.perf_counter()
            cards, _ = review.page(world.road, state="open", after=after, most=PAGE, viewer="rob")
            took.append((time.perf_counter() - start) * 1000)
            assert len(cards) == min(PAGE, candidates)
        found[f"{name}_page_ms"] = median(took)
    return found


def main() -> None:
    """Fill, measure, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--cards", type=int, default=60)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL from its wheel")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        store = Store(stack.enter_context(postgres())) if given.postgres else None
        world = make_world(Path(folder), store)
        fill(world, given.candidates)
        found = {"candidates": given.candidates, **pages(world, given.candidates)}
        found |= measure(world, given.cards)
        world.road.store.close()
    if given.json:
        print(json.dumps(found))
    else:
        took = ", ".join(f"{found[name]:.0f} ms {words}" for name, words in WORDS.items())
        print(f"{found['candidates']:,} open candidates: the next card after {took}")
        print(
            f"a page of {PAGE}: first {found['first_page_ms']:.0f} ms, "
            f"deepest {found['deepest_page_ms']:.0f} ms"
        )


if __name__ == "__main__":
    main()
