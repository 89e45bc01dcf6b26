"""Commands of `cases` for registrations of one child: duplicates, merge, different, undo. Decides nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.cases_shown import answer
from bot.cli.context import Cli, viewer_of, who
from bot.cli.running import Json
from bot.services import merging

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option(help="By what it is known; a like name is not enough.")]


def register(group: typer.Typer) -> None:
    """Add the commands of this module to `cases`."""
    for name, command in (
        ("duplicates", duplicates), ("merge", merge), ("different", different), ("merges", merges_),
        ("unmerge", unmerge),
    ):  # fmt: skip
        group.command(name)(command)


def duplicates(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Pairs of cases that may be one child, each with the reason.

    Example: run_bot.py cases duplicates --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        pairs = merging.offered(built.road, viewer=viewer_of(cli, built, by))
    document = [
        {"one": p.one.case.id, "other": p.other.case.id, "strong": p.strong, "reasons": list(p.reasons)}
        for p in pairs
    ]
    rows = [(p.one.case.id, p.other.case.id, "; ".join(p.reasons)) for p in pairs]
    empty = "No two registrations look like one child."
    cli.answer(as_json, document, lambda: cli.table("Pairs", ("one", "other", "because"), rows, empty=empty))


def merge(
    context: typer.Context,
    kept: Annotated[str, typer.Argument(help="The case that stays.")],
    gone: Annotated[str, typer.Argument(help="The case that goes into it.")],
    why: Why,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Merge two registrations of one child; it can be taken back.

    Example: run_bot.py cases merge home/1 police.example/7 --why "police file 12/345 names both" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = merging.merge(built.road, kept, gone, by=who(cli, built, by), why=why)
    answer(cli, as_json, view)


def different(
    context: typer.Context,
    one: Annotated[str, typer.Argument(help="A case.")],
    other: Annotated[str, typer.Argument(help="Another one.")],
    why: Why,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Say that two cases are two children; the pair is not offered again.

    Example: run_bot.py cases different home/1 home/2 --why "cousins; both families were asked" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        number = merging.different(built.road, one, other, by=who(cli, built, by), why=why)
    cli.answer(as_json, {"number": number}, lambda: cli.out.print(f"Kept as number {number}.", markup=False))


def merges_(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """What was decided about pairs, newest first, with the numbers by which it is taken back.

    Example: run_bot.py cases merges --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = merging.history(built.road, viewer=viewer_of(cli, built, by))
    document = [
        {"number": m.id, "kind": m.kind, "kept": m.kept, "gone": m.gone, "by": m.by, "why": m.why, "at": m.at}
        for m in found
    ]
    rows = [(m.id, m.kind.value, m.kept, m.gone, m.by, m.why) for m in found]
    columns = ("number", "said", "kept", "gone", "by", "why")
    cli.answer(as_json, document, lambda: cli.table("Decisions", columns, rows, empty="Nothing was decided."))


def unmerge(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The decision's number, as `cases merges` shows it.")],
    why: Why,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take a merge, or a "different", back.

    Example: run_bot.py cases unmerge 3 --why "two children after all" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        held = merging.undo(built.road, number, by=who(cli, built, by), why=why)
    cli.answer(
        as_json,
        {"number": held.id, "kept": held.kept, "gone": held.gone},
        lambda: cli.out.print(f"{held.kept} and {held.gone} stand by themselves again.", markup=False),
    )
