"""The command `exchange list`: which families agreed, and what is out. The others are in bot/cli/chain.py."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import exchange

By = Annotated[str, typer.Option("--by", help="Your account.")]


def list_(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Records whose family agreed or took it back, and those that stand in files that went out.

    Example: run_bot.py exchange list --by ana
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        found = exchange.listing(built.road, by=who(cli, built, by))
    records = [_row(row) for row in found.rows]
    document = {"enabled": found.is_on, "fields": list(found.fields), "records": records}

    def show() -> None:
        state = "on" if found.is_on else "off; `exchange: {enabled: true}` in config.yaml turns it on"
        cli.out.print(f"Exchange is {state}. Fields: {', '.join(found.fields)}.", markup=False)
        rows = [tuple(row.values()) for row in records]
        columns = ("case", "state", "agreed by", "written down by", "last out")
        cli.table("Records", columns, rows, empty="No family has agreed yet: `exchange agree`.")

    cli.answer(as_json, document, show)


def _row(row: exchange.Listed) -> dict[str, str]:
    return {
        "case": row.case_id,
        "state": row.state.value,
        "agreed_by": row.agreed_by,
        "by": row.by,
        "last_out": f"{row.last_out:%Y-%m-%d}" if row.last_out else "",
    }
