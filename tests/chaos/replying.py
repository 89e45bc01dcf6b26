"""One summoned post answered on any platform, as a program that can be killed. It collects nothing.

Run again after a kill it goes on where it was, until the post's outbox row has come to its end.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot import wiring
from bot.config import load
from bot.home import Home
from bot.pipeline import asking, reply, work
from bot.rules.caps import Caps
from bot.senders.x import XSender
from collectors.x_budget import Caps as Money
from store import outbox, posts
from store.db import utc_now
from store.records.post import Author, Platform, Post
from store.records.reply import Level, Purpose, ReplyState
from store.records.work import Stage
from tests.chaos.road import KEY
from tests.levels import NEVER, agree
from tests.unit.extract.fake_gazetteer import FakeGazetteer

END = {ReplyState.SENT, ReplyState.REFUSED, ReplyState.CANCELLED, ReplyState.EXPIRED}
PATIENCE_S = 30.0

CONFIG = """
campaign: {{hashtags: [found], sources: []}}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
accounts:
  {platform}: {account}
permissions:
  - {{platform: weibo, use: reply, basis: tests, grantor: tests}}
  - {{platform: weibo, use: store, basis: tests, grantor: tests}}
reply: {{level: auto, receipt_delay_min_s: 0, receipt_delay_max_s: 0}}
"""


def run(folder: str, platform: str, account: str, secrets: str, post: str) -> None:
    """Draft, send, settle. All JSON: `account`, `secrets`, and `post` (key, native id, handle, our name)."""
    home = Home(Path(folder), False)
    home.prepare()
    home.key.write_text(base64.urlsafe_b64encode(KEY.secret).decode())
    file = Path(folder) / "config.yaml"
    file.write_text(CONFIG.format(platform=platform, account=account))
    built = wiring.build(load(file, env=json.loads(secrets)), home)
    road = built.road
    road.gazetteer = FakeGazetteer
    # Leases as short as a test wants them, and room for a thousand replies in an hour.
    short = timedelta(seconds=0.3), timedelta(seconds=0.2)
    caps = Caps(10**6, 10**6, 10**6, None, 10**6, 10**6)
    road.plan = replace(road.plan, lease=short[0], settle=short[1], caps=caps, breaker=NEVER)
    agree(road, Level.AUTO)
    sender = road.senders[platform]
    if isinstance(sender, XSender):
        sender._books._caps = Money(posts=10**9, micros=10**12)
    try:
        road.engine.free_all()
        key = _drafted(built, platform, *json.loads(post))
        ways, give_up = work.arrows(dict), time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            work.work_off(road, ways, (Stage.SEND,))
            with road.store.reading() as tx:
                state = outbox.get(tx, key).state
            if state in END:
                break
            time.sleep(0.05)
        assert state is ReplyState.SENT, f"the row ended as {state}"
    finally:
        built.close()


def _drafted(built: wiring.Built, platform: str, key: str, native_id: str, handle: str, ours: str) -> str:
    road, now = built.road, utc_now()
    found = Post(
        key=key,
        platform=Platform(platform),
        author=Author(f"{handle}-id", handle),
        text=f"@{ours} seen at the pier",
        received_at=now,
        created_at=now - timedelta(minutes=1),
        native_id=native_id,
        mentions=(ours,),
        raw={"id": native_id},
    )
    with road.store.transaction(durable=True) as tx:
        posts.put(tx, found, asking.permit_of(road, tx, found), now)
        given = reply.ensure(road, tx, posts.get(tx, key))
        assert given.given, given.words
    return outbox.key_of(key, Purpose.RECEIPT)
