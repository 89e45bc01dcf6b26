"""How long a photo takes: its PDQ hashes, and the comparison with a list of a million of them.

    .venv/bin/python benchmarks/hashlists.py [--entries 1000000]

Hashes are drawn at random; every second photo is on the list, at the limit of 31 bits.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from bot.match.hashlists import IndexedList, Kind, Terms, parse
from bot.photos.pdq import pdq
from store.records.quarantine import PhotoPrint

PHOTOS = 200


def ms(call: Callable[[], object], times: int) -> float:
    """Milliseconds of processor time for one of so many calls."""
    call()
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times * 1000


def flipped(value: str, bits: int, draw: random.Random) -> str:
    """The hash with so many bits changed."""
    number = int(value, 16)
    for bit in draw.sample(range(256), bits):
        number ^= 1 << bit
    return f"{number:064x}"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=1_000_000)
    amount = options.parse_args().entries
    numbers, draw = np.random.default_rng(1), random.Random(1)
    raw = numbers.bytes(32 * amount)
    hashes = [raw[at * 32 : at * 32 + 32].hex() for at in range(amount)]
    image = Image.fromarray(numbers.integers(0, 255, (960, 1280, 3), dtype=np.uint8))
    print(f"PDQ of a 1280 x 960 picture, eight variants: {ms(lambda: pdq(image), 20):.1f} ms")
    began = time.process_time()
    parsed = parse(hashes, Kind.PDQ)
    read = time.process_time() - began
    began = time.process_time()
    index = IndexedList(Terms("bench", Kind.PDQ, "drawn"), "1", parsed)
    built = time.process_time() - began
    del parsed
    prints = []
    for number in range(PHOTOS):
        eight = [numbers.bytes(32).hex() for _ in range(8)]
        if number % 2:
            eight[draw.randrange(8)] = flipped(hashes[draw.randrange(amount)], 31, draw)
        prints.append(PhotoPrint(f"{number:064x}", pdq=tuple(eight), pdq_quality=100))
    began = time.process_time()
    hits = [index.matches(each) for each in prints]
    took = (time.process_time() - began) / PHOTOS * 1000
    wrong = sum((hit is not None) != bool(number % 2) for number, hit in enumerate(hits))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{amount} hashes: read {read:.1f} s, indexed {built:.1f} s, at most {peak:.0f} MB in the process")
    print(f"one photo, eight variants: {took:.1f} ms; {wrong} of {PHOTOS} wrong")


if __name__ == "__main__":
    main()
