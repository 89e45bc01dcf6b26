"""What each platform's reader makes of the fixtures, field by field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collectors import weibo, x
from collectors.bluesky_record import read_event
from collectors.mastodon_status import read_status
from collectors.mastodon_text import plain_text
from collectors.shapes import read_payload
from collectors.x_parts import photo_sizes
from store.records.post import AuthorSign, MediaKind, PlaceTag, Visibility
from tests.unit.collectors.make import NOW, by_key, fixture, read

DID = "did:plc:demo234567demo234567demo"


# Weibo


def test_weibo_reads_text_author_time_place_and_pictures() -> None:
    seen = by_key("weibo/timeline.json")["weibo:5200000000000001"]
    assert seen.author.handle == "示例路人甲" and seen.author.location == "北京 朝阳区"
    assert seen.created_at == datetime(2026, 2, 7, 1, 30, tzinfo=UTC)
    assert seen.zone_offset_min == 480
    assert seen.geotag and (seen.geotag.lat, seen.geotag.lon) == (31.2345, 121.4801)
    assert seen.hashtags == ("随手拍解救乞讨儿童",) and seen.mentions == ("示例志愿者",)
    assert [media.url for media in seen.media] == [
        "https://wx1.sinaimg.cn/large/aaaa1111bbbb2222.jpg",
        "https://wx2.sinaimg.cn/large/cccc3333dddd4444.gif",
    ]
    assert seen.media[0].fallbacks[0] == "https://wx1.sinaimg.cn/mw2000/aaaa1111bbbb2222.jpg"
    assert {media.referer for media in seen.media} == {"https://weibo.com/"}


def test_weibo_stores_the_original_before_its_repost_and_links_them() -> None:
    posts = read("weibo/timeline.json").posts
    assert [post.key for post in posts[:2]] == ["weibo:5200000000000001", "weibo:5200000000000002"]
    assert posts[1].repost_of == posts[0].key


def test_weibo_words_of_earlier_forwarders_summon_nobody() -> None:
    repost = by_key("weibo/timeline.json")["weibo:5200000000000002"]
    assert "//@示例路人乙" in repost.text and repost.mentions == ()
    assert weibo.mentions_of("@甲人 看 //@乙人: @丙人") == ("甲人",)


def test_weibo_place_of_a_check_in_and_entities_and_wide_tags() -> None:
    seen = by_key("weibo/timeline.json")["weibo:5200000000000003"]
    assert seen.place_tag == PlaceTag("成都东站")
    assert seen.hashtags == ("宝贝回家",) and "A&B" in seen.text
    assert AuthorSign.NO_BOT in seen.author.signs


def test_weibo_a_status_for_friends_is_private() -> None:
    assert by_key("weibo/timeline.json")["weibo:5200000000000004"].visibility is Visibility.PRIVATE


def test_weibo_a_deleted_original_is_gone_and_set_aside() -> None:
    reading = read("weibo/statuses.json")
    assert [gone.key for gone in reading.gone] == ["weibo:5200000000000099"]
    assert len(reading.set_aside) == 1 and "deleted" in reading.set_aside[0].reason
    assert reading.posts[-1].repost_of == "weibo:5200000000000099"


def test_weibo_says_when_a_long_text_is_cut() -> None:
    cut, whole = read("weibo/push.jsonl").posts
    assert any("cut" in problem for problem in cut.problems)
    assert whole.text.startswith("#宝贝回家# 很长") and not whole.problems


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Tue May 31 17:46:55 +0800 2011", datetime(2011, 5, 31, 9, 46, 55, tzinfo=UTC)),
        ("Fri Feb 09 15:18:31 -0530 2012", datetime(2012, 2, 9, 20, 48, 31, tzinfo=UTC)),
        ("Tue Mai 31 17:46:55 +0800 2011", None),
        ("Tue Feb 31 17:46:55 +0800 2011", None),
        ("2011-05-31", None),
        ("Sat Jan 01 00:00:00 +0800 0001", None),
    ],
)
def test_weibo_dates_are_read_by_our_own_month_table(text: str, moment: datetime | None) -> None:
    assert weibo.parse_date(text) == moment


def test_weibo_permalink_is_base_62() -> None:
    user = {"idstr": "12", "screen_name": "甲人"}
    reading = weibo.read_status({"mid": "3501756485200075", "text": "", "user": user}, NOW)
    assert reading.posts[0].permalink == "https://weibo.com/12/z0JH2lOMb"


@pytest.mark.parametrize(
    ("geo", "lat"),
    [
        ({"coordinates": [0.0, 0.0]}, None),
        ({"coordinates": [121.4, 31.2]}, 31.2),
        ({"latitude": "31.2", "longitude": "121.4"}, 31.2),
        ({"coordinates": ["x", 1]}, None),
        ([1, 2], None),
    ],
)
def test_weibo_points_are_checked(geo: object, lat: float | None) -> None:
    found = weibo.read_status({"mid": "1", "text": "", "geo": geo}, NOW).posts[0].geotag
    assert (found.lat if found else None) == lat


# X


def test_x_keys_by_the_first_version_and_reads_included_objects() -> None:
    seen = by_key("x/search.json")["x:2000000000000000001"]
    assert seen.native_id == seen.version == "2000000000000000010"
    assert seen.edited_at and seen.author.handle == "demo_walker"
    assert seen.text.startswith("Saw a boy <6>")
    assert seen.hashtags == ("BringThemHome",) and seen.mentions == ("demo_bot",)
    assert seen.geotag and 39.7 < seen.geotag.lat < 39.8 and 10 < seen.geotag.radius_km < 30
    assert seen.place_tag == PlaceTag("Springfield, IL", "US")
    photo, video = seen.media
    assert photo.url == "https://pbs.twimg.com/media/DemoKey_A-1?format=jpg&name=orig"
    assert photo.fallbacks[-1] == "https://pbs.twimg.com/media/DemoKey_A-1.jpg"
    assert photo.alt_text == "a platform"
    assert video.kind is MediaKind.VIDEO and video.url.endswith("high.mp4")


def test_x_stores_the_included_original_with_its_long_text() -> None:
    posts = by_key("x/search.json")
    original, repost = posts["x:2000000000000000004"], posts["x:2000000000000000020"]
    assert "everything that was cut" in original.text and original.hashtags == ("BringThemHome", "Found")
    assert repost.repost_of == original.key and repost.language == ""


def test_x_protected_accounts_are_private() -> None:
    seen = by_key("x/search.json")["x:2000000000000000020"]
    assert seen.visibility is Visibility.PRIVATE and AuthorSign.PROTECTED in seen.author.signs


def test_x_errors_in_an_answer_are_deletions() -> None:
    assert [gone.key for gone in read("x/search.json").gone] == ["x:2000000000000000777"]


def test_x_default_fields_are_enough_and_the_rest_is_named() -> None:
    (seen,) = read("x/single.json").posts
    assert seen.created_at == datetime(2025, 12, 14, 0, 28, 52, 860000, tzinfo=UTC)
    assert any("author_id" in problem for problem in seen.problems)
    assert any("taken from the id" in problem for problem in seen.problems)


def test_x_reads_the_new_spelling_of_the_field_names() -> None:
    seen = by_key("x/posts_spelling.json")["x:2000000000000000040"]
    assert seen.text == "我在车站看到一个孩子 #宝贝回家" and seen.language == "zh"
    assert seen.quote_of == "x:2000000000000000041" and seen.reply_to == "x:2000000000000000042"


def test_x_the_author_behind_rt_is_not_mentioned() -> None:
    (seen,) = x.read_answer({"data": {"id": "5", "text": "RT @demo_bot: hi @other a@b.example"}}, NOW).posts
    assert seen.mentions == ("other",)


@pytest.mark.parametrize(
    ("address", "best"),
    [
        ("https://pbs.twimg.com/media/K_-9.png", "https://pbs.twimg.com/media/K_-9?format=png&name=orig"),
        (
            "https://pbs.twimg.com/media/K?format=png&name=small",
            "https://pbs.twimg.com/media/K?format=png&name=orig",
        ),
        ("https://pbs.twimg.com/media/K.jpg:large", "https://pbs.twimg.com/media/K?format=jpg&name=orig"),
        (
            "https://pbs.twimg.com/ext_tw_video_thumb/1/pu/img/K.jpg",
            "https://pbs.twimg.com/ext_tw_video_thumb/1/pu/img/K.jpg",
        ),
        ("https://other.example/media/K.jpg", "https://other.example/media/K.jpg"),
        ("https://[bad", "https://[bad"),
    ],
)
def test_x_best_size_of_a_photo(address: str, best: str) -> None:
    sizes = photo_sizes(address)
    assert sizes[0] == best and sizes[-1] == address


# Mastodon


def test_mastodon_reads_html_tags_mentions_and_media() -> None:
    (seen,) = read("mastodon/status.json").posts
    assert seen.key == "mastodon:https://harbour.example/users/nora/statuses/113000000000000001"
    assert seen.text == "Seen at the pier & gone\nsince noon #BringThemHome\nhttps://news.example/a/b"
    assert seen.author.handle == "nora@harbour.example"
    assert seen.author.id == "https://harbour.example/users/nora"
    assert seen.mentions == ("homebot@harbour.example", "far@far.example")
    own, remote = seen.media
    assert own.url.endswith("/original/pier01.jpg") and own.alt_text == "the pier"
    assert remote.url == "https://far.example/media/pier02.png" and remote.kind is MediaKind.PHOTO


def test_mastodon_stores_a_boosted_status_with_the_signs_of_its_author() -> None:
    original, boost, *_ = read("mastodon/timeline.json").posts
    assert boost.repost_of == original.key and boost.text == ""
    assert original.visibility is Visibility.UNLISTED and original.content_warning == "worrying"
    assert original.version == "2026-02-07T13:00:00+00:00" == original.edited_at.isoformat()  # type: ignore[union-attr]
    assert original.author.signs == {
        AuthorSign.BOT,
        AuthorSign.NO_BOT,
        AuthorSign.NO_INDEX,
        AuthorSign.NOT_DISCOVERABLE,
    }


def test_mastodon_a_quote_counts_only_when_accepted() -> None:
    *_, quote, pending = read("mastodon/timeline.json").posts
    assert quote.quote_of.endswith("/113000000000000001") and pending.quote_of == ""
    assert pending.visibility is Visibility.PRIVATE


def test_mastodon_an_unknown_visibility_is_read_as_private() -> None:
    status = {**fixture("mastodon/status.json"), "visibility": "local"}
    (seen,) = read_status(status, NOW).posts
    assert seen.visibility is Visibility.PRIVATE and any("visibility" in p for p in seen.problems)


def test_mastodon_names_without_any_address_belong_to_the_answering_server() -> None:
    status = fixture("mastodon/status.json")
    status["mentions"] = [{"acct": "homebot"}]
    assert read_status(status, NOW, host="harbour.example").posts[0].mentions == ("homebot@harbour.example",)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\nb\nc"),
        ("1 &lt; 2 &amp;&nbsp;3", "1 < 2 &\xa03"),
        ("<script>no</script><p>yes</p>", "yes"),
        ("a < b and <b>bold", "a < b and bold"),
        ("<ul><li>x</li><li>y</li></ul><!-- c -->", "x\ny"),
        ("", ""),
    ],
)
def test_html_becomes_the_text_a_reader_sees(content: str, text: str) -> None:
    assert plain_text(content) == text


# Bluesky


def test_bluesky_reads_facets_by_bytes_and_pictures_by_content_id() -> None:
    seen = read("bluesky/jetstream-v1.jsonl").posts[0]
    assert seen.key == f"bluesky:at://{DID}/app.bsky.feed.post/3lpost1"
    assert seen.hashtags == ("宝贝回家", "BringThemHome")
    assert seen.mentions == ("did:plc:bot2345672345672345672345",)
    assert seen.language == "zh-CN" and seen.author.id == DID
    assert seen.media[0].url.endswith(
        f"/feed_fullsize/plain/{DID}/bafkreidemophoto0000000000000000000001@jpeg"
    )


def test_bluesky_reads_a_quote_with_pictures_and_a_reply() -> None:
    seen = read("bluesky/jetstream-v1.jsonl").posts[1]
    assert seen.quote_of.endswith("/3lquoted") and seen.reply_to.endswith("/3lparent")
    assert len(seen.media) == 1


def test_bluesky_a_clock_that_runs_ahead_is_corrected_and_bad_facets_are_dropped() -> None:
    seen = read("bluesky/jetstream-v1.jsonl").posts[2]
    assert seen.created_at == datetime(2026, 2, 7, 14, 0, 1, tzinfo=UTC)
    assert seen.zone_offset_min == 540 and seen.hashtags == ("lying",)
    assert seen.sensitive and seen.content_warning == "graphic-media"
    assert sum("left out" in problem for problem in seen.problems) == 2


def test_bluesky_an_update_is_a_new_version_and_a_delete_is_gone() -> None:
    reading = read("bluesky/jetstream-v1.jsonl")
    first, edited = reading.posts[0], reading.posts[-1]
    assert edited.key == first.key and edited.version != first.version and edited.edited_at
    assert [gone.key.rpartition("/")[2] for gone in reading.gone] == ["3lold"]


def test_bluesky_reads_the_second_wire_format() -> None:
    reading = read("bluesky/jetstream-v2.jsonl")
    assert [media.alt_text for media in reading.posts[0].media] == ["one", "two"]
    assert reading.gone[0].seen_at == datetime(2026, 2, 7, 14, 0, 2, 123456, tzinfo=UTC)
    assert reading.set_aside == ()


def test_bluesky_views_carry_labels_and_handles() -> None:
    (seen,) = read("bluesky/get_posts.json").posts
    assert seen.author.handle == "demo.example"
    assert seen.author.signs == {AuthorSign.LOGIN_ONLY, AuthorSign.BOT}
    assert seen.sensitive and seen.content_warning == "porn" and seen.media[0].kind is MediaKind.VIDEO


def test_bluesky_a_thread_says_which_posts_are_not_found() -> None:
    view = fixture("bluesky/get_posts.json")["posts"][0]
    lost = {"uri": f"at://{DID}/app.bsky.feed.post/3lost", "notFound": True}
    thread = {"thread": {"post": view, "parent": lost, "replies": [{"post": view}, 7]}}
    reading = read_payload(thread, NOW)
    assert len(reading.posts) == 2 and reading.gone[0].key.endswith("/3lost")


@pytest.mark.parametrize("claimed", ["2020-01-01T00:00:00Z", "2026-02-07T14:00:00"])
def test_bluesky_an_earlier_claim_is_kept(claimed: str) -> None:
    event = fixture("bluesky/jetstream-v1.jsonl")[0]
    event["commit"]["record"]["createdAt"] = claimed
    (seen,) = read_event(event, NOW).posts
    assert seen.created_at and seen.created_at.replace(tzinfo=None) == datetime.fromisoformat(
        claimed
    ).replace(tzinfo=None)
    assert NOW - seen.created_at > timedelta(hours=1)
