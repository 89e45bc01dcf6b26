"""Commands for the worst day: lockdown on, lift; incident open, close. They need no console and no daemon."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import incidents
from bot.services.extracting import moment
from store.codec import to_json, to_text
from store.db import utc_now
from store.errors import UsageError

By = Annotated[str, typer.Option("--by", help="Your account.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Lock everything: nothing goes out, nobody is signed in.", rich_markup_mode=None)
    group.command("on")(on)
    group.command("lift")(lift)
    app.add_typer(group, name="lockdown")
    clocks = typer.Typer(help="Who is affected, and by when they have to be told.", rich_markup_mode=None)
    clocks.command("open")(open_)
    clocks.command("close")(close)
    app.add_typer(clocks, name="incident")


def on(
    context: typer.Context,
    why: Annotated[str, typer.Option(help="What happened.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Stop all sending, end every session, link and token, refuse sign-ins and exports. Within seconds.

    Example: run_bot.py lockdown on --why "ana's laptop was stolen" --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        done = incidents.lock(built.road, by=who(cli, built, by), why=why)

    def show() -> None:
        cli.out.print("Locked. " + ", ".join(f"{n} {name}" for name, n in done.ended.items()), markup=False)
        if done.trouble:
            cli.out.print(f"! Sending is stopped; the rest could not be done: {done.trouble}", markup=False)
        for words in incidents.HINTS:
            cli.out.print(f"- {words}", markup=False)

    cli.answer(as_json, asdict(done), show)


def lift(
    context: typer.Context,
    why: Annotated[str, typer.Option(help="Why it is safe again.")],
    by: By = "",
) -> None:
    """Let people in again. Sending stays stopped until `reply resume`.

    Example: run_bot.py lockdown lift --why "all passwords are new" --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        incidents.lift(built.road, by=who(cli, built, by), why=why)
    cli.out.print("People can sign in again. Sending is still stopped: `reply resume`.", markup=False)


def open_(
    context: typer.Context,
    what: Annotated[str, typer.Option(help="What happened, in words.")],
    since: Annotated[str, typer.Option(help="From when: a moment with offset, or a day.")],
    until: Annotated[str, typer.Option(help="Until when; default: now.")] = "",
    account: Annotated[str, typer.Option(help="Only what this account did.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write the list into this file, for you alone.")] = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """List what was opened or taken in a span of time, and start the clocks of the law.

    Example: run_bot.py incident open --what "stolen laptop" --since 2027-03-01 --account ana --by ben
    """
    cli: Cli = context.obj
    start = moment(f"{since}T00:00:00+00:00" if len(since) == len("2027-03-01") else since, "--since")
    end = moment(until, "--until") if until else utc_now() + timedelta(seconds=1)
    with cli.installation() as built:
        made = incidents.open_(
            built.road, by=who(cli, built, by), what=what, since=start, until=end,
            aware_at=utc_now(), account=account,
        )  # fmt: skip
    if out is not None:
        _write(out, to_text(made))
    document: dict[str, Any] = to_json(made)

    def show() -> None:
        cli.out.print(f"Incident {made.reference}", markup=False)
        rows = [(name, f"{at:%Y-%m-%d %H:%M} UTC", words) for name, at, words in made.clocks]
        cli.table("Clocks", ("by", "until", "what"), rows, empty="")
        seen = [
            (each.subject[:40], ", ".join(f"{a} {n}" for a, n in each.actions.items()), ", ".join(each.by),
             "yes" if each.has_contact else "")
            for each in made.affected
        ]  # fmt: skip
        words = "Nothing was opened or taken in that time."
        cli.table("Affected", ("what", "how", "by", "family to tell"), seen, empty=words)
        for hint in made.hints:
            cli.out.print(f"- {hint}", markup=False)

    cli.answer(as_json, document, show)


def _write(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(str(path), f"cannot be written ({error.strerror}); name a new file") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def close(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(help="As `incident open` gave it.")],
    note: Annotated[str, typer.Option(help="What was done.")],
    by: By = "",
) -> None:
    """Say that everything an incident asks for is done.

    Example: run_bot.py incident close 7F3A99C1 --note "authority told 2027-03-02" --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        incidents.close(built.road, reference, by=who(cli, built, by), note=note)
    cli.out.print("Written down.", markup=False)
