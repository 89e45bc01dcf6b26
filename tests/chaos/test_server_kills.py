"""kill -9 in the middle of every stage on PostgreSQL, with both engines: nothing is lost, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from store.db import Store
from store.migrate import migrate
from tests import stores
from tests.chaos.conftest import Zygote
from tests.chaos.dump import dump_of
from tests.chaos.test_road_kills import ARROWS, points

pytestmark = pytest.mark.servers
_numbers = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with stores.postgres() as url:
        yield url


@pytest.fixture(scope="module")
def on_server() -> Iterator[Zygote]:
    made = Zygote("road_on_server")
    yield made
    made.close()


@dataclass(frozen=True)
class Place:
    """A data folder and a migrated, empty database of its own."""

    folder: Path
    url: str

    def lines(self) -> list[str]:
        store = Store(self.url)
        try:
            with store.reading() as tx:
                queue = tx.execute(sa.text("SELECT to_regclass('procrastinate_jobs')")).scalar()
                left = tx.execute(sa.text("SELECT count(*) FROM procrastinate_jobs")).scalar() if queue else 0
            assert left == 0, "work is left over"
            return dump_of(store, self.folder)
        finally:
            store.close()


@pytest.fixture(scope="module")
def place(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Place]]:
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with stores.database(server, "template") as template:
        store = Store(template)
        migrate(store)
        store.close()

        def make() -> Place:
            name = f"road{next(_numbers)}"
            with admin.connect() as connection:
                connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE template"))
            url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
            return Place(tmp_path_factory.mktemp("data"), url)

        yield make
        admin.dispose()


@dataclass(frozen=True)
class Undisturbed:
    """What a run without a kill reaches and leaves."""

    engine: str
    steps: dict[str, int]
    lines: list[str]
    answers: Path

    def order(self, zygote: Zygote, where: Place, kill: tuple[str, int] | None = None) -> dict[str, Any]:
        arguments = (str(where.folder), str(self.answers), where.url, self.engine)
        return zygote.order("road_on_server", *arguments, kill=kill)


@pytest.fixture(scope="module", params=["local", "distributed"])
def undisturbed(
    request: Any, on_server: Zygote, place: Callable[[], Place], tmp_path_factory: Any
) -> Undisturbed:
    answers, where = tmp_path_factory.mktemp("answers") / "faces.pickle", place()
    blank = Undisturbed(request.param, {}, [], answers)
    told = blank.order(on_server, where)
    assert told["code"] == 0
    return Undisturbed(request.param, told["steps"], where.lines(), answers)


def test_both_engines_leave_the_same_and_a_second_run_changes_nothing(
    undisturbed: Undisturbed, on_server: Zygote, place: Callable[[], Place]
) -> None:
    where = place()
    for _ in range(2):
        assert undisturbed.order(on_server, where)["code"] == 0
        assert where.lines() == undisturbed.lines
    other = "local" if undisturbed.engine == "distributed" else "distributed"
    elsewhere = place()
    crossed = Undisturbed(other, {}, [], undisturbed.answers)
    assert crossed.order(on_server, elsewhere)["code"] == 0
    assert elsewhere.lines() == undisturbed.lines


@pytest.mark.parametrize("arrow", ARROWS)
def test_a_kill_in_the_middle_of_a_stage_loses_and_repeats_nothing(
    arrow: str, undisturbed: Undisturbed, on_server: Zygote, place: Callable[[], Place]
) -> None:
    found = points(arrow, undisturbed.steps)
    assert found, f"{arrow} was never reached"
    where = place()
    for kill in (found[len(found) // 2], found[-1]):
        undisturbed.order(on_server, where, kill)
    assert undisturbed.order(on_server, where)["code"] == 0
    assert where.lines() == undisturbed.lines
