"""What the clock does again and again beside the queue, as data: name, interval, call. Does none of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.pipeline import backfill, recheck, schedule, silence
from bot.pipeline.road import Road
from bot.pipeline.source import Source


@dataclass(frozen=True, slots=True)
class Round:
    """A recurring call. `only_in_campaign`: not before the campaign begins and not after it has ended."""

    name: str
    every: timedelta
    call: Callable[[Road, Mapping[str, Source]], object]
    only_in_campaign: bool = True


ROUNDS = (
    Round("polls", timedelta(seconds=1), schedule.tick),
    Round("gaps", timedelta(minutes=5), backfill.sweep),
    Round("silence", timedelta(minutes=10), silence.listen),
    # Deletions are honoured for as long as anything is kept.
    Round("recheck", timedelta(minutes=5), recheck.ask, only_in_campaign=False),
)
