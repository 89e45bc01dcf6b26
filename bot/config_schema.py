"""The shape of config.yaml as Pydantic models: every key, its kind, its limits and its default.

Values only. Nothing here reads a file, the environment or the registry of collectors. The
description of a field is what a mistake in it shows as allowed, so it is written for operators.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from bot.config_backup import Backup
from bot.config_casefiles import CaseFiles, Exchange
from bot.config_console import Console
from bot.config_engine import EngineBlock
from bot.config_faces import Faces
from bot.config_life import Life
from bot.config_matching import Wish
from bot.config_objects import ObjectStore
from bot.config_outcomes import Outcomes
from bot.config_query import Query
from bot.config_registry import Registry
from bot.config_reply import Alerts, Caps, Hotline, QuietHours, Reply
from bot.config_types import (
    AwareTime,
    Block,
    ContactAddress,
    Cosine,
    Country,
    DatabaseUrl,
    Did,
    Handle,
    Hashtag,
    Name,
    ServerAddress,
    Text,
    TnormScore,
    count,
    keep,
    says,
    span,
)
from store.records.permit import Use
from store.records.post import Platform
from store.records.reply import Level

__all__ = [
    "Alerts",
    "Backup",
    "Caps",
    "CaseFiles",
    "Console",
    "Exchange",
    "Hotline",
    "QuietHours",
    "Registry",
    "Reply",
    "Settings",
]


class Source(Block):
    """One place to read from. `options` are the kind's own, checked against what its adapter declares."""

    name: Annotated[Name, says("lower-case letters, digits, - and _; posts and cursors are kept under it")]
    kind: Annotated[Name, says("which adapter reads it")]
    enabled: bool = True
    poll_every_s: Annotated[float | None, span(5, 86400, "seconds between two polls")] = None
    options: Annotated[dict[str, Any], says("the kind's own options")] = Field(default_factory=dict)


class Schedule(Block):
    """How the clock treats all sources. Seconds.

    `poll_every_s` of a source is its usual interval; with `adaptive` its busy hashtags are asked more
    often, down to `poll_min_s`, and its quiet ones less often, up to `poll_max_s` (0: never less often).
    """

    jitter_s: Annotated[float, span(0, 60, "seconds, drawn anew for each poll")] = 2
    adaptive: bool = True
    poll_min_s: Annotated[float, span(5, 86400, "seconds between two polls of a busy hashtag")] = 15
    poll_max_s: Annotated[float, span(0, 86400, "seconds between polls of a quiet hashtag; 0: usual")] = 0
    recheck_every_s: Annotated[
        float, span(300, 86400, "seconds until posts of open matches are looked up again")
    ] = 3600
    backoff_first_s: Annotated[float, span(1, 600, "seconds a failing source pauses first")] = 5
    backoff_max_s: Annotated[float, span(1, 86400, "seconds a failing source pauses at most")] = 900

    @model_validator(mode="after")
    def _pauses_in_order(self) -> Self:
        first = self.backoff_first_s
        keep((self.backoff_max_s < first, "backoff_max_s", f"at least backoff_first_s ({first:g})"))
        return self


class Campaign(Block):
    """The block that may change while the daemon runs; each change becomes a version."""

    name: Annotated[Text, says("shown in the console, at most 80 characters", max_length=80)] = "Homeward"
    reason: Annotated[str, says("why this version; kept with it", max_length=500)] = ""
    hashtags: Annotated[tuple[Hashtag, ...], says("hashtags, in quotes if with #", max_length=200)] = ()
    query: Query = Query()
    starts_at: Annotated[AwareTime | None, says("posts are collected from then on")] = None
    ends_at: Annotated[AwareTime | None, says("collecting stops then")] = None
    sources: Annotated[tuple[Source, ...], says("places to read from", max_length=100)] = ()
    schedule: Schedule = Schedule()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        tags = [tag.casefold() for tag in self.hashtags]
        left_out = [tag.casefold() for tag in self.query.none]
        names = [source.name for source in self.sources]
        held = ["archive", *names]  # What imports bring is kept under that name.
        is_reversed = bool(self.starts_at and self.ends_at and self.ends_at <= self.starts_at)
        keep(
            (is_reversed, "ends_at", "a time after starts_at"),
            *((tag in tags[:at], f"hashtags.{at}", "each hashtag once") for at, tag in enumerate(tags)),
            *((t in tags, f"query.none.{at}", "no hashtag that is read") for at, t in enumerate(left_out)),
            *((n in held[: at + 1], f"sources.{at}.name", "a name of its own") for at, n in enumerate(names)),
        )
        return self

    def runs_at(self, now: datetime) -> bool:
        """True between starts_at (included) and ends_at (not). `now` is aware."""
        has_begun = self.starts_at is None or now >= self.starts_at
        has_ended = self.ends_at is not None and now >= self.ends_at
        return has_begun and not has_ended


class Contact(Block):
    """Whom a platform's staff can reach; sent as part of the User-Agent."""

    address: Annotated[ContactAddress, says("a mail address or an https:// page; every platform sees it")]


class LegalBlock(Block):
    """Who answers for the processing. Without it no face is looked at and nothing is sent."""

    responsible: Annotated[Text, says("the person or body that answers for the processing")]
    country: Annotated[Country, says("ISO 3166 code of the country whose law applies, such as DE or CN")]
    face_basis: Annotated[Text, says("the legal basis on which faces may be processed, in words")]
    privacy_contact: Annotated[Text, says("whom people ask about their data: a mail address or page")]


class MastodonAccount(Block):
    """Our account on a Mastodon server. `full_handle` is user@host."""

    server: Annotated[ServerAddress, says("address of our server, such as https://mastodon.example")]
    handle: Annotated[Handle, says("our name there: user or user@host")]

    @property
    def full_handle(self) -> str:
        """The handle as other servers write it, host included, without a leading @."""
        host = self.server.split("//", 1)[1].rstrip("/")
        return self.handle if "@" in self.handle else f"{self.handle}@{host}"


class BlueskyAccount(Block):
    """Our Bluesky account. The DID stays when the handle changes."""

    handle: Annotated[Handle, says("our handle, such as homeward.bsky.social")]
    did: Annotated[Did, says("our DID, such as did:plc:abc123")] = ""
    server: Annotated[ServerAddress | None, says("our server; without it bsky.social")] = None


class XAccount(Block):
    """Our X account."""

    handle: Annotated[Handle, says("our handle without @")]
    id: Annotated[str, Field(pattern=r"^\d{0,19}$"), says("the account's number, in quotes")] = ""
    server: Annotated[ServerAddress | None, says("address of X's API; without it https://api.x.com")] = None


class WeiboAccount(Block):
    """Our Weibo account."""

    screen_name: Annotated[Text, says("our screen name", max_length=60)]
    rip: Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:]*$"), says("IP address from which we really act")] = ""
    server: Annotated[ServerAddress | None, says("address of Weibo's API; for tests")] = None


class OtherAccount(Block):
    """Our account on a platform that only its adapter knows. `id` stays when the handle changes."""

    handle: Annotated[Handle, says("our handle there, without @")]
    id: Annotated[str, says("our lasting id there, where the platform has one", max_length=200)] = ""
    server: Annotated[ServerAddress | None, says("address of our server, where there are several")] = None


class Accounts(Block):
    """Our own accounts, by platform: the names that count as a summons, and where replies come from.

    Further platforms are those of the adapters that are there; others are refused before.
    """

    model_config = ConfigDict(extra="allow")
    if not TYPE_CHECKING:  # To the type checker it would be an argument.
        __pydantic_extra__: dict[str, OtherAccount]

    mastodon: MastodonAccount | None = None
    bluesky: BlueskyAccount | None = None
    x: XAccount | None = None
    weibo: WeiboAccount | None = None

    def handles(self) -> dict[Platform, str]:
        """Our handle on each platform that has one, without a leading @."""
        found = {
            Platform.MASTODON: self.mastodon.full_handle if self.mastodon else "",
            Platform.BLUESKY: self.bluesky.handle if self.bluesky else "",
            Platform.X: self.x.handle if self.x else "",
            Platform.WEIBO: self.weibo.screen_name if self.weibo else "",
            **{platform: account.handle for platform, account in self.others().items()},
        }
        return {platform: handle for platform, handle in found.items() if handle}

    def others(self) -> dict[Platform, OtherAccount]:
        """Our accounts on platforms that only their adapters know."""
        return {Platform(name): account for name, account in (self.__pydantic_extra__ or {}).items()}


class PermissionBlock(Block):
    """A permission that a platform or an author has granted. It is kept in the audit chain."""

    platform: Annotated[Platform, says("the platform it is about")]
    use: Annotated[Use, says("what it allows")]
    basis: Annotated[Text, says("what was granted and where it is written down")]
    grantor: Annotated[Text, says("who granted it")]
    expires_at: Annotated[AwareTime | None, says("it ends then")] = None


class AgeBandCosines(Block):
    """Least cosine for review by the age in the registered photo, where there are too few cases for T-norm.

    Faces of small children crowd together, so one cosine for all ages is of no use.
    """

    to_5_years: Annotated[Cosine, says("cosine")] = 0.584
    from_6_to_12_years: Annotated[Cosine, says("cosine")] = 0.495
    from_13_years: Annotated[Cosine, says("cosine")] = 0.363


class Matching(Block):
    """Where the tiers begin. No tier does anything without a person."""

    review_tnorm: Annotated[TnormScore, says("T-norm from which a match is shown to reviewers")] = 3.8
    alert_tnorm: Annotated[TnormScore, says("T-norm from which it is shown first")] = 5.9
    min_cases_tnorm: Annotated[int, count(20, 100000, "cases from which T-norm is used")] = 100
    review_cosine: AgeBandCosines = AgeBandCosines()
    second_look: Annotated[bool, says("whether two people must see a possible resemblance")] = True
    wish: Wish = Wish()

    @model_validator(mode="after")
    def _tiers_in_order(self) -> Self:
        review = self.review_tnorm
        keep((self.alert_tnorm < review, "alert_tnorm", f"at least review_tnorm ({review:g})"))
        return self


class Photos(Block):
    """Limits of what is fetched and decoded."""

    max_photo_mb: Annotated[float, span(0, 200, "megabytes of one photo", open_start=True)] = 20
    max_megapixels: Annotated[float, span(0, 500, "million pixels of one photo", open_start=True)] = 50
    timeout_s: Annotated[float, span(0, 300, "seconds for one download", open_start=True)] = 20
    max_redirects: Annotated[int, count(0, 20, "redirects that are followed")] = 5
    decode_timeout_s: Annotated[float, span(0, 300, "seconds for decoding one photo", open_start=True)] = 20
    decode_memory_mb: Annotated[int, count(256, 16384, "megabytes the decoding process may take")] = 1024
    object_store: ObjectStore = ObjectStore()


class AbuseList(Block):
    """A hash list of known abuse, as its supplier gave it: every photo is compared before it is seen."""

    name: Annotated[Name, says("lower-case letters, digits, - and _; hits are kept under it")]
    path: Annotated[Text, says("the file, beginning at the folder of config.yaml")]
    kind: Annotated[
        Literal["pdq", "sha256", "sha1", "md5", "csv"],
        says("one kind of hash a line, or csv with a header that names the columns"),
    ]
    source: Annotated[Text, says("who supplies it, such as a hash-sharing programme", max_length=200)]
    on_hit: Annotated[
        Literal["report", "look"], says("report: known abuse; look: the officer looks into it first")
    ] = "report"
    max_bits: Annotated[int, count(0, 31, "bits of 256 in which PDQ hashes of one picture may differ")] = 31
    max_age_days: Annotated[float, span(0, 3650, "days until it is called old", open_start=True)] = 30


class Forgetting(Block):
    """What is remembered of deletions, and how long exceptions may last."""

    remember_deletions_days: Annotated[int, count(1, 365, "days a deletion is known before its post")] = 30
    remember_deletions_most: Annotated[int, count(1000, 50_000_000, "such deletions, the newest")] = 500_000
    young_author_days: Annotated[int, count(1, 3650, "days an author counts as a minor after a sign")] = 365
    not_sighting_days: Annotated[int, count(1, 3650, "days a post that is no sighting is kept")] = 7
    photo_days: Annotated[int, count(1, 3650, "days a photo without a resemblance is kept")] = 90
    closed_case_days: Annotated[int, count(1, 3650, "days a closed case is kept")] = 30
    audit_days: Annotated[int, count(30, 36500, "days the audit is kept")] = 1095
    hold_wait_h: Annotated[float, span(0, 24, "hours a hold waits for its second person")] = 24
    hold_max_days: Annotated[int, count(1, 3650, "days a legal hold may last")] = 365


class Limits(Block):
    """The brakes of the engine and the inbox."""

    job_attempts: Annotated[int, count(1, 50, "tries before a job is set aside")] = 5
    job_lease_s: Annotated[float, span(5, 86400, "seconds a worker holds a job")] = 120
    workers: Annotated[int, count(1, 64, "worker threads of the daemon")] = 2
    inbox_poll_s: Annotated[float, span(0.1, 3600, "seconds between two looks into the inbox")] = 5
    drain_s: Annotated[float, span(0, 600, "seconds running work may take to end at a stop")] = 20
    max_disk_gb: Annotated[float, span(0, 1_000_000, "gigabytes under the data folder; 0: no limit")] = 0
    min_free_gb: Annotated[float, span(0, 10_000, "gigabytes that stay free for posts")] = 1


class Settings(Block):
    """The whole file. `sample` is for sample/config.yaml alone."""

    sample: Annotated[bool, says("true in sample/config.yaml alone")] = False
    campaign: Campaign = Campaign()
    contact: Contact | None = None
    legal: LegalBlock | None = None
    accounts: Accounts = Accounts()
    permissions: Annotated[tuple[PermissionBlock, ...], says("a list of permissions")] = ()
    matching: Matching = Matching()
    faces: Faces = Faces()
    photos: Photos = Photos()
    abuse_lists: Annotated[tuple[AbuseList, ...], says("hash lists of known abuse", max_length=50)] = ()
    reply: Reply = Reply()
    alerts: Alerts = Alerts()
    console: Console = Console()
    limits: Limits = Limits()
    engine: EngineBlock = EngineBlock()
    forgetting: Forgetting = Forgetting()
    registry: Registry = Registry()
    outcomes: Outcomes = Outcomes()
    life: Life = Life()
    case_files: CaseFiles = CaseFiles()
    exchange: Exchange = Exchange()
    backup: Backup = Backup()
    database_url: Annotated[DatabaseUrl, says("sqlite:///FILE or postgresql+psycopg://HOST/NAME")] = ""

    @model_validator(mode="after")
    def _lists_have_names(self) -> Self:
        names = [each.name for each in self.abuse_lists]
        keep(*((n in names[:at], f"abuse_lists.{at}.name", "its own name") for at, n in enumerate(names)))
        return self

    @model_validator(mode="after")
    def _sample_is_harmless(self) -> Self:
        has_live = any(source.enabled for source in self.campaign.sources)
        keep(
            (self.sample and self.reply.level is not Level.DRY_RUN, "reply.level", "dry-run, in the sample"),
            (self.sample and has_live, "campaign.sources", "no live source in the sample"),
        )
        return self
