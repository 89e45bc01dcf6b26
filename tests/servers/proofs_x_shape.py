"""Proofs of the X rules about how posts look, edits, lookup, compliance jobs and pictures."""

from __future__ import annotations

import re
from typing import Any

from tests.servers.proof_tools import Got, call
from tests.servers.proofs_x_reading import DAY, X, get, ids, search
from tests.servers.x import XServer
from tests.servers.x_world import EditRefused

ALL_FIELDS = {
    "tweet__fields": "created_at,author_id,lang,geo,attachments,entities,referenced_tweets,"
    "in_reply_to_user_id,conversation_id,possibly_sensitive,edit_history_tweet_ids,edit_controls,note_tweet,reply_settings,"
    "withheld",
    "expansions": "author_id,attachments.media_keys,geo.place_id,referenced_tweets.id,"
    "referenced_tweets.id.author_id",
    "media__fields": "media_key,type,url,preview_image_url,variants,width,height,alt_text",
    "place__fields": "full_name,name,country,country_code,place_type,geo",
    "user__fields": "username,name,location,description,protected",
}


def look(server: XServer, *post_ids: str, **more: Any) -> Got:
    return get(server, "/tweets", ids=",".join(post_ids), **{**ALL_FIELDS, **more})


def one(server: XServer, post_id: str, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = look(server, post_id, **more)["data"][0]
    return found


@X.proves("X-40")
def times_have_milliseconds(server: XServer) -> None:
    made = server.add_post("hello", created_at="2026-06-14T19:26:16.250+00:00")
    assert one(server, made)["created_at"] == "2026-06-14T19:26:16.250Z"


@X.proves("X-41")
def text_carries_html_entities(server: XServer) -> None:
    made = server.add_post("cat & dog <here> #Tag")
    post = one(server, made)
    assert post["text"] == "cat &amp; dog &lt;here&gt; #Tag"
    tag = post["entities"]["hashtags"][0]
    assert post["text"][tag["start"] : tag["end"]] == "#Tag"


@X.proves("X-42")
def long_posts_are_cut_and_whole_in_note_tweet(server: XServer) -> None:
    text = "word " * 80 + "#Tag"
    post = one(server, server.add_post(text, age_s=60))
    assert len(post["text"]) < 280
    assert post.get("note_tweet", {}).get("text") == text
    assert ids(search(server)) == [post["id"]]


@X.proves("X-43")
def links_are_short_and_entities_have_targets(server: XServer) -> None:
    post = one(server, server.add_post("see https://news.example/a?b=1 #Tag"))
    assert "news.example" not in post["text"]
    link = post["entities"]["urls"][0]
    assert link["expanded_url"] == "https://news.example/a?b=1"
    assert post["text"][link["start"] : link["end"]] == link["url"]
    assert [tag["tag"] for tag in post["entities"]["hashtags"]] == ["Tag"]


@X.proves("X-44")
def an_unknown_language_is_und(server: XServer) -> None:
    assert one(server, server.add_post("?", lang=""))["lang"] == "und"


@X.proves("X-45")
def authors_come_in_includes(server: XServer) -> None:
    user_id = server.add_user("ana", name="Ana", location="Leeds")
    users = (look(server, server.add_post("hello", author="ana"))["includes"] or {}).get("users")
    assert users and (users[0]["id"], users[0]["username"], users[0]["location"]) == (user_id, "ana", "Leeds")


@X.proves("X-46")
def media_have_addresses_and_alt_text(server: XServer) -> None:
    made = server.add_post("look", media=[server.add_photo("a red coat"), server.add_video()])
    photo, video = look(server, made)["includes"]["media"]
    assert str(photo.get("url")).startswith("https://pbs.twimg.com/media/")
    assert photo.get("alt_text") == "a red coat"
    assert "url" not in video and video.get("preview_image_url")
    assert {v["content_type"] for v in video.get("variants", [])} == {"video/mp4", "application/x-mpegURL"}


@X.proves("X-47")
def places_have_a_box(server: XServer) -> None:
    place = server.add_place("London", "GB", [-0.5, 51.2, 0.3, 51.7])
    answer = look(server, server.add_post("here", place_id=place))
    assert answer["data"][0].get("geo", {}).get("place_id") == place
    assert answer["includes"]["places"][0]["geo"]["bbox"] == [-0.5, 51.2, 0.3, 51.7]


@X.proves("X-48")
def coordinates_are_lon_lat(server: XServer) -> None:
    post = one(server, server.add_post("here", coordinates=[-0.1, 51.5]))
    assert post.get("geo") == {"coordinates": {"type": "Point", "coordinates": [-0.1, 51.5]}}


@X.proves("X-49")
def references_say_their_kind_and_reposts_are_cut(server: XServer) -> None:
    root = server.add_post("word " * 50, author="ana")
    repost = one(server, server.add_post("", repost_of=root))
    assert repost.get("referenced_tweets") == [{"type": "retweeted", "id": root}]
    assert repost["text"].startswith("RT @ana: word") and len(repost["text"]) == 140
    quote, reply = server.add_post("see", quote_of=root), server.add_post("yes", reply_to=root)
    kinds = [entry["referenced_tweets"][0]["type"] for entry in look(server, quote, reply)["data"]]
    assert kinds == ["quoted", "replied_to"]


@X.proves("X-50")
def missing_referents_are_errors_of_a_200(server: XServer) -> None:
    root = server.add_post("root")
    quote = server.add_post("see", quote_of=root)
    server.delete(root)
    answer = look(server, quote)
    assert answer.status == 200 and answer["data"]
    assert [e["resource_id"] for e in answer["errors"] or []] == [root]


@X.proves("X-51")
def an_edit_is_a_new_id_with_a_history(server: XServer) -> None:
    first = server.add_post("#Tag befor", age_s=100)
    second = server.edit(first, "#Tag before", created_at=server.now().timestamp() - 60)
    assert second != first
    assert one(server, second)["edit_history_tweet_ids"] == [first, second]
    assert one(server, second)["edit_controls"]["edits_remaining"] == 4
    assert ids(search(server)) == [second]


@X.proves("X-52")
def no_sixth_edit_and_none_after_half_an_hour(server: XServer) -> None:
    late = server.add_post("a", age_s=1801)
    many = server.add_post("a")
    for number in range(5):
        server.edit(many, f"a{number}")
    for post_id in (late, many):
        refused = False
        try:
            server.edit(post_id, "again")
        except EditRefused:
            refused = True
        assert refused


@X.proves("X-53")
def deleting_one_version_deletes_all(server: XServer) -> None:
    first = server.add_post("a", age_s=60)
    second = server.edit(first, "b")
    server.delete(second)
    assert look(server, first, second)["data"] is None


@X.proves("X-54")
def withheld_posts_say_where(server: XServer) -> None:
    made = server.add_post("a")
    server.withhold(made, ["DE"])
    assert one(server, made).get("withheld") == {
        "copyright": False,
        "country_codes": ["DE"],
        "scope": "tweet",
    }


@X.proves("X-55")
def only_what_was_asked_is_answered(server: XServer) -> None:
    made = server.add_post("a", extra={"surprise": 1})
    bare = get(server, "/tweets", ids=made)
    assert set(bare["data"][0]) == {"id", "text", "edit_history_tweet_ids", "surprise"}
    assert bare["includes"] is None


@X.proves("X-56")
def the_other_spelling_is_answered_when_asked(server: XServer) -> None:
    root = server.add_post("word " * 80)
    quote = server.add_post("see " * 80, quote_of=root)
    fields = "referenced_posts,note_post,edit_history_post_ids"
    answer = get(server, "/tweets", ids=quote, post__fields=fields, expansions="referenced_posts.id")
    assert answer.status == 200
    post = answer["data"][0]
    assert {"referenced_posts", "note_post", "edit_history_post_ids"} <= set(post)
    assert not {"referenced_tweets", "note_tweet", "edit_history_tweet_ids"} & set(post)
    assert [entry["id"] for entry in answer["includes"].get("posts", [])] == [root]


@X.proves("X-57")
def unknown_names_are_refused(server: XServer) -> None:
    made = server.add_post("a")
    for more in ({"tweet.fields": "colour"}, {"expansions": "uncle_id"}, {"colour": "red"}):
        assert get(server, "/tweets", ids=made, **more).status == 400


@X.proves("X-58")
def lookup_takes_a_hundred(server: XServer) -> None:
    numbers = [str(n) for n in range(1, 102)]
    assert get(server, "/tweets", ids=",".join(numbers[:100])).status == 200
    assert get(server, "/tweets", ids=",".join(numbers)).status == 400


@X.proves("X-59")
def missing_ids_are_errors_of_a_200(server: XServer) -> None:
    here, gone = server.add_post("a"), server.add_post("b")
    server.delete(gone)
    answer = look(server, here, gone)
    assert answer.status == 200 and ids(answer) == [here]
    kinds = [(e["resource_id"], e["type"].rpartition("/")[2]) for e in answer["errors"] or []]
    assert kinds == [(gone, "resource-not-found")]


@X.proves("X-60")
def protected_posts_are_errors_of_a_200(server: XServer) -> None:
    made = server.add_post("a", author="shy")
    server.protect("shy")
    answer = look(server, made)
    assert answer["data"] is None
    assert answer["errors"][0]["type"].endswith("/not-authorized-for-resource")


@X.proves("X-61")
def sensitive_posts_say_so(server: XServer) -> None:
    assert one(server, server.add_post("a", sensitive=True)).get("possibly_sensitive") is True


def job_lines(server: XServer, content_type: str, *post_ids: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {server.app_token}"}
    job = call(server, "POST", "/2/compliance/jobs", json={"type": "tweets"}, headers=headers)["data"]
    path = job["upload_url"].removeprefix(server.base_url)
    sent = call(server, "PUT", path, content="\n".join(post_ids), headers={"Content-Type": content_type})
    state = get(server, f"/compliance/jobs/{job['id']}")["data"]["status"]
    lines = call(server, "GET", job["download_url"].removeprefix(server.base_url)).body.decode()
    assert sent.status != 200 or state == "complete"
    return sent.status, lines


@X.proves("X-62")
def a_compliance_job_names_deleted_posts(server: XServer) -> None:
    here, gone = server.add_post("a"), server.add_post("b")
    server.delete(gone)
    _, lines = job_lines(server, "text/plain", here, gone)
    assert lines == f'{{"id": "{gone}", "action": "delete", "reason": "deleted"}}\n'


@X.proves("X-63")
def a_compliance_upload_is_plain_text(server: XServer) -> None:
    assert job_lines(server, "application/json", server.add_post("a"))[0] == 400


@X.proves("X-113", local_images=True)
def a_missing_size_is_404_and_another_is_there(server: XServer) -> None:
    key = server.add_photo(image=b"jpeg", sizes=("large", ""))
    address = look(server, server.add_post("a", media=[key]))["includes"]["media"][0]["url"]
    path = re.sub(r"\.jpg$", "", address.removeprefix(server.base_url))
    assert call(server, "GET", path, params={"format": "jpg", "name": "orig"}).status == 404
    assert call(server, "GET", path, params={"format": "jpg", "name": "large"}).body == b"jpeg"
    assert call(server, "GET", path + ".jpg").body == b"jpeg"


@X.proves("X-83")
def mentions_have_windows_of_450_and_300(server: XServer) -> None:
    path = f"/users/{server.bot_id}/mentions"
    limits = [
        get(server, path, token=t).headers["x-rate-limit-limit"] for t in (server.app_token, server.bot_token)
    ]
    assert limits == ["450", "300"]


@X.proves("X-84")
def lookup_has_a_window_of_3500(server: XServer) -> None:
    assert look(server, server.add_post("a")).headers["x-rate-limit-limit"] == "3500"


@X.proves("X-92")
def an_own_mention_costs_a_tenth_of_a_cent(server: XServer) -> None:
    server.add_post("@homeward help", age_s=DAY)
    answer = get(server, f"/users/{server.bot_id}/mentions")
    assert len(ids(answer)) == 1
    assert str(server.cost_usd) == "0.001"
