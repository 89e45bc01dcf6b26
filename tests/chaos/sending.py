"""Collecting from a Mastodon server and answering there, as a program that can be killed.

Run again after a kill it goes on where it was, until every outbox row has come to an end.
"""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot import wiring
from bot.config import load
from bot.home import Home
from bot.pipeline import collect, work
from bot.services import overview, replies
from store.db import utc_now
from store.records.reply import Level, ReplyState
from tests.chaos.road import KEY
from tests.levels import NEVER, agree
from tests.unit.extract.fake_gazetteer import FakeGazetteer

MOVING = {ReplyState.DRAFTED, ReplyState.APPROVED, ReplyState.SENDING, ReplyState.UNKNOWN}
PATIENCE_S = 30.0

CONFIG = """
campaign:
  hashtags: ["{tag}"]
  sources:
    - {{name: home-server, kind: mastodon, enabled: true, base_url: "{server}"}}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
accounts:
  mastodon: {{server: "{server}", handle: homeward}}
reply: {{level: auto, receipt_delay_min_s: 0, receipt_delay_max_s: 0}}
"""


def run(folder: str, server: str, token: str, tag: str) -> None:
    """Collect the tag, draft, send, settle."""
    home = Home(Path(folder), False)
    home.prepare()
    home.key.write_text(base64.urlsafe_b64encode(KEY.secret).decode())
    file = Path(folder) / "config.yaml"
    file.write_text(CONFIG.format(server=server, tag=tag))
    built = wiring.build(load(file, env={"HOMEWARD_MASTODON_TOKEN": token}), home)
    road = built.road
    road.gazetteer = FakeGazetteer
    # Leases as short as a test wants them; the settings do not allow less than five seconds.
    road.plan = replace(road.plan, lease=timedelta(seconds=0.3), settle=timedelta(seconds=0.2), breaker=NEVER)
    agree(road, Level.AUTO)
    try:
        wiring.put_in_force(built)
        road.engine.free_all()
        sources = built.sources_of(built.config)
        with road.store.transaction() as tx:
            for source in sources.values():
                for query in source.queries:
                    collect.enqueue_poll(road, tx, source.name, query.tag)
        ways = work.arrows(lambda: sources)
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            work.work_off(road, ways)
            due = road.engine.due_in(utc_now())
            if due is None:
                break
            time.sleep(min(due, 1.0))
        assert overview.overview(road).posts, "nothing was collected"
        left = [row.state for row in replies.listing(road) if row.state in MOVING]
        assert not left, f"rows did not come to an end: {left}"
    finally:
        built.close()
