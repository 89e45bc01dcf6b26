"""The X sender through tweepy against the stand-in for X."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.senders.base import ChecksItself
from collectors.x_books import Books
from collectors.x_budget import MICROS, Caps, Cost, Prices
from collectors.x_ledger import SharedLedger
from store.errors import NeedsPerson, RateLimited, Unreachable
from store.records.reply import Absent, Level, Receipt, Refused, Reply, Unknown
from tests.contract.senders.contract import Bench, SenderContract, row
from tests.contract.senders.x_bench import CREATE, TIMELINE, XBench
from tests.servers.x import XServer


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer(limits=dict.fromkeys(("create", "me", "timeline", "lookup_one"), (None, None))) as running:
        yield running


@pytest.fixture
def bench(server: XServer) -> Iterator[XBench]:
    made = XBench(server)
    made.clear()
    yield made
    made.sender.close()


@pytest.fixture
def reply(bench: XBench) -> Reply:
    return row(bench, *bench.post())


class TestX(SenderContract):
    @pytest.fixture
    def bench(self, server: XServer) -> Iterator[Bench]:
        made = XBench(server)
        made.clear()
        yield made
        made.sender.close()


def posts(bench: XBench) -> int:
    return len(bench.server.requests_to("^/2/tweets$", "POST"))


def test_a_duplicate_may_stand_already_and_the_timeline_tells(bench: XBench, reply: Reply) -> None:
    bench.lose_answer()
    assert isinstance(bench.sender.send(reply), Unknown)
    again = bench.sender.send(reply)
    assert isinstance(again, Unknown) and "duplicate" in again.why
    assert isinstance(bench.sender.find(reply), Receipt)
    assert bench.count() == 1


def test_words_that_stood_elsewhere_before_are_not_taken_for_the_reply(bench: XBench, reply: Reply) -> None:
    bench.fault(CREATE, status=403, body='{"detail": "You are not allowed to create duplicate content."}')
    assert isinstance(bench.sender.send(reply), Unknown)
    assert isinstance(bench.sender.find(reply), Absent)


@pytest.mark.parametrize("status", [302, 408, 409, 500, 502, 503])
def test_an_answer_that_decides_nothing_is_unknown(bench: XBench, reply: Reply, status: int) -> None:
    bench.fault(CREATE, status=status, body="{}", acts=True)
    assert isinstance(bench.sender.send(reply), Unknown)
    assert isinstance(bench.sender.find(reply), Receipt)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_an_answer_of_the_4xx_class_is_refused(bench: XBench, reply: Reply, status: int) -> None:
    bench.fault(CREATE, status=status, body=json.dumps({"title": "No", "detail": "not like this"}))
    answer = bench.sender.send(reply)
    assert isinstance(answer, Refused)
    assert "not like this" in answer.why


@pytest.mark.parametrize(
    "fault", [{"cut_at": 5}, {"body": b"{}", "status": 201}, {"body": b"\xff\xfe", "status": 201}]
)
def test_an_answer_that_cannot_be_read_is_unknown(bench: XBench, reply: Reply, fault: dict[str, Any]) -> None:
    bench.fault(CREATE, **fault, acts=True)
    assert isinstance(bench.sender.send(reply), Unknown)
    assert isinstance(bench.sender.find(reply), Receipt)


@pytest.mark.parametrize("kind", ["usage-capped", "credits"])
def test_used_up_money_at_x_waits_and_nothing_was_sent(bench: XBench, reply: Reply, kind: str) -> None:
    problem = {"type": f"https://api.x.com/2/problems/{kind}", "title": "Capped"}
    bench.fault(CREATE, status=402 if kind == "credits" else 429, body=json.dumps(problem))
    with pytest.raises(RateLimited):
        bench.sender.send(reply)
    assert bench.count() == 0


def test_an_expired_token_is_renewed_and_the_reply_goes_out_once(bench: XBench, reply: Reply) -> None:
    assert bench.sender.may_answer(reply) == ""
    bench.server.expire_tokens()
    assert isinstance(bench.sender.send(reply), Receipt)
    assert bench.count() == 1


def test_the_renewed_refresh_token_outlives_the_sender(bench: XBench, reply: Reply) -> None:
    assert bench.sender.may_answer(reply) == ""
    renewals = len(bench.server.requests_to("oauth2/token"))
    again = bench.new_sender()
    assert isinstance(again.send(reply), Receipt)
    assert len(bench.server.requests_to("oauth2/token")) == renewals
    again.close()


def test_the_newest_version_of_an_edited_post_is_answered(bench: XBench, reply: Reply) -> None:
    bench.edit(reply.to_native_id, names_us=True)
    assert bench.sender.may_answer(reply) == ""
    sent = bench.sender.send(reply)
    assert isinstance(sent, Receipt)
    newest = bench.server.raw_post(reply.to_native_id).history[-1]
    assert newest != reply.to_native_id
    assert dict(bench.server.raw_post(sent.id).references)["replied_to"] == newest


def test_a_quote_of_our_post_is_a_summons(bench: XBench) -> None:
    ours = bench.server.add_post("please look", author="homeward")
    reply = row(bench, *bench.post("seen here", quote_of=ours))
    assert bench.sender.may_answer(reply) == ""
    assert isinstance(bench.sender.send(reply), Receipt)
    bench.server.raw_post(reply.to_native_id).reply_settings = "following"
    assert "lets nobody" in bench.sender.may_answer(reply)


def test_an_answer_to_our_post_that_does_not_name_us_is_no_summons(bench: XBench) -> None:
    ours = bench.server.add_post("please look", author="homeward")
    reply = row(bench, *bench.post("seen here", reply_to=ours))
    assert "no longer names" in bench.sender.may_answer(reply)


def test_who_asks_bots_to_keep_away_or_hides_is_not_answered(bench: XBench, reply: Reply) -> None:
    bench.server.add_user("finder", description="cats #nobot")
    assert "keep away" in bench.sender.may_answer(reply)
    bench.server.add_user("finder", description="cats")
    bench.server.protect("finder")
    try:
        assert "not public" in bench.sender.may_answer(reply)
    finally:
        bench.server.protect("finder", False)


@pytest.mark.parametrize(
    "change",
    [
        {"visibility": "direct"},
        {"level": Level.DRY_RUN},
        {"platform": "weibo"},
        {"account": "other"},
        {"idempotency_key": ""},
        {"reference": "ZZZZZZ"},
    ],
)
def test_a_row_that_breaks_a_rule_never_leaves(bench: XBench, reply: Reply, change: dict[str, Any]) -> None:
    before = posts(bench)
    assert isinstance(bench.sender.send(replace(reply, **change)), Refused)
    assert posts(bench) == before


def test_a_link_never_leaves(bench: XBench, reply: Reply) -> None:
    linked = replace(reply, text=f"see example.org {reply.reference}")
    before = posts(bench)
    answer = bench.sender.send(linked)
    assert isinstance(answer, Refused) and "link" in answer.why
    assert posts(bench) == before


def test_our_timeline_is_read_to_its_end(bench: XBench, reply: Reply) -> None:
    assert isinstance(bench.sender.send(reply), Receipt)
    for number in range(120):
        bench.server.add_post(f"other words {number}", author="homeward")
    assert isinstance(bench.sender.find(reply), Receipt)
    bench.fault(TIMELINE, status=503, body="{}", skip=1)
    other = row(bench, *bench.post())
    assert isinstance(bench.sender.find(other), Unknown)
    assert isinstance(bench.sender.find(other), Absent)


def test_no_connection_raises_and_nothing_was_sent(bench: XBench, reply: Reply) -> None:
    assert bench.sender.may_answer(reply) == ""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = bench.new_sender(server=f"http://127.0.0.1:{closed.getsockname()[1]}")
        nowhere._us = bench.sender._us
        with pytest.raises(Unreachable) as caught:
            nowhere.send(reply)
        assert "nothing was sent" in str(caught.value)
        assert isinstance(nowhere.find(reply), Unknown)
        nowhere.close()


def test_a_token_of_another_account_needs_a_person(bench: XBench, reply: Reply) -> None:
    other = bench.new_sender(handle="somebody")
    with pytest.raises(NeedsPerson):
        other.may_answer(reply)
    other.close()


def test_trying_itself_out_posts_nothing_and_tells_rights_and_money(bench: XBench) -> None:
    before = posts(bench)
    assert isinstance(bench.sender, ChecksItself)
    rights, money = bench.sender.check()
    assert rights.ok and money.ok and "USD" in money.words
    bench.vault.values.clear()
    reader = bench.new_sender(scopes=("tweet.read", "users.read", "offline.access"))
    assert [each.ok for each in reader.check()] == [False, True]
    assert posts(bench) == before
    reader.close()


# ---- one book for collecting and replying


def collector_books(bench: XBench, dollars: float) -> Books:
    clock = lambda: bench.now  # noqa: E731
    shared = SharedLedger(bench.vault, "homeward", "x-source", clock)
    return Books("x-source", Caps(micros=round(dollars * MICROS)), Prices(), clock, shared)


def test_what_collecting_spends_is_missing_for_replies_until_the_month_ends(
    bench: XBench, reply: Reply
) -> None:
    books = collector_books(bench, 5)
    assert bench.sender.may_answer(reply) == ""
    books.spend("found", Cost(100, 5 * MICROS - 20_000))
    before = posts(bench)
    with pytest.raises(RateLimited) as caught:
        bench.sender.may_answer(reply)
    assert "month" in caught.value.detail
    assert posts(bench) == before
    bench.now += caught.value.retry_after + timedelta(seconds=1)
    bench.sender.close()
    bench.sender = bench.new_sender()
    assert bench.sender.may_answer(reply) == ""


def test_what_replies_spend_is_missing_for_collecting(bench: XBench, reply: Reply) -> None:
    books = collector_books(bench, 5)
    books.spend("found", Cost(1, 1))
    before = books.budget({}).remaining
    for _ in range(3):
        bench.sender.may_answer(row(bench, *bench.post()))
    bench.sender.send(reply)
    after = books.budget({}).remaining
    assert before is not None and after is not None and after < before
    used = bench.sender._books._shared
    assert used is not None
    spent = sum(tally.micros for tally in used.own().values())
    # Never below the bill; the stand-in charges each thing once a day.
    assert spent >= 10_000 + 3 * 5_000 + 10_000


def test_a_restart_forgets_nothing_that_was_spent(bench: XBench, reply: Reply) -> None:
    bench.sender.send(reply)
    first = bench.sender._books._shared
    again = bench.new_sender()
    second = again._books._shared
    assert first is not None and second is not None and first.own() == second.own() != {}
    again.may_answer(row(bench, *bench.post()))
    assert sum(t.micros for t in second.own().values()) > 10_000
    again.close()
