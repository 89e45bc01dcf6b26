"""Proofs of the Weibo rules about tokens, mentions, posts, errors and budgets."""

from __future__ import annotations

import json
from typing import Any

from tests.servers.proof_tools import Got, Table, call
from tests.servers.weibo import WeiboServer

W = Table()
BOT = "寻家热线"
DAY = 86_400


def get(server: WeiboServer, path: str, token: str | None = WeiboServer.bot_token, **query: Any) -> Got:
    params = {**query, **({"access_token": token} if token else {})}
    return call(server, "GET", path, params=params)


def post(server: WeiboServer, path: str, token: str | None = WeiboServer.bot_token, **form: Any) -> Got:
    headers = {"Idempotency-Key": str(form.pop("key"))} if "key" in form else {}
    data = {**form, **({"access_token": token} if token else {})}
    return call(server, "POST", path, data=data, headers=headers)


def mentions(server: WeiboServer, **more: Any) -> Got:
    return get(server, "/2/statuses/mentions.json", **more)


def show(server: WeiboServer, post_id: int) -> Got:
    return get(server, "/2/statuses/show.json", id=post_id)


def ids(answer: Got) -> list[int]:
    return [entry["id"] for entry in answer["statuses"] or []]


def code(answer: Got) -> int:
    """The error code as a number; 0 when there is none."""
    return int(answer["error_code"] or 0)


def comment(server: WeiboServer, post_id: int, text: str = "谢谢您", **more: Any) -> Got:
    form = {"id": post_id, "comment": text, "rip": "203.0.113.7", **more}
    return post(server, "/2/comments/create.json", **form)


@W.proves("W-01")
def a_call_without_a_token_is_10006(server: WeiboServer) -> None:
    assert code(mentions(server, token=None)) == 10006


@W.proves("W-02")
def an_unknown_token_is_21332(server: WeiboServer) -> None:
    answer = mentions(server, token="wrong")
    assert (code(answer), answer.status) == (21332, 403)


@W.proves("W-03")
def an_expired_token_is_21327(server: WeiboServer) -> None:
    server.expire_tokens()
    assert code(mentions(server)) == 21327


def sign_in(server: WeiboServer, **more: str) -> Got:
    form = {"client_id": server.app_key, "client_secret": server.app_secret, "code": server.issue_code()}
    form |= {"grant_type": "authorization_code", "redirect_uri": "https://a.example"} | more
    return post(server, "/oauth2/access_token", token=None, **form)


@W.proves("W-04")
def expires_in_is_a_string(server: WeiboServer) -> None:
    answer = sign_in(server)
    assert answer["expires_in"] == str(7 * DAY)
    assert answer["uid"] == str(server.bot_uid) and answer["access_token"]


@W.proves("W-05")
def there_is_no_refresh_token(server: WeiboServer) -> None:
    assert "refresh_token" not in sign_in(server).json
    assert sign_in(server, grant_type="refresh_token", refresh_token="refresh").status == 400


@W.proves("W-06")
def token_info_tells_the_real_expiry(server: WeiboServer) -> None:
    server.skip_time(DAY)
    assert post(server, "/oauth2/get_token_info")["expire_in"] == 6 * DAY


@W.proves("W-07")
def a_revoked_token_is_over(server: WeiboServer) -> None:
    token = sign_in(server)["access_token"]
    assert mentions(server, token=token).status == 200
    post(server, "/oauth2/revokeoauth2", token=token)
    assert code(mentions(server, token=token)) == 21332


@W.proves("W-08", reviewed=False, testers=["小红"])
def an_unreviewed_app_serves_testers_only(server: WeiboServer) -> None:
    tester = server.new_token(server.add_user("小红"))
    assert mentions(server, token=tester).status == 200
    assert code(mentions(server)) == 21321


@W.proves("W-09", reviewed=False, testers=[BOT])
def an_unreviewed_apps_token_lives_a_day(server: WeiboServer) -> None:
    server.skip_time(DAY - 1)
    assert mentions(server).status == 200
    server.skip_time(2)
    assert code(mentions(server)) == 21327


@W.proves("W-10", refused_scopes=["statuses/mentions"])
def a_scope_not_granted_is_10032(server: WeiboServer) -> None:
    assert code(mentions(server)) == 10032


@W.proves("W-11")
def there_is_no_open_search(server: WeiboServer) -> None:
    server.add_post("#寻人#")
    assert code(get(server, "/2/search/topics.json", q="寻人")) == 10014


@W.proves("W-24")
def since_id_is_exclusive(server: WeiboServer) -> None:
    first, second = (server.add_post(f"@{BOT} 看到了", age_s=age) for age in (60, 30))
    assert ids(mentions(server, since_id=first)) == [second]


@W.proves("W-25")
def max_id_is_inclusive(server: WeiboServer) -> None:
    first, second = (server.add_post(f"@{BOT} 看到了", age_s=age) for age in (60, 30))
    assert ids(mentions(server, max_id=second)) == [second, first]


@W.proves("W-26")
def a_page_has_at_most_200(server: WeiboServer) -> None:
    for _ in range(201):
        server.add_post(f"@{BOT}")
    assert len(ids(mentions(server, count=300))) == 200


@W.proves("W-27")
def pages_follow_each_other(server: WeiboServer) -> None:
    made = [server.add_post(f"@{BOT}", age_s=100 - n) for n in range(5)]
    pages = [ids(mentions(server, count=2, page=n)) for n in (1, 2, 3, 4)]
    assert pages == [made[:2:-1], made[2:0:-1], made[:1], []]


@W.proves("W-40")
def times_are_written_weibos_way(server: WeiboServer) -> None:
    made = server.add_post("你好", created_at="2011-05-31T09:46:55+00:00")
    assert show(server, made)["created_at"] == "Tue May 31 17:46:55 +0800 2011"


@W.proves("W-41")
def ids_are_numbers_and_strings(server: WeiboServer) -> None:
    made = server.add_post("你好")
    shown = show(server, made)
    assert (shown["id"], shown["idstr"], shown["mid"]) == (made, str(made), str(made))
    assert shown["user"].get("idstr") == str(shown["user"]["id"])


@W.proves("W-42", contract="full", miss_rate=0.0)
def long_texts_are_cut(server: WeiboServer) -> None:
    text = "走失儿童" * 50
    made = server.add_post(text, age_s=60)
    shown = show(server, made)
    assert shown["isLongText"] is True and len(shown["text"]) < 190 and text not in json.dumps(shown.json)
    found = get(server, "/c.api/2/search/statuses/limited.json", q="走失")["statuses"]
    assert found[0]["longText"]["longTextContent"] == text


@W.proves("W-43")
def geo_is_latitude_first_or_null(server: WeiboServer) -> None:
    placed = server.add_post("这里", geo=(39.9, 116.4))
    assert show(server, placed)["geo"] == {"type": "Point", "coordinates": [39.9, 116.4]}
    assert show(server, server.add_post("哪里")).json["geo"] is None


@W.proves("W-44")
def picture_fields_exist_only_with_pictures(server: WeiboServer) -> None:
    none, single, both = (server.add_post("图", pics=pics) for pics in ([], ["a1"], ["a1", "b2"]))
    assert not {"pic_urls", "original_pic", "pic_ids"} & set(show(server, none).json)
    one = show(server, single)
    assert one["pic_urls"] == [{"thumbnail_pic": "https://wx1.sinaimg.cn/thumbnail/a1.jpg"}]
    assert one["original_pic"] == "https://wx1.sinaimg.cn/large/a1.jpg" and "pic_ids" not in one.json
    assert show(server, both)["pic_ids"] == ["a1", "b2"]


@W.proves("W-45")
def a_repost_holds_its_original(server: WeiboServer) -> None:
    root = server.add_post("原文", author="小明")
    repost = server.add_post("转发微博", retweet_of=root)
    inner = show(server, repost)["retweeted_status"]
    assert inner is not None and (inner["id"], inner["user"]["screen_name"]) == (root, "小明")
    server.delete(root)
    gone = show(server, repost)["retweeted_status"]
    assert "user" not in gone and gone["text"] != "原文"


@W.proves("W-46")
def private_posts_say_so(server: WeiboServer) -> None:
    assert show(server, server.add_post("悄悄话", visible=1))["visible"]["type"] == 1


@W.proves("W-47")
def source_is_broken_html(server: WeiboServer) -> None:
    sources = [show(server, server.add_post("你好"))["source"] for _ in range(6)]
    assert all(source.startswith("<a href=") for source in sources)
    assert 0 < sum(source.endswith("</a>") for source in sources) < 6


@W.proves("W-48")
def a_deleted_post_is_20101(server: WeiboServer) -> None:
    made = server.add_post("你好")
    server.delete(made)
    assert code(show(server, made)) == 20101


@W.proves("W-49")
def a_batch_gives_deleted_posts_another_text(server: WeiboServer) -> None:
    here, gone = server.add_post("在"), server.add_post("不在")
    server.delete(gone)
    answer = get(server, "/2/statuses/show_batch.json", ids=f"{here},{gone}")
    texts = {entry["id"]: entry["text"] for entry in answer["statuses"]}
    assert texts == {here: "在", gone: "此微博已被原作者删除。"}
    assert "user" not in answer["statuses"][1]


@W.proves("W-50")
def an_edit_leaves_no_signal(server: WeiboServer) -> None:
    made = server.add_post("在东站")
    before = show(server, made).json
    server.edit(made, "在西站")
    assert show(server, made).json == {**before, "text": "在西站"}


def picture(server: WeiboServer, size: str, referer: str = "https://weibo.com/") -> int:
    return call(server, "GET", f"/sinaimg/{size}/a1.jpg", headers={"Referer": referer}).status


@W.proves("W-51", local_images=True)
def pictures_need_the_referer(server: WeiboServer) -> None:
    server.add_image("a1", b"jpeg")
    address = show(server, server.add_post("图", pics=["a1"]))["original_pic"]
    assert address == server.base_url + "/sinaimg/large/a1.jpg"
    assert picture(server, "large") == 200
    assert picture(server, "large", "https://homeward.example/") == 403


@W.proves("W-52", local_images=True)
def a_size_may_be_missing(server: WeiboServer) -> None:
    server.add_image("a1", b"jpeg", sizes=["mw2000"])
    assert (picture(server, "large"), picture(server, "mw2000")) == (404, 200)


@W.proves("W-55")
def errors_have_three_fields(server: WeiboServer) -> None:
    answer = show(server, 1)
    assert answer.status == 400
    assert set(answer.json) == {"request", "error_code", "error"}
    assert answer["request"] == "/2/statuses/show.json"


@W.proves("W-56")
def codes_are_numbers_and_strings(server: WeiboServer) -> None:
    assert [show(server, 1)["error_code"] for _ in range(4)] == [20101, "20101", 20101, "20101"]


@W.proves("W-57")
def a_user_has_a_hundred_calls_a_day(server: WeiboServer) -> None:
    for _ in range(100):
        mentions(server)
    refused = mentions(server)
    assert (code(refused), refused.status) == (10023, 403)
    server.skip_time(3600)
    assert code(mentions(server)) == 10023
    server.skip_time(DAY)
    assert mentions(server).status == 200


@W.proves("W-58", budgets={"ip_hour": 3})
def an_address_has_an_hourly_budget(server: WeiboServer) -> None:
    assert [code(mentions(server)) for _ in range(4)] == [0, 0, 0, 10022]
    server.skip_time(3600)
    assert mentions(server).status == 200


@W.proves("W-59")
def thirty_writes_an_hour(server: WeiboServer) -> None:
    made = server.add_post("你好")
    codes = [code(comment(server, made, f"谢谢{n}")) for n in range(31)]
    assert codes == [0] * 30 + [10024]
    server.skip_time(3600)
    assert code(comment(server, made, "再谢")) == 0


@W.proves("W-60", contract="full", budgets={"commercial_hour": 2})
def the_commercial_host_has_a_budget_of_its_own(server: WeiboServer) -> None:
    path = "/c.api/2/search/statuses/limited.json"
    assert [code(get(server, path, q="寻人")) for _ in range(3)] == [0, 0, 10022]
    assert mentions(server).status == 200


@W.proves("W-61")
def the_limit_status_is_free_and_tells_what_is_left(server: WeiboServer) -> None:
    mentions(server)
    for _ in range(3):
        answer = get(server, "/2/account/rate_limit_status.json")
    assert (answer["remaining_user_hits"], answer["remaining_ip_hits"]) == (99, 14_999)
    assert answer["reset_time_in_seconds"] == 3600


@W.proves("W-62")
def no_answer_has_limit_headers(server: WeiboServer) -> None:
    assert not [name for name in mentions(server).headers if "ratelimit" in name.replace("-", "").lower()]


@W.proves("W-79")
def a_code_is_good_once(server: WeiboServer) -> None:
    used = server.issue_code()
    assert [sign_in(server, code=used).status for _ in range(2)] == [200, 400]
