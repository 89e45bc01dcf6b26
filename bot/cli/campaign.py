"""Commands for the campaign's life: its numbers, reports, public numbers, and the steps of its end."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.pipeline import counting
from bot.services import campaign_life, campaign_numbers, ending, public_numbers, reporting
from store.codec import to_json
from store.errors import UsageError

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option(help="Why, in words; kept in the audit chain.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="The campaign's life: numbers, reports, public numbers, its end.", rich_markup_mode=None
    )
    for name, call in (
        ("start", start), ("numbers", numbers), ("rebuild", rebuild), ("report", report),
        ("public", public), ("end", end), ("stop", stop), ("final-report", final_report),
        ("hand-over", hand_over), ("purge", purge), ("revoke", revoke),
    ):  # fmt: skip
        group.command(name)(call)
    app.add_typer(group, name="campaign")


def start(context: typer.Context, as_json: Json = False) -> None:
    """What has to be done before going live, each with its state.

    Example: run_bot.py campaign start
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        items = campaign_life.checklist(built.road)
        rows = [{"name": each.name, "done": each.is_done, "by_hand": each.by_hand} for each in items]

        def show() -> None:
            for each in items:
                cli.out.print(f"{'done ' if each.is_done else 'to do'}  {each.name}", markup=False)

        cli.answer(as_json, rows, show)


def numbers(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=0, max=400, help="So many days up to today; 0: all.")] = 21,
    as_json: Json = False,
) -> None:
    """People, posts and sightings by day; what changed is counted first.

    Example: run_bot.py campaign numbers --days 7
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        counting.catch_up(built.road)
        life = campaign_numbers.life(built.road, days=days or None)

        def show() -> None:
            cli.out.print(f"{life.people:,} people, {life.total['posts']:,} posts", markup=False)
            names = ("authors", "new_authors", "posts", "has_photo", "is_sighting", "is_own")
            cli.table(
                f"{life.first} to {life.last} ({life.zone})",
                ("day", *names),
                [(each.day, *(each.total[name] for name in names)) for each in life.days],
                empty="No post has been counted yet.",
            )

        cli.answer(as_json, to_json(life), show)


def rebuild(context: typer.Context, as_json: Json = False) -> None:
    """Count every stored post anew: after rows were put into the database by other means.

    Example: run_bot.py campaign rebuild
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        number = counting.rebuild(built.road)
        cli.answer(
            as_json, {"posts": number}, lambda: cli.out.print(f"{number:,} posts were counted.", markup=False)
        )


def report(
    context: typer.Context,
    first: Annotated[str, typer.Option(help="First day, such as 2026-11-16; default: the week over.")] = "",
    last: Annotated[str, typer.Option(help="Last day, included.")] = "",
    pdf: Annotated[Path | None, typer.Option(help="Also write it as PDF to this file.")] = None,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Make a report of some days. It names nobody.

    Example: run_bot.py campaign report --first 2026-11-16 --last 2026-11-22 --pdf week.pdf --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        road = built.road
        days = reporting.last_week(campaign_numbers.last_day(road))
        begin = _day("--first", first) if first else days[0]
        until = _day("--last", last) if last else days[1]
        made = reporting.make(road, begin, until, by=who(cli, built, by))
        if pdf is not None:
            pdf.write_bytes(reporting.pdf(made, language))
        _said(cli, as_json, {"report": made.number}, f"Report {made.number}: {begin} to {until}.")


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(option, f"is {text[:20]!r}; write a day as 2026-11-23") from error


def _said(cli: Cli, as_json: bool, document: dict[str, Any], words: str) -> None:
    cli.answer(as_json, document, lambda: cli.out.print(words, markup=False))


def public(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Make the public releases that are due; each week is told of once.

    Example: run_bot.py campaign public --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        weeks = public_numbers.tell_due(built.road, by=who(cli, built, by))
        words = f"{len(weeks)} weeks were released: {', '.join(map(str, weeks)) or 'none was due'}."
        _said(cli, as_json, {"weeks": [str(each) for each in weeks]}, words)


def end(context: typer.Context, as_json: Json = False) -> None:
    """How far the end of the campaign has come, and what a purge would delete.

    Example: run_bot.py campaign end
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        state = ending.look(built.road)
        document = {
            "steps": {name: step.state if step else "to do" for name, step in state.steps.items()},
            "goes": dict(state.goes),
            "stays": dict(state.stays),
            "at_platforms": ending.at_platforms(built.road),
        }

        def show() -> None:
            for name, step in state.steps.items():
                cli.out.print(f"{step.state if step else 'to do':8} {name}", markup=False)
            for word, found in (("goes", state.goes), ("stays", state.stays)):
                many = ", ".join(f"{number:,} {name}" for name, number in found.items())
                cli.out.print(f"{word}: {many}", markup=False)

        cli.answer(as_json, document, show)


def stop(context: typer.Context, why: Why, by: By = "") -> None:
    """Stop the campaign: collect nothing more, send nothing more.

    Example: run_bot.py campaign stop --why "the three weeks are over" --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        ending.stop(built.road, by=who(cli, built, by), why=why)
        cli.out.print("Nothing is collected and nothing is sent any more.")


def final_report(context: typer.Context, by: By = "") -> None:
    """Make the final report.

    Example: run_bot.py campaign final-report --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        number = ending.report(built.road, by=who(cli, built, by))
        cli.out.print(f"Report {number} is the final report.")


def hand_over(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="To whom.")] = "",
    basis: Annotated[str, typer.Option(help="On what basis.")] = "",
    what: Annotated[str, typer.Option(help="What, and how it was given.")] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Say that it arrived.")] = False,
    by: By = "",
) -> None:
    """Write down a hand-over, or confirm one that another person wrote down.

    Example: run_bot.py campaign hand-over --to "City police" --basis "file 3" --what "12 leads" --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        name = who(cli, built, by)
        if confirm:
            ending.confirm_hand_over(built.road, by=name)
            cli.out.print("The hand-over is confirmed.")
        else:
            ending.hand_over(built.road, to=to, basis=basis, what=what, by=name)
            cli.out.print("Written down; another person confirms it with --confirm.")


def purge(
    context: typer.Context,
    confirm: Annotated[bool, typer.Option("--confirm", help="Delete what another proposed.")] = False,
    by: By = "",
) -> None:
    """Propose to delete what was collected, or confirm what another person proposed and delete it.

    One asks, another confirms with --confirm. Example: run_bot.py campaign purge --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        name = who(cli, built, by)
        if confirm:
            ending.confirm_purge(built.road, by=name)
            cli.out.print(f"{ending.work_off(built.road):,} posts were deleted.")
        else:
            ending.propose_purge(built.road, by=name)
            cli.out.print("Proposed; another person confirms it with --confirm.")


def revoke(context: typer.Context, by: By = "") -> None:
    """End sessions, links and tokens; say what only the platforms can take back.

    Example: run_bot.py campaign revoke --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        for name, number in ending.revoke(built.road, by=who(cli, built, by)).items():
            cli.out.print(f"{number:,} {name}", markup=False)
        for platform, handle, address in ending.at_platforms(built.road):
            cli.out.print(f"take back by hand: {platform} {handle} {address}", markup=False)
