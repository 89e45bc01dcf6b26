"""Two recognisers as one model: the second one's file is read, and what is not that file is named."""

import numpy as np
import pytest

from bot.faces import dlib_net, fusion
from bot.faces.fusion import FusedModel
from bot.match.inputs import Thresholds
from store.errors import ModelError


def whole(number: int) -> bytes:
    size = max(1, (number.bit_length() + 7) // 8)
    return bytes([size]) + number.to_bytes(size, "little")


def layer(name: bytes, size: int, other: int = 1) -> bytes:
    """A layer as dlib writes it, all of whose values are nought."""
    return name + bytes(3) + b"".join(map(whole, (2, size, other, 1, 1))) + bytes(4 * size * other)


def weights() -> bytes:
    """A file of the same shape as dlib's."""
    parts, before = [], 3
    shapes = [(32, 3, 7)]
    for filters, count in ((32, 6), (64, 8), (128, 6), (256, 6), (256, 2)):
        for _ in range(count):
            before = shapes[-1][0]
            shapes.append((filters, before, 3))
    for filters, channels, px in shapes:
        parts += [layer(b"con_4", filters * channels * px * px + filters), layer(b"affine_", 2 * filters)]
    return b"".join([*parts, layer(b"fc_2", 256, 128)])


def test_a_file_of_the_right_shape_becomes_a_network() -> None:
    found = dlib_net.network(weights())
    assert found.count(b"Conv") == 29 and found.count(b"AveragePool") == 4 + 1  # and one over everything
    assert len(found) > 22_000_000


@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: data[5000:], lambda data: b"", bytes.upper]
)
def test_another_file_is_named_and_never_run(change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError, match="has no layer"):
        dlib_net.network(change(weights()))


def test_a_missing_package_says_how_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fusion, "PACKAGE", "no-such-package-here")
    with pytest.raises(ModelError, match="make setup"):
        FusedModel()


def test_five_points_are_laid_where_the_network_expects_them() -> None:
    turned = fusion._PLACES @ np.array([[0.0, 2.0], [-2.0, 0.0]]) + [30, 40]
    matrix = fusion._similarity(turned)
    assert turned @ matrix[:, :2].T + matrix[:, 2] == pytest.approx(fusion._PLACES, abs=1e-9)
    with pytest.raises(ModelError, match="one place"):
        fusion._similarity(np.ones((5, 2)))


def test_its_thresholds_are_its_own_and_its_name_too() -> None:
    usual = Thresholds()
    own = FusedModel.own_thresholds(usual)
    assert own.review_cosine_to_5 > own.review_cosine_6_to_12 > own.review_cosine_from_13 > 0.7
    assert own.copy_cosine < own.alike_cosine and own.min_cases_normalised == usual.min_cases_normalised
    assert FusedModel.digest != FusedModel.dimension and len(FusedModel.digest) == 64
