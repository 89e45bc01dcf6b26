"""Commands around pictures that nobody may be shown: quarantine report, list, show, reported, release, …"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.context import DONE, PROBLEMS, Cli, who
from bot.cli.running import Json
from bot.photos.hashlists import ListHealth
from bot.services import quarantine
from store.codec import to_json
from store.records.quarantine import Quarantined

By = Annotated[
    str, typer.Option("--by", help="Your account; all but `report` and `lists` want the officer's.")
]
Reference = Annotated[str, typer.Argument(help="The task's reference, as `quarantine list` shows it.")]
Why = Annotated[str, typer.Option(help="Why, in words; kept with the task.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Pictures that nobody may be shown.", rich_markup_mode=None)
    for name, command in (
        ("report", report), ("list", list_), ("show", show), ("reported", reported), ("release", release),
        ("bar", bar), ("hand-over", hand_over), ("lists", lists),
    ):  # fmt: skip
        group.command(name)(command)
    app.add_typer(group, name="quarantine")


def report(
    context: typer.Context,
    picture: Annotated[str, typer.Argument(help="The digest of the photo, or of its copy as pages show it.")],
    note: Annotated[str, typer.Option(help="What the officer should know.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Report a picture: it is taken away everywhere at once, and the officer gets a task.

    Example: run_bot.py quarantine report DIGEST --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        reference = quarantine.report(built.road, picture, by=who(cli, built, by), note=note)
    cli.answer(
        as_json,
        {"reference": reference},
        lambda: cli.out.print(f"It is gone. The officer has the task {reference}.", markup=False),
    )


def _document(item: Quarantined) -> dict[str, Any]:
    document: dict[str, Any] = to_json(item)
    return document


def list_(
    context: typer.Context,
    closed: Annotated[bool, typer.Option("--all", help="Closed tasks too.")] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """The officer's tasks, those due first.

    Example: run_bot.py quarantine list --by olga
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        items = quarantine.tasks(built.road, by=who(cli, built, by), closed=closed)
    rows = [
        (i.reference, i.state.value, i.duty.value, f"{i.due_at:%Y-%m-%d %H:%M} UTC" if i.due_at else "-")
        for i in items
    ]
    cli.answer(
        as_json,
        [_document(item) for item in items],
        lambda: cli.table(
            "Quarantine", ("reference", "state", "asks for", "due"), rows, empty="No task waits."
        ),
    )


def show(context: typer.Context, reference: Reference, by: By = "", as_json: Json = False) -> None:
    """One task: why, where the picture stood, what has to be preserved and reported. Never the picture.

    Example: run_bot.py quarantine show ABC234 --by olga
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        task = quarantine.show(built.road, reference, by=who(cli, built, by))
    document = {
        "task": _document(task.item),
        "reasons": to_json(task.reasons),
        "where": [
            {"kind": w.place.kind, "key": w.place.key, "position": w.place.position, "post": w.post}
            for w in task.where
        ],
        "duty": to_json(task.duty),
    }

    def print_it() -> None:
        say = cli.out.print
        item, duty = task.item, task.duty
        due = f", due {item.due_at:%Y-%m-%d %H:%M} UTC" if item.due_at else ""
        say(f"{item.reference}: {item.state.value}, {item.duty.value}{due}", markup=False)
        for reason in task.reasons:
            say(f"  why: {reason.lead.value} {reason.words}", markup=False)
        for where in task.where:
            address = where.post.get("permalink", "")
            say(f"  where: {where.place.kind} {where.place.key} {address}", markup=False)
        say(f"Report to {duty.report_to}, {duty.address}", markup=False)
        for number, step in enumerate(duty.steps, 1):
            say(f"  {number}. {step.words} ({step.source}, read {step.checked})", markup=False)

    cli.answer(as_json, document, print_it)


def reported(
    context: typer.Context,
    reference: Reference,
    to: Annotated[str, typer.Option(help="To whom it was reported.")],
    report_reference: Annotated[str, typer.Option("--reference", help="The reference of the report.")],
    preserve_until: Annotated[
        datetime | None, typer.Option(help="Until when its bytes are preserved.", formats=["%Y-%m-%d"])
    ] = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """The officer reported it: its bytes stay sealed until the date, then they are destroyed.

    Example: run_bot.py quarantine reported ABC234 --to "NCMEC CyberTipline" --reference 123456 --by olga
    """
    cli: Cli = context.obj
    until = preserve_until.replace(tzinfo=UTC) if preserve_until else None
    with cli.installation() as built:
        item = quarantine.mark_reported(
            built.road, reference, by=who(cli, built, by), to=to, report_reference=report_reference,
            preserve_until=until,
        )  # fmt: skip
    cli.answer(
        as_json,
        _document(item),
        lambda: cli.out.print(
            f"{item.reference} is reported; preserved until {item.preserve_until:%Y-%m-%d}.", markup=False
        ),
    )


def release(
    context: typer.Context, reference: Reference, why: Why, by: By = "", as_json: Json = False
) -> None:
    """A false positive: an ordinary picture again, looked at anew.

    Example: run_bot.py quarantine release ABC234 --why "a landscape" --by olga
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        back = quarantine.release(built.road, reference, by=who(cli, built, by), why=why)
    cli.answer(
        as_json,
        {"reference": reference, "posts": len(back)},
        lambda: cli.out.print(
            f"An ordinary picture again; {len(back)} posts are looked at anew.", markup=False
        ),
    )


def bar(
    context: typer.Context,
    references: Annotated[list[str], typer.Argument(help="One or more references.")],
    why: Why,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Not to be reported, but nothing for this place: it stays out and its bytes are destroyed.

    Example: run_bot.py quarantine bar ABC234 DEF567 --why "adult advertising" --by olga
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        items = quarantine.bar(built.road, references, by=who(cli, built, by), why=why)
    cli.answer(
        as_json,
        [_document(item) for item in items],
        lambda: cli.out.print(f"{len(items)} pictures stay out; their bytes are destroyed.", markup=False),
    )


def hand_over(
    context: typer.Context,
    reference: Reference,
    file: Annotated[Path, typer.Option("--to", help="A new file; only you may read it.")],
    why: Why,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Write the preserved bytes to a new file for an authority that asked for them. Do not open it.

    Example: run_bot.py quarantine hand-over ABC234 --to evidence.bin --why "police, ref. 77" --by olga
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        size = quarantine.hand_over(built.road, reference, file, by=who(cli, built, by), why=why)
    cli.answer(
        as_json,
        {"reference": reference, "file": str(file), "size_bytes": size},
        lambda: cli.out.print(f"{size} bytes are in {file}. Delete it once it is handed over.", markup=False),
    )


def lists(context: typer.Context, as_json: Json = False) -> None:
    """The hash lists as they stand: entries, lines that cannot be used, age; photos compared with them.

    Example: run_bot.py quarantine lists
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        health, (done, of) = quarantine.lists(built.road)
        now = built.road.clock()
    document = {"lists": [_health(each, now) for each in health], "compared": done, "photos": of}

    def print_it() -> None:
        rows = [
            (each.file.terms.name, each.file.terms.kind.value, each.size, each.bad_lines, _state(each, now))
            for each in health
        ]
        empty = "No hash list is set up: `abuse_lists:` in config.yaml."
        cli.table("Hash lists", ("name", "kind", "hashes", "bad lines", "state"), rows, empty=empty)
        for each in health:
            for line, reason in each.problems:
                cli.out.print(f"{each.file.terms.name}, line {line}: {reason}", markup=False)
            for kind, amount in each.left_out:
                cli.out.print(f"{each.file.terms.name}: {amount} of kind {kind} left out", markup=False)
        cli.out.print(f"{done} of {of} stored photos compared with them.", markup=False)

    cli.answer(as_json, document, print_it)
    raise typer.Exit(PROBLEMS if any(each.trouble for each in health) else DONE)


def _state(each: ListHealth, now: datetime) -> str:
    return each.trouble or ("old" if each.is_old(now) else f"version {each.version}")


def _health(each: ListHealth, now: datetime) -> dict[str, Any]:
    return {
        "name": each.file.terms.name, "kind": each.file.terms.kind.value, "source": each.file.terms.source,
        "version": each.version, "hashes": each.size, "bad_lines": each.bad_lines,
        "problems": [{"line": line, "reason": reason} for line, reason in each.problems],
        "left_out": dict(each.left_out), "written_at": each.written_at, "is_old": each.is_old(now),
        "trouble": each.trouble,
    }  # fmt: skip
