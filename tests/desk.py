"""An outbox with a platform behind it: real store and arrows, a platform in memory, a clock that is moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from bot.engine.local import LocalEngine
from bot.faces.fake import FakeFaceModel
from bot.faces.gallery import NumpyGallery
from bot.match.inputs import Thresholds
from bot.observe import Metrics
from bot.pipeline import reply as reply_arrow
from bot.pipeline import work
from bot.pipeline.road import ReplyPlan, Road, RuleBook
from bot.pipeline.stopfile import StopFile
from bot.rules.caps import Caps
from bot.rules.consent import OurAccount
from bot.senders.alerts import AlertSender
from bot.senders.fake import FakePlatform, FakeSender
from bot.services import replies
from bot.wiring import policies
from store import audit, outbox, posts
from store.blobs import MemoryBlobs
from store.db import Store
from store.records.permit import Legal
from store.records.post import Author, Platform
from store.records.reply import Level, Reply
from store.seal import SealKey
from tests import makers
from tests.levels import NEVER, agree
from tests.stores import Clock, sqlite_store

LEGAL = Legal("Tests", "CN", "tests", "tests@homeward.example")
OURS = "homeward@fake.example"
NOBODY = cast(Any, None)


@dataclass
class Desk:
    """An outbox with a platform behind it, and a clock that only the test moves."""

    road: Road
    clock: Clock
    platform: FakePlatform
    sender: FakeSender
    seen: list[str] = field(default_factory=list)

    def draft(self, number: int = 1, *, author: str = "ana") -> str:
        """A post that names us, and its receipt in the outbox."""
        post = makers.post(
            number,
            author=Author(f"{author}-id", f"{author}@a.example"),
            mentions=("homeward@fake.example",),
            text="Saw a child here",
            language="en",
            created_at=self.clock(),
            received_at=self.clock(),
        )
        self.platform.post(post.native_id)
        with self.road.store.transaction() as tx:
            posts.put(tx, post, makers.ALL, self.clock())
            consent = reply_arrow.ensure(self.road, tx, post)
            assert consent.given, consent.words
        return outbox.key_of(post.key, makers.reply().purpose)

    def off(self) -> int:
        """Everything that is due now."""
        return work.work_off(self.road, work.arrows(dict))

    def run(self, *, hours: float = 12) -> None:
        """Let time pass until nothing is left to do, or for so long."""
        end = self.clock.now + timedelta(hours=hours)
        while self.clock.now <= end:
            self.off()
            due = self.road.engine.due_in(self.clock())
            if due is None:
                return
            self.clock.tick(seconds=max(due, 0.001))
        self.clock.now = end

    def row(self, key: str) -> Reply:
        return replies.show(self.road, key)

    def audited(self, key: str) -> list[str]:
        with self.road.store.reading() as tx:
            return [entry.action for entry in audit.entries(tx) if entry.subject == key]

    @property
    def standing(self) -> int:
        """How many replies of ours the platform shows."""
        return len(self.platform.replies)


def plan(**changes: Any) -> ReplyPlan:
    given: dict[str, Any] = {
        "level": Level.AUTO, "delay_min": timedelta(0), "delay_max": timedelta(0),
        "caps": Caps(100, 100, 100, None, 100, 100), "breaker": NEVER,
    }  # fmt: skip
    return ReplyPlan(**given | changes)


def open_desk(
    folder: Path,
    *,
    honours_keys: bool = True,
    can_list: bool = True,
    store: Store | None = None,
    agreed: Level = Level.AUTO,
    **changes: Any,
) -> Desk:
    """A desk; `honours_keys` and `can_list` shape its platform, `agreed` is its level, the rest its plan."""
    clock = Clock()
    store = store or sqlite_store(folder, clock)
    platform = FakePlatform(honours_keys=honours_keys, can_list=can_list)
    sender = FakeSender(platform, clock)
    rules = RuleBook(policies(), (), LEGAL, {Platform.MASTODON: OurAccount(OURS)}, Thresholds())
    road = Road(
        store=store, blobs=MemoryBlobs(), engine=LocalEngine(store, clock), clock=clock,
        key=SealKey(b"k" * 32), rules=rules, plan=plan(**changes), fetcher=NOBODY, gate=NOBODY,
        faces=FakeFaceModel, gallery=NumpyGallery(FakeFaceModel.dimension),
        gazetteer=makers.no_places, pictures=NOBODY, senders={"mastodon": sender}, alerts=AlertSender([]),
        metrics=Metrics(), stop_file=StopFile(folder / "STOP"),
    )  # fmt: skip
    agree(road, agreed)
    return Desk(road, clock, platform, sender)
