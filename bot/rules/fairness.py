"""How far back in the queue the next of many posts alike goes. Values in, values out.

A post is never refused here, and a first one of somebody else is always before the hundredth of one.
"""

from __future__ import annotations

FREE = 5
"""So many posts of one author or text in an hour are treated as all others."""
LONGEST_STEP = 16
"""A flood stays before what was asked for from the past (20 behind): it came now, after all."""


def step_back(number: int) -> int:
    """Steps back for the `number`-th post alike in an hour: 0 up to FREE, then two more at each doubling.

    Posts with a photo begin at 10 and others at 0: from the 160th on even those with a photo wait behind
    everybody's first ones without.
    """
    if number <= FREE:
        return 0
    return min(LONGEST_STEP, 2 * (number // FREE).bit_length())
