"""Commands for people who decide: matches list, matches show, review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli import clustered
from bot.cli.cards import answer, as_document
from bot.cli.context import Cli, viewer_of, who
from bot.cli.running import Json
from bot.services import review as reviewing
from bot.services.review import Card
from store.errors import UsageError
from store.records.match import Tier, Verdict

By = Annotated[str, typer.Option("--by", help="Your account.")]
Looker = Annotated[str, typer.Option("--by", help="Your account: sealed cases are there for their team.")]
Note = Annotated[str, typer.Option(help="Why, for those who come after you.")]
Key = Annotated[str, typer.Argument(help="The match's key, or its beginning, as `matches list` shows it.")]
POSSIBLE, NOT_THIS, LATER = "possible", "not-this-child", "later"
VERDICTS = {POSSIBLE: Verdict.POSSIBLE, NOT_THIS: Verdict.NOT_THIS_CHILD, LATER: Verdict.LATER}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="What looks alike, and why.", rich_markup_mode=None)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("why")(why)
    app.add_typer(group, name="matches")
    review = typer.Typer(
        help="Decide: possible resemblance, not this child, later; undo.", rich_markup_mode=None
    )
    review.command("list")(queue)
    review.command("show")(show)
    review.command(POSSIBLE)(_verdict(Verdict.POSSIBLE, "A possible resemblance: alerts the case team."))
    review.command(NOT_THIS)(clustered.not_this_child)
    review.command(LATER)(clustered.later)
    review.command("undo")(undo)
    clustered.register(review)
    app.add_typer(review, name="review")


def _short(key: str) -> str:
    """The beginning of a key: enough to name the match on the command line."""
    return key[:12]


def _table(cli: Cli, cards: list[Card], empty: str) -> None:
    rows = [
        (c.row.match.tier.value, f"{c.row.match.similarity:.3f}", c.row.state, c.row.match.label.value,
         c.row.match.case_id, c.post.platform.value, c.who_hears, _short(c.row.match.key))
        for c in cards
    ]  # fmt: skip
    columns = ("tier", "cosine", "state", "label", "case", "platform", "who hears", "key")
    cli.table("Possible resemblances", columns, rows, empty=empty)


def list_(context: typer.Context, by: Looker = "", as_json: Json = False) -> None:
    """Every match, open ones first, most similar first.

    Example: run_bot.py --data DIR matches list --json
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        cards = reviewing.listing(built.road, viewer=viewer_of(cli, built, by))
    cli.answer(
        as_json,
        [as_document(card) for card in cards],
        lambda: _table(cli, cards, "Nobody resembles anybody: the normal answer."),
    )


def queue(
    context: typer.Context,
    tier: Annotated[Tier | None, typer.Option(help="Only this tier.")] = None,
    later: Annotated[bool, typer.Option("--later", help="The later pile.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only what was given to you (--by).")] = False,
    by: Looker = "",
    as_json: Json = False,
) -> None:
    """What waits for a person.

    Example: run_bot.py review list
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        viewer, state = viewer_of(cli, built, by), "later" if later else "open"
        of = who(cli, built, by) if mine else None
        cards = reviewing.queue(built.road, tier=tier, state=state, viewer=viewer, of=of)
    cli.answer(
        as_json,
        [as_document(card) for card in cards],
        lambda: _table(cli, cards, "Nothing waits for review."),
    )


def why(
    context: typer.Context,
    post: Annotated[str, typer.Argument(help="The post's key; or name a case with --case.")] = "",
    case: Annotated[str, typer.Option(help="The case's id.")] = "",
    by: Looker = "",
    as_json: Json = False,
) -> None:
    """Why faces that are alike are not shown as candidates: of a post, or of a case.

    Example: run_bot.py matches why POST
    """
    if bool(post) == bool(case):
        raise UsageError("matches why", "name a post, or a case with --case")
    cli: Cli = context.obj
    with cli.installation() as built:
        viewer = viewer_of(cli, built, by)
        found = reviewing.why_not(built.road, post=post, case_id=case, viewer=viewer)
    names = ("post_key", "case_id", "face_key", "similarity", "name", "words")
    rows = [(d.case_id, d.post_key, f"{d.similarity:.3f}", d.words) for d in found]
    columns = ("case", "post", "cosine", "why it is not shown")
    cli.answer(
        as_json,
        [{name: getattr(each, name) for name in names} for each in found],
        lambda: cli.table("Not shown", columns, rows, empty="Nothing that is alike was left out."),
    )


def show(
    context: typer.Context,
    key: Key,
    photos: Annotated[Path | None, typer.Option(help="Write both photos into this folder.")] = None,
    by: Looker = "",
    as_json: Json = False,
) -> None:
    """One match with its reasons for and against, and both photos as files.

    Example: run_bot.py review show KEY --photos /tmp/look --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        # Faces go to nobody without a name and the right to see them.
        viewer = who(cli, built, by) if photos is not None else viewer_of(cli, built, by)
        card = reviewing.card(built.road, key, viewer=viewer)
        shown = reviewing.photos_of(built.road, card, viewer=viewer)
    answer(cli, as_json, card)
    if photos is not None:
        _write_photos(cli, photos, shown)


def _write_photos(cli: Cli, folder: Path, shown: dict[str, bytes]) -> None:
    """The re-encoded copies, never the originals; whoever asked for them has to remove them."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, data in shown.items():
            (folder / f"{name}.jpg").write_bytes(data)
    except OSError as error:
        raise UsageError(str(folder), f"cannot be written ({error.strerror})") from error
    cli.say(f"Photos: {', '.join(str(folder / f'{name}.jpg') for name in shown)}. Remove them after looking.")


def _verdict(verdict: Verdict, words: str) -> Any:
    def command(
        context: typer.Context, key: Key, by: By = "", note: Note = "", as_json: Json = False
    ) -> None:
        cli: Cli = context.obj
        with cli.installation() as built:
            card = reviewing.decide(built.road, key, verdict, by=who(cli, built, by), note=note)
        answer(cli, as_json, card)

    name = next(word for word, kept in VERDICTS.items() if kept is verdict)
    command.__doc__ = f"{words}\n\nExample: run_bot.py review {name} KEY --by ana"
    return command


def undo(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The match; without it, your last verdict.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take a verdict back; the match is open again.

    Example: run_bot.py review undo --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        card = reviewing.undo(built.road, key or None, by=who(cli, built, by))
    answer(cli, as_json, card)
