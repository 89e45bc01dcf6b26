"""Named steps: places at which a test may stop the process, to prove that nothing is lost there.

In a running Homeward nobody listens and a step costs one comparison. Never decides anything.
"""

from __future__ import annotations

from collections.abc import Callable

_listener: Callable[[str], None] | None = None


def listen(listener: Callable[[str], None] | None) -> None:
    """Set the one listener that is told each step's name as it is reached; None stops listening."""
    global _listener
    _listener = listener


def step(name: str) -> None:
    """Say that the named step has been reached."""
    if _listener is not None:
        _listener(name)
