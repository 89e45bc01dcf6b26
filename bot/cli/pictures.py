"""Commands for pictures that came up before: pictures known list, add, remove; pictures seen."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.services import pictures
from store.records.picture import KnownPicture, PictureLabel

By = Annotated[str, typer.Option("--by", help="Your account.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Pictures that came up before.", rich_markup_mode=None)
    group.command("seen")(seen)
    bank = typer.Typer(
        help="The bank of pictures of solved or false cases: whoever shows one again shows nothing new.",
        rich_markup_mode=None,
    )
    bank.command("list")(list_)
    bank.command("add")(add)
    bank.command("remove")(remove)
    group.add_typer(bank, name="known")
    app.add_typer(group, name="pictures")


def _document(item: KnownPicture, posts: int) -> dict[str, object]:
    return {
        "digest": item.digest,
        "label": item.label.value,
        "note": item.note,
        "by": item.by,
        "at": item.at,
        "posts": posts,
    }


def list_(context: typer.Context, as_json: Json = False) -> None:
    """The bank, latest first, with how many stored posts show each picture.

    Example: run_bot.py pictures known list
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = pictures.known(built.road)
    rows = [(i.digest[:12], i.label.value, n, i.by, f"{i.at:%Y-%m-%d}", i.note) for i, n in found]
    cli.answer(
        as_json,
        [_document(item, posts) for item, posts in found],
        lambda: cli.table(
            "Known pictures",
            ("digest", "label", "posts", "by", "since", "note"),
            rows,
            empty="No picture is known yet: `run_bot.py pictures known add FILE --label false`.",
        ),
    )


def add(
    context: typer.Context,
    picture: Annotated[str, typer.Argument(help="A photo file, or the digest of a stored photo.")],
    label: Annotated[PictureLabel, typer.Option(help="Why it is known.")],
    note: Annotated[str, typer.Option(help="What reviewers should read with it; no names.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Put a picture of a solved or false case into the bank; matches with it are set aside.

    Example: run_bot.py pictures known add old-photo.jpg --label solved --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        item, posts = pictures.add(built.road, picture, label, by=who(cli, built, by), note=note)
    cli.answer(
        as_json,
        _document(item, posts),
        lambda: cli.out.print(
            f"{item.digest[:12]} is known as {item.label.value}; {posts} stored posts show it.", markup=False
        ),
    )


def remove(
    context: typer.Context,
    digest: Annotated[str, typer.Argument(help="The digest, or its beginning, as `list` shows it.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take a picture out of the bank; posts that show it are matched again.

    Example: run_bot.py pictures known remove 1f0c2d3e --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        posts = pictures.remove(built.road, digest, by=who(cli, built, by))
    cli.answer(
        as_json,
        {"removed": digest, "posts": posts},
        lambda: cli.out.print(f"No longer known; {posts} posts are matched again.", markup=False),
    )


def seen(
    context: typer.Context,
    post: Annotated[str, typer.Argument(help="The post's key.")],
    as_json: Json = False,
) -> None:
    """Where the pictures of a post were shown before it.

    Example: run_bot.py pictures seen mastodon:https://social.example/1
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = pictures.seen_before(built.road, post)
    document = [
        {
            "photo": item.photo,
            "first_post": item.first_post,
            "first_at": item.first_at,
            "posts": list(item.posts),
            "by_other": item.by_other,
        }
        for item in found
    ]
    rows = [(i.photo[:12], f"{i.first_at:%Y-%m-%d %H:%M} UTC", i.first_post, len(i.posts)) for i in found]
    cli.answer(
        as_json,
        document,
        lambda: cli.table(
            "Shown before",
            ("photo", "first", "by post", "earlier posts"),
            rows,
            empty="No earlier post is known that shows a picture of this one.",
        ),
    )
