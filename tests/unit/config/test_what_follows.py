"""What the settings mean: the checklist, whether live sources may run, versions of the campaign."""

from __future__ import annotations

import json

import pytest

from bot.config import campaign_block, campaign_from, checklist, live_allowed
from store.errors import ConfigError
from tests.unit.config.conftest import Load

LEGAL = "legal: {responsible: A, country: DE, face_basis: B, privacy_contact: c@d.example}\n"
COMPLETE = (
    "campaign:\n  hashtags: [a]\n  sources:\n    - {name: s, kind: brook}\n"
    "contact: {address: a@b.example}\naccounts: {x: {handle: us}}\n" + LEGAL
)


def test_a_new_installation_is_led_through_every_point(load_text: Load) -> None:
    items = checklist(load_text(""))
    assert [item.key for item in items] == ["hashtags", "sources", "contact", "legal", "accounts", "alerts"]
    assert not any(item.done for item in items)
    assert all(item.words and item.how for item in items)


def test_a_complete_installation_has_nothing_left(load_text: Load) -> None:
    config = load_text(COMPLETE, env={"HOMEWARD_ALERT_URLS": "mailto://a"})
    assert all(item.done for item in checklist(config))


def test_live_sources_wait_for_hashtags_and_contact_but_not_for_the_legal_block(load_text: Load) -> None:
    assert not live_allowed(load_text(""))
    assert not live_allowed(load_text("campaign: {hashtags: [a]}\n"))
    assert not live_allowed(load_text("contact: {address: a@b.example}\n"))
    without_legal = load_text("campaign: {hashtags: [a]}\ncontact: {address: a@b.example}\n")
    assert live_allowed(without_legal)
    assert without_legal.legal is None


def test_the_campaign_block_survives_the_way_through_the_database(load_text: Load) -> None:
    config = load_text(
        "campaign:\n  name: 回家\n  hashtags: [宝贝回家]\n  starts_at: 2026-05-25T08:00:00+08:00\n"
        "  sources:\n    - {name: s, kind: brook, hosts: [a]}\n"
    )
    content = json.loads(json.dumps(campaign_block(config)))
    assert campaign_from(content) == config.campaign
    assert config.with_campaign(campaign_from(content)) == config


def test_a_stored_campaign_that_this_code_cannot_read_is_named() -> None:
    with pytest.raises(ConfigError, match=r"campaign: .*") as caught:
        campaign_from({"hashtags": ["a"], "colour": "blue"})
    assert [mistake.path for mistake in caught.value.mistakes] == ["colour"]
