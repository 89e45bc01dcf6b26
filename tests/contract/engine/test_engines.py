"""What must hold of every engine: at least once, in the caller's transaction, one job a (stage, key)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.engine.base import Engine
from bot.engine.distributed import DistributedEngine
from store import counters
from store.errors import LeaseLost
from store.records.work import Job, Stage
from tests.contract.engine.conftest import ATTEMPTS, LEASE, World

LOOK = (Stage.LOOK,)


def ask(world: World, engine: Engine, key: str = "k", *, stage: Stage = Stage.LOOK, **how: object) -> None:
    with world.store.transaction() as tx:
        engine.enqueue(tx, stage, key, **how)  # type: ignore[arg-type]


def take(world: World, engine: Engine, *, most: int = 10) -> list[Job]:
    rescue(engine)
    return engine.claim(LOOK, world.clock(), most=most)


def rescue(engine: Engine) -> None:
    """What a distributed worker does with every beat; the local engine hands out by the lease alone."""
    if isinstance(engine, DistributedEngine):
        engine.beat()


def end(world: World, engine: Engine, job: Job) -> None:
    with world.store.transaction() as tx:
        engine.finish(tx, job)


def left(world: World, engine: Engine) -> dict[str, int]:
    with world.store.reading() as tx:
        return engine.waiting(tx)


def test_an_engine_has_the_methods_of_the_contract(world: World) -> None:
    assert isinstance(world.make(), Engine)


def test_work_asked_for_in_a_transaction_that_fails_was_never_asked_for(world: World) -> None:
    engine = world.make()
    with pytest.raises(ZeroDivisionError), world.store.transaction() as tx:
        engine.enqueue(tx, Stage.LOOK, "k")
        counters.add(tx, "posts", 1)
        raise ZeroDivisionError
    assert take(world, engine) == [] and left(world, engine) == {}
    with world.store.transaction() as tx:
        counters.add(tx, "posts", 1)
    assert left(world, engine) == {}, "nor does the next transaction on the same connection bring it"


def test_work_asked_for_twice_is_one_job_with_the_higher_priority_and_the_sooner_time(world: World) -> None:
    engine = world.make()
    later = world.clock() + timedelta(hours=1)
    ask(world, engine, "k", not_before=later)
    ask(world, engine, "other", priority=3)
    assert [job.key for job in take(world, engine)] == ["other"]
    with world.store.transaction() as tx:
        engine.enqueue(tx, Stage.LOOK, "k", not_before=later)
        engine.enqueue(tx, Stage.LOOK, "k", priority=5)
    (job,) = take(world, engine)
    assert (job.key, job.priority, job.attempt) == ("k", 5, 1)
    end(world, engine, job)
    assert left(world, engine) == {"look": 1}


def test_jobs_come_by_priority_and_then_in_order(world: World) -> None:
    engine = world.make()
    for key, priority in (("old", 0), ("new", 0), ("urgent", 5), ("late", -5)):
        ask(world, engine, key, priority=priority)
        world.later(seconds=1)
    assert [job.key for job in take(world, engine, most=3)] == ["urgent", "old", "new"]
    assert [job.key for job in take(world, engine)] == ["late"]


def test_two_workers_never_hold_the_same_job(world: World) -> None:
    one, two = world.make(), world.make()
    for number in range(12):
        ask(world, one, f"k{number}")
    first, second = take(world, one, most=5), take(world, two, most=50)
    assert len(first) == 5 and len(second) == 7
    assert {job.key for job in first} | {job.key for job in second} == {f"k{n}" for n in range(12)}


def test_only_the_stages_that_are_asked_for_are_given(world: World) -> None:
    engine = world.make()
    ask(world, engine, stage=Stage.SEND)
    assert take(world, engine) == []
    assert [job.stage for job in engine.claim((Stage.SEND, Stage.LOOK), world.clock())] == [Stage.SEND]


def test_a_job_is_not_given_before_its_time(world: World) -> None:
    engine = world.make()
    ask(world, engine, not_before=world.clock() + timedelta(minutes=5))
    assert take(world, engine) == []
    due = engine.due_in(world.clock())
    assert due is not None and 290 < due <= 300
    assert engine.due_in(world.clock(), (Stage.SEND,)) is None
    world.later(minutes=5, seconds=1)
    assert len(take(world, engine)) == 1


def test_the_end_of_a_job_is_in_the_transaction_of_its_effects(world: World) -> None:
    engine = world.make()
    ask(world, engine)
    (job,) = take(world, engine)
    with pytest.raises(ZeroDivisionError), world.store.transaction() as tx:
        counters.add(tx, "posts", 1)
        engine.finish(tx, job)
        raise ZeroDivisionError
    end(world, engine, job)
    assert left(world, engine) == {}
    with world.store.reading() as tx:
        assert counters.value(tx, "posts") == 0


def test_a_job_of_a_dead_worker_is_given_to_another_and_the_first_can_end_it_no_more(world: World) -> None:
    one, two = world.make(), world.make()
    ask(world, one)
    (first,) = take(world, one)
    assert take(world, two) == []
    world.later(seconds=LEASE.total_seconds() + 1)
    (second,) = take(world, two)
    assert (second.key, second.attempt) == ("k", 2)
    with pytest.raises(LeaseLost), world.store.transaction() as tx:
        counters.add(tx, "posts", 1)
        one.finish(tx, first)
    with pytest.raises(LeaseLost), world.store.transaction() as tx:
        one.postpone(tx, first, world.clock())
    one.fail(first, "too late", world.clock(), retry=True)
    end(world, two, second)
    assert left(world, two) == {}
    with world.store.reading() as tx:
        assert counters.value(tx, "posts") == 0


def test_work_asked_for_while_it_is_done_is_done_once_more_afterwards(world: World) -> None:
    engine = world.make()
    ask(world, engine)
    (job,) = take(world, engine)
    ask(world, engine)
    ask(world, engine)
    assert take(world, engine) == [], "not beside it"
    end(world, engine, job)
    (again,) = take(world, engine)
    assert again.attempt == 1
    end(world, engine, again)
    assert left(world, engine) == {}


def test_a_postponed_job_waits_and_the_try_does_not_count(world: World) -> None:
    engine = world.make()
    ask(world, engine)
    for _ in range(ATTEMPTS + 2):
        (job,) = take(world, engine)
        assert job.attempt == 1
        with world.store.transaction() as tx:
            engine.postpone(tx, job, world.clock() + timedelta(minutes=1))
        assert take(world, engine) == []
        world.later(minutes=1, seconds=1)
    end(world, engine, take(world, engine)[0])


def test_a_failed_job_waits_longer_each_time_and_is_set_aside_with_its_reason(world: World) -> None:
    engine = world.make()
    ask(world, engine)
    for attempt in range(1, ATTEMPTS + 1):
        (job,) = take(world, engine)
        assert job.attempt == attempt
        engine.fail(job, f"broken {attempt}", world.clock(), retry=True)
        assert take(world, engine) == []
        world.later(seconds=2**attempt + 1)
    assert take(world, engine) == [] and left(world, engine) == {}
    with world.store.transaction() as tx:
        assert [(r.stage, r.key, r.reason) for r in engine.dead(tx)] == [("look", "k", f"broken {ATTEMPTS}")]
        assert not engine.revive(tx, Stage.LOOK, "other", world.clock())
        assert engine.revive(tx, Stage.LOOK, "k", world.clock())
    end(world, engine, take(world, engine)[0])
    with world.store.reading() as tx:
        assert list(engine.dead(tx)) == []


def test_what_no_retry_can_help_is_set_aside_at_once_and_comes_back_when_it_is_asked_for(
    world: World,
) -> None:
    engine = world.make()
    ask(world, engine)
    engine.fail(take(world, engine)[0], "of no use", world.clock(), retry=False)
    assert take(world, engine) == []
    ask(world, engine)
    (job,) = take(world, engine)
    end(world, engine, job)
    with world.store.reading() as tx:
        assert list(engine.dead(tx)) == [] and engine.waiting(tx) == {}


@pytest.mark.parametrize("way", ["fail", "postpone"])
def test_a_job_given_back_while_it_was_asked_for_anew_is_one_job(world: World, way: str) -> None:
    engine = world.make()
    ask(world, engine)
    (job,) = take(world, engine)
    ask(world, engine, priority=7)
    if way == "fail":
        engine.fail(job, "broken", world.clock(), retry=True)
    else:
        with world.store.transaction() as tx:
            engine.postpone(tx, job, world.clock() + timedelta(seconds=2))
    assert left(world, engine) == {"look": 1}
    world.later(seconds=3)
    (again,) = take(world, engine)
    end(world, engine, again)
    if again.attempt == 1 and way == "fail":
        pytest.fail("what was tried before counts")
    assert take(world, engine) == []


def test_how_long_the_oldest_job_has_been_due_is_told_by_stage(world: World) -> None:
    engine = world.make()
    ask(world, engine)
    ask(world, engine, "future", not_before=world.clock() + timedelta(hours=1))
    world.later(seconds=30)
    with world.store.reading() as tx:
        ages = engine.oldest_due_s(tx, world.clock())
    assert set(ages) == {"look"} and 29 <= ages["look"] < 60


def test_where_nobody_else_works_all_that_was_under_way_is_free_at_once(world: World) -> None:
    ask(world, one := world.make())
    take(world, one)
    two = world.make()
    two.free_all()
    assert [job.key for job in take(world, two)] == ["k"]
