"""faces evaluate and faces calibrate: two lists in, shares out; bad rows named; the registry stays shut."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.cli.app import main
from bot.cli.context import DONE, PROBLEMS, WRONG_USE, Doors
from bot.faces.fake import FakeFaceModel, draw, jpeg
from bot.photos.gate import GateLimits, PhotoGate
from bot.services.face_evaluation import Looker


def shut(*_: Any, **__: Any) -> Any:
    raise AssertionError("an evaluation opened the registry")


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    with PhotoGate(GateLimits()) as gate:

        @contextmanager
        def looker(config: Any, source: str) -> Iterator[Looker]:
            yield Looker(gate.examine, FakeFaceModel())

        yield Doors(open=shut, run=shut, once=shut, looker=looker)


@pytest.fixture
def lists(tmp_path: Path) -> tuple[Path, Path]:
    """Six persons registered with one photo; probes: another photo of four, and two strangers."""
    gallery, probes = ["file,identity,age"], ["file,identity,age"]
    for person in range(6):
        (tmp_path / f"g{person}.jpg").write_bytes(jpeg(draw(person)))
        gallery.append(f"g{person}.jpg,p{person},{person + 4}")
    for person in (0, 1, 2, 3, 10, 11):
        (tmp_path / f"s{person}.jpg").write_bytes(jpeg(draw(person, pose=1)))
        probes.append(f"s{person}.jpg,p{person},")
    for name, rows in (("gallery.csv", gallery), ("probes.csv", probes)):
        (tmp_path / name).write_text("\n".join(rows) + "\n", "utf-8")
    return tmp_path / "gallery.csv", tmp_path / "probes.csv"


def call(doors: Doors, lists: tuple[Path, Path], *more: str) -> int:
    files = ["--gallery", str(lists[0]), "--probes", str(lists[1])]
    return main(doors, ["faces", "evaluate", *files, *more])


def test_two_lists_give_ranks_a_report_and_a_curve(
    doors: Doors, lists: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(doors, lists, "--json", "--out", str(tmp_path / "out")) == DONE
    said = json.loads(capsys.readouterr().out)
    assert said["persons"] == 6 and said["probes"] == 6 and said["probes_with_mate"] == 4
    assert said["ranks"][0]["rates"][0]["value"] == 1.0
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8")) == said
    assert "<svg" in (tmp_path / "out" / "det.svg").read_text("utf-8")
    assert "| all |" in (tmp_path / "out" / "evaluation.md").read_text("utf-8")


def test_it_never_says_which_face_resembles_which(
    doors: Doors, lists: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(doors, lists, "--out", str(tmp_path / "out")) == DONE
    written = "".join(file.read_text("utf-8") for file in (tmp_path / "out").iterdir())
    told = written + capsys.readouterr().out
    assert not [name for name in ("p0", "p1", "p10", "g0.jpg", "s0.jpg") if name in told]


def test_bad_rows_are_named_and_the_rest_is_measured(
    doors: Doors, lists: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    (tmp_path / "small.jpg").write_bytes(jpeg(draw(1, width=20)))
    rows = [
        "missing.jpg,x,4",
        "empty.jpg,x,",
        "text.jpg,x,",
        "small.jpg,x,",
        ",x,",
        "s0.jpg,,",
        "s1.jpg,p1,old",
    ]
    with lists[1].open("a", encoding="utf-8") as file:
        file.write("\n".join([*rows, "s2.jpg,p2,-3"]) + "\n")
    assert call(doors, lists, "--json") == PROBLEMS
    captured = capsys.readouterr()
    problems = json.loads(captured.out)["problems"]
    assert len(problems) == 8 and all("probes.csv row" in each and each in captured.err for each in problems)
    for words in (
        "cannot be read",
        "empty",
        "not a JPEG",
        "20 pixels",
        "no file",
        "no identity",
        "'old'",
        "-3",
    ):
        assert any(words in each for each in problems), words


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "lacks the column"), ("file,identity\n", "column age"), ("file,identity,age\n", "no usable photo")],
)
def test_a_list_that_is_none_is_refused_with_words(
    doors: Doors, lists: tuple[Path, Path], text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lists[0].write_text(text, "utf-8")
    assert call(doors, lists) == WRONG_USE
    assert words in capsys.readouterr().err


def test_a_list_that_is_missing_or_no_text_is_refused(
    doors: Doors, lists: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    lists[0].write_bytes(b"\xff\xfe\x00")
    assert call(doors, lists) == WRONG_USE
    assert call(doors, (lists[1].parent / "none.csv", lists[1])) == WRONG_USE
    assert capsys.readouterr().err.count("cannot be read") == 2
