"""The whole program as a process for the soak: daemon, console, photo decoder and face model, unchanged.

Beside `run_bot.py run` it only lets the photo fetcher reach the test's own server on loopback, and sets
short leases. Order: `python -m tests.soak.installation FOLDER HOST:PORT TOKEN`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot import main, wiring
from bot.cli.app import ROOT
from bot.cli.context import Cli, Doors
from bot.config import load
from bot.home import Home
from bot.observe import set_up_logs
from bot.rules.caps import Caps
from bot.services import case_files, sample
from store import users
from store.records.reply import Level
from tests.levels import NEVER, agree

TAG = "SoakCampaign"
CONFIG = """
campaign:
  hashtags: ["{tag}"]
  sources:
    - {{name: home-server, kind: mastodon, enabled: true, poll_every_s: 5, base_url: "{server}"}}
  schedule: {{poll_min_s: 5, poll_max_s: 5, jitter_s: 1, backoff_first_s: 1, backoff_max_s: 5}}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
accounts:
  mastodon: {{server: "{server}", handle: homeward}}
reply: {{level: auto, receipt_delay_min_s: 0, receipt_delay_max_s: 0}}
limits: {{drain_s: 10}}
console: {{port: 0}}
"""


def run(folder: Path, netloc: str, token: str) -> None:
    """Run until a signal. The sample's cases are registered and active."""
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(tag=TAG, server=f"http://{netloc}"))
    config = load(file, env={"HOMEWARD_MASTODON_TOKEN": token})
    set_up_logs(level="WARNING")
    home = Home(folder / "data", False)
    cli = Cli(Doors(wiring.build, main.run, main.once), file, home.folder, ROOT / "sample" / "config.yaml")
    with main._locked(home):
        built = wiring.build(config, home, allow=frozenset({netloc}), say=cli.say)
        road = built.road
        settle, caps = timedelta(seconds=5), Caps(10**6, 10**6, 10**6, None, 10**6, 10**6)
        road.plan = replace(road.plan, lease=timedelta(seconds=20), settle=settle, caps=caps, breaker=NEVER)
        agree(road, Level.AUTO)
        _register(built)
        main._run(built, cli)


def _register(built: wiring.Built) -> None:
    """The sample's cases, born active as in the sample."""
    with built.road.store.transaction() as tx:
        for name in (sample.REGISTRAR, sample.VERIFIER):
            users.add(tx, name, users.REGISTRAR, built.road.clock())
    cases = ROOT / "sample" / "cases.json"
    report = case_files.import_file(built.road, cases, by=sample.REGISTRAR, source_name="sample.example")
    for case_id in (*report.added, *report.unchanged):
        sample._activate(built.road, case_id)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
