"""How Homeward is doing: sources, posts a minute, queue, what waits for people. Reads only.

Works without a running daemon: everything comes from the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.pipeline import brake, forgetting, unseen
from bot.pipeline.road import Road
from bot.rules.leads import ENDS
from bot.services import progress
from bot.services.leads import board
from store import (
    acknowledgements,
    campaign,
    case_teams,
    cases,
    counters,
    early,
    leads,
    life,
    matches,
    outbox,
    posts,
    rechecks,
    sources,
)
from store.db import Transaction
from store.records.campaign import Acknowledgement, CampaignVersion, SourceHealth, SourceState
from store.records.lead import LeadState
from store.records.work import Stage


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the installation at one moment (aware UTC)."""

    at: datetime
    campaign: CampaignVersion | None
    sources: tuple[SourceHealth, ...]
    posts: int
    photos: int
    posts_last_minute: int
    posts_last_hour: int
    last_post_at: datetime | None
    waiting: dict[str, int]
    cases: dict[str, int]
    replies: dict[str, int]
    jobs: dict[str, int]
    dead_jobs: tuple[dict[str, Any], ...]
    set_aside: int
    not_kept: dict[str, int]
    notices: dict[str, str]
    paused: bool
    deletions: dict[str, int] = field(default_factory=dict)
    quarantine: dict[str, int] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    searches: tuple[dict[str, Any], ...] = ()

    @property
    def posts_per_minute(self) -> float:
        """Posts received a minute, over the last hour."""
        return self.posts_last_hour / 60

    @property
    def is_ready(self) -> bool:
        """Whether every source that is on answers."""
        bad = (SourceState.BACKING_OFF, SourceState.NEEDS_PERSON)
        return not any(source.state in bad for source in self.sources)

    def as_json(self) -> dict[str, Any]:
        """The answer of `status --json` and `/readyz`."""
        now = self.at
        return {
            "at": now.isoformat(),
            "ready": self.is_ready,
            "campaign_version": self.campaign.number if self.campaign else None,
            "sources": [_source(source, now) for source in self.sources],
            "posts": self.posts,
            "photos": self.photos,
            "posts_per_minute": round(self.posts_per_minute, 2),
            "last_post_at": self.last_post_at.isoformat() if self.last_post_at else None,
            "matches_waiting": self.waiting,
            "cases": self.cases,
            "replies": self.replies,
            "jobs": self.jobs,
            "dead_jobs": list(self.dead_jobs),
            "set_aside": self.set_aside,
            "not_kept": self.not_kept,
            "notices": self.notices,
            "notices_seen": sorted(self.seen),
            "paused": self.paused,
            "deletions": self.deletions,
            "quarantine_tasks": self.quarantine,
            "searches": list(self.searches),
        }


def _source(source: SourceHealth, now: datetime) -> dict[str, Any]:
    def text(moment: datetime | None) -> str | None:
        return moment.isoformat() if moment else None

    return {
        "source": source.source,
        "platform": source.platform,
        "state": source.state.value,
        "detail": source.detail,
        "behind_s": round(behind_s(source, now), 1) if source.last_ok_at else None,
        "last_ok_at": text(source.last_ok_at),
        "last_post_at": text(source.last_post_at),
        "next_try_at": text(source.next_try_at),
        "failures": source.failures,
    }


def behind_s(source: SourceHealth, now: datetime) -> float:
    """Seconds since the source was last known to be read up to its end."""
    return (now - source.last_ok_at).total_seconds() if source.last_ok_at else float("inf")


def overview(road: Road) -> Overview:
    """Look at everything once, in one snapshot."""
    now = road.clock()
    with road.store.reading() as tx:
        newest = posts.latest(tx, most=1)
        dead = road.engine.dead(tx)
        return Overview(
            at=now,
            campaign=campaign.current(tx),
            sources=tuple(sources.healths(tx)),
            posts=counters.value(tx, "posts"),
            photos=counters.value(tx, "photos"),
            posts_last_minute=posts.since(tx, now - timedelta(minutes=1)),
            posts_last_hour=posts.since(tx, now - timedelta(hours=1)),
            last_post_at=newest[0].received_at if newest else None,
            waiting=matches.waiting(tx),
            cases=cases.counts(tx),
            replies=outbox.counts(tx),
            jobs=road.engine.waiting(tx),
            dead_jobs=tuple(
                {"stage": r.stage, "key": r.key, "tries": r.attempt, "reason": r.reason}
                for r in dead
                if not cases.is_of_hidden(tx, r.key)
            ),
            set_aside=len(sources.set_asides(tx, most=1000)),
            not_kept=sources.not_kept(tx),
            notices=campaign.notices(tx),
            seen=_seen(tx),
            paused=brake.is_on(road, tx),
            deletions=_deletions(road, tx, now),
            quarantine=unseen.tasks(tx, now),
            searches=tuple(progress.under_way(tx)),
        )


def _seen(tx: Transaction) -> frozenset[str]:
    """The names of standing notices of which somebody said that they have seen them."""
    said = acknowledgements.standing(tx)
    return frozenset(name for name, words in campaign.notices(tx).items() if _says(said.get(name), words))


def _says(said: Acknowledgement | None, words: str) -> bool:
    return said is not None and said.words == words


def _deletions(road: Road, tx: Transaction, now: datetime) -> dict[str, int]:
    """Deletions honoured, posts that are looked up again, and those for which that is late.

    A deletion that we hear of reaches every copy at once. Late is a post that people were shown and
    that was not looked up within the hours in which its platform wants a deletion honoured. Due is what an
    ended permission or a platform's limit lets nobody keep and the next round takes away; `ended_…` count
    what rounds took. Sealed copies are in no number: few may know of them.
    """
    limits = {name: timedelta(hours=each.delete_within_h) for name, each in road.rules.policies.items()}
    watched, late = rechecks.counts(tx, {name: now - limit for name, limit in limits.items()})
    return {
        "honoured": rechecks.tombstones(tx),
        "watched": watched,
        "late": late,
        "due": life.count_due(tx, now, forgetting.kept_since(road, now)),
        "ended_posts": counters.value(tx, forgetting.DELETED),
        "ended_permits": counters.value(tx, forgetting.REDUCED),
        "ended_faces": counters.value(tx, forgetting.FACES),
        "heard_early": early.count(tx),
    }


def retry_dead(road: Road, stage: Stage, key: str) -> bool:
    """Try a set-aside job again. False if there is none."""
    with road.store.transaction() as tx:
        return road.engine.revive(tx, stage, key, road.clock())


def quarantine_words(counts: dict[str, int]) -> str:
    """How many tasks wait for the quarantine officer, and nothing of what they are about."""
    waiting, late = counts.get("open", 0), counts.get("overdue", 0)
    words = f"{waiting} quarantine task{'' if waiting == 1 else 's'} open"
    return f"{words}, {late} late" if late else words


def open_leads(road: Road, *, viewer: str) -> int:
    """How many leads are under way, of those on this viewer's board. Raises NotAllowed."""
    states = [state for state in LeadState if state not in ENDS]
    return len(board(road, by=viewer, states=states))


def lead_of(road: Road, match_key: str, *, viewer: str) -> str:
    """The lead that a candidate became, "" if there is none that this viewer may know of."""
    with road.store.reading() as tx:
        row = leads.of_match(tx, match_key)
        if row is None or case_teams.is_hidden(tx, row.case_id, viewer):
            return ""
    return row.id
