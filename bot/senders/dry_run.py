"""The sender that rehearses: it measures like its platform and never talks to a network.

A row it is given ends as rehearsed, which the pipeline writes down; asked to send, it refuses.
"""

from __future__ import annotations

from bot.rules import lengths
from store.records.post import Platform
from store.records.reply import Absent, Receipt, Refused, Reply, SenderLimits, Unknown

REFUSAL = "dry-run: this is a rehearsal, and nothing is ever sent by it"


class DryRunSender:
    """Stands in for the account of one platform at the level dry-run.

    `max_length` replaces the platform's stock limit (Mastodon servers differ).
    """

    def __init__(self, platform: Platform, account: str, *, max_length: int | None = None) -> None:
        rule = lengths.RULES[platform]
        self.platform: str = platform.value
        self.account = account
        self.limits = SenderLimits(
            max_length=rule.max_length if max_length is None else max_length,
            length_unit=rule.unit,
            per_hour=0,
            per_day=0,
            source=rule.source,
        )
        self._platform = platform

    def measure(self, text: str, to_handle: str) -> int:
        """Length as the platform counts it."""
        return lengths.measure(self._platform, text, to_handle)

    def may_answer(self, reply: Reply) -> str:
        """Always "": the platform is not asked in a rehearsal."""
        return ""

    def send(self, reply: Reply) -> Receipt | Refused | Unknown:
        """Refuse, whatever the row says."""
        return Refused(REFUSAL)

    def find(self, reply: Reply) -> Receipt | Absent | Unknown:
        """Absent: a rehearsal has put nothing anywhere."""
        return Absent("dry-run: nothing was sent, so there is nothing to find")

    def withdraw(self, receipt: Receipt) -> Receipt | Refused | Unknown:
        """Refuse: there can be no receipt of a rehearsal, so this one belongs to another sender."""
        return Refused("dry-run: nothing was sent by it that it could take back")
