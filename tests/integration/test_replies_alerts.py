"""Alerts are repeated, to one more on duty each time, until acknowledged; the channels are tried daily."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.pipeline import alert
from bot.services import alarms, people
from store import campaign, matches
from store.errors import Unreachable
from store.records.reply import Alert, AlertState
from store.records.work import Stage
from tests.desk import Desk, open_desk


@dataclass
class Channels:
    """What stands for Apprise: keeps who was told what."""

    names: frozenset[str] = frozenset({"ana", "ben", "cas"})
    told: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    broken: bool = False
    words: str = "told 3 of 3 alert channels"
    is_set_up: bool = True

    def send(self, reference: str, urgency: str, link: str, to: tuple[str, ...] = ()) -> str:
        self.told.append((reference, urgency, to))
        assert link.startswith("http://127.0.0.1")
        if self.broken:
            raise Unreachable("alert", "none of 3 alert channels took it")
        return self.words


@pytest.fixture
def channels() -> Channels:
    return Channels()


@pytest.fixture
def desk(tmp_path: Path, channels: Channels) -> Iterator[Desk]:
    opened = open_desk(tmp_path, on_duty=("ana", "ben", "cas"), console_url="http://127.0.0.1:8780/review")
    opened.road.alerts = channels  # type: ignore[assignment]
    yield opened
    opened.road.store.close()


def raised(desk: Desk, key: str = "match 1") -> str:
    with desk.road.store.transaction() as tx:
        matches.raise_alert(tx, Alert(key, key, "7KX2QF", AlertState.OPEN, desk.clock()))
        desk.road.engine.enqueue(tx, Stage.ALERT, key)
    return key


def notices(desk: Desk) -> dict[str, str]:
    with desk.road.store.reading() as tx:
        return campaign.notices(tx)


@pytest.mark.parametrize("broken", [False, True])
def test_an_alert_goes_on_to_the_next_on_duty_until_it_is_acknowledged(
    desk: Desk, channels: Channels, broken: bool
) -> None:
    channels.broken = broken
    people.add(desk.road, "rita", "reviewer", by="tests")
    key = raised(desk)
    for turn in range(3):
        desk.off()
        assert [to for _, _, to in channels.told] == [("ana", "ben", "cas")[: n + 1] for n in range(turn + 1)]
        desk.off()
        assert len(channels.told) == turn + 1, "not before ack_min"
        desk.clock.tick(seconds=desk.road.plan.ack.total_seconds())
    alarms.acknowledge(desk.road, f"alert:{key}", by="rita")
    desk.run(hours=10)
    assert len(channels.told) == 3


def test_an_alert_that_nobody_acknowledges_ends_as_a_notice(desk: Desk, channels: Channels) -> None:
    raised(desk)
    desk.run(hours=10)
    assert len(channels.told) == desk.road.plan.alert_repeats
    assert "nobody has acknowledged" in notices(desk)["unheard:7KX2QF"]
    assert {to for _, _, to in channels.told[2:]} == {("ana", "ben", "cas")}


def test_the_channels_are_tried_once_a_day_with_nothing_but_a_reference(
    desk: Desk, channels: Channels
) -> None:
    assert alert.try_channels(desk.road) is not None
    assert alert.try_channels(desk.road) is None, "not due"
    ((reference, urgency, to),) = channels.told
    assert (len(reference), urgency, to) == (6, "test", ()) and notices(desk) == {}
    desk.clock.tick(hours=25)
    found = alert.try_channels(desk.road)
    assert found is not None and found.is_well and len(channels.told) == 2


@pytest.mark.parametrize(
    "changes",
    [{"broken": True}, {"words": "told 2 of 3 alert channels"}, {"names": frozenset({"ana"})}],
)
def test_a_test_that_fails_is_a_notice_until_one_goes_well(
    desk: Desk, channels: Channels, changes: dict[str, Any]
) -> None:
    desk.road.alerts = replace(channels, **changes)  # type: ignore[assignment]
    found = alert.try_channels(desk.road)
    assert found is not None and not found.is_well
    assert "did not go well" in notices(desk)["alert channels"]
    desk.road.alerts = channels  # type: ignore[assignment]
    desk.clock.tick(seconds=timedelta(days=1).total_seconds())
    alert.try_channels(desk.road)
    assert notices(desk) == {}
