"""One account book for all that spends X's money: the collectors of an installation and its replies.

Kept in the vault, beside the sessions: a text by the name of our account. Each keeper writes its own part
and leaves the others' as they are. Asks no network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from collectors.session import Vault
from collectors.x_budget import Caps, Tally

_CLAIM = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Book:
    """`used` by keeper/reader; `caps` as the collector's settings say, None before a collector wrote."""

    used: dict[str, Tally] = field(default_factory=dict)
    caps: Caps | None = None


class SharedLedger:
    """The part of one keeper (a source's name, or `replies`), and what the others have used."""

    def __init__(self, vault: Vault, handle: str, keeper: str, clock: Callable[[], datetime]) -> None:
        self._vault = vault
        self._key = f"x-ledger:{handle.lstrip('@').casefold()}"
        self._keeper = f"{keeper}/"
        self._clock = clock

    def book(self) -> Book:
        """What is kept now; an empty book where nothing can be read."""
        text = self._vault.read(self._key)
        try:
            return msgspec.json.decode(text, type=Book) if text else Book()
        except msgspec.MsgspecError:
            return Book()

    def others(self) -> dict[str, Tally]:
        """What all other keepers have used."""
        return {name: tally for name, tally in self.book().used.items() if not name.startswith(self._keeper)}

    def own(self) -> dict[str, Tally]:
        """What this keeper wrote last, by reader."""
        cut = len(self._keeper)
        return {n[cut:]: tally for n, tally in self.book().used.items() if n.startswith(self._keeper)}

    def keep(self, used: Mapping[str, Tally], caps: Caps | None) -> None:
        """Write this keeper's part; `caps` None leaves the limits as they are.

        While somebody else is writing nothing is written: the next time brings it.
        """
        if not self._vault.claim(self._key, self._clock() + _CLAIM):
            return
        held = self.book()
        ours = {f"{self._keeper}{reader}": tally for reader, tally in used.items()}
        others = {n: tally for n, tally in held.used.items() if not n.startswith(self._keeper)}
        newest = max((tally.period for tally in (*ours.values(), *others.values())), default="")
        kept = {name: tally for name, tally in {**others, **ours}.items() if tally.period == newest}
        self._vault.write(self._key, msgspec.json.encode(Book(kept, caps or held.caps)).decode())
