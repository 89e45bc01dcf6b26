"""The Weibo sender against the stand-in for Weibo."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.senders.base import ChecksItself
from store.errors import NeedsPerson, RateLimited, Unreachable
from store.records.reply import Absent, Level, Receipt, Refused, Reply, Unknown
from tests.contract.senders.contract import Bench, SenderContract, row
from tests.contract.senders.weibo_bench import BY_ME, CREATE, RIP, ROOMY, WeiboBench
from tests.servers.weibo import WeiboServer


@pytest.fixture(scope="module")
def server() -> Iterator[WeiboServer]:
    with WeiboServer(budgets=ROOMY) as running:
        yield running


@pytest.fixture
def bench(server: WeiboServer) -> Iterator[WeiboBench]:
    made = WeiboBench(server)
    made.clear()
    yield made
    made.sender.close()


@pytest.fixture
def reply(bench: WeiboBench) -> Reply:
    return row(bench, *bench.post())


class TestWeibo(SenderContract):
    @pytest.fixture
    def bench(self, server: WeiboServer) -> Iterator[Bench]:
        made = WeiboBench(server)
        made.clear()
        yield made
        made.sender.close()


def writes(bench: WeiboBench) -> int:
    return len(bench.server.requests_to("comments/create"))


@pytest.mark.parametrize("code", [20017, "20019", 20032, 20111, 10009, 10010, 29999])
def test_a_code_that_decides_nothing_is_unknown_and_our_comments_tell(
    bench: WeiboBench, reply: Reply, code: int | str
) -> None:
    bench.code(code)
    answer = bench.sender.send(reply)
    assert isinstance(answer, Unknown) and str(code) in answer.why
    assert isinstance(bench.sender.find(reply), Absent)
    assert isinstance(bench.sender.send(reply), Receipt)


@pytest.mark.parametrize("code", [20012, 20021, 20101, "20112", 20206, 20207, 10017])
def test_a_code_about_this_comment_is_refused(bench: WeiboBench, reply: Reply, code: int | str) -> None:
    bench.code(code)
    answer = bench.sender.send(reply)
    assert isinstance(answer, Refused) and str(code) in answer.why


@pytest.mark.parametrize("code", [10022, 10023, 10024, 20016, 10014, 10032, 21321, 20031])
def test_a_limit_or_a_missing_right_waits_and_nothing_was_written(
    bench: WeiboBench, reply: Reply, code: int
) -> None:
    bench.code(code, 403)
    with pytest.raises(RateLimited) as caught:
        bench.sender.send(reply)
    assert str(code) in caught.value.detail
    assert bench.count() == 0


def test_a_second_try_is_repeated_content_and_our_comments_tell(bench: WeiboBench, reply: Reply) -> None:
    bench.lose_answer()
    assert isinstance(bench.sender.send(reply), Unknown)
    again = bench.sender.send(reply)
    assert isinstance(again, Unknown) and "20019" in again.why
    assert isinstance(bench.sender.find(reply), Receipt)
    assert bench.count() == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": "<html>"},
        {"status": 503},
        {"status": 302},
        {"cut_at": 7},
        {"status": 200, "body": "{}"},
        {"status": 200, "body": b"\xff\xfe"},
        {"status": 200, "body": "[]"},
    ],
)
def test_an_answer_that_cannot_be_read_is_unknown_though_the_server_acted(
    bench: WeiboBench, reply: Reply, fault: dict[str, Any]
) -> None:
    bench.server.add_fault(acts=True, **{**CREATE, **fault})
    assert isinstance(bench.sender.send(reply), Unknown)
    assert isinstance(bench.sender.find(reply), Receipt)


@pytest.mark.parametrize("rip", ["", "here", "203.0.113"])
def test_without_the_acting_address_nothing_leaves_and_none_is_made_up(
    bench: WeiboBench, reply: Reply, rip: str
) -> None:
    before = writes(bench)
    bare = bench.new_sender(rip=rip)
    with pytest.raises(NeedsPerson) as caught:
        bare.may_answer(reply)
    assert "accounts.weibo.rip" in caught.value.detail
    assert isinstance(bare.send(reply), Refused)
    assert [each.ok for each in bare.check()] == [True, False]
    assert writes(bench) == before
    bare.close()


def test_the_acting_address_and_the_post_travel_with_the_comment(bench: WeiboBench, reply: Reply) -> None:
    bench.sender.send(reply)
    (made,) = bench.server.comments_by_bot(int(reply.to_native_id))
    assert made.rip == RIP
    form = bench.server.requests_to("comments/create")[-1].form
    assert form["comment_ori"] == "0"
    assert form["comment"] == reply.text


def test_a_new_token_of_the_operator_takes_the_place_of_one_that_is_over(
    bench: WeiboBench, reply: Reply
) -> None:
    assert bench.sender.may_answer(reply) == ""
    bench.code(21327, 403)
    bench.sender._sessions._way._token = bench.server.new_token(bench.server.bot_uid)  # type: ignore[attr-defined]
    assert isinstance(bench.sender.send(reply), Receipt)
    assert bench.count() == 1


def test_a_token_that_is_refused_needs_a_person(bench: WeiboBench, reply: Reply) -> None:
    wrong = bench.new_sender(token="nonsense")
    with pytest.raises(NeedsPerson):
        wrong.may_answer(reply)
    assert isinstance(wrong.find(reply), Unknown)
    assert [each.ok for each in wrong.check()] == [False, True]
    wrong.close()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"visible": 1}, "not public"),
        ({"extra": {"isLongText": True}, "text": "很长的话…"}, "no longer names"),
    ],
)
def test_a_post_that_is_not_for_us_is_not_answered(
    bench: WeiboBench, fields: dict[str, Any], words: str
) -> None:
    assert words in bench.sender.may_answer(row(bench, *bench.post(**fields)))


def test_who_asks_bots_to_keep_away_is_not_answered(bench: WeiboBench, reply: Reply) -> None:
    bench.server.add_user("路人甲", description="猫 #nobot")
    try:
        assert "keep away" in bench.sender.may_answer(reply)
    finally:
        bench.server.add_user("路人甲", description="猫")


def test_what_stands_below_a_post_is_left_to_the_team(bench: WeiboBench, reply: Reply) -> None:
    below = replace(reply, post_key="weibo:comment/4700000000000001")
    before = writes(bench)
    assert "own hand" in bench.sender.may_answer(below)
    assert isinstance(bench.sender.send(below), Refused)
    assert writes(bench) == before


@pytest.mark.parametrize(
    "change",
    [
        {"visibility": "direct"},
        {"level": Level.DRY_RUN},
        {"platform": "x"},
        {"account": "别人"},
        {"idempotency_key": ""},
        {"reference": "ZZZZZZ"},
    ],
)
def test_a_row_that_breaks_a_rule_never_leaves(
    bench: WeiboBench, reply: Reply, change: dict[str, Any]
) -> None:
    before = writes(bench)
    assert isinstance(bench.sender.send(replace(reply, **change)), Refused)
    assert writes(bench) == before


def test_our_comments_are_read_to_their_end(bench: WeiboBench, reply: Reply) -> None:
    assert isinstance(bench.sender.send(reply), Receipt)
    for number in range(220):
        bench.server.add_comment(int(reply.to_native_id), f"别的话 {number}", author=bench.server.bot)
    assert isinstance(bench.sender.find(reply), Receipt)
    other = row(bench, *bench.post())
    bench.server.add_fault(status=503, body="<html>", skip=1, **BY_ME)
    assert isinstance(bench.sender.find(other), Unknown)
    assert isinstance(bench.sender.find(other), Absent)


def test_no_connection_raises_and_nothing_was_sent(bench: WeiboBench, reply: Reply) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = bench.new_sender(server=f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(Unreachable) as caught:
            nowhere.send(reply)
        assert "nothing was sent" in str(caught.value)
        assert isinstance(nowhere.find(reply), Unknown)
        nowhere.close()


def test_trying_itself_out_writes_nothing(bench: WeiboBench) -> None:
    before = writes(bench)
    assert isinstance(bench.sender, ChecksItself)
    assert [(each.part, each.ok) for each in bench.sender.check()] == [("token", True), ("rip", True)]
    assert writes(bench) == before


def test_no_error_repeats_the_token(bench: WeiboBench, reply: Reply) -> None:
    bench.server.add_fault(status=403, body='{"error_code": 10014, "error": "token bot-token"}', **CREATE)
    with pytest.raises(RateLimited) as caught:
        bench.sender.send(reply)
    assert bench.server.bot_token not in str(caught.value)
