"""The people we write to: opt-outs, erasures, messages to us and answers to them, what is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.pipeline import conversing, ingest
from bot.pipeline import optouts as pipeline
from bot.rules.consent import OurAccount
from bot.senders.fake import Fault
from bot.services import conversations, optouts, replies
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.page import Page
from store.records.post import Author, Gone, Platform, Post, Visibility
from store.records.reply import Purpose, Reply, ReplyState
from tests import makers
from tests.desk import OURS, Desk, open_desk
from tests.unit.extract.fake_gazetteer import FakeGazetteer

S = ReplyState
ANA, BEN = Author("ana-id", "ana@a.example"), Author("ben-id", "ben@b.example")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.road.gazetteer = FakeGazetteer
    yield opened
    opened.road.store.close()


def message(desk: Desk, number: int, text: str, **changes: Any) -> Post:
    """A private message of Ana's to us, in answer to our first reply."""
    given: dict[str, Any] = {
        "author": ANA, "text": text, "mentions": (OURS,), "visibility": Visibility.DIRECT, "language": "en",
        "created_at": desk.clock(), "received_at": desk.clock(), "reply_to": "mastodon:fake.example#r1",
        "hashtags": (),
    }  # fmt: skip
    return makers.post(number, **(given | changes))


def take(desk: Desk, *found: Post) -> None:
    for post in found:
        desk.platform.post(post.native_id)
    ingest.take_page(desk.road, "mastodon", "Tag", Page(posts=found))


def sent(desk: Desk, number: int = 1, author: str = "ana") -> str:
    """A reply that is out."""
    key = desk.draft(number, author=author)
    desk.off()
    assert desk.row(key).state is S.SENT
    return key


def is_out(desk: Desk, author: Author, platform: Platform = Platform.MASTODON) -> bool:
    with desk.road.store.reading() as tx:
        return pipeline.has_opted_out(desk.road, tx, makers.post(99, author=author, platform=platform))


# ── opt-outs ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changes",
    [
        {},  # a private answer
        {"visibility": Visibility.PUBLIC},  # a public one
        {"reply_to": ""},  # a private message that answers nothing
        {"reply_to": "", "visibility": Visibility.PUBLIC},  # a post that names us
        {"mentions": ()},  # an answer that names nobody
    ],
)
def test_stop_in_any_message_to_us_counts_at_once(desk: Desk, changes: dict[str, Any]) -> None:
    out, other = sent(desk), sent(desk, 2, "ben")
    waiting = desk.draft(3)
    take(desk, message(desk, 50, "STOP", **changes))
    assert is_out(desk, ANA) and not is_out(desk, BEN)
    assert desk.row(waiting).state is S.CANCELLED
    desk.off()
    assert desk.row(out).state is S.WITHDRAWN and desk.row(other).state is S.SENT
    assert desk.standing == 1
    assert desk.row(out).to_handle == "" and "ana" not in desk.row(out).text


def test_the_wish_of_somebody_who_does_not_speak_to_us_is_none_of_ours(desk: Desk) -> None:
    told = message(
        desk, 50, "STOP", reply_to="mastodon:fake.example#999", mentions=(), visibility=Visibility.PUBLIC
    )
    repost = message(desk, 51, "stop", repost_of="mastodon:x", visibility=Visibility.PUBLIC)
    take(desk, told, repost)
    assert not is_out(desk, ANA)


def test_stop_holds_on_one_platform_and_stop_all_on_every_one(desk: Desk) -> None:
    take(desk, message(desk, 50, "stop"), message(desk, 51, "全部停止", author=BEN))
    assert not is_out(desk, Author("77", "ana"), Platform.X)
    for handle, platform in (
        ("ben", Platform.X),
        ("Ben.bsky.social", Platform.BLUESKY),
        ("ben", Platform.WEIBO),
    ):
        assert is_out(desk, Author("77", handle), platform)
    assert not is_out(desk, Author("77", "benny"), Platform.X)
    assert sorted(each.everywhere for each in optouts.listing(desk.road)) == [False, True]
    assert optouts.count(desk.road) == 2


def test_an_opt_out_is_a_keyed_digest_and_outlives_the_post_and_the_message(desk: Desk) -> None:
    key = sent(desk)
    take(desk, message(desk, 50, "stop", visibility=Visibility.PUBLIC))
    held = optouts.listing(desk.road)
    for gone in (desk.row(key).post_key, message(desk, 50, "").key):
        ingest.take_page(
            desk.road, "mastodon", "Tag",
            Page(gone=(Gone(gone, Platform.MASTODON, "deleted", desk.clock()),)),
        )  # fmt: skip
    assert is_out(desk, ANA) and optouts.listing(desk.road) == held
    assert "ana" not in held[0].person and len(held[0].person) == 64
    fresh = message(desk, 60, "Saw a child here", visibility=Visibility.PUBLIC, reply_to="")
    take(desk, fresh)
    desk.off()
    assert replies.listing(desk.road, state=S.SENT) == []


def test_a_reply_in_doubt_is_taken_back_once_it_is_found_to_be_out(desk: Desk) -> None:
    key = desk.draft()
    desk.sender.faults.append(Fault.LOSE_ANSWER)
    desk.off()
    assert desk.row(key).state is S.UNKNOWN
    take(desk, message(desk, 50, "STOP", reply_to=""))
    desk.run(hours=1)
    assert (desk.row(key).state, desk.standing) == (S.WITHDRAWN, 0)


def test_a_person_adds_and_removes_an_opt_out_with_a_reason(desk: Desk) -> None:
    waiting = desk.draft()
    with pytest.raises(UsageError, match="why"):
        optouts.add(desk.road, Platform.MASTODON, "ana@a.example", everywhere=False, by="rob", why="")
    assert optouts.add(
        desk.road, Platform.MASTODON, "@Ana@a.example", everywhere=True, by="rob", why="by phone"
    )
    assert (
        desk.row(waiting).state is S.CANCELLED
        and is_out(desk, ANA)
        and is_out(desk, Author("5", "ana"), Platform.X)
    )
    (held,) = optouts.listing(desk.road)
    with pytest.raises(Missing):
        optouts.remove(desk.road, "0000", by="rob", why="wrote to us again")
    optouts.remove(desk.road, held.person[:16], by="rob", why="wrote to us again")
    assert not is_out(desk, ANA) and optouts.count(desk.road) == 0


def test_who_asks_to_be_erased_stands_on_the_list_once_with_the_day(desk: Desk) -> None:
    told = message(desk, 50, "Please delete my data")
    take(desk, told)
    take(desk, told)
    (view,) = optouts.erasures(desk.road)
    assert (view.handle, view.message, view.is_late) == ("ana@a.example", told.key, False)
    assert view.erasure.due_at == desk.clock() + timedelta(days=15)
    assert is_out(desk, ANA), "who is to be erased gets no messages either"
    assert b"ana" not in view.erasure.sealed
    desk.clock.tick(days=31)
    assert optouts.erasures(desk.road)[0].is_late
    with pytest.raises(UsageError, match="note"):
        optouts.done(desk.road, view.erasure.reference, by="rob", note="")
    optouts.done(desk.road, view.erasure.reference, by="rob", note="all posts deleted")
    with pytest.raises(Conflict):
        optouts.done(desk.road, view.erasure.reference, by="rob", note="all posts deleted")
    assert not optouts.erasures(desk.road)[0].is_late


# ── taking back ──────────────────────────────────────────────────────────────────────────────────


def test_a_reply_goes_when_its_post_is_deleted_and_stays_when_we_only_may_keep_it_no_longer(
    desk: Desk,
) -> None:
    first, second = sent(desk), sent(desk, 2, "ben")
    for key, why in ((first, "deleted by its author"), (second, "may not be kept any more: storage_limit")):
        gone = Gone(desk.row(key).post_key, Platform.MASTODON, why, desk.clock())
        ingest.take_page(desk.road, "mastodon", "Tag", Page(gone=(gone,)))
    desk.off()
    assert [desk.row(key).state for key in (first, second)] == [S.WITHDRAWN, S.SENT]


def test_what_cannot_be_taken_back_stands_as_sent_and_a_person_is_told(desk: Desk) -> None:
    from store.records.reply import Refused

    key = sent(desk)
    desk.sender.withdraw = lambda receipt: Refused("the platform said no")  # type: ignore[method-assign]
    take(desk, message(desk, 50, "STOP"))
    desk.off()
    row = desk.row(key)
    assert row.state is S.SENT and "not withdrawn: the platform said no" in row.why
    from store import campaign

    with desk.road.store.reading() as tx:
        assert any(row.reference in words for words in campaign.notices(tx).values())


# ── conversations ────────────────────────────────────────────────────────────────────────────────


def answered(desk: Desk, key: str, phrase: Purpose = Purpose.THANKS) -> Reply:
    return conversations.answer(desk.road, key, phrase, by="rob")


def test_a_private_answer_is_shown_sealed_linked_and_answered(desk: Desk) -> None:
    key = sent(desk)
    told = message(desk, 50, "It was yesterday, in the evening")
    take(desk, told)
    (view,) = conversations.listing(desk.road)
    assert view.post is not None and view.post.text == told.text
    assert view.talk.post_key == desk.row(key).post_key and view.consent.given
    assert view.talk.sealed is not None and b"yesterday" not in view.talk.sealed
    assert [each.talk.key for each in conversations.about(desk.road, view.talk.post_key)] == [told.key]
    row = answered(desk, told.key)
    assert (row.state, row.approved_by, row.visibility) == (S.APPROVED, "rob", "direct")
    desk.off()
    assert desk.row(row.key).state is S.SENT and desk.standing == 2
    assert conversations.listing(desk.road)[0].talk.closed_by == "rob"
    with pytest.raises(Conflict):
        answered(desk, told.key, Purpose.PLEASE_CALL)


def test_a_public_answer_of_somebody_else_is_shown_too(desk: Desk) -> None:
    sent(desk)
    told = message(desk, 50, "I saw that as well", author=BEN, visibility=Visibility.PUBLIC)
    take(desk, told)
    assert [view.talk.key for view in conversations.listing(desk.road)] == [told.key]
    assert conversations.listing(desk.road)[0].talk.sealed is None


def test_private_words_are_forgotten_in_time_and_then_nothing_is_answered(desk: Desk) -> None:
    sent(desk)
    take(desk, message(desk, 50, "in the evening"))
    desk.clock.tick(days=29)
    assert conversing.forget_due(desk.road) == 0
    desk.clock.tick(days=2)
    assert conversing.forget_due(desk.road) == 1
    (view,) = conversations.listing(desk.road)
    assert view.post is None
    with pytest.raises(NotAllowed):
        answered(desk, view.talk.key)


def test_a_deleted_message_goes_and_is_not_answered_any_more(desk: Desk) -> None:
    sent(desk)
    told = message(desk, 50, "in the evening")
    take(desk, told)
    row = answered(desk, told.key)
    gone = Gone(told.key, Platform.MASTODON, "deleted", desk.clock())
    ingest.take_page(desk.road, "mastodon", "Tag", Page(gone=(gone,)))
    assert conversations.listing(desk.road) == []
    desk.off()
    assert desk.row(row.key).state is S.CANCELLED and desk.standing == 1


def test_who_opts_out_is_not_answered_and_what_they_wrote_is_kept_no_longer(desk: Desk) -> None:
    sent(desk)
    first = message(desk, 50, "in the evening")
    take(desk, first, message(desk, 51, "STOP"))
    view = conversations.show(desk.road, first.key)
    assert view.post is None and not view.consent.given


def test_answers_keep_to_their_own_cap(desk: Desk) -> None:
    desk.road.plan = replace(desk.road.plan, caps=replace(desk.road.plan.caps, per_talk_day=2))
    sent(desk)
    for number in (50, 51):
        take(desk, message(desk, number, f"and {number}"))
        answered(desk, message(desk, number, "").key)
        desk.off()
    held = [row for row in replies.listing(desk.road) if row.state is S.APPROVED]
    assert len(held) == 1 and "to this author" in held[0].why and desk.standing == 2


def test_own_words_need_a_second_person_and_hold_nothing_of_a_case(desk: Desk) -> None:
    with desk.road.store.transaction() as tx:
        from store import cases

        case = makers.case(7, full_name="王小明", last_seen_place="Kowloon Park")
        cases.add(tx, case, by="rita", at=desk.clock(), evidence="file 1")
    sent(desk)
    told = message(desk, 50, "in the evening")
    take(desk, told)
    for words in (
        "Was it 小明?",
        "near kowloon?",
        "see https://a.example",
        "ask @ben",
        "call 138 0000 0000",
        "",
    ):
        with pytest.raises(UsageError):
            conversations.write(desk.road, told.key, words, by="rob")
    row = conversations.write(desk.road, told.key, "Thank you, that helps us a lot.", by="rob")
    assert row.state is S.DRAFTED and row.text.endswith(row.reference)
    desk.off()
    assert desk.row(row.key).state is S.DRAFTED, "nothing goes before it was read by another"
    with pytest.raises(NotAllowed, match="second person"):
        replies.approve(desk.road, row.key, by="rob")
    replies.approve(desk.road, row.key, by="ana")
    desk.off()
    assert desk.row(row.key).state is S.SENT


def test_on_x_and_weibo_an_answer_is_known_by_our_receipt(desk: Desk) -> None:
    """No server says there who answered whom; the platform's id of our own reply does."""
    road = desk.road
    road.rules = replace(
        road.rules, accounts={**road.rules.accounts, Platform.X: OurAccount("homeward", "9")}
    )
    import sqlalchemy as sa

    from store import tables as t

    key = sent(desk)
    with road.store.transaction() as tx:
        row = {"platform": "x", "receipt_id": "1900"}
        tx.execute(sa.update(t.replies).where(t.replies.c.key == key).values(**row))
    told = replace(
        message(desk, 50, "退订", visibility=Visibility.PUBLIC, mentions=()),
        key="x:1901", platform=Platform.X, reply_to="x:1900",
    )  # fmt: skip
    take(desk, told)
    assert is_out(desk, ANA, Platform.X)
