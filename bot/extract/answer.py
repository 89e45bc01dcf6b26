"""Read the answer to our question, in the light of the post that it is about, and complete the sighting.

Pure. An answer only fills what the post lacks; which of them counts is decided by their order alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import regex

from bot.extract import sighting as extract
from bot.extract.gazetteer import Gazetteer
from bot.extract.place_tagger import Tagger
from store.records.answer import Answer
from store.records.post import Post
from store.records.sighting import EvidenceKind, Sighting, When, WhenCandidate, Where, WhereCandidate

_MOST_CHARS = 2000
_SKEW = timedelta(minutes=5)
# An answer has no verb of seeing, so "it was in Camden" reads like talk of something else.
_TALK = regex.compile(
    r"(?:@\S+|\b(?:no|wait|sorry|hi|hello|thanks|well|i think|i believe|it was|it's|it is|that was"
    r"|it happened|it|was)\b)[\s,.:;!]*",
    regex.IGNORECASE,
)


def read(
    original: Post,
    claim: Sighting | None,
    answer: Post,
    gazetteer: Gazetteer,
    tagger: Tagger | None = None,
    *,
    is_stored: bool,
) -> Answer:
    """What `answer` says of where and when, never raising on any text.

    "Yesterday" counts from the moment of answering; where that leads past the moment at which the
    sighting was posted, which cannot be, it counts from there. Names and clocks are read where the post
    was: in its zone, around its place.
    """
    found = _read(original, claim, answer, answer.written_at, gazetteer, tagger)
    if not found.where.candidates:
        # As many blanks as were taken out, so that spans are those of the answer.
        bare = replace(answer, text=_TALK.sub(lambda talk: " " * len(talk[0]), answer.text[:_MOST_CHARS]))
        found = replace(found, where=_read(original, claim, bare, answer.written_at, gazetteer, tagger).where)
    when = _before(found, original.written_at)
    if not when:
        found_then = _read(original, claim, answer, original.written_at, gazetteer, tagger)
        when = _before(found_then, original.written_at)
    where = tuple(
        replace(c, evidence=replace(c.evidence, kind=EvidenceKind.ANSWER, post=answer.key))
        for c in found.where.candidates
        if c.evidence.kind is EvidenceKind.TEXT
    )
    when = tuple(
        replace(c, evidence=replace(c.evidence, kind=EvidenceKind.ANSWER, post=answer.key)) for c in when
    )
    return Answer(
        original.key, answer.key, answer.written_at, is_stored, where, when, found.when.zone if when else ""
    )


def _read(
    original: Post,
    claim: Sighting | None,
    answer: Post,
    at: datetime,
    gazetteer: Gazetteer,
    tagger: Tagger | None,
) -> Sighting:
    """The words of the answer as if the author had written them into their post at that moment."""
    best = claim.where.best if claim is not None else None
    around = ", ".join(filter(None, (best.city, best.province, best.country))) if best is not None else ""
    zone = original.zone_offset_min
    zone = answer.zone_offset_min if zone is None else zone
    asked = replace(
        original, text=answer.text[:_MOST_CHARS], created_at=at, received_at=max(at, answer.received_at),
        author=replace(original.author, location=around or original.author.location),
        geotag=None, place_tag=None, media=(), problems=(), language=answer.language or original.language,
        zone_offset_min=zone,
    )  # fmt: skip
    return extract.read(asked, (), gazetteer, tagger)


def _before(found: Sighting, posted: datetime) -> tuple[WhenCandidate, ...]:
    """The readings that lie before the sighting was posted, cut off there."""
    return tuple(
        replace(c, end=max(c.start, min(c.end, posted)))
        for c in found.when.candidates
        if c.evidence.kind is EvidenceKind.TEXT and c.start <= posted + _SKEW
    )


def complete(claim: Sighting, answers: Sequence[Answer], *, where: bool, when: bool) -> Sighting:
    """The sighting with its missing place or time (`where`, `when`) filled from its latest answer.

    `answers` are the latest first. What the post itself says stays among the alternatives.
    """
    place = next((a for a in answers if a.where), None) if where else None
    time = next((a for a in answers if a.when), None) if when else None
    if place is not None:
        old = claim.where
        candidates = (*place.where, *_lower(old.candidates, place.where[-1].weight))
        claim = replace(claim, where=Where(candidates, old.mentions, old.conflict))
    if time is not None:
        rest = tuple(replace(c, weight=min(c.weight, time.when[-1].weight)) for c in claim.when.candidates)
        claim = replace(
            claim, when=When((*time.when, *rest), time.zone or claim.when.zone, claim.when.conflict)
        )
    return claim


def _lower(candidates: Sequence[WhereCandidate], most: float) -> tuple[WhereCandidate, ...]:
    return tuple(replace(c, weight=min(c.weight, most)) for c in candidates)
