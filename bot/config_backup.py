"""The shape of config.yaml's `backup` block: where backups go, how often, how long they are kept.

Values only.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.config_types import Block, Text, count, says

Recipient = Annotated[str, Field(pattern=r"^age1[02-9ac-hj-np-z]{20,120}$")]


class Backup(Block):
    """How this installation is backed up by itself; `run_bot.py backup` does it by hand."""

    folder: Annotated[
        Text | None, says("a folder outside of the data folder, best on another disk; empty: by hand alone")
    ] = None
    every_h: Annotated[int, count(1, 24 * 31, "hours between two backups")] = 24
    keep_days: Annotated[int, count(1, 3650, "days after which a backup is deleted")] = 30
    recipients: Annotated[
        tuple[Recipient, ...],
        says("age public keys (age1…) that can open the backups as well", max_length=20),
    ] = ()
