"""What nobody of the team may write to an outsider, however it is spelled."""

from __future__ import annotations

import pytest

from bot.rules import leaks

SECRETS = [
    "王小明",
    "Zhang Wei-Ling",
    "registry.example/7",
    "南京西路",
    "Kowloon Park Swimming Pool",
    "É. Dupré",
    " ",
]


@pytest.mark.parametrize(
    "text",
    [
        "这是王小明吗",
        "小明在哪里",
        "王 小 明",
        "王·小·明",
        "Did zhang see it?",
        "ZHANGWEILING",
        "zhang  wei ling",
        "Weiling? Ling!",
        "case registry.example/7",
        "在南京西路吗",
        "Was it in Kowloon?",
        "Dupre",
        "DUPRÉ",
        "Ｚｈａｎｇ",
        "王小明" + "\u200b",
    ],
)
def test_a_name_place_or_number_is_found(text: str) -> None:
    assert leaks.found(text, SECRETS)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you, that helps us.",
        "谢谢您，这对我们很有帮助。",
        "Please tell the police first.",
        "Was it light or dark?",
    ],
)
def test_ordinary_words_may_go(text: str) -> None:
    assert leaks.found(text, SECRETS) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("see https://a.example/x", "a link"),
        ("see example.com", "a link"),
        ("ask @lin", "a mention or a hashtag"),
        ("#found", "a mention or a hashtag"),
        ("call +86 138 0000 0000", "a long number"),
        ("at 15:30", "a time or a date"),
        ("昨天下午3点", "a time or a date"),
        ("on 2026-05-03", "a time or a date"),
        ("a\u202eb", "invisible characters"),
    ],
)
def test_links_mentions_numbers_and_times_are_found(text: str, kind: str) -> None:
    assert kind in leaks.found(text, [])


def test_our_own_hotline_may_be_said_and_what_was_found_is_not_repeated() -> None:
    assert leaks.found("Call 1-800-843-5678 please", [], allowed=["1-800-843-5678"]) == []
    assert not any("王" in kind for kind in leaks.found("王小明", SECRETS))


def test_a_whole_name_is_asked_for_where_a_post_has_to_name_an_appeal() -> None:
    assert (
        leaks.names("寻找王 小 明！", "王小明")
        and not leaks.names("小明", "王小明")
        and not leaks.names("x", "")
    )
