"""Commands about alarms: alarms list, acknowledge, history."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from bot.cli.context import Cli, viewer_of, who
from bot.cli.running import Json
from bot.services import alarms

Looker = Annotated[
    str, typer.Option("--by", help="Your account: alarms about sealed cases are there for their team.")
]
Name = Annotated[str, typer.Argument(help="The alarm's name, as `alarms list` gives it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="Silent sources, notices and alerts: what waits for a person, and who has seen it.",
        rich_markup_mode=None,
    )
    group.command("list")(list_)
    group.command("acknowledge")(acknowledge)
    group.command("history")(history)
    app.add_typer(group, name="alarms")


def list_(context: typer.Context, by: Looker = "", as_json: Json = False) -> None:
    """All alarms that stand; those that nobody has seen come first.

    Example: run_bot.py alarms list --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = alarms.standing(built.road, viewer=viewer_of(cli, built, by))

    def show() -> None:
        rows = [
            (
                each.name,
                _at(each.since),
                each.seen.by if each.seen else "nobody yet",
                each.words,
            )
            for each in found
        ]
        columns = ("name", "since (UTC)", "seen by", "words")
        cli.table("Alarms", columns, rows, empty="No alarm stands.")

    cli.answer(as_json, {"alarms": [each.as_json() for each in found]}, show)


def acknowledge(
    context: typer.Context,
    name: Name,
    note: Annotated[str, typer.Option(help="What you know or did about it, kept in the history.")] = "",
    by: Annotated[str, typer.Option("--by", help="Your account.")] = "",
    as_json: Json = False,
) -> None:
    """Say that you have seen an alarm: it waits for nobody then, but stays in the history.

    Example: run_bot.py alarms acknowledge "silence:mastodon #found" --note "server move" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = alarms.acknowledge(built.road, name, by=who(cli, built, by), note=note)

    def show() -> None:
        if found.seen is not None:
            cli.out.print(f"{found.name}: seen by {found.seen.by}", markup=False)

    cli.answer(as_json, found.as_json(), show)


def history(context: typer.Context, by: Looker = "", as_json: Json = False) -> None:
    """Who has seen which alarm, when, and what they noted; newest first.

    Example: run_bot.py alarms history --json
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = alarms.history(built.road, viewer=viewer_of(cli, built, by))

    def show() -> None:
        rows = [
            (
                _at(each.at),
                each.name,
                each.by,
                each.note,
                "over" if each.ended_at else "stands",
            )
            for each in found
        ]
        columns = ("at (UTC)", "name", "seen by", "note", "now")
        cli.table("Seen alarms", columns, rows, empty="Nobody has acknowledged an alarm yet.")

    cli.answer(as_json, {"history": [alarms.said_json(each) for each in found]}, show)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
