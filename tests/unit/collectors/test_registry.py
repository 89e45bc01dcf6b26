"""Adapters are found by themselves and their options are checked with useful words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from collectors import registry
from collectors.base import Collector, Option, SourceSpec
from collectors.context import Context
from collectors.options import options_of, within
from store.errors import ConfigError
from store.records.post import Platform
from tests.unit.collectors.make import NOW

CONTEXT = Context("team@example.org", {"HOMEWARD_MASTODON_TOKEN": "t"}, lambda: NOW)
SPEC = SourceSpec(
    kind="demo",
    platform=Platform.MASTODON,
    streams=False,
    polls=True,
    options=(
        Option("base_url", str, None, "address of the server"),
        Option("pages", int, 2, "how many"),
        Option("wait_s", float, 1.5, "how long"),
        Option("local_only", bool, False, "only here"),
        Option("hosts", tuple, (), "which"),
        Option("wire", str, "v2", "which format", ("v1", "v2")),
    ),
)


def test_every_adapter_is_found_and_declares_itself() -> None:
    specs = registry.specs()
    assert {"bluesky", "mastodon"} <= set(specs)
    for kind, spec in specs.items():
        assert spec.kind == kind and (spec.streams or spec.polls)
        assert (Path(__file__).resolve().parents[3] / spec.docs).is_file()
        assert len({option.name for option in spec.options}) == len(spec.options)
        assert all(option.help and not option.help[0].isspace() for option in spec.options)
        assert all(secret.name.startswith("HOMEWARD_") and secret.help for secret in spec.secrets)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("mastodon", {"base_url": "https://harbour.example"}),
        ("mastodon", {"base_url": "https://harbour.example", "token_secret": "HOMEWARD_MASTODON_TOKEN"}),
        ("bluesky", {}),
        ("bluesky", {"wire": "v1", "hosts": ["ws://localhost:1"]}),
    ],
)
def test_an_adapter_is_built_from_its_options(kind: str, options: dict[str, Any]) -> None:
    built = registry.build(kind, "mine", options, CONTEXT)
    assert isinstance(built, Collector) and built.name == "mine" and built.spec.kind == kind
    built.close()
    built.close()


@pytest.mark.parametrize(
    ("kind", "options", "subject", "words"),
    [
        ("mastodn", {}, "mine.kind", "did you mean 'mastodon'"),
        ("zzz", {}, "mine.kind", "bluesky, mastodon"),
        ("mastodon", {}, "mine.base_url", "missing"),
        ("mastodon", {"base_url": "http://harbour.example"}, "mine.base_url", "https://"),
        (
            "mastodon",
            {"base_url": "https://h.example", "page_size": 41},
            "mine.page_size",
            "between 1 and 40",
        ),
        (
            "mastodon",
            {"base_url": "https://h.example", "token_secret": "HOMEWARD_X"},
            "mine.token_secret",
            "not set",
        ),
        (
            "mastodon",
            {"base_url": "https://h.example", "backfil_pages": 1},
            "mine.backfil_pages",
            "'backfill_pages'",
        ),
        ("bluesky", {"hosts": ["wss://ok.example", "ws://far.example"]}, "mine.hosts", "wss://"),
        ("bluesky", {"wire": "v3"}, "mine.wire", "v1, v2"),
        ("bluesky", {"rewind_s": -1}, "mine.rewind_s", "between 0"),
    ],
)
def test_wrong_options_say_what_and_where(
    kind: str, options: dict[str, Any], subject: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        registry.build(kind, "mine", options, CONTEXT)
    assert caught.value.subject == subject and words in caught.value.detail


@pytest.mark.parametrize(
    ("name", "value", "is_right"),
    [
        ("pages", 3, True),
        ("pages", 3.0, False),
        ("pages", True, False),
        ("pages", "3", False),
        ("wait_s", 2, True),
        ("wait_s", False, False),
        ("local_only", True, True),
        ("local_only", 1, False),
        ("hosts", ["a", "b"], True),
        ("hosts", "a", False),
        ("hosts", [1], False),
        ("base_url", 5, False),
        ("wire", "v1", True),
    ],
)
def test_values_have_to_be_of_their_kind(name: str, value: Any, is_right: bool) -> None:
    given = {"base_url": "https://h.example", name: value}
    if is_right:
        values = options_of(SPEC, "mine", given)
        assert values[name] == (tuple(value) if name == "hosts" else value) and values["pages"] in (2, 3)
    else:
        with pytest.raises(ConfigError, match="should be"):
            options_of(SPEC, "mine", given)


def test_a_number_has_to_be_within_its_bounds() -> None:
    assert within({"n": 5}, "mine", "n", 1, 5) == 5
    with pytest.raises(ConfigError, match=r"between 1 and 4"):
        within({"n": 5}, "mine", "n", 1, 4)
