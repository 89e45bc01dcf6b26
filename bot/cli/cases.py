"""Commands for the registry: cases add, import, list, show, verify, activate, located, closed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import cases_edit, cases_more, cases_pairs
from bot.cli.cases_shown import answer, read_photos
from bot.cli.context import DONE, PROBLEMS, Cli, viewer_of, who
from bot.cli.running import Json
from bot.services import case_files
from bot.services import cases as registry
from bot.services.case_files import CaseImport
from store.errors import UsageError
from store.records.case import Case, CaseStatus, CaseType

By = Annotated[str, typer.Option("--by", help="Your account; a second person verifies what you register.")]
Evidence = Annotated[
    str, typer.Option(help="On what word or paper: a police reference, a registry's record.")
]
Looker = Annotated[str, typer.Option("--by", help="Your account: sealed cases are there for their team.")]
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
    cases_edit.register(group)
    cases_more.register(group)
    cases_pairs.register(group)
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
    try:
        seen_on = date.fromisoformat(last_seen_on) if last_seen_on else None
    except ValueError:
        raise UsageError("--last-seen-on", f"is {last_seen_on!r}; write YYYY-MM-DD") from None
    case = Case(
        id=case_id, full_name=name, type=kind, sex=sex, date_of_birth=born, marks=marks,
        last_seen_on=seen_on, last_seen_place=last_seen_place,
    )  # fmt: skip
    files = read_photos("--photo-age", photo, photo_age)
    with cli.installation(real=True, for_account=True) as built:
        view = registry.add(built.road, case, files, by=who(cli, built, by))
    answer(cli, as_json, view)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="PFIF XML, Interpol JSON, CSV, JSON, or a folder of photos.")],
    source: Annotated[str, typer.Option(help="The registry it comes from; ids are kept under it.")] = "",
    domain: Annotated[str, typer.Option(help="The domain of a PFIF file's records.")] = "",
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
        report = case_files.import_file(
            built.road,
            file,
            by=name,
            source_name=source,
            domain=domain,
            dry_run=dry_run,
            progress=lambda done: cli.say(f"{done} rows read …") if done % 500 == 0 else None,
        )
    _say_import(cli, as_json, report, dry_run)
    raise typer.Exit(PROBLEMS if report.set_aside else DONE)


def _say_import(cli: Cli, as_json: bool, report: CaseImport, dry_run: bool) -> None:
    document = {
        "format": report.format,
        "found": report.found,
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "changes": report.changes,
        "ended": report.ended,
        "notes_waiting": report.waiting,
        "set_aside": report.set_aside,
        "dry_run": dry_run,
    }

    def show_it() -> None:
        words = "would be" if dry_run else "were"
        counts = f"{len(report.added)} {words} added, {len(report.changed)} changed"
        counts += f", {len(report.unchanged)} are as before"
        counts += f", {len(report.ended)} ended at their source" if report.ended else ""
        cli.out.print(f"{report.found} rows: {counts}.", markup=False)
        did = "would change" if dry_run else "changed"
        for case_id, names in report.changes.items():
            cli.out.print(f"{did}: {case_id}: {', '.join(names)}", markup=False)
        for row in report.set_aside:
            cli.out.print(f"set aside: {row['where']}: {row['reason']}", markup=False)

    cli.answer(as_json, document, show_it)


def list_(
    context: typer.Context,
    status: Annotated[CaseStatus | None, typer.Option(help="Only cases in this status.")] = None,
    after: Annotated[str, typer.Option(help="Go on after this id.")] = "",
    by: Looker = "",
    as_json: Json = False,
) -> None:
    """List cases by id, a hundred at a time.

    Example: run_bot.py cases list --status active
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        viewer = viewer_of(cli, built, by)
        rows = registry.listing(built.road, status=status, after=after, viewer=viewer)
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


def show(context: typer.Context, case_id: CaseId, by: Looker = "", as_json: Json = False) -> None:
    """Show one case with its photos and its life. Contacts stay sealed.

    Example: run_bot.py cases show home/1
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = registry.show(built.road, case_id, viewer=viewer_of(cli, built, by))
    answer(cli, as_json, view)


def verify(
    context: typer.Context, case_id: CaseId, evidence: Evidence, by: By = "", as_json: Json = False
) -> None:
    """Second step, by somebody who did not register the case, on evidence in words.

    Example: run_bot.py cases verify home/1 --evidence "police ref. 12/345" --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = registry.verify(built.road, case_id, by=who(cli, built, by), evidence=evidence)
    answer(cli, as_json, view)


def activate(
    context: typer.Context, case_id: CaseId, by: By = "", evidence: Evidence = "", as_json: Json = False
) -> None:
    """Third step: the case joins the gallery and is compared with everything stored before.

    Example: run_bot.py cases activate home/1 --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        view = registry.activate(built.road, case_id, by=who(cli, built, by), evidence=evidence)
    answer(cli, as_json, view)


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
    answer(cli, as_json, view)
