"""Commands about the work itself: worker, jobs. They show and start; what a job means is the pipeline's."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from bot.cli.context import DONE, PROBLEMS, Cli, Installation
from bot.cli.running import Json
from bot.pipeline.work import WORKERS
from bot.services import jobs as looking
from store.errors import UsageError
from store.records.work import Stage

HEARD_OF = timedelta(minutes=1)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("worker")(worker)
    group = typer.Typer(help="The queue: what waits, what was set aside, who works.", rich_markup_mode=None)
    group.command("list")(listing)
    group.command("show")(show)
    group.command("retry")(retry)
    app.add_typer(group, name="jobs")


def worker(
    context: typer.Context,
    role: Annotated[
        list[str], typer.Option(help=f"What it does: {', '.join(WORKERS)}; may be given several times.")
    ],
    metrics_port: Annotated[
        int | None, typer.Option(help="Serve /metrics on this port of 127.0.0.1.", min=0, max=65535)
    ] = None,
) -> None:
    """Work for an installation of many hosts, without a console, until stopped.

    Example: run_bot.py worker --role photo --role face
    """
    cli: Cli = context.obj
    unknown = [name for name in role if name not in WORKERS]
    if unknown:
        raise UsageError("--role", f"is {unknown[0]!r}; there are {', '.join(WORKERS)}")
    assert cli.doors.work is not None
    config = cli.config(level=cli.log_level)
    home, config = cli.home(config)
    roles = tuple(name for name in WORKERS if name in role)
    raise typer.Exit(cli.doors.work(config, home, cli, roles=roles, metrics_port=metrics_port))


def listing(context: typer.Context, as_json: Json = False) -> None:
    """What waits at each stage and for how long, what was set aside, and which processes work.

    Example: run_bot.py jobs list --json
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        seen = looking.look(built.road, heard_of=HEARD_OF)

    def tables() -> None:
        rows = [(s["stage"], s["waiting"], f"{s['oldest_due_s']:.0f} s") for s in seen["stages"]]
        cli.table("Queue", ("stage", "waiting", "oldest due"), rows, empty="Nothing waits.")
        dead = [(d["stage"], d["key"], d["tries"], d["reason"]) for d in seen["set_aside"]]
        cli.table("Set aside", ("stage", "key", "tries", "reason"), dead, empty="Nothing was set aside.")
        if seen["workers"]:
            there = [(w["host"], " ".join(w["roles"]), w["since"], w["leads"]) for w in seen["workers"]]
            cli.table("Processes", ("host", "roles", "since", "leads"), there, empty="")

    cli.answer(as_json, seen, tables)
    raise typer.Exit(PROBLEMS if seen["set_aside"] else DONE)


def show(context: typer.Context, stage: str, key: str, as_json: Json = False) -> None:
    """One job that was set aside, with its whole reason.

    Example: run_bot.py jobs show look mastodon:https://example.org/1
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = looking.one(built.road, _stage(stage), key)

    def words() -> None:
        for name, value in found.items():
            cli.out.print(f"{name}: {value}", markup=False)

    cli.answer(as_json, found, words)


def retry(
    context: typer.Context,
    stage: Annotated[str, typer.Argument(help="One stage, or `all`.")] = "all",
    key: Annotated[str, typer.Argument(help="One job; without it all of the stage.")] = "",
    as_json: Json = False,
) -> None:
    """Try work again that was set aside, once its cause is mended.

    Example: run_bot.py jobs retry look
    """
    cli: Cli = context.obj
    wanted = None if stage == "all" else _stage(stage)
    with cli.installation() as built:
        again = _again(built, wanted, key)
    document: dict[str, Any] = {"tried_again": again}
    cli.answer(as_json, document, lambda: cli.out.print(f"{again} jobs wait again.", markup=False))


def _again(built: Installation, stage: Stage | None, key: str) -> int:
    again = looking.retry(built.road, stage, key)
    if key and not again:
        raise UsageError(key, "was not set aside; `jobs list` shows what was")
    return again


def _stage(name: str) -> Stage:
    if name not in set(Stage):
        raise UsageError("STAGE", f"is {name!r}; there are {', '.join(Stage)}")
    return Stage(name)
