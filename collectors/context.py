"""What every collector is built with: who asks, with which secrets, by which clocks. Values only."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from collectors.session import Vault

PRODUCT = "Homeward/0.1"


@dataclass(frozen=True, slots=True)
class Context:
    """`contact` goes into the User-Agent; `secrets` holds values by the name of their variable.

    `clock` gives aware UTC; `monotonic_s` gives seconds that never go back, for waiting times.
    `accounts` are our own handles by platform. `vault` keeps sessions beyond the process (None: as
    long as it lives). `fetch` brings a small document from a host that a stranger named, through the
    guard of the photo fetch; None where there is none, and then no such host is asked.
    """

    contact: str
    secrets: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]
    monotonic_s: Callable[[], float] = time.monotonic
    accounts: Mapping[str, str] = field(default_factory=dict)
    vault: Vault | None = None
    fetch: Callable[[str], bytes] | None = None

    @property
    def user_agent(self) -> str:
        """`Homeward/0.1 (+contact)`, the contact reduced to what a header may carry."""
        contact = "".join(c for c in self.contact if " " <= c <= "~" and c not in "()\\").strip()
        return f"{PRODUCT} (+{contact})" if contact else PRODUCT
