"""How a campaign counts its days and what its clock may do by itself. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LifePlan:
    """`zone` is the IANA zone whose midnights part the days. What nobody switched on is not done."""

    zone: str = "UTC"
    weekly_report: bool = False
    public_numbers: bool = False
