"""Score libraries that a user might pick instead on the times of the same posts, beside ours.

HOMEWARD_PEERS names a virtual environment that holds them (never a dependency of the project):
python -m venv PEERS && PEERS/bin/pip install jionlp dateparser 'recognizers-text-suite==1.0.2a2' \
    'emoji<2' pyduckling-native-phihos parsedatetime
Only posts with a time in gold are scored, as the libraries do not tell sightings from other posts. Of the
times that a library finds the first counts; a reading after the post goes back by a day or a week (what a
careful user would add), and a moment reaches a quarter of an hour either way.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parent / "peer_times.py"
LIBRARIES = {"zh": ("jionlp", "recognizers", "duckling", "dateparser"),
             "en": ("recognizers", "duckling", "dateparser", "parsedatetime")}  # fmt: skip
_LIMIT_S = 900
_QUARTER = timedelta(minutes=15)


def _past(first: datetime, after: datetime, now: datetime) -> tuple[datetime, datetime]:
    for days in (0, 1, 7):
        by = timedelta(days=days)
        if first - by <= now:
            first, after = first - by, after - by
            break
    if first == after:
        first, after = first - _QUARTER, after + _QUARTER
    return first, max(min(after, now), first + timedelta(minutes=1))


def readings(lines: Sequence[dict[str, Any]], library: str, python: Path) -> list[dict[str, Any] | None]:
    """The library's first time of each line, as `when` is given by the program; None where it finds none."""
    sent = "".join(
        json.dumps({"text": x["text"], "lang": x["lang"], "local": x["created_at"][:19]}) + "\n"
        for x in lines
    )
    ran = subprocess.run(
        [str(python), str(SCRIPT), library], input=sent, capture_output=True, text=True, timeout=_LIMIT_S,
            check=False
    )  # fmt: skip
    found: list[dict[str, Any] | None] = []
    for line, raw in zip(lines, ran.stdout.splitlines(), strict=False):
        spans = json.loads(raw)
        if not spans:
            found.append(None)
            continue
        now, zone = (
            datetime.fromisoformat(line["created_at"][:19]),
            line["created_at"][19:].replace("Z", "+00:00"),
        )
        start, end, first, after = spans[0]
        ends = _past(datetime.fromisoformat(first), datetime.fromisoformat(after), now)
        found.append(
            {
                "span": [start, end],
                "start": f"{ends[0].isoformat()}{zone}",
                "end": f"{ends[1].isoformat()}{zone}",
            }
        )
    return [*found, *[None] * (len(lines) - len(found))]


def rows(lines: Sequence[dict[str, Any]], python: Path, is_right: Any) -> list[tuple[str, str]]:
    """A row for each library: share of values right, F1 of exact spans, milliseconds a post."""
    told = [x for x in lines if x["when"] is not None]
    if not told:
        return []
    language = "zh" if told[0]["lang"].startswith("zh") else "en"
    shown = []
    for library in LIBRARIES[language]:
        began = time.perf_counter()
        got = readings(told, library, python)
        took = (time.perf_counter() - began) * 1000 / len(told)
        right = sum(g is not None and is_right(g, x["when"]) for g, x in zip(got, told, strict=True))
        exact = sum(g is not None and g["span"] == x["when"]["span"] for g, x in zip(got, told, strict=True))
        found = sum(g is not None for g in got)
        shown.append((
            f"peer, time: {library}",
            f"value right {right / len(told):.3f}, exact span F1 {2 * exact / (found + len(told)):.3f}, "
            f"{took:.0f} ms a post with start-up",
        ))  # fmt: skip
    return shown
