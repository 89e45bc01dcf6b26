"""The words of the coverage ledger: which spans of a source and tag were read, are open, or are lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from store.records.page import Span


class CoverState(StrEnum):
    """What is known of a span: read whole, open (may still be read), or never to be had again."""

    COMPLETE = "complete"
    GAP = "gap"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Covered:
    """One row of the ledger. Rows of one (source, tag) never overlap; `why` is "" for what is complete."""

    source: str
    tag: str
    span: Span
    state: CoverState
    why: str = ""


class BackfillState(StrEnum):
    """How far the reading of a past span has come. SPLIT: two halves took its place."""

    WAITING = "waiting"
    DONE = "done"
    SPLIT = "split"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Backfill:
    """A past span that is to be read: how far it is, and why it does not go on.

    `cursor` is the collector's place in the part (which of the source's hashtags) that is being read;
    `reached` is how far back its posts went, None before the first. Counts are of this span alone.
    """

    source: str
    tag: str
    span: Span
    state: BackfillState = BackfillState.WAITING
    why: str = ""
    cursor: str = ""
    part: int = 0
    pages: int = 0
    posts: int = 0
    new: int = 0
    reached: datetime | None = None
    asked_by: str = ""
    changed_at: datetime | None = None
