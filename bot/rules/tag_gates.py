"""When a hashtag's posts are so seldom first-hand that no face of theirs is looked at. Values in and out."""

from __future__ import annotations

LEAST_READ = 200
LEAST_SHARE = 0.05


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
