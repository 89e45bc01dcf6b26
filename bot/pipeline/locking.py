"""What may not be done while everything is locked. What locks is in bot/services/incidents.py."""

from __future__ import annotations

from store import lockdown
from store.db import Transaction
from store.errors import NotAllowed

WORDS = "everything is locked; `run_bot.py lockdown lift` ends it"


def need_unlocked(tx: Transaction, what: str) -> None:
    """Raises NotAllowed while everything is locked. Asked by whatever lets data out or people in."""
    if lockdown.is_on(tx):
        raise NotAllowed(what, WORDS)
