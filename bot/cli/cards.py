"""One candidate as JSON and as lines for people: its parts with weight and reason, and its odds.

No name and no contact is ever shown.
"""

from __future__ import annotations

from typing import Any

from bot.cli.context import Cli
from bot.services.review import Card

NOT_MEASURED = "How many of those shown like this were right was never measured."


def as_document(card: Card) -> dict[str, Any]:
    """A match as JSON: no name, no contact."""
    match = card.row.match
    plain = ("key", "similarity", "rank", "fpir", "gallery_size", "age_gap_years", "travel", "score", "looks")
    return {
        **{name: getattr(match, name) for name in plain},
        "state": card.row.state,
        "tier": match.tier.value,
        "label": match.label.value,
        "post": match.post_key,
        "platform": card.post.platform.value,
        "case": match.case_id,
        "reasons": [{"name": r.name, "weight": r.weight, "words": r.words} for r in match.reasons],
        **_claim(card),
        **_chances(card),
        "assigned_to": card.assigned.account if card.assigned else None,
        "who_hears": card.who_hears,
        "consent": card.consent.words,
        "copies": list(card.copies),
        "replies": [{"key": r.key, "state": r.state.value, "text": r.text} for r in card.replies],
        "decisions": [
            {"verdict": d.verdict.value, "by": d.by, "at": d.at, "undone": d.undone} for d in card.decisions
        ],
    }


def _chances(card: Card) -> dict[str, Any]:
    odds = card.odds
    of_1000 = odds and {"right": odds.right, "low": odds.low, "high": odds.high, "basis": odds.basis}
    return {"of_1000": of_1000, "hit_rates": [rate.words for rate in card.hit_rates]}


def _claim(card: Card) -> dict[str, Any]:
    when = card.sighting.when.best if card.sighting else None
    where = card.sighting.where.best if card.sighting else None
    area = ("name", "lat", "lon", "radius_km")
    return {
        "when": {"start": when.start, "end": when.end} if when else None,
        "where": {name: getattr(where, name) for name in area} if where else None,
    }


def answer(cli: Cli, as_json: bool, card: Card) -> None:
    match = card.row.match

    def show_it() -> None:
        cli.out.print(
            f"{match.key}  [{card.row.state}]  {match.tier.value}, similarity {match.similarity:.3f}",
            markup=False,
        )
        for reason in match.reasons:
            cli.out.print(f"  {reason.weight:+.1f} {reason.words}", markup=False)
        cli.out.print(f"  {card.odds.words if card.odds else NOT_MEASURED}", markup=False)
        for rate in card.hit_rates:
            cli.out.print(f"  {rate.words}", markup=False)
        cli.out.print(f"  who hears of it: {card.who_hears} ({card.consent.words})", markup=False)
        for reply in card.replies:
            cli.out.print(f"  reply [{reply.state.value}]: {reply.text}", markup=False)

    cli.answer(as_json, as_document(card), show_it)
