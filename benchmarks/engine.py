"""Measure the engines: claims of the local one against procrastinate's own way, recovery against the lease.

Usage: python benchmarks/engine.py [--quick] [--json]
Rounds of all peers are interleaved, so that load from elsewhere meets all of them: read the ratios, not the
rates. PostgreSQL comes from its wheel. Written to benchmarks/results/engine.json with --json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.engine.base import Engine
from bot.engine.distributed import DistributedEngine
from bot.engine.local import LocalEngine
from store.db import Store, utc_now
from store.migrate import migrate
from store.records.work import Stage
from tests import stores

LOOK = (Stage.LOOK,)
LEAST_RATIO, MOST_RECOVERY = 10.0, 1.5
LEASE = timedelta(seconds=4)
IDLE_S = 0.5
RESULTS = Path(__file__).parent / "results" / "engine.json"


def fill(store: Store, engine: Engine, jobs: int) -> None:
    """Ask for so much work, a hundred at a time as a page of posts does."""
    for start in range(0, jobs, 100):
        with store.transaction() as tx:
            for number in range(start, min(start + 100, jobs)):
                engine.enqueue(tx, Stage.LOOK, f"k{number}")


def worked_off(store: Store, engine: Engine, jobs: int) -> float:
    """Jobs a second, claimed ten at a time and ended each batch in one transaction, of no effects."""
    fill(store, engine, jobs)
    begun, done = time.perf_counter(), 0
    while claimed := engine.claim(LOOK, utc_now()):
        with store.transaction() as tx:
            for job in claimed:
                engine.finish(tx, job)
        done += len(claimed)
    assert done == jobs
    return jobs / (time.perf_counter() - begun)


def claims_only(store: Store, engine: Engine, jobs: int) -> float:
    """Claims a second, ten at a time."""
    fill(store, engine, jobs)
    begun, claimed = time.perf_counter(), []
    while more := engine.claim(LOOK, utc_now()):
        claimed += more
    rate = len(claimed) / (time.perf_counter() - begun)
    assert len(claimed) == jobs
    with store.transaction() as tx:
        for job in claimed:
            engine.finish(tx, job)
    return rate


def peer(store: Store, engine: Engine, jobs: int, url: str, *, ends: bool) -> float:
    """procrastinate's statements one by one, as its worker sends them, without its event loop around them."""
    fill(store, engine, jobs)
    bare = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(bare, autocommit=True) as connection:
        (worker,) = connection.execute(
            "SELECT worker_id FROM procrastinate_register_worker_v1()"
        ).fetchone() or (0,)
        begun, numbers, spent = time.perf_counter(), [], 0.0
        while True:
            found = connection.execute(
                "SELECT id FROM procrastinate_fetch_job_v2(%s::varchar[], %s)", (["look"], worker)
            ).fetchone()
            if found is None or found[0] is None:
                break
            numbers.append(found[0])
            if ends:
                connection.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", (found[0],))
        spent = time.perf_counter() - begun
        for number in () if ends else numbers:
            connection.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", (number,))
    assert len(numbers) == jobs
    return jobs / spent


def recovery(store: Store, make: Callable[[], Engine]) -> float:
    """How many leases it takes until another worker has the job of one that fell silent."""
    dying, other = make(), make()
    with store.transaction() as tx:
        other.enqueue(tx, Stage.LOOK, "k")
    other.claim((Stage.SEND,), utc_now())  # It is at work, so it beats.
    (job,) = dying.claim(LOOK, utc_now())
    if isinstance(dying, DistributedEngine):
        dying._stop.set()  # Its heart stands still; nobody is told.
    begun = time.monotonic()
    while not (got := other.claim(LOOK, utc_now())):
        time.sleep(IDLE_S)
    took_s = time.monotonic() - begun
    with store.transaction() as tx:
        other.finish(tx, got[0])
    assert got[0].key == job.key
    dying.close()
    other.close()
    return took_s / LEASE.total_seconds()


def measure(jobs: int, rounds: int, recoveries: int) -> dict[str, Any]:
    """All rounds, interleaved."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(stores.postgres())
        file, server = Store(f"sqlite+pysqlite:///{folder / 'homeward.db'}"), Store(url)
        for store in (file, server):
            migrate(store)
            stack.callback(store.close)
        local = LocalEngine(file, utc_now)
        # Without a heart: it would take the peer, which has none, for dead.
        many = DistributedEngine(server, utc_now, beats=False)
        stack.callback(many.close)
        ways: dict[str, Callable[[], float]] = {
            "local, claims": lambda: claims_only(file, local, jobs),
            "local, claims and ends": lambda: worked_off(file, local, jobs),
            "distributed, claims": lambda: claims_only(server, many, jobs),
            "distributed, claims and ends": lambda: worked_off(server, many, jobs),
            "procrastinate, claims": lambda: peer(server, many, jobs, url, ends=False),
            "procrastinate, claims and ends": lambda: peer(server, many, jobs, url, ends=True),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                rates[name].append(way())
        many.close()
        makers: dict[str, Callable[[], float]] = {
            "local": lambda: recovery(file, lambda: LocalEngine(file, utc_now, lease=LEASE)),
            "distributed": lambda: recovery(
                server, lambda: DistributedEngine(server, utc_now, lease=LEASE * 10, dead_after=LEASE)
            ),
        }
        leases = {name: [make() for _ in range(recoveries)] for name, make in makers.items()}
    return {"jobs": jobs, "rounds": rounds, "jobs_a_second": rates, "recovery_in_leases": leases}


def ratio(found: dict[str, Any], one: str, other: str) -> float:
    """The median of the rounds' own ratios."""
    rates = found["jobs_a_second"]
    return statistics.median(a / b for a, b in zip(rates[one], rates[other], strict=True))


def main() -> int:
    """Measure, print, say whether the goals are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a smoke test")
    parser.add_argument("--json", action="store_true", help="write the result file")
    asked = parser.parse_args()
    found = measure(100, 1, 1) if asked.quick else measure(200, 5, 3)
    for name, rates in found["jobs_a_second"].items():
        print(f"{name:32} {statistics.median(rates):10.0f} jobs/s")
    claims = ratio(found, "local, claims", "procrastinate, claims")
    whole = ratio(found, "local, claims and ends", "procrastinate, claims and ends")
    batched = ratio(found, "distributed, claims and ends", "procrastinate, claims and ends")
    worst = {name: max(leases) for name, leases in found["recovery_in_leases"].items()}
    print(f"local claims / procrastinate claims   {claims:6.1f}   goal >= {LEAST_RATIO:g}")
    print(f"  the same with the ends              {whole:6.1f}")
    print(f"distributed in batches / one by one   {batched:6.1f}")
    for name, most in worst.items():
        print(f"recovery, {name:12} {most:6.2f} leases   goal <= {MOST_RECOVERY:g}")
    found |= {
        "local_to_procrastinate": claims,
        "with_ends": whole,
        "batched": batched,
        "worst_recovery": worst,
    }
    if asked.json:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if claims >= LEAST_RATIO and max(worst.values()) <= MOST_RECOVERY else 1


if __name__ == "__main__":
    sys.exit(main())
