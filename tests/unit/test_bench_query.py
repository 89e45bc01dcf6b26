"""The query of the bench: the collectors' answer, each platform's own words, the file it is kept in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.services import bench_drafts, bench_query, bench_writing
from bot.services.bench_query import Selection
from collectors.hashtags import normalise, wanted
from store.errors import ConfigError
from store.tag_posts import TagSet
from tests import makers

WORDS = st.sampled_from(["Tag", "ｔａｇ", "宝贝回家", "prize", "Child🙏", "x"])
TAGS = st.lists(WORDS, max_size=3).map(tuple)
LANGS = st.lists(st.sampled_from(["zh", "zh-TW", "en"]), max_size=2).map(tuple)


@settings(max_examples=50, deadline=None)
@given(TAGS, TAGS, TAGS, LANGS, TAGS, st.sampled_from(["", "zh", "zh-TW", "zh-CN", "EN", "de"]))
def test_sets_of_tags_are_told_apart_as_single_posts_are(
    any_of: tuple[str, ...], all_of: tuple[str, ...], none_of: tuple[str, ...], langs: tuple[str, ...],
    carried: tuple[str, ...], language: str,
) -> None:  # fmt: skip
    selection = Selection(any_of, all_of, none_of, langs=langs)
    post = makers.post(hashtags=carried, language=language)
    held = TagSet(tuple(sorted({normalise(tag) for tag in carried})), language)
    assert bench_query.set_test(selection)(held) == wanted(selection.query, post)


FULL = Selection(
    ("宝贝回家", "Home"), ("Child",), ("a", "b", "c", "d", "prize"), ("near school",), ("zh",), ("@spam",)
)


def test_x_is_asked_with_operators_within_its_length() -> None:
    shown = bench_query.shown(FULL, "x")
    assert len(shown.asked) == 2
    assert shown.asked[0].startswith(
        '#宝贝回家 #Child "near school" (lang:zh-CN OR lang:zh-TW OR lang:und) -#a'
    )
    assert "-from:spam" in shown.asked[0]
    assert "of 512 characters" in shown.asked[0]


def test_what_x_cannot_be_asked_is_said_for_that_tag_alone() -> None:
    shown = bench_query.shown(Selection(("宝贝回家", "Child🙏")), "x")
    assert len(shown.asked) == 1
    assert "#Child🙏 is not asked for" in shown.here[0]
    assert bench_query.shown(Selection(("🙏",)), "x").wrong


def test_weibo_is_asked_by_topic_and_the_rest_is_filtered_here() -> None:
    shown = bench_query.shown(FULL, "weibo")
    assert shown.asked == ("#宝贝回家#", "#Home#")
    assert any("none of these hashtags: a, b, c, d, prize" in words for words in shown.here)
    assert any("Weibo names no language" in words for words in shown.here)


def test_a_mastodon_server_counts_four_names_and_the_fifth_is_filtered_here() -> None:
    shown = bench_query.shown(FULL, "mastodon")
    assert shown.asked[1] == "GET /api/v1/timelines/tag/home?all[]=child&none[]=a&none[]=b&none[]=c&none[]=d"
    assert any("beyond the 4 that a server counts: prize" in words for words in shown.here)


def test_bluesky_is_read_whole_and_searched_by_tag_and_words() -> None:
    shown = bench_query.shown(FULL, "bluesky")
    assert shown.asked[0].startswith("Jetstream")
    assert shown.asked[1] == 'searchPosts q=#宝贝回家 "near school" tag=Child lang=zh'
    assert all("languages" not in words for words in shown.here), "one language is asked for"


def test_an_unknown_platform_is_asked_tag_by_tag() -> None:
    shown = bench_query.shown(Selection(("Home",), none=("prize",)), "pigeon")
    assert (shown.asked, shown.here) == (("#Home",), ("none of these hashtags: prize",))


PLAIN = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
FILE = """# Ours.
campaign:                       # may change while it runs
  name: Home                    # shown
  hashtags: ["Home"]            # the tags
  sources: []
# The rest.
contact: {address: team@example.org}
"""


def test_a_draft_is_written_into_the_file_with_its_comments_kept(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(FILE)
    content = {"hashtags": ["Home", "宝贝回家"], "query": {"none": ["prize"]}}
    read = bench_writing.write(file, content, reason='as agreed: "yes" #1')
    assert read.campaign.hashtags == ("Home", "宝贝回家")
    assert read.campaign.query.none == ("prize",)
    assert read.campaign.reason == 'as agreed: "yes" #1'
    text = file.read_text()
    assert all(words in text for words in ("# Ours.", "# may change while it runs", "# shown", "# The rest."))
    assert (tmp_path / "config.yaml.before").read_text() == FILE
    again = bench_writing.write(file, {"hashtags": ["Home"]}, reason="back")
    assert again.campaign.query == type(again.campaign.query)()


def test_a_file_that_would_not_be_valid_is_never_written(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(FILE)
    with pytest.raises(ConfigError):
        bench_writing.write(file, {"hashtags": ["Home", "home"]}, reason="twice")
    assert file.read_text() == FILE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml"]


@settings(max_examples=8, deadline=None)
@given(st.lists(PLAIN, max_size=4), st.text(max_size=30))
def test_any_words_come_back_from_the_file_as_they_were(tags: list[str], reason: str) -> None:
    plain = "".join(char for char in reason if char.isprintable())
    text = bench_writing.changed(FILE, {"hashtags": tags}, reason=plain)
    block = YAML(typ="safe").load(text)["campaign"]
    assert (block["hashtags"], block["reason"]) == (tags, plain)


def test_two_versions_are_compared_setting_by_setting() -> None:
    before = {"hashtags": ["a", "b"], "name": "One", "sources": [{"name": "x", "kind": "x"}]}
    after = {"hashtags": ["b", "c"], "query": {"none": ["p"]}, "name": "Two", "sources": []}
    found = {each.name: (each.added, each.removed) for each in bench_drafts.changes(before, after)}
    assert found == {
        "hashtags": (("c",), ("a",)), "none": (("p",), ()),
        "name": (("Two",), ("One",)), "sources": ((), ("x",)),
    }  # fmt: skip
