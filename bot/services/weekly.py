"""What the clock makes of a week that is over: rounds beside those of the arrows. Does none of it itself."""

from __future__ import annotations

from datetime import timedelta

from bot.pipeline.rounds import Round
from bot.services import public_numbers, reporting

ROUNDS = (
    Round("weekly report", timedelta(minutes=30), reporting.round_of, only_in_campaign=False),
    Round("public numbers", timedelta(minutes=30), public_numbers.round_of, only_in_campaign=False),
)
"""Each looks first whether it is switched on and whether anything is due."""
