"""Working off the queue: which arrow a stage is, and what becomes of a job that fails.

The one loop that may catch whatever an arrow throws: one bad post is set aside, the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
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
from bot.pipeline.source import SEPARATOR, Source
from store.errors import HomewardError, LeaseLost, RateLimited, StoreUnreachable, Unwritable
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
WORKERS: dict[str, tuple[str, ...]] = {
    "collect": ("collect", "past"),
    "photo": ("photo",),
    "face": ("match",),
    "send": ("send",),
}
"""What a worker may be, and which of `ROLES` that is. A daemon is all of them."""
IDLE_S = 0.5
TO_LEADER = timedelta(seconds=1)
LONGEST_TROUBLE_PAUSE_S = 300
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
        Stage.COLLECT: led(active, poll),
        Stage.BACKFILL: led(active, fill),
        Stage.RECHECK: led(active, look_again),
        Stage.LOOK: look.look,
        Stage.PLACE: place.place,
        Stage.MATCH: match.match,
        Stage.ENROL: gallery.enrol,
        Stage.GALLERY: stored.search,
        Stage.REPLY: reply.draft,
        Stage.SEND: send.send,
        Stage.ALERT: alert.send,
    }


def led(active: Callable[[], Mapping[str, Source]], way: Arrow) -> Arrow:
    """The arrow for the process that leads the job's source; elsewhere the job waits a moment for that one.

    What no source of the campaign is asked for any more, anybody ends.
    """

    def only_leader(road: Road, job: Job) -> None:
        name = job.key.partition(SEPARATOR)[0]
        if name in active() and not road.leading.leads(name):
            _to_leader(road, job)
            return
        try:
            way(road, job)
        except LeaseLost:
            # Either the job is somebody else's, which is said again here, or only the source is.
            if road.leading.leads(name):
                raise
            _to_leader(road, job)

    return only_leader


def _to_leader(road: Road, job: Job) -> None:
    with road.store.transaction() as tx:
        road.engine.postpone(tx, job, road.clock() + TO_LEADER)


def do(road: Road, ways: Mapping[Stage, Arrow], job: Job) -> bool:
    """Do one job. False if it has to be done again or was set aside. Every line logged meanwhile names it."""
    with structlog.contextvars.bound_contextvars(stage=job.stage.value, key=jobnames.said(road.key, job)[0]):
        return _do(road, ways, job)


def _do(road: Road, ways: Mapping[Stage, Arrow], job: Job) -> bool:
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
    except (Unwritable, StoreUnreachable) as error:
        name, _ = jobnames.said(road.key, job)
        log.warning("disk_trouble", stage=job.stage.value, key=name)
        _give_back(road, job, jobnames.reason_of(job, error), wait=_trouble_pause(job))
    except HomewardError as error:
        _give_back(road, job, jobnames.reason_of(job, error), retry=error.retry)
    except sqlalchemy.exc.OperationalError as error:
        # The database is locked or away: nothing was written, so nothing is lost by trying again.
        name, _ = jobnames.said(road.key, job)
        log.warning("database_trouble", stage=job.stage.value, key=name, reason=type(error).__name__)
        _give_back(road, job, "the database did not answer", wait=_trouble_pause(job))
    except Exception as error:
        name, _ = jobnames.said(road.key, job)
        at = {"kind": type(error).__name__, "at": jobnames.place(error)}
        log.error("job_failed", stage=job.stage.value, key=name, exc_info=jobnames.may_show(job), **at)
        _give_back(road, job, jobnames.reason_of(job, error))
    road.metrics.jobs.labels(job.stage.value, outcome).inc()
    return outcome == "done"


def _trouble_pause(job: Job) -> timedelta:
    """How long a job rests when disk or database are in trouble: that is no fault of its own, so its patience
    is that of a pause somebody asked for, some hours in all.
    """
    return timedelta(seconds=min(LONGEST_TROUBLE_PAUSE_S, 2 ** min(job.attempt, 16)))


def _give_back(
    road: Road, job: Job, reason: str, *, retry: bool = True, wait: timedelta | None = None
) -> None:
    try:
        road.engine.fail(job, reason, road.clock(), retry=retry, wait=wait)
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
