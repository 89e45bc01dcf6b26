"""How the soak tells growth from noise."""

from __future__ import annotations

import os
import random

import pytest

from tests.soak.measuring import look, peak_mb, slope


def series(growth: float, noise: float = 1.0, looks: int = 200) -> list[tuple[float, float]]:
    draw = random.Random(7)
    return [(5.0 * i, 100 + growth * i / looks + draw.gauss(0, noise)) for i in range(looks)]


def test_noise_is_flat_and_its_interval_holds_the_truth() -> None:
    found = slope(series(0.0))
    assert found.is_flat()
    assert abs(found.change) <= found.plus_minus


def test_a_leak_is_found_and_measured() -> None:
    found = slope(series(40.0))
    assert not found.is_flat()
    assert abs(found.change - 40.0) <= found.plus_minus + 1.0
    assert found.is_flat(slack=50.0)


def test_too_few_looks_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        slope(series(0.0, looks=20))


def test_this_process_has_memory_handles_and_threads() -> None:
    if not os.path.exists("/proc/self/smaps_rollup"):  # noqa: PTH110  (a file of the kernel)
        pytest.skip("this system has no /proc")
    seen = look(os.getpid(), 0.0)
    assert seen.memory_mb > 5 and seen.handles > 2 and seen.threads >= 1
    assert peak_mb(os.getpid()) > 5
