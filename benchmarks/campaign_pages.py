"""How long the console's pages take on a made-up campaign: nothing but the console runs, one person asks.

    .venv/bin/python benchmarks/campaign_pages.py FOLDER [--times 20] [--json] [PATH …]

FOLDER is what benchmarks/campaign.py made. Median and 95th percentile by page, in milliseconds of the wall.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fastapi import FastAPI  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

from bot import wiring  # noqa: E402
from bot.config import load  # noqa: E402
from bot.console.app import ConsoleSettings, build_app  # noqa: E402
from bot.home import Home  # noqa: E402
from bot.pipeline.road import Road  # noqa: E402
from bot.services import people  # noqa: E402

PATHS = (
    "/", "/campaign?days=1", "/campaign?days=7", "/campaign?days=21", "/campaign?days=0", "/campaign/start",
    "/campaign/reports", "/campaign/public", "/campaign/end",
)  # fmt: skip
WHO = "measuring"
BASE = "http://127.0.0.1"


def signed_in(app: FastAPI, road: Road) -> TestClient:
    """A browser that has come in by a one-time link."""
    client = TestClient(app, base_url=BASE)
    there = {user.name for user in people.listing(road)}
    if WHO not in there:
        people.add(road, WHO, ("organiser", "reviewer", "viewer"), by="homeward")
    path = f"/enter/{people.link(road, WHO)}"
    word = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
    fields = {"csrf": word[1]} if word else {}
    client.post(path, data=fields, headers={"Origin": BASE}, follow_redirects=False)
    return client


def measure(client: TestClient, path: str, times: int) -> dict[str, object]:
    """Ask for a page so often; raises RuntimeError where it does not answer."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        answer = client.get(path, follow_redirects=False)
        spent.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:300]}")
    ordered = sorted(spent)
    p95 = ordered[max(0, -(-95 * len(ordered) // 100) - 1)]
    return {"path": path, "p50_ms": round(median(spent), 1), "p95_ms": round(p95, 1)}


def main() -> int:
    """Measure and say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("paths", nargs="*", default=PATHS)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_intermixed_args()
    built = wiring.build(load(given.folder / "config.yaml"), Home(given.folder, is_sample=False))
    try:
        client = signed_in(build_app(built.road, ConsoleSettings()), built.road)
        rows = [measure(client, path, given.times) for path in given.paths]
    finally:
        built.close()
    for row in rows:
        text = json.dumps(row) if given.json else f"{row['p50_ms']:>9} {row['p95_ms']:>9}  {row['path']}"
        sys.stdout.write(f"{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
