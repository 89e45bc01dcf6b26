"""Proofs of the X rules about tokens, search and its query language."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.servers.proof_tools import Got, Table, call
from tests.servers.x import XServer

X = Table()
DAY = 86_400.0


def get(server: XServer, path: str, token: str = XServer.app_token, **query: Any) -> Got:
    params = {name.replace("__", "."): str(value) for name, value in query.items()}
    return call(server, "GET", "/2" + path, params=params, headers={"Authorization": f"Bearer {token}"})


def post(server: XServer, path: str, body: Any, token: str = XServer.bot_token, **headers: str) -> Got:
    return call(
        server, "POST", "/2" + path, json=body, headers={"Authorization": f"Bearer {token}", **headers}
    )


def search(server: XServer, query: str = "#Tag", **more: Any) -> Got:
    return get(server, "/tweets/search/recent", query=query, **more)


def ids(answer: Got) -> list[str]:
    return [entry["id"] for entry in answer["data"] or []]


def found(server: XServer, query: str, *posts: str) -> None:
    """The query finds exactly these posts."""
    answer = search(server, query)
    assert answer.status == 200, answer.body
    assert set(ids(answer)) == set(posts)


def token_call(server: XServer, **form: str) -> Got:
    pair = base64.b64encode(f"{server.api_key}:{server.api_secret}".encode()).decode()
    return call(server, "POST", "/2/oauth2/token", data=form, headers={"Authorization": f"Basic {pair}"})


@X.proves("X-01")
def calls_without_a_known_token_are_401(server: XServer) -> None:
    assert search(server).status == 200
    assert search(server, token="wrong").status == 401


@X.proves("X-02")
def full_archive_refuses_a_user_token(server: XServer) -> None:
    assert get(server, "/tweets/search/all", token=server.bot_token, query="#Tag").status == 403


@X.proves("X-03")
def stream_rules_refuse_a_user_token(server: XServer) -> None:
    assert get(server, "/tweets/search/stream/rules", token=server.bot_token).status == 403


@X.proves("X-04")
def the_app_token_cannot_post(server: XServer) -> None:
    assert post(server, "/tweets", {"text": "hello"}, token=server.app_token).status == 403
    assert server.posts_by_bot() == []


def new_tokens(server: XServer, *scopes: str) -> Got:
    code = server.issue_code(scopes=scopes)
    return token_call(server, grant_type="authorization_code", code=code, redirect_uri="https://a.example")


@X.proves("X-05")
def an_access_token_is_over_after_two_hours(server: XServer) -> None:
    token = new_tokens(server, "tweet.read", "users.read")["access_token"]
    server.skip_time(7_199)
    assert get(server, "/users/me", token=token).status == 200
    server.skip_time(2)
    assert get(server, "/users/me", token=token).status == 401


@X.proves("X-06")
def a_used_refresh_token_is_refused(server: XServer) -> None:
    first = new_tokens(server, "tweet.read", "offline.access")["refresh_token"]
    second = token_call(server, grant_type="refresh_token", refresh_token=first)
    assert second["refresh_token"] not in (None, first)
    assert token_call(server, grant_type="refresh_token", refresh_token=first).status == 400


@X.proves("X-07")
def a_code_is_over_after_thirty_seconds(server: XServer) -> None:
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    code = server.issue_code(challenge=base64.urlsafe_b64encode(digest).decode().rstrip("="))
    server.skip_time(31)
    answer = token_call(server, grant_type="authorization_code", code=code, code_verifier=verifier)
    assert answer.status == 400


@X.proves("X-08")
def no_refresh_token_without_offline_access(server: XServer) -> None:
    assert "refresh_token" not in new_tokens(server, "tweet.read").json
    assert "refresh_token" in new_tokens(server, "tweet.read", "offline.access").json


@X.proves("X-09")
def oauth1_reads_mentions(server: XServer) -> None:
    header = f'OAuth oauth_token="{server.oauth1_token}", oauth_signature="s"'
    path = f"/2/users/{server.bot_id}/mentions"
    assert call(server, "GET", path, headers={"Authorization": header}).status == 200


@X.proves("X-10")
def posting_needs_the_write_scope(server: XServer) -> None:
    token = new_tokens(server, "tweet.read", "users.read")["access_token"]
    assert post(server, "/tweets", {"text": "hello"}, token=token).status == 403


@X.proves("X-11")
def recent_search_knows_seven_days(server: XServer) -> None:
    server.add_post("#Tag old", age_s=8 * DAY)
    new = server.add_post("#Tag new", age_s=6 * DAY)
    assert ids(search(server)) == [new]
    assert search(server, start_time="2026-06-07T12:00:00Z").status == 400


@X.proves("X-12")
def recent_search_takes_ten_to_a_hundred(server: XServer) -> None:
    assert [search(server, max_results=n).status for n in (9, 10, 100, 101)] == [400, 200, 200, 400]


@X.proves("X-13")
def a_page_has_ten_posts_by_default(server: XServer) -> None:
    for _ in range(11):
        server.add_post("#Tag", age_s=60)
    assert len(ids(search(server))) == 10


@X.proves("X-14")
def a_query_of_513_characters_is_too_long(server: XServer) -> None:
    assert search(server, "#Tag " + "a" * 507).status == 200
    assert search(server, "#Tag " + "a" * 508).status == 400


@X.proves("X-15")
def full_archive_takes_500_and_1024(server: XServer) -> None:
    def status(query: str, size: int) -> int:
        server.skip_time(2)
        return get(server, "/tweets/search/all", query=query, max_results=size).status

    assert [status("#Tag", 500), status("#Tag", 501), status("a" * 1025, 10)] == [200, 400, 400]


@X.proves("X-16")
def full_archive_takes_one_call_a_second(server: XServer) -> None:
    statuses = []
    for wait_s in (0.0, 0.5, 0.6):
        server.skip_time(wait_s)
        statuses.append(get(server, "/tweets/search/all", query="#Tag").status)
    assert statuses == [200, 429, 200]


@X.proves("X-17")
def the_archive_begins_in_2006(server: XServer) -> None:
    start = "2006-02-01T00:00:00Z"
    assert get(server, "/tweets/search/all", query="#Tag", start_time=start).status == 400


@X.proves("X-18")
def results_come_newest_first(server: XServer) -> None:
    made = [server.add_post("#Tag", age_s=age) for age in (300, 200, 100)]
    assert ids(search(server)) == made[::-1]


@X.proves("X-19")
def the_last_thirty_seconds_are_left_out(server: XServer) -> None:
    server.add_post("#Tag", age_s=29)
    older = server.add_post("#Tag", age_s=31)
    assert ids(search(server)) == [older]
    assert len(ids(search(server, end_time="2026-06-15T12:00:00Z"))) == 2


@X.proves("X-20")
def an_empty_page_has_no_data(server: XServer) -> None:
    assert search(server).json == {"meta": {"result_count": 0}}


@X.proves("X-21")
def meta_names_the_ends_and_the_next_page(server: XServer) -> None:
    made = [server.add_post("#Tag", age_s=100 - n) for n in range(11)]
    meta = search(server)["meta"]
    assert (meta.get("newest_id"), meta.get("oldest_id")) == (made[-1], made[1])
    assert meta["result_count"] == 10
    last = search(server, next_token=meta["next_token"])
    assert ids(last) == [made[0]] and "next_token" not in last["meta"]


@X.proves("X-22")
def since_id_is_exclusive(server: XServer) -> None:
    first, second = server.add_post("#Tag", age_s=60), server.add_post("#Tag", age_s=50)
    assert ids(search(server, since_id=first)) == [second]


@X.proves("X-23")
def until_id_is_exclusive(server: XServer) -> None:
    first, second = server.add_post("#Tag", age_s=60), server.add_post("#Tag", age_s=50)
    assert ids(search(server, until_id=second)) == [first]


@X.proves("X-24")
def a_since_id_of_last_week_is_refused(server: XServer) -> None:
    old, new = server.add_post("#Tag", age_s=8 * DAY), server.add_post("#Tag", age_s=6 * DAY)
    assert search(server, since_id=new).status == 200
    assert search(server, since_id=old).status == 400


@X.proves("X-25")
def since_id_and_start_time_exclude_each_other(server: XServer) -> None:
    new = server.add_post("#Tag", age_s=DAY)
    assert search(server, since_id=new, start_time="2026-06-15T00:00:00Z").status == 400


@X.proves("X-26")
def start_is_inclusive_and_end_exclusive(server: XServer) -> None:
    at_start = server.add_post("#Tag", created_at="2026-06-15T10:00:00+00:00")
    server.add_post("#Tag", created_at="2026-06-15T11:00:00+00:00")
    window = {"start_time": "2026-06-15T10:00:00Z", "end_time": "2026-06-15T11:00:00Z"}
    assert ids(search(server, **window)) == [at_start]


@X.proves("X-27")
def new_posts_do_not_move_the_next_page(server: XServer) -> None:
    made = [server.add_post("#Tag", age_s=500 - n) for n in range(20)]
    first = search(server)
    server.add_post("#Tag", age_s=60)
    second = search(server, next_token=first["meta"]["next_token"])
    assert ids(first) + ids(second) == made[::-1]


@X.proves("X-28")
def the_next_page_forgets_since_id(server: XServer) -> None:
    made = [server.add_post("#Tag", age_s=500 - n) for n in range(20)]
    first = search(server, since_id=made[5])
    without = search(server, next_token=first["meta"]["next_token"])
    assert made[0] in ids(without)
    again = search(server, next_token=first["meta"]["next_token"], since_id=made[5])
    assert ids(first) + ids(again) == made[:5:-1]


@X.proves("X-29")
def and_binds_before_or(server: XServer) -> None:
    cat, dog_bird = server.add_post("cat", age_s=60), server.add_post("dog bird", age_s=60)
    server.add_post("cat bird", age_s=DAY * 8)
    dog = server.add_post("dog", age_s=60)
    assert dog
    found(server, "cat OR dog bird", cat, dog_bird)


@X.proves("X-30")
def parentheses_group(server: XServer) -> None:
    first, second = server.add_post("red cat", age_s=60), server.add_post("red dog", age_s=60)
    server.add_post("dog", age_s=60)
    found(server, "red (cat OR dog)", first, second)


@X.proves("X-31")
def a_minus_negates_terms_but_no_groups(server: XServer) -> None:
    plain = server.add_post("cat", age_s=60)
    server.add_post("cat dog", age_s=60)
    found(server, "cat -dog", plain)
    assert search(server, "cat -(dog OR bird)").status == 400


@X.proves("X-32")
def a_hashtag_matches_whole_tags_in_any_case(server: XServer) -> None:
    exact = server.add_post("see #MissingKids", age_s=60)
    server.add_post("see #MissingKidsUK", age_s=60)
    found(server, "#missingkids", exact)


@X.proves("X-33")
def conditions_need_a_standalone_operator(server: XServer) -> None:
    assert search(server, "#Tag has:images lang:en").status == 200
    for query in ("has:images", "lang:en -is:retweet", "#Tag OR has:images", "-#Tag"):
        assert search(server, query).status == 400, query


@X.proves("X-34")
def has_images_and_geo_look_at_the_post(server: XServer) -> None:
    photo = server.add_post("#Tag", age_s=60, media=[server.add_photo()])
    video = server.add_post("#Tag", age_s=60, media=[server.add_video()])
    placed = server.add_post("#Tag", age_s=60, coordinates=[-0.1, 51.5])
    found(server, "#Tag has:images", photo)
    found(server, "#Tag has:geo", placed)
    found(server, "#Tag has:media", photo, video)


@X.proves("X-35")
def languages_are_exact_and_chinese_has_two(server: XServer) -> None:
    english, chinese = server.add_post("#Tag", age_s=60), server.add_post("#Tag 寻人", age_s=60, lang="zh")
    found(server, "#Tag lang:en", english)
    found(server, "#Tag (lang:zh-CN OR lang:zh-TW)", chinese)
    assert search(server, "#Tag lang:zh").status == 400


@X.proves("X-36")
def relations_are_operators(server: XServer) -> None:
    root = server.add_post("#Tag root", author="ana", age_s=60)
    reply = server.add_post("#Tag @homeward look", author="ben", age_s=50, reply_to=root)
    found(server, "#Tag from:ana", root)
    found(server, "#Tag @homeward", reply)
    found(server, "#Tag is:reply", reply)
    found(server, "#Tag -is:reply", root)
    found(server, f"conversation_id:{root} -from:ana", reply)


@X.proves("X-37")
def places_are_operators(server: XServer) -> None:
    london = server.add_place("London", "GB", [-0.5, 51.2, 0.3, 51.7], full_name="London, England")
    in_london = server.add_post("#Tag", age_s=60, place_id=london)
    in_leeds = server.add_post("#Tag", age_s=60, coordinates=[-1.55, 53.8])
    found(server, "#Tag place:London", in_london)
    found(server, "#Tag place_country:GB", in_london)
    found(server, "#Tag point_radius:[-1.5 53.8 16km]", in_leeds)
    found(server, "#Tag bounding_box:[-2 53 -1 54]", in_leeds)


@X.proves("X-38")
def search_returns_no_reposts(server: XServer) -> None:
    original = server.add_post("#Tag", age_s=60)
    server.add_post("", author="fan", age_s=50, repost_of=original)
    found(server, "#Tag", original)


@X.proves("X-39")
def unknown_operators_are_refused(server: XServer) -> None:
    assert search(server, "#Tag colour:red").status == 400
    assert search(server, "#Tag has:wings").status == 400
