"""Lockdown and incidents: what opens anything ends at once; who is affected is said, with clocks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.config import Config
from bot.services import exporting, incidents, people, tokens
from bot.wiring import Built
from store import audit
from store import tables as t
from store.errors import Missing, NotAllowed, UsageError
from tests.integration import ready
from tests.stores import Clock

pytestmark = pytest.mark.servers
ROOT = Path(__file__).resolve().parents[2]
WHY, PASSWORD = "ana's laptop was stolen", "twelve geese cross"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config], clock: Clock) -> Built:
    made = ready.quick(build(config(), clock=clock))
    ready.staff(made)
    people.add(made.road, "ada", "admin", by="test")
    people.set_password(made.road, "rita", PASSWORD)
    return made


def test_a_lockdown_ends_everything_within_five_seconds(built: Built) -> None:
    road = built.road
    signed = people.enter_by_password(road, "rita", PASSWORD)
    link = people.link(road, "ben")
    token, _ = tokens.make(road, "rita", "a script", ["sightings:read"], days=7)
    assert signed and people.session(road, signed.token) and tokens.find(road, token)
    began = time.monotonic()
    done = incidents.lock(road, by="ada", why=WHY)
    assert time.monotonic() - began < 5
    assert done.ended["sessions"] == 1 and done.ended["tokens"] == 1 and done.ended["sign_in_links"] == 1
    assert road.stop_file.is_on and incidents.is_locked(road)
    assert people.session(road, signed.token) is None and tokens.find(road, token) is None
    assert people.enter_by_link(road, link) is None
    assert people.enter_by_password(road, "rita", PASSWORD) is None, "a password may be what was stolen"
    with pytest.raises(NotAllowed, match="locked"):
        exporting.export(road, by="ada", why="to the police, file 3")
    assert people.enter_by_link(road, people.link(road, "ada")), "whoever holds the machine gets in"


ELSEWHERE = """
import sys
from store import brake, lockdown, tables as t
from store.db import Store
import sqlalchemy as sa
store = Store(sys.argv[1])
for _ in sys.stdin:
    with store.reading() as tx:
        opened = sum(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                     for table in (t.web_sessions, t.login_links, t.family_links))
        print(lockdown.is_on(tx), bool(brake.stopping(tx)), opened, flush=True)
"""


def test_a_process_on_another_machine_sees_the_lockdown_with_its_next_look(built: Built) -> None:
    # It shares the database and not the file STOP: each request, claim and export looks before it acts.
    road = built.road
    assert people.enter_by_password(road, "rita", PASSWORD)
    call = [sys.executable, "-c", ELSEWHERE, road.store.url]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdin is not None and other.stdout is not None

        def looks() -> str:
            assert other.stdin is not None and other.stdout is not None
            other.stdin.write("look\n")
            other.stdin.flush()
            return other.stdout.readline().strip()

        assert looks() == "False False 1"
        incidents.lock(road, by="ada", why=WHY)
        assert looks() == "True True 0"
        incidents.lift(road, by="ada", why="all passwords are new")
        assert looks() == "False True 0", "sending stays stopped"
        other.stdin.close()


def test_it_stops_sending_although_the_database_is_down(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(**_: object) -> None:
        raise sa.exc.OperationalError("", {}, Exception("the database is gone"))

    monkeypatch.setattr(type(built.road.store), "transaction", lambda *_a, **_k: down())
    done = incidents.lock(built.road, by="ada", why=WHY)
    assert "gone" in done.trouble and built.road.stop_file.is_on


def test_after_lifting_people_come_in_again_and_sending_stays_stopped(built: Built) -> None:
    incidents.lock(built.road, by="ada", why=WHY)
    with pytest.raises(UsageError, match="why"):
        incidents.lift(built.road, by="ada", why="ok")
    incidents.lift(built.road, by="ada", why="all passwords are new")
    assert people.enter_by_password(built.road, "rita", PASSWORD) and built.road.stop_file.is_on
    with pytest.raises(UsageError, match="not on"):
        incidents.lift(built.road, by="ada", why="all passwords are new")


def test_an_incident_lists_what_was_opened_and_starts_the_clocks(built: Built, clock: Clock) -> None:
    road, start = built.road, clock()
    case_id = ready.activate(built)
    clock.tick(hours=1)
    with road.store.transaction() as tx:
        audit.write(tx, clock(), "rita", "case.contact_opened", case_id)
        audit.write(tx, clock(), "ben", "place.revealed", "mastodon:https://a.example/1")
        tx.execute(
            sa.insert(t.case_contacts).values(case_id=case_id, sealed=b"x", key_id="k", sealed_at=clock())
        )
    now = clock.tick(hours=1)
    made = incidents.open_(road, by="ada", what=WHY, since=start, until=now, aware_at=now, account="rita")
    (only,) = made.affected
    assert (only.subject, dict(only.actions), only.has_contact) == (case_id, {"case.contact_opened": 1}, True)
    assert {name: due - now for name, due, _ in made.clocks}["GDPR Art. 33"] == timedelta(hours=72)
    everybody = incidents.open_(road, by="ada", what=WHY, since=start, until=now, aware_at=now)
    assert len(everybody.affected) == 2 and {"rita", "ben"} <= set(everybody.accounts)
    with pytest.raises(Missing):
        incidents.open_(road, by="ada", what=WHY, since=start, until=now, aware_at=now, account="nobody")
    with pytest.raises(UsageError, match="before"):
        incidents.open_(road, by="ada", what=WHY, since=now, until=start, aware_at=now)
    incidents.close(road, made.reference, by="ada", note="the authority was told")
