"""What an evaluation says, as one JSON document, as Markdown tables, and the DET curve as an SVG picture.

Words and shapes only; nothing is measured here and no file is written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bot.faces.evaluation import RANKS, Evaluation, OpenPoint, Rate

WARNING = (
    "Faces of 0 to 5 years go to review only: strangers of that age look the same to these models, and a face"
    " changes fast. A rate is measured for the photos given and says nothing of other groups of people."
)
_WIDTH, _HEIGHT, _LEFT, _TOP, _SIDE = 560, 420, 70, 30, 340
_DECADES = (0.001, 0.01, 0.1, 1.0)


def document(found: Evaluation, *, model: str, problems: Sequence[str] = ()) -> dict[str, Any]:
    """Everything as plain values for JSON."""
    return {"model": model, **asdict(found), "problems": list(problems), "warning": WARNING}


def markdown(found: Evaluation, *, model: str) -> str:
    """The tables of docs/faces.md: ranks, hits at false-positive rates, by age and gap."""
    lines = [
        f"{model}; {found.persons} persons with {found.photos} photos registered, {found.probes} probes"
        f" ({found.probes_with_mate} of a registered person). Scores: {found.scored_by}.",
        "",
        "| found among the first | " + " | ".join(str(k) for k in RANKS) + " | probes (persons) |",
        "|---|" + "---|" * (len(RANKS) + 1),
    ]
    for row in found.ranks:
        size = f"{row.rates[0].probes:,} ({row.rates[0].persons:,})"
        lines.append(f"| {row.of} | " + " | ".join(rate(each) for each in row.rates) + f" | {size} |")
    lines += [
        "",
        "| FPIR wished | FPIR got | TPIR | strangers' probes | own probes |",
        "|---|---|---|---|---|",
    ]
    lines += [_open_row(point) for point in found.open_set]
    for point in found.open_set:
        lines += _by(point)
    return "\n".join([*lines, "", WARNING, ""])


def _open_row(point: OpenPoint) -> str:
    if point.fpir is None:
        needed = f"untested: takes {point.probes_needed:,} probes of strangers"
        return f"| {percent(point.wished)} | {needed} | – | – | – |"
    hits = rate(point.tpir) if point.tpir else "–"
    own = f"{point.tpir.probes:,}" if point.tpir else "0"
    return f"| {percent(point.wished)} | {rate(point.fpir)} | {hits} | {point.fpir.probes:,} | {own} |"


def _by(point: OpenPoint) -> list[str]:
    rows = []
    groups = (
        ("FPIR, probe of", point.fpir_by_band),
        ("TPIR, probe of", point.tpir_by_band),
        ("TPIR, years between", point.tpir_by_gap),
    )
    for title, rates in groups:
        rows += [f"| {title} {name} | {rate(each)} | {each.probes:,} |" for name, each in rates]
    if not rows:
        return []
    return ["", f"| at FPIR {percent(point.wished)} | share | probes |", "|---|---|---|", *rows]


def rate(found: Rate) -> str:
    """A share with its interval, such as `.573 [.52–.62]`."""
    return f"{_short(found.value, 3)} [{_short(found.low, 3)}–{_short(found.high, 3)}]"


def percent(share: float) -> str:
    """A share in percent without empty digits."""
    return f"{share * 100:g} %"


def _short(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("0.") else text


def det_svg(found: Evaluation) -> str:
    """The DET curve: FNIR over FPIR, both on logarithmic axes from .001 to 1."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' font-family="sans-serif" font-size="12">',
        "<title>DET curve: share of persons missed (FNIR) over share of strangers that return somebody"
        " (FPIR)</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for value in _DECADES:
        x, y = _place(value, 1.0)[0], _place(1.0, value)[1]
        low, right = _TOP + _SIDE, _LEFT + _WIDTH - 110
        parts += [
            f'<path d="M{x:.1f} {_TOP}V{low}M{_LEFT} {y:.1f}H{right}" stroke="#ccc"/>',
            f'<text x="{x:.1f}" y="{low + 18}" text-anchor="middle">{value:g}</text>',
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>',
        ]
    points = " ".join("{:.1f},{:.1f}".format(*_place(fpir, fnir)) for fpir, fnir in found.det)
    middle = _TOP + _SIDE / 2
    parts += [
        f'<polyline points="{points}" fill="none" stroke="#1d4ed8" stroke-width="2"/>',
        f'<text x="{_LEFT + 225}" y="{_HEIGHT - 10}" text-anchor="middle">FPIR</text>',
        f'<text x="18" y="{middle}" text-anchor="middle" transform="rotate(-90 18 {middle})">FNIR</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(fpir: float, fnir: float) -> tuple[float, float]:
    """Where a point lies in the picture, in its units; what is below .001 lies on the edge."""
    least = math.log10(_DECADES[0])
    across = 1 - math.log10(max(_DECADES[0], fpir)) / least
    up = 1 - math.log10(max(_DECADES[0], fnir)) / least
    return _LEFT + across * (_WIDTH - 110), _TOP + (1 - up) * _SIDE
