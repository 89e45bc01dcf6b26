"""What an alarm is called on a page: words and a short number instead of the key that names it.

Names of alerts hold keys of posts and cases, which tell people nothing. Decides nothing.
"""

from __future__ import annotations

import hashlib

from bot.console.told import told
from bot.console.tongue import Said, noted
from bot.pipeline import alert, brake, casework, silence, watching
from bot.services.alarms import ALERT

_KINDS = Said(
    {
        f"{ALERT}{alert.GONE}": noted("Post that is gone"),
        f"{ALERT}{brake.BREAKER}": noted("Sending stopped"),
        f"{ALERT}{watching.PREFIX}": noted("Access"),
        f"{ALERT}{alert.LEAD}": noted("Lead past its due date"),
        ALERT: noted("Possible resemblance"),
        silence.PREFIX: noted("Silent source"),
        casework.NOTICE: noted("Case that expires"),
        alert.GONE: noted("Post that is gone"),
        "unheard:": noted("Alert that reached nobody"),
        "withdraw:": noted("Reply to take back"),
        "finding:wrong:": noted("Search by hand"),
    }
)
NUMBER_CHARS = 4


def heading(name: str) -> str:
    """An alarm's name for people; the number tells one from another of its kind and nothing else."""
    for start in _KINDS:
        if name.startswith(start):
            number = hashlib.sha256(name.encode()).hexdigest()[:NUMBER_CHARS].upper()
            return f"{_KINDS[start]} {number}"
    return told(name.removesuffix(":"))
