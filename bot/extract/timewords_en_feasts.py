"""English feasts as they stand in posts: the day after Eid, Labor Day weekend, Eid day 2. Words only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.extract import days
from bot.extract.prefilter import Scan
from bot.extract.timewords import Role, Word
from bot.extract.timewords_en_names import FEASTS

_ORDINALS = {
    "1st": 1,
    "first": 1,
    "2nd": 2,
    "second": 2,
    "3rd": 3,
    "third": 3,
    "fourth": 4,
    "4th": 4,
    "5th": 5,
}
_SHIFT = re.compile(
    r"\b(?P<shift>(?:the )?(?:day|night|morning|evening) (?:after|before) |(?:the )?eve of |"
    r"(?:the )?(?:1st|first|2nd|second|3rd|third|4th|fourth|5th) (?:day )?(?:of )?)\Z",
    re.IGNORECASE,
)
_FEAST_END = re.compile(
    r"(?P<after> eve\b| weekend\b| day [1-5]\b)?(?: k?e? ?din| wale din)?(?! (?:costume|outfit|party|lights?|"
    r"tree|tokens?|shopping|dress|carols?|market|hampers?|cards?|presents?|gifts?|sweets?|rush|sale|break|"
    r"fund|drive|mood|"
    r"jumper)s?\b)(?![a-z])",
    re.IGNORECASE,
)
_SPELLED = {
    spelled: name
    for name in FEASTS
    for spelled in {name, *(re.sub("(?<=[a-z])s (?=day|eve)", f"{by} ", name) for by in ("'s", "s'", "")),
                    name.replace("fools", "fool's")}
}  # fmt: skip
_FEASTS = Scan(_SPELLED)


def _feast(feast: days.Days, shift: str, after: str) -> days.Days:
    shift, after = shift.lower(), after.lower().strip()
    if shift:
        nth = _ORDINALS.get(shift.removeprefix("the ").split(" ")[0])
        by = (
            1 if "after" in shift else -1 if "before" in shift or "eve of" in shift else nth - 1 if nth else 0
        )
        return days.shifted(feast, by)
    if after == "eve":
        return days.shifted(feast, -1)
    if after[:3] == "day" and after[4:].isdigit():
        return days.shifted(feast, int(after[4:]) - 1)
    return days.around_weekend(feast) if after == "weekend" else feast


def find_feasts(text: str) -> Iterator[Word]:
    """Feasts, the day after them and their weekends, in a normal form."""
    for start, end, spelled in _FEASTS.find(text)[:60]:
        tail = _FEAST_END.match(text, end)
        if tail is None or text.startswith("'s", end):
            continue
        lead = _SHIFT.search(text, max(0, start - 26), start)
        named = _feast(FEASTS[_SPELLED[spelled]], lead["shift"] if lead else "", tail["after"] or "")
        yield Word(lead.start() if lead else start, tail.end(), Role.DAY, "feast", 0.4, days=named)
