"""Write a network as the bytes of an ONNX file, as far as is needed to run a chain of layers.

The protocol-buffer fields are those of onnx.proto (ONNX IR version 8, operators of set 13). No
weights live here, and nothing is run.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32] | NDArray[np.int64]

_IR_VERSION, _OPERATORS = 8, 13
_VARINT, _BYTES = 0, 2
_FLOAT, _INT64 = 1, 7
_INT, _INTS = 2, 7


class OnnxNet:
    """A network under construction: one float32 input, layers in order, one output.

    `shape` is that of the input, (1, channels, height, width).
    """

    def __init__(self, shape: Sequence[int]) -> None:
        self._shape = tuple(shape)
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []
        self._count = 0

    def constant(self, values: Tensor) -> str:
        """A tensor that is part of the network; gives its name."""
        self._count += 1
        name = f"c{self._count}"
        self._tensors.append(tensor(name, values))
        return name

    def add(self, kind: str, inputs: Sequence[str], **attributes: int | Sequence[int]) -> str:
        """One layer of the ONNX operator `kind`; gives the name of its output. The input is "in"."""
        self._count += 1
        name = f"t{self._count}"
        self._nodes.append(layer(kind, inputs, name, **attributes))
        return name

    def data(self, output: str, shape: Sequence[int]) -> bytes:
        """The finished file, whose output is the layer of that name and has this shape."""
        graph = b"".join(self._nodes) + _text(2, "net") + b"".join(self._tensors)
        graph += nested(11, value("in", self._shape)) + nested(12, value(output, shape))
        operators = _text(1, "") + _number(2, _OPERATORS)
        return _number(1, _IR_VERSION) + nested(7, graph) + nested(8, operators)


def layer(kind: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> bytes:
    """NodeProto as a layer of the graph (its field 1), named like its one output."""
    parts = [_text(1, item) for item in inputs]
    parts += [_text(2, output), _text(3, output), _text(4, kind)]
    parts += [nested(5, _attribute(key, each)) for key, each in attributes.items()]
    return nested(1, b"".join(parts))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are ten bytes long
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def nested(field: int, data: bytes) -> bytes:
    """A field that holds bytes: a message within the message, or a text."""
    return _varint(field << 3 | _BYTES) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    return nested(field, text.encode())


def tensor(name: str, values: Tensor) -> bytes:
    """TensorProto as an initializer of the graph (its field 5)."""
    whole = values.dtype.kind == "i"
    raw = np.ascontiguousarray(values, dtype="<i8" if whole else "<f4").tobytes()
    dims = b"".join(_number(1, int(size)) for size in values.shape)
    return nested(5, dims + _number(2, _INT64 if whole else _FLOAT) + _text(8, name) + nested(9, raw))


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + b"".join(_number(8, item) for item in value) + _number(20, _INTS)


def value(name: str, shape: Sequence[int | str] | None) -> bytes:
    """ValueInfoProto of a float32 tensor; a word in `shape` names a size that is open, None says nothing."""
    kind = _number(1, _FLOAT)
    if shape is not None:
        sizes = [_text(2, size) if isinstance(size, str) else _number(1, size) for size in shape]
        kind += nested(2, b"".join(nested(1, size) for size in sizes))
    return _text(1, name) + nested(2, nested(1, kind))
