"""Commands for case files: prepare, look, release, refuse, link, take, withdraw. Checks: bot/cli/chain.py."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli import chain
from bot.cli.chain import write_new
from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import casefile, delivery
from bot.services.casefile import CaseFileView
from bot.services.extracting import moment
from store.records.casefile import Delivery

By = Annotated[str, typer.Option("--by", help="Your account.")]
Number = Annotated[int, typer.Argument(help="The case file's number, as `casefile list` shows it.")]
Why = Annotated[str, typer.Option(help="The reason in words, kept with the file.")]
Out = Annotated[Path, typer.Option(help="The file to write; it must not exist yet.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module, and those of the same group that need no account."""
    group = typer.Typer(
        help="Case files for authorities: two people, signed, encrypted.", rich_markup_mode=None
    )
    for name, call in (
        ("prepare", prepare), ("list", list_), ("look", look), ("release", release), ("refuse", refuse),
        ("complete", complete), ("link", link), ("again", again), ("take", take), ("withdraw", withdraw),
        ("verify", chain.verify), ("key", chain.key),
    ):  # fmt: skip
        group.command(name)(call)
    app.add_typer(group, name="casefile")


def _tell(cli: Cli, as_json: bool, view: CaseFileView) -> None:
    file = view.file
    document = as_document(view)

    def show_it() -> None:
        words = f"{file.number}  [{file.state.value}]  for {file.authority}  until {file.expires_at:%Y-%m-%d}"
        cli.out.print(words, markup=False)
        cli.out.print(f"{file.case_id}, prepared by {file.prepared_by}: {file.purpose}", markup=False)
        if file.digest:
            cli.out.print(f"{file.size_bytes} bytes, SHA-256 {file.digest}", markup=False)

    cli.answer(as_json, document, show_it)


def as_document(view: CaseFileView) -> dict[str, Any]:
    """For `--json`: never a link's secret or code, which are kept nowhere."""
    file = view.file
    names = (
        "number case_id match_key authority purpose why originals content prepared_by decided_by decided_why"
    )
    moments = ("expires_at", "prepared_at", "decided_at", "kept_until", "ended_at")
    found: dict[str, Any] = {name: getattr(file, name) for name in names.split()}
    found |= {"state": file.state.value, "sha256": file.digest, "size_bytes": file.size_bytes}
    found |= {n: v.isoformat() if (v := getattr(file, n)) is not None else None for n in moments}
    found["ended_why"] = file.ended_why
    found["links"] = [_link(one) for one in view.links]
    return found


def _link(one: Delivery) -> dict[str, Any]:
    used = one.used_at.isoformat() if one.used_at else None
    made, until = one.made_at.isoformat(), one.expires_at.isoformat()
    return {"made_by": one.made_by, "made_at": made, "expires_at": until, "tries": one.tries} | {
        "used_at": used, "over_why": one.over_why,
    }  # fmt: skip


def _end_of_day(text: str) -> datetime:
    return moment(f"{text}T23:59:59+00:00" if len(text) == len("2026-12-31") else text, "--until")


def prepare(
    context: typer.Context,
    candidate: Annotated[str, typer.Argument(help="The confirmed candidate's key, or its beginning.")],
    authority: Annotated[str, typer.Option("--for", help="The authority, as config.yaml names it.")],
    purpose: Annotated[str, typer.Option(help="For what the authority may use it; stands in the file.")],
    why: Why,
    until: Annotated[str, typer.Option(help="The last day of the purpose, YYYY-MM-DD.")],
    originals: Annotated[
        bool, typer.Option("--originals", help="Also the post's photos as they came, with camera data.")
    ] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """First person: prepare a case file about a confirmed candidate. Nothing leaves.

    Example: run_bot.py casefile prepare 5f1d --for PSB --purpose "…" --why "…" --until 2026-12-31 --by rita
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = casefile.prepare(
            built.road, candidate, by=who(cli, built, by), authority=authority, purpose=purpose, why=why,
            expires_at=_end_of_day(until), originals=originals,
        )  # fmt: skip
    _tell(cli, as_json, view)
    cli.say(f"Somebody else looks and releases: `run_bot.py casefile look {view.file.number} …`.")


def list_(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Case files that you may know of, newest first.

    Example: run_bot.py casefile list --by rita
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        views = casefile.listing(built.road, viewer=who(cli, built, by))
    rows = [
        (v.file.number, v.file.state.value, v.file.case_id, v.file.authority, f"{v.file.expires_at:%Y-%m-%d}",
         v.file.prepared_by, v.file.decided_by)
        for v in views
    ]  # fmt: skip
    columns = ("number", "state", "case", "for", "until", "prepared", "decided")
    cli.answer(
        as_json,
        [as_document(view) for view in views],
        lambda: cli.table("Case files", columns, rows, empty="No case file that you may see."),
    )


def look(context: typer.Context, number: Number, out: Out, by: By = "") -> None:
    """Write a file's printed report, as it would leave; that you looked is written down.

    Example: run_bot.py casefile look 7 --out report.pdf --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        data = casefile.look(built.road, number, by=who(cli, built, by))
    write_new(out, data)
    cli.out.print(str(out), markup=False)


def release(context: typer.Context, number: Number, why: Why, by: By = "", as_json: Json = False) -> None:
    """Second person: it may go, as you looked at it. The file is signed and encrypted now.

    Example: run_bot.py casefile release 7 --why "looked at every page" --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = casefile.release(built.road, number, by=who(cli, built, by), why=why)
    _tell(cli, as_json, view)


def refuse(context: typer.Context, number: Number, why: Why, by: By = "", as_json: Json = False) -> None:
    """Second person: it may not go.

    Example: run_bot.py casefile refuse 7 --why "the place is wrong" --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = casefile.refuse(built.road, number, by=who(cli, built, by), why=why)
    _tell(cli, as_json, view)


def complete(context: typer.Context, number: Number, by: By = "", as_json: Json = False) -> None:
    """Make the encrypted file of a released one that has none: the time-stamping service did not answer.

    Example: run_bot.py casefile complete 7 --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = casefile.complete(built.road, number, by=who(cli, built, by))
    _tell(cli, as_json, view)


def link(context: typer.Context, number: Number, by: By = "", as_json: Json = False) -> None:
    """Make a one-time link and its code, both shown once. The code goes another way than the link.

    Example: run_bot.py casefile link 7 --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        made = delivery.hand(built.road, number, by=who(cli, built, by))
    until = f"{made.link.expires_at:%Y-%m-%d %H:%M} UTC"

    def show_it() -> None:
        cli.out.print(f"{made.address}\ncode: {made.code}\ngood until {until}, once", markup=False)

    cli.answer(as_json, {"address": made.address, "code": made.code, "until": until}, show_it)


def again(context: typer.Context, number: Number, why: Why, by: By = "") -> None:
    """Say that a delivery did not arrive, while its bytes are kept: it can be handed over once more.

    Example: run_bot.py casefile again 7 --why "the transfer broke off, says the officer" --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        delivery.again(built.road, number, by=who(cli, built, by), why=why)
    cli.out.print(f"{number} can be handed over again.", markup=False)


def take(context: typer.Context, number: Number, out: Out, by: By = "") -> None:
    """Write the encrypted file to hand it over by hand; written down.

    Example: run_bot.py casefile take 7 --out case-file-7.zip.age --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        _, data = casefile.fetch(built.road, number, by=who(cli, built, by))
    write_new(out, data)
    cli.out.print(str(out), markup=False)


def withdraw(context: typer.Context, number: Number, why: Why, by: By = "", as_json: Json = False) -> None:
    """End a file that was not fetched: its links are over, its bytes go.

    Example: run_bot.py casefile withdraw 7 --why "the child is home" --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = casefile.withdraw(built.road, number, by=who(cli, built, by), why=why)
    _tell(cli, as_json, view)
