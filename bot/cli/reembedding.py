"""Commands for stored face vectors: faces re-embed, faces models, faces keep, faces kept, faces give-back."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.context import DONE, PROBLEMS, Cli, who
from bot.cli.running import Json
from bot.faces.described import NAMED
from bot.services import keeping_open, reembedding
from bot.services.extracting import moment
from bot.services.reembedding import Report

By = Annotated[str, typer.Option("--by", help="Your account.")]
Post = Annotated[str, typer.Argument(help="The post's key.")]
END_OF_DAY = "T23:59:59+00:00"
GROUP = "faces"


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the group `faces`, which is made if nobody has yet."""
    groups = {info.name: info.typer_instance for info in app.registered_groups}
    group = groups.get(GROUP)
    if group is None:
        group = typer.Typer(help="Face models and stored face vectors.", rich_markup_mode=None)
        app.add_typer(group, name=GROUP)
    group.command("re-embed")(re_embed)
    group.command("models")(models)
    group.command("keep")(keep)
    group.command("kept")(kept)
    group.command("give-back")(give_back)


def _source(cli: Cli, model: str) -> str:
    """A model's lasting name; a path of config.yaml begins at its folder, one of the command line here."""
    if model in NAMED:
        return model
    if model:
        return str(Path(model).expanduser().with_suffix(".onnx").resolve())
    wished = cli.config().faces.model
    if wished in NAMED:
        return wished
    return str((cli.config_file.resolve().parent / Path(wished).expanduser()).with_suffix(".onnx").resolve())


def re_embed(
    context: typer.Context,
    model: Annotated[
        str, typer.Option(help="An .onnx file, `fused` or `sface`; else what config.yaml names.")
    ] = "",
    shadow: Annotated[bool, typer.Option("--shadow", help="Only say what would change.")] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Make all face vectors with another model, beside a running Homeward, then switch to it.

    Stopped at any time, it goes on where it was. With --shadow it says which candidates would come and go.

    Example: run_bot.py faces re-embed --model models/mine.onnx --shadow --by ana
    """
    cli: Cli = context.obj
    source, stop = _source(cli, model), threading.Event()
    said = {"percent": -1}

    def tell(done: int, total: int) -> None:
        percent = 100 * done // max(1, total)
        if percent != said["percent"]:
            said["percent"] = percent
            cli.say(f"{done} of {total} faces ({percent} %)")

    before = signal.signal(signal.SIGINT, lambda _signal, _frame: stop.set())
    try:
        with cli.installation() as built:
            report = reembedding.run(
                built.road,
                source,
                by=who(cli, built, by),
                is_shadow=shadow,
                tell=tell,
                halted=stop.is_set,
            )
    finally:
        signal.signal(signal.SIGINT, before)
    cli.answer(as_json, report.as_json(), lambda: _show(cli, report))
    raise typer.Exit(DONE if report.is_whole and not report.skipped else PROBLEMS)


def _show(cli: Cli, report: Report) -> None:
    def say(words: str) -> None:
        cli.out.print(words, markup=False)

    say(f"{report.name} ({report.licence}), {report.made} vectors")
    if not report.is_tested:
        say("Untested: no thresholds were measured with it, so nothing that it finds is called an alert.")
    if report.skipped:
        say(f"{len(report.skipped)} faces could not be described again; for example:")
        for face, why in list(report.skipped.items())[:5]:
            say(f"  {face[:24]}: {why}")
    if not report.is_whole:
        say("Stopped. Run the same command again to go on.")
    elif report.is_switched:
        say(f"It is in force. {report.matched_again} posts are matched again; the old vectors go.")
        say(f"Write `model: {report.source}` under `faces:` in config.yaml if it is not there yet.")
    else:
        columns = ("post", "case", "tier", "similarity")
        for title, rows in (("Would come", report.came), ("Would go", report.went)):
            listed = [(c.post_key, c.case_id, c.tier or "-", f"{c.similarity:.3f}") for c in rows]
            cli.table(title, columns, listed, empty=f"{title}: nobody.")
        say(f"{report.stayed} candidates would stay. Nothing was changed.")


def models(context: typer.Context, as_json: Json = False) -> None:
    """The face models that are, were or are being prepared to come into force.

    Example: run_bot.py faces models
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = reembedding.known(built.road)
    document = [
        {"state": m.state, "name": m.name, "source": m.source, "digest": m.digest, "done": m.done,
         "total": m.total, "since": m.moved_at}
        for m in found
    ]  # fmt: skip
    rows = [(m.state, m.name, m.source, m.digest[:12], f"{m.moved_at:%Y-%m-%d %H:%M} UTC") for m in found]
    columns = ("state", "name", "source", "digest", "since")
    cli.answer(
        as_json,
        document,
        lambda: cli.table("Face models", columns, rows, empty="None is in force yet: start Homeward once."),
    )


def keep(
    context: typer.Context,
    post: Post,
    why: Annotated[str, typer.Option(help="Why it has to stay open; kept in the audit trail.")],
    until: Annotated[str, typer.Option(help="Its last day, YYYY-MM-DD, or a moment with offset.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Keep the face vectors of a sighting beyond the usual days, so that new cases are compared with it.

    Example: run_bot.py faces keep POST --why "police asked for it" --until 2027-03-01 --by ana
    """
    cli: Cli = context.obj
    end = moment(until + END_OF_DAY if len(until) == len("2027-03-01") else until, "--until")
    with cli.installation() as built:
        made = keeping_open.keep(built.road, post, by=who(cli, built, by), why=why, until=end)
    cli.answer(
        as_json,
        {"post": made.post_key, "until": made.until, "by": made.by, "why": made.why},
        lambda: cli.out.print(f"Kept open until {made.until:%Y-%m-%d %H:%M} UTC.", markup=False),
    )


def kept(context: typer.Context, as_json: Json = False) -> None:
    """Sightings whose face vectors are kept beyond the usual days.

    Example: run_bot.py faces kept
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = keeping_open.listing(built.road)
    rows = [(k.post_key, f"{k.until:%Y-%m-%d %H:%M} UTC", k.by, k.why) for k in found]
    cli.answer(
        as_json,
        [{"post": k.post_key, "until": k.until, "by": k.by, "why": k.why, "at": k.at} for k in found],
        lambda: cli.table(
            "Kept open", ("post", "until", "by", "why"), rows, empty="No sighting is kept open."
        ),
    )


def give_back(context: typer.Context, post: Post, by: By = "", as_json: Json = False) -> None:
    """Keep a sighting open no longer: its face vectors end when they would have.

    Example: run_bot.py faces give-back POST --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        keeping_open.give_back(built.road, post, by=who(cli, built, by))
    cli.answer(
        as_json, {"given_back": post}, lambda: cli.out.print("It is not kept open any more.", markup=False)
    )
