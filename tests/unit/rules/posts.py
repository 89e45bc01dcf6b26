"""Fictional posts, and the policies that ship, for the tests of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.rules.policy import Policy, parse_policy
from store.records.permit import Legal
from store.records.post import Author, AuthorSign, Platform, Post

NOW = datetime(2026, 5, 25, 8, tzinfo=UTC)
LEGAL = Legal(
    "Stiftung Heimweg, Zürich", "CH", "vital interests, Art. 9(2)(c) GDPR", "privacy@heimweg.example"
)
POLICY_FOLDER = Path(__file__).parents[3] / "bot" / "rules" / "policies"


@cache
def policy(platform: Platform) -> Policy:
    """The policy that ships for a platform."""
    text = (POLICY_FOLDER / f"{platform.value}.yaml").read_text(encoding="utf-8")
    return parse_policy(YAML(typ="safe").load(text))


def post(platform: Platform = Platform.MASTODON, *signs: AuthorSign, **changes: Any) -> Post:
    """A post of a fictional author on a platform."""
    author = Author(id="42", handle="lin@social.example", display_name="Lin", signs=frozenset(signs))
    made = Post(
        key=f"{platform.value}:1", platform=platform, author=author, text="seen here", received_at=NOW
    )
    return replace(made, **changes)
