"""Windows of calls, the month's reads and their price on the stand-in for X. Knows neither posts nor HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tests.servers.stand_in import Rules

WINDOW_S = 900
DAY_S = 86_400

# endpoint -> (rule, limit of the app, limit of a user); None: no such limit known.
LIMITS: dict[str, tuple[str, int | None, int | None]] = {
    "recent": ("X-82", 450, 300),
    "all": ("X-95", 300, None),
    "lookup": ("X-84", 3500, None),
    "mentions": ("X-83", 450, 300),
    "rules_post": ("X-85", 100, None),
    "stream": ("X-85", 50, None),
    "create": ("X-86", None, 100),
}
_UNKNOWN = 900  # for endpoints whose limit the fact sheet does not give

PRICES = {
    "read": ("X-90", Decimal("0.005")),
    "user": ("X-91", Decimal("0.010")),
    "mention": ("X-92", Decimal("0.001")),
    "post": ("X-93", Decimal("0.015")),
    "url_post": ("X-93", Decimal("0.20")),
    "summoned": ("X-93", Decimal("0.010")),
}


@dataclass(frozen=True, slots=True)
class Charge:
    day: str
    kind: str
    subject: str
    usd: Decimal


@dataclass(slots=True)
class Window:
    started_s: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """The state of a window after a call: `over` when the call was one too many."""

    limit: int
    remaining: int
    reset_s: int
    over: bool


class Meter:
    def __init__(
        self,
        rule: Rules,
        limits: Mapping[str, tuple[int | None, int | None] | list[int | None]],
        monthly_cap: int,
    ) -> None:
        self.rule = rule
        self.limits = {
            **LIMITS,
            **{name: (LIMITS.get(name, ("",))[0], *pair) for name, pair in limits.items()},
        }
        self.monthly_cap = monthly_cap
        self.charges: list[Charge] = []
        self._seen: set[tuple[str, str, str]] = set()
        self._windows: dict[tuple[str, str], Window] = {}

    def spend(self, endpoint: str, user_id: str | None, now: datetime) -> Spent:
        """Counts one call of the app (user_id None) or a user against its window of 15 minutes."""
        rule_id, for_app, for_user = self.limits.get(endpoint, ("", None, None))
        limit = for_app if user_id is None else for_user
        if limit is None or (rule_id and not self.rule(rule_id)):
            limit = _UNKNOWN if limit is None else 1_000_000
        owner = (user_id or "app") if self.rule("X-81") else "all"
        return self._count((endpoint, owner), limit, WINDOW_S, now)

    def spend_day_of_posts(self, now: datetime, limit: int) -> Spent:
        return self._count(("create", "day"), limit, DAY_S, now)

    def spend_second(self, endpoint: str, now: datetime) -> bool:
        """False when less than a second has passed since the last call."""
        window = self._windows.setdefault((endpoint, "second"), Window(0))
        if now.timestamp() - window.started_s < 1:
            return False
        window.started_s = now.timestamp()
        return True

    def _count(self, key: tuple[str, str], limit: int, length_s: int, now: datetime) -> Spent:
        at = now.timestamp()
        window = self._windows.setdefault(key, Window(at))
        if at >= window.started_s + length_s:
            window.started_s, window.used = at, 0
        over = window.used >= limit
        window.used += 0 if over else 1
        return Spent(limit, limit - window.used, int(window.started_s + length_s), over)

    def charge(self, kind: str, subject: str, now: datetime) -> None:
        """Charges a resource, once per UTC day each; `kind` is a key of PRICES."""
        rule_id, price = PRICES[kind]
        day = f"{now:%Y-%m-%d}"
        what = "read" if kind == "mention" else kind
        if self.rule("X-94") and (day, what, subject) in self._seen:
            return
        self._seen.add((day, what, subject))
        self.charges.append(Charge(day, kind, subject, price if self.rule(rule_id) else Decimal(0)))

    def month_reads(self, now: datetime) -> int:
        month = f"{now:%Y-%m}"
        return sum(c.kind in ("read", "mention") and c.day.startswith(month) for c in self.charges)

    def is_capped(self, now: datetime) -> bool:
        return self.rule("X-89") and self.month_reads(now) >= self.monthly_cap

    @property
    def cost_usd(self) -> Decimal:
        return sum((charge.usd for charge in self.charges), Decimal(0))

    def count(self, kind: str) -> int:
        """How many resources of a kind were charged."""
        return sum(charge.kind == kind for charge in self.charges)
