"""What reading X costs, when it stops, how the month is spread, and that a cut forgets nothing of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import x_budget as budget
from collectors import x_walk as walk
from collectors.options import options_of
from collectors.x_books import Books
from collectors.x_live import SPEC
from collectors.x_settings import rules_of
from store.errors import ConfigError, RateLimited
from store.records.page import Budget

NOW = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)
PRICES = budget.Prices()
DOLLAR = budget.MICROS


def answer(posts: int = 0, users: int = 0, others: int = 0) -> dict[str, Any]:
    return {
        "data": [{"id": str(n)} for n in range(posts)],
        "includes": {"users": [{}] * users, "tweets": [{}] * others},
    }


def test_posts_included_posts_and_authors_are_all_counted() -> None:
    assert budget.cost_of(answer(10, 4, 2), PRICES) == budget.Cost(12, 12 * 5_000 + 4 * 10_000)
    assert budget.cost_of(answer(10, 4, 2), PRICES, mentions=True) == budget.Cost(
        12, 10_000 + 10_000 + 40_000
    )
    assert budget.cost_of({"data": {"id": "1"}}, PRICES) == budget.Cost(1, 5_000)
    assert budget.cost_of({"meta": {"result_count": 0}}, PRICES) == budget.Cost()
    assert budget.cost_of(["nonsense"], PRICES) == budget.Cost()


@pytest.mark.parametrize(
    ("now", "starts_on", "start", "end"),
    [
        (NOW, 1, (2026, 2, 1), (2026, 3, 1)),
        (NOW, 8, (2026, 2, 8), (2026, 3, 8)),
        (NOW, 9, (2026, 1, 9), (2026, 2, 9)),
        (datetime(2026, 1, 1, 5, tzinfo=UTC), 28, (2025, 12, 28), (2026, 1, 28)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 1, (2026, 12, 1), (2027, 1, 1)),
    ],
)
def test_a_period_is_a_month_from_its_first_day(
    now: datetime, starts_on: int, start: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    span = budget.period_of(now, starts_on)
    assert (span.start, span.end) == (datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC))


def test_todays_part_is_some_even_shares_of_what_was_left_at_midnight() -> None:
    caps = budget.Caps(posts=100_000, micros=42 * DOLLAR, day_burst=3.0)
    fresh = budget.standing({}, caps, PRICES, NOW)
    assert fresh.micros_left == 42 * DOLLAR * 3 // 21  # 21 days are left of February
    assert fresh.month_micros_left == 42 * DOLLAR and fresh.until == datetime(2026, 2, 9, tzinfo=UTC)
    used = budget.charged({}, "a", budget.Cost(1000, 6 * DOLLAR), NOW, caps)
    today = budget.standing(used, caps, PRICES, NOW)
    assert today.micros_left == 0 and "today's part" in today.words and "6.00 for 1000 posts" in today.words
    tomorrow = budget.standing(used, caps, PRICES, NOW + timedelta(days=1))
    assert tomorrow.micros_left == int(36 * DOLLAR * 3 / 20)
    assert budget.standing(used, caps, PRICES, NOW, spread=False).micros_left == 36 * DOLLAR


def test_a_ceiling_too_small_for_shares_still_gives_a_page_a_day() -> None:
    caps = budget.Caps(micros=2 * DOLLAR, day_burst=1.0)
    held = budget.standing({}, caps, PRICES, NOW)
    assert budget.fitting(budget.Cost(held.posts_left, held.micros_left), PRICES) == budget.LEAST_PAGE


def test_the_months_end_brings_everything_back() -> None:
    caps = budget.Caps(micros=DOLLAR)
    used = budget.charged({}, "a", budget.Cost(200, DOLLAR), NOW, caps)
    spent = budget.standing(used, caps, PRICES, NOW)
    assert spent.until == datetime(2026, 3, 1, tzinfo=UTC)
    assert "spend_ceiling_usd 1.00" in spent.words and "2026-03-01 00:00 UTC" in spent.words
    march = datetime(2026, 3, 1, tzinfo=UTC)
    assert budget.standing(used, caps, PRICES, march).month_micros_left == DOLLAR
    assert set(budget.charged(used, "b", budget.Cost(1, 1), march, caps)) == {"b"}


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.integers(0, 30), st.integers(0, 40)),
        max_size=25,
    ),
    st.data(),
)
def test_the_account_is_whole_again_after_any_cursors_come_back(
    answers: list[tuple[str, int, int, int]], data: st.DataObject
) -> None:
    """Each reader's newest cursor is enough, in any order, some of them twice."""
    caps, used, now = budget.Caps(), dict[str, budget.Tally](), NOW
    kept: dict[str, dict[str, budget.Tally]] = {}
    for reader, posts, users, hours in sorted(answers, key=lambda item: item[3]):
        now = NOW + timedelta(hours=hours)
        used = budget.charged(used, reader, budget.cost_of(answer(posts, users), PRICES), now, caps)
        kept[reader] = used
    back: dict[str, budget.Tally] = {}
    for reader in data.draw(st.permutations([*kept, *kept])):
        back = budget.merged(back, kept[reader])
    assert back == used
    assert sum(tally.posts for tally in back.values()) == sum(item[1] for item in answers)


@settings(max_examples=60)
@given(st.integers(500_000, 60 * DOLLAR), st.integers(30, 5000), st.floats(1, 31), st.data())
def test_no_run_of_worst_answers_passes_a_limit(
    ceiling: int, posts: int, burst: float, data: st.DataObject
) -> None:
    caps = budget.Caps(posts=posts, micros=ceiling, day_burst=burst)
    moments = [NOW]
    books = Books("x", caps, PRICES, lambda: moments[-1])
    refusals = 0
    while refusals < 3:
        try:
            size = books.page_size(data.draw(st.integers(10, 500)))
        except RateLimited as error:
            refusals += 1
            assert error.retry_after > timedelta(0)
            if moments[-1] + error.retry_after >= datetime(2026, 3, 1, tzinfo=UTC):
                break
            moments.append(moments[-1] + error.retry_after)
            continue
        got = data.draw(st.integers(size // 2 + 1, size))
        books.charge("a", answer(got, 3 * got, 2 * got))
    total = walk.load(books.dump(walk.Cursor())).used.get("a", budget.Tally("", ""))
    assert total.micros <= ceiling and total.posts <= posts


def test_lookups_may_use_what_today_no_longer_has() -> None:
    books = Books("x", budget.Caps(micros=42 * DOLLAR, day_burst=1.0), PRICES, lambda: NOW)
    books.charge("a", answer(400))
    with pytest.raises(RateLimited, match="today's part") as caught:
        books.page_size(100)
    assert caught.value.retry_after == timedelta(hours=12)
    assert books.page_size(100, spread=False) == 100


def test_what_is_left_is_the_tighter_of_window_and_month() -> None:
    caps = budget.Caps(posts=1000, micros=10 * DOLLAR)
    half = budget.standing(
        budget.charged({}, "a", budget.Cost(10, 5 * DOLLAR), NOW, caps), caps, PRICES, NOW, spread=False
    )
    nearly_empty, nearly_full = Budget(45, 450, NOW), Budget(440, 450, NOW)
    assert budget.tighter(nearly_empty, half, caps) == nearly_empty
    assert budget.tighter(nearly_full, half, caps) == Budget(500, 1000, datetime(2026, 3, 1, tzinfo=UTC))
    assert budget.tighter(Budget(), half, caps).limit == 1000


@pytest.mark.parametrize(
    ("options", "subject"),
    [
        ({"spend_ceiling_usd": 0.4}, "mine.spend_ceiling_usd"),
        ({"spend_ceiling_usd": -1.0}, "mine.spend_ceiling_usd"),
        ({"monthly_reads_cap": 29}, "mine.monthly_reads_cap"),
        ({"monthly_reads_cap": 3_000_001}, "mine.monthly_reads_cap"),
        ({"period_starts_day": 29}, "mine.period_starts_day"),
        ({"day_burst": 0.5}, "mine.day_burst"),
        ({"account_id": "@nora"}, "mine.account_id"),
        ({"page_size": 101}, "mine.page_size"),
        ({"backfill_hours": 169.0}, "mine.backfill_hours"),
        ({"mode": "both"}, "mine.mode"),
    ],
)
def test_settings_out_of_bounds_are_named(options: dict[str, Any], subject: str) -> None:
    with pytest.raises(ConfigError) as caught:
        rules_of("mine", options_of(SPEC, "mine", options))
    assert caught.value.subject == subject
