"""Commands for the outbox: reply list, show, approve, cancel, withdraw, pause, resume."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import replies
from store.records.reply import Reply, ReplyState

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option(help="The reason, kept with the row.")]
Key = Annotated[str, typer.Argument(help="The row's key, as `reply list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="The outbox: what would be, will be and was posted.", rich_markup_mode=None)
    for name in ("show", "approve", "cancel", "withdraw", "pause", "resume"):
        group.command(name)(globals()[name])
    group.command("list")(list_)
    app.add_typer(group, name="reply")


def as_document(reply: Reply) -> dict[str, Any]:
    """A row as JSON."""
    return {
        "key": reply.key,
        "post": reply.post_key,
        "state": reply.state.value,
        "level": reply.level.value,
        "platform": reply.platform,
        "account": reply.account,
        "text": reply.text,
        "language": reply.language,
        "visibility": reply.visibility,
        "reference": reply.reference,
        "consent": reply.consent,
        "approved_by": reply.approved_by,
        "attempt": reply.attempt,
        "receipt_id": reply.receipt_id,
        "not_before": reply.not_before.isoformat(),
        "why": reply.why,
    }


def _answer(cli: Cli, as_json: bool, reply: Reply) -> None:
    def show_it() -> None:
        cli.out.print(
            f"{reply.key}  [{reply.state.value}]  {reply.platform}, {reply.visibility}", markup=False
        )
        cli.out.print(reply.text, markup=False)
        cli.out.print(f"{reply.consent} {reply.why}", markup=False)

    cli.answer(as_json, as_document(reply), show_it)


def list_(
    context: typer.Context,
    state: Annotated[ReplyState | None, typer.Option(help="Only rows in this state.")] = None,
    as_json: Json = False,
) -> None:
    """Rows of the outbox, newest first, with the exact text.

    Example: run_bot.py reply list --state drafted
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        rows = replies.listing(built.road, state=state)
    cli.answer(
        as_json,
        [as_document(row) for row in rows],
        lambda: cli.table(
            "Outbox",
            ("state", "platform", "text", "key"),
            [(row.state.value, row.platform, row.text, row.key) for row in rows],
            empty="The outbox is empty: nobody has named the campaign account yet.",
        ),
    )


def show(context: typer.Context, key: Key, as_json: Json = False) -> None:
    """One row exactly as it is or would be posted.

    Example: run_bot.py reply show KEY
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        reply = replies.show(built.road, key)
    _answer(cli, as_json, reply)


def approve(context: typer.Context, key: Key, by: By = "", as_json: Json = False) -> None:
    """Let a drafted row go. Rows of a dry-run can never be sent.

    Example: run_bot.py reply approve KEY --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        reply = replies.approve(built.road, key, by=who(cli, built, by))
    _answer(cli, as_json, reply)


def cancel(context: typer.Context, key: Key, by: By = "", why: Why = "", as_json: Json = False) -> None:
    """Stop a row that is not out yet.

    Example: run_bot.py reply cancel KEY --why "asked by phone" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        reply = replies.cancel(built.road, key, by=who(cli, built, by), why=why)
    _answer(cli, as_json, reply)


def withdraw(context: typer.Context, key: Key, by: By = "", why: Why = "", as_json: Json = False) -> None:
    """Take a sent reply back on its platform.

    Example: run_bot.py reply withdraw KEY --why "wrong text" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        reply = replies.withdraw(built.road, key, by=who(cli, built, by), why=why)
    _answer(cli, as_json, reply)


def pause(context: typer.Context, by: By = "", why: Why = "") -> None:
    """Stop all sending at once; it stays stopped until `resume`.

    Example: run_bot.py reply pause --why "being looked into" --by ana
    """
    _switch(context.obj, on=True, by=by, why=why)


def resume(context: typer.Context, by: By = "", why: Why = "") -> None:
    """Let sending go on.

    Example: run_bot.py reply resume --by ana
    """
    _switch(context.obj, on=False, by=by, why=why)


def _switch(cli: Cli, *, on: bool, by: str, why: str) -> None:
    with cli.installation() as built:
        replies.pause(built.road, on=on, by=who(cli, built, by), why=why)
    cli.out.print("Nothing is sent until `reply resume`." if on else "Sending goes on.", markup=False)
