"""Commands for legal holds (hold place, confirm, list, show, release, open) and for the safeguarding lead."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import holds, safeguarding
from bot.services.extracting import moment
from bot.services.holds import HoldView

By = Annotated[str, typer.Option("--by", help="Your account.")]
Id = Annotated[str, typer.Argument(help="The hold's id, as `hold place` gave it.")]
Reference = Annotated[str, typer.Argument(help="The task's reference, as the alert gave it.")]
END_OF_DAY = "T23:59:59+00:00"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="Legal holds: the one exception to a deletion, two people, sealed.", rich_markup_mode=None
    )
    group.command("place")(place)
    group.command("confirm")(confirm)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("release")(release)
    group.command("open")(open_)
    app.add_typer(group, name="hold")
    lead = typer.Typer(help="What is for the safeguarding lead alone.", rich_markup_mode=None)
    lead.command("list")(tasks)
    lead.command("done")(done)
    lead.command("hand-over")(hand_over)
    app.add_typer(lead, name="safeguarding")


def _tell(cli: Cli, as_json: bool, view: HoldView) -> None:
    def show_it() -> None:
        hold = view.hold
        cli.out.print(f"{hold.id}  [{view.state.value}]  until {hold.until:%Y-%m-%d %H:%M} UTC", markup=False)
        cli.out.print(hold.basis, markup=False)
        people = f"placed by {hold.placed_by}"
        people += f", confirmed by {hold.confirmed_by}" if hold.confirmed_by else ", not confirmed yet"
        cli.out.print(people, markup=False)
        for key in hold.posts:
            cli.out.print(f"  {key}{'  (deleted; sealed copy)' if key in view.sealed else ''}", markup=False)

    cli.answer(as_json, view.as_json(), show_it)


def place(
    context: typer.Context,
    posts: Annotated[
        list[str], typer.Argument(help="Keys of the posts, as `status` and the console show them.")
    ],
    basis: Annotated[str, typer.Option(help="On what the hold rests, in words: court, file, law.")],
    until: Annotated[str, typer.Option(help="Its last day, YYYY-MM-DD, or a moment with offset.")],
    platform_permission: Annotated[
        str, typer.Option(help="The platform's own permission (reference); X posts need one.")
    ] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Place a hold. It counts once somebody else confirms it; until then it freezes for a day at most.

    Example: run_bot.py hold place POST --basis "court order 3 Js 12/27" --until 2027-06-30 --by ana
    """
    cli: Cli = context.obj
    end = moment(until + END_OF_DAY if len(until) == len("2027-06-30") else until, "--until")
    with cli.installation() as built:
        view = holds.place(
            built.road,
            posts,
            basis=basis,
            until=end,
            by=who(cli, built, by),
            platform_permission=platform_permission,
        )
    _tell(cli, as_json, view)
    cli.say(f"Tell your colleague the id {view.hold.id}: `run_bot.py hold confirm {view.hold.id} --by …`.")


def confirm(context: typer.Context, id: Id, by: By = "", as_json: Json = False) -> None:
    """Stand behind somebody else's hold: from now on it counts.

    Example: run_bot.py hold confirm B7K2M9QX --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = holds.confirm(built.road, id, by=who(cli, built, by))
    _tell(cli, as_json, view)


def list_(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Holds that you placed or confirmed; an admin sees all.

    Example: run_bot.py hold list --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        views = holds.listing(built.road, by=who(cli, built, by))
    cli.answer(
        as_json,
        [view.as_json() for view in views],
        lambda: cli.table(
            "Holds",
            ("id", "state", "until", "posts", "sealed", "basis"),
            [
                (v.hold.id, v.state.value, f"{v.hold.until:%Y-%m-%d}", len(v.hold.posts), len(v.sealed),
                 v.hold.basis)
                for v in views
            ],
            empty="No hold that you may see.",
        ),
    )  # fmt: skip


def show(context: typer.Context, id: Id, by: By = "", as_json: Json = False) -> None:
    """One hold with its posts.

    Example: run_bot.py hold show B7K2M9QX --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = holds.show(built.road, id, by=who(cli, built, by))
    _tell(cli, as_json, view)


def release(
    context: typer.Context,
    id: Id,
    why: Annotated[str, typer.Option(help="The reason, kept with the hold.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """End a hold. Deletions that it put off are done at once.

    Example: run_bot.py hold release B7K2M9QX --why "handed over" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = holds.release(built.road, id, by=who(cli, built, by), why=why)
    _tell(cli, as_json, view)


def open_(
    context: typer.Context,
    id: Id,
    out: Annotated[Path, typer.Option(help="A new folder for the opened copies.")],
    reason: Annotated[str, typer.Option(help="To whom they go and why; kept in the audit.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Write the sealed copies of a confirmed hold into a folder, for whom the basis names.

    Example: run_bot.py hold open B7K2M9QX --out handover --reason "to the court, file 3" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        files = holds.hand_over(built.road, id, out, by=who(cli, built, by), reason=reason)
    names = [str(file) for file in files]
    cli.answer(as_json, {"files": names}, lambda: cli.out.print("\n".join(names), markup=False))


def tasks(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Tasks of the safeguarding lead: reference and state alone; the console shows the rest.

    Example: run_bot.py safeguarding list --by lea
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = safeguarding.tasks(built.road, by=who(cli, built, by))
    rows = [
        (
            item.task.reference,
            "done" if item.task.done_at else "waits",
            f"{item.task.raised_at:%Y-%m-%d %H:%M}",
        )
        for item in found
    ]
    cli.answer(
        as_json,
        [dict(zip(("reference", "state", "raised_at"), row, strict=True)) for row in rows],
        lambda: cli.table("Safeguarding", ("reference", "state", "raised"), rows, empty="Nothing waits."),
    )


def done(
    context: typer.Context,
    reference: Reference,
    note: Annotated[str, typer.Option(help="What was done, kept with the task.")] = "",
    by: By = "",
) -> None:
    """Say that a task was taken care of. The post stays hidden.

    Example: run_bot.py safeguarding done K7M2PQ --note "police informed" --by lea
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        safeguarding.done(built.road, reference, by=who(cli, built, by), note=note)
    cli.out.print(f"{reference} is done.", markup=False)


def hand_over(
    context: typer.Context,
    post: Annotated[str, typer.Argument(help="The post's key.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Give a post whose author may be the child to the safeguarding lead: nobody else sees it any more.

    Example: run_bot.py safeguarding hand-over POST --by rita
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        reference = safeguarding.hand_over(built.road, post, by=who(cli, built, by))
    cli.answer(
        as_json,
        {"reference": reference},
        lambda: cli.out.print(f"It is for the safeguarding lead now (reference {reference}).", markup=False),
    )
