"""Files of networks are made ready: blocks of weights, slopes, sizes left open; bad ones are named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.faces.onnx_reading import ready
from bot.faces.onnx_writing import layer, nested, tensor, value
from bot.faces.running import Network
from store.errors import ModelError
from tests.unit.faces.tiny_onnx import _data, _whole

BLOCK = 2


def file(layers: list[bytes], tensors: list[bytes], output: str, inputs: list[str]) -> bytes:
    """A file of ONNX operators, version 21, that names all its inputs and its output with a size of 4 x 4."""
    named = [nested(11, value(name, (1, 2, 4, 4))) for name in inputs]
    graph = b"".join([*layers, _data(2, "net"), *tensors, *named]) + nested(12, value(output, (1, 2, 4, 4)))
    return _whole(1, 10) + nested(7, graph) + nested(8, _data(1, "") + _whole(2, 21))


def small(name: str, values: np.ndarray) -> bytes:
    """A tensor of signed bytes."""
    dims = b"".join(_whole(1, size) for size in values.shape)
    return nested(5, dims + _whole(2, 3) + _data(8, name) + _data(9, values.astype(np.int8).tobytes()))


def bent(slopes: list[float]) -> bytes:
    kept = np.array(slopes, np.float32).reshape(-1, 1, 1)
    return file([layer("PRelu", ["in", "slopes"], "out")], [tensor("slopes", kept)], "out", ["in", "slopes"])


def run(data: bytes, values: np.ndarray) -> np.ndarray:
    net = Network(ready(data, "in", (1, 2, "height", "width"), "net"), threads=1, subject="net")
    return np.asarray(net.run(values.astype(np.float32))[0])


@pytest.mark.parametrize("slopes", [[0.25, 1.5], [-0.75, 0.0]])
def test_a_slope_a_channel_gives_what_it_gave(slopes: list[float]) -> None:
    given = np.random.default_rng(1).normal(size=(1, 2, 4, 4)).astype(np.float32)
    expected = np.where(given > 0, given, given * np.array(slopes, np.float32).reshape(1, -1, 1, 1))
    data = ready(bent(slopes), "in", (1, 2, 4, 4), "net")
    assert b"PRelu" not in data
    assert run(bent(slopes), given) == pytest.approx(expected, abs=1e-6)


def test_any_size_can_be_run_once_it_is_left_open() -> None:
    for shape in ((1, 2, 4, 4), (1, 2, 6, 9)):
        assert run(bent([0.5, 0.5]), np.ones(shape)).shape == shape


def test_weights_in_blocks_are_levels_less_zero_times_scale() -> None:
    levels = np.array([[[[-7]], [[3]]], [[[100]], [[-128]]]]).reshape(2, 2)
    scales, zeros = np.array([[0.5], [0.25]], np.float32), np.array([[1], [-2]])
    packed = layer("DequantizeLinear", ["q", "s", "z"], "w", axis=1, block_size=BLOCK)
    shaped = layer("Reshape", ["w", "shape"], "w4")
    used = layer("Conv", ["in", "w4"], "out", kernel_shape=(1, 1))
    tensors = [small("q", levels), tensor("s", scales), small("z", zeros)]
    tensors.append(tensor("shape", np.array([2, 2, 1, 1], np.int64)))
    data = file([packed, shaped, used], tensors, "out", ["in", "q", "s", "z"])
    given = np.random.default_rng(2).normal(size=(1, 2, 4, 4))
    expected = np.einsum("oc,nchw->nohw", (levels - zeros) * scales, given)
    assert run(data, given) == pytest.approx(expected, abs=1e-4)


def test_blocks_that_do_not_fit_their_weights_are_named() -> None:
    packed = layer("DequantizeLinear", ["q", "s", "z"], "w", axis=1, block_size=BLOCK)
    tensors = [
        small("q", np.zeros((2, 5))),
        tensor("s", np.ones((2, 1), np.float32)),
        small("z", np.zeros((2, 1))),
    ]
    with pytest.raises(ModelError, match="packed in a way"):
        ready(file([packed], tensors, "w", ["in"]), "in", (1,), "net")


def test_an_input_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match="without an input named other"):
        ready(bent([1.0, 1.0]), "other", (1,), "net")


@pytest.mark.parametrize("data", [b"\xff" * 20, b"\x0f", bent([1.0, 1.0])[:-3], b"not a network at all"])
def test_other_bytes_and_cut_off_files_are_named(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"no ONNX file|cut off|without an input"):
        run(data, np.ones((1, 2, 4, 4)))


@settings(max_examples=60)
@given(st.integers(0, len(bent([1.0, 1.0])) - 1), st.binary(max_size=4))
def test_whatever_stands_in_a_file_the_answer_is_a_file_or_a_named_mistake(at: int, other: bytes) -> None:
    data = bent([1.0, 1.0])
    try:
        assert isinstance(ready(data[:at] + other + data[at + 1 :], "in", (1, 2, 4, 4), "net"), bytes)
    except ModelError as error:
        assert error.subject == "net"


def test_what_cannot_be_run_names_the_network_and_the_shape() -> None:
    net = Network(ready(bent([1.0, 1.0]), "in", (1, 2, 4, 4), "net"), threads=1, subject="net")
    with pytest.raises(ModelError, match=r"net .*shape \(1, 3, 4, 4\)"):
        net.run(np.ones((1, 3, 4, 4), np.float32))
    with pytest.raises(ModelError, match="no network"):
        Network(b"nothing", threads=1, subject="net")


def test_without_the_runtime_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="make setup"):
        Network(b"", threads=1, subject="net")
