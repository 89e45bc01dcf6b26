"""Commands about gates, floods and blocked authors. Prints what the pipeline and services say."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.pipeline import floods as flooding
from bot.pipeline import tag_gate
from bot.services import bench_floods
from store.codec import to_json

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option("--why", help="Why, for those who come after you.")]
Tag = Annotated[str, typer.Argument(help="A collected hashtag.")]


def register(group: typer.Typer) -> None:
    """Add the commands of this module to the group of hashtags."""
    for name, command in (
        ("gates", gates), ("open", open_), ("let-go", let_go), ("floods", floods), ("blocks", blocks),
        ("block", block), ("unblock", unblock),
    ):  # fmt: skip
        group.command(name)(command)


def gates(context: typer.Context, as_json: Json = False) -> None:
    """Which hashtags feed no face stage, and why.

    Example: run_bot.py tags gates
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = bench_floods.gates(built.road)
    rows = [
        (
            f"#{g.tag}",
            "closed" if g.closed else "held open" if g.held_open else "open",
            g.read,
            g.first_hand,
            g.by,
            g.why,
        )
        for g in found
    ]
    columns = ("hashtag", "faces", "read", "first-hand", "by", "why")
    cli.answer(
        as_json,
        to_json(found),
        lambda: cli.table("Gates", columns, rows, empty="No hashtag was counted yet."),
    )


def open_(context: typer.Context, tag: Tag, by: By = "", why: Why = "", as_json: Json = False) -> None:
    """Let a hashtag feed the face stage whatever its numbers; a reason is needed.

    Example: run_bot.py tags open 宝贝回家 --by ana --why "an appeal ran yesterday"
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        gate = tag_gate.hold_open(built.road, tag, by=who(cli, built, by), why=why)
    cli.answer(as_json, asdict(gate), lambda: cli.out.print(f"#{gate.tag} is held open.", markup=False))


def let_go(context: typer.Context, tag: Tag, by: By = "", why: Why = "", as_json: Json = False) -> None:
    """Let the numbers decide about a hashtag again.

    Example: run_bot.py tags let-go 宝贝回家 --by ana --why "the appeal is over"
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        gate = tag_gate.let_go(built.road, tag, by=who(cli, built, by), why=why)
    state = "closed" if gate.closed else "open"
    cli.answer(as_json, asdict(gate), lambda: cli.out.print(f"#{gate.tag} is {state}.", markup=False))


def floods(context: typer.Context, as_json: Json = False) -> None:
    """Who fills the queue, and texts or pictures that many new accounts copy.

    Example: run_bot.py tags floods
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = bench_floods.watch(built.road)

    def show_it() -> None:
        rows = [
            (a.handle, a.platform, a.posts, f"{100 * a.share:.1f} %", a.waiting, a.key) for a in found.authors
        ]
        cli.table(
            "Busiest authors of the last day",
            ("author", "platform", "posts", "share", "waiting", "post"),
            rows,
            empty="Nobody.",
        )
        seen = [
            (f.kind, f.posts, f.authors, f.new_authors, f"{f.last_at:%Y-%m-%d %H:%M}", f.post_key)
            for f in found.floods
        ]
        cli.table("Floods", ("of", "posts", "authors", "new", "last (UTC)", "post"), seen, empty="No flood.")

    cli.answer(as_json, to_json(found), show_it)


def blocks(context: typer.Context, as_json: Json = False) -> None:
    """Authors whose posts are set aside, and who said so.

    Example: run_bot.py tags blocks
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = bench_floods.blocks(built.road)
    rows = [
        (b.number, b.handle, b.platform, f"{b.expires_at:%Y-%m-%d}", b.by, b.why, b.ended_by) for b in found
    ]
    columns = ("number", "author", "platform", "until", "by", "why", "ended by")
    cli.answer(
        as_json, to_json(found), lambda: cli.table("Blocks", columns, rows, empty="Nobody is blocked.")
    )


def block(
    context: typer.Context,
    post: Annotated[str, typer.Argument(help="The key of one of the author's posts.")],
    days: Annotated[int, typer.Option(help="For so many days.")] = 7,
    by: By = "",
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Set an author's posts aside for some days: they are stored, but neither looked at nor answered.

    Example: run_bot.py tags block mastodon:https://a.example/users/b/statuses/1 --by ana --why "prize posts"
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        made = bench_floods.block(built.road, post, days=days, by=who(cli, built, by), why=why)
    cli.answer(
        as_json, to_json(made), lambda: cli.out.print(f"Block {made.number} of {made.handle}.", markup=False)
    )


def unblock(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The number, as `tags blocks` shows it.")],
    by: By = "",
    why: Why = "",
    as_json: Json = False,
) -> None:
    """End a block; what came meanwhile is looked at now.

    Example: run_bot.py tags unblock 1 --by ana --why "it was a newspaper"
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        posts = flooding.unblock(built.road, number, by=who(cli, built, by), why=why)
    document = {"number": number, "posts": posts}
    cli.answer(as_json, document, lambda: cli.out.print(f"{posts} posts are looked at now.", markup=False))
