"""Numbers of a source's options have bounds, and a value outside is named with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import load
from bot.config_sources import allowed, fits
from collectors import registry
from collectors.base import Option
from store.errors import ConfigError

NUMBERS = [
    (spec.kind, option)
    for spec in registry.specs().values()
    for option in spec.options
    if option.kind in (int, float)
]


@pytest.mark.parametrize(("kind", "option"), NUMBERS, ids=lambda value: getattr(value, "name", str(value)))
def test_every_number_of_an_adapter_has_a_lower_bound_that_its_default_keeps(
    kind: str, option: Option
) -> None:
    assert option.minimum is not None, f"{kind}.{option.name} has no lower bound"
    assert option.default is None or option.holds(option.default)


@pytest.mark.parametrize(
    ("option", "value", "is_fine", "words"),
    [
        (Option("n", int, 1, "", minimum=1, maximum=40), 40, True, "a whole number between 1 and 40"),
        (Option("n", int, 1, "", minimum=1, maximum=40), 0, False, "a whole number between 1 and 40"),
        (Option("n", float, 1.0, "", minimum=0.5), 0.4, False, "a number 0.5 or more"),
        (Option("n", float, 1.0, "", maximum=2_000_000), 3e6, False, "a number 2000000 or less"),
        (Option("n", float, 1.0, "", minimum=0), float("nan"), False, "a number 0 or more"),
        (Option("n", float, 1.0, "how many"), -5, True, "a number (how many)"),
        (Option("n", bool, True, "", minimum=5), True, True, "true or false"),
    ],
)
def test_bounds_are_kept_and_named(option: Option, value: object, is_fine: bool, words: str) -> None:
    assert fits(option, value) is is_fine
    assert allowed(option).startswith(words)


def test_a_number_out_of_bounds_is_named_by_line_value_and_way_out(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("campaign:\n  sources:\n    - {name: b, kind: bluesky,\n       rewind_s: -1}\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file, env={})
    (mistake,) = caught.value.mistakes
    assert (mistake.line, mistake.path) == (4, "campaign.sources[0].rewind_s")
    assert "-1" in mistake.found and "between 0 and 3600" in mistake.allowed
