"""Accounts, second factors, tokens, what was looked at, canaries: alike on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from store import api_tokens, canaries, role_wishes, second_factors, users, uses
from store import tables as t
from store.db import Store
from store.errors import Conflict, Missing
from tests.stores import START

DAY = timedelta(days=1)
IDLE = timedelta(hours=2)


def test_an_account_has_several_roles_and_a_closed_one_has_the_rights_of_none(store: Store) -> None:
    with store.transaction() as tx:
        assert users.add(tx, "ana", ("reviewer", "admin"), START)
        assert not users.add(tx, "ana", "officer", START), "the name is taken and nothing is added"
        assert users.get(tx, "ana").roles == ("admin", "reviewer")
        assert not users.give_role(tx, "ana", "admin", by="x", at=START)
        assert users.take_role(tx, "ana", "admin") and not users.take_role(tx, "ana", "admin")
        assert users.having(tx, "reviewer") == ["ana"] and users.having(tx, "admin") == []
        assert users.set_disabled(tx, "ana", True) and not users.set_disabled(tx, "ana", True)
        assert not users.get(tx, "ana").has("reviewer") and users.having(tx, "reviewer") == []


def test_sessions_end_without_use_and_are_listed_and_ended_by_name(store: Store) -> None:
    with store.transaction() as tx:
        users.add(tx, "ana", "admin", START)
        first, held = users.open_session(tx, "ana", now=START, valid=DAY, agent="Firefox")
        second, _ = users.open_session(tx, "ana", now=START, valid=DAY)
        assert users.session(tx, first, START + IDLE, idle=IDLE) is None
        users.touch_session(tx, first, START + IDLE / 2)
        assert users.session(tx, first, START + IDLE, idle=IDLE) is not None
        listed = users.sessions_of(tx, "ana", START + IDLE / 2, idle=IDLE)
        assert [each.agent for each in listed] == ["Firefox", ""]
        users.pass_second(tx, first, START)
        found = users.session(tx, first, START)
        assert found is not None and found.second_at == START
        assert not users.close_named(tx, "ben", held.id)
        assert users.close_named(tx, "ana", held.id) and users.session(tx, first, START) is None
        users.drop_old_sessions(tx, START + DAY, idle=IDLE)
        assert users.session(tx, second, START) is None


def test_no_code_and_no_recovery_code_is_taken_twice(store: Store) -> None:
    with store.transaction() as tx:
        second_factors.put(tx, "ana", b"sealed", START)
        assert second_factors.confirmed(tx) == set()
        assert second_factors.spend_step(tx, "ana", 7)
        assert not second_factors.spend_step(tx, "ana", 7) and not second_factors.spend_step(tx, "ana", 6)
        second_factors.confirm(tx, "ana", START)
        second_factors.put_codes(tx, "ana", ["d1", "d2"])
        assert second_factors.spend_code(tx, "ana", "d1", START)
        assert not second_factors.spend_code(tx, "ana", "d1", START)
        assert not second_factors.spend_code(tx, "ben", "d2", START)
        assert second_factors.codes_left(tx, "ana") == 1
        assert second_factors.drop(tx, "ana") and second_factors.get(tx, "ana") is None
        assert second_factors.codes_left(tx, "ana") == 0


def test_a_token_is_found_by_its_digest_until_it_ends(store: Store) -> None:
    with store.transaction() as tx:
        users.add(tx, "ana", "admin", START)
        token, held = api_tokens.make(tx, "ana", "n", ["a", "b"], at=START, until=START + DAY)
        assert api_tokens.find(tx, token, START) == held and held.scopes == ("a", "b")
        assert api_tokens.find(tx, token + "x", START) is None
        assert api_tokens.find(tx, token, START + DAY) is None
        api_tokens.touch(tx, held.id, START)
        assert api_tokens.listing(tx, "ana")[0].used_at == START
        assert api_tokens.revoke(tx, user="ben", ident=held.id, by="ben", at=START) == 0
        assert api_tokens.revoke(tx, user="ana", ident=held.id, by="ana", at=START) == 1
        assert api_tokens.find(tx, token, START) is None and api_tokens.listing(tx) == []
        assert token not in str(tx.execute(sa.select(t.api_tokens)).all())


def test_a_wish_for_a_role_waits_once_and_is_decided_once(store: Store) -> None:
    given = {"by": "ana", "why": "ill", "at": START, "due_at": START + DAY}
    with store.transaction() as tx:
        wish = role_wishes.ask(tx, "ana", "reviewer", **given)
        with pytest.raises(Conflict):
            role_wishes.ask(tx, "ana", "reviewer", **given)
        assert role_wishes.waiting(tx) == [wish] == [role_wishes.get(tx, wish.number)]
        role_wishes.decide(tx, wish.number, accepted=True, by="ben", at=START)
        with pytest.raises(Conflict):
            role_wishes.decide(tx, wish.number, accepted=False, by="ben", at=START)
        assert role_wishes.waiting(tx) == []
        with pytest.raises(Missing):
            role_wishes.get(tx, 999)


def test_uses_add_up_by_person_day_and_kind(store: Store) -> None:
    with store.transaction() as tx:
        assert [uses.add(tx, "ana", "2026-01-02", "photos") for _ in range(3)] == [1, 2, 3]
        uses.add(tx, "ana", "2026-01-01", "photos", 5)
        assert [each.count for each in uses.since(tx, "2026-01-01")] == [3, 5]
        uses.drop_before(tx, "2026-01-02")
        assert [each.day for each in uses.since(tx, "2000-01-01")] == ["2026-01-02"]


def test_canaries_are_found_among_cases(store: Store) -> None:
    with store.transaction() as tx:
        assert canaries.put(tx, "c1", by="ana", at=START) and not canaries.put(tx, "c1", by="x", at=START)
        assert canaries.among(tx, ["c0", "c1"]) == ["c1"] and canaries.among(tx, []) == []
        assert [each.by for each in canaries.listing(tx)] == ["ana"]
        assert canaries.drop(tx, "c1") and not canaries.drop(tx, "c1")
