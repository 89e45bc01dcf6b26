"""Taking posts in: pages with photos, cursor and work, beside plain sqlite3 that writes the same rows.

    .venv/bin/python benchmarks/ingest.py [--posts N] [--page 100] [--rounds 3] [--sizes N,N,…] [--json]

Both write pages in turns into files of their own with the same settings, one transaction a page, in
seconds of the processor. The plain side is handed finished rows and writes them by `INSERT` alone: no
rule, no permit, no wish heard, no look at what is known already. `--sizes` is the growth curve: the rate at
each size over the rate at the first. Posts are made up; nothing is fetched.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench_rows import Row, tell
from bot import wiring
from bot.config import load
from bot.home import Home
from bot.pipeline import ingest
from bot.wiring import Built
from store.records.page import Page
from store.records.post import Author, Media, Platform, Post

CONFIG = """\
campaign: {name: Measuring, reason: measuring, hashtags: [BringThemHome], sources: []}
contact: {address: measuring@sample.example}
accounts: {mastodon: {server: "https://sample.example", handle: homeward}}
"""
START = datetime(2026, 5, 1, tzinfo=UTC)
GOAL, GROWTH_GOAL = 0.8, 0.85
TABLES = ("posts", "media", "observations", "jobs")


def made(number: int) -> Post:
    """A post of the campaign; seven in ten carry a photo."""
    at, author = START + timedelta(seconds=number), number % 4000
    address = f"https://sample.example/users/a{author}/statuses/{number}"
    photo = Media(f"https://files.sample.example/{number}.jpg", alt_text="a child by the road")
    words = f"{number}: a boy of about seven begging at the north gate of the station this morning"
    return Post(
        key=f"mastodon:{address}",
        platform=Platform.MASTODON,
        author=Author(str(author), f"a{author}@sample.example", f"Author {author}"),
        text=f"#BringThemHome {words}",
        received_at=at,
        created_at=at,
        native_id=str(number),
        language="en",
        hashtags=("BringThemHome",),
        media=(photo,) if number % 10 < 7 else (),
        raw={"id": str(number), "visibility": "public", "content": words * 4},
    )


def pages(first: int, count: int, size: int) -> Iterator[Page]:
    """Made-up posts by pages, each with its cursor."""
    for start in range(first, first + count, size):
        posts = tuple(made(number) for number in range(start, min(start + size, first + count)))
        yield Page(posts=posts, cursor=str(start + size))


def opened(folder: Path) -> Built:
    """An installation that collects from nobody."""
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    built = wiring.build(load(folder / "config.yaml", env={}), Home(folder / "data", False))
    wiring.put_in_force(built)
    return built


def rows_of(built: Built, after: dict[str, int]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows that came into the tables since the rowids of `after`, which move on."""
    found = {}
    with sqlite3.connect(built.home.database) as raw:
        for name in TABLES:
            rows = raw.execute(f"SELECT rowid, * FROM {name} WHERE rowid > ? ORDER BY rowid", (after[name],))
            got = rows.fetchall()
            after[name] = got[-1][0] if got else after[name]
            found[name] = [row[1:] for row in got]
    return found


def plain_pages(rows: dict[str, list[tuple[Any, ...]]], count: int) -> list[dict[str, list[tuple[Any, ...]]]]:
    """The same rows in so many pages."""
    cut = {name: -(-len(found) // count) or 1 for name, found in rows.items()}
    return [
        {name: found[page * cut[name] : (page + 1) * cut[name]] for name, found in rows.items()}
        for page in range(count)
    ]


def write_plain(raw: sqlite3.Connection, page: dict[str, list[tuple[Any, ...]]], cursor: str) -> None:
    """One page by `INSERT` alone, its cursor with it."""
    raw.execute("BEGIN IMMEDIATE")
    for name, rows in page.items():
        if rows:
            marks = ",".join("?" * len(rows[0]))
            raw.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
    raw.execute(
        "INSERT OR REPLACE INTO cursors (source, tag, cursor, committed_at) VALUES ('live', 'Tag', ?, ?)",
        (cursor, "2026-05-01"),
    )
    raw.execute("COMMIT")


def timed(call: Callable[[], object]) -> float:
    """Seconds of the processor."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


def beside_plain(folder: Path, posts: int, size: int, rounds: int) -> list[Row]:
    """Our rate over the plain one, round by round in turns."""
    built, ours, plain = opened(folder / "ours"), 0.0, 0.0
    other = opened(folder / "plain")
    other.close()
    raw = sqlite3.connect(other.home.database, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        raw.execute(f"PRAGMA {pragma}")
    after, each = dict.fromkeys(TABLES, 0), posts // rounds
    try:
        for turn in range(rounds):
            ready = list(pages(turn * each, each, size))
            ours += timed(lambda ready=ready: [ingest.take_page(built.road, "live", "Tag", p) for p in ready])
            finished = plain_pages(rows_of(built, after), len(ready))
            plain += timed(
                lambda finished=finished: [write_plain(raw, p, str(n)) for n, p in enumerate(finished)]
            )
    finally:
        raw.close()
        built.close()
    ratio, note = plain / ours, f"ours {posts / ours:,.0f}, plain {posts / plain:,.0f} posts a second"
    return [Row("whole ingest beside raw sqlite3", ratio, "x", f">= {GOAL}", ratio >= GOAL, note)]


def growth(folder: Path, sizes: Sequence[int], size: int) -> list[Row]:
    """The rate of the last tenth before each size over that before the first."""
    built, rates, done, rows = opened(folder / "growing"), list[float](), 0, list[Row]()
    try:
        for wanted in sizes:
            last = max(wanted // 10, size)
            for page in pages(done, wanted - last - done, size):
                ingest.take_page(built.road, "live", "Tag", page)
            ready = list(pages(wanted - last, last, size))
            spent = timed(lambda ready=ready: [ingest.take_page(built.road, "live", "Tag", p) for p in ready])
            done = wanted
            rates.append(last / spent)
            share = rates[-1] / rates[0]
            met = None if wanted == sizes[0] else share >= GROWTH_GOAL
            mb = built.home.database.stat().st_size / 1e6
            note = f"{rates[-1]:,.0f} posts a second, {mb:,.0f} MB"
            rows.append(Row(f"ingest at {wanted:,} posts", share, "x", f">= {GROWTH_GOAL}", met, note))
    finally:
        built.close()
    return rows


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--posts", type=int, default=12_000)
    parser.add_argument("--page", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default="10000,50000", help="posts stored, with commas between")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = beside_plain(Path(folder), given.posts, given.page, given.rounds)
        rows += growth(Path(folder), [int(each) for each in given.sizes.split(",") if each], given.page)
    tell(rows, as_json=given.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
