"""What every sender keeps, as one suite: subclasses hand in a bench with a sender and its server."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from bot.pipeline.catalogue import shipped
from bot.rules import compose
from bot.rules.words import Language
from bot.senders.base import Sender
from store.errors import RateLimited
from store.records.post import Platform
from store.records.reply import (
    Absent,
    Level,
    Purpose,
    Receipt,
    Refused,
    Reply,
    ReplyState,
    Unknown,
)

SECRET = b"a key for tests only"


class Rig(Protocol):
    """A sender and whom it answers: enough to draft a row."""

    @property
    def to_handle(self) -> str:
        """The answered author."""

    @property
    def sender(self) -> Sender:
        """The sender under test."""


class Bench(Rig, Protocol):
    """A sender with the server behind it, and the means to change what is there."""

    honours_keys: bool

    def post(self) -> tuple[str, str]:
        """Write a post that names us; its native id and its key."""

    def edit(self, native_id: str, *, names_us: bool) -> None:
        """Change that post."""

    def delete(self, native_id: str) -> None:
        """Take that post away."""

    def lose_answer(self) -> None:
        """Let the next reply be carried out and its answer lost."""

    def refuse(self) -> None:
        """Let the next reply be refused by the server."""

    def rate_limit(self) -> None:
        """Let the next reply meet a rate limit."""

    def break_listing(self) -> None:
        """Let our own posts be unreadable once."""

    def count(self) -> int:
        """How many replies of ours the server has."""


def row(bench: Rig, native_id: str = "", post_key: str = "", **changes: Any) -> Reply:
    """An approved outbox row that answers a post, as the pipeline would draft it."""
    key = f"{post_key}/receipt"
    reference = compose.reference(SECRET, key)
    draft = compose.compose(
        Purpose.RECEIPT,
        catalogue=shipped(),
        hotline="110",
        reference=reference,
        handle=bench.to_handle,
        language=Language.EN,
        platform=Platform(bench.sender.platform),
    )
    assert isinstance(draft, compose.Draft)
    now = datetime.now(UTC)
    made = Reply(
        key=key,
        post_key=post_key,
        purpose=Purpose.RECEIPT,
        platform=bench.sender.platform,
        account=bench.sender.account,
        to_native_id=native_id,
        to_handle=bench.to_handle,
        text=draft.text,
        language=draft.language,
        visibility="unlisted",
        reference=reference,
        idempotency_key=compose.idempotency_key(SECRET, key),
        state=ReplyState.SENDING,
        level=Level.CONFIRM,
        consent="named_us",
        drafted_at=now,
        not_before=now,
        expires_at=now + timedelta(days=1),
    )
    return replace(made, **changes)


class SenderContract:
    """The suite. A subclass gives the fixture `bench`."""

    @pytest.fixture
    def bench(self) -> Bench:
        raise NotImplementedError

    @pytest.fixture
    def reply(self, bench: Bench) -> Reply:
        return row(bench, *bench.post())

    def test_it_is_a_sender(self, bench: Bench) -> None:
        assert isinstance(bench.sender, Sender)
        assert bench.sender.limits.max_length > 0
        assert bench.sender.limits.source

    def test_a_sent_reply_is_found_again_with_the_same_id(self, bench: Bench, reply: Reply) -> None:
        sent = bench.sender.send(reply)
        found = bench.sender.find(reply)
        assert isinstance(sent, Receipt)
        assert isinstance(found, Receipt)
        assert (found.id, found.text_digest) == (sent.id, sent.text_digest)
        assert bench.count() == 1

    def test_the_receipt_carries_the_digest_of_the_text_and_an_aware_time(
        self, bench: Bench, reply: Reply
    ) -> None:
        sent = bench.sender.send(reply)
        assert isinstance(sent, Receipt)
        assert sent.text_digest == hashlib.sha256(reply.text.encode()).hexdigest()
        assert sent.at.tzinfo is not None
        assert sent.url

    def test_a_lost_answer_is_unknown_and_the_reply_is_then_found(self, bench: Bench, reply: Reply) -> None:
        bench.lose_answer()
        assert isinstance(bench.sender.send(reply), Unknown)
        assert isinstance(bench.sender.find(reply), Receipt)
        assert bench.count() == 1

    def test_a_reply_that_was_never_sent_is_absent(self, bench: Bench, reply: Reply) -> None:
        assert isinstance(bench.sender.find(reply), Absent)

    def test_another_reply_to_the_same_post_is_not_mistaken_for_it(self, bench: Bench, reply: Reply) -> None:
        bench.sender.send(reply)
        other = row(bench, reply.to_native_id, reply.post_key + "-other")
        assert isinstance(bench.sender.find(other), Absent)

    def test_a_second_send_with_the_same_key_shows_whether_the_server_honours_it(
        self, bench: Bench, reply: Reply
    ) -> None:
        first, second = bench.sender.send(reply), bench.sender.send(reply)
        assert isinstance(first, Receipt)
        if getattr(bench, "refuses_doubles", False):
            # The same words again are refused, which does not say whether the first stand.
            assert isinstance(second, Unknown)
            assert bench.count() == 1
            return
        assert isinstance(second, Receipt)
        assert (first.id == second.id) is bench.honours_keys
        assert bench.count() == (1 if bench.honours_keys else 2)

    def test_looking_first_makes_it_exactly_one_whatever_the_server_honours(
        self, bench: Bench, reply: Reply
    ) -> None:
        for attempt in range(3):
            bench.lose_answer()
            if attempt == 0 or isinstance(bench.sender.find(reply), Absent):
                bench.sender.send(reply)
        assert bench.count() == 1

    def test_a_standing_post_may_be_answered(self, bench: Bench, reply: Reply) -> None:
        assert bench.sender.may_answer(reply) == ""

    def test_a_deleted_post_must_not_be_answered(self, bench: Bench, reply: Reply) -> None:
        bench.delete(reply.to_native_id)
        assert bench.sender.may_answer(reply) == "the post is gone"

    def test_an_edit_that_no_longer_names_us_withdraws_the_invitation(
        self, bench: Bench, reply: Reply
    ) -> None:
        bench.edit(reply.to_native_id, names_us=False)
        assert "no longer names" in bench.sender.may_answer(reply)

    def test_an_edit_that_still_names_us_changes_nothing(self, bench: Bench, reply: Reply) -> None:
        bench.edit(reply.to_native_id, names_us=True)
        assert bench.sender.may_answer(reply) == ""

    def test_a_text_that_is_too_long_is_refused_and_never_sent(self, bench: Bench, reply: Reply) -> None:
        padding = "x" * (2 * bench.sender.limits.max_length)  # some count two letters as one
        long = replace(reply, text=f"@{reply.to_handle} {padding} {reply.reference}")
        answer = bench.sender.send(long)
        assert isinstance(answer, Refused)
        assert "too long" in answer.why
        assert bench.count() == 0

    def test_a_refusal_of_the_server_is_refused(self, bench: Bench, reply: Reply) -> None:
        bench.refuse()
        answer = bench.sender.send(reply)
        assert isinstance(answer, Refused)
        assert answer.why
        assert bench.count() == 0

    def test_a_rate_limit_raises_before_anything_is_sent(self, bench: Bench, reply: Reply) -> None:
        bench.rate_limit()
        with pytest.raises(RateLimited) as caught:
            bench.sender.send(reply)
        assert caught.value.retry_after > timedelta(0)
        assert bench.count() == 0

    def test_it_is_unknown_while_our_own_posts_cannot_be_listed(self, bench: Bench, reply: Reply) -> None:
        bench.break_listing()
        assert isinstance(bench.sender.find(reply), Unknown)

    def test_withdrawing_twice_is_withdrawing_once(self, bench: Bench, reply: Reply) -> None:
        sent = bench.sender.send(reply)
        assert isinstance(sent, Receipt)
        for _ in range(2):
            withdrawn = bench.sender.withdraw(sent)
            assert isinstance(withdrawn, Receipt)
            assert (withdrawn.id, withdrawn.text_digest) == (sent.id, sent.text_digest)
        assert bench.count() == 0
        assert isinstance(bench.sender.find(reply), Absent)
