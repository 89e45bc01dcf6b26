"""Commands for the people we write to: reply optouts …, erasures …, talks …, tasks …"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from bot.cli.context import Cli, who
from bot.cli.running import Json
from bot.pipeline.road import Road
from bot.services import conversations, optouts
from bot.services.conversations import TalkView
from bot.services.optouts import ErasureView
from store.errors import UsageError
from store.records.post import Platform
from store.records.reply import Purpose, Reply
from store.records.replying import OptOut

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option(help="The reason, kept on record.")]
Key = Annotated[str, typer.Argument(help="The key, as the list shows it.")]


def register(group: typer.Typer) -> None:
    """Add the commands of this module."""
    for name, words, parts in (
        ("optouts", "People who want no messages, known by keyed digests.", (list_optouts, add, remove)),
        ("erasures", "People who asked for their data to be deleted.", (list_erasures, done)),
        ("talks", "What people wrote to us, and our answers.", (list_talks, answer, write, close)),
        ("tasks", "What the team writes with its own hand.", (list_tasks, finish)),
    ):
        sub = typer.Typer(help=words, rich_markup_mode=None)
        for part in parts:
            sub.command("list" if part.__name__.startswith("list_") else part.__name__)(part)
        group.add_typer(sub, name=name)


def _kept(context: typer.Context, by: str, act: Callable[[Road, str], object], words: str) -> None:
    """Do something as an account and say that it is done."""
    cli: Cli = context.obj
    with cli.installation() as built:
        act(built.road, who(cli, built, by))
    cli.out.print(words, markup=False)


def _written(context: typer.Context, by: str, act: Callable[[Road, str], Reply]) -> None:
    """Make a row of the outbox as an account and show it."""
    cli: Cli = context.obj
    with cli.installation() as built:
        row = act(built.road, who(cli, built, by))
    cli.out.print(f"{row.key}  [{row.state.value}]\n{row.text}", markup=False)


def _opt_out(each: OptOut) -> dict[str, Any]:
    return {
        "person": each.person[:16],
        "platform": each.platform,
        "everywhere": each.everywhere,
        "why": each.why,
        "at": each.at.isoformat(),
    }


def list_optouts(context: typer.Context, as_json: Json = False) -> None:
    """How many people want no messages, one line each. Nobody can tell from it who they are.

    Example: run_bot.py reply optouts list --json
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found, amount = optouts.listing(built.road), optouts.count(built.road)

    def show() -> None:
        rows = [
            (
                o.person[:16],
                o.platform,
                "all platforms" if o.everywhere else "there",
                f"{o.at:%Y-%m-%d}",
                o.why,
            )
            for o in found
        ]
        columns = ("person", "platform", "where", "since", "why")
        cli.table(f"{amount} opt-outs", columns, rows, empty="Nobody has opted out.")

    cli.answer(as_json, {"count": amount, "opt_outs": [_opt_out(each) for each in found]}, show)


def add(
    context: typer.Context,
    handle: Annotated[str, typer.Argument(help="The account's name on its platform.")],
    platform: Annotated[str, typer.Option(help="mastodon, bluesky, x, weibo …")] = "mastodon",
    everywhere: Annotated[bool, typer.Option(help="On all platforms, under this name.")] = False,
    by: By = "",
    why: Why = "",
) -> None:
    """Somebody asked by another way to get no messages, such as by phone.

    Example: run_bot.py reply optouts add lin@social.example --everywhere --why "by phone on 3 May" --by ana
    """
    cli: Cli = context.obj
    where = _platform(platform)
    with cli.installation() as built:
        is_new = optouts.add(
            built.road, where, handle, everywhere=everywhere, by=who(cli, built, by), why=why
        )
    cli.out.print("Kept." if is_new else "Was kept before.", markup=False)


def _platform(name: str) -> Platform:
    try:
        return Platform(name)
    except ValueError:
        raise UsageError("--platform", f"is {name[:20]!r}, no platform's name") from None


def remove(
    context: typer.Context,
    person: Annotated[str, typer.Argument(help="The beginning of the digest, as the list shows it.")],
    by: By = "",
    why: Why = "",
) -> None:
    """Somebody wants messages again and told us so.

    Example: run_bot.py reply optouts remove 3f9a0c1b --why "wrote to us again on 5 May" --by ana
    """
    _kept(context, by, lambda road, name: optouts.remove(road, person, by=name, why=why), "Removed.")


def _erasure(view: ErasureView) -> dict[str, Any]:
    each = view.erasure
    return {
        "reference": each.reference,
        "platform": each.platform,
        "handle": view.handle,
        "author_id": view.author_id,
        "message": view.message,
        "asked_at": each.asked_at.isoformat(),
        "due_at": each.due_at.isoformat(),
        "late": view.is_late,
        "done_by": each.done_by,
        "note": each.note,
    }


def list_erasures(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Who asked to be erased, and by when that has to be done.

    Example: run_bot.py reply erasures list --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        who(cli, built, by)
        views = optouts.erasures(built.road)

    def show() -> None:
        rows = [
            (
                v.erasure.reference,
                v.erasure.platform,
                v.handle,
                f"{v.erasure.due_at:%Y-%m-%d}{' LATE' if v.is_late else ''}",
                v.erasure.done_by or "nobody yet",
            )
            for v in views
        ]
        columns = ("reference", "platform", "handle", "due", "done by")
        cli.table("Wishes to be erased", columns, rows, empty="Nobody has asked to be erased.")

    cli.answer(as_json, {"erasures": [_erasure(view) for view in views]}, show)


def done(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(help="The reference, as the list shows it.")],
    note: Annotated[str, typer.Option(help="What was deleted.")] = "",
    by: By = "",
) -> None:
    """Say that somebody was erased.

    Example: run_bot.py reply erasures done 7KX2QF --note "posts and digests deleted" --by ana
    """
    _kept(context, by, lambda road, name: optouts.done(road, reference, by=name, note=note), "Kept.")


def _talk(view: TalkView) -> dict[str, Any]:
    talk = view.talk
    return {
        "key": talk.key,
        "sighting": talk.post_key,
        "platform": talk.platform,
        "at": talk.at.isoformat(),
        "wish": talk.wish,
        "text": view.post.text if view.post else None,
        "may_be_answered": view.consent.given,
        "consent": view.consent.words,
        "closed_by": talk.closed_by,
        "replies": [{"key": row.key, "state": row.state.value, "text": row.text} for row in view.replies],
    }


def list_talks(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """What people wrote to us, open messages first.

    Example: run_bot.py reply talks list --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        who(cli, built, by)
        views = conversations.listing(built.road)

    def show() -> None:
        rows = [
            (
                v.talk.platform,
                v.talk.closed_by or "open",
                v.post.text if v.post else f"({v.talk.wish or 'not kept any more'})",
                v.talk.key,
            )
            for v in views
        ]
        cli.table(
            "Messages to us", ("platform", "by", "text", "key"), rows, empty="Nobody has written to us."
        )

    cli.answer(as_json, {"talks": [_talk(view) for view in views]}, show)


def answer(
    context: typer.Context,
    key: Key,
    phrase: Annotated[Purpose, typer.Option(help="thanks, please_call or how_to_help.")] = Purpose.THANKS,
    by: By = "",
) -> None:
    """Answer a message with a fixed phrase, within caps and level.

    Example: run_bot.py reply talks answer KEY --phrase please_call --by ana
    """
    _written(context, by, lambda road, name: conversations.answer(road, key, phrase, by=name))


def write(
    context: typer.Context,
    key: Key,
    words: Annotated[str, typer.Option(help="Your words: no name, place, time, number or link.")] = "",
    by: By = "",
) -> None:
    """Answer in your own words. They go only once a second person has approved them (`reply approve`).

    Example: run_bot.py reply talks write KEY --words "Thank you, this helps." --by ana
    """
    _written(context, by, lambda road, name: conversations.write(road, key, words, by=name))


def close(context: typer.Context, key: Key, by: By = "") -> None:
    """Say that nothing more is to be said to a message.

    Example: run_bot.py reply talks close KEY --by ana
    """
    _kept(context, by, lambda road, name: conversations.close(road, key, by=name), "Closed.")


def list_tasks(context: typer.Context, as_json: Json = False) -> None:
    """What the team writes with its own hand, since no program may or can.

    Example: run_bot.py reply tasks list
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = conversations.tasks(built.road)
    documents = [
        {
            "key": task.key,
            "post": task.post_key,
            "platform": task.platform,
            "text": task.text,
            "asked_at": task.asked_at.isoformat(),
            "done_by": task.done_by,
            "outcome": task.outcome,
        }
        for task in found
    ]

    def show() -> None:
        rows = [(t.platform, t.done_by or "open", t.text, t.key) for t in found]
        cli.table("By hand", ("platform", "by", "text", "key"), rows, empty="Nothing waits for a hand.")

    cli.answer(as_json, {"tasks": documents}, show)


def finish(
    context: typer.Context,
    key: Key,
    outcome: Annotated[str, typer.Option(help="What came of it.")] = "",
    by: By = "",
) -> None:
    """Say what came of a task.

    Example: run_bot.py reply tasks finish KEY --outcome "written on 3 May" --by ana
    """
    _kept(context, by, lambda road, name: conversations.done(road, key, by=name, outcome=outcome), "Kept.")
