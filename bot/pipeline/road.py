"""What every arrow is handed: the store, the engine, and the tools that look at the world.

Only holds things; `bot/wiring.py` builds one and hands it on. Decides nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.engine.base import Engine
from bot.engine.leading import Alone, Leading
from bot.extract.gazetteer import Gazetteer
from bot.extract.place_tagger import Tagger
from bot.faces.described import Described
from bot.faces.gallery import Gallery
from bot.faces.models import FaceModel
from bot.match.ageing import Direction
from bot.match.inputs import Thresholds, Wish
from bot.observe import Metrics
from bot.photos.fetch import PhotoFetcher
from bot.photos.gate import PhotoGate
from bot.photos.hashlists import HashLists
from bot.pipeline.backup_plan import BackupPlan
from bot.pipeline.casefile_desk import CaseFileDesk
from bot.pipeline.catalogue import shipped
from bot.pipeline.room import Space
from bot.pipeline.stopfile import StopFile
from bot.rules import breaker, lengths
from bot.rules.caps import Caps
from bot.rules.consent import OurAccount
from bot.rules.finding import FindingPlan
from bot.rules.leads import LeadPlan
from bot.rules.life import LifePlan
from bot.rules.permit import Policy
from bot.rules.referral import ReferralPlan
from bot.rules.registry import RegistryPlan
from bot.rules.wording import Catalogue
from bot.senders.alerts import AlertSender
from bot.senders.base import Sender
from store.blobs import Blobs
from store.db import Store
from store.evidence import Evidence, MemoryEvidence
from store.picture_index import PictureIndex
from store.records.permit import Legal, Permission
from store.records.post import Platform
from store.records.reply import Level
from store.seal import KeyRing, SealKey


@dataclass(frozen=True, slots=True)
class RuleBook:
    """What the rules need to know of this installation."""

    policies: Mapping[str, Policy]
    permissions: tuple[Permission, ...]
    legal: Legal | None
    accounts: Mapping[Platform, OurAccount]
    thresholds: Thresholds
    wish: Wish = field(default_factory=Wish)
    template_days: int = 30
    keep_open_days: int = 180
    lengths: lengths.Rules = field(default_factory=lambda: lengths.RULES)
    catalogue: Catalogue = field(default_factory=shipped)
    following: bool = False
    """Whether following us may count as consent, where the platform's policy allows it."""
    profile_says: str = ""
    """The sentence of our profile by which followers know that they agree."""
    second_look: bool = False
    """Whether a possible resemblance counts only once a second person has said the same."""


@dataclass(frozen=True, slots=True)
class ReplyPlan:
    """How replies are made and when: level, delays, leases, caps, hotlines.

    `level` is the ceiling: below it counts what two people agreed on (bot/pipeline/levels.py).
    """

    level: Level = Level.DRY_RUN
    delay_min: timedelta = timedelta(minutes=1)
    delay_max: timedelta = timedelta(minutes=10)
    max_age: timedelta = timedelta(hours=48)
    lease: timedelta = timedelta(seconds=60)
    settle: timedelta = timedelta(seconds=30)
    attempts: int = 5
    caps: Caps = field(default_factory=Caps)
    hotlines: Mapping[str, str] = field(default_factory=dict)
    country: str = ""
    ack: timedelta = timedelta(minutes=30)
    alert_repeats: int = 8
    on_duty: tuple[str, ...] = ()
    """Who is told first, who next while nobody has acknowledged; empty: everybody each time."""
    self_test: timedelta = timedelta(hours=24)
    console_url: str = ""
    breaker: breaker.Limits = field(default_factory=breaker.Limits)
    follows_up: bool = False
    """Whether a confirmed candidate also opens a private follow-up."""
    talk_kept: timedelta = timedelta(days=30)
    erasure_due: timedelta = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """How long things are kept while nobody works on them, and how long exceptions to forgetting last."""

    early: timedelta = timedelta(days=30)
    early_most: int = 500_000
    young_author: timedelta = timedelta(days=365)
    hold_waits: timedelta = timedelta(hours=24)
    hold_longest: timedelta = timedelta(days=365)
    not_sighting: timedelta = timedelta(days=7)
    photo: timedelta = timedelta(days=90)
    closed_case: timedelta = timedelta(days=30)
    audit: timedelta = timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """How long a browser stays signed in, and what one person may have revealed on a day without an alarm."""

    session: timedelta = timedelta(hours=12)
    session_idle: timedelta = timedelta(hours=2)
    photos: int = 2000
    places: int = 40
    contacts: int = 20
    exports: int = 3
    role_wait: timedelta = timedelta(hours=24)
    """How long the only administrator waits for a role that sees faces."""


@dataclass(slots=True)
class Road:
    """Everything an arrow may use."""

    store: Store
    blobs: Blobs
    engine: Engine
    clock: Callable[[], datetime]
    key: SealKey
    rules: RuleBook
    plan: ReplyPlan
    fetcher: PhotoFetcher
    gate: PhotoGate
    faces: Callable[[], FaceModel]
    gallery: Gallery
    gazetteer: Callable[[], Gazetteer]
    senders: Mapping[str, Sender]
    alerts: AlertSender
    metrics: Metrics
    pictures: PictureIndex
    gallery_seq: int = 0
    gallery_model: str = ""
    gallery_age: Direction | None = None
    make_gallery: Callable[[FaceModel, int], Gallery] | None = None
    describe_model: Callable[[str], Described] | None = None
    gallery_lock: threading.Lock = field(default_factory=threading.Lock)
    tagger: Callable[[], Tagger | None] = lambda: None
    lists: HashLists = field(default_factory=HashLists)
    evidence: Evidence = field(default_factory=MemoryEvidence)
    keep: KeepPlan = field(default_factory=KeepPlan)
    stop_file: StopFile = field(default_factory=StopFile)
    registry: RegistryPlan = field(default_factory=RegistryPlan)
    life: LifePlan = field(default_factory=LifePlan)
    leads: LeadPlan = field(default_factory=LeadPlan)
    finding: FindingPlan = field(default_factory=FindingPlan)
    referrals: ReferralPlan = field(default_factory=ReferralPlan)
    contact_keys: tuple[SealKey, ...] = ()
    case_files: CaseFileDesk = field(default_factory=CaseFileDesk)
    access: AccessPlan = field(default_factory=AccessPlan)
    backup: BackupPlan | None = None
    leading: Leading = field(default_factory=Alone)
    space: Space = field(default_factory=Space)

    @property
    def contacts(self) -> KeyRing:
        """The keys of contacts and other private values of the registry; our own comes last."""
        return KeyRing((*self.contact_keys, self.key))
