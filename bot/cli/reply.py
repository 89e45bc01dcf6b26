"""Commands for the outbox: reply list, show, approve, cancel, withdraw, stop, resume, preview."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.cli import reply_people, reply_rules
from bot.cli.context import PROBLEMS, Cli, who
from bot.cli.running import Json
from bot.pipeline.stopfile import NAME as STOP
from bot.pipeline.stopfile import StopFile
from bot.services import brake, replies, wording
from store.db import utc_now
from store.errors import ConfigError, HomewardError, UsageError
from store.records.reply import Purpose, Reply, ReplyState

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option(help="The reason, kept with the row.")]
Key = Annotated[str, typer.Argument(help="The row's key, as `reply list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="The outbox: what would be, will be and was posted.", rich_markup_mode=None)
    for name in ("show", "approve", "cancel", "withdraw", "stop", "resume", "preview"):
        group.command(name)(globals()[name])
    group.command("list")(list_)
    reply_rules.register(group)
    reply_people.register(group)
    app.add_typer(group, name="reply")


def as_document(reply: Reply) -> dict[str, Any]:
    """A row as JSON."""
    return {
        "key": reply.key,
        "post": reply.post_key,
        "state": reply.state.value,
        "purpose": reply.purpose.value,
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


def stop(context: typer.Context, by: By = "", why: Why = "") -> None:
    """Stop all sending at once; it stays stopped until `resume`. Works while the database does not answer.

    The file STOP in the data folder does the same, and so does the signal SIGUSR1 to the daemon.

    Example: run_bot.py reply stop --why "being looked into" --by ana
    """
    cli: Cli = context.obj
    try:
        home, _ = cli.home(cli.config())
        folders = [home.folder]
    except ConfigError:
        # Whatever the settings say: both installations of the folder stop.
        folders = [cli.data, cli.data / "sample"]
    # No account is asked for: whoever can stop, may.
    person = by or "the command line"
    left = [
        folder
        for folder in folders
        if folder.exists() and not StopFile(folder / STOP).stop(by=person, why=why, at=utc_now())
    ]
    words = "Nothing is sent until `reply resume`."
    try:
        with cli.installation() as built:
            words = brake.stop(built.road, by=person, why=why) or words
    except (HomewardError, SQLAlchemyError) as error:
        if left:
            raise UsageError(str(left[0] / STOP), "could not be written, and no database answers") from error
        words = f"The file {STOP} holds: nothing is sent. The database did not answer."
    cli.out.print(words, markup=False)


def resume(context: typer.Context, by: By = "", why: Why = "") -> None:
    """Let sending go on: a person, with a reason. Resets the breaker, too.

    Example: run_bot.py reply resume --why "the cause was a wrong text" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        brake.resume(built.road, by=who(cli, built, by), why=why)
    cli.out.print("Sending goes on.", markup=False)


def preview(
    context: typer.Context,
    purpose: Annotated[Purpose, typer.Option(help="What the words are for.")] = Purpose.RECEIPT,
    language: Annotated[str, typer.Option(help="A language of the catalogue.")] = "en",
    text: Annotated[str, typer.Option(help="A text to try in the place of the one in force.")] = "",
    max_length: Annotated[int, typer.Option(help="Another limit than the platforms' own; 0: theirs.")] = 0,
    as_json: Json = False,
) -> None:
    """Exactly what would be posted on each platform, and how long it is there.

    Example: run_bot.py reply preview --purpose receipt --language zh-Hans --max-length 140
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        seen = wording.preview(built.road, purpose, language, text, max_length=max_length or None)
    document = {**asdict(seen), "purpose": purpose.value}

    def show_it() -> None:
        for each in seen.problems:
            cli.out.print(f"! the text {each}", markup=False)
        for shown in seen.shown:
            most = f" of {shown.max_bytes}" if shown.max_bytes else ""
            fits = "fits" if shown.fits else shown.why or "DOES NOT FIT"
            size = f"{shown.length} of {shown.max_length} {shown.unit}, {shown.bytes}{most} bytes"
            cli.out.print(f"{shown.platform}: {size}: {fits}\n  {shown.text}", markup=False)

    cli.answer(as_json, document, show_it)
    if seen.problems or not all(shown.fits for shown in seen.shown):
        raise typer.Exit(PROBLEMS)
