"""Made-up posts with hashtags for tests of the tag bench, and the slow, obviously right way to count them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from bot.engine.local import LocalEngine
from bot.pipeline.road import Road
from bot.pipeline.tag_counting import tags_of
from store import campaign, posts, sightings, tag_numbers
from store.db import Store, Transaction
from store.records.post import Author, Observation, Post
from store.records.sighting import (
    Evidence,
    EvidenceKind,
    FirstHand,
    PlaceKind,
    Sighting,
    When,
    WhenCandidate,
    Where,
    WhereCandidate,
    Who,
)
from store.tag_numbers import Grain
from tests import makers
from tests.stores import START, Clock

FROM = Evidence(EvidenceKind.TEXT, "made up", 0, 1)
SOURCES = ("one", "two")


def road_on(store: Store, clock: Clock) -> Road:
    """As much of a road as counting and the bench use."""
    return cast(Road, SimpleNamespace(store=store, clock=clock, engine=LocalEngine(store, clock)))


def post(number: int, tags: Iterable[str], *, author: int = 0, hours: float = 0.0, **changes: Any) -> Post:
    """A post with these hashtags by an author of that number, so many hours before the start of the tests."""
    at = START - timedelta(hours=hours)
    who = Author(f"id{author}", f"author{author}@a.example")
    given: dict[str, Any] = {"hashtags": tuple(tags), "author": who, "created_at": at, "received_at": at}
    return makers.post(number, **{**given, **changes})


def claim(post_key: str, *, own: bool, radius_km: float = 2.0, hours: float = 2.0) -> Sighting:
    """What was read from a post."""
    place = WhereCandidate("made up", PlaceKind.STREET, 1.0, FROM, 30.6, 104.0, radius_km)
    time = WhenCandidate(START, START + timedelta(hours=hours), 1.0, FROM)
    kind = FirstHand.OWN if own else FirstHand.OTHER
    return Sighting(post_key, Where((place,)), When((time,)), Who(), kind)


def put(tx: Transaction, made: Post, *sources: str) -> None:
    """Store a post as these sources bring it."""
    posts.put(tx, made, makers.ALL, START)
    for source in sources or SOURCES[:1]:
        posts.observe(tx, Observation(made.key, source, "", made.native_id, START))


def fill(store: Store, *, number: int, seed: int = 1) -> list[Post]:
    """Many posts of some authors over three weeks, some read, some first-hand, some reposts."""
    draw, made = random.Random(seed), []
    tags = ["Home", "宝贝回家", "寶貝回家", "prize", "Street"]
    with store.transaction() as tx:
        for at in range(number):
            some = draw.sample(tags, draw.randint(0, 3))
            media = (makers.media(f"{at}.jpg"),) if draw.random() < 0.4 else ()
            one = post(
                at, some, author=draw.randint(0, number // 4), hours=draw.random() * 500, media=media,
                language=draw.choice(["zh", "en", "zh-TW", ""]),
                text=f"Seen near the old station {at % 7}, maybe",
                repost_of="mastodon:other" if draw.random() < 0.2 else "",
            )  # fmt: skip
            put(tx, one, *draw.sample(SOURCES, draw.randint(1, 2)))
            if not one.repost_of and draw.random() < 0.7:
                wide = draw.choice([2.0, 400.0])
                sightings.put(tx, claim(one.key, own=draw.random() < 0.5, radius_km=wide))
            made.append(one)
    return made


def collect(store: Store, *tags: str, **query: Any) -> None:
    """Make a version of the campaign that asks for these hashtags."""
    with store.transaction() as tx:
        content: dict[str, Any] = {"name": "Tests", "hashtags": list(tags), "sources": []}
        campaign.put(tx, content | ({"query": query} if query else {}), author="t", reason="", at=START)


Counted = dict[tuple[str, str, str, Any], dict[str, int]]


def slowly(store: Store, made: Iterable[Post]) -> Counted:
    """Every number again, post by post: sums and sets, no differences, no rows of before."""
    found: dict[tuple[str, str, str, Any], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    people: dict[tuple[str, str, str, Any], set[str]] = defaultdict(set)
    with store.reading() as tx:
        for one in made:
            if not posts.stands(tx, one.key):
                continue
            held, counts = posts.get(tx, one.key), _counts(tx, one.key)
            for tag in {"", *tags_of(held.hashtags)}:
                for source in {"", *(seen.source for seen in posts.observations_of(tx, one.key))}:
                    for grain in Grain:
                        place = (grain.value, tag, source, tag_numbers.start_of(grain, held.written_at))
                        for name, number in counts.items():
                            found[place][name] += number
                        people[place].add(held.author.id)
    for place, authors in people.items():
        found[place]["authors"] = 0 if place[0] == "hour" else len(authors)
    return {place: dict(counts) for place, counts in found.items()}


def _counts(tx: Transaction, key: str) -> dict[str, int]:
    held, read = posts.get(tx, key), sightings.get(tx, key)
    is_own, is_read = not held.repost_of, read is not None and not held.repost_of
    where = read.where.best if read else None
    when = read.when.best if read else None
    placed = is_read and where is not None and (where.radius_km or 999) <= 30
    timed = is_read and when is not None and when.end - when.start <= timedelta(hours=48)
    return {
        "posts": 1,
        "originals": int(is_own),
        "photos": int(is_own and bool(held.media)),
        "read": int(is_read),
        "placed": int(placed),
        "timed": int(timed),
        "usable": int(placed and timed),
        "first_hand": int(is_read and read is not None and read.first_hand is FirstHand.OWN),
    }


def kept(store: Store) -> Counted:
    """The rows as they stand, in the same shape."""
    names = ("posts", "originals", "photos", "read", "placed", "timed", "usable", "first_hand", "authors")
    with store.reading() as tx:
        return {
            (grain.value, row.tag, row.source, row.start): {name: getattr(row, name) for name in names}
            for grain in Grain
            for row in tag_numbers.read(tx, grain)
        }
