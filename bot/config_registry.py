"""The shape of config.yaml's `registry` block: who is trusted, who is of age, what is kept how long.

Values only.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.config_types import Block, Country, ServerAddress, Text, count, says


class Registry(Block):
    """How this installation runs its registry of missing children."""

    trusted: Annotated[
        tuple[Text, ...], says("registries whose records stand for a police reference", max_length=100)
    ] = ()
    majority_years: Annotated[int, count(14, 25, "years at which a person is of age")] = 18
    majority_in: Annotated[
        dict[Country, Annotated[int, Field(ge=14, le=25)]], says("the same elsewhere, by ISO 3166 code")
    ] = Field(default_factory=dict)
    tell_before_days: Annotated[int, count(1, 365, "days before an expiry in which the team is told")] = 14
    bin_days: Annotated[int, count(0, 365, "days in which a removed case can be brought back")] = 30
    family_link_days: Annotated[int, count(1, 60, "days a family's link for registering is good")] = 7
    family_kept_days: Annotated[int, count(1, 3650, "days a family's own link shows what is kept")] = 365
    public_address: Annotated[
        ServerAddress | None, says("address under which families reach this console, such as https://…")
    ] = None
