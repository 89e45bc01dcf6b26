"""Commands for accounts: user add, list, link, roles, close, reset-second-factor; canaries."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import canaries, people, roles, totp

Name = Annotated[str, typer.Argument(help="The account's name.")]
Roles = Annotated[list[str], typer.Option("--role", help=f"Once or several times: {', '.join(people.ROLES)}")]
By = Annotated[str, typer.Option(help="Your account, an administrator's.")]
OPERATOR = "operator"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Who may use the console and stands behind a step.", rich_markup_mode=None)
    group.command("add")(add)
    group.command("list")(list_)
    group.command("link")(link)
    group.command("roles")(roles_)
    group.command("close")(close)
    group.command("reset-second-factor")(reset)
    app.add_typer(group, name="user")
    cages = typer.Typer(help="Drafts about nobody that raise an alarm when touched.", rich_markup_mode=None)
    cages.command("add")(canary_add)
    cages.command("list")(canary_list)
    cages.command("lift")(canary_lift)
    app.add_typer(cages, name="canary")


def add(context: typer.Context, name: Name, role: Roles = ["reviewer"], as_json: Json = False) -> None:  # noqa: B006
    """Make an account.

    Example: run_bot.py user add ana --role reviewer --role organiser
    """
    cli: Cli = context.obj
    people.check_new(name, *role)  # Before anything is opened: a mistaken name begins no real data.
    with cli.installation(real=True) as built:
        user = people.add(built.road, name, role, by=OPERATOR)
    cli.answer(
        as_json,
        {"name": user.name, "roles": list(user.roles)},
        lambda: cli.out.print(
            f"{user.name} has the role {user.role}. `run_bot.py user link {user.name}` lets them in.",
            markup=False,
        ),
    )


def list_(context: typer.Context, as_json: Json = False) -> None:
    """All accounts.

    Example: run_bot.py user list
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = people.everybody(built.road)
    cli.answer(
        as_json,
        [
            {
                "name": each.user.name, "roles": list(each.user.roles), "disabled": each.user.disabled,
                "second_factor": each.has_factor,
            }
            for each in found
        ],
        lambda: cli.table(
            "Accounts",
            ("name", "roles", "second factor", "state"),
            [
                (
                    each.user.name, each.user.role, "yes" if each.has_factor else "no",
                    "closed" if each.user.disabled else "open",
                )
                for each in found
            ],
            empty="No account yet: `run_bot.py user add NAME`.",
        ),
    )  # fmt: skip


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


def roles_(context: typer.Context, name: Name, role: Roles, as_json: Json = False) -> None:
    """Give an account exactly these roles. Whoever loses one is signed out everywhere.

    Example: run_bot.py user roles ana --role reviewer --role liaison
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        user = roles.change(built.road, name, role, by=OPERATOR).user
    cli.answer(
        as_json,
        {"name": user.name, "roles": list(user.roles)},
        lambda: cli.out.print(f"{user.name} has the role {user.role} now.", markup=False),
    )


def close(
    context: typer.Context,
    name: Name,
    open_again: Annotated[bool, typer.Option("--open", help="Let a closed account in again.")] = False,
    as_json: Json = False,
) -> None:
    """Close an account: signed out everywhere, its links and tokens end.

    Example: run_bot.py user close ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        act = people.open_again if open_again else people.close
        act(built.road, name, by=OPERATOR)
    said = "open" if open_again else "closed"
    cli.answer(
        as_json,
        {"name": name, "state": said},
        lambda: cli.out.print(f"The account {name} is {said}.", markup=False),
    )


def reset(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """End the second factor of somebody who lost it; administrators are told.

    Example: run_bot.py user reset-second-factor ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        totp.reset(built.road, name, by=OPERATOR)
    words = f"{name} has no second factor any more and is signed out."
    cli.answer(as_json, {"name": name}, lambda: cli.out.print(words, markup=False))


def canary_add(context: typer.Context, case_id: str, by: By = "", as_json: Json = False) -> None:
    """Make a draft that is about nobody a canary: whoever opens or exports it raises an alarm.

    Example: run_bot.py canary add registry.example/9001 --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        canaries.place(built.road, case_id, by=who(cli, built, by))
    cli.answer(as_json, {"case": case_id}, lambda: cli.out.print(f"{case_id} is a canary.", markup=False))


def canary_list(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """All canaries, for administrators.

    Example: run_bot.py canary list --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        found = canaries.listing(built.road, by=who(cli, built, by))
    cli.answer(
        as_json,
        [{"case": each.case_id, "by": each.by, "at": each.at.isoformat()} for each in found],
        lambda: cli.table(
            "Canaries", ("case", "by", "since"),
            [(each.case_id, each.by, f"{each.at:%Y-%m-%d %H:%M} UTC") for each in found],
            empty="There is none: `run_bot.py canary add CASE` makes a draft one.",
        ),
    )  # fmt: skip


def canary_lift(context: typer.Context, case_id: str, by: By = "", as_json: Json = False) -> None:
    """Make a canary an ordinary draft again.

    Example: run_bot.py canary lift registry.example/9001 --by ada
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        canaries.lift(built.road, case_id, by=who(cli, built, by))
    cli.answer(
        as_json, {"case": case_id}, lambda: cli.out.print(f"{case_id} is no canary any more.", markup=False)
    )
