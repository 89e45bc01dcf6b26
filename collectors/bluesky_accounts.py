"""Events about whole accounts on the stream, both formats: out of use, gone for good, a new handle. Pure.

Source: com.atproto.sync.subscribeRepos, #account and #identity.
"""

from __future__ import annotations

from datetime import datetime

from collectors.payload import Fields, decode_json, from_micros
from store.records.post import AccountNews, AccountState, Platform

# What a relay says of its own trouble with a host says nothing about what the author wants.
_HOSTING = frozenset({"desynchronized", "throttled"})
_WORDS = {
    "deleted": "the author deleted the account",
    "deactivated": "the author took the account out of use",
    "suspended": "the account is suspended",
    "takendown": "the account was taken down",
}


def may_be_news(data: bytes) -> bool:
    """False only for frames that are certainly not about an account as a whole."""
    return b'"account"' in data or b'"identity"' in data


def read_news(data: bytes, received_at: datetime) -> AccountNews | None:
    """What the frame says of an account; None where it says nothing that matters. Raises ValueError."""
    event = Fields(decode_json(data), [])
    if "payload" in event.data:
        event = event.obj("payload")
        kind = event.text("$type").rpartition("#")[2]
        seen_at = event.time("time") or received_at
    else:
        kind, micros = event.text("kind"), event.data.get("time_us")
        seen_at = (from_micros(micros) if isinstance(micros, int) else None) or received_at
    did = event.ident("did")
    if not did or kind not in ("account", "identity"):
        return None
    told = event.obj(kind)
    if kind == "identity":
        handle = told.ident("handle")
        is_new = bool(handle) and handle != "handle.invalid"
        return AccountNews(did, Platform.BLUESKY, seen_at, handle=handle) if is_new else None
    return _state(told, did, seen_at)


def _state(told: Fields, did: str, seen_at: datetime) -> AccountNews | None:
    active, status = told.data.get("active"), told.text("status")
    if not isinstance(active, bool) or (not active and status in _HOSTING):
        return None
    if active:
        return AccountNews(did, Platform.BLUESKY, seen_at, AccountState.ACTIVE)
    state = AccountState.DELETED if status == "deleted" else AccountState.HIDDEN
    words = _WORDS.get(status, "the account is not active")
    return AccountNews(did, Platform.BLUESKY, seen_at, state, why=words)
