"""The Mastodon sender through the real client library against a server on loopback."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.senders.base import ChecksItself, TellsProfile
from store.errors import ConfigError, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.reply import Absent, Level, Receipt, Refused, Reply, Unknown
from tests.contract.senders.contract import Bench, SenderContract, row
from tests.contract.senders.mastodon_bench import POST, MastodonBench, fresh
from tests.servers.mastodon import MockMastodon

pytestmark = pytest.mark.servers


class TestMastodon(SenderContract):
    @pytest.fixture
    def bench(self, honouring: MastodonBench) -> Bench:
        return fresh(honouring)


class TestMastodonThatIgnoresKeys(SenderContract):
    @pytest.fixture
    def bench(self, ignoring: MastodonBench) -> Bench:
        return fresh(ignoring)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_an_answer_of_the_4xx_class_is_refused(bench: MastodonBench, reply: Reply, status: int) -> None:
    bench.server.fault(*POST, type="status", status=status, body={"error": "not like this"})
    answer = bench.sender.send(reply)
    assert isinstance(answer, Refused)
    assert str(status) in answer.why
    assert "not like this" in answer.why
    assert isinstance(bench.sender.find(reply), Absent)


@pytest.mark.parametrize("status", [302, 408, 409, 500, 502, 503, 504, 520])
def test_an_answer_that_decides_nothing_is_unknown(bench: MastodonBench, reply: Reply, status: int) -> None:
    bench.server.fault(*POST, type="status", status=status, headers={"Location": bench.server.base_url + "/"})
    answer = bench.sender.send(reply)
    assert isinstance(answer, Unknown)
    assert str(status) in answer.why


@pytest.mark.parametrize("truncate", [True, False])
def test_an_answer_that_cannot_be_read_is_unknown(bench: MastodonBench, reply: Reply, truncate: bool) -> None:
    bench.server.fault(*POST, type="malformed", truncate=truncate)
    assert isinstance(bench.sender.send(reply), Unknown)


@pytest.mark.parametrize("body", [[], {}, {"id": "7"}, "sent", {"id": "7", "content": "<p>other words</p>"}])
def test_an_answer_that_is_not_our_post_is_unknown(bench: MastodonBench, reply: Reply, body: object) -> None:
    bench.server.fault(*POST, type="status", status=200, body=body)
    assert isinstance(bench.sender.send(reply), Unknown)


def test_a_success_with_an_unreadable_limit_header_is_no_rate_limit(
    bench: MastodonBench, reply: Reply
) -> None:
    headers = {"X-RateLimit-Reset": "soon", "X-RateLimit-Remaining": "1", "X-RateLimit-Limit": "300"}
    bench.server.fault(*POST, type="status", status=200, body={"id": "7"}, headers=headers)
    assert isinstance(bench.sender.send(reply), Unknown)


def test_silence_after_the_server_acted_is_unknown_and_then_found(bench: MastodonBench, reply: Reply) -> None:
    hasty = bench.new_sender(timeout_s=0.5)
    bench.server.lose_answers(1, "silence")
    assert isinstance(hasty.send(reply), Unknown)
    assert isinstance(hasty.find(reply), Receipt)
    hasty.close()


def test_a_refused_connection_raises_and_nothing_was_sent(bench: MastodonBench, reply: Reply) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = bench.new_sender(base_url=f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(Unreachable):
            nowhere.may_answer(reply)
        with pytest.raises(Unreachable):
            nowhere.withdraw(Receipt("1", "", bench.now, ""))
        assert isinstance(nowhere.find(reply), Unknown)
        nowhere.close()


def test_a_server_that_vanishes_before_the_request_is_not_taken_for_a_lost_answer() -> None:
    with MockMastodon() as server:
        short_lived = MastodonBench(server, honours_keys=True)
        reply = row(short_lived, *short_lived.post())
        assert short_lived.sender.may_answer(reply) == ""
    with pytest.raises(Unreachable) as caught:
        short_lived.sender.send(reply)
    assert "nothing was sent" in str(caught.value)
    short_lived.sender.close()


def test_another_error_being_handled_is_not_taken_for_a_refused_connection(
    bench: MastodonBench, reply: Reply
) -> None:
    from urllib3.exceptions import NewConnectionError

    bench.server.lose_answers(1, "silence")
    hasty = bench.new_sender(timeout_s=0.5)
    try:
        raise NewConnectionError(None, "somebody else's trouble")  # type: ignore[arg-type]
    except NewConnectionError:
        answer = hasty.send(reply)
    assert isinstance(answer, Unknown)
    hasty.close()


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "42"}, 42),
        ({"Retry-After": "999999"}, 3 * 3600),
        ({"Retry-After": "later", "X-RateLimit-Reset": "not a time"}, 300),
        ({"Retry-After": "0"}, 1),
    ],
)
def test_the_wait_is_read_from_the_answer(
    bench: MastodonBench, reply: Reply, headers: dict[str, str], wait_s: int
) -> None:
    bench.server.fault(*POST, type="status", status=429, headers=headers)
    with pytest.raises(RateLimited) as caught:
        bench.sender.send(reply)
    assert caught.value.retry_after == timedelta(seconds=wait_s)


def test_the_reset_time_is_read_against_the_servers_own_clock(bench: MastodonBench, reply: Reply) -> None:
    reset = datetime.now(UTC) + timedelta(seconds=90)
    bench.now += timedelta(hours=5)  # our clock is wrong
    bench.server.fault(*POST, type="status", status=429, headers={"X-RateLimit-Reset": reset.isoformat()})
    with pytest.raises(RateLimited) as caught:
        bench.sender.send(reply)
    assert timedelta(seconds=80) < caught.value.retry_after < timedelta(seconds=100)


def test_a_reply_is_unlisted_names_the_author_and_stands_below_the_post(
    bench: MastodonBench, reply: Reply
) -> None:
    sent = bench.sender.send(reply)
    assert isinstance(sent, Receipt)
    status = bench.server.call("GET", f"/api/v1/statuses/{sent.id}", bench.server.bot_token)
    assert status["visibility"] == "unlisted"
    assert status["in_reply_to_id"] == reply.to_native_id
    assert [mention["acct"] for mention in status["mentions"]] == [bench.server.poster_handle]


def test_a_direct_reply_is_found_again(bench: MastodonBench, reply: Reply) -> None:
    private = replace(reply, visibility="direct")
    sent = bench.sender.send(private)
    found = bench.sender.find(private)
    assert isinstance(sent, Receipt)
    assert isinstance(found, Receipt)
    assert sent.id == found.id


@pytest.mark.parametrize(
    "change",
    [
        {"visibility": "public"},
        {"visibility": "private"},
        {"level": Level.DRY_RUN},
        {"platform": "x"},
        {"account": "other@example.social"},
        {"idempotency_key": ""},
        {"reference": "ZZZZZZ"},
        {"to_handle": "somebody@else.example"},
    ],
)
def test_a_row_that_breaks_a_rule_never_leaves(
    bench: MastodonBench, reply: Reply, change: dict[str, Any]
) -> None:
    before = bench.server.posts_seen()
    assert isinstance(bench.sender.send(replace(reply, **change)), Refused)
    assert bench.server.posts_seen() == before


def test_a_post_seen_on_another_server_is_resolved_by_its_address(bench: MastodonBench, reply: Reply) -> None:
    elsewhere = replace(reply, to_native_id="")
    assert bench.sender.resolve(reply.post_key.removeprefix("mastodon:")) == reply.to_native_id
    assert bench.sender.may_answer(elsewhere) == ""
    sent = bench.sender.send(elsewhere)
    assert isinstance(sent, Receipt)
    status = bench.server.call("GET", f"/api/v1/statuses/{sent.id}", bench.server.bot_token)
    assert status["in_reply_to_id"] == reply.to_native_id


def test_a_post_that_our_server_does_not_find_waits(bench: MastodonBench, reply: Reply) -> None:
    unknown = replace(reply, to_native_id="", post_key="mastodon:https://nowhere.example/users/a/statuses/1")
    before = bench.server.posts_seen()
    with pytest.raises(Unreachable):
        bench.sender.may_answer(unknown)
    with pytest.raises(Unreachable):
        bench.sender.send(unknown)
    assert bench.server.posts_seen() == before


def test_what_search_merely_resembles_is_not_taken_for_the_post(bench: MastodonBench) -> None:
    status = {"id": "1", "uri": "https://nowhere.example/other", "url": None}
    bench.server.fault("GET", "/api/v2/search", type="status", status=200, body={"statuses": [status]})
    assert bench.sender.resolve("https://nowhere.example/this") == ""


def test_an_id_of_another_server_never_leads_to_the_wrong_post(bench: MastodonBench, reply: Reply) -> None:
    other, _ = bench.post()
    mistaken = replace(reply, to_native_id=other)
    assert bench.sender.may_answer(mistaken) == ""
    sent = bench.sender.send(mistaken)
    assert isinstance(sent, Receipt)
    status = bench.server.call("GET", f"/api/v1/statuses/{sent.id}", bench.server.bot_token)
    assert status["in_reply_to_id"] == reply.to_native_id
    restarted = bench.new_sender()
    found = restarted.find(mistaken)
    assert isinstance(found, Receipt)
    assert found.id == sent.id
    restarted.close()


def test_an_id_that_our_server_does_not_know_is_resolved_by_the_address(
    bench: MastodonBench, reply: Reply
) -> None:
    strange = replace(reply, to_native_id="01HZX3SOMEWHEREELSE")
    path = "/api/v2/search"
    elsewhere = "https://elsewhere.example/users/finder/statuses/9"
    status = bench.server.call("GET", f"/api/v1/statuses/{reply.to_native_id}", bench.server.bot_token)
    body = {"statuses": [{**status, "uri": elsewhere}]}
    bench.server.fault("GET", path, type="status", status=200, body=body)
    sent = bench.sender.send(replace(strange, post_key=f"mastodon:{elsewhere}"))
    assert isinstance(sent, Receipt)
    made = bench.server.call("GET", f"/api/v1/statuses/{sent.id}", bench.server.bot_token)
    assert made["in_reply_to_id"] == reply.to_native_id


def test_sending_to_a_post_that_is_gone_is_refused(bench: MastodonBench, reply: Reply) -> None:
    bench.delete(reply.to_native_id)
    before = bench.server.posts_seen()
    assert isinstance(bench.sender.send(reply), Refused)
    assert bench.server.posts_seen() == before


def test_a_token_of_another_account_needs_a_person(bench: MastodonBench, reply: Reply) -> None:
    wrong = bench.new_sender(access_token=bench.server.poster_token)
    bench.edit(reply.to_native_id, names_us=True)
    with pytest.raises(NeedsPerson):
        wrong.may_answer(reply)
    found = wrong.find(reply)
    assert isinstance(found, Unknown)
    assert "another account" in found.why
    wrong.close()


def test_a_revoked_token_needs_a_person(bench: MastodonBench, reply: Reply) -> None:
    bench.server.fault("GET", f"/api/v1/statuses/{reply.to_native_id}", type="status", status=401)
    with pytest.raises(NeedsPerson):
        bench.sender.may_answer(reply)


def test_an_author_who_now_asks_bots_to_keep_away_is_not_answered(bench: MastodonBench, reply: Reply) -> None:
    path = "/api/v1/accounts/update_credentials"
    bench.server.call("PATCH", path, bench.server.poster_token, note="cats, trains, #NoBot")
    try:
        assert "keep away" in bench.sender.may_answer(reply)
    finally:
        bench.server.call("PATCH", path, bench.server.poster_token, note="cats")
    assert bench.sender.may_answer(reply) == ""


def test_a_reply_is_never_seen_by_more_people_than_the_post(bench: MastodonBench) -> None:
    status = bench.server.post("@homeward for your eyes", visibility="direct")
    private = row(bench, status["id"], f"mastodon:{status['uri']}")
    assert "not public" in bench.sender.may_answer(private)
    assert bench.sender.may_answer(replace(private, visibility="direct")) == ""


@pytest.mark.parametrize("address", ["http://example.social", "example.social", "ftp://example.social", ""])
def test_a_token_never_travels_in_the_open(bench: MastodonBench, address: str) -> None:
    with pytest.raises(ConfigError):
        bench.new_sender(base_url=address)


ODD_STATUSES: list[dict[str, Any]] = [
    {"mentions": ["homeward"], "edited_at": "2026-05-25T08:00:00Z", "account": "lin", "quote": "x"},
    {"mentions": None, "edited_at": 7, "account": {"note": None, "fields": [None, {"value": None}]}},
    {"mentions": {"id": 1}, "account": [], "visibility": ["public"], "in_reply_to_account_id": {}},
]


@pytest.mark.parametrize("odd", ODD_STATUSES)
def test_a_status_of_an_odd_shape_gives_words_or_a_typed_error(
    bench: MastodonBench, reply: Reply, odd: dict[str, Any]
) -> None:
    uri = reply.post_key.removeprefix("mastodon:")
    path = f"/api/v1/statuses/{reply.to_native_id}"
    body = {"id": reply.to_native_id, "uri": uri, **odd}
    bench.server.fault("GET", path, type="status", status=200, body=body)
    try:
        assert isinstance(bench.sender.may_answer(reply), str)
    except SourceError as error:
        assert error.subject == bench.sender.account


def test_no_error_repeats_what_the_server_sent(bench: MastodonBench, reply: Reply) -> None:
    path = f"/api/v1/statuses/{reply.to_native_id}"
    bench.server.fault("GET", path, type="status", status=200, body="the words of a post")
    with pytest.raises(Exception) as caught:
        bench.sender.may_answer(reply)
    assert "words" not in str(caught.value)


def test_trying_itself_out_tells_whose_token_it_is_and_the_bot_label(bench: MastodonBench) -> None:
    assert isinstance(bench.sender, ChecksItself)
    first, *_ = bench.sender.check()
    assert (first.part, first.ok) == ("account", True)
    path = "/api/v1/accounts/verify_credentials"
    bench.server.fault("GET", path, type="status", status=401, body={"error": "revoked"})
    (found,) = bench.new_sender().check()
    assert not found.ok and "401" in found.words


def test_the_words_of_our_own_profile_are_read(bench: MastodonBench) -> None:
    assert isinstance(bench.sender, TellsProfile)
    account = {
        "username": "homeward",
        "bot": True,
        "note": "<p>Who follows us agrees.</p>",
        "source": {"note": "Who follows\nus agrees.", "fields": [{"name": "About", "value": "a bot"}, None]},
    }
    path = "/api/v1/accounts/verify_credentials"
    bench.server.fault("GET", path, type="status", status=200, body=account)
    assert bench.sender.profile() == "Who follows\nus agrees.\nAbout a bot"
