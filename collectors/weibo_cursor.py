"""The text of a Weibo cursor: which mode wrote it, how many calls were used, and the place. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from collectors.weibo_budget import Used

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class _Cursor:
    mode: str
    used: Used
    place: dict[str, Any] = field(default_factory=dict)


def dump(mode: str, used: Used, place: object) -> str:
    """The cursor as text. `place` is a dataclass."""
    return msgspec.json.encode({"mode": mode, "used": used, "place": place}).decode()


def load(cursor: str, mode: str, kind: type[P]) -> tuple[Used, P]:
    """(calls used, place) of a cursor; "" is the beginning.

    A cursor of another mode is the beginning of this one, but its calls count. Raises ValueError for text
    that `dump` did not write.
    """
    if not cursor:
        return Used(), kind()
    try:
        held = msgspec.json.decode(cursor.encode("utf-8", "replace"), type=_Cursor)
        place = msgspec.convert(held.place, type=kind) if held.mode == mode else kind()
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return held.used, place
