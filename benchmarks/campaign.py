"""A campaign of three weeks, made up from a seed, in a data folder: what pages and numbers are measured on.

    .venv/bin/python benchmarks/campaign.py --to FOLDER [--posts 1000000] [--authors 220000] [--seed 7]
    .venv/bin/python run_bot.py --config FOLDER/config.yaml --data FOLDER run

Rows go into the real tables as the arrows leave them (docs/campaign.md says which, and what has to be
counted again afterwards). Nobody in it exists, no photo has bytes, nothing is ever sent.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import sqlalchemy as sa  # noqa: E402

from benchmarks.campaign_world import people, words  # noqa: E402
from benchmarks.campaign_world.rows import CASES, Batch, Maker  # noqa: E402
from store import campaign, campaign_changes, counters, migrate, sources, tables  # noqa: E402
from store.db import Store, Transaction, sqlite_url  # noqa: E402
from store.records.campaign import SourceHealth, SourceState  # noqa: E402

AT_ONCE = 20_000
CONFIG = """# A made-up campaign for measuring. Nothing is read from outside and nothing is sent.
campaign:
  name: Made-up campaign
  reason: for measuring
  hashtags: [{tags}]
  starts_at: {start}
  ends_at: {end}
  sources: []
"""


def make(store: Store, *, posts: int, authors: int, seed: int) -> dict[str, int]:
    """Fill an empty, migrated store. How many of each kind were made."""
    plan = people.draw(np.random.default_rng(seed), posts, min(authors, posts))
    maker = Maker(plan, random.Random(seed))
    for batch in _batches(maker, posts):
        with store.transaction() as tx:
            for name, rows in batch.rows.items():
                tx.execute(sa.insert(getattr(tables, name)), rows)
    with store.transaction() as tx:
        _around(tx, maker)
    return maker.tally


def _batches(maker: Maker, posts: int) -> Iterator[Batch]:
    for first in range(0, posts, AT_ONCE):
        batch = Batch()
        for number in range(first, min(first + AT_ONCE, posts)):
            maker.make(number, batch)
        yield batch


def _around(tx: Transaction, maker: Maker) -> None:
    """What is no post's own: cases, sources, what each hour brought, versions, kept counters."""
    start, end = people.START, people.START + timedelta(days=people.DAYS)
    tx.execute(sa.insert(tables.cases), [_case(number) for number in range(1, CASES + 1)])
    for platform in people.PLATFORMS:
        health = SourceHealth(
            f"{platform}-main", platform, SourceState.OK, "", last_ok_at=end, last_post_at=end
        )
        sources.report(tx, health)
    hours = [
        {"source": source, "tag": tag, "hour": hour, "posts": number}
        for (source, tag, hour), number in maker.hourly.items()
    ]
    if hours:
        tx.execute(sa.insert(tables.hourly_counts), hours)
    spans = {(row["source"], row["tag"]) for row in hours}
    cover = [
        {"source": s, "tag": tag, "span_start": start, "span_end": end, "state": "complete", "why": ""}
        for s, tag in sorted(spans)
        if tag
    ]
    if cover:
        tx.execute(sa.insert(tables.coverage), cover)
    # The round that keeps the campaign's numbers finds every post marked as if it had just come in.
    campaign_changes.mark_all(tx)
    campaign.put(tx, _block(), author="made-up", reason="for measuring", at=start)
    counters.add(tx, "posts", maker.tally.get("posts", 0) - maker.tally.get("veiled", 0))
    for name in ("photos", "waiting:alert", "waiting:review", "waiting:set_aside"):
        counters.add(tx, name, maker.tally.get(name, 0))


def _block() -> dict[str, Any]:
    start, end = people.START, people.START + timedelta(days=people.DAYS)
    return {
        "name": "Made-up campaign", "reason": "for measuring", "hashtags": list(words.CAMPAIGN_TAGS),
        "starts_at": start.isoformat(), "ends_at": end.isoformat(), "sources": [],
    }  # fmt: skip


def _case(number: int) -> dict[str, Any]:
    return {
        "id": f"made-up/{number}", "full_name": f"Child {number}", "source_name": "made-up",
        "source_id": str(number), "type": "unknown", "sex": "", "date_of_birth": "", "description": "",
        "marks": "",
        "last_seen_place": "", "sealed": False, "status": "active", "registered_by": "made-up",
        "registered_at": people.START,
    }  # fmt: skip


def write_config(folder: Path) -> Path:
    """The settings under which the console opens the folder."""
    block, file = _block(), folder / "config.yaml"
    tags = ", ".join(f'"{tag}"' for tag in block["hashtags"])
    file.write_text(
        CONFIG.format(tags=tags, start=block["starts_at"], end=block["ends_at"]), encoding="utf-8"
    )
    return file


def main() -> int:
    """Make it and say how long that took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--to", type=Path, required=True, help="an empty or missing folder")
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--authors", type=int, default=220_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    if (given.to / "homeward.db").exists():
        parser.error(f"{given.to} holds a database already; name another folder")
    given.to.mkdir(parents=True, exist_ok=True, mode=0o700)
    begun = time.monotonic()
    store = Store(sqlite_url(given.to / "homeward.db"))
    try:
        migrate.migrate(store)
        tally = make(store, posts=given.posts, authors=given.authors, seed=given.seed)
    finally:
        store.close()
    write_config(given.to)
    said = {"seconds": round(time.monotonic() - begun, 1), **tally}
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
