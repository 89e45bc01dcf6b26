"""Who carries a campaign, in shares and never by name: from how many people wrote how many posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carried:
    """`posts` by `people` in all; the share of posts written by the busiest hundredth and tenth of people.

    `half_by` is the smallest number of people who wrote half of the posts; `once` wrote a single one.
    """

    people: int
    posts: int
    top_1: float
    top_10: float
    half_by: int
    once: int


def carried(people_by_posts: Mapping[int, int]) -> Carried:
    """Shares from a histogram: how many people (value, 1 or more) wrote how many posts (key, 1 or more)."""
    people = sum(people_by_posts.values())
    posts = sum(number * amount for number, amount in people_by_posts.items())
    return Carried(
        people,
        posts,
        _share_of_busiest(people_by_posts, -(-people // 100), posts),
        _share_of_busiest(people_by_posts, -(-people // 10), posts),
        _half_by(people_by_posts, posts),
        people_by_posts.get(1, 0),
    )


def _share_of_busiest(people_by_posts: Mapping[int, int], most: int, posts: int) -> float:
    wrote, left = 0, most
    for number in sorted(people_by_posts, reverse=True):
        taken = min(left, people_by_posts[number])
        wrote, left = wrote + taken * number, left - taken
    return wrote / posts if posts else 0.0


def _half_by(people_by_posts: Mapping[int, int], posts: int) -> int:
    wrote, who = 0, 0
    for number in sorted(people_by_posts, reverse=True):
        needed = -(-(posts - 2 * wrote) // (2 * number))  # so many of these reach the half
        if needed <= people_by_posts[number]:
            return who + max(0, needed)
        wrote, who = wrote + number * people_by_posts[number], who + people_by_posts[number]
    return who
