"""Who writes when and what in the made-up campaign, as arrays drawn from one seed. No text and no row yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

import numpy as np

START = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
"""Midnight of 3 November in Shanghai."""
DAYS = 21
SHARES = (0.62, 0.20, 0.08, 0.10)
PLATFORMS = ("weibo", "x", "mastodon", "bluesky")
_CHINESE = np.array((1.0, 0.5, 0.3, 0.3))
_HOURS_ZH = np.array([2, 1, 1, 1, 1, 2, 4, 7, 8, 8, 7, 7, 9, 8, 7, 7, 7, 8, 9, 11, 13, 13, 10, 5], float)
_HOURS_EN = np.array([9, 10, 10, 9, 7, 5, 3, 2, 2, 2, 2, 3, 5, 7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 9], float)
_DAYS = np.array(
    [2, 4, 8, 11, 12, 10, 9, 8, 8, 7, 6, 6, 6, 5, 4, 4, 3.5, 3.5, 3, 3, 2.5], float
)  # found, carried on by the press, and slowly left


class Kind(IntEnum):
    """What a post is."""

    CHAT = 0
    SIGHTING = 1
    NEWS = 2
    NOTICE = 3
    PRIZE = 4
    REPOST = 5
    COPY = 6
    FLOOD = 7
    HIJACK = 8


KIND_SHARES = (0.26, 0.20, 0.03, 0.05, 0.02, 0.34, 0.04, 0.03, 0.03)
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """The campaign's posts in the order of time: author's number, seconds since START, Kind.

    `platform` (into PLATFORMS) and `chinese` are by author.
    """

    author: Array
    at_s: Array
    kind: Array
    platform: Array
    chinese: Array


def draw(rng: np.random.Generator, posts: int, authors: int) -> Plan:
    """Plan `posts` posts of exactly `authors` authors; a few write much, most once."""
    kind = rng.choice(len(KIND_SHARES), size=posts, p=np.array(KIND_SHARES))
    platform = rng.choice(len(PLATFORMS), size=authors, p=np.array(SHARES))
    chinese = rng.random(authors) < _CHINESE[platform]
    weight = rng.pareto(1.25, authors) + 0.05
    rest = rng.choice(authors, size=max(0, posts - authors), p=weight / weight.sum())
    author = np.concatenate([rng.permutation(authors), rest])[:posts]
    rng.shuffle(author)
    at_s = _times(rng, chinese[author])
    _gather(rng, kind, author, at_s, platform, authors)
    order = np.argsort(at_s, kind="stable")
    return Plan(author[order], at_s[order], kind[order], platform, chinese)


def _times(rng: np.random.Generator, chinese: Array) -> Array:
    day = rng.choice(DAYS, size=len(chinese), p=_DAYS / _DAYS.sum())
    zh = rng.choice(24, size=len(chinese), p=_HOURS_ZH / _HOURS_ZH.sum())
    en = rng.choice(24, size=len(chinese), p=_HOURS_EN / _HOURS_EN.sum())
    hour = np.where(chinese, zh, en)
    return day * 86_400.0 + hour * 3_600.0 + rng.random(len(chinese)) * 3_600.0


def _gather(
    rng: np.random.Generator, kind: Array, author: Array, at_s: Array, platform: Array, authors: int
) -> None:
    """A flood comes within two hours from few accounts, a hijack within three days from others."""
    weibo = np.flatnonzero(platform == 0)
    for what, share, begin_s, within_s in (
        (Kind.FLOOD, 0.02, 8 * 86_400.0 + 15 * 3_600.0, 2 * 3_600.0),
        (Kind.HIJACK, 0.01, 11 * 86_400.0, 3 * 86_400.0),
    ):
        mine = np.flatnonzero(kind == what)
        crowd = rng.choice(weibo, size=max(1, int(authors * share)))
        # Whoever would only have written one of these still takes part: the first post of each stays.
        _, first = np.unique(author, return_index=True)
        moved = np.setdiff1d(mine, first)
        author[moved] = rng.choice(crowd, size=len(moved))
        at_s[mine] = begin_s + rng.random(len(mine)) * within_s


def moment(at_s: float) -> datetime:
    """Seconds since START as a moment."""
    return START + timedelta(seconds=round(float(at_s), 3))
