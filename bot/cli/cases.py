"""Commands for the registry: cases add, import, list, show, verify, activate, located, closed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.context import DONE, PROBLEMS, Cli, who
from bot.cli.running import Json
from bot.services import case_files
from bot.services import cases as registry
from bot.services.cases import CaseView
from store.errors import UsageError
from store.records.case import Case, CaseStatus, CaseType

By = Annotated[str, typer.Option("--by", help="Your account; a second person verifies what you register.")]
Evidence = Annotated[
    str, typer.Option(help="On what word or paper: a police reference, a registry's record.")
]
CaseId = Annotated[str, typer.Argument(help="The case's id.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="The registry of missing children. Only active cases are searched.", rich_markup_mode=None
    )
    group.command("add")(add)
    group.command("import")(import_)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("verify")(verify)
    group.command("activate")(activate)
    group.command("end")(end)
    app.add_typer(group, name="cases")


def add(
    context: typer.Context,
    case_id: CaseId,
    name: Annotated[str, typer.Option(help="The child's full name.")],
    photo: Annotated[list[Path], typer.Option(help="A photo; give it again for more.")],
    photo_age: Annotated[
        list[float] | None, typer.Option(help="The child's age in each photo, in years.")
    ] = None,
    sex: Annotated[str, typer.Option(help="female, male, other")] = "",
    born: Annotated[str, typer.Option(help="YYYY, YYYY-MM or YYYY-MM-DD")] = "",
    kind: Annotated[CaseType, typer.Option("--type", help="How the child went missing.")] = CaseType.UNKNOWN,
    last_seen_on: Annotated[str, typer.Option(help="YYYY-MM-DD")] = "",
    last_seen_place: Annotated[str, typer.Option(help="Where, in words.")] = "",
    marks: Annotated[str, typer.Option(help="Marks, in words.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Register a draft. A second person verifies and activates it; until then it is searched by no door.

    Example: run_bot.py cases add home/1 --name "…" --photo a.jpg --photo-age 4 --by ana
    """
    cli: Cli = context.obj
    ages: list[float | None] = [*(photo_age or [])]
    if len(ages) > len(photo):
        raise UsageError("--photo-age", f"is given {len(ages)} times for {len(photo)} photos")
    try:
        seen_on = date.fromisoformat(last_seen_on) if last_seen_on else None
    except ValueError:
        raise UsageError("--last-seen-on", f"is {last_seen_on!r}; write YYYY-MM-DD") from None
    case = Case(
        id=case_id, full_name=name, type=kind, sex=sex, date_of_birth=born, marks=marks,
        last_seen_on=seen_on, last_seen_place=last_seen_place,
    )  # fmt: skip
    ages += [None] * (len(photo) - len(ages))
    files = [registry.read_photo(path, age) for path, age in zip(photo, ages, strict=True)]
    with cli.installation(real=True, for_account=True) as built:
        view = registry.add(built.road, case, files, by=who(cli, built, by))
    _answer(cli, as_json, view)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV or JSON; photos beside it.")],
    source: Annotated[str, typer.Option(help="The registry it comes from; ids are kept under it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Import cases as drafts; bad rows are set aside with number and reason; done again, nothing doubles.

    Example: run_bot.py cases import cases.csv --source police.example --by ana --dry-run
    """
    cli: Cli = context.obj
    with cli.installation(real=True, for_account=True) as built:
        name = who(cli, built, by)
        report = case_files.import_file(built.road, file, by=name, source_name=source, dry_run=dry_run)
    document = {
        "found": report.found,
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "set_aside": report.set_aside,
        "dry_run": dry_run,
    }

    def show_it() -> None:
        words = "would be" if dry_run else "were"
        counts = f"{len(report.added)} {words} added, {len(report.changed)} changed"
        cli.out.print(f"{report.found} rows: {counts}.", markup=False)
        for row in report.set_aside:
            cli.out.print(f"set aside: {row['where']}: {row['reason']}", markup=False)

    cli.answer(as_json, document, show_it)
    raise typer.Exit(PROBLEMS if report.set_aside else DONE)


def list_(
    context: typer.Context,
    status: Annotated[CaseStatus | None, typer.Option(help="Only cases in this status.")] = None,
    after: Annotated[str, typer.Option(help="Go on after this id.")] = "",
    as_json: Json = False,
) -> None:
    """List cases by id, a hundred at a time.

    Example: run_bot.py cases list --status active
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        rows = registry.listing(built.road, status=status, after=after)
    document = [{"id": r.case.id, "status": r.status.value, "type": r.case.type.value} for r in rows]
    cli.answer(
        as_json,
        document,
        lambda: cli.table(
            "Cases",
            ("id", "status", "name", "registered by"),
            [(r.case.id, r.status.value, r.case.full_name, r.registered_by) for r in rows],
            empty="No case here. `cases add` or `cases import` registers drafts.",
        ),
    )


def show(context: typer.Context, case_id: CaseId, as_json: Json = False) -> None:
    """Show one case with its photos and its life. Contacts stay sealed.

    Example: run_bot.py cases show home/1
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = registry.show(built.road, case_id)
    _answer(cli, as_json, view)


def verify(
    context: typer.Context, case_id: CaseId, evidence: Evidence, by: By = "", as_json: Json = False
) -> None:
    """Second step, by somebody who did not register the case, on evidence in words.

    Example: run_bot.py cases verify home/1 --evidence "police ref. 12/345" --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = registry.verify(built.road, case_id, by=who(cli, built, by), evidence=evidence)
    _answer(cli, as_json, view)


def activate(
    context: typer.Context, case_id: CaseId, by: By = "", evidence: Evidence = "", as_json: Json = False
) -> None:
    """Third step: the case joins the gallery and is compared with everything stored before.

    Example: run_bot.py cases activate home/1 --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = registry.activate(built.road, case_id, by=who(cli, built, by), evidence=evidence)
    _answer(cli, as_json, view)


def end(
    context: typer.Context,
    case_id: CaseId,
    to: Annotated[CaseStatus, typer.Argument(help="located or closed")],
    evidence: Evidence,
    by: By = "",
    as_json: Json = False,
) -> None:
    """End a case: it leaves the gallery at once; at `closed` its face vectors go.

    Example: run_bot.py cases end home/1 located --evidence "police call of 3 May" --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = registry.end(built.road, case_id, to, by=who(cli, built, by), evidence=evidence)
    _answer(cli, as_json, view)


def _answer(cli: Cli, as_json: bool, view: CaseView) -> None:
    case = view.row.case
    shown = [{"digest": p.photo.digest, "age_years": p.photo.age_years, "note": p.why} for p in view.photos]
    life = [{"status": s.status.value, "by": s.by, "at": s.at, "evidence": s.evidence} for s in view.steps]
    document: dict[str, Any] = {"id": case.id, "status": view.row.status.value, "type": case.type.value}
    document |= {"registered_by": view.row.registered_by, "photos": shown, "steps": life}

    def show_it() -> None:
        cli.out.print(f"{case.id}  {case.full_name}  [{view.row.status.value}]", markup=False)
        for step in view.steps:
            cli.out.print(
                f"  {step.at:%Y-%m-%d %H:%M} {step.status.value} by {step.by} {step.evidence}", markup=False
            )
        for photo in view.photos:
            age = "age unknown" if photo.photo.age_years is None else f"age {photo.photo.age_years:g}"
            cli.out.print(f"  photo {photo.photo.digest[:12]}, {age} {photo.why}", markup=False)

    cli.answer(as_json, document, show_it)
