"""What commands about cases share: photos as they are given, and a case as it is answered.

Never its contact, and in JSON no name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.cli.context import Cli
from bot.services.cases import CaseView, PhotoFile, read_photo
from store.errors import UsageError


def read_photos(option: str, paths: Sequence[Path], given: Sequence[float] | None) -> list[PhotoFile]:
    """Photo files with the ages given for the first of them. Raises UsageError for more ages than photos."""
    ages: list[float | None] = [*(given or [])]
    if len(ages) > len(paths):
        raise UsageError(option, f"is given {len(ages)} times for {len(paths)} photos")
    ages += [None] * (len(paths) - len(ages))
    return [read_photo(path, age) for path, age in zip(paths, ages, strict=True)]


def nameless(evidence: str) -> str:
    """What the life of a case says, without the line by which its name was changed."""
    lines = evidence.splitlines()
    return "\n".join("full_name" if line.startswith("full_name: ") else line for line in lines)


def answer(cli: Cli, as_json: bool, view: CaseView) -> None:
    """One case, without name in JSON and without contact anywhere."""
    case = view.row.case
    shown = [{"digest": p.photo.digest, "age_years": p.photo.age_years, "note": p.why} for p in view.photos]
    life = [
        {"status": s.status.value, "by": s.by, "at": s.at, "evidence": nameless(s.evidence)}
        for s in view.steps
    ]
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
