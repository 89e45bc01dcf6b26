"""Commands for accounts: user add, list, link."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.context import Cli
from bot.cli.running import Json
from bot.services import people

Name = Annotated[str, typer.Argument(help="The account's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Who may use the console and stands behind a step.", rich_markup_mode=None)
    group.command("add")(add)
    group.command("list")(list_)
    group.command("link")(link)
    app.add_typer(group, name="user")


def add(
    context: typer.Context,
    name: Name,
    role: Annotated[str, typer.Option(help=", ".join(people.ROLES))] = "reviewer",
    as_json: Json = False,
) -> None:
    """Make an account.

    Example: run_bot.py user add ana --role reviewer
    """
    cli: Cli = context.obj
    people.check_new(name, role)  # Before anything is opened: a mistaken name begins no real data.
    with cli.installation(real=True) as built:
        user = people.add(built.road, name, role, by="operator")
    cli.answer(
        as_json,
        {"name": user.name, "role": user.role},
        lambda: cli.out.print(
            f"{user.name} is a {user.role}. `run_bot.py user link {user.name}` lets them in.", markup=False
        ),
    )


def list_(context: typer.Context, as_json: Json = False) -> None:
    """All accounts.

    Example: run_bot.py user list
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        users = people.listing(built.road)
    cli.answer(
        as_json,
        [{"name": u.name, "role": u.role, "disabled": u.disabled} for u in users],
        lambda: cli.table(
            "Accounts",
            ("name", "role"),
            [(u.name, u.role) for u in users],
            empty="No account yet: `run_bot.py user add NAME`.",
        ),
    )


def link(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """A one-time sign-in address, valid a day. Whoever has it is in: hand it over in person.

    Example: run_bot.py user link ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        token = people.link(built.road, name)
        console = built.config.console
    url = f"http://{console.host}:{console.port}/enter/{token}"
    cli.answer(as_json, {"url": url}, lambda: cli.out.print(url, markup=False))
