"""The platforms' own exports: recognised by their shape, read whole, and nothing else in them opened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.archive import ArchiveFile, ArchiveLimits, read_archive
from collectors.shapes import rebuild
from store.records.page import Page, SetAside
from store.records.post import AuthorSign, Gone, MediaKind, Post, Visibility
from tests.unit.collectors import exports
from tests.unit.collectors.exports import DID, PICTURE, create, note, post_path, record, x_tweet
from tests.unit.collectors.make import NOW


def files(*paths: Path, limits: ArchiveLimits | None = None) -> list[tuple[ArchiveFile, list[Page]]]:
    return [(file, list(file.pages)) for file in read_archive(paths, NOW, limits)]


def read(*paths: Path, limits: ArchiveLimits | None = None) -> list[Page]:
    return [page for _, pages in files(*paths, limits=limits) for page in pages]


def posts(found: Iterable[Page]) -> list[Post]:
    return [post for page in found for post in page.posts]


def aside(found: Iterable[Page]) -> list[SetAside]:
    return [item for page in found for item in page.set_aside]


def gone(found: Iterable[Page]) -> list[Gone]:
    return [item for page in found for item in page.gone]


def one(*paths: Path) -> Post:
    (post,) = posts(read(*paths))
    return post


# X


def test_a_post_of_an_x_export_is_read_field_by_field(tmp_path: Path) -> None:
    tweet = x_tweet(1, in_reply_to_status_id_str="88", possibly_sensitive=True)
    exports.x_export(tmp_path, [exports.with_media(tweet, exports.x_media(ext_alt_text="a coat"))])
    post = one(tmp_path)
    assert post.key == "x:1500000000000000001" and post.native_id == post.version == "1500000000000000001"
    assert (post.author.id, post.author.handle, post.author.display_name) == ("4711", "wren_demo", "Wren")
    assert post.author.location == "Harbour Town"
    assert post.text == "A boy in a red coat & a dog, alone at the pier #SeenAtThePier @helpers_demo"
    assert post.created_at == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)
    assert post.hashtags == ("SeenAtThePier",) and post.mentions == ("helpers_demo",)
    assert (post.language, post.reply_to, post.sensitive) == ("en", "x:88", True)
    assert post.permalink == "https://x.com/wren_demo/status/1500000000000000001"
    (media,) = post.media
    assert media.url.endswith("name=orig") and media.alt_text == "a coat" and media.kind is MediaKind.PHOTO
    assert post.visibility is Visibility.PUBLIC and post.problems == ()


def test_nothing_of_an_export_but_posts_and_whose_they_are_is_kept(tmp_path: Path) -> None:
    exports.x_export(tmp_path, [x_tweet()])
    kept = repr(read(tmp_path))
    assert "secret@wren.example" not in kept and "private words" not in kept


def test_pictures_of_an_x_export_are_found_by_the_number_of_their_post(tmp_path: Path) -> None:
    tweet = exports.with_media(x_tweet(3), exports.x_media("KeyA.jpg"), exports.x_media("KeyB.png"))
    names = ("1500000000000000003-KeyA.jpg", "1500000000000000003-KeyB.png", "1500000000000000004-KeyA.jpg")
    data = exports.x_export(tmp_path, [tweet], media=dict.fromkeys(names, PICTURE))
    assert [media.local for media in one(tmp_path).media] == [f"tweets_media/{name}" for name in names[:2]]
    (data / "tweets_media" / names[0]).unlink()
    (data / "tweets_media" / names[0]).symlink_to("/etc/hostname")
    assert [media.local for media in one(tmp_path).media] == ["", f"tweets_media/{names[1]}"]


def test_all_parts_of_an_x_export_are_read_and_what_was_deleted_is_gone(tmp_path: Path) -> None:
    data = exports.x_export(tmp_path, [x_tweet(1)])
    (data / "tweets-part1.js").write_text(exports.x_js("tweets", [{"tweet": x_tweet(2)}], 1))
    deleted = x_tweet(3, deleted_at="Thu Oct 11 20:19:24 +0000 2018")
    (data / "deleted-tweets.js").write_text(exports.x_js("deleted_tweets", [{"tweet": deleted}]))
    found = read(tmp_path)
    assert sorted(post.native_id[-1] for post in posts(found)) == ["1", "2"]
    assert [item.key for item in gone(found)] == ["x:1500000000000000003"]
    (item,) = aside(found)
    assert "deleted" in item.reason and "red coat" not in item.sample


def test_an_edit_has_the_key_of_its_first_version(tmp_path: Path) -> None:
    edit = {"edit": {"initialTweetId": "1500000000000000001", "editControlInitial": {}}}
    exports.x_export(tmp_path, [x_tweet(1), x_tweet(2, edit_info=edit, full_text="A boy in a blue coat")])
    first, second = posts(read(tmp_path))
    assert first.key == second.key and first.version != second.version
    assert first.edited_at is None and second.edited_at == second.created_at


def test_reposts_name_their_original_as_far_as_the_export_does(tmp_path: Path) -> None:
    passed_on = x_tweet(5, full_text="RT @heron_demo: A boy …")
    with_source = exports.with_media(x_tweet(6) | {"full_text": "RT @heron_demo: A boy …"},
                                     exports.x_media(source_status_id_str="42"))  # fmt: skip
    exports.x_export(tmp_path, [passed_on, with_source])
    named, known = posts(read(tmp_path))
    assert (named.repost_of, known.repost_of) == ("x:@heron_demo", "x:42")
    assert named.mentions == (), "whom a repost names was not addressed by its author"


def test_a_protected_account_and_a_bio_that_asks_to_be_left_alone_are_seen(tmp_path: Path) -> None:
    data = exports.x_export(tmp_path, [x_tweet()])
    changes = [{"protectedAt": "2020-01-02T00:00:00.000Z", "action": "Protect"},
               {"protectedAt": "2019-01-02T00:00:00.000Z", "action": "Unprotect"}]  # fmt: skip
    history = exports.x_js("protected_history", [{"protectedHistory": each} for each in changes])
    (data / "protected-history.js").write_text(history)
    about = {"profile": {"description": {"bio": "I sail. #NoBot", "location": ""}}}
    (data / "profile.js").write_text(exports.x_js("profile", [about]))
    post = one(tmp_path)
    assert post.author.signs == {AuthorSign.PROTECTED, AuthorSign.NO_BOT}
    assert post.visibility is Visibility.PRIVATE


def test_the_whole_text_of_a_long_post_is_taken_from_its_note(tmp_path: Path) -> None:
    whole = "Seen at the pier: a girl of about six with a blue bag and a yellow hat. " * 6
    data = exports.x_export(tmp_path, [x_tweet(full_text=whole[:270] + "… https://t.co/abc"), x_tweet(2)])
    notes = [{"noteTweet": {"noteTweetId": "1", "core": {"text": whole}}}]
    (data / "note-tweet.js").write_text(exports.x_js("note_tweet", notes))
    long, short = posts(read(tmp_path))
    assert long.text == whole and short.text.startswith("A boy")


def test_places_of_an_x_export_are_longitude_first(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": ["113.26", "23.13"]}
    corners = [[[113.0, 23.0], [114.0, 23.0], [114.0, 24.0], [113.0, 24.0]]]
    place = {"full_name": "Harbour Town", "country_code": "CN", "bounding_box": {"coordinates": corners}}
    exports.x_export(tmp_path, [x_tweet(1, coordinates=point), x_tweet(2, place=place)])
    exact, rough = posts(read(tmp_path))
    assert exact.geotag is not None and (exact.geotag.lat, exact.geotag.lon) == (23.13, 113.26)
    assert rough.geotag is not None and rough.geotag.lat == 23.5 and rough.geotag.radius_km > 50
    assert rough.place_tag is not None and rough.place_tag.name == "Harbour Town"


def test_the_oldest_x_exports_are_read_too(tmp_path: Path) -> None:
    user = {"id_str": "4711", "screen_name": "wren_demo", "name": "Wren"}
    original = {
        "id_str": "77",
        "text": "A boy at the well",
        "created_at": "2012-02-03 04:05:06 +0000",
        "user": user,
    }
    tweet = {
        **original,
        "id_str": "78",
        "text": "RT @heron_demo: A boy at the well",
        "retweeted_status": original,
    }
    folder = tmp_path / "data" / "js" / "tweets"
    folder.mkdir(parents=True)
    (folder / "2012_02.js").write_text("Grailbird.data.tweets_2012_02 = \n" + json.dumps([tweet]))
    first, second = posts(read(tmp_path))
    assert (first.key, second.repost_of, second.author.handle) == ("x:77", "x:77", "wren_demo")
    assert first.created_at == datetime(2012, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_an_x_export_without_its_account_says_so(tmp_path: Path) -> None:
    data = exports.x_export(tmp_path, [x_tweet()])
    (data / "account.js").unlink()
    post = one(tmp_path)
    assert post.author.id == "" and any("account.js" in problem for problem in post.problems)


# Mastodon


def test_a_post_of_a_mastodon_export_is_read_field_by_field(tmp_path: Path) -> None:
    place = "media_attachments/files/110/000/original/bag.jpg"
    made = note(1, summary="sad", sensitive=True, inReplyTo="https://other.example/s/9",
                updated="2026-02-07T09:00:00Z", attachment=[exports.attachment(f"/{place}")])  # fmt: skip
    exports.mastodon_export(tmp_path, [create(made)], media={place: PICTURE})
    post = one(tmp_path)
    assert post.key == f"mastodon:{exports.ACTOR}/statuses/110000000000000001"
    assert post.native_id == "110000000000000001"
    assert (post.author.id, post.author.handle) == (exports.ACTOR, "wren@harbour.example")
    assert post.text == "A girl with a blue bag at the ferry #SeenAtThePier"
    assert post.created_at == datetime(2026, 2, 7, 8, 9, 10, tzinfo=UTC)
    assert post.hashtags == ("SeenAtThePier",) and post.mentions == ("helper@other.example",)
    assert (post.content_warning, post.sensitive, post.language) == ("sad", True, "en")
    assert post.reply_to == "mastodon:https://other.example/s/9"
    assert post.version == "2026-02-07T09:00:00+00:00" and post.edited_at is not None
    (media,) = post.media
    assert (media.local, media.url, media.alt_text) == (place, "", "a bag")
    assert post.permalink == "https://harbour.example/@wren/110000000000000001" and post.problems == ()


@pytest.mark.parametrize(
    ("to", "cc", "wanted"),
    [
        ([exports.PUBLIC], [], Visibility.PUBLIC),
        ([f"{exports.ACTOR}/followers"], [exports.PUBLIC], Visibility.UNLISTED),
        ([f"{exports.ACTOR}/followers"], [], Visibility.PRIVATE),
        (["https://other.example/users/helper"], [], Visibility.DIRECT),
        ([], [], Visibility.DIRECT),
        ("as:Public", [], Visibility.PUBLIC),
        (7, None, Visibility.DIRECT),
    ],
)
def test_whom_a_post_was_addressed_to_says_who_may_see_it(
    tmp_path: Path, to: object, cc: object, wanted: Visibility
) -> None:
    exports.mastodon_export(tmp_path, [create(note(1, to=to, cc=cc))])
    assert one(tmp_path).visibility is wanted


def test_what_was_passed_on_is_a_repost_and_other_activities_are_set_aside(tmp_path: Path) -> None:
    target = "https://other.example/users/heron/statuses/5"
    move = {"id": f"{exports.ACTOR}#move", "type": "Move", "object": exports.ACTOR}
    exports.mastodon_export(tmp_path, [exports.announce(target), move, 5, create(note(2))])
    found = read(tmp_path)
    passed_on, own = posts(found)
    assert passed_on.repost_of == f"mastodon:{target}" and passed_on.text == "" and own.repost_of == ""
    assert passed_on.key.endswith("/activity"), "servers name a repost by its activity"
    assert [item.where.rpartition("[")[2] for item in aside(found)] == ["1]", "2]"]


def test_the_wishes_in_the_actor_reach_every_post(tmp_path: Path) -> None:
    actor = {"type": "Service", "summary": "<p>#nobot please</p>", "indexable": False, "discoverable": False}
    exports.mastodon_export(tmp_path, [create(note())], actor=actor)
    wanted = {AuthorSign.BOT, AuthorSign.NO_BOT, AuthorSign.NO_INDEX, AuthorSign.NOT_DISCOVERABLE}
    assert one(tmp_path).author.signs == wanted


def test_likes_and_bookmarks_of_an_export_are_not_read(tmp_path: Path) -> None:
    exports.mastodon_export(tmp_path, [create(note())])
    assert [file.name for file, _ in files(tmp_path)] == ["outbox.json"]


@pytest.mark.parametrize(
    "place", ["/../secret.jpg", "/media_attachments/../../secret.jpg", "//etc/hostname.jpg"]
)
def test_a_picture_outside_the_export_is_not_its_picture(tmp_path: Path, place: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(PICTURE)
    exports.mastodon_export(tmp_path / "in", [create(note(1, attachment=[exports.attachment(place)]))])
    assert one(tmp_path / "in").media[0].local == ""


# Bluesky


def repository(tmp_path: Path, records: Mapping[str, Any], **options: Any) -> Path:
    path = tmp_path / "repo.car"
    path.write_bytes(exports.car(records, **options))
    return path


def test_a_repository_export_gives_its_posts_by_their_addresses(tmp_path: Path) -> None:
    profile = {"$type": "app.bsky.actor.profile", "displayName": "Wren", "description": "#nobot",
               "labels": {"values": [{"val": "!no-unauthenticated"}, {"val": "bot"}]}}  # fmt: skip
    records: dict[str, Any] = {post_path(n): record(n) for n in range(1, 8)}
    records["app.bsky.actor.profile/self"] = profile
    records["app.bsky.feed.like/3like"] = {"$type": "app.bsky.feed.like", "subject": {"uri": "at://x/y/z"}}
    records[post_path(8)] = record(8, embed=exports.picture_of(PICTURE))
    found = read(repository(tmp_path, records))
    assert aside(found) == []
    assert [post.native_id for post in posts(found)] == [f"at://{DID}/{post_path(n)}" for n in range(1, 9)]
    last = posts(found)[-1]
    assert last.key == f"bluesky:{last.native_id}" and last.version.startswith("bafyrei")
    assert last.author.id == DID and last.author.display_name == "Wren"
    assert last.author.signs == {AuthorSign.NO_BOT, AuthorSign.LOGIN_ONLY, AuthorSign.BOT}
    assert last.text.startswith("Child 8") and last.hashtags == ("SeenAtThePier",)
    assert last.created_at == datetime(2026, 2, 7, 8, 9, 10, 123000, tzinfo=UTC)
    (media,) = last.media
    assert media.url.endswith("@jpeg") and "/bafkrei" in media.url and media.alt_text == "a child"


def test_a_picture_beside_a_repository_is_found_by_its_content_id(tmp_path: Path) -> None:
    path = repository(tmp_path, {post_path(): record(embed=exports.picture_of(PICTURE))})
    name = posts(read(path))[0].media[0].url.rpartition("/")[2].partition("@")[0]
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / f"{name}.jpg").write_bytes(PICTURE)
    assert posts(read(path))[0].media[0].local == f"photos/{name}.jpg"


def test_a_changed_or_missing_block_is_set_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    records = {post_path(n): record(n) for n in range(1, 6)}
    path = repository(tmp_path, records, leave_out=[post_path(2)])
    path.write_bytes(path.read_bytes().replace(b"Child 4 at", b"Child 9 at"))
    found = read(path)
    assert [post.text[:7] for post in posts(found)] == ["Child 1", "Child 3", "Child 5"]
    assert [item.where.rpartition("/")[2] for item in aside(found)] == ["3madeup000002", "3madeup000004"]
    assert "was changed" in aside(found)[1].reason and "not in the file" in aside(found)[0].reason


def test_a_tree_that_runs_in_circles_ends(tmp_path: Path) -> None:
    node = {"l": None, "e": [{"p": 0, "k": b"app.bsky.feed.post/a", "v": exports.cid(b"x"), "t": None}]}
    inner = exports.cbor(node)
    # The same smaller tree twice: a real one never holds a block at two places.
    top = exports.cbor({"l": exports.cid(inner), "e": [{"p": 0, "k": b"b/c", "v": exports.cid(b"y"),
                                                        "t": exports.cid(inner)}]})  # fmt: skip
    commit = exports.cbor({"did": DID, "data": exports.cid(top), "version": 3})
    header = exports.cbor({"version": 1, "roots": [exports.cid(commit)]})
    body = b"".join(exports.varint(36 + len(b)) + exports.cid(b) + b for b in (commit, top, inner))
    path = tmp_path / "a.car"
    path.write_bytes(exports.varint(len(header)) + header + body)
    assert any("in circles" in item.reason for item in aside(read(path)))


# Weibo


PICTURE_ADDRESS = "https://wx1.sinaimg.cn/large/aaaa1111bbbb2222.jpg"
WORDS = "看到一个孩子 #随手拍# 红衣服"
ROW = {
    "id": "4990000000000001",
    "user_id": "99",
    "用户昵称": "海边",
    "正文": WORDS,
    "发布时间": "2011-02-05 18:30",
    "原始图片url": PICTURE_ADDRESS,
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_of_weibo_posts_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "weibo.csv"
    other = ROW | {"id": "4990000000000002", "发布时间": "Tue May 31 17:46:55 +0800 2011"}
    path.write_text(exports.table([ROW, ROW | {"id": "?"}, other]), encoding=encoding)
    found = read(path)
    first, second = posts(found)
    assert (first.key, first.author.id, first.author.handle) == ("weibo:4990000000000001", "99", "海边")
    assert first.text == WORDS and first.hashtags == ("随手拍",)
    assert first.created_at == datetime(2011, 2, 5, 10, 30, tzinfo=UTC), "without a zone it is Beijing's"
    assert second.created_at == datetime(2011, 5, 31, 9, 46, 55, tzinfo=UTC)
    assert first.media[0].url == PICTURE_ADDRESS
    assert [item.where for item in aside(found)] == [f"{path}:3"]


def test_a_repost_in_a_table_names_its_original_and_makes_no_post_of_it(tmp_path: Path) -> None:
    path = tmp_path / "weibo.csv"
    path.write_text(
        exports.table([ROW | {"retweet_id": "4980000000000009"}, ROW | {"id": "2", "retweet_id": ""}])
    )
    found = read(path)
    assert [post.repost_of for post in posts(found)] == ["weibo:4980000000000009", ""]
    assert gone(found) == [] and aside(found) == []


def test_another_table_says_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "bank.csv"
    path.write_text("date,amount\n2026-01-01,5\n")
    (item,) = aside(read(path))
    assert "columns" in item.reason


# What holds of every export


def every_export(folder: Path) -> dict[str, Path]:
    """One export of each kind, three posts each."""
    x = exports.x_export(folder / "x", [x_tweet(n) for n in (1, 2, 3)])
    mastodon = exports.mastodon_export(folder / "m", [create(note(n)) for n in (1, 2, 3)])
    car = folder / "b.car"
    car.write_bytes(exports.car({post_path(n): record(n) for n in (1, 2, 3)}))
    weibo = folder / "w.csv"
    weibo.write_text(exports.table([ROW | {"id": str(n)} for n in (11, 12, 13)]))
    return {"x": x / "tweets.js", "mastodon": mastodon / "outbox.json", "bluesky": car, "weibo": weibo}


KINDS = ("x", "mastodon", "bluesky", "weibo")


@pytest.mark.parametrize("kind", KINDS)
def test_every_post_of_an_export_can_be_read_again_from_what_is_kept(tmp_path: Path, kind: str) -> None:
    found = posts(read(every_export(tmp_path)[kind]))
    assert len(found) == 3
    for post in found:
        kept = json.loads(json.dumps(post.raw))
        again = rebuild(post.key, kept, NOW)
        assert again is not None
        assert (again.text, again.author, again.created_at, again.visibility) == (
            post.text, post.author, post.created_at, post.visibility,
        )  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return every_export(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_broken_export_never_raises_and_says_what_was_broken(
    whole: dict[str, Path], kind: str, data: st.DataObject
) -> None:
    content = bytearray(whole[kind].read_bytes())
    cut = data.draw(st.integers(0, len(content)))
    position = data.draw(st.integers(0, len(content) - 1))
    replaced = data.draw(st.binary(max_size=12))
    content[position : position + len(replaced)] = replaced
    path = whole[kind].with_name(f"broken-{whole[kind].name}")
    path.write_bytes(bytes(content[:cut]) if data.draw(st.booleans()) else bytes(content))
    if kind == "x":
        path = path.rename(path.with_name("tweets-part9.js"))
    found = read(path)
    has_rows = kind != "weibo" or len(path.read_bytes().splitlines()) > 1
    assert len({post.key for post in posts(found)}) + len(aside(found)) >= has_rows
    for post in posts(found):
        json.dumps(post.raw).encode("utf-8")


def test_a_broken_element_costs_itself_alone(tmp_path: Path) -> None:
    data = exports.x_export(tmp_path, [x_tweet(n) for n in range(1, 9)])
    path = data / "tweets.js"
    text = path.read_text()
    broken = text.replace('"id_str" : "1500000000000000003"', "").replace(
        '"id_str": "1500000000000000003",', '"id_str" oops "1500000000000000003",'
    )
    path.write_text(broken)
    found = read(path)
    assert [post.native_id[-1] for post in posts(found)] == ["1", "2", "4", "5", "6", "7", "8"]
    assert [item.where for item in aside(found)] == [f"{path}[2]"]


def test_a_cut_off_export_keeps_what_came_before_and_says_so(tmp_path: Path) -> None:
    data = exports.x_export(tmp_path, [x_tweet(n) for n in range(1, 5)])
    path = data / "tweets.js"
    path.write_bytes(path.read_bytes()[:-900])
    found = read(path)
    assert len(posts(found)) == 3 and len(aside(found)) == 1


def test_a_large_list_is_read_with_little_memory_and_an_endless_element_ends(tmp_path: Path) -> None:
    path = tmp_path / "tweets.js"
    limits = ArchiveLimits(max_line_mb=0.2, page_posts=50)
    huge = x_tweet(500, full_text="x" * 400_000)
    items = [{"tweet": x_tweet(n)} for n in range(1, 400)]
    path.write_text(exports.x_js("tweets", [*items[:200], {"tweet": huge}, *items[200:]]))
    found = read(path, limits=limits)
    assert len(posts(found)) == 399
    assert [item.reason for item in aside(found)] == ["longer than 0.2 MB (max_line_mb)"]


def test_what_looks_like_an_outbox_but_is_none_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    path.write_text('{"type": "OrderedCollection", "orderedItems": 5}')
    (item,) = aside(read(path))
    assert "not there" in item.reason
