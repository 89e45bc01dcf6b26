"""The shape of config.yaml's `matching.wish`: what the operator wants of the tiers.

Values only, as in bot/config_schema.py.
"""

from __future__ import annotations

from typing import Annotated

from bot.config_types import Block, count


class Wish(Block):
    """How rare false alerts are to be and how many candidates people can look at, turned into thresholds.

    What cannot be promised from what was measured alerts nobody: it goes to review.
    """

    photos_per_false_alert: Annotated[
        int, count(10, 1_000_000, "photos of unrelated people among which at most one may alert")
    ] = 10_000
    reviews_per_day: Annotated[int, count(1, 100_000, "photos that people can look at in a day")] = 20
