"""Make an ONNX file ready to be run at any size: one input, weights as plain numbers, all else as it stands.

The protocol-buffer fields are those of onnx.proto, the meaning of blocks that of its operator
DequantizeLinear, version 21. Nothing is run here, and no file is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.faces.onnx_writing import layer, nested, tensor, value
from store.errors import ModelError

_GRAPH = 7
_NODE, _TENSOR, _INPUT, _OUTPUT, _BETWEEN = 1, 5, 11, 12, 13
_NODE_INPUT, _NODE_OUTPUT, _NODE_KIND, _NODE_ATTRIBUTE = 1, 2, 4, 5
_TENSOR_DIMS, _TENSOR_KIND, _TENSOR_FLOATS, _TENSOR_NAME, _TENSOR_RAW = 1, 2, 4, 8, 9
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_MOST_VARINT_BYTES = 10
_KINDS = {1: "<f4", 2: "u1", 3: "i1"}


class _Field(NamedTuple):
    """One field of a message: its number, all its bytes, and its content, as bytes or as a number."""

    number: int
    whole: bytes
    content: bytes
    amount: int


def ready(data: bytes, name: str, shape: Sequence[int | str], subject: str) -> bytes:
    """The same network with `name` as its only input, of this shape; a word stands for a size left open.

    Files often name every weight as an input too: then no runtime may treat weights as constants. Weights
    that stand as bytes with a scale a block become float32 (some runtimes refuse the blocks). Sizes written
    down for outputs and in between go. A PReLU with a slope a channel becomes other layers that give the same
    (`_bent`). Raises ModelError, naming `subject`, when the bytes are no ONNX file or have no such input.
    """
    parts = []
    for field in _fields(data, subject):
        is_graph = field.number == _GRAPH
        parts.append(nested(_GRAPH, _graph(field.content, name, shape, subject)) if is_graph else field.whole)
    return b"".join(parts)


def _graph(data: bytes, name: str, shape: Sequence[int | str], subject: str) -> bytes:
    fields = list(_fields(data, subject))
    tensors = {_name(f.content, _TENSOR_NAME, subject): f for f in fields if f.number == _TENSOR}
    nodes, made, used = [], [], set[str]()
    for field in (f for f in fields if f.number == _NODE):
        node = _Node.read(field.content, subject)
        packed = [tensors[each] for each in node.inputs if each in tensors]
        if node.kind == "DequantizeLinear" and len(packed) == len(node.inputs) == 3:
            levels, scales, zeros = (_values(each.content, subject) for each in packed)
            made.append(tensor(node.output, _plain(levels, scales, zeros, node.numbers, subject)))
            used.update(node.inputs)
        elif node.kind == "PRelu" and len(packed) == 1 and node.inputs[1] in tensors:
            bent = _bent(node, _values(packed[0].content, subject))
            nodes.append(bent[0])
            made.append(bent[1])
        else:
            nodes.append(field.whole)
    names = [_name(f.content, 1, subject) for f in fields if f.number == _INPUT]
    if name not in names:
        raise ModelError(subject, f"is a network without an input named {name}")
    outputs = [_name(f.content, 1, subject) for f in fields if f.number == _OUTPUT]
    others = {_NODE, _TENSOR, _INPUT, _OUTPUT, _BETWEEN}
    return b"".join(
        [
            *nodes,
            *(f.whole for f in fields if f.number not in others),
            *(f.whole for key, f in tensors.items() if key not in used),
            *made,
            nested(_INPUT, value(name, shape)),
            *(nested(_OUTPUT, value(output, None)) for output in outputs),
        ]
    )


class _Node(NamedTuple):
    """A layer: its operator, what goes in and comes out, and its attributes that are whole numbers."""

    kind: str
    inputs: list[str]
    output: str
    numbers: dict[str, int]

    @classmethod
    def read(cls, data: bytes, subject: str) -> _Node:
        """From its message."""
        parts = list(_fields(data, subject))
        texts = {
            number: [part.content.decode("utf-8", "replace") for part in parts if part.number == number]
            for number in (_NODE_INPUT, _NODE_OUTPUT, _NODE_KIND)
        }
        numbers = dict(_whole(part.content, subject) for part in parts if part.number == _NODE_ATTRIBUTE)
        kind, output = (next(iter(texts[number]), "") for number in (_NODE_KIND, _NODE_OUTPUT))
        return cls(kind, texts[_NODE_INPUT], output, numbers)


def _bent(node: _Node, slopes: NDArray[np.float32]) -> tuple[bytes, bytes]:
    """A PRelu with a slope a channel, max(x, 0) + slope x min(x, 0), as slope x x + (1 - slope) x max(x, 0).

    The layers and their weights. Channels are multiplied as convolutions of one pixel: these run in the same
    layout of memory as their neighbours, in half the time that the network takes with PRelu.
    """
    flat = slopes.reshape(-1, 1, 1, 1)
    given, name = node.inputs[0], node.output
    above, first, second = (f"{name}/{part}" for part in ("above", "first", "second"))
    weights = {f"{name}/slopes": flat, f"{name}/rest": 1 - flat}
    layers = [
        layer("Relu", [given], above),
        layer("Conv", [above, f"{name}/rest"], first, group=len(flat), kernel_shape=(1, 1)),
        layer("Conv", [given, f"{name}/slopes"], second, group=len(flat), kernel_shape=(1, 1)),
        layer("Add", [first, second], name),
    ]
    return b"".join(layers), b"".join(tensor(key, each) for key, each in weights.items())


def _plain(
    levels: NDArray[np.float32],
    scales: NDArray[np.float32],
    zeros: NDArray[np.float32],
    numbers: dict[str, int],
    subject: str,
) -> NDArray[np.float32]:
    """(level - zero) x scale, each scale and zero for a block of values along one axis."""
    axis, block = numbers.get("axis", 1), numbers.get("block_size", 0)
    if block < 1 or axis >= levels.ndim or -(-levels.shape[axis] // block) != scales.shape[axis]:
        raise ModelError(subject, "has weights that are packed in a way that is not known here")
    count = levels.shape[axis]
    spread = [np.repeat(each, block, axis=axis).take(range(count), axis=axis) for each in (scales, zeros)]
    return np.asarray((levels - spread[1]) * spread[0], dtype=np.float32)


def _whole(attribute: bytes, subject: str) -> tuple[str, int]:
    """The name of an attribute and its whole number, 0 where it has none."""
    name, number = "", 0
    for field in _fields(attribute, subject):
        if field.number == 1:
            name = field.content.decode("utf-8", "replace")
        elif field.number == 3:
            number = field.amount
    return name, number


def _values(data: bytes, subject: str) -> NDArray[np.float32]:
    """A tensor of bytes or float32 as float32."""
    dims, kind, raw = list[int](), 0, b""
    for field in _fields(data, subject):
        if field.number == _TENSOR_DIMS:
            dims += [field.amount] if not field.content else _packed(field.content, subject)
        elif field.number == _TENSOR_KIND:
            kind = field.amount
        elif field.number in (_TENSOR_RAW, _TENSOR_FLOATS):
            raw += field.content
    written = _KINDS.get(kind)
    if written is None or len(raw) != int(np.prod(dims)) * np.dtype(written).itemsize:
        raise ModelError(subject, "has weights that are written in a way that is not known here")
    return np.frombuffer(raw, dtype=written).astype(np.float32).reshape(dims)


def _packed(data: bytes, subject: str) -> list[int]:
    numbers, at = [], 0
    while at < len(data):
        number, at = _varint(data, at, subject)
        numbers.append(number)
    return numbers


def _name(data: bytes, number: int, subject: str) -> str:
    """The name in a tensor's or an input's message."""
    found = (field.content for field in _fields(data, subject) if field.number == number)
    return next(found, b"").decode("utf-8", "replace")


def _fields(data: bytes, subject: str) -> Iterator[_Field]:
    at = 0
    while at < len(data):
        start = at
        key, at = _varint(data, at, subject)
        begin, kind, count = at, key & 7, 0
        if kind == _VARINT:
            count, at = _varint(data, at, subject)
            begin = at
        elif kind == _BYTES:
            size, begin = _varint(data, at, subject)
            at = begin + size
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            at += 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ModelError(subject, "is no ONNX file")
        if at > len(data):
            raise ModelError(subject, "is cut off in the middle of the network")
        yield _Field(key >> 3, data[start:at], data[begin:at], count)


def _varint(data: bytes, at: int, subject: str) -> tuple[int, int]:
    number = 0
    for place, byte in enumerate(data[at : at + _MOST_VARINT_BYTES]):
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    raise ModelError(subject, "is no ONNX file, or is cut off")
