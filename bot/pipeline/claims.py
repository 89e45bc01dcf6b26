"""What a stored post claims, read for the arrows that need it: with what its platform and author allow.

Only loads and calls bot/extract and bot/rules; writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.extract import answer
from bot.extract import sighting as extract
from bot.pipeline.road import Road
from bot.rules import asking as rules
from store import asking
from store.db import Transaction
from store.records.photo import Exif
from store.records.post import Post
from store.records.sighting import EvidenceKind, Sighting, Where


def read(road: Road, post: Post, exif: Sequence[tuple[str, Exif]]) -> Sighting:
    """The claim of a post. Guesses that rest on the author's profile served the reading and go no further."""
    found = extract.read(_readable(road, post), exif, road.gazetteer(), road.tagger())
    return replace(found, where=_without_profile(found.where))


def _readable(road: Road, post: Post) -> Post:
    """The post without the place it is tagged with, where its platform lets that place serve nothing else."""
    policy = road.rules.policies.get(post.platform.value)
    return replace(post, geotag=None, place_tag=None) if policy is not None and policy.place_stays else post


def _without_profile(where: Where) -> Where:
    """Where the author lives is neither shown nor kept, not even as a guess of where they were."""
    kept = tuple(c for c in where.candidates if c.evidence.kind is not EvidenceKind.PROFILE)
    return where if len(kept) == len(where.candidates) else replace(where, candidates=kept)


def completed(tx: Transaction, claim: Sighting) -> Sighting:
    """The claim with what it lacks filled from its author's answers."""
    answers = asking.of_post(tx, claim.post_key)
    if not answers:
        return claim
    gap = rules.gap_of(claim)
    return answer.complete(claim, answers, where=gap.where, when=gap.when)
