"""What `/api/v1` says, as types: every answer is checked against them and described by them. Values only."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from store.records.case import CaseStatus, CaseType
from store.records.match import Label, Tier
from store.records.reply import Level, Purpose, ReplyState

Item = TypeVar("Item")


class State(StrEnum):
    """Where a candidate stands."""

    OPEN = "open"
    LATER = "later"
    POSSIBLE = "possible"
    REJECTED = "rejected"


class Model(BaseModel):
    """An answer's part."""

    model_config = ConfigDict(frozen=True)


class Problem(Model):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Page(Model, Generic[Item]):
    """One page; `next` is the cursor of the next one, null after the last."""

    items: list[Item]
    next: str | None


class WhereOut(Model):
    """The likeliest place of a sighting; weight in [0, 1]."""

    name: str
    kind: str
    lat: float | None
    lon: float | None
    radius_km: float | None
    weight: float


class WhenOut(Model):
    """The likeliest time of a sighting."""

    from_: datetime = Field(serialization_alias="from")
    until: datetime
    weight: float
    zone: str


class SightingOut(Model):
    """A stored post and what was read from it. Photos by the digest of the served copy."""

    key: str
    platform: str
    permalink: str
    author: str
    text: str
    language: str
    created_at: datetime | None
    received_at: datetime
    gone: bool
    comparison: str
    consent: str
    where: WhereOut | None
    when: WhenOut | None
    candidates: list[str]
    photos: list[str]


class ReasonOut(Model):
    """A reason for or against; weight above 0 speaks for it."""

    name: str
    weight: float
    words: str


class CandidateOut(Model):
    """A face of a sighting beside a registered child: proposed by a machine, decided by people."""

    key: str
    state: str
    tier: Tier
    label: Label
    similarity: float
    score: float | None
    rank: int
    gallery_size: int
    fpir: float | None
    odds: str | None
    age_gap_years: float | None
    travel: str
    reasons: list[ReasonOut]
    case_id: str
    post_key: str
    found_at: datetime
    where: WhereOut | None
    when: WhenOut | None
    photo: str
    case_photo: str
    who_hears: str
    consent: str


class CaseOut(Model):
    """A case as a list shows it; never a contact."""

    id: str
    status: CaseStatus
    full_name: str
    type: CaseType
    sex: str
    date_of_birth: str
    last_seen_on: date | None
    last_seen_place: str
    expires_at: datetime | None
    sealed: bool
    registered_at: datetime


class CasePhotoOut(Model):
    """A registered photo; `served` is missing for who is shown no faces."""

    age_years: float | None
    served: str | None


class StepOut(Model):
    """A step in a case's life."""

    status: CaseStatus
    by: str
    at: datetime


class CaseDetailOut(CaseOut):
    """A case with its photos and steps; never a contact."""

    description: str
    marks: str
    photos: list[CasePhotoOut]
    steps: list[StepOut]
    holds: list[str]


class ReplyOut(Model):
    """A row of the outbox."""

    key: str
    post_key: str
    purpose: Purpose
    platform: str
    to_handle: str
    text: str
    language: str
    visibility: str
    state: ReplyState
    level: Level
    drafted_at: datetime
    approved_by: str
    sent_at: datetime | None
    receipt_url: str
    why: str


class SpanOut(Model):
    """One span of a hashtag's coverage."""

    start: datetime
    end: datetime
    state: str
    why: str


class CoverageOut(Model):
    """What is known of one source and hashtag; share of the known time in [0, 1]."""

    source: str
    tag: str
    complete_share: float | None
    complete_until: datetime | None
    next_poll_at: datetime | None
    spans: list[SpanOut]


class HourOut(Model):
    """New posts of one hour."""

    hour: datetime
    posts: int


class HashtagOut(Model):
    """How many posts a hashtag brought, and how fast they come."""

    source: str
    tag: str
    posts_48h: int
    rate_per_h: float | None
    interval_s: float | None
    hours: list[HourOut]


class AlarmOut(Model):
    """An alarm that stands; `seen_by` is empty while nobody has acknowledged it."""

    name: str
    words: str
    since: datetime
    seen_by: str
    seen_at: datetime | None


class SourceOut(Model):
    """How a source is doing."""

    source: str
    platform: str
    state: str
    behind_s: float | None
    last_ok_at: datetime | None
    last_post_at: datetime | None
    failures: int


class HealthOut(Model):
    """Whether every source answers, and what waits."""

    ready: bool
    at: datetime
    sources: list[SourceOut]
    jobs: dict[str, int]
    paused: bool


class OverviewOut(Model):
    """The numbers of the first page, as `status --json` gives them."""

    model_config = ConfigDict(extra="allow", frozen=True)

    at: datetime
    ready: bool
    posts: int
    photos: int
    posts_per_minute: float
    cases: dict[str, int]
    replies: dict[str, int]
    sources: list[dict[str, Any]]


class DecisionIn(BaseModel):
    """A verdict that one person may give; confirming takes two people and is done in the console."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]+$")
    verdict: str = Field(pattern="^(not_this_child|later)$")
    note: str = Field(default="", max_length=1000, pattern=r"^[^\x00]*$")


class DecidedOut(Model):
    """The candidates that the verdict was kept for: this one and the same face in copies of the picture."""

    keys: list[str]
    verdict: str
