"""What it means for a sighting that its picture was shown before: not later than that, and maybe not seen.

Pure: the claim and the earlier showings come in, the claim goes out. Finds no picture and reads no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from store.records.picture import SeenBefore
from store.records.sighting import (
    Evidence,
    EvidenceKind,
    FirstHand,
    Sighting,
    When,
    WhenCandidate,
)

RULE = "picture first posted then"
_WEEK = timedelta(days=7)
_WEIGHT = 0.2
_TOGETHER = timedelta(hours=1)
"""Posts of different accounts within this time may be one person's on two platforms."""


def weigh(claim: Sighting, before: Sequence[SeenBefore], written_at: datetime) -> Sighting:
    """The claim with what the earlier showings of its pictures say; unchanged where there are none.

    The time of the first showing bounds the time of the sighting from above: readings that begin
    later stay, with the conflict in words. Shown first by somebody else, it is passed on.
    `written_at` is the time of the claim's own post (aware).
    """
    if not before:
        return claim
    first = min(before, key=lambda seen: (seen.first_at, seen.first_post))
    is_passed_on = claim.first_hand is FirstHand.OWN and any(
        seen.by_other and written_at - seen.first_at >= _TOGETHER for seen in before
    )
    why = f"{_shown(first)} by somebody else" if is_passed_on else claim.first_hand_why
    return replace(
        claim,
        when=_bounded(claim.when, first),
        first_hand=FirstHand.PASSED_ON if is_passed_on else claim.first_hand,
        first_hand_why=why,
    )


def _shown(first: SeenBefore) -> str:
    return f"its picture was first posted {first.first_at:%Y-%m-%d %H:%M} UTC ({first.first_post})"


def _bounded(when: When, first: SeenBefore) -> When:
    evidence = Evidence(EvidenceKind.PIXELS, RULE, quote=first.first_post, photo=first.photo)
    bound = WhenCandidate(first.first_at - _WEEK, first.first_at, _WEIGHT, evidence)
    said = [c for c in when.candidates if c.evidence.kind is not EvidenceKind.POSTED]
    conflict = when.conflict
    if said and said[0].start > first.first_at:
        conflict = "; ".join(filter(None, (conflict, f"{_shown(first)}, before the time it names")))
    candidates = sorted((*when.candidates, bound), key=lambda c: -c.weight)
    return replace(when, candidates=tuple(candidates), conflict=conflict)
