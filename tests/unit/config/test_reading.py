"""What a right config.yaml becomes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from store.records.permit import Legal, Permission, Use
from store.records.post import Platform
from store.records.reply import Level
from tests.unit.config.conftest import Load


def test_an_empty_file_means_every_default(load_text: Load) -> None:
    config = load_text("")
    assert config.campaign.hashtags == ()
    assert config.contact == ""
    assert config.legal is None
    assert config.reply.level is Level.DRY_RUN
    assert (config.console.host, config.console.port) == ("127.0.0.1", 8780)
    assert config.photos.max_photo_mb == 20
    assert not config.sample


def test_a_block_with_nothing_under_it_counts_as_not_given(load_text: Load) -> None:
    config = load_text("campaign:\n  hashtags:\n  starts_at:\nlegal:\naccounts:\nreply:\n  caps:\n")
    assert config.campaign.hashtags == ()
    assert config.legal is None
    assert config.reply.caps.per_hour == 20


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("宝贝回家", "宝贝回家"),
        ('"#BringThemHome"', "BringThemHome"),
        ('"#随手拍照解救乞讨儿童#"', "随手拍照解救乞讨儿童"),
        ('"＃Home"', "Home"),
        ('"two words"', "two words"),
    ],
)
def test_hashtags_are_taken_with_and_without_their_sign(load_text: Load, written: str, tag: str) -> None:
    assert load_text(f"campaign:\n  hashtags: [{written}]\n").campaign.hashtags == (tag,)


def test_times_become_utc_whether_in_quotes_or_not(load_text: Load) -> None:
    campaign = load_text(
        'campaign:\n  starts_at: 2026-05-25T08:00:00+08:00\n  ends_at: "2026-05-26T00:00:00Z"\n'
    ).campaign
    assert campaign.starts_at == datetime(2026, 5, 25, 0, 0, tzinfo=UTC)
    assert campaign.ends_at == datetime(2026, 5, 26, tzinfo=UTC)
    assert campaign.starts_at.tzinfo is UTC


def test_the_campaign_runs_from_its_start_up_to_its_end(load_text: Load) -> None:
    campaign = load_text(
        "campaign: {starts_at: 2026-05-25T00:00:00Z, ends_at: 2026-05-26T00:00:00Z}\n"
    ).campaign
    start = datetime(2026, 5, 25, tzinfo=UTC)
    assert [campaign.runs_at(start + timedelta(hours=h)) for h in (-1, 0, 23, 24)] == [
        False,
        True,
        True,
        False,
    ]
    assert load_text("").campaign.runs_at(start)


def test_a_source_gets_the_defaults_that_its_adapter_declares(load_text: Load) -> None:
    config = load_text(
        "campaign:\n  sources:\n"
        "    - {name: one, kind: pond, base_url: https://pond.example}\n"
        "    - {name: two, kind: brook, wire: v2, hosts: [a, b], poll_every_s: 90,\n"
        "       enabled: false, rewind_s: 3}\n"
    )
    one, two = config.campaign.sources
    assert (one.poll_every_s, one.enabled) == (45, True)
    assert one.options == {"base_url": "https://pond.example", "token_secret": "", "page_size": 40}
    assert (two.poll_every_s, two.enabled) == (90, False)
    assert two.options == {"wire": "v2", "hosts": ["a", "b"], "rewind_s": 3, "raw_only": False}


def test_legal_block_and_permissions_become_the_shared_records(load_text: Load) -> None:
    config = load_text(
        "legal: {responsible: A, country: DE, face_basis: B, privacy_contact: c@d.example}\n"
        "permissions:\n"
        "  - {platform: x, use: match, basis: letter, grantor: X, expires_at: 2027-01-01T00:00:00Z}\n"
    )
    assert config.legal == Legal("A", "DE", "B", "c@d.example")
    expected = Permission(Platform.X, Use.MATCH, "letter", "X", datetime(2027, 1, 1, tzinfo=UTC))
    assert config.permissions == (expected,)


def test_accounts_give_the_handles_that_count_as_a_summons(load_text: Load) -> None:
    config = load_text(
        "accounts:\n"
        '  mastodon: {server: "https://social.example/", handle: "@homeward"}\n'
        '  bluesky: {handle: homeward.example, did: "did:plc:abc"}\n'
        "  weibo: {screen_name: 回家路}\n"
    )
    assert config.accounts.handles() == {
        Platform.MASTODON: "homeward@social.example",
        Platform.BLUESKY: "homeward.example",
        Platform.WEIBO: "回家路",
    }


def test_hotlines_are_found_by_country(load_text: Load) -> None:
    reply = load_text(
        "reply:\n  hotlines:\n"
        '    - {countries: [CN], number: "110", source: page, checked: 2026-01-02}\n'
        "    - {countries: [FR, DE], number: 116 000, source: page, checked: 2026-01-02}\n"
    ).reply
    assert [getattr(reply.hotline(code), "number", None) for code in ("cn", "DE", "ZZ")] == [
        "110",
        "116 000",
        None,
    ]


def test_what_is_in_force_cannot_be_changed(load_text: Load) -> None:
    config = load_text("")
    with pytest.raises(FrozenInstanceError):
        config.contact = "x"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        config.photos.max_photo_mb = 1


def test_a_file_with_a_byte_order_mark_is_read(load_text: Load) -> None:
    assert load_text("\ufeffcontact: {address: a@b.example}\n").contact == "a@b.example"
