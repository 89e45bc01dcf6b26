"""When a hashtag's posts are so seldom first-hand that no face of theirs is looked at. Values in and out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice

LEAST_READ = 200
LEAST_SHARE = 0.05
NEWEST, LOOKED_AT = 20_000, 200_000
"""So many of a hashtag's newest posts are told apart before its gate closes, among so many of all."""
OF_AUTHOR = 5
"""So many different texts of one author count: else a few people who write much close a hashtag for all."""


def told_apart(newest: Iterable[tuple[int, int, int]]) -> tuple[int, int]:
    """(read, first-hand) of posts given as (author, words, first-hand), where each text counts once.

    `words` 0 stands for a text too short to be told from others: then the author's count as one. What many
    copies say, or few people say again and again, closes nobody's hashtag.
    """
    texts: dict[tuple[int, int], tuple[int, bool]] = {}
    for author, said, own in islice(newest, NEWEST):
        key = (said, 0 if said else author)
        first, before = texts.get(key, (author, False))
        texts[key] = (first, before or own > 0)
    read, first_hand = Counter[int](), Counter[int]()
    for author, own in texts.values():
        read[author] += 1
        first_hand[author] += own
    return sum(min(n, OF_AUTHOR) for n in read.values()), sum(min(n, OF_AUTHOR) for n in first_hand.values())


def is_closed(read: int, first_hand: int) -> bool:
    """Whether so few of the posts that were read are first-hand that faces are left alone."""
    return read >= LEAST_READ and first_hand < LEAST_SHARE * read


def words(read: int, first_hand: int) -> str:
    """The rule and its numbers in words."""
    share = 100 * first_hand / read if read else 0.0
    if is_closed(read, first_hand):
        rule = f"below {LEAST_SHARE:.0%} of {LEAST_READ} or more"
        return f"{first_hand} of {read} posts are first-hand ({share:.1f} %), {rule}"
    if read < LEAST_READ:
        return f"only {read} posts were read; nothing is closed below {LEAST_READ}"
    return f"{first_hand} of {read} posts are first-hand ({share:.1f} %)"
