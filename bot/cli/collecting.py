"""Commands about what was read and what was not: coverage, backfill."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from bot.cli.context import DONE, PROBLEMS, Cli, Installation
from bot.cli.running import Json
from bot.home import DaemonLock
from bot.services import backfilling
from bot.services import coverage as looking
from store.errors import UsageError
from store.records.coverage import Backfill, BackfillState, CoverState

Source = Annotated[str | None, typer.Option(help="Only this source, by its name in config.yaml.")]
_HOPELESS = (BackfillState.IMPOSSIBLE, BackfillState.WAITING)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("coverage")(coverage)
    app.command("backfill")(backfill)


def coverage(
    context: typer.Context,
    source: Source = None,
    tag: Annotated[str | None, typer.Option(help="Only this hashtag.")] = None,
    as_json: Json = False,
) -> None:
    """Which spans of time were read whole, which are open, which are lost for good, and why.

    A stream reads all hashtags at once: its line is called `*`, and that of posts that name us `@mentions`.

    Example: run_bot.py coverage --source mastodon --json
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = looking.report(built.road, source=source, tag=tag.strip("#＃") if tag else None)

    def show() -> None:
        rows = [
            (each.source, each.tag, _day(s.span.start), _day(s.span.end), s.state.value, s.why, s.needs)
            for each in found.tags
            for s in each.stretches
        ]
        columns = ("source", "hashtag", "from (UTC)", "to", "state", "why", "needs")
        cli.table("Coverage", columns, rows, empty="No live source has been read yet; see `doctor`.")
        for each in found.tags:
            share = "" if each.share is None else f"{each.share:.1%} complete, "
            hours = {state: each.total(state) for state in (CoverState.GAP, CoverState.LOST)}
            words = f"{_long(hours[CoverState.GAP])} open, {_long(hours[CoverState.LOST])} lost"
            cli.out.print(f"{each.source} {each.tag}: {share}{words}", markup=False)
        for made in found.backfills:
            cli.out.print(_line(made), markup=False)

    cli.answer(as_json, found.as_json(), show)


def backfill(
    context: typer.Context,
    tag: Annotated[str, typer.Option(help="A hashtag of the campaign.")],
    since: Annotated[str, typer.Option(help="2026-11-01 or 2026-11-01T08:00+08:00; UTC without zone.")],
    until: Annotated[str, typer.Option(help="The same; now if left out.")] = "",
    source: Source = None,
    as_json: Json = False,
) -> None:
    """Read the past of a hashtag, as far as each platform gives it. Broken off, it goes on where it was.

    A running daemon does the work; otherwise this command does it and shows how far it is.

    Example: run_bot.py backfill --tag BringThemHome --since 2026-11-01 --until 2026-11-08
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        start = backfilling.moment(since, "--since")
        end = backfilling.moment(until, "--until") if until else built.road.clock()
        active = built.sources_of(built.config)
        wishes = backfilling.ask(
            built.road, active, tag=tag, since=start, until=end, source=source, by="operator"
        )
        found, is_ours = _read(cli, built, wishes)
    document = {
        "read_by": "this command" if is_ours else "the running daemon",
        "backfills": [looking.backfill_json(made) for made in found],
    }

    def show() -> None:
        for made in found:
            cli.out.print(_line(made), markup=False)
        if not is_ours:
            cli.out.print("The running Homeward reads it; `coverage` shows how far it is.", markup=False)

    cli.answer(as_json, document, show)
    left = [made for made in found if made.state in _HOPELESS]
    raise typer.Exit(PROBLEMS if left and is_ours else DONE)


def _read(cli: Cli, built: Installation, wishes: Sequence[backfilling.Wish]) -> tuple[list[Backfill], bool]:
    """Do the work here if no daemon runs: (how far it is, whether it was done here)."""
    lock = DaemonLock(built.home)
    try:
        lock.take()
    except UsageError:
        return backfilling.state_of(built.road, wishes), False
    told: dict[str, str] = {}

    def tell(found: Sequence[Backfill]) -> None:
        for made in found:
            key, line = f"{made.source} {made.tag} {made.span}", _line(made)
            if told.get(key) != line:
                told[key] = line
                cli.say(line)

    try:
        built.road.engine.free_all()
        active = built.sources_of(built.config)
        wait = threading.Event().wait
        return backfilling.work_off(built.road, active, wishes, tell=tell, wait=wait), True
    finally:
        lock.release()


def _line(made: Backfill) -> str:
    share = looking.progress(made)
    walked = "" if share is None or made.state is not BackfillState.WAITING else f", {share:.0%} walked"
    why = f": {made.why}" if made.why else ""
    counts = f"{made.pages} pages, {made.posts} posts ({made.new} new)"
    span = f"{made.span.start:%Y-%m-%d %H:%M} to {made.span.end:%Y-%m-%d %H:%M}"
    return f"{made.source} #{made.tag} {span}: {made.state.value}, {counts}{walked}{why}"


def _day(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _long(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} h"
