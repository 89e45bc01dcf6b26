"""Hashtags: what each brings, over time; suggestions; gates and floods. Shows what services say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import Looker, TuneForm, Tuner
from bot.console.here import Here
from bot.console.rendering import link_to
from bot.pipeline import floods as flooding
from bot.pipeline import tag_gate
from bot.pipeline.tag_counting import tags_of
from bot.services import bench_floods, bench_numbers, bench_suggestions
from store.errors import UsageError
from store.tag_numbers import Grain, Row

router = APIRouter(include_in_schema=False)
GRAINS: Mapping[str, tuple[Grain, int]] = {
    "hour": (Grain.HOUR, 3), "day": (Grain.DAY, 35), "week": (Grain.WEEK, 365),
}  # fmt: skip
WIDTH, HEIGHT = 1000.0, 60.0
MAX_TAG_CHARS = 140


@dataclass(frozen=True, slots=True)
class Column:
    """One period of a curve: where it stands, how tall it is, the first-hand part of it, and its numbers."""

    x: float
    width: float
    tall: float
    seen: float
    row: Row


def columns(rows: Sequence[Row], grain: Grain) -> list[Column]:
    """Rows as columns of a drawing, at their places in time."""
    step = {Grain.HOUR: timedelta(hours=1), Grain.DAY: timedelta(days=1), Grain.WEEK: timedelta(days=7)}[
        grain
    ]
    if not rows:
        return []
    first, last = rows[0].start, rows[-1].start
    number = int((last - first) / step) + 1
    width, most = WIDTH / number, max(row.posts for row in rows) or 1
    return [
        Column(
            (row.start - first) / step * width,
            max(width * 0.85, 0.5),
            HEIGHT * row.posts / most,
            HEIGHT * row.first_hand / most,
            row,
        )
        for row in rows
    ]


@router.get("/hashtags")
def numbers(request: Request, here: Here, viewer: Looker, period: str = "all") -> Response:
    """Each collected hashtag by source, and the busiest others beside them."""
    bench = bench_numbers.bench(here.road, period=period)
    return here.pages.page(
        request, "hashtags.html", bench=bench, periods=tuple(bench_numbers.PERIODS), period=period
    )


@router.get("/hashtags/tag")
def one(request: Request, here: Here, viewer: Looker, tag: str = "", grain: str = "day") -> Response:
    """One hashtag over time, all posts without a name."""
    if grain not in GRAINS:
        raise UsageError("grain", f"is {grain[:20]!r}; allowed are {', '.join(GRAINS)}")
    if len(tag) > MAX_TAG_CHARS:
        raise UsageError("tag", f"is longer than {MAX_TAG_CHARS} characters")
    name = (tags_of([tag]) or ("",))[0]
    kind, days = GRAINS[grain]
    # A campaign that is over is shown at its end, not as an empty present.
    latest = bench_numbers.latest(here.road)
    until = min(here.road.clock(), latest + timedelta(days=7)) if latest else None
    rows = bench_numbers.series(here.road, name, grain=kind, days=days, until=until)
    return here.pages.page(
        request, "hashtags_tag.html", tag=name, grain=grain, grains=tuple(GRAINS), rows=rows,
        columns=columns(rows, kind), width=int(WIDTH), height=int(HEIGHT), share=bench_numbers.share,
    )  # fmt: skip


@router.get("/hashtags/suggestions")
def suggestions(request: Request, here: Here, viewer: Looker) -> Response:
    """What the stored posts suggest, each with its reason."""
    return here.pages.page(
        request, "hashtags_suggestions.html", found=bench_suggestions.suggestions(here.road)
    )


@router.post("/hashtags/accept")
def accept(here: Here, form: TuneForm) -> Response:
    """Make a draft of a suggestion, and show what it would bring."""
    made = bench_suggestions.accept(here.road, form.need("kind"), form.need("tag"), by=form.viewer.name)
    return see(link_to("/hashtags/preview", draft=made.number))


@router.get("/hashtags/floods")
def floods(request: Request, here: Here, viewer: Tuner) -> Response:
    """Who fills the queue, what is copied, who is blocked, which hashtags feed no faces."""
    watch = bench_floods.watch(here.road)
    texts = bench_floods.texts_of(here.road, [each.post_key for each in watch.floods])
    now: datetime = here.road.clock()
    return here.pages.page(
        request, "hashtags_floods.html", watch=watch, texts=texts, blocks=bench_floods.blocks(here.road),
        gates=bench_floods.gates(here.road), now=now, longest=flooding.LONGEST_BLOCK.days,
    )  # fmt: skip


@router.post("/hashtags/block")
def block(here: Here, form: TuneForm) -> Response:
    """Set an author's posts aside for some days."""
    days = number_of(form.need("days"), "days")
    bench_floods.block(here.road, form.need("post"), days=days, by=form.viewer.name, why=form.need("why"))
    return see("/hashtags/floods")


@router.post("/hashtags/unblock")
def unblock(here: Here, form: TuneForm) -> Response:
    """End a block."""
    number = number_of(form.need("number"), "number")
    flooding.unblock(here.road, number, by=form.viewer.name, why=form.need("why"))
    return see("/hashtags/floods")


@router.post("/hashtags/gate")
def gate(here: Here, form: TuneForm) -> Response:
    """Hold a hashtag open for faces, or let its numbers decide again."""
    act = tag_gate.hold_open if form.need("to") == "open" else tag_gate.let_go
    act(here.road, form.need("tag"), by=form.viewer.name, why=form.need("why"))
    return see("/hashtags/floods")


def number_of(word: str, name: str) -> int:
    """A whole number of a form. Raises UsageError."""
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise UsageError(name, f"is {word[:20]!r}, no number; send the form of the page")
    return int(word)
