"""One soak: a running Homeward under campaign traffic and faults, sampled, and what became of every post.

`soak(minutes, …)` gives a `Report`; who judges it is the test. Run alone:
`python -m tests.soak.run --minutes 72 --folder DIR` prints the report and leaves samples.csv in the folder.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx

from store import gazetteer_build
from tests.chaos.bad_wire import BadWire, Mode
from tests.chaos.ledger import commit, machine
from tests.servers.mastodon import BOT_TOKEN, MastodonDesk, spawned
from tests.soak.installation import TAG
from tests.soak.measuring import Sample, Slope, decoders, look, peak_mb, slope
from tests.soak.traffic import PEOPLE, Traffic

ROOT = Path(__file__).resolve().parents[2]
SPEED = 20
PER_DAY = 2400
"""Posts of a busy campaign day."""
EVERY_S = 5.0
WARM_UP_S = 120.0
FAULT_EVERY_S = 45.0
SETTLE_S = 600.0
SLACK = {
    "memory_mb": 0.0,
    "decoder_mb": 0.0,
    "handles": 0.0,
    "threads": 0.0,
    "page_ms": 100.0,
    "behind_s": 5.0,
}
"""What is sampled, and growth that does not count: other work on the machine shows in the times."""
MOST_MEMORY_MB = 2000
BEGIN, END = "<!-- soak: written by make soak -->", "<!-- soak: end -->"


@dataclass(slots=True)
class Report:
    """What one soak came to."""

    minutes: float
    written: int = 0
    photos: int = 0
    asked: int = 0
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    answered: int = 0
    unanswered: int = 0
    answered_twice: int = 0
    photos_kept: int = 0
    set_aside: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    peak_daemon_mb: float = 0.0
    peak_all_mb: float = 0.0
    slopes: dict[str, Slope] = field(default_factory=dict)
    died: bool = False


def soak(folder: Path, minutes: float, *, seed: int = 20261124) -> Report:
    """Run for so many real minutes; each stands for 20 of the campaign."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    lay_places(folder)
    with BadWire() as wire, spawned(further=PEOPLE, domain=wire.netloc) as desk:
        wire.to = int(desk.base_url.rsplit(":", 1)[1])
        daemon = Program(folder, wire)
        try:
            return _watched(folder, desk, wire, daemon, minutes, seed)
        finally:
            daemon.stop()


def lay_places(folder: Path) -> None:
    """Put the gazetteer where the program finds it; built once beside the folder."""
    held, file = folder.parent / "soak-places.sqlite", folder / "data" / "places.sqlite"
    if not held.exists():
        gazetteer_build.build(held)
    shutil.copy(held, file)


class Program:
    """The process under test."""

    def __init__(self, folder: Path, wire: BadWire) -> None:
        self.data = folder / "data"
        self._log = (folder / "daemon.log").open("w")
        order = [sys.executable, "-m", "tests.soak.installation", str(folder), wire.netloc, BOT_TOKEN]
        self.process = subprocess.Popen(order, cwd=ROOT, stdout=self._log, stderr=subprocess.STDOUT)
        self.pid = self.process.pid
        found = self._address(folder / "daemon.log")
        self.http = httpx.Client(base_url=found[0], timeout=30, trust_env=False, follow_redirects=True)
        page = self.http.get(f"/enter/{found[1]}")
        form = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page.text))
        self.http.post(f"/enter/{found[1]}", data=form).raise_for_status()

    def _address(self, log: Path) -> tuple[str, str]:
        end = time.monotonic() + 180
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(r"(http://[^/\s]+)/enter/(\S+)", log.read_text())
            if found:
                return found[1], found[2]
            time.sleep(0.2)
        raise TimeoutError(log.read_text()[-2000:])

    def page_ms(self) -> float:
        begun = time.perf_counter()
        self.http.get("/").raise_for_status()
        return 1000 * (time.perf_counter() - begun)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{self.data}/homeward.db?mode=ro", uri=True, timeout=60)) as db:
            return list(db.execute(query))

    def hold_database(self, seconds: float) -> None:
        """Another process writes and does not end: nobody else may."""
        with closing(sqlite3.connect(self.data / "homeward.db", timeout=30, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            db.execute("ROLLBACK")

    def kill(self) -> None:
        """End it without a word, as a power cut does; only this process, which the soak started."""
        self.http.close()
        self.process.kill()
        self.process.wait()
        self._log.close()

    def stop(self) -> None:
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(40)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.close()


def _watched(
    folder: Path, desk: MastodonDesk, wire: BadWire, daemon: Program, minutes: float, seed: int
) -> Report:
    traffic = Traffic(desk, wire.netloc, TAG, PER_DAY * SPEED / 1440, seed)
    report, samples, faults = Report(minutes), [], Counter[str]()
    traffic.start()
    draw, begun = random.Random(seed), time.monotonic()
    next_fault, deck = begun + FAULT_EVERY_S, _deck(desk, wire, daemon, faults)
    kinds: list[str] = []
    while time.monotonic() < begun + 60 * minutes and daemon.process.poll() is None:
        if time.monotonic() >= next_fault:
            kinds = kinds or draw.sample(sorted(deck), len(deck))
            deck[kinds.pop()]()
            next_fault = time.monotonic() + FAULT_EVERY_S
        samples.append(_look(daemon, time.monotonic() - begun))
        time.sleep(EVERY_S)
    traffic.stop()
    wire.mode = Mode.CLEAN
    desk.heal()
    report.died = daemon.process.poll() is not None
    report.faults = dict(faults + Counter({f"wire {k}": n for k, n in wire.happened.items()}))
    report.peak_daemon_mb = peak_mb(daemon.pid) if not report.died else 0.0
    report.peak_all_mb = max(s.memory_mb + s.decoder_mb for s in samples)
    settled(daemon, traffic)
    compare(report, desk, daemon, traffic)
    report.slopes = _slopes(samples)
    _keep(folder, samples)
    return report


def _look(daemon: Program, at_s: float) -> Sample:
    seen = look(daemon.pid, at_s)
    late = daemon.ask(
        "SELECT (julianday(received_at) - julianday(created_at)) * 86400 FROM posts"
        " ORDER BY received_at DESC LIMIT 20"
    )
    behind = median(float(str(row[0])) for row in late) if late else None
    try:
        page = daemon.page_ms()
    except httpx.HTTPError:
        page = None
    return Sample(at_s, seen.memory_mb, seen.decoder_mb, seen.handles, seen.threads, page, behind)


def _deck(
    desk: MastodonDesk, wire: BadWire, daemon: Program, faults: Counter[str]
) -> dict[str, Callable[[], None]]:
    """Every kind of fault, as a call that lets it befall for some seconds."""

    def on_wire(mode: Mode) -> Callable[[], None]:
        def befall() -> None:
            wire.mode = mode
            time.sleep(6)
            wire.mode = Mode.CLEAN
            faults[f"stretch of {mode.value}"] += 1

        return befall

    def held() -> None:
        daemon.hold_database(6)
        faults["database locked"] += 1

    def decoder() -> None:
        for pid in decoders(daemon.pid):
            with suppress(ProcessLookupError):
                # Only what the process under test started itself.
                subprocess.run(["kill", "-9", str(pid)], check=False)
                faults["decoder killed"] += 1

    def answers_lost() -> None:
        desk.lose_answers(1)
        faults["answer to a reply lost"] += 1

    def busy() -> None:
        desk.fault("GET", f"/api/v1/timelines/tag/{TAG.lower()}", count=2, type="status", status=503)
        faults["503 twice"] += 1

    def cut() -> None:
        wire.cut_all()
        faults["all connections cut"] += 1

    found = {mode.value: on_wire(mode) for mode in Mode if mode is not Mode.CLEAN}
    more = {"held": held, "decoder": decoder, "lost": answers_lost, "busy": busy, "cut_all": cut}
    return found | more


def settled(daemon: Program, traffic: Traffic) -> None:
    """Wait until everything written was read and the queue is worked off, or patience ends."""
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end and daemon.process.poll() is None:
        stored = daemon.ask("SELECT count(*) FROM posts")[0][0]
        busy = daemon.ask(
            "SELECT count(*) FROM jobs WHERE state = 'ready' AND stage IN"
            " ('look', 'place', 'match', 'reply', 'send', 'enrol', 'gallery')"
        )[0][0]
        if int(str(stored)) >= len(traffic.written) and not busy:
            return
        time.sleep(2)


def compare(report: Report, desk: MastodonDesk, daemon: Program, traffic: Traffic) -> None:
    """What the server has against what is stored, counted on the server's side."""
    ids = Counter(str(row[0]) for row in daemon.ask("SELECT native_id FROM posts"))
    wrote = {each.ident for each in traffic.written}
    report.written, report.photos = len(traffic.written), traffic.photos
    report.stored = len(wrote & set(ids))
    report.lost = len(wrote - set(ids))
    report.doubled = sum(n - 1 for n in ids.values())
    asked = {each.ident for each in traffic.written if each.asked}
    answers = Counter(str(each["in_reply_to_id"]) for each in desk.bot_statuses())
    report.asked = len(asked)
    report.answered = sum(ident in answers for ident in asked)
    report.unanswered = report.asked - report.answered
    report.answered_twice = sum(n > 1 for n in answers.values())
    report.photos_kept = int(str(daemon.ask("SELECT count(*) FROM media WHERE state = 'kept'")[0][0]))
    report.set_aside = int(str(daemon.ask("SELECT count(*) FROM jobs WHERE state = 'dead'")[0][0]))


def _slopes(samples: list[Sample]) -> dict[str, Slope]:
    found = {}
    for name in SLACK:
        values = [(s.at_s, getattr(s, name)) for s in samples if s.at_s >= WARM_UP_S]
        series = [(at, float(value)) for at, value in values if value is not None]
        with suppress(ValueError):
            found[name] = slope(series)
    return found


def words_of(report: Report, at: datetime) -> str:
    """The report for docs/reliability.md."""
    hours = report.minutes * SPEED / 60
    found = [
        f"{at:%Y-%m-%d %H:%M} UTC, commit {commit()}, {machine()}. {hours:.1f} simulated hours in"
        f" {report.minutes:g} minutes: {report.written:,} posts, {report.photos:,} photos,"
        f" {report.asked:,} posts that asked us.",
        "",
        f"Lost {report.lost}, doubled {report.doubled}; asked and not answered {report.unanswered}, answered"
        f" twice {report.answered_twice}; work set aside {report.set_aside}. Most memory: the daemon alone"
        f" {report.peak_daemon_mb:,.0f} MB, with its decoder {report.peak_all_mb:,.0f} MB.",
        "",
        "| sampled | mean | change over the run, 95 % interval | flat |",
        "|---|---:|---:|---|",
    ]
    for name, each in report.slopes.items():
        says = "yes" if each.is_flat(SLACK[name]) else "no"
        change = f"{each.change:+,.2f} ± {each.plus_minus:,.2f}"
        found.append(f"| {name} | {each.mean:,.2f} | {change} | {says} |")
    found += ["", "Faults: " + ", ".join(f"{name} × {n}" for name, n in sorted(report.faults.items())) + "."]
    return "\n".join(found) + "\n"


def _keep(folder: Path, samples: list[Sample]) -> None:
    with (folder / "samples.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(Sample.__dataclass_fields__)
        rows.writerows([getattr(s, name) for name in Sample.__dataclass_fields__] for s in samples)


def main() -> None:
    """Run alone, for as long as is asked."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=72.0)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    report = soak(options.folder, options.minutes)
    text = json.dumps(asdict(report), indent=1)
    (options.folder / "report.json").write_text(text)
    print(text, words_of(report, datetime.now(UTC)), sep="\n\n")  # noqa: T201 - this is what it is run for


if __name__ == "__main__":
    main()
