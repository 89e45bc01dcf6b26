"""Commands of `review` that act on several candidates at once: copies of a picture, candidates of a case.

A possible resemblance is said of one photo alone, so it is not here.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bot.cli.cards import answer
from bot.cli.context import Cli, viewer_of, who
from bot.cli.running import Json
from bot.services import clusters
from bot.services import review as reviewing
from bot.services.clusters import Cluster, Scope

By = Annotated[str, typer.Option("--by", help="Your account.")]
Key = Annotated[str, typer.Argument(help="The match's key, or its beginning, as `matches list` shows it.")]
Note = Annotated[str, typer.Option(help="Why, for those who come after you.")]
Of = Annotated[Scope, typer.Option("--of", help="copies: of the picture, beside this child; picture: beside "
    "every child; case: every candidate of the child.")]  # fmt: skip


def register(review: typer.Typer) -> None:
    """Add the commands of this module to the group `review`."""
    review.command("cluster")(cluster)
    review.command("assign")(assign)
    review.command("give-back")(give_back)


def _document(found: Cluster) -> dict[str, Any]:
    plain = ("key", "post_key", "case_id", "similarity")
    rows = [{**{n: getattr(r.match, n) for n in plain}, "state": r.state} for r in found.rows]
    return {"of": found.scope.value, "photos": found.photos, "cases": found.cases, "matches": rows}


def _say(cli: Cli, as_json: bool, found: Cluster, words: str) -> None:
    def show() -> None:
        cli.out.print(f"{words} ({found.scope.value}): {len(found.rows)} candidates", markup=False)
        for row in found.rows:
            cli.out.print(f"  {row.match.key[:12]}  {row.match.case_id}  {row.match.post_key}", markup=False)

    cli.answer(as_json, _document(found), show)


def cluster(
    context: typer.Context, key: Key, of: Of = Scope.COPIES, by: By = "", as_json: Json = False
) -> None:
    """What belongs together with a candidate and is not decided yet.

    Example: run_bot.py review cluster KEY --of case
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = clusters.of(built.road, key, of, viewer=viewer_of(cli, built, by))
    _say(cli, as_json, found, "Together")


def not_this_child(
    context: typer.Context,
    key: Key,
    of: Of = Scope.COPIES,
    known_false: Annotated[
        bool, typer.Option("--known-false", help="The picture goes round with a story that is not true.")
    ] = False,
    by: By = "",
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Not this child: the pair never comes back by itself, nor in copies of the picture.

    Example: run_bot.py review not-this-child KEY --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        account = who(cli, built, by)
        clusters.turn_down(built.road, key, of, by=account, note=note, is_false=known_false)
        card = reviewing.card(built.road, key, viewer=account)
    answer(cli, as_json, card)


def later(
    context: typer.Context,
    key: Key,
    of: Of = Scope.COPIES,
    by: By = "",
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Look at it later: it goes on the later pile, with copies of the picture.

    Example: run_bot.py review later KEY --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        account = who(cli, built, by)
        clusters.put_off(built.road, key, of, by=account, note=note)
        card = reviewing.card(built.road, key, viewer=account)
    answer(cli, as_json, card)


def assign(
    context: typer.Context,
    key: Key,
    to: Annotated[str, typer.Option("--to", help="The account that is to look at it.")],
    of: Of = Scope.COPIES,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Give candidates to somebody: they are in that person's list until decided.

    Example: run_bot.py review assign KEY --to rita --of case --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = clusters.assign(built.road, key, of, to, by=who(cli, built, by))
    _say(cli, as_json, found, f"Given to {to}")


def give_back(
    context: typer.Context, key: Key, of: Of = Scope.COPIES, by: By = "", as_json: Json = False
) -> None:
    """Take candidates from whoever has them.

    Example: run_bot.py review give-back KEY --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = clusters.give_back(built.road, key, of, by=who(cli, built, by))
    _say(cli, as_json, found, "Given back")
