"""Small pictures for printed pages as values: strokes, boxes, discs and words, and plots made of them.

Millimetres from the lower left corner. Knows no PDF, no clock and no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

INK, QUIET, ACCENT, PALE = "#1c1f24", "#6b7280", "#9a3b1f", "#e7e2da"
"""Colours by what they mean: text, what stands back, what matters, areas."""
_LABEL_PT = 7.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points (mm). `dash_mm` > 0 breaks it."""

    points: tuple[tuple[float, float], ...]
    colour: str = INK
    width_mm: float = 0.3
    dash_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle by its lower left corner and its size (mm)."""

    x: float
    y: float
    width: float
    height: float
    colour: str = ACCENT


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle (mm), filled with `fill` if that is named, drawn round with `colour`."""

    x: float
    y: float
    radius: float
    colour: str = INK
    fill: str = ""
    dash_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text at a point (mm). `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    size_pt: float = _LABEL_PT
    anchor: str = "start"
    colour: str = INK
    bold: bool = False


Mark = Stroke | Box | Disc | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of `width` × `height` mm, painted in order, with words for who cannot see it."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    caption: str = ""


def bars(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    width: float = 170.0,
    unit: str = "",
    caption: str = "",
) -> Drawing:
    """Lying bars, one a label, with the value at the end of each: for a few named things."""
    row, left, right = 6.0, 46.0, 26.0
    most, height = max([*values, 0.0]) or 1.0, row * len(values) + 2
    marks: list[Mark] = []
    for at, (label, value) in enumerate(zip(labels, values, strict=True)):
        y = height - (at + 1) * row
        length = (width - left - right) * max(0.0, value) / most
        marks += [
            Words(left - 2, y + 1.4, label, anchor="end"),
            Box(left, y + 0.6, max(length, 0.2), row - 2.2),
            Words(left + length + 1.5, y + 1.4, f"{number(value)}{f' {unit}' if unit else ''}"),
        ]
    marks.append(Stroke(((left, 0.5), (left, height)), QUIET, 0.2))
    return Drawing(width, height, tuple(marks), caption)


def columns(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    width: float = 170.0,
    height: float = 45.0,
    caption: str = "",
) -> Drawing:
    """Standing columns over time, such as a day each; as many labels below as there is room for."""
    marks, most, step = _frame(labels, values, width, height)
    for at, value in enumerate(values):
        tall = (height - 12) * max(0.0, value) / most
        marks.append(Box(12 + at * step + step * 0.1, 7, step * 0.8, tall))
    return Drawing(width, height, tuple(marks), caption)


def line(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    width: float = 170.0,
    height: float = 45.0,
    caption: str = "",
) -> Drawing:
    """A line over time; as many labels below as there is room for."""
    marks, most, step = _frame(labels, values, width, height)
    points = tuple(
        (12 + (at + 0.5) * step, 7 + (height - 12) * max(0.0, value) / most)
        for at, value in enumerate(values)
    )
    if len(points) > 1:
        marks.append(Stroke(points, ACCENT, 0.5))
    marks += [Disc(x, y, 0.6, ACCENT, ACCENT) for x, y in points] if len(points) <= 31 else []
    return Drawing(width, height, tuple(marks), caption)


def _frame(
    labels: Sequence[str], values: Sequence[float], width: float, height: float
) -> tuple[list[Mark], float, float]:
    """Axes with the greatest value beside them and labels below; also that value and one step's width."""
    if len(labels) != len(values):
        raise ValueError(f"{len(labels)} labels for {len(values)} values")
    most, count = max([*values, 0.0]) or 1.0, max(1, len(labels))
    step = (width - 14) / count
    every = max(1, -(-count * 16 // int(width - 14)))
    marks: list[Mark] = [
        Stroke(((12, 7), (width - 2, 7)), QUIET, 0.2),
        Stroke(((12, height - 5), (width - 2, height - 5)), PALE, 0.2),
        Words(10.5, height - 6, number(most), anchor="end", colour=QUIET),
        Words(10.5, 6, "0", anchor="end", colour=QUIET),
    ]
    for at, label in enumerate(labels):
        if at % every == 0:
            marks.append(Words(12 + (at + 0.5) * step, 2.5, label, anchor="middle", colour=QUIET))
    return marks, most, step


def number(value: float) -> str:
    """A number as people read it: thousands apart, no needless decimals."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
