"""Reads the catalogue of our words that ships with this version. Knows no row and changes nothing."""

from __future__ import annotations

from functools import cache
from importlib import resources

from ruamel.yaml import YAML

from bot.rules.wording import Catalogue, parse_catalogue


@cache
def shipped() -> Catalogue:
    """The texts of bot/rules/catalogue, checked. Raises ValueError naming each mistake."""
    yaml, folder = YAML(typ="safe"), resources.files("bot.rules.catalogue")
    files = {
        file.name.removesuffix(".yaml"): yaml.load(file.read_text(encoding="utf-8"))
        for file in sorted(folder.iterdir(), key=lambda item: item.name)
        if file.name.endswith(".yaml")
    }
    return parse_catalogue(files)
