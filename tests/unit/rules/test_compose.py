"""What we say: safe, short, the same for all; and references that a crash cannot double."""

from __future__ import annotations

import random
import re
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pipeline.catalogue import shipped
from bot.rules import lengths, words
from bot.rules.compose import ALPHABET, Draft, Unfit, compose, idempotency_key, reference
from bot.rules.urls import find_urls
from bot.rules.wording import PURPOSES, placeholders
from bot.rules.words import Language
from store.records.post import Author, GeoTag, Media, PlaceTag, Platform, Post
from store.records.reply import Purpose
from tests.unit.rules.posts import NOW

SECRET = b"the installation's own key"
WORDS = shipped()
HANDLE = "lin@social.example"


def receipt(
    platform: Platform = Platform.MASTODON,
    language: Language = Language.EN,
    *,
    hotline: str = "110",
    ref: str = "7KX2QF",
    handle: str = HANDLE,
    max_length: int | None = None,
) -> Draft | Unfit:
    return compose(
        Purpose.RECEIPT,
        catalogue=WORDS,
        hotline=hotline,
        reference=ref,
        handle=handle,
        language=language,
        platform=platform,
        max_length=max_length,
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("platform", list(Platform))
def test_a_receipt_fits_every_platform_also_with_long_values(platform: Platform, language: Language) -> None:
    longest = receipt(platform, language, hotline="9" * 40, handle="a" * 30 + "@" + "b" * 200 + ".example")
    assert isinstance(longest, Draft)
    assert longest.length <= lengths.RULES[platform].max_length
    assert lengths.fits(platform, longest.text)
    assert (longest.max_length, longest.unit) == (
        lengths.RULES[platform].max_length,
        lengths.RULES[platform].unit,
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("platform", list(Platform))
def test_a_receipt_gives_the_hotline_and_ends_with_the_reference(
    platform: Platform, language: Language
) -> None:
    made = receipt(platform, language, hotline="116 000")
    assert isinstance(made, Draft)
    assert "116 000" in made.text
    assert made.text.endswith("7KX2QF")


def test_only_mastodon_needs_the_authors_name_in_the_text() -> None:
    for platform in Platform:
        made = receipt(platform)
        assert isinstance(made, Draft)
        assert made.text.startswith(f"@{HANDLE} ") is (platform is Platform.MASTODON)
        assert (HANDLE in made.text) is (platform is Platform.MASTODON)


def test_every_purpose_has_its_words_in_every_language_with_the_same_placeholders() -> None:
    assert set(WORDS.languages) == set(Language)
    for texts in WORDS.texts.values():
        assert set(texts) == set(PURPOSES)
        for template in texts.values():
            assert placeholders(template) == {"hotline", "reference"}
            assert template.endswith("{reference}")
            assert find_urls(template) == []


def test_the_words_thank_tell_warn_and_accuse_nobody() -> None:
    texts = {language: WORDS.text(Purpose.RECEIPT, language) for language in Language}
    for language, needed in {
        Language.EN: ("Thank you", "team has been told", "do not approach"),
        Language.ZH_HANS: ("感谢", "已转告", "请勿自行靠近"),
        Language.ZH_HANT: ("感謝", "已轉告", "請勿自行靠近"),
    }.items():
        assert all(word in texts[language] for word in needed)
    for forbidden in ("match", "found", "missing", "case", "匹配", "失踪", "失蹤", "案", "疑似"):
        assert all(forbidden not in text for text in texts.values())


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "lin",
        "lin@",
        "@social.example",
        "lin @social.example",
        "lin@social.example see https://bad.example",
        "lin@social.example\nsecond line",
        "lin@social.example@x",
        "lin​@social.example",
        "林@social.example",
        "a" * 400 + "@social.example",
    ],
)
def test_a_handle_that_is_no_mastodon_address_makes_no_text(handle: str) -> None:
    made = receipt(handle=handle)
    assert isinstance(made, Unfit)
    assert not handle.strip() or handle not in made.why


@pytest.mark.parametrize(
    "hotline",
    ["", "1", "call https://bad.example", "bad.example", "110\n112", "{reference}", "@lin", "9" * 41],
)
def test_a_hotline_that_is_none_makes_no_text(hotline: str) -> None:
    assert isinstance(receipt(hotline=hotline), Unfit)


@pytest.mark.parametrize("ref", ["", "7KX2Q", "7KX2QFF", "7kx2qf", "7KX2Q1", "小明小明小明", "7KX2Q "])
def test_a_reference_that_is_not_ours_makes_no_text(ref: str) -> None:
    assert isinstance(receipt(ref=ref), Unfit)


def test_a_server_with_a_short_limit_is_told_no_cut_words() -> None:
    made = receipt(max_length=100)
    assert isinstance(made, Unfit)
    assert "too long" in made.why
    assert isinstance(receipt(max_length=500), Draft)


PLANTED = [
    "王小明", "ZhangWei", "Xiaoming Wang", "南京路", "Nanjing Road 12", "@stranger", "stranger@evil.example",
    "case-2019-12345", "https://evil.example/a", "31.2304,121.4737", "宝贝回家", "+86 13800000000",
    "{hotline}", "{case}", "%s", "\u202e\u2066",
]  # fmt: skip


def planted_post(draw: random.Random, serial: int) -> tuple[Post, list[str]]:
    """A post with a name, place or handle in every field that an outsider can write."""
    marks: list[str] = []

    def plant() -> str:
        mark = f"{draw.choice(PLANTED)}§{serial}.{len(marks)}§"
        marks.append(mark)
        return mark

    platform = draw.choice(list(Platform))
    user = f"lin{serial}"
    author = Author(
        id=plant(),
        handle=f"{user}@social.example" if platform is Platform.MASTODON else plant(),
        display_name=plant(),
        location=plant(),
    )
    post = Post(
        key=f"{platform.value}:{plant()}",
        platform=platform,
        author=author,
        text=f"{plant()} 在{plant()} 看到{plant()}" if draw.random() < 0.5 else f"{plant()} saw {plant()}",
        received_at=NOW,
        native_id=plant(),
        version=plant(),
        language=draw.choice(["zh", "en", "zh-TW", "und"]) + draw.choice(["", "-" + plant()]),
        geotag=GeoTag(31.2, 121.4, name=plant()),
        place_tag=PlaceTag(plant(), plant()),
        media=(Media(plant(), alt_text=plant(), local=plant()),),
        hashtags=(plant(),),
        mentions=(plant(),),
        repost_of=plant(),
        reply_to=plant(),
        quote_of=plant(),
        content_warning=plant(),
        permalink=plant(),
        raw={plant(): plant()},
    )
    return post, marks


def test_planting_leaves_no_outsiders_field_empty() -> None:
    post, _ = planted_post(random.Random(1), 1)
    by_machine = {"platform", "received_at", "created_at", "zone_offset_min", "visibility", "sensitive"}
    by_machine |= {"edited_at", "problems"}
    assert all(getattr(post, field.name) for field in fields(Post) if field.name not in by_machine)


def leaks_in(serials: range) -> int:
    """Fills every purpose for planted posts; fails where a mark comes through. How many were filled."""
    draw, filled = random.Random(serials.start + 20260525), 0
    shapes: dict[tuple[Purpose, str], re.Pattern[str]] = {}
    for serial in serials:
        post, marks = planted_post(draw, serial)
        language = WORDS.language_for(post.language, words.pick_language(post.language, post.text))
        purpose = PURPOSES[serial % len(PURPOSES)]
        made = compose(
            purpose,
            catalogue=WORDS,
            hotline=WORDS.hotline("CN", {"CN": "110"}, language),
            reference=reference(SECRET, f"receipt|{post.key}"),
            handle=post.author.handle,
            language=language,
            platform=post.platform,
        )
        assert isinstance(made, Draft)
        assert "§" not in made.text
        said = made.text.removeprefix(f"@{post.author.handle} ")
        assert not any(mark.split("§")[0] in said for mark in marks)
        if (purpose, language) not in shapes:
            template = re.escape(WORDS.text(purpose, language))
            template = template.replace(r"\{hotline\}", "110")
            template = template.replace(r"\{reference\}", f"[{ALPHABET}]{{6}}")
            shapes[purpose, language] = re.compile(template)
        assert shapes[purpose, language].fullmatch(said)
        filled += 1
    return filled


def test_nothing_an_outsider_can_write_reaches_a_reply_but_the_answered_handle() -> None:
    assert leaks_in(range(2000)) == 2000


@pytest.mark.soak
def test_nothing_comes_through_in_a_hundred_thousand_fills() -> None:
    assert leaks_in(range(2000, 102_000)) == 100_000


def test_the_same_post_gets_the_same_words_whatever_else_is_known_of_it() -> None:
    post, _ = planted_post(random.Random(3), 3)
    other = replace(post, sensitive=True, content_warning="a match", raw={"match": True})
    texts = {
        compose(
            Purpose.RECEIPT,
            catalogue=WORDS,
            hotline="110",
            reference=reference(SECRET, seen.key),
            handle=seen.author.handle,
            language=words.pick_language(seen.language, seen.text),
            platform=seen.platform,
        )
        for seen in (post, other)
    }
    assert len(texts) == 1


def test_a_reference_is_short_plain_and_the_same_for_the_same_key() -> None:
    made = reference(SECRET, "receipt|mastodon:1")
    assert re.fullmatch(f"[{ALPHABET}]{{6}}", made)
    assert made == reference(SECRET, "receipt|mastodon:1")
    assert not set(ALPHABET) & set("AEIOU01L")


def test_references_differ_by_key_and_by_installation() -> None:
    made = {reference(SECRET, f"receipt|{n}") for n in range(5000)}
    assert len(made) >= 4998  # 28^6 values: a coincidence in 5,000 is rare
    assert reference(b"another key", "receipt|1") != reference(SECRET, "receipt|1")


def test_every_character_of_the_alphabet_is_used_about_equally() -> None:
    counted = "".join(reference(SECRET, str(n)) for n in range(3000))
    shares = [counted.count(char) / len(counted) for char in ALPHABET]
    assert min(shares) > 0.7 / len(ALPHABET)
    assert max(shares) < 1.3 / len(ALPHABET)


def test_the_idempotency_key_tells_nothing_of_the_reference() -> None:
    key = idempotency_key(SECRET, "receipt|1")
    assert re.fullmatch("[0-9a-f]{32}", key)
    assert key == idempotency_key(SECRET, "receipt|1")
    assert key != idempotency_key(SECRET, "receipt|2")


def test_an_empty_key_makes_no_references() -> None:
    with pytest.raises(ValueError, match="guessable"):
        reference(b"", "receipt|1")
    with pytest.raises(ValueError, match="guessable"):
        idempotency_key(b"", "receipt|1")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=10), st.sampled_from(list(Platform)))
def test_any_values_give_a_fitting_text_or_a_reason(
    handle: str, hotline: str, ref: str, platform: Platform
) -> None:
    made = receipt(platform, handle=handle, hotline=hotline, ref=ref)
    if isinstance(made, Draft):
        assert made.text.endswith(ref)
        assert made.length <= made.max_length
    else:
        assert made.why
