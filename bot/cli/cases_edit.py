"""The command `cases edit`: fields, ages in photos, photos that were wrong. Decides nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.cases_shown import answer
from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import case_edits
from bot.services.case_edits import EDITABLE, Edit
from store.errors import UsageError


def register(group: typer.Typer) -> None:
    """Add the command of this module to `cases`."""
    group.command("edit")(edit)


def edit(
    context: typer.Context,
    case_id: Annotated[str, typer.Argument(help="The case's id.")],
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help=f"FIELD=VALUE, again for more; empty clears it. Fields: {', '.join(EDITABLE)}."
        ),
    ] = None,
    photo_age: Annotated[
        list[str] | None,
        typer.Option(help="DIGEST=YEARS, by the beginning of a photo's digest; empty: unknown."),
    ] = None,
    drop_photo: Annotated[
        list[str] | None, typer.Option(help="Take a photo off, by the beginning of its digest.")
    ] = None,
    why: Annotated[str, typer.Option(help="Why; needed once the case was verified.")] = "",
    by: Annotated[str, typer.Option("--by", help="Your account.")] = "",
    as_json: Json = False,
) -> None:
    """Change fields and ages of a case. Past draft only its registrar may, and it is verified anew.

    Example: run_bot.py cases edit home/1 --set date_of_birth=2016-05 --photo-age 3f9a=4 --by ana
    """
    cli: Cli = context.obj
    fields = dict(_pair("--set", each) for each in set_ or ())
    ages = {name: _years(value) for name, value in (_pair("--photo-age", each) for each in photo_age or ())}
    if not (fields or ages or drop_photo):
        raise UsageError("edit", "changes nothing; give --set, --photo-age or --drop-photo")
    wanted = Edit(fields, ages, tuple(drop_photo or ()))
    with cli.installation() as built:
        view = case_edits.change(built.road, case_id, wanted, by=who(cli, built, by), why=why)
    answer(cli, as_json, view)


def _pair(option: str, given: str) -> tuple[str, str]:
    name, is_there, value = given.partition("=")
    if not is_there or not name.strip():
        raise UsageError(option, f"is {given[:60]!r}; write it with an equals sign, such as sex=female")
    return name.strip(), value


def _years(value: str) -> float | None:
    try:
        return float(value) if value.strip() else None
    except ValueError:
        raise UsageError("--photo-age", f"is {value[:20]!r}; write a number of years") from None
