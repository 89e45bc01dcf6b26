"""Secrets come from the environment or .env alone, and are never shown."""

from __future__ import annotations

import json

import pytest

from bot.config import masked
from bot.masking import MASK, holds_password, mask_text, names_a_secret
from store.errors import ConfigError
from tests.unit.config.conftest import Load, Mistakes

CANARY = "c4n4ry-hunter2-c4n4ry"


def test_the_environment_wins_over_dotenv(load_text: Load) -> None:
    config = load_text(
        "", "HOMEWARD_POND_TOKEN=file\nHOMEWARD_X_BEARER=kept\n", {"HOMEWARD_POND_TOKEN": "environment"}
    )
    assert config.secrets.get("HOMEWARD_POND_TOKEN") == "environment"
    assert config.secrets.get("HOMEWARD_X_BEARER") == "kept"
    assert not config.secrets.has("HOMEWARD_SEAL_KEY")


def test_dotenv_is_read_as_written_without_replacing_dollar_signs(load_text: Load) -> None:
    dotenv = "# note\nexport HOMEWARD_POND_TOKEN='a$HOME{b}'\nOTHER=1\n"
    assert load_text("", dotenv).secrets.get("HOMEWARD_POND_TOKEN") == "a$HOME{b}"


def test_several_alert_addresses_stand_in_one_variable(load_text: Load) -> None:
    secrets = load_text("", env={"HOMEWARD_ALERT_URLS": "mailto://a  tgram://b/c"}).secrets
    assert secrets.alert_urls() == ("mailto://a", "tgram://b/c")
    assert {"mailto://a", "tgram://b/c"} <= set(secrets.values())


def test_wrong_names_and_lines_in_dotenv_are_named_by_line(mistakes_in: Mistakes) -> None:
    mistakes = mistakes_in("", "\n# note\n\nHOMEWARD_POND_TOKN=x\n\nno equals sign\n")
    assert mistakes[".env:4"].allowed == '"HOMEWARD_POND_TOKEN" is the nearest right name'
    assert "NAME=value" in mistakes[".env:6"].allowed


def test_the_database_address_of_the_environment_wins_and_is_checked(load_text: Load) -> None:
    address = "postgresql+psycopg://homeward:pw@db/homeward"
    config = load_text("database_url: sqlite:///x.db\n", env={"HOMEWARD_DATABASE_URL": address})
    assert config.database_url == address
    with pytest.raises(ConfigError, match="HOMEWARD_DATABASE_URL: found another kind of address"):
        load_text("", env={"HOMEWARD_DATABASE_URL": "mysql://h/" + CANARY})


@pytest.mark.parametrize(
    ("text", "path", "name"),
    [
        (
            f"accounts:\n  mastodon: {{token: {CANARY}}}\n",
            "accounts.mastodon.token",
            "HOMEWARD_MASTODON_TOKEN",
        ),
        (f"bluesky_app_password: {CANARY}\n", "bluesky_app_password", "HOMEWARD_BLUESKY_APP_PASSWORD"),
        (
            f"alerts:\n  urls: ['mailto://me:{CANARY}@mail.example']\n",
            "alerts.urls[0]",
            "HOMEWARD_ALERT_URLS",
        ),
        (f"database_url: postgresql://me:{CANARY}@db/x\n", "database_url", "HOMEWARD_DATABASE_URL"),
        (f"seal_key: {CANARY}\n", "seal_key", "HOMEWARD_SEAL_KEY"),
        (f"reply: {{secrets: [{CANARY}]}}\n", "reply.secrets[0]", ".env.example"),
        (
            f"campaign:\n  sources:\n    - {{name: a, kind: brook, api_key: {CANARY}}}\n",
            "campaign.sources[0].api_key",
            ".env",
        ),
    ],
)
def test_a_secret_in_the_config_is_sent_to_dotenv_and_not_shown(
    load_text: Load, mistakes_in: Mistakes, text: str, path: str, name: str
) -> None:
    mistake = mistakes_in(text)[path]
    assert mistake.found == "a secret (not shown)"
    assert name in mistake.allowed
    with pytest.raises(ConfigError) as caught:
        load_text(text)
    assert CANARY not in str(caught.value)


def test_a_source_may_name_the_variable_of_its_own_token(load_text: Load, mistakes_in: Mistakes) -> None:
    source = (
        "campaign:\n  sources:\n    - {name: a, kind: pond, base_url: u, token_secret: HOMEWARD_SECOND}\n"
    )
    config = load_text(source, "HOMEWARD_SECOND=abc\n")
    assert config.secrets.get("HOMEWARD_SECOND") == "abc"
    (unset,) = load_and_list(mistakes_in, source)
    assert unset == ("campaign.sources[0].token_secret", "HOMEWARD_SECOND, which is not set")
    (itself,) = load_and_list(mistakes_in, source.replace("HOMEWARD_SECOND", CANARY))
    assert itself == ("campaign.sources[0].token_secret", "another text (not shown)")


def load_and_list(mistakes_in: Mistakes, text: str) -> list[tuple[str, str]]:
    """Path and finding of each mistake, with an .env that sets nothing."""
    return [(path, mistake.found) for path, mistake in mistakes_in(text, "# nothing\n").items()]


def test_what_may_be_shown_holds_no_secret(load_text: Load) -> None:
    config = load_text(
        "contact: {address: a@b.example}\n",
        env={
            "HOMEWARD_POND_TOKEN": CANARY,
            "HOMEWARD_DATABASE_URL": f"postgresql+psycopg://homeward:{CANARY}@db/homeward",
        },
    )
    shown = masked(config)
    assert shown["secrets"]["HOMEWARD_POND_TOKEN"] == MASK
    assert shown["secrets"]["HOMEWARD_X_BEARER"] == "not set"
    assert shown["database_url"] == f"postgresql+psycopg://homeward:{MASK}@db/homeward"
    assert shown["contact"] == "a@b.example"
    for text in (json.dumps(shown), repr(config.secrets), repr(config)):
        assert CANARY not in text


@pytest.mark.parametrize(
    "key", ["token", "app_password", "HOMEWARD_X_BEARER", "apiKey", "client-secret", "Cookie"]
)
def test_keys_that_name_a_secret_are_recognised(key: str) -> None:
    assert names_a_secret(key)


@pytest.mark.parametrize("key", ["hashtags", "tokenizer", "keyboard", "author", "case_key", "secretary"])
def test_ordinary_keys_are_not_taken_for_secrets(key: str) -> None:
    assert not names_a_secret(key)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f'{{"access_token": "{CANARY}", "n": 1}}',
        f"https://host/path?access_token={CANARY}&x=1",
        f"postgresql://me:{CANARY}@host/db",
        f"password={CANARY}",
        f"known {CANARY} value",
    ],
)
def test_secrets_inside_text_are_masked(text: str) -> None:
    clean = mask_text(text, [CANARY] if text.startswith("known") else [])
    assert CANARY not in clean
    assert MASK in clean


def test_ordinary_text_stays_as_it_is() -> None:
    text = "see https://a.example:8080/x?tag=1 at 12:30, 116 000, user@host.example"
    assert mask_text(text) == text
    assert not holds_password(text)
