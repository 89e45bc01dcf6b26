"""Asking the permit: what every arrow does before it touches a post. Decides by bot/rules alone."""

from __future__ import annotations

from bot.match.hashes import mirrored
from bot.pipeline.road import Road
from bot.rules import consent, permit
from store import outbox, photos, posts
from store.db import Transaction
from store.records.permit import Consent, Permit, Use
from store.records.photo import Photo
from store.records.post import Post

# Two pictures whose 64-bit perceptual hashes differ in at most this many bits are taken for copies of
# one picture when permits are joined. It errs on the strict side: a false copy loses a comparison.
COPY_BITS = 7


def permit_of(road: Road, post: Post) -> Permit:
    """What may be done with this post today, by its platform, its author's signs and the operator's word."""
    policy = road.rules.policies.get(post.platform.value)
    return permit.decide(post, policy, road.rules.permissions, road.rules.legal, road.clock())


def permit_of_photo(road: Road, tx: Transaction, photo: Photo, carrier: Post) -> tuple[Permit, list[str]]:
    """The strictest permit of `carrier` and all standing posts that show this picture or a copy of it.

    Also gives the digests of the picture and its known copies.
    """
    digests = sorted({photo.digest, *_copies(tx, photo.phash), *_copies(tx, mirrored(photo.phash))})
    others = [
        key for key in photos.posts_with(tx, digests) if key != carrier.key and not posts.is_gone(tx, key)
    ]
    permits = [permit_of(road, carrier), *(permit_of(road, posts.get(tx, key)) for key in others)]
    return permit.strictest(permits), digests


def _copies(tx: Transaction, phash: str) -> list[str]:
    return photos.near_copies(tx, phash, most_bits=COPY_BITS)


def consent_of(road: Road, tx: Transaction, post: Post) -> Consent:
    """May the author be answered, and why."""
    out = outbox.is_opted_out(tx, opt_out_digest(road, post))
    return consent.decide(post, road.rules.accounts, permit_of(road, post), opted_out=out)


def opt_out_digest(road: Road, post: Post) -> str:
    """The keyed digest under which an author's wish to get no replies is kept."""
    return road.key.digest("opt-out", f"{post.platform.value}:{post.author.id or post.author.handle}")


def refusal(allowed: Permit, use: Use) -> str:
    """The words of the first rule that forbids this use, "" if none does."""
    return next((line.words for line in allowed.why if line.use is use and not line.allows), "")
