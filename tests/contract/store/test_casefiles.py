"""Case files, their links, heads of the chain and the exchange: what must hold on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from store import audit, case_teams, casefiles, cases, chain_heads, deliveries, exchange
from store.chain_heads import Head
from store.db import Store
from store.errors import Conflict, Missing
from store.exchange import ExchangeConsent, Exchanged
from store.records.casefile import CaseFile, CaseFileState, Delivery
from tests import makers
from tests.stores import START

HOUR = timedelta(hours=1)
CASE = makers.case().id


def file(**changes: Any) -> CaseFile:
    given: dict[str, Any] = {
        "number": 0, "match_key": "m", "post_key": "p", "case_id": CASE, "authority": "City police",
        "recipient": "age1x", "purpose": "to look", "why": "asked", "expires_at": START + 90 * HOUR,
        "originals": True, "content": "", "state": CaseFileState.PREPARED, "prepared_by": "ana",
        "prepared_at": START,
    }  # fmt: skip
    return CaseFile(**given | changes)


def test_a_case_file_goes_its_way_once_and_keeps_digest_and_size_when_its_bytes_are_gone(
    store: Store,
) -> None:
    with store.transaction() as tx:
        number = casefiles.add(tx, file()).number
        assert casefiles.get(tx, number) == file(number=number)
        casefiles.decide(
            tx, number, to=CaseFileState.RELEASED, by="ben", why="looked", at=START + HOUR, content="c"
        )
        with pytest.raises(Conflict):
            casefiles.decide(tx, number, to=CaseFileState.REFUSED, by="cia", why="no", at=START + HOUR)
        casefiles.made(tx, number, digest="d" * 64, size_bytes=9, until=START + 90 * HOUR)
        with pytest.raises(Conflict):
            casefiles.made(tx, number, digest="e" * 64, size_bytes=9, until=START)
        assert casefiles.delivered(tx, number, at=START + 2 * HOUR, until=START + 26 * HOUR)
        assert not casefiles.delivered(tx, number, at=START, until=START)
        assert not casefiles.end(tx, number, to=CaseFileState.WITHDRAWN, why="late", at=START)
        assert casefiles.reopen(tx, number, until=START + 90 * HOUR)
        assert casefiles.delivered(tx, number, at=START + 3 * HOUR, until=START + 27 * HOUR)
        assert [f.number for f in casefiles.kept(tx)] == [number] and casefiles.unended(tx) == []
        casefiles.destroyed(tx, number)
        done = casefiles.get(tx, number)
        assert (done.state, done.content, done.digest, done.size_bytes, done.kept_until) == (
            CaseFileState.DELIVERED, "c", "d" * 64, 9, None,
        )  # fmt: skip
        assert not casefiles.reopen(tx, number, until=START)


def test_a_file_about_a_sealed_case_is_there_for_its_team_alone(store: Store) -> None:
    with store.transaction() as tx:
        cases.add(tx, makers.case(sealed=True), by="ana", at=START, evidence="")
        case_teams.join(tx, CASE, "ana", by="ana", at=START)
        number = casefiles.add(tx, file()).number
        assert [f.number for f in casefiles.listing(tx, viewer="ana")] == [number]
        assert casefiles.listing(tx) == casefiles.listing(tx, viewer="ben") == []
        with pytest.raises(Missing) as hidden:
            casefiles.seen(tx, number, "ben")
        with pytest.raises(Missing) as unknown:
            casefiles.seen(tx, number + 1, "ben")
        assert hidden.value.detail == unknown.value.detail


def test_a_destroyed_case_takes_its_files_and_links_along(store: Store) -> None:
    with store.transaction() as tx:
        number = casefiles.add(tx, file(digest="d" * 64, kept_until=START)).number
        deliveries.add(tx, Delivery("x", number, "c", "ben", START, START + HOUR))
        assert casefiles.forget_case(tx, CASE) == ["d" * 64]
        assert casefiles.listing(tx) == [] and deliveries.of_file(tx, number) == []


def test_a_link_is_found_by_its_secret_counted_used_once_and_ended_by_a_newer_one(store: Store) -> None:
    one = Delivery(deliveries.digest_of("one"), 1, "c", "ben", START, START + HOUR)
    two = replace(one, digest=deliveries.digest_of("two"), made_at=START + HOUR)
    with store.transaction() as tx:
        deliveries.add(tx, one)
        assert deliveries.find(tx, "one") == one and deliveries.find(tx, "other") is None
        assert [deliveries.count_try(tx, one.digest) for _ in range(2)] == [1, 2]
        deliveries.add(tx, two)
        assert not deliveries.spend(tx, one.digest, at=START)
        assert deliveries.spend(tx, two.digest, at=START) and not deliveries.spend(tx, two.digest, at=START)
        assert [link.digest for link in deliveries.of_file(tx, 1)] == [two.digest, one.digest]


def test_a_stretch_of_the_chain_holds_whole_rows_about_its_subjects_and_digests_of_all_others(
    store: Store,
) -> None:
    with store.transaction() as tx:
        for number, subject in enumerate(["before", "mine", "other", "mine", "after"], 1):
            audit.write(tx, START, "ana", f"deed.{number}", subject, note=number)
        rows = list(casefiles.stretch(tx, {"mine", "nothing"}))
        assert [(row["seq"], "subject" in row) for row in rows] == [
            (2, True),
            (3, False),
            (4, True),
            (5, False),
        ]
        assert rows[0]["previous"] == audit.entries(tx)[0].digest
        assert list(casefiles.stretch(tx, {"nothing"})) == []
        assert casefiles.looked_at(tx, "mine", "deed.2", "ana") == ""


def test_who_looked_last_at_what_is_read_from_the_chain(store: Store) -> None:
    with store.transaction() as tx:
        for content in ("one", "two"):
            audit.write(tx, START, "ana", "looked", "casefile:1", content=content)
        assert casefiles.looked_at(tx, "casefile:1", "looked", "ana") == "two"
        assert casefiles.looked_at(tx, "casefile:1", "looked", "ben") == ""


def test_heads_are_kept_once_and_compared_with_what_the_chain_holds(store: Store) -> None:
    with store.transaction() as tx:
        assert chain_heads.last_row(tx) is None
        audit.write(tx, START, "ana", "deed", "x")
        last = chain_heads.last_row(tx)
        assert last is not None and chain_heads.digests(tx, [1, 2]) == {1: last[1]}
        head = Head(*last, "sig", b"stamp", START)
        assert chain_heads.put(tx, head) and not chain_heads.put(tx, head)
        assert chain_heads.listing(tx) == [head]


def test_what_went_out_is_remembered_until_it_was_told_as_gone_for_long_enough(store: Store) -> None:
    consent = ExchangeConsent(CASE, "her mother", "a letter", "ana", START)
    with store.transaction() as tx:
        exchange.agree(tx, consent)
        assert exchange.withdraw(tx, CASE, by="ana", at=START) and not exchange.withdraw(
            tx, CASE, by="x", at=START
        )
        exchange.agree(tx, consent)
        assert exchange.consents(tx) == [consent]
        row = Exchanged(CASE, CASE, "2026-11-21T08:00:00Z", START, START)
        exchange.went_out(tx, row)
        assert exchange.forget(tx, gone_before=START + 99 * HOUR) == 0
        exchange.went_out(tx, replace(row, gone_at=START))
        exchange.forget_case(tx, CASE)
        assert exchange.consents(tx) == [] and exchange.out(tx)[CASE].gone_at == START
        assert exchange.forget(tx, gone_before=START + HOUR) == 1
