"""The Bluesky sender against a personal data server in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.senders import bluesky_record as made
from bot.senders.base import ChecksItself, TellsProfile
from store.errors import NeedsPerson, Unreachable
from store.records.reply import Absent, Level, Receipt, Refused, Reply, Unknown
from tests.contract.senders.bluesky_bench import (
    FINDER,
    PUT,
    US,
    BlueskyBench,
    cid_of,
    refusal,
)
from tests.contract.senders.contract import SenderContract, row


@pytest.fixture
def bench() -> BlueskyBench:
    return BlueskyBench()


class TestBluesky(SenderContract):
    @pytest.fixture
    def bench(self) -> BlueskyBench:
        return BlueskyBench()


def written(bench: BlueskyBench) -> list[Any]:
    return [body for name, body in bench.server.asked if name == PUT]


def test_a_record_is_written_create_only_at_a_key_that_follows_from_the_row(
    bench: BlueskyBench, reply: Reply
) -> None:
    bench.lose_answer()
    bench.sender.send(reply)
    bench.now += timedelta(minutes=7)
    assert isinstance(bench.new_sender().send(reply), Receipt)
    first, second = written(bench)
    assert first == second
    assert "swapRecord" in first and first["swapRecord"] is None
    assert first["rkey"] == made.record_key(reply) == made.record_key(replace(reply, attempt=4))
    assert bench.count() == 1


def test_a_post_that_was_edited_between_two_tries_brings_no_second_reply(
    bench: BlueskyBench, reply: Reply
) -> None:
    bench.lose_answer()
    assert isinstance(bench.sender.send(reply), Unknown)
    bench.edit(reply.to_native_id, names_us=True)
    assert isinstance(bench.sender.send(reply), Receipt)
    first, second = written(bench)
    assert first["record"]["reply"] != second["record"]["reply"]
    assert bench.count() == 1


def test_a_strangers_record_at_our_key_is_never_overwritten(bench: BlueskyBench, reply: Reply) -> None:
    uri = f"at://{US}/app.bsky.feed.post/{made.record_key(reply)}"
    bench.server.records[uri] = {"text": "by another hand"}
    assert isinstance(bench.sender.send(reply), Unknown)
    assert isinstance(bench.sender.find(reply), Unknown)
    assert bench.server.records[uri] == {"text": "by another hand"}


def test_an_answer_hangs_below_the_threads_root_in_the_versions_that_stand_now(bench: BlueskyBench) -> None:
    root, _ = bench.post("where is she")
    stale = {"uri": root, "cid": "bafyold"}
    below = bench.post(reply={"root": stale, "parent": stale})
    reply = row(bench, *below)
    bench.sender.send(reply)
    (body,) = written(bench)
    records = bench.server.records
    assert body["record"]["reply"] == {
        "root": {"uri": root, "cid": cid_of(records[root])},
        "parent": {"uri": below[0], "cid": cid_of(records[below[0]])},
    }


def test_the_record_says_that_a_bot_wrote_it_in_which_language_and_when(
    bench: BlueskyBench, reply: Reply
) -> None:
    bench.sender.send(reply)
    (body,) = written(bench)
    record = body["record"]
    assert record["labels"]["values"] == [{"val": "bot"}]
    assert record["langs"] == ["en"]
    assert record["createdAt"].endswith("Z")
    assert set(record) == {"$type", "text", "createdAt", "reply", "labels", "langs"}


def test_a_mention_is_marked_by_bytes_and_not_by_characters(bench: BlueskyBench, reply: Reply) -> None:
    named = replace(reply, text=f"谢谢 👋 @finder.test {reply.reference}")
    (facet,) = made.facets(named)
    index = facet["index"]
    assert named.text.encode()[index["byteStart"] : index["byteEnd"]] == b"@finder.test"
    assert facet["features"] == [{"$type": "app.bsky.richtext.facet#mention", "did": FINDER}]
    assert made.facets(reply) == []


def test_keys_are_in_the_order_of_time_and_have_the_shape_of_a_tid(reply: Reply) -> None:
    later = replace(reply, drafted_at=reply.drafted_at + timedelta(seconds=2))
    assert len(made.record_key(reply)) == 13
    assert made.record_key(reply)[0] in "234567abcdefghij"
    assert made.record_key(reply) < made.record_key(later)
    # The zero and the largest number, by the specification's alphabet.
    assert made.tid(0, 0) == "2" * 13
    assert made.tid(2**53 - 1, 1023) == "b" + "z" * 12


def test_rows_of_one_moment_have_keys_of_their_own(reply: Reply) -> None:
    rows = [replace(reply, idempotency_key=f"{number:032x}") for number in range(2000)]
    assert len({made.record_key(each) for each in rows}) == 2000


@pytest.mark.parametrize("status", [302, 408, 409, 500, 502, 503, 504])
def test_an_answer_that_decides_nothing_is_unknown(bench: BlueskyBench, reply: Reply, status: int) -> None:
    bench.server.faults.append((PUT, refusal(status, "InternalServerError")))
    answer = bench.sender.send(reply)
    assert isinstance(answer, Unknown)
    assert str(status) in answer.why


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_a_refusal_is_refused_in_the_servers_words(bench: BlueskyBench, reply: Reply, status: int) -> None:
    bench.server.faults.append((PUT, refusal(status, "AccountTakedown")))
    answer = bench.sender.send(reply)
    assert isinstance(answer, Refused)
    assert "AccountTakedown" in answer.why and "not like this" in answer.why
    assert isinstance(bench.sender.find(reply), Absent)


@pytest.mark.parametrize("body", [b"", b"sent", b"{}", b'{"uri": "at://elsewhere/x/y"}'])
def test_an_answer_that_is_not_our_record_is_unknown(bench: BlueskyBench, reply: Reply, body: bytes) -> None:
    bench.server.faults.append((PUT, httpx.Response(200, content=body)))
    assert isinstance(bench.sender.send(reply), Unknown)


def test_an_expired_token_is_renewed_and_the_reply_goes_out_once(bench: BlueskyBench, reply: Reply) -> None:
    assert bench.sender.may_answer(reply) == ""
    bench.server.faults.append((PUT, refusal(400, "ExpiredToken")))
    assert isinstance(bench.sender.send(reply), Receipt)
    assert bench.count() == 1


def test_no_connection_raises_and_nothing_was_sent(bench: BlueskyBench, reply: Reply) -> None:
    bench.server.faults.append((PUT, httpx.ConnectError("refused")))
    with pytest.raises(Unreachable) as caught:
        bench.sender.send(reply)
    assert "nothing was sent" in str(caught.value)
    assert isinstance(bench.sender.find(reply), Absent)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"post": {"replyDisabled": True}}, "lets nobody"),
        ({"author": {"blockedBy": True}}, "blocked"),
        ({"author": {"blocking": "at://x/y/z"}}, "blocked"),
    ],
)
def test_an_author_who_does_not_want_an_answer_gets_none(
    bench: BlueskyBench, reply: Reply, seen: dict[str, Any], words: str
) -> None:
    bench.server.viewers[reply.to_native_id] = seen
    assert words in bench.sender.may_answer(reply)


def test_an_author_who_now_asks_bots_to_keep_away_is_not_answered(bench: BlueskyBench, reply: Reply) -> None:
    bench.server.profiles[FINDER] = {"description": "cats, #nobot"}
    assert "keep away" in bench.sender.may_answer(reply)


@pytest.mark.parametrize(
    "fields",
    [
        {
            "text": "hi you",
            "facets": [
                {
                    "index": {"byteStart": 0, "byteEnd": 2},
                    "features": [{"$type": "app.bsky.richtext.facet#mention", "did": US}],
                }
            ],
        },
        {"reply": {"root": {}, "parent": {"uri": f"at://{US}/app.bsky.feed.post/3k", "cid": "b"}}},
        {
            "embed": {
                "$type": "app.bsky.embed.record",
                "record": {"uri": f"at://{US}/app.bsky.feed.post/3k", "cid": "b"},
            }
        },
    ],
)
def test_a_mention_an_answer_and_a_quote_all_speak_to_us(bench: BlueskyBench, fields: dict[str, Any]) -> None:
    reply = row(bench, *bench.post(**{"text": "seen", **fields}))
    assert bench.sender.may_answer(reply) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"visibility": "direct"},
        {"level": Level.DRY_RUN},
        {"platform": "x"},
        {"account": "other.test"},
        {"idempotency_key": ""},
        {"reference": "ZZZZZZ"},
    ],
)
def test_a_row_that_breaks_a_rule_never_leaves(
    bench: BlueskyBench, reply: Reply, change: dict[str, Any]
) -> None:
    assert isinstance(bench.sender.send(replace(reply, **change)), Refused)
    assert bench.server.asked == []


def test_bytes_are_limited_as_well_as_graphemes(bench: BlueskyBench, reply: Reply) -> None:
    family = "👨‍👩‍👧‍👦"
    long = replace(reply, text=f"{family * 200} {reply.reference}")
    assert bench.sender.measure(long.text, "") < bench.sender.limits.max_length
    assert isinstance(bench.sender.send(long), Refused)


def test_a_password_of_another_account_needs_a_person(bench: BlueskyBench, reply: Reply) -> None:
    other = bench.new_sender("did:plc:" + "o" * 24)
    with pytest.raises(NeedsPerson):
        other.may_answer(reply)
    assert isinstance(other.find(reply), Unknown)


def test_only_a_post_of_our_own_is_withdrawn(bench: BlueskyBench, reply: Reply) -> None:
    receipt = Receipt(reply.to_native_id, "", bench.now, "")
    assert isinstance(bench.sender.withdraw(receipt), Refused)
    assert reply.to_native_id in bench.server.records


def test_trying_itself_out_writes_nothing_and_tells_rights_and_label(bench: BlueskyBench) -> None:
    assert isinstance(bench.sender, ChecksItself)
    assert [(each.part, each.ok) for each in bench.sender.check()] == [
        ("write rights", True),
        ("bot label", False),
    ]
    profile = f"at://{US}/app.bsky.actor.profile/self"
    bench.server.records[profile] = {"labels": {"values": [{"val": "bot"}]}}
    bench.server.scope = "com.atproto.signupQueued"
    bench.vault.values.clear()
    assert [each.ok for each in bench.new_sender().check()] == [False, True]
    assert written(bench) == []


def test_the_words_of_our_own_profile_are_read(bench: BlueskyBench) -> None:
    assert isinstance(bench.sender, TellsProfile) and bench.sender.profile() == ""
    bench.server.records[f"at://{US}/app.bsky.actor.profile/self"] = {"description": "Who follows us agrees."}
    assert bench.sender.profile() == "Who follows us agrees."
