"""The shape of config.yaml's `engine` block: who does the work, when a silent process is dead.

Values only.
"""

from __future__ import annotations

from typing import Annotated, Literal

from bot.config_types import Block, says, span


class EngineBlock(Block):
    """One process, or many on several hosts that share a PostgreSQL database."""

    kind: Annotated[
        Literal["local", "distributed"], says("local, or distributed with a database_url of PostgreSQL")
    ] = "local"
    lease_s: Annotated[float, span(3, 20, "seconds until another process takes over a source")] = 15
    dead_after_s: Annotated[float, span(3, 600, "seconds until a silent worker's jobs go to others")] = 15
