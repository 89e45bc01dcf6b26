"""A tiny recogniser as the bytes of an ONNX file, made here: means of cells, then one matrix.

Written field by field after onnx.proto, so that no package is needed for it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

SIDE_PX, CELL_PX = 112, 8
_CELLS = SIDE_PX // CELL_PX


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _whole(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _data(field: int, data: bytes | str) -> bytes:
    raw = data.encode() if isinstance(data, str) else data
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _node(kind: str, inputs: list[str], output: str, **attributes: list[int]) -> bytes:
    body = b"".join(_data(1, name) for name in inputs) + _data(2, output) + _data(4, kind)
    for name, numbers in attributes.items():
        body += _data(5, _data(1, name) + b"".join(_whole(8, n) for n in numbers) + _whole(20, 7))
    return _data(1, body)


def _tensor(name: str, values: np.ndarray) -> bytes:
    kind = 7 if values.dtype == np.int64 else 1
    dims = b"".join(_whole(1, size) for size in values.shape)
    return _data(5, dims + _whole(2, kind) + _data(8, name) + _data(9, values.tobytes()))


def _value(field: int, name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_data(1, _whole(1, size)) for size in shape)
    return _data(field, _data(1, name) + _data(2, _data(1, _whole(1, 1) + _data(2, dims))))


def network(dimension: int = 48, seed: int = 1) -> bytes:
    """The file. It looks at how the middle of a crop differs from its own mean colours."""
    weights = np.random.default_rng(seed).normal(size=(3, _CELLS, _CELLS, dimension))
    middle = np.zeros((_CELLS, _CELLS), bool)
    middle[3:-3, 3:-3] = True
    weights[:, ~middle] = 0
    weights[:, middle] -= weights[:, middle].mean(axis=1, keepdims=True)
    graph = (
        _node("AveragePool", ["x"], "cells", kernel_shape=[CELL_PX] * 2, strides=[CELL_PX] * 2)
        + _node("Reshape", ["cells", "shape"], "flat")
        + _node("MatMul", ["flat", "weights"], "y")
        + _data(2, "tiny")
        + _tensor("shape", np.array([1, -1], np.int64))
        + _tensor("weights", weights.reshape(-1, dimension).astype(np.float32))
        + _value(11, "x", (1, 3, SIDE_PX, SIDE_PX))
        + _value(12, "y", (1, dimension))
    )
    return _whole(1, 8) + _data(7, graph) + _data(8, _data(1, "") + _whole(2, 13))


def put(folder: Path, file: str = "tiny", /, *, dimension: int = 48, seed: int = 1, **sheet: object) -> Path:
    """Write the file and the sheet beside it; gives the path of the file."""
    data = network(dimension, seed)
    path = folder / f"{file}.onnx"
    path.write_bytes(data)
    given = {"name": "Tiny", "licence": "as this project", "sha256": hashlib.sha256(data).hexdigest()}
    with path.with_suffix(".yaml").open("w") as out:
        YAML(typ="safe").dump(given | {"dimension": dimension} | sheet, out)
    return path
