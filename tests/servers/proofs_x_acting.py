"""Proofs of the X rules about the stream, limits, prices and posting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.servers.proof_tools import Got, call, streaming
from tests.servers.proofs_x_reading import DAY, X, get, ids, post, search
from tests.servers.proofs_x_shape import look
from tests.servers.x import XServer

STREAM, RULES = "/2/tweets/search/stream", "/tweets/search/stream/rules"


def rules(server: XServer, body: Any, **query: str) -> Got:
    headers = {"Authorization": f"Bearer {server.app_token}"}
    return call(server, "POST", "/2" + RULES, json=body, params=query, headers=headers)


def add_rule(server: XServer, value: str = "#Tag", tag: str = "campaign") -> str:
    made: str = rules(server, {"add": [{"value": value, "tag": tag}]})["data"][0]["id"]
    return made


@X.proves("X-65")
def streamed_posts_name_their_rules(server: XServer) -> None:
    rule_id = add_rule(server)
    add_rule(server, "cat", "other")
    with streaming(server, STREAM, server.app_token, expansions="author_id") as stream:
        made = server.add_post("#Tag")
        event = stream.event()
    assert event["data"]["id"] == made and event["includes"]["users"]
    assert event.get("matching_rules") == [{"id": rule_id, "tag": "campaign"}]


@X.proves("X-66", heartbeat_s=0.05)
def the_stream_has_a_heartbeat(server: XServer) -> None:
    with streaming(server, STREAM, server.app_token) as stream:
        try:
            assert stream.line() == ""
        except TimeoutError as error:
            raise AssertionError("no heartbeat") from error
        assert stream.chunks == [b"\r\n"]


@X.proves("X-67")
def a_second_connection_is_429(server: XServer) -> None:
    with streaming(server, STREAM, server.app_token) as first:
        assert first.status == 200
        with streaming(server, STREAM, server.app_token) as second:
            assert second.status == 429


def many(count: int) -> dict[str, Any]:
    return {"add": [{"value": f"#tag{number}"} for number in range(count)]}


@X.proves("X-68")
def a_thousand_rules_and_no_more(server: XServer) -> None:
    assert rules(server, many(1000)).status == 201
    assert rules(server, {"add": [{"value": "#more"}]}).status != 201
    assert len(server.rule_values) == 1000


@X.proves("X-69")
def a_rule_of_1025_characters_is_invalid(server: XServer) -> None:
    assert rules(server, {"add": [{"value": "a" * 1024}]}).status == 201
    answer = rules(server, {"add": [{"value": "a" * 1025}]})
    assert answer["meta"]["summary"]["invalid"] == 1


@X.proves("X-70")
def a_dry_run_changes_nothing(server: XServer) -> None:
    answer = rules(server, {"add": [{"value": "#Tag"}]}, dry_run="true")
    assert answer["meta"]["summary"]["created"] == 1
    assert get(server, RULES)["data"] is None


@X.proves("X-71")
def rules_stay_until_deleted_by_id(server: XServer) -> None:
    first, second = add_rule(server, "#a"), add_rule(server, "#b")
    assert [r["id"] for r in get(server, RULES)["data"]] == [first, second]
    assert rules(server, {"delete": {"ids": [first]}}).status == 200
    assert [r["id"] for r in get(server, RULES)["data"]] == [second]


@X.proves("X-72", rule_delay_s=20.0)
def a_rule_is_active_after_twenty_seconds(server: XServer) -> None:
    add_rule(server)
    with streaming(server, STREAM, server.app_token) as stream:
        server.add_post("#Tag early")
        server.skip_time(21)
        late = server.add_post("#Tag late")
        assert stream.event()["data"]["id"] == late


@X.proves("X-73")
def errors_come_inside_the_stream_which_ends(server: XServer) -> None:
    with streaming(server, STREAM, server.app_token) as stream:
        server.stream_error("operational-disconnect")
        event = stream.event()
        assert event is not None and event["errors"][0]["title"] == "operational-disconnect"
        assert stream.event() is None


@X.proves("X-74")
def stale_connections_can_be_ended(server: XServer) -> None:
    server.notice_disconnects = False
    with streaming(server, STREAM, server.app_token):
        pass
    headers = {"Authorization": f"Bearer {server.app_token}"}
    with streaming(server, STREAM, server.app_token) as stream:
        assert stream.status == 429
    answer = call(server, "DELETE", "/2/connections/all", headers=headers)
    assert answer["data"]["successful_kills"] == 1
    with streaming(server, STREAM, server.app_token) as stream:
        assert stream.status == 200


@X.proves("X-75")
def recovery_is_enterprise_only(server: XServer) -> None:
    with streaming(server, STREAM, server.app_token, backfill_minutes="5") as stream:
        assert stream.status == 400
    server.tier = "enterprise"
    add_rule(server)
    made = server.add_post("#Tag", age_s=120)
    with streaming(server, STREAM, server.app_token, backfill_minutes="5") as stream:
        assert stream.event()["data"]["id"] == made


@X.proves("X-76")
def the_stream_carries_reposts(server: XServer) -> None:
    original = server.add_post("#Tag")
    add_rule(server)
    with streaming(server, STREAM, server.app_token) as stream:
        repost = server.add_post("", repost_of=original)
        server.add_post("#Tag")
        assert stream.event()["data"]["id"] == repost


@X.proves("X-77")
def the_stream_keeps_silent_about_deletions(server: XServer) -> None:
    add_rule(server)
    gone = server.add_post("#Tag")
    with streaming(server, STREAM, server.app_token) as stream:
        server.delete(gone)
        server.add_post("#Tag next")
        assert "data" in stream.event()


@X.proves("X-80")
def answers_carry_the_window(server: XServer) -> None:
    headers = search(server).headers
    assert headers.get("x-rate-limit-limit") == "450"
    assert headers["x-rate-limit-remaining"] == "449"
    assert headers["x-rate-limit-reset"] == str(int(server.now().timestamp()) + 900)


@X.proves("X-81", limits={"recent": (1, 1)})
def app_and_user_windows_are_separate(server: XServer) -> None:
    assert search(server).status == 200
    assert search(server, token=server.bot_token).status == 200


@X.proves("X-82")
def search_has_windows_of_450_and_300(server: XServer) -> None:
    assert search(server).headers["x-rate-limit-limit"] == "450"
    assert search(server, token=server.bot_token).headers["x-rate-limit-limit"] == "300"


@X.proves("X-85")
def rule_changes_and_stream_connects_have_windows(server: XServer) -> None:
    assert rules(server, many(1)).headers["x-rate-limit-limit"] == "100"
    headers = {"Authorization": f"Bearer {server.app_token}"}
    refused = call(server, "GET", STREAM, params={"colour": "red"}, headers=headers)
    assert refused.status == 400
    assert server.meter.spend("stream", None, server.now()).limit == 50


@X.proves("X-86")
def a_user_posts_a_hundred_times(server: XServer) -> None:
    assert post(server, "/tweets", {"text": "hello"}).headers["x-rate-limit-limit"] == "100"


@X.proves("X-87", posts_per_day=1)
def the_app_has_a_daily_limit_of_posts(server: XServer) -> None:
    assert post(server, "/tweets", {"text": "one"}).status == 201
    assert post(server, "/tweets", {"text": "two"}).status == 429
    server.skip_time(DAY)
    assert post(server, "/tweets", {"text": "two"}).status == 201


@X.proves("X-88", limits={"recent": (1, 1)})
def beyond_a_window_is_429_until_the_reset(server: XServer) -> None:
    search(server)
    refused = search(server)
    assert refused.status == 429 and refused["type"].endswith("/rate-limit-exceeded")
    assert refused.headers["x-rate-limit-remaining"] == "0"
    reset = datetime.fromtimestamp(int(refused.headers["x-rate-limit-reset"]), server.now().tzinfo)
    server.skip_time((reset - server.now()).total_seconds())
    assert search(server).status == 200


@X.proves("X-89", monthly_cap=2)
def the_months_cap_stops_reading_but_not_posting(server: XServer) -> None:
    for _ in range(2):
        server.add_post("#Tag", age_s=60)
    assert len(ids(search(server))) == 2
    refused = search(server)
    assert refused.status == 429 and refused["type"].endswith("/usage-capped")
    assert post(server, "/tweets", {"text": "hello"}).status == 201
    server.skip_time(20 * DAY)
    assert search(server).status == 200


@X.proves("X-90")
def a_read_costs_half_a_cent(server: XServer) -> None:
    made = server.add_post("a")
    get(server, "/tweets", ids=made)
    assert str(server.cost_usd) == "0.005"


@X.proves("X-91")
def an_expanded_author_costs_a_cent(server: XServer) -> None:
    look(server, server.add_post("a", author="ana"), server.add_post("b", author="ana"))
    assert server.reads["user"] == 1
    assert sum(charge.usd for charge in server.charges if charge.kind == "user") * 100 == 1


@X.proves("X-93")
def posting_has_three_prices(server: XServer) -> None:
    asked = server.add_post("@homeward help")
    post(server, "/tweets", {"text": "hello"})
    post(server, "/tweets", {"text": "see https://homeward.example"})
    post(server, "/tweets", {"text": "yes", "reply": {"in_reply_to_tweet_id": asked}})
    assert [(c.kind, str(c.usd)) for c in server.charges] == [
        ("post", "0.015"),
        ("url_post", "0.20"),
        ("summoned", "0.010"),
    ]


@X.proves("X-94")
def a_resource_is_charged_once_a_day(server: XServer) -> None:
    made = server.add_post("a")
    for wait_s in (0, 60, DAY):
        server.skip_time(wait_s)
        get(server, "/tweets", ids=made)
    assert server.reads["read"] == 2


@X.proves("X-95")
def full_archive_has_a_window_of_300(server: XServer) -> None:
    answer = get(server, "/tweets/search/all", query="#Tag")
    assert answer.headers["x-rate-limit-limit"] == "300"


@X.proves("X-100")
def a_new_post_is_201_with_its_id(server: XServer) -> None:
    answer = post(server, "/tweets", {"text": "hello"})
    assert answer.status == 201
    assert answer["data"]["id"] == server.posts_by_bot()[0].id


@X.proves("X-101")
def the_same_text_again_is_refused(server: XServer) -> None:
    assert post(server, "/tweets", {"text": "hello"}).status == 201
    again = post(server, "/tweets", {"text": "hello"})
    assert again.status == 403
    assert again["detail"] == "You are not allowed to create a Tweet with duplicate content."


def reply(server: XServer, to: str, text: str = "thank you") -> int:
    return post(server, "/tweets", {"text": text, "reply": {"in_reply_to_tweet_id": to}}).status


@X.proves("X-102")
def replies_need_a_summons(server: XServer) -> None:
    hashtag_only = server.add_post("#Tag I saw her")
    mention = server.add_post("#Tag @homeward I saw her")
    own = post(server, "/tweets", {"text": "appeal"})["data"]["id"]
    quote = server.add_post("seen", quote_of=own)
    assert reply(server, hashtag_only, "a") == 403
    assert (reply(server, mention, "b"), reply(server, quote, "c")) == (201, 201)
    assert len(server.replies_by_bot()) == 2 and len(server.replies_by_bot(to=mention)) == 1


@X.proves("X-103", tier="enterprise")
def enterprise_replies_without_a_summons(server: XServer) -> None:
    assert reply(server, server.add_post("#Tag I saw her")) == 201


@X.proves("X-104")
def blocks_and_reply_controls_are_403(server: XServer) -> None:
    server.block("ana", "homeward")
    assert reply(server, server.add_post("@homeward a", author="ana"), "a") == 403
    assert reply(server, server.add_post("@homeward b", reply_settings="following"), "b") == 403


@X.proves("X-105")
def wide_characters_weigh_two(server: XServer) -> None:
    assert post(server, "/tweets", {"text": "寻" * 140}).status == 201
    assert post(server, "/tweets", {"text": "找" * 141}).status == 403
    assert post(server, "/tweets", {"text": "👨‍👩‍👧" * 140}).status == 201


@X.proves("X-106")
def a_link_weighs_23(server: XServer) -> None:
    link = "https://homeward.example/" + "a" * 300
    assert post(server, "/tweets", {"text": "a" * 256 + " " + link}).status == 201
    assert post(server, "/tweets", {"text": "b" * 257 + " homeward.example"}).status == 403


@X.proves("X-107")
def leading_mentions_of_a_reply_weigh_nothing(server: XServer) -> None:
    asked = server.add_post("@homeward help", author="ana")
    assert reply(server, asked, "@ana " + "a" * 280) == 201
    assert reply(server, asked, "@ana " + "b" * 281) == 403


@X.proves("X-108")
def five_media_are_too_many(server: XServer) -> None:
    assert post(server, "/tweets", {"text": "a", "media": {"media_ids": list("1234")}}).status == 201
    assert post(server, "/tweets", {"text": "b", "media": {"media_ids": list("12345")}}).status == 400


@X.proves("X-109")
def quote_posts_are_over(server: XServer) -> None:
    made = server.add_post("a")
    assert post(server, "/tweets", {"text": "see", "quote_tweet_id": made}).status == 403


@X.proves("X-110")
def an_idempotency_key_does_nothing(server: XServer) -> None:
    for text in ("one", "two"):
        post(server, "/tweets", {"text": text}, **{"Idempotency-Key": "k"})
    assert len(server.posts_by_bot()) == 2


@X.proves("X-112")
def only_own_posts_can_be_deleted(server: XServer) -> None:
    def delete(post_id: str) -> int:
        headers = {"Authorization": f"Bearer {server.bot_token}"}
        return call(server, "DELETE", f"/2/tweets/{post_id}", headers=headers).status

    own = post(server, "/tweets", {"text": "mine"})["data"]["id"]
    assert (delete(own), delete(server.add_post("theirs"))) == (200, 403)
    assert server.posts_by_bot()[0].deleted
