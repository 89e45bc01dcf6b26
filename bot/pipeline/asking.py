"""Asking the permit: what every arrow does before it touches a post. Decides by bot/rules alone."""

from __future__ import annotations

from dataclasses import replace

from bot.match.hashes import mirrored
from bot.pipeline import conversing, optouts, profiles
from bot.pipeline.road import Road
from bot.rules import consent, permit, standing
from store import imports, photos, posts, quarantine, veils
from store.db import Transaction
from store.records.imports import Standing
from store.records.permit import Consent, Permit, Use
from store.records.photo import Photo
from store.records.post import Post, Visibility

# Two pictures whose 64-bit perceptual hashes differ in at most this many bits are taken for copies of
# one picture when permits are joined. It errs on the strict side: a false copy loses a comparison.
COPY_BITS = 7


def permit_of(road: Road, tx: Transaction, post: Post) -> Permit:
    """What may be done with this post today: its platform's rules, its author's signs, the operator's word.

    What was stated about the imports that brought it counts too.
    """
    return _permit(road, post, standing_of(road, tx, post.key))


def platform_permit_of(road: Road, post: Post) -> Permit:
    """The permit apart from what was stated about imports: whether it may be kept does not depend on that."""
    return _permit(road, post, None)


def _permit(road: Road, post: Post, standing: Standing | None) -> Permit:
    rules = road.rules
    policy = rules.policies.get(post.platform.value)
    return permit.decide(post, policy, rules.permissions, rules.legal, road.clock(), standing)


def standing_of(road: Road, tx: Transaction, key: str) -> Standing | None:
    """What the imports that brought a post let be done with it; None if none brought it."""
    is_imported, is_live = imports.ways_to(tx, key)
    if not is_imported:
        return None
    has_given = is_live and imports.has_given_pictures(tx, key)
    held = imports.of_post(tx, key)
    return standing.of_post(held, road.clock(), is_live=is_live, has_given=has_given)


def is_better_fetched(held: Standing | None) -> bool:
    """Whether the platform shows the post itself, and only bytes from a file hold its comparison back."""
    return held is not None and Use.REPLY not in held.governs and Use.MATCH in held.governs - held.uses


def permit_of_photo(road: Road, tx: Transaction, photo: Photo, carrier: Post) -> tuple[Permit, list[str]]:
    """The strictest permit of `carrier` and all standing posts that show this picture or a copy of it.

    Also gives the digests to which it applies: the picture and its known copies. That nobody stated the
    basis of an import is no wish of a platform or an author: it holds back only a picture that no post
    shows for which the comparison is allowed, and only that picture, not its copies.
    """
    digests = sorted({photo.digest, *_copies(tx, photo.phash), *_copies(tx, mirrored(photo.phash))})
    others = [
        key for key in photos.posts_with(tx, digests) if key != carrier.key and not posts.is_gone(tx, key)
    ]
    permits = [
        platform_permit_of(road, carrier),
        *(platform_permit_of(road, posts.get(tx, key)) for key in others),
    ]
    allowed = permit.strictest(permits)
    held = _held_back(road, tx, photo.digest, carrier.key) if allowed.may_match else None
    return (allowed, digests) if held is None else (permit.held_back(allowed, held), [photo.digest])


def _held_back(road: Road, tx: Transaction, digest: str, carrier: str) -> Standing | None:
    """The carrier's standing if for no post that shows this very picture a comparison is allowed."""
    showing = (key for key in photos.posts_with(tx, [digest]) if not posts.is_gone(tx, key))
    found = None
    for key in dict.fromkeys((carrier, *showing)):
        held = standing_of(road, tx, key)
        if held is None or Use.MATCH not in held.governs - held.uses:
            return None
        found = found or held
    return found


def _copies(tx: Transaction, phash: str) -> list[str]:
    return photos.near_copies(tx, phash, most_bits=COPY_BITS)


def may_have_asked(road: Road, post: Post) -> bool:
    """Whether the post says anything that could be a consent; of most nothing more has to be looked up."""
    return consent.may_have_asked(post, road.rules.accounts)


def consent_of(road: Road, tx: Transaction, post: Post) -> Consent:
    """May the author be answered, and why. A post with a picture that nobody may see gets no answer."""
    if quarantine.is_withheld(tx, post.key):
        return Consent(False, "withheld", "case team only: its picture is not available any more")
    out = optouts.has_opted_out(road, tx, post)
    only = is_young(road, tx, post) or bool(veils.kinds_of(tx, post.key))
    allowed = permit_of(road, tx, post)
    ours, _ = conversing.our_posts(road, tx, post)
    return consent.decide(
        post,
        road.rules.accounts,
        allowed,
        opted_out=out,
        our_posts=ours,
        hotline_only=only,
        following=_following(road, tx, post),
    )


def consent_of_message(road: Road, tx: Transaction, post: Post) -> Consent:
    """May who wrote this message to us be answered. A private one is never kept, and judged as if it were."""
    if posts.stands(tx, post.key):
        return consent_of(road, tx, post)
    allowed = platform_permit_of(road, replace(post, visibility=Visibility.PUBLIC))
    ours, _ = conversing.our_posts(road, tx, post)
    out, young = optouts.has_opted_out(road, tx, post), is_young(road, tx, post)
    accounts = road.rules.accounts
    return consent.decide(post, accounts, allowed, opted_out=out, our_posts=ours, hotline_only=young)


def _following(road: Road, tx: Transaction, post: Post) -> bool:
    """Whether it is enough that the author follows us: the operator, the profile and the platform say so."""
    policy = road.rules.policies.get(post.platform.value)
    is_allowed = road.rules.following and policy is not None and policy.following_counts
    return is_allowed and profiles.counts(road, tx, post.platform.value)


def is_young(road: Road, tx: Transaction, post: Post) -> bool:
    """Whether the author seems to be a minor, by this or any other post of theirs."""
    return bool(veils.young_sign(tx, young_digest(road, post)))


def young_digest(road: Road, post: Post) -> str:
    """The keyed digest under which it is kept that an author seems to be a minor."""
    return road.key.digest("young", f"{post.platform.value}:{post.author.id or post.author.handle}")


def refusal(allowed: Permit, use: Use) -> str:
    """The words of the first rule that forbids this use, "" if none does."""
    return next((line.words for line in allowed.why if line.use is use and not line.allows), "")
