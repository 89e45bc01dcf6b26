"""How often unrelated faces look like somebody, measured on the operator's own registry and photos.

It reads scores that were kept when photos were compared; it compares nothing itself, names no case, and
puts nothing into force: a person does that with `thresholds accept`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from bot.match import proposing
from bot.match.inputs import Thresholds, Wish
from bot.match.proposing import GROUPS, Numbers, Seen
from bot.match.thresholds import Share, fpir
from bot.pipeline import models
from bot.pipeline.road import Road
from store import probe_scores
from store.errors import UsageError
from store.probe_scores import ProbeScore

MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Now:
    """What today's thresholds let through of unrelated photos whose faces look about so old.

    `looks` are groups of likely ages; `photos` compared, `review` and `alert` the shares that reach each
    tier's score, None where the tier has no threshold for the group: untested.
    """

    looks: str
    photos: int
    review: Share
    alert: Share | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Today's shares by group, and thresholds that would keep a wish; None without any photo."""

    model: str
    cases: int
    days: int
    now: tuple[Now, ...]
    proposal: Numbers | None

    def document(self) -> dict[str, Any]:
        """As plain values for JSON and for the file that a person reads before accepting."""
        return asdict(self)


def calibrate(road: Road, *, days: int, wish: Wish | None = None) -> Calibration:
    """Measure on the photos compared in the last `days` days with the model in force. Raises UsageError."""
    if not 1 <= days <= MOST_DAYS:
        raise UsageError("--days", f"is {days}; 1 to {MOST_DAYS} are allowed")
    model = road.faces()
    limits = models.thresholds_of(road, model)
    with road.store.reading() as tx:
        rows = probe_scores.since(tx, model.digest, road.clock() - timedelta(days=days))
    unrelated = _best_by_photo([row for row in rows if not row.is_possible])
    seen = [Seen(row.photo, row.looks, row.score, row.is_possible) for row in rows]
    cases = max((row.cases for row in rows), default=0)
    proposal = proposing.propose(seen, wish=wish or road.rules.wish, cases=cases, days=days)
    now = tuple(_now(limits, looks, unrelated) for looks in GROUPS)
    return Calibration(model.name, cases, days, now, proposal)


def _best_by_photo(rows: list[ProbeScore]) -> list[ProbeScore]:
    best: dict[str, ProbeScore] = {}
    for row in rows:
        held = best.get(row.photo)
        if held is None or row.score > held.score:
            best[row.photo] = row
    return list(best.values())


def _now(limits: Thresholds, looks: str, rows: list[ProbeScore]) -> Now:
    scores = [row.score for row in rows if row.looks == looks]
    band = limits.band(looks)
    # With numbers of its own in force, a group without an alert score cannot alert.
    line = band.alert if band is not None else (None if limits.bands else limits.alert_normalised)
    alert = None if line is None or line == float("inf") else fpir(scores, line)
    return Now(looks, len(scores), fpir(scores, limits.review_score(looks)), alert)
