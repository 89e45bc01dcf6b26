"""Score the values of times on others' specifications (Recognizers-Text, Duckling, JioNLP) and print a table.

Usage: HOMEWARD_DATA=FOLDER python benchmarks/times.py [--show] [FILE.jsonl ...]

A gold span counts as right when a reading whose words overlap it has its value at the gold's grain: a point
cut to the gold's second, minute, hour, day, week, month or year; both ends of an interval (parts of a day:
half of the union, as for sightings). One reading a span, the first; where the gold lists several values,
any of them. Lengths ("three hours") and sets ("every Monday") are no times and are counted apart. Duckling's
gold wants the future, so its files are read with the future preferred.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.extract.time_value import Value, values

FILES = ("rectext_zh", "rectext_en", "duckling_zh", "duckling_en", "jio_time")
_DAY = timedelta(days=1)
_NO_TIMES = ("duration", "set", "timezone", "")
_GRAINS = {"Second": "%Y-%m-%dT%H:%M", "Minute": "%Y-%m-%dT%H:%M", "Hour": "%Y-%m-%dT%H", "Month": "%Y-%m"}


def local(text: str) -> datetime:
    """A naive local time from the corpora's many forms; days that do not exist become the first."""
    try:
        return datetime.fromisoformat(text.strip().replace(" ", "T")).replace(tzinfo=None)
    except ValueError:
        return datetime(1, 1, 1)  # noqa: DTZ001 (local by contract)


def is_same_stretch(mine: Value, first: datetime | None, after: datetime | None) -> bool:
    """Both ends to the minute. Parts of a day: half of the union. The last of the named days, in or out."""
    if (
        first
        and after
        and mine.first
        and mine.after
        and after - first < _DAY
        and mine.after - mine.first < _DAY
    ):
        union = (max(after, mine.after) - min(first, mine.first)).total_seconds()
        shared = (min(after, mine.after) - max(first, mine.first)).total_seconds()
        return shared > 0 and shared >= union / 2
    slack = timedelta(seconds=61)
    loose = slack
    if first and after and after - first > _DAY and after.time() == first.time():
        loose = max(slack, min(_DAY, (after - first) / 4))
    ends = _near(mine.after, after, loose) or (mine.last is not None and _near(mine.last, after, slack))
    return _near(mine.first, first, slack) and ends


def _near(mine: datetime | None, gold: datetime | None, slack: timedelta) -> bool:
    if mine is None or gold is None:
        return mine is gold
    return abs(mine - gold) <= slack


def is_right_duckling(mine: Value, gold: dict[str, Any]) -> bool:
    """Points at their grain, intervals at both ends."""
    first = local(gold["start"])
    if mine.first is None or mine.after is None:
        return False
    if gold["end"]:
        return is_same_stretch(mine, first, local(gold["end"]))
    grain = gold["grain"]
    if grain in _GRAINS:
        if grain in ("Second", "Minute", "Hour") and mine.after - mine.first >= _DAY:
            return False
        return mine.first.strftime(_GRAINS[grain]) == first.strftime(_GRAINS[grain])
    length = {"Day": 1, "Week": 7, "Quarter": 92, "Year": 366}.get(grain, 1)
    return mine.first.date() == first.date() and mine.after - mine.first <= timedelta(days=length)


def is_right_recognizers(mine: Value, gold: dict[str, Any]) -> bool:
    """Any of the listed values."""
    return any(_is_one(mine, value) for value in gold["values"])


def _is_one(mine: Value, value: dict[str, str]) -> bool:
    kind, text = value["type"], value.get("value", "")
    if text == "not resolved":
        return False
    if text and (mine.first is None or mine.after is None):
        return False
    if text:
        return _is_point(mine, kind, text)
    first, after = value.get("start"), value.get("end")
    if not first and not after:
        return False
    if kind == "timerange":
        if mine.first is None:
            return False
        day = mine.first.strftime("%Y-%m-%dT")
        begin, end = (local(day + t) if t else None for t in (first, after))
        if begin and end and end <= begin:
            end += _DAY
        return is_same_stretch(mine, begin, end)
    return is_same_stretch(mine, local(first) if first else None, local(after) if after else None)


def _is_point(mine: Value, kind: str, text: str) -> bool:
    assert mine.first and mine.after
    if kind == "date":
        return mine.first.date() == local(text).date() and mine.after - mine.first <= _DAY
    if kind == "datetime":
        return abs(mine.first - local(text)) < timedelta(minutes=1)
    return kind == "time" and mine.first.strftime("%H:%M") == text[:5] and mine.after - mine.first < _DAY


def is_right_jio(mine: Value, gold: dict[str, Any]) -> bool:
    """Points and spans are both given with both ends, the last second included."""
    first, after = local(gold["start"]), local(gold["end"])
    if mine.is_point and mine.first:
        return abs(mine.first - first) <= timedelta(seconds=61)
    return is_same_stretch(mine, first, after)


RIGHT = {"duckling": is_right_duckling, "rectext": is_right_recognizers, "jio": is_right_jio}


def score(path: Path, *, show: bool) -> Counter[str]:
    """Counts of one file."""
    count: Counter[str] = Counter()
    is_right = RIGHT[path.stem.split("_")[0]]
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(raw)
        if not line["ref"]:
            continue  # nothing to resolve against
        mine = values(line["text"], local(line["ref"][:19]), prefer_future=path.stem.startswith("duckling"))
        count["read"] += len(mine)
        for gold in line["spans"]:
            near = [v for v in mine if v.start < gold["e"] and gold["s"] < v.end]
            near.sort(key=lambda v: -(min(v.end, gold["e"]) - max(v.start, gold["s"])))
            kind = "lengths and sets" if gold["type"] in _NO_TIMES else "times"
            right = bool(near) and kind == "times" and is_right(near[0], gold)
            count[kind] += 1
            count[kind + " right"] += right
            count["found"] += bool(near)
            count["exact"] += any((v.start, v.end) == (gold["s"], gold["e"]) for v in near)
            if show and not right and kind == "times":
                got = [(line["text"][v.start : v.end], str(v.first), str(v.after)) for v in near[:1]]
                want = gold.get("values") or (gold.get("start"), gold.get("end"), gold.get("grain"))
                print(f"{line['text'][:80]!r} [{gold['text']}] {gold['type']} wants {want} got {got}")
    return count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--show", action="store_true", help="print every time whose value is not the gold's")
    given = parser.parse_args(arguments)
    base = os.environ.get("HOMEWARD_DATA")
    if not given.files and not base:
        parser.error(
            "name files, or set HOMEWARD_DATA to the folder that holds text/rectext_en.jsonl and the others"
        )
    for path in given.files or [Path(base or "") / "text" / f"{name}.jsonl" for name in FILES]:
        c = score(path, show=given.show)
        every = c["times"] + c["lengths and sets"]
        print(
            f"{path.stem:12} value of times {c['times right'] / max(c['times'], 1):.3f} "
            f"({c['times right']}/{c['times']}); over all spans {c['times right'] / max(every, 1):.3f}; "
            f"found {c['found'] / max(every, 1):.3f}; exact words {c['exact'] / max(every, 1):.3f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
