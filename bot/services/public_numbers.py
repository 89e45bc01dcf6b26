"""Public numbers: a week becomes a release once, outcomes when two people say so; what everybody may read.

What may be told is decided in bot/rules/public_numbers.py. Nothing of a lead, a case or a post is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from bot.pipeline import counting
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import public_numbers as rules
from bot.services.ending import may_run
from store import audit, campaign_days, releases
from store.db import Transaction
from store.errors import Missing, NotAllowed, UsageError
from store.releases import OutcomeRelease, Release

BY_CLOCK = "homeward"
MAX_BASIS_CHARS = 500


def round_of(road: Road, _sources: Mapping[str, Source] | None = None) -> list[date]:
    """Tell of every week that is due, where that is switched on. The weeks."""
    return tell_due(road, by=BY_CLOCK) if road.life.public_numbers else []


def due(road: Road, tx: Transaction) -> list[date]:
    """Mondays of weeks that may be told of and were not yet, oldest first."""
    days = campaign_days.days(tx)
    if not days:
        return []
    today = campaign_days.day_of(road.clock(), _zone(road, tx))
    # When nobody writes any more there is nothing to tell.
    week, newest = rules.week_of(days[0][0]), min(rules.newest_due(today), rules.week_of(days[-1][0]))
    told = {each.week for each in releases.listing(tx)}
    found = []
    while week <= newest:
        found += [] if week in told else [week]
        week += timedelta(days=7)
    return found


def _zone(road: Road, tx: Transaction) -> str:
    """The zone of the weeks: that of the first release, so that no two weeks ever share an hour."""
    told = releases.listing(tx)
    return str(told[0].numbers["zone"]) if told else road.life.zone


def tell_due(road: Road, *, by: str) -> list[date]:
    """Make the release of every week that is due and has none. The weeks."""
    with road.store.reading() as tx:
        weeks = due(road, tx)
    if weeks:
        counting.catch_up(road)
    return [week for week in weeks if _tell(road, week, by=by)]


def _tell(road: Road, week: date, *, by: str) -> bool:
    with road.store.transaction() as tx:
        zone = _zone(road, tx)
        begin = campaign_days.bounds(week, zone)[0]
        end = campaign_days.bounds(week + timedelta(days=6), zone)[1]
        people = rules.once_each(campaign_days.claims(tx, begin, end))
        told = rules.tell(people, campaign_days.people_between(tx, begin, end))
        numbers = {
            "week": week.isoformat(),
            "zone": zone,
            "provinces": dict(told.provinces),
            "total": told.total,
            "taking_part": told.taking_part,
        }
        digest = hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()
        is_new = releases.put(tx, Release(week, numbers, digest, road.clock()))
        if is_new:
            audit.write(tx, road.clock(), by, "public.release", week.isoformat(), digest=digest)
    return is_new


def public(road: Road) -> dict[str, Any]:
    """All that everybody may read, JSON-able. Raises Missing where public numbers are switched off."""
    if not road.life.public_numbers:
        raise Missing("public numbers", "are not published here")
    with road.store.reading() as tx:
        told = releases.listing(tx)
        outcomes = releases.outcomes(tx, released=True)[:1]
    return {
        "rounded_to": rules.STEP,
        "least": rules.LEAST,
        "wait_days": rules.WAIT.days,
        "weeks": [dict(each.numbers) for each in told],
        "outcomes": [
            {
                "found": each.found,
                "reunited": each.reunited,
                "released_on": each.released_at.date().isoformat() if each.released_at else "",
            }
            for each in outcomes
        ],
    }


def told(road: Road) -> tuple[list[Release], list[OutcomeRelease], list[date]]:
    """For those who run the campaign: releases, outcomes (newest first), weeks that are due."""
    with road.store.reading() as tx:
        return releases.listing(tx), releases.outcomes(tx), due(road, tx)


def propose_outcomes(road: Road, *, found: int, reunited: int, basis: str, by: str) -> OutcomeRelease:
    """Propose what may be told of outcomes. Raises UsageError for numbers that cannot be or no basis."""
    may_run(road, by)
    if not 0 <= reunited <= found <= 1_000_000:
        raise UsageError(
            "outcomes", f"are {found} found and {reunited} reunited; reunited ones are among the found"
        )
    if not basis.strip() or len(basis) > MAX_BASIS_CHARS:
        raise UsageError("basis", f"is to say who agreed, in at most {MAX_BASIS_CHARS} characters")
    now = road.clock()
    with road.store.transaction() as tx:
        made = releases.propose(tx, found=found, reunited=reunited, basis=basis.strip(), by=by, at=now)
        audit.write(tx, now, by, "public.outcomes.proposed", str(made.number), found=found, reunited=reunited)
    return made


def release_outcomes(road: Road, number: int, *, by: str) -> None:
    """Release proposed outcomes. Raises NotAllowed for who proposed them, Missing, Conflict."""
    may_run(road, by)
    now = road.clock()
    with road.store.transaction() as tx:
        if releases.outcome(tx, number).proposed_by == by:
            raise NotAllowed(by, "proposed these numbers; another person releases them")
        releases.release_outcome(tx, number, by=by, at=now)
        audit.write(tx, now, by, "public.outcomes.released", str(number))
