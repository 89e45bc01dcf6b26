"""What every page of the console is handed: the road, the settings, the page renderer. Only holds things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from bot.config import ChecklistItem
from bot.console.limiter import TryLimiter
from bot.console.rendering import Renderer
from bot.console.renditions import Renditions
from bot.console.shown import Shown
from bot.pipeline.road import Road


def _never() -> bool:
    return False


def _nothing_to_enter() -> Sequence[ChecklistItem]:
    return ()


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """How this console stands in its installation.

    `campaign_name` may be a callable, since the name can change while Homeward runs. `allowed_hosts`
    are further names of the console behind a proxy (`name`, any port, or `name:port`). `checklist`
    gives what an operator enters before going live. `leave_sample` is called with the name of who
    leaves, None outside the sample. `metrics` renders Prometheus text, None if it is not served.
    `config_file` is where hashtags are written when a draft goes live, None where none may be written.
    `asks_second_factor` says whether roles that see faces need one just now.
    """

    sample: bool = False
    campaign_name: str | Callable[[], str] = "Homeward"
    allowed_hosts: tuple[str, ...] = ()
    checklist: Callable[[], Sequence[ChecklistItem]] = _nothing_to_enter
    leave_sample: Callable[[str], None] | None = None
    secure_cookies: bool = False
    metrics: Callable[[], bytes] | None = None
    asks_second_factor: Callable[[], bool] = _never
    config_file: Path | None = None

    @property
    def name(self) -> str:
        """The campaign's name just now."""
        return self.campaign_name if isinstance(self.campaign_name, str) else self.campaign_name()


@dataclass(frozen=True, slots=True)
class Console:
    """Everything a handler may use."""

    road: Road
    settings: ConsoleSettings
    pages: Renderer
    renditions: Renditions = field(default_factory=Renditions)
    shown: Shown = field(default_factory=Shown)

    @property
    def tries(self) -> TryLimiter:
        """How often somebody tried to come in, the same for every process of the console."""
        return TryLimiter(self.road)

    @property
    def cookie(self) -> str:
        """The session cookie's name, one for each installation: browsers share cookies between ports."""
        prefix = "__Host-" if self.settings.secure_cookies else ""
        return f"{prefix}homeward_{self.road.key.id}"


def console_of(request: Request) -> Console:
    """The console that serves this request."""
    held = request.app.state.console
    assert isinstance(held, Console)
    return held


Here = Annotated[Console, Depends(console_of)]
