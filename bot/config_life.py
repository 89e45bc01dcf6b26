"""The shape of config.yaml's `life` block: the zone of the campaign's days, reports and public numbers.

Values only.
"""

from __future__ import annotations

from typing import Annotated

from bot.config_types import Block, Zone, says


class Life(Block):
    """How the campaign's days are counted, and what the clock makes of them by itself."""

    time_zone: Annotated[Zone, says("an IANA zone such as Asia/Shanghai")] = "UTC"
    weekly_report: bool = False
    public_numbers: bool = False
