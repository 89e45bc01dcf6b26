"""What platforms and authors call sexual is put away; what only asks for care is not."""

from __future__ import annotations

import pytest

from bot.rules.sexual import asks_for_care, labelled, sexual_word
from store.records.post import Platform
from store.records.quarantine import Duty, Lead
from tests import makers


@pytest.mark.parametrize("label", ["porn", "sexual", "nudity"])
def test_bluesky_labels_that_speak_of_sex_or_nakedness_put_away(label: str) -> None:
    post = makers.post(platform=Platform.BLUESKY, content_warning=f"!warn, {label}", sensitive=True)
    (reason,) = labelled(post)
    assert (reason.lead, reason.source, reason.entry, reason.duty) == (
        Lead.LABEL, "bluesky", label, Duty.LOOK,
    )  # fmt: skip


@pytest.mark.parametrize("label", ["graphic-media", "gore", "!hide"])
def test_other_bluesky_labels_only_blur(label: str) -> None:
    post = makers.post(platform=Platform.BLUESKY, content_warning=label, sensitive=True)
    assert labelled(post) == [] and asks_for_care(post)


@pytest.mark.parametrize(
    ("warning", "word"),
    [
        ("NSFW", "nsfw"),
        ("art, nudity", "nudity"),
        ("18+ only", "18+"),
        ("sexually explicit", "sexually explicit"),
        ("含色情内容", "色情"),
        ("Nacktheit", "nacktheit"),
        ("no nudity", ""),
        ("missing child, police", ""),
        ("sexual abuse mentioned", ""),
        ("Sussex, sexism, nudge", ""),
        ("eye contact, face", ""),
        ("", ""),
    ],
)
def test_content_warnings_are_read_word_by_word(warning: str, word: str) -> None:
    assert sexual_word(warning) == word
    post = makers.post(platform=Platform.MASTODON, content_warning=warning, sensitive=True)
    assert [reason.entry for reason in labelled(post)] == ([word] if word else [])


def test_sensitive_alone_is_no_reason_on_any_platform() -> None:
    for platform in (Platform.MASTODON, Platform.X, Platform.WEIBO, Platform.BLUESKY):
        post = makers.post(platform=platform, sensitive=True)
        assert labelled(post) == [] and asks_for_care(post)
    assert not asks_for_care(makers.post())
