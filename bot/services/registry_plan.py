"""What config.yaml says of the registry, as the plan that its rules and services are handed. Values only."""

from __future__ import annotations

from datetime import timedelta

from bot.config import Config
from bot.rules.registry import RegistryPlan


def registry_plan(config: Config) -> RegistryPlan:
    """Trusted registries, majority, and how long things are kept."""
    block, console = config.registry, config.console
    return RegistryPlan(
        trusted=frozenset(block.trusted),
        majority={"": block.majority_years, **block.majority_in},
        country=config.legal.country if config.legal else "",
        tell_before=timedelta(days=block.tell_before_days),
        bin=timedelta(days=block.bin_days),
        link=timedelta(days=block.family_link_days),
        kept_link=timedelta(days=block.family_kept_days),
        base_url=(block.public_address or f"http://{console.host}:{console.port}").rstrip("/"),
    )
