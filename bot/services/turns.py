"""Whose turn it is: nobody is handed a candidate that somebody else looks at or was given; the second answer.

A candidate is taken by opening it and is free again after ten minutes or with the verdict.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.pipeline.casework import named_match
from bot.pipeline.road import Road
from bot.rules.verdicts import Outcome, outcome
from bot.services import leads_making
from store import assignments, audit, match_votes, matches, veils
from store.db import Transaction
from store.errors import Conflict
from store.records.match import Decision, Tier, Verdict

LEASE = timedelta(minutes=10)
_AT_ONCE, _TRIES = 8, 5
"""How many candidates are tried at once, and how often, where many people ask at the same moment."""


def take(road: Road, key: str, *, by: str) -> str:
    """Take an open candidate to look at it. "" if it is this person's now, otherwise who has it.

    One that was given to somebody by name can be looked at by others as well. Raises Missing.
    """
    with road.store.transaction() as tx:
        key = matches.full_key(tx, key, viewer=by)
        if matches.get(tx, key).state not in (matches.OPEN, matches.LATER):
            return ""
        if outcome(matches.decisions_of(tx, key), by, Verdict.POSSIBLE, needed=2) is Outcome.SAID:
            return ""  # Looking at one's own answer again must not keep the second person out.
        if match_votes.claim(tx, key, by, at=road.clock(), lease=LEASE):
            return ""
        held = assignments.of(tx, [key]).get(key)
        return held.account if held is not None and not held.by else ""


def check_free(road: Road, key: str, *, by: str) -> None:
    """Raises Conflict while somebody else looks at the candidate."""
    with road.store.reading() as tx:
        held = assignments.of(tx, [matches.full_key(tx, key, viewer=by)])
    for each in held.values():
        if not each.by and each.account != by and not match_votes.is_over(each, at=road.clock(), lease=LEASE):
            raise Conflict(key, f"is being looked at by {each.account}; take the next one")


def following(road: Road, *, by: str, but: str = "") -> str:
    """The next open candidate for this person, "" if there is none; taken for it in the same step."""
    with road.store.transaction() as tx:
        return _following(road, tx, by, but, takes=True)


def waiting(road: Road, *, by: str, but: str = "") -> str:
    """The same without taking it: what would come next."""
    with road.store.reading() as tx:
        return _following(road, tx, by, but, takes=False)


def _following(road: Road, tx: Transaction, by: str, but: str, *, takes: bool) -> str:
    now = road.clock()
    others = (match_votes.called_possible_by(by), match_votes.taken(by, at=now, lease=LEASE))
    for tier in (Tier.ALERT, Tier.REVIEW):
        for _ in range(_TRIES):
            rows = matches.queue(tx, tier, most=_AT_ONCE, viewer=by, but=others)
            for key in (row.match.key for row in rows if row.match.key != but):
                if not takes or _take(tx, key, by, now):
                    return key
            if len(rows) < _AT_ONCE:
                break
    return ""


def _take(tx: Transaction, key: str, by: str, now: datetime) -> bool:
    """Take an open candidate; False if another process was first, be it with looking or with a verdict."""
    if not match_votes.claim(tx, key, by, at=now, lease=LEASE):
        return False
    return matches.get(tx, key).state == matches.OPEN


def confirm(road: Road, key: str, *, by: str, note: str = "") -> None:
    """A second person's word on what one person alone called possible: from then on it is a lead.

    Raises Conflict if this person has said so already, or nobody did.
    """
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        key = matches.full_key(tx, key, viewer=by)
        matches.hold(tx, key)
        held = matches.get(tx, key)
        veils.check(tx, held.match.post_key)
        said = matches.decisions_of(tx, key)
        is_mine = outcome(said, by, Verdict.POSSIBLE, needed=2) is Outcome.SAID
        if held.state != matches.POSSIBLE or is_mine:
            raise Conflict(key, "has your answer already" if is_mine else f"is {held.state}")
        match_votes.cast(tx, Decision(key, Verdict.POSSIBLE, by, now, note), to=matches.POSSIBLE)
        audit.write(tx, now, by, "match.confirmed", named_match(road, tx, key))
        leads_making.follow(road, tx, key, by=by)
