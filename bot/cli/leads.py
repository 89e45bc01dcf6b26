"""Commands for leads: list, show, step, back, note, due, assign. Each shows what the account's role needs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.rules.leads import ENDS, Said
from bot.services import leads
from bot.services.leads import LeadView
from store.errors import UsageError
from store.records.lead import LeadState, Topic

By = Annotated[str, typer.Option("--by", help="Your account.")]
Id = Annotated[str, typer.Argument(help="The lead's reference, as `leads list` shows it.")]
Why = Annotated[str, typer.Option(help="The reason, kept with the step.")]
STATES = ", ".join(state.value for state in LeadState)
END_OF_DAY = time(23, 59, tzinfo=UTC)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Leads: what becomes of confirmed candidates.", rich_markup_mode=None)
    for name, call in (
        ("list", list_), ("show", show), ("step", step), ("back", back), ("note", note), ("due", due),
        ("assign", assign),
    ):  # fmt: skip
        group.command(name)(call)
    app.add_typer(group, name="leads")


def list_(
    context: typer.Context,
    state: Annotated[str, typer.Option(help=f"Only these: {STATES}.")] = "",
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Those that were given to you.")] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Leads that you may see, what is due first.

    Example: run_bot.py leads list --by lena
    """
    cli: Cli = context.obj
    states = [_state(state)] if state else [each for each in LeadState if (each in ENDS) == ended]
    with cli.installation(for_account=True) as built:
        rows = leads.board(built.road, by=who(cli, built, by), states=states, mine=mine)
    document = [
        {
            "id": row.lead.id,
            "state": row.lead.state.value,
            "since": row.lead.since.isoformat(),
            "due_at": row.lead.due_at.isoformat() if row.lead.due_at else None,
            "is_due": row.is_due,
            "people": list(row.people),
            "child": row.child or None,
        }
        for row in rows
    ]
    cli.answer(
        as_json,
        document,
        lambda: cli.table(
            "Leads",
            ("id", "state", "since", "due", "people", "child"),
            [
                (r.lead.id, r.lead.state.value, f"{r.lead.since:%Y-%m-%d}",
                 _due_words(r.lead.due_at, r.is_due), ", ".join(r.people), r.child)
                for r in rows
            ],
            empty="No lead that you may see. A candidate becomes one when a second person confirms it.",
        ),
    )  # fmt: skip


def show(context: typer.Context, id: Id, by: By = "", as_json: Json = False) -> None:
    """One lead with its time line, as far as it is for your role.

    Example: run_bot.py leads show K7M2PQX4 --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = leads.show(built.road, id, by=who(cli, built, by))
    _tell(cli, as_json, view)


def step(
    context: typer.Context,
    id: Id,
    to: Annotated[str, typer.Argument(help=f"What happened: {STATES}.")],
    note: Annotated[str, typer.Option(help="Words, kept under seal.")] = "",
    office: Annotated[str, typer.Option(help="The authority's office.")] = "",
    reference: Annotated[str, typer.Option(help="The office's reference.")] = "",
    on: Annotated[str, typer.Option(help="The day on which it happened, YYYY-MM-DD.")] = "",
    due: Annotated[str, typer.Option(help="By when the next step is due; the usual time without it.")] = "",
    document: Annotated[list[Path] | None, typer.Option(help="A PDF, JPEG, PNG or text file.")] = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take the next step of a lead.

    Example: run_bot.py leads step K7M2PQX4 reported --office PSB --reference A17 --on 2026-11-24 --by lena
    """
    cli: Cli = context.obj
    said = Said(note, office, reference, _day("--on", on), _end_of("--due", due))
    files = [_file(path) for path in document or []]
    with cli.installation(for_account=True) as built:
        view = leads.take(built.road, id, _state(to), said, by=who(cli, built, by), files=files)
    _tell(cli, as_json, view)
    if view.offer is not None:
        cli.say(f"The case {view.lead.case_id} can be called {view.offer.value}: a registrar decides.")


def back(
    context: typer.Context,
    id: Id,
    to: Annotated[str, typer.Argument(help="A state that the lead was in before.")],
    why: Why = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take a step back: a row of its own, with a reason. Nothing is deleted.

    Example: run_bot.py leads back K7M2PQX4 reported --why "the office mixed up two files" --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = leads.back(built.road, id, _state(to), why, by=who(cli, built, by))
    _tell(cli, as_json, view)


def note(
    context: typer.Context,
    id: Id,
    words: Annotated[str, typer.Argument(help="The note, kept under seal.")],
    topic: Annotated[str, typer.Option(help="police, dna or welfare: it decides who reads it.")] = "police",
    document: Annotated[list[Path] | None, typer.Option(help="A PDF, JPEG, PNG or text file.")] = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Add a note to a lead.

    Example: run_bot.py leads note K7M2PQX4 "the office called back" --by lena
    """
    cli: Cli = context.obj
    if topic not in set(Topic):
        raise UsageError("--topic", f"is {topic!r}; it is one of {', '.join(Topic)}")
    files = [_file(path) for path in document or []]
    with cli.installation(for_account=True) as built:
        view = leads.note(built.road, id, Topic(topic), words, by=who(cli, built, by), files=files)
    _tell(cli, as_json, view)


def due(
    context: typer.Context,
    id: Id,
    day: Annotated[str, typer.Argument(help="YYYY-MM-DD; its end, UTC.")],
    why: Why = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Say by when the next step is due.

    Example: run_bot.py leads due K7M2PQX4 2026-12-20 --why "the laboratory is closed" --by cai
    """
    cli: Cli = context.obj
    moment = _end_of("day", day)
    if moment is None:
        raise UsageError("day", "is empty; write YYYY-MM-DD")
    with cli.installation(for_account=True) as built:
        view = leads.set_due(built.road, id, moment, why, by=who(cli, built, by))
    _tell(cli, as_json, view)


def assign(
    context: typer.Context,
    id: Id,
    account: Annotated[str, typer.Argument(help="An account with a role that works on leads.")],
    away: Annotated[bool, typer.Option("--away", help="Take it from that account.")] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Give a lead to an account.

    Example: run_bot.py leads assign K7M2PQX4 cai --by lena
    """
    cli: Cli = context.obj
    with cli.installation(for_account=True) as built:
        view = leads.assign(built.road, id, account, by=who(cli, built, by), away=away)
    _tell(cli, as_json, view)


def _tell(cli: Cli, as_json: bool, view: LeadView) -> None:
    cli.answer(as_json, _document(view), lambda: _print(cli, view))


def _document(view: LeadView) -> dict[str, Any]:
    lead = view.lead
    return {
        "id": lead.id,
        "state": lead.state.value,
        "since": lead.since.isoformat(),
        "due_at": lead.due_at.isoformat() if lead.due_at else None,
        "case": lead.case_id if view.sees("case") else None,
        "child": view.child or None,
        "people": [person.account for person in view.people],
        "next": [state.value for state in view.next],
        "steps": [
            {
                "number": row.step.number,
                "kind": row.step.kind.value,
                "state": row.step.after.value,
                "by": row.step.by,
                "at": row.step.at.isoformat(),
                "on": row.step.happened_on.isoformat() if row.step.happened_on else None,
                "office": row.said.office if row.said else None,
                "reference": row.said.reference if row.said else None,
                "note": row.said.note if row.said else None,
                "documents": [each.document.id for each in row.documents],
            }
            for row in view.steps
        ],
    }


def _print(cli: Cli, view: LeadView) -> None:
    lead = view.lead
    due = f"  next step by {_due_words(lead.due_at, view.is_due)}" if lead.due_at else ""
    cli.out.print(f"{lead.id}  [{lead.state.value}]{due}", markup=False)
    if view.child:
        cli.out.print(f"{view.child}  {lead.case_id}", markup=False)
    for row in view.steps:
        words = ""
        if row.said is not None:
            words = "; ".join(text for text in (row.said.office, row.said.reference, row.said.note) if text)
        elif row.is_sealed:
            words = "(words for other roles)"
        head = f"  {row.step.number}. {row.step.at:%Y-%m-%d %H:%M}  {row.step.kind.value}"
        cli.out.print(f"{head}  {row.step.after.value}  by {row.step.by}  {words}", markup=False)
    if view.next:
        cli.out.print(f"you can take: {', '.join(state.value for state in view.next)}", markup=False)


def _due_words(moment: datetime | None, is_due: bool) -> str:
    if moment is None:
        return ""
    return f"{moment:%Y-%m-%d %H:%M} UTC{' (overdue)' if is_due else ''}"


def _state(text: str) -> LeadState:
    if text not in set(LeadState):
        raise UsageError("state", f"is {text[:40]!r}; it is one of {STATES}")
    return LeadState(text)


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(name, f"is {text[:40]!r}; a day is written YYYY-MM-DD") from None


def _end_of(name: str, text: str) -> datetime | None:
    day = _day(name, text)
    return None if day is None else datetime.combine(day, END_OF_DAY)


def _file(path: Path) -> tuple[str, bytes]:
    try:
        return path.name, path.read_bytes()
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({error.strerror}); give the path of a file") from error
