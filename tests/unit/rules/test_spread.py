"""Who carries a campaign: shares from a histogram equal those of the whole list."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.spread import carried


@settings(max_examples=25)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_shares_equal_those_of_everybody_in_a_row(posts_of_each: list[int]) -> None:
    found = carried(Counter(posts_of_each))
    row, total = sorted(posts_of_each, reverse=True), sum(posts_of_each)
    assert (found.people, found.posts, found.once) == (len(row), total, posts_of_each.count(1))
    assert found.top_1 == sum(row[: -(-len(row) // 100)]) / total
    assert found.top_10 == sum(row[: -(-len(row) // 10)]) / total
    assert sum(row[: found.half_by]) * 2 >= total > sum(row[: found.half_by - 1]) * 2


def test_nobody_carries_what_nobody_wrote() -> None:
    found = carried({})
    assert (found.people, found.posts, found.top_1, found.half_by) == (0, 0, 0.0, 0)
