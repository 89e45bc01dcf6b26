"""A whole installation in a temporary folder, real parts throughout; the gazetteer is built once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import wiring
from bot.config import Config, load
from bot.home import Home
from bot.pipeline import work
from bot.wiring import Built
from tests.levels import agree

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample"

CONFIG = """
campaign:
  hashtags: ["{tag}"]
  sources: {sources}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
accounts:
  mastodon: {{server: "https://sample.example", handle: homeward}}
reply: {{level: {level}, receipt_delay_min_s: 0, receipt_delay_max_s: 0}}
"""


@pytest.fixture
def data(tmp_path: Path, places: Path) -> Path:
    """An empty data folder that already has the gazetteer."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(places, folder / "places.sqlite")
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., Config]:
    """Makes a checked config from a few words."""

    def make(
        *, tag: str = "HomewardSample", sources: str = "[]", level: str = "dry-run", **changes: Any
    ) -> Config:
        file = tmp_path / "config.yaml"
        file.write_text(CONFIG.format(tag=tag, sources=sources, level=level))
        return replace(load(file, env={}), **changes)

    return make


@pytest.fixture
def build(data: Path) -> Iterator[Callable[..., Built]]:
    """Wires installations and closes them afterwards."""
    made: list[Built] = []

    def make(config: Config, *, is_sample: bool = False, **options: Any) -> Built:
        home = Home(data / "sample", True) if is_sample else Home(data, False)
        made.append(wiring.build(config, home, **options))
        wiring.put_in_force(made[-1])
        agree(made[-1].road, config.reply.level)
        return made[-1]

    yield make
    for built in made:
        built.close()


def work_off(built: Built) -> int:
    """Do everything that is due; how many jobs could not be done."""
    return work.work_off(built.road, work.arrows(dict))
