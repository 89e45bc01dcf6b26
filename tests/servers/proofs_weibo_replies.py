"""Proofs of the Weibo rules about comments and sharing."""

from __future__ import annotations

from typing import Any

from tests.servers.proofs_weibo import BOT, W, code, comment, get, post
from tests.servers.weibo import WeiboServer


@W.proves("W-65")
def a_comment_needs_the_users_address(server: WeiboServer) -> None:
    made = server.add_post("你好")
    form: dict[str, Any] = {"id": made, "comment": "谢谢您"}
    assert code(post(server, "/2/comments/create.json", **form)) == 10016
    assert code(comment(server, made, rip="somewhere")) == 10017
    assert server.comments_by_bot() == []
    assert comment(server, made).status == 200


@W.proves("W-66")
def a_comment_of_141_characters_is_20012(server: WeiboServer) -> None:
    made = server.add_post("你好")
    assert code(comment(server, made, "谢" * 140)) == 0
    assert code(comment(server, made, "您" * 141)) == 20012


@W.proves("W-67")
def latin_letters_count_half_and_emoji_two(server: WeiboServer) -> None:
    made = server.add_post("你好")
    assert code(comment(server, made, "a" * 280)) == 0
    assert code(comment(server, made, "😀" * 71)) == 20012
    assert code(comment(server, made, "看" * 130 + "https://homeward.example/" + "a" * 99)) == 0


@W.proves("W-68")
def the_same_comment_again_is_20019(server: WeiboServer) -> None:
    made = server.add_post("你好")
    assert [code(comment(server, made)) for _ in range(2)] == [0, 20019]
    assert len(server.comments_by_bot(made)) == 1


@W.proves("W-69")
def the_same_comment_elsewhere_is_20111_for_an_hour(server: WeiboServer) -> None:
    first, second = server.add_post("你好"), server.add_post("您好")
    assert [code(comment(server, made)) for made in (first, second)] == [0, 20111]
    server.skip_time(3601)
    assert code(comment(server, second)) == 0


@W.proves("W-70")
def a_comment_on_a_deleted_post_is_20101(server: WeiboServer) -> None:
    made = server.add_post("你好")
    server.delete(made)
    assert code(comment(server, made)) == 20101


@W.proves("W-71")
def a_comment_can_be_answered(server: WeiboServer) -> None:
    made = server.add_post("你好")
    asked = server.add_comment(made, f"@{BOT} 看到了")
    form: dict[str, Any] = {"id": made, "cid": asked, "comment": "谢谢您", "rip": "203.0.113.7"}
    answer = post(server, "/2/comments/reply.json", **form)
    assert answer.status == 200
    assert (answer["reply_comment"] or {}).get("id") == asked


@W.proves("W-72")
def own_comments_can_be_read_newest_first(server: WeiboServer) -> None:
    made = server.add_post("你好")
    server.add_comment(made, "别人的")
    sent = []
    for number in range(2):
        server.skip_time(1)
        sent.append(comment(server, made, f"谢谢{number}")["id"])
    mine = get(server, "/2/comments/by_me.json")
    assert [entry["id"] for entry in mine["comments"]] == sent[::-1]
    assert mine["comments"][0]["status"]["id"] == made


@W.proves("W-73")
def posting_is_closed(server: WeiboServer) -> None:
    assert code(post(server, "/2/statuses/update.json", status="你好")) == 10014


@W.proves("W-74")
def sharing_needs_the_apps_own_domain(server: WeiboServer) -> None:
    path = "/2/statuses/share.json"
    assert code(post(server, path, status="见 https://other.example/1")) == 10017
    assert post(server, path, status="见 https://www.homeward.example/1").status == 200


@W.proves("W-75")
def sharing_forbids_topics(server: WeiboServer) -> None:
    text = "#寻人# https://homeward.example/1"
    assert code(post(server, "/2/statuses/share.json", status=text)) == 10017


@W.proves("W-76")
def only_own_comments_can_be_destroyed(server: WeiboServer) -> None:
    made = server.add_post("你好")
    own, other = comment(server, made)["id"], server.add_comment(made, "别人的")
    assert code(post(server, "/2/comments/destroy.json", cid=other)) == 20112
    assert post(server, "/2/comments/destroy.json", cid=own).status == 200
    assert server.comments_by_bot() == []


@W.proves("W-77")
def an_idempotency_key_does_nothing(server: WeiboServer) -> None:
    made = server.add_post("你好")
    for text in ("一", "二"):
        comment(server, made, text, key="k")
    assert len(server.comments_by_bot()) == 2


@W.proves("W-78")
def a_posts_comments_are_its_own(server: WeiboServer) -> None:
    first, second = server.add_post("你好"), server.add_post("您好")
    made = [server.add_comment(first, text) for text in ("甲", "乙")]
    server.add_comment(second, "丙")
    answer = get(server, "/2/comments/show.json", id=first, since_id=made[0])
    assert [entry["id"] for entry in answer["comments"]] == made[1:]
