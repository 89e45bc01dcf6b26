"""How a case is answered on the command line: never its contact, and in JSON no name."""

from __future__ import annotations

from typing import Any

from bot.cli.context import Cli
from bot.services.cases import CaseView


def answer(cli: Cli, as_json: bool, view: CaseView) -> None:
    """One case, without name in JSON and without contact anywhere."""
    case = view.row.case
    shown = [{"digest": p.photo.digest, "age_years": p.photo.age_years, "note": p.why} for p in view.photos]
    life = [{"status": s.status.value, "by": s.by, "at": s.at, "evidence": s.evidence} for s in view.steps]
    document: dict[str, Any] = {"id": case.id, "status": view.row.status.value, "type": case.type.value}
    document |= {"registered_by": view.row.registered_by, "photos": shown, "steps": life}
    document |= {"sealed": case.sealed, "holds": [{"rule": h.rule, "words": h.words} for h in view.holds]}
    document |= {"team": list(view.team), "notes": view.notes, "merged_into": view.merged_into}

    def show_it() -> None:
        cli.out.print(f"{case.id}  {case.full_name}  [{view.row.status.value}]", markup=False)
        for step in view.steps:
            cli.out.print(
                f"  {step.at:%Y-%m-%d %H:%M} {step.status.value} by {step.by} {step.evidence}", markup=False
            )
        for photo in view.photos:
            age = "age unknown" if photo.photo.age_years is None else f"age {photo.photo.age_years:g}"
            cli.out.print(f"  photo {photo.photo.digest[:12]}, {age} {photo.why}", markup=False)
        for hold in view.holds:
            cli.out.print(f"  held: it {hold.words}", markup=False)

    cli.answer(as_json, document, show_it)
