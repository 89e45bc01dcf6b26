"""Commands that run the road: run, once, console, sample."""

from __future__ import annotations

from typing import Annotated

import typer

from bot import home as homes
from bot.cli.context import DONE, PROBLEMS, Cli
from store.errors import UsageError
from store.records.match import Tier

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]


def start(cli: Cli) -> int:
    """Run daemon and console until stopped."""
    config = cli.config(level=cli.log_level)
    home, config = cli.home(config)
    return cli.doors.run(config, home, cli)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("run")(run)
    app.command("once")(once)
    app.command("console")(console)
    sample = typer.Typer(
        help="The sample campaign: made-up posts in a folder of its own.", rich_markup_mode=None
    )
    sample.command("leave")(leave)
    sample.command("enter")(enter)
    app.add_typer(sample, name="sample")


def run(context: typer.Context) -> None:
    """Run the daemon and the console until stopped (the default command).

    Example: run_bot.py run
    """
    raise typer.Exit(start(context.obj))


def console(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the console alone, as one of several processes on one database; `run` does the work.

    Example: run_bot.py --data data console --port 8781
    """
    cli: Cli = context.obj
    config = cli.config(level=cli.log_level)
    home, config = cli.home(config)
    assert cli.doors.console is not None, "the program's own doors serve a console"
    raise typer.Exit(cli.doors.console(config, home, cli, host=host, port=port))


def once(
    context: typer.Context,
    stream_s: Annotated[float, typer.Option(help="Seconds to follow streams.")] = 10.0,
    as_json: Json = False,
) -> None:
    """Collect and work off everything that is due, then exit. For cron, tests and demonstrations.

    Example: run_bot.py --data data once --json
    """
    cli: Cli = context.obj
    home, config = cli.home(cli.config())
    result = cli.doors.once(config, home, cli, stream_s=stream_s)

    def show() -> None:
        cli.out.print(
            f"{result['posts']} posts stored, {_for_people(result['matches_waiting'])} matches wait for "
            f"a person, {sum(result['replies'].values())} replies in the outbox.",
            markup=False,
        )  # fmt: skip
        for problem in result["problems"]:
            cli.out.print(f"! {problem}", markup=False)

    cli.answer(as_json, result, show)
    raise typer.Exit(PROBLEMS if result["problems"] else DONE)


def _for_people(waiting: dict[str, int]) -> int:
    """Matches that a person should look at; what was set aside waits for nobody."""
    return sum(amount for tier, amount in waiting.items() if tier != Tier.SET_ASIDE.value)


def leave(context: typer.Context) -> None:
    """Leave the sample campaign: the next start is about your own.

    Example: run_bot.py sample leave
    """
    cli: Cli = context.obj
    homes.leave_sample(cli.data)
    cli.out.print("The sample is left. `run_bot.py doctor` says what your own campaign needs.", markup=False)


def enter(context: typer.Context) -> None:
    """Show the sample campaign again, as long as no real data has begun.

    Example: run_bot.py sample enter
    """
    cli: Cli = context.obj
    config = cli.config()
    if config.campaign.hashtags and not config.sample:
        raise UsageError(str(config.file), "has hashtags, so your own campaign is on; take them out first")
    homes.enter_sample(cli.data)
    cli.out.print("The next start shows the sample campaign.", markup=False)
