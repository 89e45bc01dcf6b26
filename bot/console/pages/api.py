"""`/api/v1`: the same answers as JSON, for the session of a browser. Reads only; the services decide."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from bot.console.auth import Looker, Reviewer, SightingViewer
from bot.console.here import Here
from bot.services import overview, review, sightings
from bot.services.review import Card
from bot.services.sightings import SightingView
from store.records.match import Tier
from store.records.sighting import Sighting

router = APIRouter(prefix="/api/v1", tags=["v1"])
Most = Annotated[int, Query(ge=1, le=200)]


@router.get("/overview")
def overview_now(here: Here, viewer: Looker) -> dict[str, Any]:
    """How Homeward is doing."""
    return overview.overview(here.road).as_json()


@router.get("/matches")
def matches(
    here: Here, viewer: Reviewer, state: str = "open", tier: Tier | None = None, most: Most = 50
) -> dict[str, Any]:
    """Candidates of a state, most similar first."""
    cards = review.queue(here.road, tier=tier, state=state, most=most, viewer=viewer.name)
    return {"matches": [_match(card) for card in cards]}


@router.get("/sightings")
def seen(here: Here, viewer: SightingViewer, most: Most = 50) -> dict[str, Any]:
    """Stored posts, newest first."""
    views = sightings.latest(here.road, most=most, viewer=viewer.name)
    return {"sightings": [_sighting(view) for view in views]}


def _match(card: Card) -> dict[str, Any]:
    match = card.row.match
    return {
        "key": match.key, "state": card.row.state, "tier": match.tier, "label": match.label,
        "similarity": match.similarity, "rank": match.rank, "gallery_size": match.gallery_size,
        "fpir": match.fpir, "score": match.score, "looks": match.looks,
        "odds": card.odds.words if card.odds else None,
        "age_gap_years": match.age_gap_years, "travel": match.travel,
        "reasons": [{"name": r.name, "weight": r.weight, "words": r.words} for r in match.reasons],
        "case_id": match.case_id, "post_key": match.post_key, "found_at": _text(card.row.found_at),
        "photo": card.photo.served, "case_photo": card.case_photo.served, "who_hears": card.who_hears,
        "consent": card.consent.words, **_claims(card.sighting),
    }  # fmt: skip


def _sighting(view: SightingView) -> dict[str, Any]:
    post = view.post
    return {
        "key": post.key, "platform": post.platform, "permalink": post.permalink, "author": post.author.handle,
        "text": post.text, "language": post.language, "created_at": _text(post.created_at),
        "received_at": _text(post.received_at), "gone": view.gone, "comparison": view.comparison,
        "consent": view.consent.words, "matches": [row.match.key for row in view.matches],
        "photos": [seen.photo.served for seen in view.photos if seen.photo is not None],
        **_claims(view.sighting),
    }  # fmt: skip


def _claims(sighting: Sighting | None) -> dict[str, Any]:
    where = sighting.where.best if sighting else None
    when = sighting.when.best if sighting else None
    return {
        "where": None if where is None else {
            "name": where.name, "kind": where.kind, "lat": where.lat, "lon": where.lon,
            "radius_km": where.radius_km, "weight": where.weight,
        },
        "when": None if when is None else {
            "from": _text(when.start), "until": _text(when.end), "weight": when.weight,
            "zone": sighting.when.zone if sighting else "",
        },
    }  # fmt: skip


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
