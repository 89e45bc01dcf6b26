"""Proofs of the Weibo rules about the commercial interfaces."""

from __future__ import annotations

from typing import Any

import httpx

from tests.servers.proof_tools import NOON, Got, streaming
from tests.servers.proofs_weibo import BOT, W, code, get, ids, post
from tests.servers.weibo import WeiboServer

NOW_S = int(NOON.timestamp())
PATH = "/2/search/statuses/limited.json"


def limited(server: WeiboServer, q: str = "寻人", **more: Any) -> Got:
    return get(server, "/c.api" + PATH, q=q, **more)


@W.proves("W-12")
def without_a_contract_it_is_10014(server: WeiboServer) -> None:
    answer = limited(server)
    assert (code(answer), answer.status) == (10014, 403)


@W.proves("W-13", contract="full")
def commercial_interfaces_are_on_their_own_host(server: WeiboServer) -> None:
    assert get(server, PATH, q="寻人").status == 404
    url, query = server.base_url + PATH, {"q": "寻人", "access_token": server.bot_token}
    by_host = httpx.get(url, params=query, headers={"Host": "c.api.weibo.com"}, trust_env=False)
    assert by_host.status_code == 200


@W.proves("W-14", contract="full")
def some_signs_are_forbidden_in_q(server: WeiboServer) -> None:
    assert [code(limited(server, q)) for q in ("a{b", "a}b", 'a"b', "ab")] == [10017, 10017, 10017, 0]


@W.proves("W-15", contract="full", miss_rate=0.0)
def a_page_has_10_to_50(server: WeiboServer) -> None:
    for _ in range(12):
        server.add_post("#寻人#", age_s=60)
    assert len(ids(limited(server))) == 10
    assert [code(limited(server, count=n)) for n in (9, 10, 50, 51)] == [10017, 0, 0, 10017]


@W.proves("W-16", contract="full", miss_rate=0.0)
def there_are_a_thousand_results_at_most(server: WeiboServer) -> None:
    for _ in range(1010):
        server.add_post("#寻人#", age_s=60)
    assert limited(server)["total_number"] == 1000
    assert ids(limited(server, count=50, page=20)) != []
    assert ids(limited(server, count=50, page=21)) == []


@W.proves("W-17", contract="full", miss_rate=0.0)
def short_pages_are_not_the_end(server: WeiboServer) -> None:
    made = [server.add_post("#寻人#", age_s=100 - n) for n in range(25)]
    pages = [ids(limited(server, page=n)) for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [10, 9, 6]
    assert [*pages[0], *pages[1], *pages[2]] == made[::-1]


@W.proves("W-18", contract="full")
def repeats_differ_a_little(server: WeiboServer) -> None:
    made = {server.add_post("#寻人#", age_s=60) for _ in range(300)}

    def walk() -> set[int]:
        return {post_id for page in range(1, 8) for post_id in ids(limited(server, count=50, page=page))}

    first, second = walk(), walk()
    assert first != second
    assert 0.9 < len(first) / len(made) < 1 and len(first | second) > len(first)


@W.proves("W-19", contract="full", miss_rate=0.0)
def windows_are_in_seconds(server: WeiboServer) -> None:
    server.add_post("#寻人#", age_s=500)
    inside = server.add_post("#寻人#", age_s=300)
    server.add_post("#寻人#", age_s=100)
    assert ids(limited(server, starttime=NOW_S - 400, endtime=NOW_S - 200)) == [inside]


@W.proves("W-20", contract="full", miss_rate=0.0)
def results_come_newest_first(server: WeiboServer) -> None:
    made = [server.add_post("#寻人#", age_s=age) for age in (300, 200)]
    assert ids(limited(server)) == ids(limited(server, sort="time")) == made[::-1]


@W.proves("W-21", contract="full", miss_rate=0.0)
def istag_looks_inside_topics(server: WeiboServer) -> None:
    inside = server.add_post("#寻人 启事# 东站", age_s=60)
    server.add_post("寻人启事", age_s=60)
    assert len(ids(limited(server))) == 2
    assert ids(limited(server, istag=1)) == [inside]


@W.proves("W-22", contract="full", miss_rate=0.0)
def results_can_be_filtered(server: WeiboServer) -> None:
    photo = server.add_post("寻人", age_s=90, pics=["a1"])
    video = server.add_post("寻人", age_s=80, has_video=True)
    repost = server.add_post("寻人", age_s=70, retweet_of=photo)
    assert ids(limited(server, hasori=1)) == [video, photo]
    assert ids(limited(server, hasret=1)) == [repost]
    assert (ids(limited(server, haspic=1)), ids(limited(server, hasvideo=1))) == ([photo], [video])


@W.proves("W-23", contract="full", miss_rate=0.0)
def users_are_joined_by_a_tilde(server: WeiboServer) -> None:
    users = [server.add_user(name) for name in ("小红", "小明", "小李")]
    made = [server.add_post("寻人", author=name, age_s=60) for name in ("小红", "小明", "小李")]
    assert set(ids(limited(server, ids=f"{users[0]}~{users[1]}"))) == set(made[:2])
    assert code(limited(server, ids="~".join(str(n) for n in range(51)))) == 10017


@W.proves("W-28")
def commercial_mentions_need_the_contract(server: WeiboServer) -> None:
    made = server.add_post(f"@{BOT}", age_s=60)
    path = "/c.api/2/statuses/mentions/biz.json"
    assert code(get(server, path)) == 10014
    server.contract = "full"
    assert ids(get(server, path)) == [made]


def subscribe(server: WeiboServer, *keywords: str) -> Got:
    path = "/c.api/subscribe/update_subscribe.json"
    return post(server, path, subid=server.subid, add_keywords=",".join(keywords))


def pushed(server: WeiboServer) -> Any:
    query = {"subid": server.subid, "access_token": server.bot_token}
    return streaming(server, "/c.api/commercial/push", **query)


@W.proves("W-29", contract="full")
def a_push_frame_holds_a_status_and_the_keyword(server: WeiboServer) -> None:
    subscribe(server, "寻人", "走失")
    with pushed(server) as stream:
        server.add_post("别的")
        made = server.add_post("#走失儿童#")
        frame = stream.event()
    assert set(frame) == {"id", "text", "match_info"}
    assert (frame["text"]["type"], frame["text"]["event"]) == ("status", "add")
    assert frame["text"]["status"]["id"] == made
    assert frame["match_info"] == {"keyword": "走失"}


@W.proves("W-30", contract="full", budgets={"commercial_hour": 100_000})
def fifty_keywords_a_call_and_20000_in_all(server: WeiboServer) -> None:
    words = [f"w{n}" for n in range(20_001)]
    assert subscribe(server, *words[:50]).status == 200
    assert code(subscribe(server, *words[50:101])) == 10017
    server.push.keywords = words[:20_000]
    assert code(subscribe(server, words[20_000])) == 10017


@W.proves("W-31", contract="full", push_addresses=["192.0.2.1"])
def push_serves_listed_addresses_only(server: WeiboServer) -> None:
    with pushed(server) as stream:
        assert stream.status == 403


@W.proves("W-32", contract="sample")
def push_is_a_sample_of_one_percent(server: WeiboServer) -> None:
    subscribe(server, "寻人")
    with pushed(server) as stream:
        for _ in range(1000):
            server.add_post("寻人")
        server.push_cut()
        frames = 0
        while stream.event() is not None:
            frames += 1
    assert 0 < frames < 40
