"""When posts alike are called a flood: many accounts, mostly new ones, in a short time. Values in and out."""

from __future__ import annotations

from datetime import timedelta

WINDOW = timedelta(hours=2)
LEAST_AUTHORS = 20
"""Fewer accounts with one text are friends who share a sentence."""
LEAST_NEW = 0.6
"""So large a share of accounts that were never seen before is no usual sharing."""
LEAST_POSTS_ALONE = 100
"""One account with more posts in an hour is a flood by itself."""


def is_coordinated(authors: int, new_authors: int) -> bool:
    """Whether one text or picture from so many accounts, so many of them new, looks arranged."""
    return authors >= LEAST_AUTHORS and new_authors >= LEAST_NEW * authors


def is_loud(posts: int) -> bool:
    """Whether one account's posts of an hour are a flood."""
    return posts >= LEAST_POSTS_ALONE
