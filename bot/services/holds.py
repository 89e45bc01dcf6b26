"""Legal holds as people use them: placed by one, confirmed by another, released by either, seen by few.

What a hold may be and what it covers is decided in bot/rules/holds.py; sealing is bot/pipeline/holding.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.pipeline import holding
from bot.pipeline.road import Road
from bot.rules import holds as rules
from bot.rules.compose import ALPHABET
from store import audit, holds, posts, users
from store.db import Transaction
from store.errors import Missing, NotAllowed, UsageError
from store.records.hold import Hold, HoldState

MAY_HOLD = frozenset({users.ADMIN, users.REGISTRAR})
ID_LENGTH = 8


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold as its people see it: where it stands, and which of its posts are deleted but for the copy."""

    hold: Hold
    state: HoldState
    sealed: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        hold = self.hold
        moments = {name: getattr(hold, name) for name in ("placed_at", "confirmed_at", "until", "ended_at")}
        return {
            "id": hold.id, "state": self.state.value, "basis": hold.basis,
            "platform_permission": hold.platform_permission, "placed_by": hold.placed_by,
            "confirmed_by": hold.confirmed_by, "ended_by": hold.ended_by, "ended_why": hold.ended_why,
            "posts": list(hold.posts), "sealed": list(self.sealed),
            **{name: value.isoformat() if value else None for name, value in moments.items()},
        }  # fmt: skip


def place(
    road: Road, keys: Sequence[str], *, basis: str, until: datetime, by: str, platform_permission: str = ""
) -> HoldView:
    """Place a hold on standing posts; it counts once another person has confirmed it.

    Until then a post that is deleted is frozen for some hours at most. Raises NotAllowed for a role that
    may not, UsageError with the reason where such a hold cannot be, Missing for a post that is not stored.
    """
    now, wanted = road.clock(), tuple(sorted(dict.fromkeys(key.strip() for key in keys if key.strip())))
    words = rules.refusal(
        basis=basis,
        posts=wanted,
        until=until,
        now=now,
        longest=road.keep.hold_longest,
        platform_permission=platform_permission,
    )
    with road.store.transaction() as tx:
        _holder(tx, by)
        if words:
            raise UsageError("hold", words)
        for key in wanted:
            if not posts.stands(tx, key):
                raise Missing(key, "is not a post that stands here, so there is nothing to hold")
        name = "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))
        hold = Hold(name, basis.strip(), by, now, until, wanted, platform_permission.strip())
        holds.add(tx, hold)
        audit.write(tx, now, by, "hold.placed", name, posts=len(wanted), until=until.isoformat())
        return _view(road, tx, hold)


def confirm(road: Road, hold_id: str, *, by: str) -> HoldView:
    """Second person: from now on the hold counts. Raises NotAllowed for the first person or a wrong role."""
    now = road.clock()
    with road.store.transaction() as tx:
        _holder(tx, by)
        hold = holds.get(tx, hold_id)
        words = rules.may_not_confirm(hold, by, now, road.keep.hold_waits)
        if words:
            raise NotAllowed(hold_id, words)
        holds.confirm(tx, hold_id, by=by, at=now)
        audit.write(tx, now, by, "hold.confirmed", hold_id, posts=len(hold.posts))
        return _view(road, tx, replace(hold, confirmed_by=by, confirmed_at=now))


def release(road: Road, hold_id: str, *, by: str, why: str = "") -> HoldView:
    """End a hold; the deletions that it put off are done at once. Raises Missing, NotAllowed, UsageError."""
    now = road.clock()
    with road.store.transaction() as tx:
        hold = _seen_by(tx, hold_id, by)
        if not holds.end(tx, hold_id, by=by, why=why.strip(), at=now):
            raise UsageError(hold_id, "has ended already")
        audit.write(tx, now, by, "hold.released", hold_id, posts=len(hold.posts))
    holding.destroy_uncovered(road)
    with road.store.reading() as tx:
        return _view(road, tx, holds.get(tx, hold_id))


def listing(road: Road, *, by: str) -> list[HoldView]:
    """The holds that this person may know of: their own, or all of them for the admin role; newest first."""
    with road.store.reading() as tx:
        is_admin = _holder(tx, by).has(users.ADMIN)
        seen = [hold for hold in holds.listing(tx) if rules.is_privy(hold, by, is_admin=is_admin)]
        return [_view(road, tx, hold) for hold in seen]


def show(road: Road, hold_id: str, *, by: str) -> HoldView:
    """One hold. Raises Missing, in the same words for one that this person may not know of."""
    with road.store.reading() as tx:
        return _view(road, tx, _seen_by(tx, hold_id, by))


def hand_over(road: Road, hold_id: str, folder: Path, *, by: str, reason: str) -> list[Path]:
    """Open the sealed copies of a confirmed hold into an empty folder, for whoever the basis names.

    Audited with the reason. Raises Missing, NotAllowed, UsageError, Sealed.
    """
    if len(reason.strip()) < rules.MIN_BASIS_CHARS:
        raise UsageError("reason", "has to say in words to whom the copies go and why")
    with road.store.transaction() as tx:
        hold = _seen_by(tx, hold_id, by)
        state = rules.state(hold, road.clock(), road.keep.hold_waits)
        if state is not HoldState.ACTIVE:
            raise NotAllowed(hold_id, f"is {state.value}; only a confirmed hold that stands can be opened")
        kept = [key for key in hold.posts if holds.sealed(tx, key)]
        if not kept:
            raise Missing(hold_id, "has no sealed copy: its posts all stand")
        opened = [holding.opened(road, tx, key) for key in kept]
        audit.write(tx, road.clock(), by, "hold.opened", hold_id, posts=len(kept), reason=reason.strip())
    return _written(folder, opened)


def _written(folder: Path, opened: Sequence[tuple[str, list[bytes]]]) -> list[Path]:
    written: list[Path] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(str(folder), "is not empty; name a new folder")
        for number, (text, pictures) in enumerate(opened, 1):
            files = [(f"post-{number}.json", text.encode())]
            files += [(f"post-{number}-photo-{at}", data) for at, data in enumerate(pictures, 1)]
            for name, data in files:
                (folder / name).write_bytes(data)
                (folder / name).chmod(0o600)
                written.append(folder / name)
    except OSError as error:
        raise UsageError(str(folder), f"cannot be written ({error.strerror})") from error
    return written


def _holder(tx: Transaction, by: str) -> users.User:
    """The account behind a step. Raises NotAllowed for a role that may not stand behind a hold."""
    user = users.get(tx, by)
    if not user.has(*MAY_HOLD):
        raise NotAllowed(by, f"may not stand behind a hold; roles that may: {', '.join(sorted(MAY_HOLD))}")
    return user


def _seen_by(tx: Transaction, hold_id: str, by: str) -> Hold:
    is_admin = _holder(tx, by).has(users.ADMIN)
    hold = holds.get(tx, hold_id)
    if not rules.is_privy(hold, by, is_admin=is_admin):
        raise Missing(hold_id, "is not a hold; `run_bot.py hold list` shows those that you may see")
    return hold


def _view(road: Road, tx: Transaction, hold: Hold) -> HoldView:
    kept = {copy.post_key for copy in holds.copies(tx)}
    state = rules.state(hold, road.clock(), road.keep.hold_waits)
    return HoldView(hold, state, tuple(key for key in hold.posts if key in kept))
