"""Commands about drafts and versions of the hashtags: made, put live, compared, rolled back.

Prints what services say.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import bench_drafts, bench_suggestions
from bot.services import campaign as versions
from bot.services.bench_query import Selection
from store.tag_drafts import Draft

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option("--why", help="Why, for those who come after you.")]
Number = Annotated[int, typer.Argument(help="The number, as the list shows it.")]
Words = list[str]

Tags = Annotated[Words, typer.Option("--tag", help="The hashtags; without any those that count now.")]
All = Annotated[Words, typer.Option("--all", help="A hashtag that must be there too.")]
NoneOf = Annotated[Words, typer.Option("--none", help="A hashtag that must not be there.")]
Phrases = Annotated[Words, typer.Option("--phrase", help="Words that must be there.")]
Langs = Annotated[Words, typer.Option("--lang", help="A language, such as zh or en.")]
NotBy = Annotated[Words, typer.Option("--not-by", help="A handle or id whose posts are left out.")]


def register(group: typer.Typer) -> None:
    """Add the commands of this module to the group of hashtags."""
    for name, command in (
        ("accept", accept), ("drafts", drafts), ("draft", draft), ("live", live), ("drop", drop),
        ("versions", versions_), ("compare", compare), ("rollback", rollback),
    ):  # fmt: skip
        group.command(name)(command)


def selection(now: Selection, tags: Words, *rest: Words) -> Selection:
    """What the options say; without a hashtag those that count now."""
    return Selection(tuple(tags) or now.hashtags, *(tuple(words) for words in rest))


def _draft(each: Draft) -> dict[str, Any]:
    return {name: getattr(each, name) for name in Draft.__dataclass_fields__}


def _show_draft(cli: Cli, each: Draft) -> None:
    words = ", ".join(f"#{tag}" for tag in each.content["hashtags"])
    cli.out.print(f"Draft {each.number} [{each.state}] from version {each.base}: {words}", markup=False)


def accept(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="The kind, as `tags suggest` shows it.")],
    tag: Annotated[str, typer.Argument(help="The hashtag.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Make a draft of a suggestion; it counts once somebody puts it live.

    Example: run_bot.py tags accept variant 寶貝回家 --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        made = bench_suggestions.accept(built.road, kind, tag.lstrip("#"), by=who(cli, built, by))
    cli.answer(as_json, _draft(made), lambda: _show_draft(cli, made))


def drafts(context: typer.Context, as_json: Json = False) -> None:
    """All drafts, newest first.

    Example: run_bot.py tags drafts
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = bench_drafts.listing(built.road)
    rows = [(d.number, d.state, d.base, d.made_by, ", ".join(d.content["hashtags"]), d.why) for d in found]
    columns = ("number", "state", "from version", "by", "hashtags", "why")
    cli.answer(
        as_json,
        [_draft(d) for d in found],
        lambda: cli.table("Drafts", columns, rows, empty="There is no draft."),
    )


def draft(
    context: typer.Context,
    tags: Tags = [], all_: All = [], none: NoneOf = [], phrases: Phrases = [], langs: Langs = [],  # noqa: B006
    not_by: NotBy = [],  # noqa: B006
    by: By = "", why: Why = "", as_json: Json = False,
) -> None:  # fmt: skip
    """Keep other hashtags as a draft. Changes nothing before `tags live`.

    Example: run_bot.py tags draft --tag BringThemHome --none giveaway --by ana --why "fewer prize posts"
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        now = bench_drafts.in_force(built.road)
        wanted = selection(now, tags, all_, none, phrases, langs, not_by)
        made = bench_drafts.make(built.road, wanted, by=who(cli, built, by), why=why)
    cli.answer(as_json, _draft(made), lambda: _show_draft(cli, made))


def live(context: typer.Context, number: Number, by: By = "", why: Why = "", as_json: Json = False) -> None:
    """Write a draft into config.yaml and put it into force; a reason is needed.

    Example: run_bot.py tags live 3 --by ana --why "as agreed on Monday"
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        file = None if built.home.is_sample else built.config.file
        made = bench_drafts.go_live(built.road, file, number, by=who(cli, built, by), why=why)
    document = {"version": made.number, "reason": made.reason, "hashtags": made.content["hashtags"]}
    cli.answer(as_json, document, lambda: cli.out.print(f"Version {made.number} counts now.", markup=False))


def drop(context: typer.Context, number: Number, by: By = "", why: Why = "", as_json: Json = False) -> None:
    """Leave a draft aside.

    Example: run_bot.py tags drop 3 --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        bench_drafts.drop(built.road, number, by=who(cli, built, by), why=why)
    cli.answer(
        as_json, {"dropped": number}, lambda: cli.out.print(f"Draft {number} is left aside.", markup=False)
    )


def versions_(context: typer.Context, as_json: Json = False) -> None:
    """All versions of the campaign block with their reasons.

    Example: run_bot.py tags versions
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = versions.versions(built.road)
    rows = [
        (v.number, f"{v.at:%Y-%m-%d %H:%M}", v.author, v.reason, ", ".join(v.content.get("hashtags", ())))
        for v in found
    ]
    columns = ("number", "at (UTC)", "by", "why", "hashtags")
    document = [
        {"number": v.number, "at": v.at, "author": v.author, "reason": v.reason, "content": v.content}
        for v in found
    ]
    cli.answer(
        as_json, document, lambda: cli.table("Versions", columns, rows, empty="There is no version yet.")
    )


def compare(context: typer.Context, one: Number, other: Number, as_json: Json = False) -> None:
    """What differs between two versions.

    Example: run_bot.py tags compare 3 4
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        before, after = (bench_drafts.version(built.road, number) for number in (one, other))
    found = bench_drafts.changes(before.content, after.content)
    rows = [(c.name, ", ".join(c.added), ", ".join(c.removed)) for c in found]
    columns = ("setting", "came in", "went out")
    cli.answer(
        as_json,
        [asdict(c) for c in found],
        lambda: cli.table("Changes", columns, rows, empty="They are alike."),
    )


def rollback(
    context: typer.Context, number: Number, by: By = "", why: Why = "", as_json: Json = False
) -> None:
    """Put the hashtags and query of an earlier version into force again; a reason is needed.

    Example: run_bot.py tags rollback 3 --by ana --why "the new tag was hijacked"
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        file, name = None if built.home.is_sample else built.config.file, who(cli, built, by)
        made = bench_drafts.of_version(built.road, number, by=name, why=why)
        done = bench_drafts.go_live(built.road, file, made.number, by=name, why=why)
    document = {"version": done.number, "hashtags": done.content["hashtags"]}
    cli.answer(
        as_json,
        document,
        lambda: cli.out.print(f"Version {done.number} counts now, like {number}.", markup=False),
    )
