"""Trying a source out: what went well or wrong becomes one line for people. Asks nothing by itself."""

from __future__ import annotations

from collections.abc import Callable

from collectors.base import Checked
from store.errors import BadPayload, ConfigError, NeedsPerson, RateLimited, SourceError

_WAYS_OUT = {
    RateLimited: "wait, or ask less often (poll_every_s)",
    NeedsPerson: "renew or set the credentials that docs/platforms names for this platform",
    BadPayload: "look whether the address in config.yaml is that of the platform's API",
}


def checked(part: str, attempt: Callable[[], str]) -> Checked:
    """One attempt as a line: its words if it went well, otherwise what is missing and how to get it."""
    try:
        return Checked(part, True, attempt())
    except (SourceError, ConfigError) as error:
        way_out = next((words for kind, words in _WAYS_OUT.items() if isinstance(error, kind)), "")
        return Checked(part, False, error.detail, way_out or "look at the network of this machine, try again")
