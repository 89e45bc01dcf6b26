"""The contract that every sender keeps: it measures, asks, sends, looks up, withdraws. It never decides.

Whether a reply may go out, to whom and in which words is decided in bot/rules and bot/pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from bot.rules.lengths import LengthRule
from collectors.base import Checked
from store.records.post import Platform
from store.records.reply import Absent, Receipt, Refused, Reply, SenderLimits, Unknown


@dataclass(frozen=True, slots=True)
class SenderSpec:
    """What a sender declares about itself: its platform, and how long a text may be there."""

    platform: Platform
    length: LengthRule


@dataclass(frozen=True, slots=True)
class Account:
    """Our account as config.yaml names it: handle, lasting id, address of the server ("" where none is).

    `options` is what one platform alone has.
    """

    handle: str
    id: str = ""
    server: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Sender(Protocol):
    """One platform account that can answer.

    Raises `store.errors.RateLimited` when the platform asks to wait *before* anything was sent.
    Everything after the request may have left this machine is a value, never an exception.
    """

    platform: str
    account: str
    limits: SenderLimits

    def measure(self, text: str, to_handle: str) -> int:
        """Length of the finished reply as the platform counts it, in `limits.length_unit`."""
        ...

    def may_answer(self, reply: Reply) -> str:
        """Read the answered post again. "" if it still stands; otherwise why it must not be answered.

        Raises SourceError when the platform cannot be asked just now.
        """
        ...

    def send(self, reply: Reply) -> Receipt | Refused | Unknown:
        """Send once. Unknown when the answer was lost after the request may have arrived."""
        ...

    def find(self, reply: Reply) -> Receipt | Absent | Unknown:
        """Look for the reply on the platform by its reference. Unknown when the platform can't tell."""
        ...

    def withdraw(self, receipt: Receipt) -> Receipt | Refused | Unknown:
        """Take a sent reply back. A reply that is already gone counts as withdrawn."""
        ...


@runtime_checkable
class ChecksItself(Protocol):
    """What a sender may offer beside the contract: whether it may write, found out without writing."""

    def check(self) -> list[Checked]:
        """Try each part with as few requests as possible. Raises no SourceError: it says what is wrong."""
        ...


@runtime_checkable
class TellsProfile(Protocol):
    """What a sender may offer beside the contract, where its platform does: the words of our own profile."""

    def profile(self) -> str:
        """The profile as people read it, without markup. Raises SourceError."""
        ...
