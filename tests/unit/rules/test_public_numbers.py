"""What the public is told: nobody can be told from one release, from all of them, or from what is missing."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import public_numbers as rules
from bot.rules.public_numbers import ELSEWHERE, LEAST, STEP, Told

PROVINCES = tuple(f"CN/{number}" for number in range(12))
MOST_ONLY = 40
Week = list[tuple[str, str]]
"""(person, province) of a week's sightings in the order of time."""


def test_a_week_is_told_of_when_it_has_been_over_for_seven_days() -> None:
    monday = date(2026, 11, 9)
    assert rules.newest_due(date(2026, 11, 22)) == monday - timedelta(days=7)
    assert rules.newest_due(date(2026, 11, 23)) == monday


@settings(max_examples=30)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_no_week_is_ever_told_of_too_early(today: date) -> None:
    due = rules.newest_due(today)
    assert due.weekday() == 0
    assert timedelta(days=7) <= today - (due + timedelta(days=7)) < timedelta(days=14)


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_rounding_moves_a_number_by_two_at_most(number: int) -> None:
    assert rules.rounded(number) % STEP == 0 and abs(rules.rounded(number) - number) <= STEP // 2


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(("", "x", "y"))), max_size=30))
def test_each_person_counts_once_however_much_they_write(claims: Week) -> None:
    counted = rules.once_each(claims)
    assert sum(counted.values()) == len({person for person, _ in claims})


def _told(week: Week, others: int) -> Told:
    people = rules.once_each(week)
    return rules.tell(people, sum(people.values()) + others)


def _weeks(seed: int) -> list[tuple[Week, int]]:
    """52 weeks of one campaign: people come back, some write much, some provinces stay small."""
    rng = random.Random(seed)
    made = []
    for _ in range(52):
        week: Week = []
        for at, province in enumerate(PROVINCES):
            crowd = rng.randint(0, 40 if at % 3 else 14)
            week += [(f"p{rng.randint(0, 3000)}", province) for _ in range(crowd)]
        week += [(f"p{rng.randint(0, 30)}", rng.choice(PROVINCES)) for _ in range(60)]
        week += [(f"p{rng.randint(0, 3000)}", ELSEWHERE) for _ in range(rng.randint(0, 30))]
        rng.shuffle(week)
        made.append((week, rng.randint(0, 80)))
    return made


def _possible(told: Told) -> Iterator[tuple[str, int, int, int, int]]:
    """The attack by intervals: what each province can be, knowing every number told and how they are made.

    Gives (province, least and most by the number told alone, least and most by everything together).
    """
    alone = {
        name: (max(LEAST, told.provinces[name] - 2), told.provinces[name] + 2)
        if name in told.provinces
        else (0, LEAST - 1)
        for name in PROVINCES
    }
    most_told = sum(number + STEP // 2 for number in told.provinces.values())
    if told.taking_part is not None:
        all_in = told.taking_part + STEP // 2
    else:  # Left out: what that itself gives away is the greatest number that would have been left out.
        limit = max(LEAST - 1, most_told + LEAST + STEP // 2 - 1)
        all_in = next(
            n for n in range(limit + STEP, 0, -1) if n < LEAST or rules.rounded(n) - 2 < most_told + LEAST
        )
    for name, (least, most) in alone.items():
        others = sum(low for other, (low, _) in alone.items() if other != name)
        yield name, least, most, least, min(most, all_in - others)


def test_from_52_releases_no_number_can_be_computed_closer_than_its_rounding_leaves_it() -> None:
    for seed in range(1):
        for week, others in _weeks(seed):
            told = _told(week, others)
            counted = rules.once_each(week)
            assert told.total == sum(told.provinces.values())
            for name, least, most, low, high in _possible(told):
                assert (low, high) == (least, most), "all numbers together say more than each alone"
                assert low <= counted[name] <= high
                assert high - low >= 2, "a number told stands for at least three"


def test_the_withheld_are_between_nobody_and_nine_and_no_closer() -> None:
    for week, others in _weeks(9):
        told = _told(week, others)
        for name, _, _, low, high in _possible(told):
            if name not in told.provinces:
                assert (low, high) == (0, LEAST - 1)


def _differences(with_all: Told, without: Told) -> list[tuple[str, int, int]]:
    names = with_all.provinces.keys() | without.provinces.keys()
    pairs = [(name, with_all.provinces.get(name, 0), without.provinces.get(name, 0)) for name in names]
    return [pair for pair in pairs if pair[1] != pair[2]]


def test_taking_one_person_or_one_post_away_moves_a_number_by_one_step_at_most() -> None:
    weeks = _weeks(5)
    busiest = [f"p{number}" for number in range(3)]
    for person in busiest:
        for week, others in weeks:
            rest = [claim for claim in week if claim[0] != person]
            changed = _differences(_told(week, others), _told(rest, others))
            assert len(changed) <= 1
            _is_one_step(changed)
    for week, others in weeks[:2]:
        before = _told(week, others)
        for at in range(0, len(week), 3):
            # A person whose first post goes may count in another province now: two numbers, a step each.
            changed = _differences(before, _told(week[:at] + week[at + 1 :], others))
            assert len(changed) <= 2
            _is_one_step(changed)


def _is_one_step(changed: list[tuple[str, int, int]]) -> None:
    for _, before, after in changed:
        assert abs(before - after) == STEP or {before, after} == {0, LEAST}


def test_every_output_fits_counts_on_all_sides_also_by_what_it_leaves_out() -> None:
    # All small inputs, gathered by what is told of them: what the choice of leaving something out gives
    # away is in it. Two provinces, people elsewhere, people who only took part.
    found: dict[tuple[tuple[tuple[str, int], ...], int | None], list[set[int]]] = defaultdict(
        lambda: [set(), set()]
    )
    for a in range(18):
        for b in range(18):
            for elsewhere in (0, 6):
                for only in range(MOST_ONLY):
                    told = rules.tell({"a": a, "b": b, ELSEWHERE: elsewhere}, a + b + elsewhere + only)
                    kept = found[tuple(sorted(told.provinces.items())), told.taking_part]
                    kept[0].add(a)
                    kept[1].add(b)
    whole = {0: set(range(LEAST)), 10: {10, 11, 12}, 15: {13, 14, 15, 16, 17}}
    for (provinces, taking_part), kept in found.items():
        shown = dict(provinces)
        if taking_part is not None and taking_part + 2 >= MOST_ONLY:
            continue  # So many took part that the edge of what was tried cuts the class.
        for name, values in zip("ab", kept, strict=True):
            told_as = shown.get(name, 0)
            if told_as in whole:
                assert values >= whole[told_as], (provinces, taking_part, name, values)


def test_people_who_only_took_part_cannot_be_had_by_subtracting() -> None:
    told = rules.tell({"a": 40, "b": 30}, 75)
    assert told.provinces == {"a": 40, "b": 30} and told.taking_part is None
    assert rules.tell({"a": 40, "b": 30}, 95).taking_part == 95


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(("", "a", "b", "c")), st.integers(0, 60)), st.integers(0, 60))
def test_nothing_below_ten_is_ever_told(people: dict[str, int], only: int) -> None:
    told = rules.tell(people, sum(people.values()) + only)
    assert ELSEWHERE not in told.provinces
    assert all(number >= LEAST and number % STEP == 0 for number in told.provinces.values())
    assert told.taking_part is None or (told.taking_part >= LEAST and told.taking_part % STEP == 0)
    assert all(people[name] >= LEAST for name in told.provinces)
