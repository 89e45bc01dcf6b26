"""The walk by ids, against a small list of our own: no hole, no repeat, whenever it is cut."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.weibo_ids import Place, asks, id_order, moved


class Mentions:
    """Ids, newest first, with Weibo's bounds: `since_id` excluded, `max_id` included."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.asked: list[dict[str, str]] = []

    def add(self, count: int = 1) -> None:
        self.ids += [str(10**15 + len(self.ids) + n) for n in range(count)]

    def page(self, asked: dict[str, str]) -> list[str]:
        self.asked.append(asked)
        low, high = asked.get("since_id", ""), asked.get("max_id", "")
        inside = [
            i
            for i in self.ids
            if (not low or id_order(i) > id_order(low)) and (not high or id_order(i) <= id_order(high))
        ]
        return inside[::-1][: int(asked["count"])]


def poll(
    mentions: Mentions, place: Place, count: int = 3, first_pages: int = 100
) -> tuple[Place, list[str], bool]:
    place, new, more = moved(place, mentions.page(dict(asks(place, count))), first_pages)
    return place, sorted(new), more


def run(mentions: Mentions, place: Place) -> tuple[Place, list[str]]:
    found: list[str] = []
    while True:
        place, new, more = poll(mentions, place)
        found += new
        if not more:
            return place, found


def test_the_repeat_at_max_id_is_dropped() -> None:
    mentions = Mentions()
    mentions.add(7)
    _, found = run(mentions, Place())
    assert Counter(found) == Counter(mentions.ids)
    assert [asked.get("max_id") for asked in mentions.asked[:3]] == [None, mentions.ids[4], mentions.ids[2]]


def test_since_moves_only_when_the_walk_came_down_to_it() -> None:
    mentions = Mentions()
    mentions.add(2)
    place, _ = run(mentions, Place())
    old = place.since
    mentions.add(9)
    place, _, more = poll(mentions, place)
    assert more and place.since == old and place.below
    mentions.add(4)  # what comes meanwhile lies above the walk and is read by the next one
    found: list[str] = []
    while place.below:
        assert place.since == old
        place, new, _ = poll(mentions, place)
        found += new
    assert place.since == mentions.ids[10] and set(found) == set(mentions.ids[2:8])
    _, rest = run(mentions, place)
    assert sorted(rest) == mentions.ids[11:]


def test_a_quiet_list_costs_one_call_and_new_mentions_two() -> None:
    mentions = Mentions()
    mentions.add(2)
    place, _ = run(mentions, Place())
    mentions.asked.clear()
    place, _ = run(mentions, place)
    assert len(mentions.asked) == 1
    mentions.add(1)
    run(mentions, place)
    assert len(mentions.asked) == 3


def test_a_new_source_reads_back_a_bounded_number_of_pages() -> None:
    mentions = Mentions()
    mentions.add(50)
    place, found, calls = Place(), list[str](), 0
    more = True
    while more and calls < 3:
        place, new, more = poll(mentions, place, first_pages=2)
        found += new
        calls += 1
    assert place == Place(started=True, since=mentions.ids[-1]) and len(found) == 5


def test_a_source_that_began_before_the_first_mention_owes_everything() -> None:
    mentions = Mentions()
    place, found = run(mentions, Place())
    assert found == [] and place.started
    mentions.add(50)
    found = []
    more = True
    while more:
        place, new, more = poll(mentions, place, first_pages=1)
        found += new
    assert Counter(found) == Counter(mentions.ids)


def test_a_server_that_gives_the_same_page_for_ever_does_not_hold_us() -> None:
    place, calls, more = Place(), 0, True
    while more:
        place, _, more = moved(place, ["5", "4", "3"], 100)
        calls += 1
    assert calls == 2 and place.since == "5"


def test_longer_ids_are_later() -> None:
    place, new, _ = moved(Place(started=True, since="999"), ["1000", "998", "", "1000"], 4)
    assert new == {"1000"} and place.top == "1000"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), max_size=12), st.randoms())
def test_every_mention_is_read_once_whenever_new_ones_come(
    steps: list[tuple[int, int]], random: object
) -> None:
    mentions, place, found = Mentions(), Place(), Counter[str]()
    mentions.add(1)
    place, first = run(mentions, place)
    found.update(first)
    for added, polls in steps:
        mentions.add(added)
        for _ in range(polls):
            ids = mentions.page(dict(asks(place, 3)))
            random.shuffle(ids)  # type: ignore[attr-defined]
            place, new, _ = moved(place, ids + ids[:1], 4)
            found.update(new)
    for _ in range(2):
        place, rest = run(mentions, place)
        found.update(rest)
    assert found == Counter(mentions.ids)
