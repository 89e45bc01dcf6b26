"""One account book for all that spends X's money."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collectors.session import MemoryVault
from collectors.x_books import Books
from collectors.x_budget import MICROS, Caps, Cost, Prices
from collectors.x_ledger import SharedLedger
from store.errors import RateLimited


class Bench:
    """A vault and a clock that two keepers share."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 25, 8, tzinfo=UTC)
        self.vault = MemoryVault(lambda: self.now)

    def ledger(self, keeper: str, handle: str = "homeward") -> SharedLedger:
        return SharedLedger(self.vault, handle, keeper, lambda: self.now)

    def books(self, keeper: str, dollars: float = 10, *, sets_caps: bool = True) -> Books:
        caps = Caps(micros=round(dollars * MICROS))
        clock = lambda: self.now  # noqa: E731
        return Books(keeper, caps, Prices(), clock, self.ledger(keeper), sets_caps=sets_caps)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_two_keepers_count_against_one_limit(bench: Bench) -> None:
    source, replies = bench.books("source"), bench.books("replies", 50, sets_caps=False)
    source.spend("found", Cost(10, 6 * MICROS))
    replies.spend("replies", Cost(0, 3 * MICROS))
    replies.need(Cost(0, 1 * MICROS))
    with pytest.raises(RateLimited) as caught:
        replies.need(Cost(0, 1 * MICROS + 1))
    assert bench.now + caught.value.retry_after == datetime(2026, 6, 1, tzinfo=UTC)
    with pytest.raises(RateLimited):
        source.need(Cost(0, 1 * MICROS + 1))


def test_the_limit_is_the_collectors_and_not_the_replies(bench: Bench) -> None:
    replies = bench.books("replies", 50, sets_caps=False)
    replies.need(Cost(0, 40 * MICROS))
    bench.books("source", 10).spend("found", Cost(1, 1))
    with pytest.raises(RateLimited):
        replies.need(Cost(0, 40 * MICROS))


def test_each_keeper_leaves_the_others_parts_as_they_are(bench: Bench) -> None:
    bench.books("one").spend("found", Cost(1, 10))
    bench.books("two").spend("found", Cost(2, 20))
    assert {n: t.micros for n, t in bench.ledger("one").book().used.items()} == {
        "one/found": 10,
        "two/found": 20,
    }
    assert {n: t.micros for n, t in bench.ledger("one").others().items()} == {"two/found": 20}
    assert {n: t.micros for n, t in bench.ledger("one").own().items()} == {"found": 10}


def test_while_another_writes_nothing_is_lost(bench: Bench) -> None:
    books = bench.books("one")
    key = next(iter(_touched(bench)))
    assert bench.vault.claim(key, bench.now + timedelta(seconds=5))
    books.spend("found", Cost(1, 10))
    assert bench.ledger("one").own() == {}
    bench.vault.release(key)
    books.spend("found", Cost(1, 10))
    assert bench.ledger("one").own()["found"].micros == 20


def _touched(bench: Bench) -> dict[str, str]:
    bench.ledger("two").keep({}, None)
    return bench.vault.values


def test_a_new_month_begins_with_empty_pages(bench: Bench) -> None:
    bench.books("source").spend("found", Cost(10, 10 * MICROS))
    bench.now += timedelta(days=10)
    replies = bench.books("replies", sets_caps=False)
    replies.need(Cost(0, 9 * MICROS))
    replies.spend("replies", Cost(0, 1))
    assert set(bench.ledger("replies").book().used) == {"replies/replies"}


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"used": 3}'])
def test_a_book_that_cannot_be_read_is_empty(bench: Bench, text: str) -> None:
    bench.vault.values["x-ledger:homeward"] = text
    assert bench.ledger("one").book().used == {}


def test_another_account_has_another_book(bench: Bench) -> None:
    bench.books("one").spend("found", Cost(1, 10))
    assert bench.ledger("two", "somebody").others() == {}
    assert set(bench.ledger("two", "@HomeWard").others()) == {"one/found"}
