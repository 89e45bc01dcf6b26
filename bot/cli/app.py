"""The root of the command line: global options, the default command, and what becomes of errors."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli import (
    alarms,
    backup,
    campaign,
    casefile,
    cases,
    chain,
    collecting,
    extracting,
    faces,
    finding,
    holds,
    importing,
    incidents,
    leads,
    matches,
    people,
    pictures,
    places,
    quarantine,
    reembedding,
    referrals,
    reply,
    rights,
    running,
    state,
    tags,
    thresholds,
    user,
    worker,
)
from bot.cli.context import WRONG_USE, Cli, Doors, exit_code
from store.errors import HomewardError, UsageError

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
ROOT = Path(__file__).resolve().parents[2]

app = typer.Typer(
    name="run_bot.py",
    help="Homeward helps bring missing children home. Without a command it runs the daemon.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
MODULES = (
    alarms,
    running,
    state,
    importing,
    collecting,
    campaign,
    cases,
    casefile,
    chain,
    matches,
    leads,
    referrals,
    finding,
    tags,
    thresholds,
    pictures,
    places,
    extracting,
    reply,
    user,
    quarantine,
    holds,
    backup,
    incidents,
    people,
    worker,
    faces,
    reembedding,  # after `faces`, whose group it joins
)
for module in MODULES:
    module.register(app)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="The campaign's settings.")] = ROOT / "config.yaml",
    data: Annotated[Path, typer.Option(help="Where everything that is written lies.")] = ROOT / "data",
    log_level: Annotated[
        str, typer.Option(help="DEBUG, INFO, WARNING or ERROR, to standard error.")
    ] = "WARNING",
) -> None:
    """Homeward helps bring missing children home. Without a command it runs the daemon.

    Example: run_bot.py --data data status
    """
    doors: Doors = context.obj
    if log_level.upper() not in LOG_LEVELS:
        raise UsageError("--log-level", f"is {log_level!r}; allowed are {', '.join(LOG_LEVELS)}")
    context.obj = Cli(doors, config, data, ROOT / "sample" / "config.yaml", log_level)
    if context.invoked_subcommand is None:
        raise typer.Exit(running.start(context.obj))


@cache
def command() -> Any:
    """All commands as one. Made once: reading some hundred signatures takes a tenth of a second."""
    return rights.watched(typer.main.get_command(app))


def main(doors: Doors, arguments: list[str] | None = None) -> int:
    """Run one command; gives the exit code. Every expected failure is one message, never a traceback."""
    try:
        code = command()(args=arguments, obj=doors, standalone_mode=False)
    except HomewardError as error:
        sys.stderr.write(f"{error}\n")
        return exit_code(error)
    except typer.TyperException as error:
        sys.stderr.write(f"{error.format_message()} See `run_bot.py --help`.\n")
        return WRONG_USE
    except UnicodeEncodeError as error:
        sys.stderr.write(
            f"An argument holds half a character ({error.object[error.start]!a}); write it again.\n"
        )
        return WRONG_USE
    except typer.Abort:
        return 130
    except BrokenPipeError:
        return 0
    return int(code or 0)
