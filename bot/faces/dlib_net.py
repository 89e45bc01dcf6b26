"""Read dlib's face recognition network (King 2017, `face_recognition_models`, CC0) to be run.

The weights stand in dlib's own file format; here they become an ONNX network, so that no dlib is
needed. ResNet of 29 layers (He et al. 2016) on 150 x 150 RGB pixels. No picture is looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.faces.onnx_writing import OnnxNet
from store.errors import ModelError

SIDE_PX = 150
DIMENSION = 128
INPUT = "in"
MEAN_RGB = (122.782, 117.001, 104.298)
SCALE = 1 / 256

# (filters, is it of half the size): the residual blocks from the picture to the vector.
_BLOCKS = (
    *[(32, False)] * 3,
    *[(64, True), *[(64, False)] * 3],
    *[(128, True), *[(128, False)] * 2],
    *[(256, True), *[(256, False)] * 2],
    (256, True),
)
_STEM_FILTERS, _STEM_PX = 32, 7
_TENSOR_VERSION = 2
_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class _Layer:
    """A convolution with the scaling behind it folded in: (filters, channels, px, px) and (filters,)."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


def network(data: bytes) -> bytes:
    """The ONNX bytes of the network in dlib's file. Raises ModelError when it is another network."""
    layers, last = _read(data)
    net = OnnxNet((1, 3, SIDE_PX, SIDE_PX))
    stem = next(layers)
    at = net.add("Relu", [_convolved(net, INPUT, stem, stride=2, pad=0)])
    at = net.add("MaxPool", [at], kernel_shape=(3, 3), strides=(2, 2))
    side, channels = 35, _STEM_FILTERS
    for filters, is_halved in _BLOCKS:
        first, second = next(layers), next(layers)
        inner = _convolved(net, at, first, stride=2 if is_halved else 1, pad=0 if is_halved else 1)
        inner = _convolved(net, net.add("Relu", [inner]), second, stride=1, pad=1)
        if is_halved:
            small, pooled = (side - 3) // 2 + 1, side // 2
            beside = net.add("AveragePool", [at], kernel_shape=(2, 2), strides=(2, 2))
            side = max(small, pooled)
            # dlib adds tensors of unlike shapes as if zeros filled the smaller one.
            beside = _filled(net, beside, filters - channels, side - pooled)
            inner, channels = _filled(net, inner, 0, side - small), filters
            at = net.add("Add", [inner, beside])
        else:
            at = net.add("Add", [inner, at])
        at = net.add("Relu", [at])
    at = net.add("Flatten", [net.add("GlobalAveragePool", [at])], axis=1)
    return net.data(net.add("MatMul", [at, net.constant(last)]), (1, DIMENSION))


def _convolved(net: OnnxNet, at: str, layer: _Layer, *, stride: int, pad: int) -> str:
    px = layer.weights.shape[2]
    inputs = [at, net.constant(layer.weights), net.constant(layer.bias)]
    return net.add("Conv", inputs, kernel_shape=(px, px), strides=(stride, stride), pads=(pad,) * 4)


def _filled(net: OnnxNet, at: str, channels: int, px: int) -> str:
    """With zeros behind the last channel and at the right and lower edge."""
    if channels == 0 and px == 0:
        return at
    return net.add("Pad", [at, net.constant(np.array([0, 0, 0, 0, 0, channels, px, px], dtype=np.int64))])


def _read(data: bytes) -> tuple[Iterator[_Layer], NDArray[np.float32]]:
    """The convolutions in order and the last matrix, (256, 128)."""
    shapes = [(_STEM_FILTERS, 3, _STEM_PX)]
    channels = _STEM_FILTERS
    for filters, _ in _BLOCKS:
        shapes += [(filters, channels, 3), (filters, filters, 3)]
        channels = filters
    found, at = [], 0
    for filters, channels, px in shapes:
        size = filters * channels * px * px
        values, at = _tensor(data, b"con_4", (size + filters, 1, 1, 1), at)
        scales, at = _tensor(data, b"affine_", (2 * filters, 1, 1, 1), at)
        weights, gain, shift = (
            values[:size].reshape(filters, channels, px, px),
            scales[:filters],
            scales[filters:],
        )
        found.append(_Layer(weights * gain[:, None, None, None], values[size:] * gain + shift))
    last, _ = _tensor(data, b"fc_2", (channels_of_last := _BLOCKS[-1][0], DIMENSION, 1, 1), at)
    return iter(found), last.reshape(channels_of_last, DIMENSION)


def _tensor(
    data: bytes, name: bytes, dims: tuple[int, int, int, int], start: int
) -> tuple[NDArray[np.float32], int]:
    """The next tensor of a layer of this name, which must have these dimensions; and where it ends."""
    at = data.find(name, start)
    head = b"".join(_whole(number) for number in (_TENSOR_VERSION, *dims))
    begin = data.find(head, at, at + _HEAD_BYTES) + len(head) if at >= 0 else -1
    end = begin + 4 * int(np.prod(dims))
    if begin < len(head) or end > len(data):
        raise ModelError("dlib's network", f"has no layer {name.decode()} of {dims} values where one belongs")
    return np.frombuffer(data[begin:end], dtype="<f4").astype(np.float32), end


def _whole(number: int) -> bytes:
    """A whole number as dlib writes it: how many bytes, then these, the lowest first."""
    size = max(1, (number.bit_length() + 7) // 8)
    return bytes([size]) + number.to_bytes(size, "little")
