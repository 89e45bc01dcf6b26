"""Running a parser over bad inputs: each ends in time as a value or a documented refusal, or is a finding.

The input at hand lies in a file while it is read, so that one which ends the process is known as well.
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.fuzz.mutating import chance_of
from tests.fuzz.target import Parse, Target

DEADLINE_S = 20.0
MORE_MEMORY_MB = 1024
MOST_FINDINGS = 20


class TooLong(BaseException):
    """An input was not read in time. No parser may catch this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that ended otherwise than documented, and how."""

    data: bytes
    how: str


@dataclass(slots=True)
class Outcome:
    """How many inputs became a value, how many a refusal; the longest in ms; growth of memory in MB."""

    target: str
    inputs: int = 0
    values: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    longest_ms: float = 0.0
    took_s: float = 0.0
    grown_mb: float = 0.0
    findings: list[Finding] = field(default_factory=list)


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise TooLong in this thread unless the block ends in time. Generous: the machine may be busy."""

    def ring(_: int, frame: FrameType | None) -> None:
        raise TooLong(f"not read within {seconds:g} s (in {frame.f_code.co_qualname if frame else '?'})")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def one(target: Target, parse: Parse, data: bytes, outcome: Outcome) -> None:
    """Read one input and count how it ended."""
    started = time.thread_time()
    try:
        with alarm(DEADLINE_S):
            parse(data)
        outcome.values += 1
    except target.errors as error:
        outcome.refusals[type(error).__name__] += 1
    except (Exception, TooLong) as error:  # noqa: BLE001 (this is what is looked for)
        if len(outcome.findings) < MOST_FINDINGS:
            outcome.findings.append(Finding(data, f"{type(error).__name__}: {error} at {_place(error)}"))
    outcome.inputs += 1
    outcome.longest_ms = max(outcome.longest_ms, (time.thread_time() - started) * 1000)


def run(
    target: Target, folder: Path, *, count: int, seed: int, first: int = 0, at_hand: Path | None = None
) -> Outcome:
    """Read `count` inputs that follow from the seed."""
    outcome = Outcome(target.name)
    with target.build(folder) as parse:
        make = target.make(folder)
        one(
            target, parse, make(chance_of(seed, target.name, first)), Outcome(target.name)
        )  # Loads what is lazy.
        before, started = peak_mb(), time.monotonic()
        for number in range(first, first + count):
            data = make(chance_of(seed, target.name, number))
            if at_hand is not None:
                at_hand.write_bytes(data)
            one(target, parse, data, outcome)
        outcome.took_s, outcome.grown_mb = time.monotonic() - started, peak_mb() - before
    return outcome


def cap_memory(more_mb: int) -> None:
    """Let this process grow by so much address space and no more; what asks for more gets MemoryError."""
    status = Path("/proc/self/statm")
    if status.exists():
        now = int(status.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + more_mb * 2**20, resource.RLIM_INFINITY))


def peak_mb() -> float:
    """The most memory that this process has had."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _place(error: BaseException) -> str:
    """The innermost line of ours, or the innermost line."""
    ours, last, trace = "", "?", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        last = f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}"
        if not any(part in code.co_filename for part in ("site-packages", "/fuzz/", "/lib/python")):
            ours = last
        trace = trace.tb_next
    return ours or last
