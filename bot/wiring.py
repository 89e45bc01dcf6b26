"""The one place that builds concrete objects and hands them to each other. Decides nothing else.

Nobody else names a concrete store, engine, sender, fetcher, gate, model or gallery.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Protocol

from ruamel.yaml import YAML

from bot.config import Config, live_allowed
from bot.config_schema import Source as SourceBlock
from bot.extract.place_spots import PostTagger
from bot.extract.place_tagger import CrfTagger, Tagger
from bot.home import Home
from bot.match.hashlists import Kind, Terms
from bot.match.inputs import Thresholds, Wish
from bot.observe import Metrics
from bot.photos.fetch import FetchLimits, PhotoFetcher
from bot.photos.gate import PhotoGate
from bot.photos.hashlists import HashLists, ListFile
from bot.photos.windows import MAKE
from bot.pipeline import models
from bot.pipeline.backup_file import load_keys
from bot.pipeline.backup_plan import BackupPlan
from bot.pipeline.road import KeepPlan, Road, RuleBook
from bot.pipeline.source import Source
from bot.pipeline.stopfile import StopFile
from bot.rules.consent import OurAccount
from bot.rules.pace import Pace
from bot.rules.policy import Policy, parse_policy
from bot.senders import registry as senders_there
from bot.senders.accounts import accounts_of
from bot.senders.alerts import AlertSender
from bot.senders.base import Sender
from bot.services import campaign, outcome_plans, plans
from bot.services.access import access_plan
from bot.services.registry_plan import registry_plan
from bot.wiring_engine import work_of
from bot.wiring_faces import describe, faces_of, gate_limits, wished
from bot.wiring_photos import photos_of
from bot.wiring_sealed import sealed_of
from collectors import registry
from collectors.base import Collector
from collectors.context import Context
from collectors.session import Vault
from store import migrate, place_model
from store.codec import to_json
from store.db import Store, sqlite_url, utc_now
from store.errors import StoreError
from store.gazetteer import SqlGazetteer
from store.picture_index import PictureIndex
from store.records.post import Platform
from store.records.quarantine import Duty
from store.seal import SealKey, load_key
from store.sessions import SessionVault

VERSION = "0.1.0"


class Closes(Protocol):
    """What holds something open."""

    def close(self) -> None: ...


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
    store, key = _opened(config, home, clock), _seal_key(config, home)
    vault, gate = SessionVault(store, key, clock), PhotoGate(gate_limits(config), now=clock)
    road = Road(
        store=store,
        **work_of(config, store, clock, key),
        clock=clock,
        key=key,
        rules=rule_book(config),
        plan=plans.reply_plan(config),
        fetcher=PhotoFetcher(_fetch_limits(config), user_agent(config.contact), allow=allow),
        gate=gate,
        **photos_of(config, home, store, gate),
        **faces_of(config, store, is_sample=home.is_sample),
        gazetteer=cache(lambda: SqlGazetteer(home.places)),
        pictures=PictureIndex(MAKE),
        senders=senders(config, clock, vault),
        alerts=AlertSender(config.secrets.alert_urls()),
        metrics=Metrics(),
        tagger=cache(tagger),
        lists=hash_lists(config),
        **sealed_of(config, home, key),
        keep=keep_plan(config),
        registry=registry_plan(config),
        **outcome_plans.plans_of(config),
        access=access_plan(config),
        life=plans.life_plan(config),
        stop_file=StopFile(home.stop),
        backup=backup_plan(config, home),
    )

    maker = SourceMaker(home, clock, vault, _documents(config, allow))

    return Built(road, home, config, maker, _closing(maker, gate, road.engine, store), maker.one)


def _closing(*parts: Closes) -> Callable[[], None]:
    """Closes all of these, in this order."""

    def close() -> None:
        for part in parts:
            part.close()

    return close


def _seal_key(config: Config, home: Home) -> SealKey:
    return load_key(config.secrets.get("HOMEWARD_SEAL_KEY"), home.key)


def backup_plan(config: Config, home: Home) -> BackupPlan:
    """Where backups of this installation go and who opens them. Makes no key before the first backup."""
    block, given = config.backup, config.secrets.get("HOMEWARD_BACKUP_KEY")
    return BackupPlan(
        home=home,
        config_file=config.file,
        keys=cache(lambda: load_keys(given, home.backup_key, block.recipients)),
        folder=Path(block.folder) if block.folder else None,
        every=timedelta(hours=block.every_h),
        keep=timedelta(days=block.keep_days),
    )


def _documents(config: Config, allow: frozenset[str]) -> Callable[[str], bytes]:
    """Brings documents from hosts that strangers name (did:web): small, soon, through the photos' guard."""
    small = FetchLimits(max_photo_mb=0.1, timeout_s=5.0, connect_timeout_s=3.0, max_redirects=1)
    fetcher = cache(lambda: PhotoFetcher(small, user_agent(config.contact), allow=allow))
    return lambda url: fetcher().fetch(url)


open_gazetteer = SqlGazetteer
"""Opens the gazetteer of a file, for looking a place up without an installation."""


def tagger() -> Tagger | None:
    """The shipped tagger of places: with its marks of the sighting's place where those models are there,
    of English names alone without them, None where even that model was left out.

    Raises StoreError when the file is not the one that was shipped.
    """
    model, zh, en = place_model.load(), place_model.spots("zh"), place_model.spots("en")
    if model is None:
        return None
    if not (zh and en):
        return CrfTagger(model)
    return PostTagger(model, zh=zh, en=en, words=place_model.words(), quarters=place_model.quarters())


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
    is_new = models.adopt(built.road, describe, wished(built.config, is_sample=built.home.is_sample))
    campaign.look_again_if_rules_changed(built.road, rules_digest(built.road.rules), is_new_model=is_new)


def hash_lists(config: Config) -> HashLists:
    """The operator's lists of known abuse; nothing is read before the first photo."""
    folder = config.file.resolve().parent
    return HashLists(
        [
            ListFile(
                Terms(each.name, Kind(each.kind), each.source, Duty(each.on_hit), each.max_bits),
                folder / each.path,
                each.max_age_days,
            )
            for each in config.abuse_lists
        ]
    )


def _fetch_limits(config: Config) -> FetchLimits:
    photos = config.photos
    return FetchLimits(
        max_photo_mb=photos.max_photo_mb, timeout_s=photos.timeout_s, max_redirects=photos.max_redirects
    )


@cache
def policies() -> Mapping[str, Policy]:
    """The dated policies, by platform: those that ship with this version, and those of further adapters."""
    yaml, known = YAML(typ="safe"), registry.platforms()
    folder = resources.files("bot.rules.policies")
    found = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".yaml"):
            mapping = yaml.load(file.read_text(encoding="utf-8"))
            found[file.name.removesuffix(".yaml")] = parse_policy(mapping, known)
    return found


def rule_book(config: Config) -> RuleBook:
    """Policies, the operator's permissions, the legal block, our accounts."""
    ours = config.accounts
    accounts = {platform: OurAccount(handle) for platform, handle in ours.handles().items()}
    if ours.bluesky is not None:
        accounts[Platform.BLUESKY] = OurAccount(ours.bluesky.handle, ours.bluesky.did)
    accounts |= {platform: OurAccount(other.handle, other.id) for platform, other in ours.others().items()}
    return RuleBook(
        policies=policies(),
        permissions=config.permissions,
        legal=config.legal,
        accounts=accounts,
        thresholds=thresholds(config),
        wish=Wish(config.matching.wish.photos_per_false_alert, config.matching.wish.reviews_per_day),
        lengths=senders_there.lengths(),
        following=config.reply.consent.following,
        profile_says=config.reply.consent.profile_says,
        second_look=config.matching.second_look,
        template_days=config.faces.template_days,
        keep_open_days=config.faces.keep_open_max_days,
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
    """Changes exactly when rules, permissions or the legal block change."""
    parts = [to_json(rules.policies, sets_in_order=True), to_json(rules.permissions), to_json(rules.legal)]
    parts.append("imports need a basis")
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def keep_plan(config: Config) -> KeepPlan:
    """How long things are kept, and how long exceptions last."""
    forgetting = config.forgetting
    return KeepPlan(
        early=timedelta(days=forgetting.remember_deletions_days),
        early_most=forgetting.remember_deletions_most,
        young_author=timedelta(days=forgetting.young_author_days),
        hold_waits=timedelta(hours=forgetting.hold_wait_h),
        hold_longest=timedelta(days=forgetting.hold_max_days),
        not_sighting=timedelta(days=forgetting.not_sighting_days),
        photo=timedelta(days=forgetting.photo_days),
        closed_case=timedelta(days=forgetting.closed_case_days),
        audit=timedelta(days=forgetting.audit_days),
    )


def senders(config: Config, clock: Callable[[], datetime], vault: Vault) -> dict[str, Sender]:
    """The senders whose account and secret are there. Dry-run needs none."""
    context = Context(config.contact, config.secrets.by_name, clock, vault=vault)
    agent = user_agent(config.contact)
    return senders_there.build(accounts_of(config), config.secrets.by_name, agent, context)


class SourceMaker:
    """Builds the live sources that a config switches on; an unchanged one is the same object again."""

    def __init__(
        self,
        home: Home,
        clock: Callable[[], datetime],
        vault: Vault | None = None,
        fetch: Callable[[str], bytes] | None = None,
    ) -> None:
        self._home = home
        self._clock = clock
        self._vault = vault
        self._fetch = fetch
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
            ours = {platform.value: handle for platform, handle in config.accounts.handles().items()}
            context = Context(
                config.contact,
                config.secrets.by_name,
                self._clock,
                accounts=ours,
                vault=self._vault,
                fetch=self._fetch,
            )
            made = registry.build(block.kind, block.name, block.options, context)
            self._made[key] = made, threading.RLock()
        (collector, lock), tags = self._made[key], config.campaign.hashtags
        is_joined = collector.spec.streams and not collector.spec.polls
        asked = config.campaign.query.asked
        queries = (asked(tags),) if is_joined else tuple(asked((tag,)) for tag in tags)
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
            settings=hashlib.sha256(key.encode()).hexdigest()[:16],
            lock=lock,
        )


def _key(config: Config, block: SourceBlock) -> str:
    """Two configs with the same key ask for the same collector."""
    return json.dumps([block.kind, block.name, block.options, config.contact], sort_keys=True)
