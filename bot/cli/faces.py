"""Commands about how well faces are told apart: faces evaluate, faces calibrate.

Neither takes a picture to search with, and neither says which face resembles which.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.context import DONE, PROBLEMS, Cli
from bot.cli.running import Json
from bot.faces.described import DEFAULT
from bot.faces.evaluation_report import det_svg, document, markdown
from bot.match.inputs import Wish
from bot.match.thresholds import Share
from bot.services import calibrating, face_evaluation
from bot.services.calibrating import Calibration
from store.errors import UsageError

MOST_REPEATS = 100
NOTHING = "No photo of that time has a normalised score: it takes 100 registered cases and compared photos."


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="How well faces are told apart: measured on photos of yours, or on the registry.",
        rich_markup_mode=None,
    )
    group.command("evaluate")(evaluate)
    group.command("calibrate")(calibrate)
    app.add_typer(group, name="faces")


def evaluate(
    context: typer.Context,
    gallery: Annotated[Path, typer.Option(help="CSV with file,identity,age: the registered photos.")],
    probes: Annotated[Path, typer.Option(help="CSV with file,identity,age: the photos to find again.")],
    out: Annotated[
        Path | None, typer.Option(help="A folder for evaluation.json, evaluation.md and det.svg.")
    ] = None,
    model: Annotated[str, typer.Option(help="`default`, `sface`, or an .onnx file with its YAML.")] = DEFAULT,
    repeats: Annotated[int, typer.Option(help="How often half of the persons are left out.")] = 10,
    seed: Annotated[int, typer.Option(help="Of the draws; the same one gives the same numbers.")] = 1,
    as_json: Json = False,
) -> int:
    """Measure how often the right person is found: ranks, hits at false-positive rates, by age and gap.

    Photos lie beside the CSV files; ages may be empty. Bad rows are named and left out (exit code 1). No
    registry is opened and nothing of the photos is kept.

    Example: run_bot.py faces evaluate --gallery gallery.csv --probes probes.csv --out report
    """
    cli: Cli = context.obj
    if not 1 <= repeats <= MOST_REPEATS:
        raise UsageError("--repeats", f"is {repeats}; 1 to {MOST_REPEATS} are allowed")
    folder = None if out is None else _folder(out)
    if cli.doors.looker is None:
        raise UsageError("faces evaluate", "is not available here")
    with cli.doors.looker(cli.config(), model) as looker:
        found = face_evaluation.measure(looker, gallery, probes, repeats=repeats, seed=seed, say=cli.say)
        name = looker.model.name
    said = document(found.evaluation, model=name, problems=found.problems)
    table = markdown(found.evaluation, model=name)
    if folder is not None:
        _write(folder / "evaluation.json", cli.as_text(said))
        _write(folder / "evaluation.md", table)
        _write(folder / "det.svg", det_svg(found.evaluation))
    for problem in found.problems:
        cli.say(problem)
    cli.answer(as_json, said, lambda: cli.out.print(table, markup=False))
    return PROBLEMS if found.problems else DONE


def calibrate(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="How many days of compared photos to look at.")] = 30,
    photos_per_false_alert: Annotated[
        int, typer.Option(min=0, help="At most one false alert in so many photos; 0 takes config.yaml's.")
    ] = 0,
    reviews_per_day: Annotated[
        int, typer.Option(min=0, help="At most so many reviews a day; 0 takes config.yaml's.")
    ] = 0,
    out: Annotated[Path | None, typer.Option(help="A file for the numbers, as JSON.")] = None,
    as_json: Json = False,
) -> None:
    """How often unrelated photos reach the thresholds in force, and which thresholds would keep a wish.

    Measured on your registry and the photos compared with it. Nothing comes into force:
    `thresholds propose` writes the proposal that a person accepts.

    Example: run_bot.py faces calibrate --days 90
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        usual = built.road.rules.wish
        wish = Wish(
            photos_per_false_alert or usual.photos_per_false_alert, reviews_per_day or usual.reviews_per_day
        )
        found = calibrating.calibrate(built.road, days=days, wish=wish)
    if out is not None:
        _write(out, cli.as_text(found.document()))
    cli.answer(as_json, found.document(), lambda: _show(cli, found))


def _show(cli: Cli, found: Calibration) -> None:
    proposed = {band.looks: band for band in found.proposal.bands} if found.proposal else {}
    rows = []
    for now in found.now:
        band = proposed.get(now.looks)
        rows.append(
            (
                now.looks,
                now.photos,
                _share(now.review) if now.photos else "untested",
                _share(now.alert) if now.photos and now.alert is not None else "untested",
                f"{band.review:.2f}" if band and now.photos else "–",
                f"{band.alert:.2f}" if band and band.alert is not None else "untested",
                band.needed if band else "–",
            )
        )
    columns = ("looks", "photos", "FPIR review", "FPIR alert", "review from", "alert from", "alert needs")
    title = f"{found.model}, {found.cases} cases, photos of {found.days} days"
    cli.table(
        title,
        columns,
        rows if found.proposal else [],
        empty=NOTHING,
    )


def _share(found: Share) -> str:
    return f"{found.value:.1%} [{found.low:.1%}–{found.high:.1%}]"


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("--out", f"{out} cannot be made a folder ({error.strerror})") from error
    return out


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError("--out", f"{file} cannot be written ({error.strerror})") from error
