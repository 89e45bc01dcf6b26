"""Commands that look: status, doctor, config, retry of set-aside work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from bot.cli.context import DONE, PROBLEMS, WRONG_CONFIG, Cli, Installation
from bot.cli.running import Json
from bot.config import Config, checklist, live_allowed, masked
from bot.pipeline.source import Source
from bot.services import campaign
from bot.services import doctor as examination
from bot.services import overview as looking
from store.errors import ConfigError, UsageError
from store.records.work import Stage


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("status")(status)
    app.command("doctor")(doctor)
    app.command("retry")(retry)
    config = typer.Typer(help="The settings: check them, show them.", rich_markup_mode=None)
    config.command("check")(check)
    config.command("show")(show_config)
    app.add_typer(config, name="config")


def status(context: typer.Context, as_json: Json = False) -> None:
    """How Homeward is doing: sources and how far behind, queue, what waits for people. Needs no daemon.

    Example: run_bot.py status --json
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        seen = looking.overview(built.road)
    document = {"sample": built.home.is_sample, **seen.as_json()}

    def show() -> None:
        if built.home.is_sample:
            cli.out.print("This is the sample campaign: made-up posts, nothing is ever sent.", markup=False)
        cli.out.print(
            f"{seen.posts} posts, {seen.photos} photos, {seen.posts_per_minute:.1f} posts a minute",
            markup=False,
        )
        rows = [(s["source"], s["state"], _ago(s["behind_s"]), s["detail"]) for s in document["sources"]]
        cli.table(
            "Sources",
            ("source", "state", "read up to", "detail"),
            rows,
            empty="No live source is on; see `doctor`.",
        )
        cli.out.print(f"Waiting for people: {_numbers(seen.waiting)}", markup=False)
        cli.out.print(f"Cases: {_numbers(seen.cases)}   Outbox: {_numbers(seen.replies)}", markup=False)
        cli.out.print(
            f"Work: {_numbers(seen.jobs)}; set aside: {len(seen.dead_jobs)} jobs, {seen.set_aside} payloads",
            markup=False,
        )
        for row in seen.searches:
            cli.out.print(f"Under way: {row['words']}", markup=False)
        cli.out.print(f"Deletions: {_deletions(seen.deletions)}", markup=False)
        if seen.deletions.get("late"):
            late = seen.deletions["late"]
            cli.out.print(f"! {late} posts that people were shown were not looked up in time", markup=False)
        if seen.quarantine.get("open"):
            cli.out.print(f"! {looking.quarantine_words(seen.quarantine)}", markup=False)
        for name, notice in seen.notices.items():
            cli.out.print(f"{'(seen)' if name in seen.seen else '!'} {notice}", markup=False)

    cli.answer(as_json, document, show)


def _deletions(counts: dict[str, int]) -> str:
    """What was deleted and what is due, in words."""
    words = f"{counts['honoured']} honoured, {counts['due']} due"
    if counts["ended_permits"] or counts["ended_posts"]:
        words += f"; permissions ended for {counts['ended_permits']} posts"
        words += f" ({counts['ended_faces']} faces forgotten)"
        words += f", {counts['ended_posts']} posts deleted"
    return f"{words}; {counts['heard_early']} heard of before the post"


def _ago(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.0f} s ago"


def _numbers(counts: dict[str, int]) -> str:
    return ", ".join(f"{amount} {name}" for name, amount in counts.items() if amount) or "none"


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """What your campaign still needs, and whether every part works: one line each.

    Example: run_bot.py doctor
    """
    cli: Cli = context.obj
    config = cli.config()
    items = checklist(config)
    with cli.installation() as built:
        tried = examination.try_sources(_makers(config, built))
        if live_allowed(config):
            tried += examination.try_senders(built.road.senders)
        checks = examination.examine(built.road, built.home, tried)
    document = {
        "checklist": [{"key": i.key, "done": i.done, "words": i.words, "how": i.how} for i in items],
        "checks": [{"name": c.name, "ok": c.ok, "words": c.words} for c in checks],
    }

    def show() -> None:
        rows = [("done" if i.done else "missing", i.words, "" if i.done else i.how) for i in items]
        cli.table("To go live", ("", "what", "where"), rows, empty="")
        rows = [("works" if c.ok else "broken", c.name, c.words) for c in checks]
        cli.table("Parts", ("", "part", "says"), rows, empty="")

    cli.answer(as_json, document, show)
    raise typer.Exit(DONE if all(c.ok for c in checks) else PROBLEMS)


def _makers(config: Config, built: Installation) -> dict[str, Callable[[], Source]]:
    """How to build each source that is switched on; none before the campaign may ask anybody."""
    blocks = [block for block in config.campaign.sources if block.enabled] if live_allowed(config) else []
    return {block.name: partial(built.source_of, config, block) for block in blocks}


def check(context: typer.Context, as_json: Json = False) -> None:
    """Check config.yaml and .env; each mistake with file, line, what was found and what is allowed.

    Example: run_bot.py --config config.yaml config check
    """
    cli: Cli = context.obj
    try:
        config = cli.config()
        campaign.refuse_words(config)
    except ConfigError as error:
        if not as_json:
            raise
        cli.answer(True, {"ok": False, "mistakes": [_mistake(m) for m in error.mistakes]}, lambda: None)
        raise typer.Exit(WRONG_CONFIG) from error
    cli.answer(
        as_json, {"ok": True, "mistakes": []}, lambda: cli.out.print(f"{config.file} is right.", markup=False)
    )


def _mistake(mistake: object) -> dict[str, object]:
    return {name: getattr(mistake, name) for name in ("file", "line", "path", "found", "allowed")}


def show_config(context: typer.Context, as_json: Json = False) -> None:
    """Everything that is in force; secrets are masked.

    Example: run_bot.py config show --json
    """
    cli: Cli = context.obj
    document = masked(cli.config())
    cli.answer(as_json, document, lambda: cli.out.print_json(data=document))


def retry(
    context: typer.Context,
    stage: Annotated[Stage, typer.Argument(help="The stage of the set-aside work, as `status` shows it.")],
    key: Annotated[str, typer.Argument(help="Its key.")],
) -> None:
    """Try work again that was set aside after its last try.

    Example: run_bot.py retry look mastodon:https://…/1
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        if not looking.retry_dead(built.road, stage, key):
            raise UsageError(key, f"is no set-aside {stage.value} work; `status --json` lists what is")
    cli.out.print("It is in the queue again.", markup=False)
