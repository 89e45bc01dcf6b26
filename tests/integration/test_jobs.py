"""The queue for people: what waits, what was set aside and why, and trying it again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.services import jobs
from store.errors import Missing
from store.records.work import Stage
from tests.desk import open_desk

MINUTE = timedelta(minutes=1)


def test_set_aside_work_is_shown_with_its_reason_and_tried_again_one_by_one_or_all(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    road = desk.road
    try:
        with road.store.transaction() as tx:
            for key in ("a", "b", "c"):
                road.engine.enqueue(tx, Stage.LOOK, key)
        for job in road.engine.claim((Stage.LOOK,), desk.clock(), most=2):
            road.engine.fail(job, f"{job.key} is broken", desk.clock(), retry=False)
        desk.clock.tick(seconds=90)
        jobs.measure(road)
        assert b"homeward_queue_age_seconds 90.0" in road.metrics.render()
        seen = jobs.look(road, heard_of=MINUTE)
        assert seen["stages"] == [{"stage": "look", "waiting": 1, "oldest_due_s": 90.0}]
        assert [(row["key"], row["reason"]) for row in seen["set_aside"]] == [
            ("a", "a is broken"), ("b", "b is broken"),
        ]  # fmt: skip
        assert jobs.one(road, Stage.LOOK, "a")["reason"] == "a is broken"
        with pytest.raises(Missing):
            jobs.one(road, Stage.LOOK, "c")
        assert jobs.retry(road, Stage.SEND) == 0 and jobs.retry(road, Stage.LOOK, "nothing") == 0
        assert jobs.retry(road, Stage.LOOK, "a") == 1 and jobs.retry(road, None) == 1
        assert jobs.look(road, heard_of=MINUTE)["set_aside"] == []
    finally:
        road.store.close()
