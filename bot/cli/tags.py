"""Commands about hashtags: numbers, previews, suggestions. Prints what services say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from bot.cli import tags_drafts, tags_watch
from bot.cli.context import Cli, Installation
from bot.cli.running import Json
from bot.pipeline import tag_counting
from bot.services import bench_drafts, bench_numbers, bench_preview, bench_query, bench_suggestions
from bot.services.bench_query import Selection
from store.codec import to_json
from store.errors import UsageError
from store.tag_numbers import Grain, Row

Words = tags_drafts.Words


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="What hashtags bring, and trying out others.", rich_markup_mode=None)
    for name, command in (
        ("list", list_), ("show", show), ("preview", preview), ("query", query), ("suggest", suggest),
        ("rebuild", rebuild),
    ):  # fmt: skip
        group.command(name)(command)
    tags_drafts.register(group)
    tags_watch.register(group)
    app.add_typer(group, name="tags")


def _share(each: bench_numbers.Share) -> str:
    if each.share is None:
        return "–"
    sure = f"{100 * each.share:.1f} %"
    return sure if each.is_sure else f"{sure} ({100 * each.low:.0f}–{100 * each.high:.0f})"


def _line(line: bench_numbers.Line) -> dict[str, Any]:
    row = {name: getattr(line.row, name) for name in type(line.row).__dataclass_fields__ if name != "start"}
    shares = {n: asdict(getattr(line, n)) for n in ("photo", "placed", "timed", "usable", "first_hand")}
    asked = {"cost_usd": line.cost_usd, "requests_a_day": line.requests_a_day, "review_min": line.review_min}
    return {**row, "shares": shares, **asked, "gate": to_json(line.gate)}


def list_(
    context: typer.Context,
    period: Annotated[str, typer.Option(help="day, week or all: the running one.")] = "all",
    as_json: Json = False,
) -> None:
    """Each collected hashtag by source, and the busiest others beside them.

    Example: run_bot.py tags list --period week
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = bench_numbers.bench(built.road, period=period)
    lines = [found.whole, *found.lines, *found.others]

    def show_it() -> None:
        rows = [
            (f"#{x.row.tag}" if x.row.tag else "all posts", x.row.source or "all", x.row.posts, x.row.authors,
             _share(x.photo), _share(x.usable), _share(x.first_hand), x.row.kept, x.row.leads,
             f"{x.cost_usd:.2f}", f"{x.review_min:.0f}", "closed" if x.gate and x.gate.closed else "")
            for x in lines
        ]  # fmt: skip
        columns = (
            "hashtag", "source", "posts", "authors", "photo", "where and when", "first-hand", "kept", "leads",
            "USD", "minutes", "faces",
        )  # fmt: skip
        cli.table("Hashtags", columns, rows, empty="Nothing was counted yet.")
        if found.waiting:
            cli.out.print(f"{found.waiting} changes are not counted yet.", markup=False)

    document = {
        "period": period,
        "at": found.at,
        "waiting": found.waiting,
        "lines": [_line(x) for x in lines],
    }
    cli.answer(as_json, document, show_it)


def show(
    context: typer.Context,
    tag: Annotated[str, typer.Argument(help="The hashtag; without one all posts.")] = "",
    grain: Annotated[str, typer.Option(help="hour, day or week.")] = "day",
    days: Annotated[int, typer.Option(min=1, max=3660, help="The last so many days.")] = 28,
    source: Annotated[str, typer.Option(help="One source alone.")] = "",
    as_json: Json = False,
) -> None:
    """One hashtag over time.

    Example: run_bot.py tags show 宝贝回家 --grain week
    """
    cli: Cli = context.obj
    kinds = {each.value: each for each in Grain if each is not Grain.ALL}
    if grain not in kinds:
        raise UsageError("--grain", f"is {grain[:20]!r}; allowed are {', '.join(kinds)}")
    names = tag_counting.tags_of([tag])
    with cli.installation() as built:
        rows = bench_numbers.series(
            built.road, names[0] if names else "", grain=kinds[grain], days=days, source=source
        )
    document = [{name: getattr(row, name) for name in type(row).__dataclass_fields__} for row in rows]
    cli.answer(as_json, document, lambda: _show_rows(cli, f"#{tag}" if tag else "All posts", rows))


def _show_rows(cli: Cli, title: str, rows: Sequence[Row]) -> None:
    names = ("posts", "authors", "photos", "usable", "first_hand", "kept", "leads")
    lines = [(f"{row.start:%Y-%m-%d %H:%M}", *(getattr(row, name) for name in names)) for row in rows]
    columns = (
        "from (UTC)",
        "posts",
        "authors",
        "with photo",
        "where and when",
        "first-hand",
        "kept",
        "leads",
    )
    cli.table(title, columns, lines, empty="Nothing was counted in these days.")


def _wanted(
    built: Installation, number: int, tags: Words, rest: tuple[Words, ...]
) -> tuple[Selection, Selection]:
    """What counts now and what is to be tried: a draft, or what the options say."""
    now = bench_drafts.in_force(built.road)
    if number:
        return now, bench_query.selection_of(bench_drafts.get(built.road, number).content)
    return now, bench_drafts.checked(tags_drafts.selection(now, tags, *rest))


def preview(
    context: typer.Context,
    number: Annotated[int, typer.Option("--draft", help="A draft by its number.")] = 0,
    tags: tags_drafts.Tags = [], all_: tags_drafts.All = [], none: tags_drafts.NoneOf = [],  # noqa: B006
    phrases: tags_drafts.Phrases = [], langs: tags_drafts.Langs = [],  # noqa: B006
    not_by: tags_drafts.NotBy = [],  # noqa: B006
    days: Annotated[int, typer.Option(min=0, max=3660, help="The last so many days; 0: all.")] = 0,
    as_json: Json = False,
) -> None:  # fmt: skip
    """What other hashtags would bring, tried on the stored posts. Changes nothing.

    Example: run_bot.py tags preview --tag BringThemHome --none giveaway
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        before, after = _wanted(built, number, tags, (all_, none, phrases, langs, not_by))
        found = bench_preview.preview(built.road, before, after, days=days or None)

    def show_it() -> None:
        sides = (("now", found.before), ("then", found.after), ("more", found.gained), ("less", found.lost))
        cli.table(
            "Posts",
            ("", "posts", "a day"),
            [(n, s.posts, f"{s.posts / found.days:.1f}") for n, s in sides],
            empty="",
        )
        cli.table(
            "Left out",
            ("line", "words", "posts"),
            [(x.what, x.word, x.posts) for x in found.lines],
            empty="No line leaves anything out.",
        )
        cli.out.print(
            f"Cost a day: {found.cost_before_usd:.2f} USD now, {found.cost_after_usd:.2f} USD then.",
            markup=False,
        )
        if found.let_go:
            cli.out.print(f"Not tried, because their time was over: {found.let_go} posts.", markup=False)
        if found.unseen:
            cli.out.print(
                f"Never asked for, so stored posts show only a part: {', '.join(found.unseen)}", markup=False
            )

    cli.answer(as_json, _preview(found), show_it)


def _preview(found: bench_preview.Preview) -> dict[str, Any]:
    sides = {}
    for name in ("before", "after", "gained", "lost"):
        side = getattr(found, name)
        hours = {hour.isoformat(): number for hour, number in side.hours.items()}
        sides[name] = {"posts": side.posts, "hours": hours, "sample": [row.key for row in side.sample]}
    cost = {"before_usd_day": found.cost_before_usd, "after_usd_day": found.cost_after_usd}
    lines = [asdict(line) for line in found.lines]
    return {
        **sides,
        "lines": lines,
        "unseen": found.unseen,
        "let_go": found.let_go,
        "days": found.days,
        "cost": cost,
    }


def query(
    context: typer.Context,
    number: Annotated[int, typer.Option("--draft", help="A draft by its number.")] = 0,
    as_json: Json = False,
) -> None:
    """The query as each kind of source asks for it, and what is filtered here instead.

    Example: run_bot.py tags query
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        now, then = _wanted(built, number, [], ([], [], [], [], []))
        kinds = sorted(
            {block.kind for block in built.config.campaign.sources} or {"x", "weibo", "mastodon", "bluesky"}
        )
    found = [bench_query.shown(then if number else now, kind) for kind in kinds]

    def show_it() -> None:
        rows = [(x.kind, "\n".join(x.asked) or x.wrong, "\n".join(x.here)) for x in found]
        cli.table("Query", ("source", "asked", "filtered here"), rows, empty="No source is set up.")

    cli.answer(as_json, [asdict(each) for each in found], show_it)


def suggest(context: typer.Context, as_json: Json = False) -> None:
    """What the stored posts suggest, with reasons. `accept` makes a draft of one.

    Example: run_bot.py tags suggest
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = bench_suggestions.suggestions(built.road)
    rows = [(each.kind.value, f"#{each.tag}", each.why) for each in found]
    document = [asdict(each) for each in found]
    cli.answer(
        as_json,
        document,
        lambda: cli.table("Suggested", ("kind", "hashtag", "why"), rows, empty="Nothing is suggested."),
    )


def rebuild(context: typer.Context, as_json: Json = False) -> None:
    """Forget the numbers and count every stored post anew.

    Example: run_bot.py tags rebuild
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        number = tag_counting.rebuild(built.road)
    cli.answer(
        as_json, {"posts": number}, lambda: cli.out.print(f"{number} posts were counted anew.", markup=False)
    )
