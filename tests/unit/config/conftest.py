"""Two made-up adapters and a way to load a text as if it were config.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.config import Config, load
from collectors.base import Option, Secret, SourceSpec
from store.errors import ConfigError, Mistake
from store.records.post import Platform

SPECS = {
    "brook": SourceSpec(
        kind="brook",
        platform=Platform.BLUESKY,
        streams=True,
        polls=False,
        options=(
            Option("wire", str, "v1", "format of the stream", ("v1", "v2")),
            Option("hosts", tuple, (), "addresses to try in turn"),
            Option("rewind_s", float, 5.0, "seconds"),
            Option("raw_only", bool, False, "no decoding"),
        ),
    ),
    "pond": SourceSpec(
        kind="pond",
        platform=Platform.MASTODON,
        streams=False,
        polls=True,
        poll_every_s=45,
        options=(
            Option("base_url", str, None, "address of the server"),
            Option("token_secret", str, "", "variable that holds the token"),
            Option("page_size", int, 40, "posts at once"),
        ),
        secrets=(Secret("HOMEWARD_POND_TOKEN", "token of the pond"),),
    ),
}

Load = Callable[..., Config]
Mistakes = Callable[..., dict[str, Mistake]]


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    """Load this text as config.yaml, with this .env beside it and these variables."""

    def load_it(text: str, dotenv: str = "", env: Mapping[str, str] | None = None) -> Config:
        (tmp_path / "config.yaml").write_text(text, "utf-8")
        if dotenv:
            (tmp_path / ".env").write_text(dotenv, "utf-8")
        return load(tmp_path / "config.yaml", env or {}, SPECS)

    return load_it


@pytest.fixture
def mistakes_in(load_text: Load) -> Mistakes:
    """The mistakes of this text, by their path (or by file and line where there is no path)."""

    def find(text: str, dotenv: str = "", env: Mapping[str, str] | None = None) -> dict[str, Mistake]:
        with pytest.raises(ConfigError) as caught:
            load_text(text, dotenv, env)
        assert caught.value.mistakes
        return {each.path or f"{Path(each.file).name}:{each.line}": each for each in caught.value.mistakes}

    return find
