"""The files that ship are right, safe, and say the same as the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.config import SECRETS, Config, live_allowed, load, registered
from bot.config_schema import Settings
from store.records.reply import Level

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Config:
    # A copy, so that a developer's own .env beside the original plays no part.
    copy = tmp_path_factory.mktemp("shipped") / "config.yaml"
    copy.write_bytes((ROOT / "config.yaml").read_bytes())
    return load(copy, {})


@pytest.fixture(scope="module")
def sample() -> Config:
    return load(ROOT / "sample" / "config.yaml", {"HOMEWARD_DATABASE_URL": "sqlite:///real.db"})


def test_the_config_that_ships_sends_and_collects_nothing(shipped: Config) -> None:
    assert shipped.campaign.hashtags == ()
    assert not live_allowed(shipped)
    assert shipped.legal is None
    assert shipped.reply.level is Level.DRY_RUN
    assert not shipped.sample


def test_the_config_that_ships_needs_only_hashtags_and_a_contact_to_go_live(tmp_path: Path) -> None:
    text = (ROOT / "config.yaml").read_text("utf-8")
    text = text.replace("hashtags: []", "hashtags: [Home]").replace(
        "# contact:\n#   address:", "contact:\n  address:"
    )
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    config = load(tmp_path / "config.yaml", {})
    assert live_allowed(config)
    assert {source.kind for source in config.campaign.sources if source.enabled} == {"bluesky", "mastodon"}


def test_what_is_commented_out_is_right_too(tmp_path: Path) -> None:
    text = (ROOT / "config.yaml").read_text("utf-8")
    head, body = text.split("\ncampaign:", 1)
    assert head.count("#") == len(head.splitlines())
    # Example lines are those that look like keys, items or blocks once their sign is gone.
    body = re.sub(r"^(\s*)# ?(?=(\s*- )?[a-z_]+:(\s|$)|\s+- platform|\s+[a-z_]+: )", r"\1", body, flags=re.M)
    body = body.replace("permissions: []\n", "permissions:\n")
    body = body.replace('"did:plc:…"', '"did:plc:abc"')
    (tmp_path / "config.yaml").write_text("campaign:" + body, "utf-8")
    config = load(tmp_path / "config.yaml", {})
    assert config.legal is not None
    assert config.campaign.starts_at is not None
    assert len(config.accounts.handles()) == 4
    assert config.reply.quiet_hours is not None
    assert len(config.permissions) == 1
    assert [each.name for each in config.abuse_lists] == ["hotline-pdq"]
    assert config.database_url


def test_defaults_in_the_file_are_the_defaults_in_the_code(shipped: Config) -> None:
    defaults = Settings()
    assert shipped.matching == defaults.matching
    assert shipped.photos == defaults.photos
    assert shipped.console == defaults.console
    assert shipped.limits == defaults.limits
    assert shipped.alerts == defaults.alerts
    assert shipped.campaign.schedule == defaults.campaign.schedule
    assert shipped.reply.model_copy(update={"hotlines": ()}) == defaults.reply


def test_the_sample_reaches_nothing_real(sample: Config) -> None:
    assert sample.sample
    assert sample.campaign.hashtags == ("HomewardSample",)
    assert sample.campaign.sources == ()
    assert sample.reply.level is Level.DRY_RUN
    assert sample.legal is not None
    assert "made up" in sample.legal.responsible
    assert all("sample" in handle or "样例" in handle for handle in sample.accounts.handles().values())
    assert sample.accounts.handles()["mastodon"] == "homeward@sample.example"
    assert not live_allowed(sample)
    assert sample.database_url == ""
    assert sample.secrets.values() == ()


def test_every_hotline_names_its_source_and_both_files_agree(shipped: Config, sample: Config) -> None:
    assert shipped.reply.hotlines == sample.reply.hotlines
    assert all(line.source.startswith("https://") for line in shipped.reply.hotlines)
    numbers = {
        code: line.number for code in ("CN", "US", "GB", "DE") if (line := shipped.reply.hotline(code))
    }
    assert numbers == {"CN": "110", "US": "1-800-843-5678", "GB": "116 000", "DE": "116 000"}


def test_the_example_of_secrets_names_each_one_and_sets_none() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    names = {line.removesuffix("=") for line in lines if not line.startswith("#") and line}
    declared = {secret.name for spec in registered().values() for secret in spec.secrets}
    assert names == {secret.name for secret in SECRETS} | declared


def test_every_runtime_dependency_has_its_line_in_the_decision() -> None:
    pins = (ROOT / "requirements.in").read_text("utf-8").splitlines()
    packages = {re.split(r"[\[=]", line)[0] for line in pins if line and not line.startswith("#")}
    decision = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text("utf-8")
    listed = set(re.findall(r"^\| ([A-Za-z0-9._-]+) \|", decision, flags=re.M)) - {"package"}
    assert listed == packages
    assert all("==" in line for line in pins if line and not line.startswith("#"))
