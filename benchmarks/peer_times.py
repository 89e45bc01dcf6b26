"""Read times with a library that a user might pick instead: run by the Python of a folder of its own.

Usage: PEERS/bin/python benchmarks/peer_times.py LIBRARY < lines.jsonl > readings.jsonl
A line in: text, lang, local (naive local time of posting). A line out: [[start, end, first, after], …], in
naive local time.
None of these libraries is a dependency of the project; benchmarks/peers.py says how they are called.
"""

from __future__ import annotations

import importlib
import json
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Reading = tuple[int, int, datetime, datetime]
_LIMIT_S = 5


def _jionlp(text: str, now: datetime, lang: str) -> list[Reading]:
    base = dict(zip(("year", "month", "day", "hour", "minute", "second"), now.timetuple()[:6], strict=False))
    found = []
    for one in importlib.import_module("jionlp").ner.extract_time(text, time_base=base):
        ends = one["detail"]["time"]
        if one["type"] in ("time_point", "time_span") and isinstance(ends, list) and "inf" not in ends:
            first, last = (datetime.fromisoformat(e) for e in ends)
            found.append((one["offset"][0], one["offset"][1], first, last + timedelta(seconds=1)))
    return found


def _recognizers(text: str, now: datetime, lang: str) -> list[Reading]:
    module = importlib.import_module("recognizers_date_time")
    culture = module.Culture.Chinese if lang.startswith("zh") else module.Culture.English
    found = []
    for one in module.recognize_datetime(text, culture, reference=now):
        values = (one.resolution or {}).get("values") or []
        stretch = next(filter(None, (_value(v, now) for v in values)), None)
        if stretch:
            found.append((one.start, one.end + 1, *stretch))
    return found


def _value(value: dict[str, str], now: datetime) -> tuple[datetime, datetime] | None:
    kind, text = value.get("type", ""), value.get("value", "")
    day = now.strftime("%Y-%m-%d ")
    if kind.endswith("range") and value.get("start") and value.get("end"):
        lead = day if kind == "timerange" else ""
        return datetime.fromisoformat(lead + value["start"]), datetime.fromisoformat(lead + value["end"])
    if kind == "date":
        first = datetime.fromisoformat(text)
        return first, first + timedelta(days=1)
    if kind in ("datetime", "time"):
        at = datetime.fromisoformat((day if kind == "time" else "") + text)
        return at, at
    return None


def _dateparser(text: str, now: datetime, lang: str) -> list[Reading]:
    search = importlib.import_module("dateparser.search").search_dates
    settings = {"RELATIVE_BASE": now, "PREFER_DATES_FROM": "past"}
    found, at = [], 0
    for words, when in (
        search(text, languages=["zh" if lang.startswith("zh") else "en"], settings=settings) or []
    ):
        start = max(text.find(words, at), 0)
        at = start + len(words)
        naive = when.replace(tzinfo=None)
        is_day = naive.time() == now.time() or naive.time().replace(second=0) == datetime.min.time()
        midnight = naive.replace(hour=0, minute=0, second=0, microsecond=0)
        found.append((start, at, *((midnight, midnight + timedelta(days=1)) if is_day else (naive, naive))))
    return found


_GRAINS = {"day": 1, "week": 7, "month": 30, "year": 365}


def _duckling(text: str, now: datetime, lang: str) -> list[Reading]:
    d = importlib.import_module("duckling")
    zones = d.load_time_zones("/usr/share/zoneinfo")
    at = d.parse_ref_time(zones, "Etc/UTC", int(now.replace(tzinfo=UTC).timestamp()))
    code = ("ZH_CN", "ZH") if lang.startswith("zh") else ("EN_US", "EN")
    context = d.Context(at, d.parse_locale(code[0], d.default_locale_lang(d.parse_lang(code[1]))))
    found = []
    for one in d.parse(text, context, d.parse_dimensions(["time"]), False):
        value = one["value"]
        ends = [value.get("from"), value.get("to")] if value.get("type") == "interval" else [value, value]
        if not ends[0] or not ends[1]:
            continue
        first, after = (datetime.fromisoformat(e["value"][:19]) for e in ends)
        if first == after and value.get("grain") in _GRAINS:
            after += timedelta(days=_GRAINS[value["grain"]])
        found.append((one["start"], one["end"], first, after))
    return found


def _parsedatetime(text: str, now: datetime, lang: str) -> list[Reading]:
    calendar = importlib.import_module("parsedatetime").Calendar()
    found = []
    for when, flags, start, end, _ in calendar.nlp(text, sourceTime=now) or ():
        midnight = when.replace(hour=0, minute=0, second=0)
        found.append(
            (start, end, *((midnight, midnight + timedelta(days=1)) if flags == 1 else (when, when)))
        )
    return found


READERS: dict[str, Callable[[str, datetime, str], list[Reading]]] = {
    "jionlp": _jionlp,
    "recognizers": _recognizers,
    "dateparser": _dateparser,
    "duckling": _duckling,
    "parsedatetime": _parsedatetime,
}


def _stop(*_: Any) -> None:
    raise TimeoutError


def main() -> int:
    """Read all lines; a library that raises or takes more than five seconds has read nothing there."""
    read = READERS[sys.argv[1]]
    out, sys.stdout = sys.stdout, sys.stderr
    signal.signal(signal.SIGALRM, _stop)
    for raw in sys.stdin:
        line = json.loads(raw)
        signal.alarm(_LIMIT_S)
        try:
            found = read(line["text"], datetime.fromisoformat(line["local"]), line["lang"])
        except Exception as error:  # noqa: BLE001 (what a library raises counts as nothing read)
            print(type(error).__name__, file=sys.stderr)
            found = []
        finally:
            signal.alarm(0)
        print(
            json.dumps([[a, b, c.isoformat(), d.isoformat()] for a, b, c, d in found]), file=out, flush=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
