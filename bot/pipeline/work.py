"""Working off the queue: which arrow a stage is, and what becomes of a job that fails.

The one loop that may catch whatever an arrow throws: one bad post is set aside, the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Event

import sqlalchemy.exc
import structlog

from bot.pipeline import (
    alert,
    backfill,
    collect,
    gallery,
    jobnames,
    look,
    match,
    place,
    recheck,
    reply,
    send,
    stored,
)
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store.errors import HomewardError, LeaseLost, RateLimited
from store.records.work import Job, Stage

log = structlog.get_logger(__name__)

Arrow = Callable[[Road, Job], None]

ROLES: dict[str, tuple[Stage, ...]] = {
    "collect": (Stage.COLLECT,),
    "past": (Stage.BACKFILL, Stage.RECHECK),
    "photo": (Stage.LOOK,),
    "match": (Stage.PLACE, Stage.MATCH, Stage.ENROL, Stage.GALLERY),
    "send": (Stage.REPLY, Stage.SEND, Stage.ALERT),
}
IDLE_S = 0.5
SLOW = frozenset({Stage.COLLECT, Stage.LOOK})


def arrows(active: Callable[[], Mapping[str, Source]]) -> dict[Stage, Arrow]:
    """The arrow of each stage. `active` gives the sources that are switched on just now."""

    def poll(road: Road, job: Job) -> None:
        collect.poll(road, active(), job)

    def fill(road: Road, job: Job) -> None:
        backfill.fill(road, active(), job)

    def look_again(road: Road, job: Job) -> None:
        recheck.look(road, active(), job)

    return {
        Stage.COLLECT: poll,
        Stage.BACKFILL: fill,
        Stage.RECHECK: look_again,
        Stage.LOOK: look.look,
        Stage.PLACE: place.place,
        Stage.MATCH: match.match,
        Stage.ENROL: gallery.enrol,
        Stage.GALLERY: stored.search,
        Stage.REPLY: reply.draft,
        Stage.SEND: send.send,
        Stage.ALERT: alert.send,
    }


def do(road: Road, ways: Mapping[Stage, Arrow], job: Job) -> bool:
    """Do one job. False if it has to be done again or was set aside."""
    outcome = "again"
    try:
        ways[job.stage](road, job)
        outcome = "done"
    except LeaseLost as error:
        name, words = jobnames.said(road.key, job, error.detail)
        log.info("job_lost", stage=job.stage.value, key=name, reason=words)
        outcome = "lost"
    except RateLimited as error:
        road.engine.fail(job, str(error), road.clock(), retry=True, wait=error.retry_after)
    except HomewardError as error:
        road.engine.fail(job, jobnames.reason_of(job, error), road.clock(), retry=error.retry)
    except sqlalchemy.exc.OperationalError as error:
        # The database is locked or away: nothing was written, so nothing is lost by trying again.
        name, _ = jobnames.said(road.key, job)
        log.warning("database_trouble", stage=job.stage.value, key=name, reason=type(error).__name__)
        _give_back(road, job, "the database did not answer")
    except Exception as error:
        name, _ = jobnames.said(road.key, job)
        at = {"kind": type(error).__name__, "at": jobnames.place(error)}
        log.error("job_failed", stage=job.stage.value, key=name, exc_info=jobnames.may_show(job), **at)
        _give_back(road, job, jobnames.reason_of(job, error))
    road.metrics.jobs.labels(job.stage.value, outcome).inc()
    return outcome == "done"


def _give_back(road: Road, job: Job, reason: str) -> None:
    try:
        road.engine.fail(job, reason, road.clock(), retry=True)
    except sqlalchemy.exc.OperationalError:
        log.warning("job_left_to_its_lease", stage=job.stage.value, key=jobnames.said(road.key, job)[0])


def work(road: Road, ways: Mapping[Stage, Arrow], stages: Sequence[Stage], wake: Event, stop: Event) -> None:
    """Do jobs of these stages until `stop` is set; a job that was begun is brought to its end."""
    # Slow work is claimed one by one, so that no lease runs out while others of the batch are done.
    most = 1 if SLOW.intersection(stages) else 10
    while not stop.is_set():
        try:
            jobs = road.engine.claim(stages, road.clock(), most=most)
        except sqlalchemy.exc.OperationalError:
            log.warning("database_trouble", doing="claim")
            stop.wait(IDLE_S)
            continue
        for job in jobs:
            if stop.is_set():
                return
            do(road, ways, job)
        if not jobs:
            wake.wait(IDLE_S)
            wake.clear()


def work_off(road: Road, ways: Mapping[Stage, Arrow], stages: Sequence[Stage] = tuple(Stage)) -> int:
    """Do everything that is due, then return how many jobs could not be done."""
    undone = 0
    step_of = partial(do, road, ways)
    while jobs := road.engine.claim(stages, road.clock()):
        undone += sum(not step_of(job) for job in jobs)
    return undone
