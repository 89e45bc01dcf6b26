"""How many calls a user and an address may still make on the stand-in for Weibo. Knows no interface."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from tests.servers.stand_in import Rules
from tests.servers.weibo_world import BEIJING


class Budget:
    """Counts by clock hour and by day of Beijing."""

    def __init__(
        self,
        rule: Rules,
        *,
        user_day: int = 100,
        ip_hour: int = 15_000,
        writes_hour: int = 30,
        commercial_hour: int = 50_000,
    ) -> None:
        self.rule = rule
        self.user_day, self.ip_hour = user_day, ip_hour
        self.writes_hour, self.commercial_hour = writes_hour, commercial_hour
        self._used: Counter[tuple[str, str, str]] = Counter()

    def spend(self, uid: int, ip: str, now: datetime, *, is_write: bool) -> int | None:
        """Counts a standard call; the error code when a budget is used up."""
        day, hour = _day(now), _hour(now)
        wanted = [
            ("W-57", ("user", str(uid), day), self.user_day, 10023),
            ("W-58", ("ip", ip, hour), self.ip_hour, 10022),
        ]
        if is_write:
            wanted.append(("W-59", ("write", str(uid), hour), self.writes_hour, 10024))
        return self._take(wanted)

    def spend_commercial(self, ip: str, now: datetime) -> int | None:
        return self._take([("W-60", ("commercial", ip, _hour(now)), self.commercial_hour, 10022)])

    def _take(self, wanted: list[tuple[str, tuple[str, str, str], int, int]]) -> int | None:
        for rule_id, key, limit, code in wanted:
            if self.rule(rule_id) and self._used[key] >= limit:
                return code
        for _, key, _, _ in wanted:
            self._used[key] += 1
        return None

    def status(self, uid: int, ip: str, now: datetime) -> dict[str, Any]:
        """The answer of account/rate_limit_status; the reset of the day when the user's day is used up."""
        user_left = max(self.user_day - self._used["user", str(uid), _day(now)], 0)
        ip_left = max(self.ip_hour - self._used["ip", ip, _hour(now)], 0)
        local = now.astimezone(BEIJING)
        next_hour = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        next_day = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        reset = next_hour if user_left else next_day
        shown = {
            "ip_limit": self.ip_hour,
            "user_limit": self.user_day,
            "limit_time_unit": "HOURS",
            "reset_time": f"{reset:%Y-%m-%d %H:%M:%S}",
        }
        counts = {
            "remaining_user_hits": user_left,
            "remaining_ip_hits": ip_left,
            "reset_time_in_seconds": int((reset - local).total_seconds()),
        }
        return shown | (counts if self.rule("W-61") else {})


def _day(now: datetime) -> str:
    return f"{now.astimezone(BEIJING):%Y-%m-%d}"


def _hour(now: datetime) -> str:
    return f"{now.astimezone(BEIJING):%Y-%m-%d %H}"
