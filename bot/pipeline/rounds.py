"""What the clock does again and again beside the queue, as data: name, interval, call. Does none of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.pipeline import (
    alert,
    authors,
    backfill,
    backing_up,
    batch,
    brake,
    casefiles,
    casework,
    centring,
    conversing,
    counting,
    ending,
    erasing,
    forgetting,
    heads,
    lead_rounds,
    profiles,
    recheck,
    record_sealing,
    retention,
    schedule,
    silence,
    space,
    standing,
    tag_counting,
    unseen,
    wishing,
)
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
    Round("authors", timedelta(minutes=1), authors.complete, only_in_campaign=False),
    Round("silence", timedelta(minutes=10), silence.listen),
    # Deletions are honoured for as long as anything is kept.
    Round("recheck", timedelta(minutes=5), recheck.ask, only_in_campaign=False),
    Round("batch", timedelta(minutes=5), batch.ask, only_in_campaign=False),
    Round("forget", timedelta(minutes=5), forgetting.forget, only_in_campaign=False),
    Round("keys of rows", timedelta(minutes=5), record_sealing.tend, only_in_campaign=False),
    Round("wishes to be erased", timedelta(minutes=5), erasing.tend, only_in_campaign=False),
    Round("retention", timedelta(hours=1), retention.end, only_in_campaign=False),
    Round("disk", timedelta(minutes=1), space.round_of, only_in_campaign=False),
    Round("backup", timedelta(minutes=5), backing_up.round_of, only_in_campaign=False),
    Round("case files", timedelta(minutes=5), casefiles.lapse, only_in_campaign=False),
    Round("audit heads", timedelta(hours=24), heads.round_of, only_in_campaign=False),
    Round("registry", timedelta(minutes=30), casework.lapse, only_in_campaign=False),
    Round("numbers", timedelta(seconds=30), counting.round_of, only_in_campaign=False),
    Round("purge", timedelta(seconds=30), ending.round_of, only_in_campaign=False),
    # A statement about an import ends on its day, whatever else is going on.
    Round("imports", timedelta(minutes=1), standing.round_of, only_in_campaign=False),
    # Sending is watched as long as anything may go out.
    Round("brake", timedelta(seconds=1), brake.adopt, only_in_campaign=False),
    Round("breaker", timedelta(seconds=15), brake.watch, only_in_campaign=False),
    Round("talks", timedelta(minutes=5), conversing.forget_due, only_in_campaign=False),
    Round("channels", timedelta(minutes=10), alert.try_channels, only_in_campaign=False),
    Round("profiles", timedelta(minutes=10), profiles.read_all, only_in_campaign=False),
    # What became of leads goes on after the campaign.
    Round("leads due", timedelta(minutes=5), lead_rounds.remind, only_in_campaign=False),
    Round("searches drawn", timedelta(hours=1), lead_rounds.draw, only_in_campaign=False),
    Round("roles", timedelta(minutes=1), wishing.settle_due, only_in_campaign=False),
    Round("hashtag numbers", timedelta(seconds=10), tag_counting.round_of, only_in_campaign=False),
    Round("ages", timedelta(hours=1), centring.renew, only_in_campaign=False),
    Round("unseen", timedelta(seconds=10), unseen.tidy, only_in_campaign=False),
)
