"""What fuzzing once found stays mended: each kept input ends as a value or a documented refusal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.all_targets import TARGETS
from tests.fuzz.mutating import chance_of
from tests.fuzz.running import Outcome, TooLong, alarm, one, run
from tests.fuzz.target import Target

CORPUS = Path(__file__).parent / "corpus"
KEPT = sorted(folder.name for folder in CORPUS.iterdir() if folder.is_dir())


def replayed(names: list[str], folder: Path) -> Iterator[str]:
    """Name, file and error of every kept input that still ends otherwise than documented."""
    for name in names:
        target = TARGETS[name]
        scratch = folder / name
        scratch.mkdir()
        with target.build(scratch) as parse:
            for path in sorted((CORPUS / name).iterdir()):
                outcome = Outcome(name)
                one(target, parse, path.read_bytes(), outcome)
                yield from (f"{name}/{path.name}: {finding.how}" for finding in outcome.findings)


def test_every_kept_input_belongs_to_a_parser() -> None:
    assert KEPT and set(KEPT) <= set(TARGETS)


def test_what_was_found_once_is_not_found_again(tmp_path: Path) -> None:
    quick = [name for name in KEPT if not name.startswith(("web", "photo")) and not TARGETS[name].is_slow]
    assert list(replayed(quick, tmp_path)) == []


@pytest.mark.servers
def test_what_was_found_once_in_the_console_or_the_gate_is_not_found_again(tmp_path: Path) -> None:
    slow = [name for name in KEPT if name.startswith(("web", "photo")) or TARGETS[name].is_slow]
    assert list(replayed(slow, tmp_path)) == []


@pytest.mark.servers
@pytest.mark.parametrize("name", TARGETS)
def test_no_parser_fails_hangs_or_dies_of_bad_input(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    outcome = run(target, tmp_path, count=200 if target.is_slow else 500, seed=7)
    assert [f"{found.how}: {found.data[:300]!r}" for found in outcome.findings] == []
    assert outcome.values + sum(outcome.refusals.values()) == outcome.inputs


# ── the fuzzer itself ────────────────────────────────────────────────────────────────────────────


def fake(parse: object) -> Outcome:
    """What comes of a parser that does this with one input."""
    target, outcome = Target("fake", "", None, None, (KeyError,)), Outcome("fake")  # type: ignore[arg-type]
    one(target, parse, b"input", outcome)  # type: ignore[arg-type]
    return outcome


def test_a_documented_refusal_is_counted_and_any_other_error_is_a_finding() -> None:
    assert fake(lambda data: {}[data]).refusals == {"KeyError": 1}
    found = fake(lambda data: 1 / 0).findings
    assert [each.data for each in found] == [b"input"] and "ZeroDivisionError" in found[0].how
    assert fake(lambda data: None).values == 1


def test_whoever_takes_too_long_is_stopped() -> None:
    with pytest.raises(TooLong), alarm(0.05):
        while True:
            pass


def test_the_same_seed_makes_the_same_inputs_and_another_makes_others(tmp_path: Path) -> None:
    make = TARGETS["weibo"].make(tmp_path)
    first = [make(chance_of(1, "weibo", number)) for number in range(20)]
    assert first == [make(chance_of(1, "weibo", number)) for number in range(20)]
    assert first != [make(chance_of(2, "weibo", number)) for number in range(20)]
    assert len(set(first)) > 15
