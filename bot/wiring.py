"""The one place that builds concrete objects and hands them to each other. Decides nothing else.

Nobody else names a concrete store, engine, sender, fetcher, gate, model or gallery.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from bot.config import Config, live_allowed
from bot.config_schema import Source as SourceBlock
from bot.engine.local import LocalEngine
from bot.extract.place_tagger import CrfTagger, Tagger
from bot.faces.embed import DIMENSION, SFaceModel
from bot.faces.gallery import NumpyGallery
from bot.home import Home
from bot.match.inputs import Thresholds
from bot.observe import Metrics
from bot.photos.fetch import FetchLimits, PhotoFetcher
from bot.photos.gate import GateLimits, PhotoGate
from bot.photos.windows import MAKE
from bot.pipeline.road import ReplyPlan, Road, RuleBook
from bot.pipeline.source import Source
from bot.rules.caps import Caps, QuietHours
from bot.rules.consent import OurAccount
from bot.rules.pace import Pace
from bot.rules.policy import Policy, parse_policy
from bot.senders.alerts import AlertSender
from bot.senders.base import Sender
from bot.senders.mastodon import MastodonSender
from bot.services import campaign
from collectors import registry
from collectors.base import Collector
from collectors.context import Context
from store import migrate, place_model
from store.blobs import FolderBlobs
from store.codec import to_json
from store.db import Store, sqlite_url, utc_now
from store.errors import StoreError
from store.gazetteer import SqlGazetteer
from store.picture_index import PictureIndex
from store.records.page import TagQuery
from store.records.post import Platform
from store.seal import load_key

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Built:
    """A whole Homeward, wired but not running."""

    road: Road
    home: Home
    config: Config
    sources_of: Callable[[Config], dict[str, Source]]
    close: Callable[[], None]
    source_of: Callable[[Config, SourceBlock], Source]


def user_agent(contact: str) -> str:
    """How we name ourselves to servers, with whom their staff can reach."""
    return f"Homeward/{VERSION} (+{contact})" if contact else f"Homeward/{VERSION}"


def build(
    config: Config,
    home: Home,
    *,
    clock: Callable[[], datetime] = utc_now,
    allow: frozenset[str] = frozenset(),
    say: Callable[[str], None] = lambda _: None,
) -> Built:
    """Open the data folder and wire everything on it.

    `allow` is for tests alone: "host:port" pairs that the photo fetcher may reach although they are
    private. `say` is told what takes long. Raises UsageError for an unwritable folder,
    SchemaMismatch for a newer database.
    """
    home.prepare()
    store = _opened(config, home, clock)
    gate = PhotoGate(_gate_limits(config), now=clock)
    road = Road(
        store=store,
        blobs=FolderBlobs(home.photos),
        engine=_engine(config, store, clock),
        clock=clock,
        key=load_key(config.secrets.get("HOMEWARD_SEAL_KEY"), home.key),
        rules=rule_book(config),
        plan=reply_plan(config),
        fetcher=PhotoFetcher(_fetch_limits(config), user_agent(config.contact), allow=allow),
        gate=gate,
        faces=cache(SFaceModel),
        gallery=NumpyGallery(DIMENSION),
        gazetteer=cache(lambda: SqlGazetteer(home.places)),
        pictures=PictureIndex(MAKE),
        senders=senders(config),
        alerts=AlertSender(config.secrets.alert_urls()),
        metrics=Metrics(),
        tagger=cache(tagger),
    )

    maker = SourceMaker(home, clock)

    def close() -> None:
        maker.close()
        gate.close()
        store.close()

    return Built(road, home, config, maker, close, maker.one)


def _engine(config: Config, store: Store, clock: Callable[[], datetime]) -> LocalEngine:
    limits = config.limits
    lease = timedelta(seconds=limits.job_lease_s)
    return LocalEngine(store, clock, lease=lease, attempts=limits.job_attempts)


def tagger() -> Tagger | None:
    """The shipped tagger of English place names, or None where its model was left out.

    Raises StoreError when the file is not the one that was shipped.
    """
    model = place_model.load()
    return CrfTagger(model) if model is not None else None


def _opened(config: Config, home: Home, clock: Callable[[], datetime]) -> Store:
    """The installation's database in this version's schema. Raises StoreError."""
    url = config.database_url if config.database_url and not home.is_sample else sqlite_url(home.database)
    store = Store(url, clock=clock)
    try:
        migrate.migrate(store)
    except StoreError:
        store.close()
        raise
    return store


def put_in_force(built: Built) -> None:
    """What a starting daemon does once: its campaign block is the version in force, its rules are applied."""
    campaign.adopt(built.road, built.config, reason="in force at the start")
    campaign.look_again_if_rules_changed(built.road, rules_digest(built.road.rules))


def _gate_limits(config: Config) -> GateLimits:
    photos = config.photos
    return GateLimits(
        max_photo_mb=photos.max_photo_mb,
        max_megapixels=photos.max_megapixels,
        timeout_s=photos.decode_timeout_s,
        memory_mb=photos.decode_memory_mb,
    )


def _fetch_limits(config: Config) -> FetchLimits:
    photos = config.photos
    return FetchLimits(
        max_photo_mb=photos.max_photo_mb, timeout_s=photos.timeout_s, max_redirects=photos.max_redirects
    )


@cache
def policies() -> Mapping[str, Policy]:
    """The dated policies that ship with this version, by platform."""
    yaml = YAML(typ="safe")
    folder = resources.files("bot.rules") / "policies"
    found = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".yaml"):
            found[file.name.removesuffix(".yaml")] = parse_policy(yaml.load(file.read_text(encoding="utf-8")))
    return found


def rule_book(config: Config) -> RuleBook:
    """Policies, the operator's permissions, the legal block, our accounts."""
    ours = config.accounts
    accounts = {platform: OurAccount(handle) for platform, handle in ours.handles().items()}
    if ours.bluesky is not None:
        accounts[Platform.BLUESKY] = OurAccount(ours.bluesky.handle, ours.bluesky.did)
    return RuleBook(
        policies=policies(),
        permissions=config.permissions,
        legal=config.legal,
        accounts=accounts,
        thresholds=thresholds(config),
    )


def thresholds(config: Config) -> Thresholds:
    """Where the tiers begin, as the operator set them."""
    matching, bands = config.matching, config.matching.review_cosine
    return Thresholds(
        review_normalised=matching.review_tnorm,
        alert_normalised=matching.alert_tnorm,
        min_cases_normalised=matching.min_cases_tnorm,
        review_cosine_to_5=bands.to_5_years,
        review_cosine_6_to_12=bands.from_6_to_12_years,
        review_cosine_from_13=bands.from_13_years,
    )


def rules_digest(rules: RuleBook) -> str:
    """Changes exactly when rules, permissions, the legal block or the face model change."""
    parts = [to_json(rules.policies, sets_in_order=True), to_json(rules.permissions), to_json(rules.legal)]
    parts.append(SFaceModel.digest)
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def reply_plan(config: Config) -> ReplyPlan:
    """Level, delays, caps and hotlines of the outbox."""
    reply, console = config.reply, config.console
    quiet = None
    if reply.quiet_hours is not None:
        hours = reply.quiet_hours
        quiet = QuietHours(
            time.fromisoformat(hours.start), time.fromisoformat(hours.end), ZoneInfo(hours.zone)
        )
    return ReplyPlan(
        level=reply.level,
        delay_min=timedelta(seconds=reply.receipt_delay_min_s),
        delay_max=timedelta(seconds=reply.receipt_delay_max_s),
        max_age=timedelta(hours=reply.max_reply_age_h),
        lease=timedelta(seconds=reply.lease_s),
        settle=timedelta(seconds=reply.settle_s),
        caps=Caps(reply.caps.per_author_day, reply.caps.per_hour, reply.caps.per_day, quiet),
        hotlines={country: line.number for line in reply.hotlines for country in line.countries},
        country=config.legal.country if config.legal else "",
        ack=timedelta(minutes=config.alerts.ack_min),
        console_url=f"http://{console.host}:{console.port}/review",
    )


def senders(config: Config) -> dict[str, Sender]:
    """The senders whose account and secret are there. Dry-run needs none."""
    found: dict[str, Sender] = {}
    account, token = config.accounts.mastodon, config.secrets.get("HOMEWARD_MASTODON_TOKEN")
    if account is not None and token:
        found[Platform.MASTODON.value] = MastodonSender(
            account.server, token, account.full_handle, user_agent=user_agent(config.contact)
        )
    return found


class SourceMaker:
    """Builds the live sources that a config switches on; an unchanged one is the same object again."""

    def __init__(self, home: Home, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._made: dict[str, tuple[Collector, threading.RLock]] = {}

    def __call__(self, config: Config) -> dict[str, Source]:
        """The sources by name; none before hashtags and a contact are entered, none in the sample.

        One that is no longer asked for is forgotten here and closed by whoever used it.
        """
        if self._home.is_sample or not live_allowed(config):
            self._made = {}
            return {}
        blocks = [block for block in config.campaign.sources if block.enabled]
        found = {block.name: self.one(config, block) for block in blocks}
        in_use = {_key(config, block) for block in blocks}
        self._made = {key: made for key, made in self._made.items() if key in in_use}
        return found

    def close(self) -> None:
        """Give back the connections of all sources that were made."""
        for collector, _ in self._made.values():
            collector.close()

    def one(self, config: Config, block: SourceBlock) -> Source:
        """One source, whether it is switched on or not. Raises ConfigError."""
        key = _key(config, block)
        if key not in self._made:
            context = Context(config.contact, config.secrets.by_name, self._clock)
            made = registry.build(block.kind, block.name, block.options, context)
            self._made[key] = made, threading.RLock()
        (collector, lock), tags = self._made[key], config.campaign.hashtags
        queries = (TagQuery(any=tags),) if collector.spec.streams else tuple(TagQuery(any=(t,)) for t in tags)
        schedule = config.campaign.schedule
        every_s = block.poll_every_s or collector.spec.poll_every_s
        return Source(
            collector,
            queries,
            poll_every=timedelta(seconds=every_s),
            backoff_first=timedelta(seconds=schedule.backoff_first_s),
            backoff_max=timedelta(seconds=schedule.backoff_max_s),
            pace=Pace(
                every_s=every_s,
                least_s=schedule.poll_min_s,
                most_s=schedule.poll_max_s,
                adaptive=schedule.adaptive,
                jitter_s=schedule.jitter_s,
            ),
            recheck_every=timedelta(seconds=schedule.recheck_every_s),
            lock=lock,
        )


def _key(config: Config, block: SourceBlock) -> str:
    """Two configs with the same key ask for the same collector."""
    return json.dumps([block.kind, block.name, block.options, config.contact], sort_keys=True)
