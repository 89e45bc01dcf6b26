"""What a collector hands over: pages of posts, the cursor behind them, gaps and budgets.

A cursor is opaque outside the collector that made it and is committed with its page, never before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.records.post import AccountNews, Gone, Post


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, aware UTC, start included and end not."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A span that the platform could not or would not give, and why, in words."""

    span: Span
    why: str
    recoverable: bool = True


@dataclass(frozen=True, slots=True)
class Budget:
    """What the platform still allows and when it renews (aware UTC). None: the platform is silent.

    `warning` is a sentence for people about what will soon end, such as a token; "" when nothing will.
    """

    remaining: int | None = None
    limit: int | None = None
    renews_at: datetime | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class TagQuery:
    """Which posts are wanted. Hashtags carry no `#`; matching ignores case and width.

    A post is wanted when it carries one of `any` (or any is empty), all of `all`, none of `none`,
    every phrase, a language of `langs` (or langs is empty), and no author of `not_authors`.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    not_authors: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """The name under which the cursor of this query is kept."""
        return "|".join(self.any)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A file, line or post that could not be taken: where it was, why, and its first bytes."""

    where: str
    reason: str
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a platform: posts, deletions, where to read on, what is missing, what is left.

    `cursor` is None when the place in the stream has not moved. `more` says that reading on now
    would bring more. `set_aside` carries what of this page could not be understood. `complete_until`
    is the instant (aware UTC) up to which everything has been read with this page; streams say it,
    None where the collector cannot tell. `accounts` are changes of whole accounts, in their order.
    """

    posts: tuple[Post, ...] = ()
    gone: tuple[Gone, ...] = ()
    cursor: str | None = None
    gap: Gap | None = None
    budget: Budget = Budget()
    more: bool = False
    set_aside: tuple[SetAside, ...] = ()
    complete_until: datetime | None = None
    accounts: tuple[AccountNews, ...] = ()
