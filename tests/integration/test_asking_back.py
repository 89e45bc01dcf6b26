"""Asking back, end to end: who is asked, by which words, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.pipeline import ingest, optouts, reply
from bot.rules import asking as rules
from bot.services import sightings as views
from bot.wiring import Built
from store import asking, outbox, sightings
from store.records.page import Page
from store.records.post import Author, Gone, Platform, Post, Visibility
from store.records.reply import Purpose, ReplyState
from store.records.sighting import EvidenceKind, Sighting
from tests.integration.conftest import work_off

HOUR = timedelta(hours=1)
VAGUE = "I saw a little boy begging for money all alone, it broke my heart @homeward@sample.example"
FULL = "昨天下午三点在成都锦江区看到一个小男孩在乞讨 @homeward@sample.example"
P, S = Purpose, ReplyState


def named(built: Built, number: int, text: str, **changes: Any) -> Post:
    now = built.road.clock()
    made = Post(
        key=f"mastodon:https://a.example/users/ana/statuses/{number}", platform=Platform.MASTODON,
        author=Author("https://a.example/users/ana", "ana@a.example", "Ana"), text=text,
        received_at=now, created_at=now - HOUR, native_id=str(number), language="en",
        mentions=("homeward@sample.example",), raw={"id": str(number)},
    )  # fmt: skip
    return replace(made, **changes)


def take(built: Built, *found: Post) -> None:
    ingest.take_page(built.road, "mastodon", "Tag", Page(posts=found))
    assert work_off(built) == 0


def rows(built: Built, key: str) -> dict[Purpose, ReplyState]:
    with built.road.store.reading() as tx:
        return {row.purpose: row.state for row in outbox.of_post(tx, key)}


def claim(built: Built, key: str) -> Sighting:
    with built.road.store.reading() as tx:
        found = sightings.get(tx, key)
    assert found is not None
    return found


def mark_sent(built: Built, key: str, purpose: Purpose = P.QUESTION, receipt: str = "700") -> None:
    """As if the platform had taken it; the road itself is in dry-run and sends nothing."""
    import sqlalchemy as sa

    from store import tables as t

    with built.road.store.transaction() as tx:
        done = {"state": S.SENT.value, "receipt_id": receipt,
                "receipt_url": f"https://sample.example/@homeward/{receipt}"}  # fmt: skip
        tx.execute(sa.update(t.replies).where(t.replies.c.key == outbox.key_of(key, purpose)).values(**done))


def answer(built: Built, number: int, text: str, **changes: Any) -> Post:
    given = {"reply_to": "mastodon:sample.example#700", "visibility": Visibility.DIRECT, "mentions": (),
             "created_at": built.road.clock()}  # fmt: skip
    return named(built, number, text, **(given | changes))


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Any]) -> Built:
    return build(config())


def test_a_post_without_place_or_time_gets_the_question_instead_of_the_receipt(built: Built) -> None:
    vague, full = named(built, 1, VAGUE), named(built, 2, FULL, author=Author("b", "ben@a.example"))
    take(built, vague, full)
    assert rows(built, vague.key) == {P.QUESTION: S.REHEARSED}
    assert rows(built, full.key) == {P.RECEIPT: S.REHEARSED}
    with built.road.store.reading() as tx:
        text = outbox.of_post(tx, vague.key)[0].text
    assert "do not follow, confront or film; in danger call the police" in text
    assert text.startswith("@ana@a.example ")


def test_a_match_changes_neither_the_words_nor_how_many_there_are(built: Built) -> None:
    vague = named(built, 1, VAGUE)
    take(built, vague)
    with built.road.store.transaction() as tx:
        reply.make_certain(built.road, tx, vague)
    assert list(rows(built, vague.key)) == [P.QUESTION]


def test_an_author_is_asked_once_a_day_whatever_they_post(built: Built) -> None:
    take(built, named(built, 1, VAGUE))
    take(built, named(built, 2, VAGUE + " again"))
    assert list(rows(built, named(built, 2, "").key)) == [P.RECEIPT]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (VAGUE, {"mentions": ()}),  # nobody asked us
        ("I'm 14 years old. " + VAGUE, {}),  # a minor gets the hotline words
    ],
)
def test_who_may_not_be_asked_is_not(built: Built, text: str, changes: dict[str, Any]) -> None:
    post = named(built, 1, text, **changes)
    take(built, post)
    assert P.QUESTION not in rows(built, post.key)


def test_a_private_answer_completes_the_sighting_and_is_not_kept_as_a_post(built: Built) -> None:
    vague = named(built, 1, VAGUE)
    take(built, vague)
    mark_sent(built, vague.key)
    told = answer(built, 5, "@homeward 昨天下午，成都锦江区")
    take(built, told)
    found = claim(built, vague.key)
    assert found.where.best is not None and found.when.best is not None
    for evidence in (found.where.best.evidence, found.when.best.evidence):
        assert (evidence.kind, evidence.post) == (EvidenceKind.ANSWER, told.key)
        assert told.text[evidence.start : evidence.end] == evidence.quote
    assert found.when.best.end <= vague.written_at
    assert not rules.gap_of(found).is_open
    with built.road.store.reading() as tx:
        from store import posts

        assert not posts.has(tx, told.key)
    assert views.one(built.road, vague.key).answers[0].answer_key == told.key


def test_only_the_author_answers_and_a_no_fills_nothing(built: Built) -> None:
    vague = named(built, 1, VAGUE)
    take(built, vague)
    mark_sent(built, vague.key)
    stranger = Author("https://a.example/users/eve", "eve@a.example")
    take(built, answer(built, 5, "yesterday in Chengdu", author=stranger))
    take(built, answer(built, 6, "sorry, don't know"), answer(built, 7, "STOP"))
    take(built, answer(built, 8, "yesterday in Chengdu", reply_to="mastodon:other.example#700"))
    assert rules.gap_of(claim(built, vague.key)) == rules.Gap(True, True)
    with built.road.store.reading() as tx:
        assert optouts.has_opted_out(built.road, tx, vague)


def test_a_second_answer_replaces_the_first_and_both_stay_on_record(built: Built) -> None:
    vague = named(built, 1, VAGUE)
    take(built, vague)
    mark_sent(built, vague.key)
    first = answer(built, 5, "yesterday in Shanghai, Pudong", visibility=Visibility.PUBLIC)
    take(built, first)
    named_first = claim(built, vague.key).where.best
    assert named_first is not None and named_first.evidence.post == first.key
    later = answer(built, 6, "no wait, it was in Chengdu", created_at=built.road.clock() + HOUR)
    later = replace(later, received_at=built.road.clock() + HOUR)
    take(built, later)
    best = claim(built, vague.key).where.best
    assert best is not None and best.evidence.post == later.key
    when = claim(built, vague.key).when.best
    assert when is not None and when.evidence.post == first.key, "what the second does not say stays"
    with built.road.store.reading() as tx:
        assert [a.answer_key for a in asking.of_post(tx, vague.key)] == [later.key, first.key]
    assert rows(built, first.key) == {}, "nobody is thanked for an answer with another message"


def test_a_deleted_answer_takes_its_words_out_of_the_sighting(built: Built) -> None:
    vague = named(built, 1, VAGUE)
    take(built, vague)
    mark_sent(built, vague.key)
    told = answer(built, 5, "yesterday, Chengdu")
    take(built, told)
    gone = Gone(told.key, Platform.MASTODON, "deleted", built.road.clock())
    ingest.take_page(built.road, "mastodon", "Tag", Page(gone=(gone,)))
    assert work_off(built) == 0
    assert rules.gap_of(claim(built, vague.key)) == rules.Gap(True, True)


def test_a_question_that_waits_gives_way_to_the_receipt_when_the_author_adds_what_was_missing(
    build: Callable[..., Built], config: Callable[..., Any]
) -> None:
    built = build(config(level="confirm"))
    vague = named(built, 1, VAGUE)
    take(built, vague)
    assert rows(built, vague.key) == {P.QUESTION: S.DRAFTED}
    added = named(built, 2, "It was yesterday in Camden, London", mentions=(), reply_to=vague.key)
    take(built, added)
    assert rows(built, vague.key) == {P.QUESTION: S.CANCELLED, P.RECEIPT: S.DRAFTED}


def test_a_deleted_post_is_not_asked_about(build: Callable[..., Built], config: Callable[..., Any]) -> None:
    built = build(config(level="confirm"))
    vague = named(built, 1, VAGUE)
    take(built, vague)
    gone = Gone(vague.key, Platform.MASTODON, "deleted", built.road.clock())
    ingest.take_page(built.road, "mastodon", "Tag", Page(gone=(gone,)))
    assert rows(built, vague.key) == {P.QUESTION: S.CANCELLED}
