"""Kills at named steps and answers lost after the server acted, on X, Weibo and Bluesky: one reply each.

Lost by mitmproxy, counted on the server's side.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.conftest import Zygote
from tests.chaos.ledger import Faults, Patience
from tests.chaos.platforms import BlueskyDesk, Desk, WeiboDesk, XDesk
from tests.servers import setup_servers
from tests.servers.fault_proxy import Door, FaultProxy
from tests.servers.pds import Network

pytestmark = pytest.mark.servers

STEPS = (
    "send.before_claim",
    "send.after_claim",
    "send.after_call",
    "send.before_receipt",
    "send.after_receipt",
)
DOUBT = ("send.before_find", "send.after_find")
LOST = ("lose", "truncate")  # after the server acted
UNHEARD = ("kill", "503")  # before it heard of it
WORDS = {
    "lose": "answer lost after the server acted",
    "truncate": "answer cut after the server acted",
    "kill": "connection cut before the server heard",
    "503": "503 in place of an answer",
}


class Case:
    """One platform behind the proxy, with a data folder of its own."""

    def __init__(self, desk: Desk, door: Door, zygote: Zygote, folder: Path) -> None:
        self.desk = desk
        self._door = door
        self._zygote = zygote
        self._folder = folder

    def run(self, post: str, kill: str = "") -> bool:
        """One run of the program; true if it was killed."""
        desk = self.desk
        told = self._zygote.order(
            "replying",
            str(self._folder),
            desk.name,
            desk.account(self._door.url),
            desk.secrets(),
            post,
            kill=(kill, 1) if kill else None,
        )
        assert told["killed"] or told["code"] == 0
        return bool(told["killed"])

    def answered(self, said: Faults, *kinds: str) -> int:
        """Answer a fresh post through these faults, one run each, then in peace. How many of them struck."""
        post, struck = self.desk.post(), Counter[str]()
        for fault in kinds:
            if fault in LOST + UNHEARD:
                struck[fault] += self._broken(post, fault)
            else:
                struck[fault] += self.run(post, fault)
        self._door.clear()
        self.run(post)
        stand = self.desk.replies(post)
        for fault, times in struck.items():
            name = WORDS.get(fault, "kill -9 while replying")
            if times:
                said.befell(f"{name} ({self.desk.name})", times, lost=stand == 0, doubled=max(0, stand - 1))
        assert stand == 1, f"{stand} replies after {kinds}"
        return sum(struck.values())

    def _broken(self, post: str, fault: str) -> bool:
        """A run whose write meets the fault at the proxy. It never strikes where the reply stands already."""
        before = self._door.happened[fault]
        values: dict[str, Any] = {"at": 0.5} if fault == "truncate" else {}
        if fault == "503":
            values = {"status": 503, "headers": {"Retry-After": "0"}, "body": "<html>busy</html>"}
        self._door.plan("status" if fault == "503" else fault, path=self.desk.write, method="POST", **values)
        self.run(post)
        self._door.clear()
        return self._door.happened[fault] > before


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    lacks = setup_servers.missing_proxy()
    if lacks:
        pytest.skip(lacks)
    with FaultProxy() as running:
        yield running


@pytest.fixture(scope="module")
def replying() -> Iterator[Zygote]:
    made = Zygote("replying")
    yield made
    made.close()


@pytest.fixture(scope="module", params=["x", "weibo", "bluesky"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    if request.param == "bluesky":
        lacks = setup_servers.missing_network()
        if lacks:
            pytest.skip(lacks)
        with Network() as network:
            bluesky = BlueskyDesk(network)
            yield bluesky
            bluesky.close()
        return
    made = XDesk() if request.param == "x" else WeiboDesk()
    yield made
    made.close()


@pytest.fixture(scope="module")
def case(desk: Desk, proxy: FaultProxy, replying: Zygote, fresh: Callable[[], Path]) -> Case:
    return Case(desk, proxy.open(desk.address), replying, fresh())


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_a_step_leaves_exactly_one_reply(case: Case, step: str, faults: Faults) -> None:
    assert case.answered(faults, step) == 1, f"{step} was never reached"


@pytest.mark.parametrize("step", DOUBT)
@pytest.mark.parametrize("before", ["send.after_claim", "send.after_call"])
def test_a_kill_while_a_doubtful_reply_is_looked_up_leaves_exactly_one(
    case: Case, step: str, before: str, faults: Faults
) -> None:
    assert case.answered(faults, before, step) == 2


@pytest.mark.parametrize("fault", LOST + UNHEARD)
def test_whatever_is_lost_on_the_way_exactly_one_reply_stands(case: Case, fault: str, faults: Faults) -> None:
    assert case.answered(faults, fault) == 1


@pytest.mark.parametrize("fault", LOST + UNHEARD)
def test_a_kill_and_then_a_lost_answer_leave_exactly_one_reply(
    case: Case, fault: str, faults: Faults
) -> None:
    assert case.answered(faults, "send.after_claim", fault) == 2


@pytest.mark.soak
def test_many_kills_and_lost_answers_leave_exactly_one_reply(case: Case, faults: Faults) -> None:
    draw, struck = random.Random(f"replying {case.desk.name}"), 0
    patience = Patience(1 / 3)
    kinds = (*STEPS, *DOUBT, *LOST, *LOST, *UNHEARD)
    while patience.lasts(struck):
        struck += case.answered(faults, *draw.choices(kinds, k=draw.choice((1, 1, 2, 3))))
