"""An operator's model file: what is refused, with what words, and what becomes of its thresholds."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from bot.faces.aligning import aligned
from bot.faces.fake import FakeFaceModel, draw
from bot.faces.onnx_model import OnnxModel, read_sheet
from bot.match.inputs import Thresholds
from store.errors import ModelError
from store.records.photo import FaceBox
from tests.unit.faces import tiny_onnx

MEASURED = {
    "how": "714 photos of children, ages 0 to 18",
    "review_tnorm": 3.5,
    "alert_tnorm": 6.0,
    "measured": [{"score": 3.5, "fpir": 0.3}, {"score": 6.0, "fpir": 0.01}],
    "measured_cases": [100, 1400],
}


def model(path: Path) -> OnnxModel:
    return OnnxModel(read_sheet(path), FakeFaceModel())


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        ({"licence": ""}, "licence"),
        ({"dimension": 4}, "dimension"),
        ({"sha256": "abc"}, "sha256"),
        ({"input": {"colour": "GREY"}}, "input.colour"),
        ({"input": {"size_px": 5000}}, "input.size_px"),
        ({"input": {"mean": [1, 2]}}, "input.mean"),
        ({"weights": "elsewhere"}, "weights"),
        ({"thresholds": {"review_tnorm": 1}}, "thresholds.how"),
    ],
)
def test_a_sheet_with_a_mistake_is_refused_and_the_mistake_named(
    tmp_path: Path, sheet: dict[str, object], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        read_sheet(tiny_onnx.put(tmp_path, **sheet))


@pytest.mark.parametrize(
    "text", ["", "[1, 2", "just words", "- a\n- b", "&a [*a]", "\x00", "a: " + "[" * 3000]
)
def test_a_sheet_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tiny_onnx.put(tmp_path)
    path.with_suffix(".yaml").write_text(text)
    with pytest.raises(ModelError):
        read_sheet(path)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = tiny_onnx.put(tmp_path)
    path.with_suffix(".yaml").unlink()
    with pytest.raises(ModelError, match=r"tiny\.yaml.*describe the model"):
        read_sheet(path)
    with pytest.raises(ModelError, match=r"gone\.onnx"):
        read_sheet(tmp_path / "gone.onnx")


def test_a_file_that_is_not_the_declared_one_is_refused(tmp_path: Path) -> None:
    path = tiny_onnx.put(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="damaged or another version"):
        model(path)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x08\x08" * 40])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tiny_onnx.put(tmp_path, sha256=tiny_onnx.hashlib.sha256(data).hexdigest())
    path.write_bytes(data)
    with pytest.raises(ModelError, match="OpenCV"):
        model(path)


def test_a_network_of_another_dimension_or_size_than_declared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gives 48 values, declared are 64"):
        model(_declared(tmp_path, dimension=64))
    with pytest.raises(ModelError, match="cannot run it"):
        model(_declared(tmp_path, input={"size_px": 50}))


def _declared(folder: Path, **sheet: object) -> Path:
    """The usual file under another sheet."""
    path = tiny_onnx.put(folder, "declared")
    given = {"name": "Tiny", "licence": "own", "dimension": 48} | sheet
    given["sha256"] = tiny_onnx.hashlib.sha256(path.read_bytes()).hexdigest()
    with path.with_suffix(".yaml").open("w") as out:
        tiny_onnx.YAML(typ="safe").dump(given, out)
    return path


def test_whatever_changes_a_vector_changes_the_digest(tmp_path: Path) -> None:
    changes: list[dict[str, object]] = [
        {}, {"seed": 2}, {"dimension": 32}, {"input": {"colour": "BGR"}}, {"input": {"scale": 0.01}},
        {"input": {"mean": [0.0, 0.0, 0.0]}},
    ]  # fmt: skip
    digests = [read_sheet(tiny_onnx.put(tmp_path, f"m{n}", **c)).sheet.digest for n, c in enumerate(changes)]
    assert len(set(digests)) == len(changes)
    named = tiny_onnx.put(tmp_path, "named", name="Another name", licence="another")
    assert read_sheet(named).sheet.digest == digests[0]


def test_an_untested_model_never_alerts_and_gives_no_share(tmp_path: Path) -> None:
    limits = model(tiny_onnx.put(tmp_path)).thresholds(Thresholds())
    assert limits.alert_normalised == math.inf and limits.measured == ()
    assert limits.review_normalised == Thresholds().review_normalised


def test_what_was_measured_with_a_model_takes_the_place_of_the_usual(tmp_path: Path) -> None:
    limits = model(tiny_onnx.put(tmp_path, thresholds=MEASURED)).thresholds(Thresholds(review_normalised=9))
    assert (limits.review_normalised, limits.alert_normalised) == (3.5, 6.0)
    assert [point.fpir for point in limits.measured] == [0.3, 0.01]
    nothing = {**MEASURED, "measured": []}
    without = model(tiny_onnx.put(tmp_path, "bare", thresholds=nothing)).thresholds(Thresholds())
    assert without.alert_normalised == math.inf, "thresholds without numbers are a wish"


def test_landmarks_come_to_the_same_places_however_the_face_lies() -> None:
    picture = np.asarray(draw(1, canvas=(400, 400)))
    (box,) = FakeFaceModel().find(picture)
    upright = aligned(picture, box, 112)
    turned = np.ascontiguousarray(np.rot90(picture))
    points = tuple((y, picture.shape[1] - 1 - x) for x, y in box.landmarks)
    quarter = aligned(turned, FaceBox(0, 0, 1, 1, points, 1.0), 112)
    assert np.abs(upright.astype(int) - quarter).mean() < 4
    assert aligned(picture, box, 64).shape == (64, 64, 3)


def test_landmarks_in_one_point_give_a_crop_and_no_error() -> None:
    picture = np.zeros((50, 50, 3), np.uint8)
    assert aligned(picture, FaceBox(0, 0, 9, 9, ((5.0, 5.0),) * 5, 0.9), 112).shape == (112, 112, 3)
