"""Commands for how far replies go and what they say: reply level …, reply words …, reply appeal …"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import appeals, levels, wording
from store.records.reply import Level, Purpose
from store.records.replying import LevelChange, Wording

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option(help="The reason, kept on record.")]
Number = Annotated[int, typer.Argument(help="The number, as the list shows it.")]


def register(group: typer.Typer) -> None:
    """Add the commands of this module."""
    level = typer.Typer(help="How far replies go by themselves; two people change it.", rich_markup_mode=None)
    for name in ("ask", "accept", "refuse"):
        level.command(name)(globals()[name])
    level.command("show")(show)
    group.add_typer(level, name="level")
    words = typer.Typer(help="Our words: versions by one person, approved by another.", rich_markup_mode=None)
    words.command("list")(list_words)
    words.command("write")(write)
    words.command("approve")(approve_words)
    words.command("end")(end)
    group.add_typer(words, name="words")
    appeal = typer.Typer(
        help="Telling that an appeal is closed, once family and authority agree.", rich_markup_mode=None
    )
    appeal.command("release")(release)
    appeal.command("close")(close)
    group.add_typer(appeal, name="appeal")


def _change(change: LevelChange) -> dict[str, Any]:
    return {
        "number": change.number,
        "level": change.level.value,
        "why": change.why,
        "asked_by": change.asked_by,
        "asked_at": change.asked_at.isoformat(),
        "decided_by": change.decided_by,
        "accepted": change.accepted,
    }


def show(context: typer.Context, as_json: Json = False) -> None:
    """The level that is in force, the ceiling of config.yaml, and all wishes to change it.

    Example: run_bot.py reply level show --json
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        state = levels.state(built.road)
    document = {
        "in_force": state.in_force.value,
        "ceiling": state.ceiling.value,
        "changes": [_change(change) for change in state.changes],
    }

    def show_it() -> None:
        cli.out.print(f"In force: {state.in_force.value}. Ceiling: {state.ceiling.value}.", markup=False)
        rows = [
            (c.number, c.level.value, c.asked_by, c.decided_by or "nobody yet", c.why) for c in state.changes
        ]
        columns = ("number", "level", "asked by", "decided by", "why")
        cli.table("Changes", columns, rows, empty="Nobody has asked for another level yet.")

    cli.answer(as_json, document, show_it)


def ask(
    context: typer.Context,
    level: Annotated[
        Level, typer.Argument(help="dry-run, confirm or auto; at most reply.level of config.yaml.")
    ],
    by: By = "",
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Ask for another level. A second person accepts it within a day; rows drafted before keep theirs.

    Example: run_bot.py reply level ask confirm --why "the words were tried for a week" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        change = levels.ask(built.road, level, by=who(cli, built, by), why=why)
    words = f"Asked for as number {change.number}; another person says `reply level accept {change.number}`."
    cli.answer(as_json, _change(change), lambda: cli.out.print(words, markup=False))


def accept(context: typer.Context, number: Number, by: By = "") -> None:
    """Accept a change that somebody else asked for. It concerns only rows that are drafted afterwards.

    Example: run_bot.py reply level accept 1 --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        level = levels.accept(built.road, number, by=who(cli, built, by))
    cli.out.print(f"In force from now on: {level.value}.", markup=False)


def refuse(context: typer.Context, number: Number, by: By = "") -> None:
    """Turn a wish to change the level down, or take your own back.

    Example: run_bot.py reply level refuse 1 --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        levels.refuse(built.road, number, by=who(cli, built, by))
    cli.out.print("The level stays as it is.", markup=False)


def _wording(made: Wording) -> dict[str, Any]:
    return {
        "number": made.number,
        "purpose": made.purpose.value,
        "language": made.language,
        "text": made.text,
        "why": made.why,
        "written_by": made.written_by,
        "approved_by": made.approved_by,
        "in_force": made.is_in_force,
        "ended_why": made.ended_why,
    }


def list_words(context: typer.Context, as_json: Json = False) -> None:
    """All texts that are in force, and the versions that people wrote.

    Example: run_bot.py reply words list --json
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        now, made = wording.catalogue(built.road), wording.versions(built.road)
    texts = [
        {"language": tag, "purpose": purpose.value, "text": text, "version": now.mark(purpose, tag)}
        for tag in now.languages
        for purpose, text in now.texts[tag].items()
    ]

    def show_it() -> None:
        rows = [(t["language"], t["purpose"], t["version"] or "as shipped", t["text"]) for t in texts]
        cli.table("In force", ("language", "purpose", "version", "text"), rows, empty="")
        seen = [
            (w.number, w.language, w.purpose.value, w.written_by, w.approved_by or "nobody yet") for w in made
        ]
        columns = ("number", "language", "purpose", "written by", "approved by")
        cli.table("Versions", columns, seen, empty="Nobody has written another text yet.")

    cli.answer(as_json, {"texts": texts, "versions": [_wording(each) for each in made]}, show_it)


def write(
    context: typer.Context,
    text: Annotated[str, typer.Option(help="The words, with {hotline} and, at the end, {reference}.")],
    purpose: Annotated[Purpose, typer.Option(help="What the words are for.")] = Purpose.RECEIPT,
    language: Annotated[str, typer.Option(help="A language of the catalogue.")] = "en",
    by: By = "",
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Write a new version of a text. It counts once somebody else has approved it.

    Example: run_bot.py reply words write --text "Call {hotline}. {reference}" --why "too long" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        made = wording.write(built.road, purpose, language, text, by=who(cli, built, by), why=why)
    words = f"Kept as number {made.number}; another person says `reply words approve {made.number}`."
    cli.answer(as_json, _wording(made), lambda: cli.out.print(words, markup=False))


def approve_words(context: typer.Context, number: Number, by: By = "", as_json: Json = False) -> None:
    """Put a version that somebody else wrote into force.

    Example: run_bot.py reply words approve 3 --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        made = wording.approve(built.road, number, by=who(cli, built, by))
    cli.answer(as_json, _wording(made), lambda: cli.out.print("In force from now on.", markup=False))


def end(
    context: typer.Context,
    number: Number,
    wrong: Annotated[bool, typer.Option(help="The text was wrong: take back what was sent with it.")] = False,
    by: By = "",
    why: Why = "",
) -> None:
    """Refuse a version, or take it out of force; with --wrong, withdraw what was sent with it.

    Example: run_bot.py reply words end 3 --wrong --why "the number was an old one" --by ben
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        amount = wording.end(built.road, number, by=who(cli, built, by), why=why, is_wrong=wrong)
    cli.out.print(f"Ended. {amount} replies are stopped or taken back.", markup=False)


def release(
    context: typer.Context,
    case_id: Annotated[str, typer.Argument(help="The case's id.")],
    kind: Annotated[str, typer.Option(help="Who agrees: family or authority.")],
    evidence: Annotated[str, typer.Option(help="Where the agreement is written down.")] = "",
    by: By = "",
) -> None:
    """Keep that the family, or the authority, lets people be told that the appeal is closed.

    Example: run_bot.py reply appeal release reg.example/7 --kind family --evidence "letter of 3 May" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        held = appeals.release(built.road, case_id, kind, by=who(cli, built, by), evidence=evidence)
    cli.out.print(f"Kept. Agreed so far: {', '.join(each.kind for each in held)}.", markup=False)


def close(
    context: typer.Context,
    post: Annotated[str, typer.Argument(help="The key of a post that names the appeal.")],
    case_id: Annotated[str, typer.Argument(help="The case's id.")],
    by: By = "",
) -> None:
    """Draft "this appeal is closed, please delete the photo" for a post. A person approves it in any case.

    Example: run_bot.py reply appeal close POST reg.example/7 --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        row = appeals.close(built.road, post, case_id, by=who(cli, built, by))
    cli.out.print(f"{row.key}  [{row.state.value}]\n{row.text}", markup=False)
