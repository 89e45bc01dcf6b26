"""Read random and adversarial texts and print how long reading took: median, p99, longest, exceptions.

Usage: python benchmarks/hostile_texts.py [--n 20000] [--seed 1] [--slices 1] [--places FILE] [--worst 3]
Reads as the running program does, with its tagger. Each slice of n texts has the next seed; times are of
the processor, so that other work on the machine counts little. The process lowers its own priority.
Kinds in equal shares: one script, all scripts, soups of digits and date characters, soups of the grammar's
own words, one word repeated, nested brackets and quotes, 10,000-character lines.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.extract.place_tagger import Tagger
from bot.extract.sighting import read
from bot.wiring import tagger as shipped_tagger
from store.gazetteer import SqlGazetteer
from store.records.post import Author, Platform, Post

_DATES = "0123456789年月日号时点分秒半刻上下午周星期一二三四五六七八九十零初:：/-.~到至 "
_ZH = "昨天 今天 下午 晚上 三点 半 左右 前后 周六 上周 除夕 大年初三 刚刚 两小时前 12:30 5月 3号 岁 男孩 俩"
_EN = "at about half past 3 to 4 pm yesterday between Saturday the 5th of May around six o'clock minutes ago"
_PLACES = 'girl boy 6 7 yo years old kid my friend says : " “ 」 street station near 路 街 站 口 广场 北京'
_WORDS = [*_ZH.split(), *_EN.split(), *_PLACES.split()]
_BLOCKS = [
    (0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x3FF),
    (0x400, 0x4FF), (0x590, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F),
    (0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x206F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3),
    (0xFF00, 0xFFEF), (0x1F300, 0x1F6FF), (0x300, 0x36F),
]  # fmt: skip


def _length(chance: random.Random) -> int:
    return int(10 ** chance.uniform(0.5, 3.2))


def _unicode(chance: random.Random) -> str:
    low, high = chance.choice(_BLOCKS)
    return "".join(chr(chance.randint(low, high)) for _ in range(_length(chance)))


def _mixed(chance: random.Random) -> str:
    return "".join(chr(chance.randint(*chance.choice(_BLOCKS))) for _ in range(_length(chance)))


def _dates(chance: random.Random) -> str:
    return "".join(chance.choice(_DATES) for _ in range(_length(chance)))


def _words(chance: random.Random) -> str:
    glue = chance.choice(["", " ", ",", ". ", "//@a: "])
    return glue.join(chance.choice(_WORDS) for _ in range(min(_length(chance), 600)))


def _same(chance: random.Random) -> str:
    unit = chance.choice(
        [*_WORDS, *_DATES, "(", "“", "[", "@", "#", "\u0301", "\u200d", "a ", "的", "1 ", "A B "]
    )
    return str(unit) * (_length(chance) * 2 // len(unit) + 1)


def _nested(chance: random.Random) -> str:
    return "".join(chance.choice("()[]{}“”\"'「」【】《》:，。!?\n ") for _ in range(_length(chance)))


def _long(chance: random.Random) -> str:
    make = chance.choice([_unicode, _mixed, _dates, _words, _same])
    text = make(chance) or "1"
    return (text * (10_000 // len(text) + 1))[:10_000]


KINDS: tuple[Callable[[random.Random], str], ...] = (_unicode, _mixed, _dates, _words, _same, _nested, _long)


def _spread(times: Sequence[float]) -> str:
    """Median, p99 and longest of times in rising order."""
    p99 = times[int(len(times) * 0.99)]
    return f"median {statistics.median(times):6.2f}  p99 {p99:6.1f}  longest {times[-1]:6.1f}"


def post_of(text: str, number: int) -> Post:
    """A post with this text."""
    at = datetime(2016, 2, 29, 23, 30, tzinfo=UTC)
    platform = Platform.WEIBO if number % 2 else Platform.X
    return Post(f"h{number}", platform, Author(""), text, received_at=at, created_at=at)


def measured(
    n: int, seed: int, gazetteer: SqlGazetteer, tagger: Tagger | None
) -> tuple[list[tuple[float, str, str]], list[tuple[str, str]]]:
    """Read `n` texts: (processor ms, kind, beginning of the text) each, and what raised."""
    chance = random.Random(seed)
    took: list[tuple[float, str, str]] = []
    failed: list[tuple[str, str]] = []
    read(post_of("昨天 yesterday at the Station 北京", 0), (), gazetteer, tagger)
    for number in range(n):
        kind = KINDS[number % len(KINDS)]
        text = kind(chance)
        started = time.thread_time()
        try:
            read(post_of(text, number), (), gazetteer, tagger)
        except Exception as error:  # noqa: BLE001 (this is what is measured)
            failed.append((repr(error)[:200], text[:80]))
        took.append(((time.thread_time() - started) * 1000, kind.__name__, text[:200]))
    return took, failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print; 1 if any text raised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slices", type=int, default=1)
    parser.add_argument("--places", type=Path)
    parser.add_argument("--worst", type=int, default=3, help="print the beginnings of so many slowest texts")
    given = parser.parse_args(arguments)
    os.nice(10)
    took: list[tuple[float, str, str]] = []
    failed: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        gazetteer = SqlGazetteer(given.places or Path(folder) / "places.sqlite")
        gazetteer.find("")
        tagger = shipped_tagger()
        for at in range(given.slices):
            more, wrong = measured(given.n, given.seed + at, gazetteer, tagger)
            took, failed = took + more, failed + wrong
            print(f"slice {at + 1} of {given.slices}: {_spread(sorted(t for t, _, _ in more))}", flush=True)
    times = sorted(t for t, _, _ in took)
    print(f"{len(took)} texts, seed {given.seed}: exceptions {len(failed)}; processor ms: {_spread(times)}")
    for kind in KINDS:
        mine = sorted(t for t, name, _ in took if name == kind.__name__)
        print(f"  {kind.__name__[1:]:8} {_spread(mine)}")
    for why, text in failed[:5]:
        print("  raised", why, repr(text))
    for ms, name, text in sorted(took, reverse=True)[: given.worst]:
        print(f"  {ms:.1f} ms, {name[1:]}, begins {text[:60]!r}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
