"""The command `extract`: what is read from one post, with the words it came from, or from a file of posts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from bot.cli.context import DONE, PROBLEMS, Cli
from bot.cli.running import Json
from bot.extract.firsthand import span_of
from bot.extract.place_names import Above
from bot.extract.sighting import as_json as as_document
from bot.extract.time import zone_of
from bot.services import extracting
from bot.services.extracting import Batch
from store.errors import UsageError
from store.records.post import Post
from store.records.sighting import Evidence, EvidenceKind, Sighting, WhenCandidate, WhereCandidate

STYLES = {
    "when": "bold black on bright_yellow", "where": "bold black on bright_cyan", "who": "bold magenta",
    "whose words": "underline",
}  # fmt: skip
_OTHERS = 3


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("extract")(extract)


def extract(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A JSON Lines file of posts.")] = None,
    text: Annotated[str, typer.Option(help="The text of one post.")] = "",
    posted_at: Annotated[str, typer.Option(help="When it was posted: ISO 8601 with offset.")] = "",
    geo: Annotated[str, typer.Option(help="The post's geotag: LAT,LON.")] = "",
    lang: Annotated[str, typer.Option(help="zh, zh-Hant, en; told by the script without it.")] = "",
    author_location: Annotated[str, typer.Option(help="What the profile says of the place.")] = "",
    reader: Annotated[
        str, typer.Option(help="Whose language names of provinces, cities, districts are told in: zh, en.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Where the answers to FILE go, a line each.")] = None,
    as_json: Json = False,
) -> None:
    """Explain what is read from a post: when, where, who, first-hand; or read a file of posts.

    Each line of FILE: id text lang platform created_at author_location geo. Bad lines are set aside.

    Example: run_bot.py extract --text "昨天下午三点在春熙路" --posted-at 2026-05-25T10:00:00+08:00
    """
    cli: Cli = context.obj
    if (file is None) == (not text):
        raise UsageError("extract", "give either a FILE of posts or one --text")
    if file is not None:
        raise typer.Exit(_many(cli, file, out, as_json))
    if not posted_at:
        raise UsageError("--posted-at", "is missing; without it no word about time can be read")
    post = extracting.post(
        text,
        extracting.moment(posted_at, "--posted-at"),
        geo=extracting.point(geo, "--geo") if geo else None,
        lang=lang,
        author_location=author_location,
    )
    with cli.installation() as built:
        found = extracting.reader(built.road)(post)
        told = extracting.names_told(built.road, found, reader)
    document = {**as_document(found), **({"names": [vars_of(n) for n in told]} if reader else {})}
    cli.answer(as_json, document, lambda: _explain(cli, post, found, told, reader))


def _many(cli: Cli, file: Path, out: Path | None, as_json: bool) -> int:
    if out is None:
        raise UsageError("--out", "is missing; say where the answers go")
    if out.exists() and out.samefile(file):
        raise UsageError("--out", "is the file that is read; give another")

    def progress(batch: Batch) -> None:
        if cli.err.is_terminal:
            cli.err.print(f"{batch.read} read, {batch.bad} set aside", end="\r", markup=False)

    with cli.installation() as built:
        batch = extracting.many(extracting.reader(built.road), file, out, progress)
    for number, reason in batch.set_aside:
        cli.say(f"line {number} set aside: {reason}")
    if batch.bad > len(batch.set_aside):
        cli.say(f"… and {batch.bad - len(batch.set_aside)} more")
    cli.say(f"{batch.read} read, {batch.bad} set aside")
    if as_json:
        sys.stdout.write(json.dumps(batch.as_json(), ensure_ascii=False, indent=2) + "\n")
    return PROBLEMS if batch.bad else DONE


# ── one post for people ──────────────────────────────────────────────────────────────────────────


def highlighted(post: Post, found: Sighting) -> Text:
    """The text with the words that were read marked by what they say."""
    text = Text(post.text)
    for evidence in found.who.evidence:
        _mark(text, evidence, "who")
    for mention in found.where.mentions:
        text.stylize(STYLES["where"], mention.start, mention.end)
    for candidate in found.when.candidates:
        _mark(text, candidate.evidence, "when")
    if span := span_of(post.text, found.first_hand_why):
        text.stylize(STYLES["whose words"], *span)
    return text


def _mark(text: Text, evidence: Evidence, what: str) -> None:
    if evidence.start >= 0:
        text.stylize(STYLES[what], evidence.start, evidence.end)


def vars_of(above: Above) -> dict[str, str]:
    """The names as JSON has them, from large to small."""
    return {
        "country": above.country, "province": above.province, "city": above.city, "district": above.district
    }  # fmt: skip


def _explain(cli: Cli, post: Post, found: Sighting, told: Sequence[Above], reader: str) -> None:
    cli.out.print(highlighted(post, found))
    legend = Text("marked: ")
    for what, style in STYLES.items():
        legend.append(what, style).append("  ")
    cli.out.print(legend)
    what = "a sighting" if found.is_sighting else "no sighting"
    sure = "" if found.first_hand_weight is None else f", weight {found.first_hand_weight:.2f}"
    lines = [f"{what}; words: {found.first_hand.value}{sure} ({found.first_hand_why or 'no sign otherwise'})"]
    lines += _whens(found) + _wheres(found, told, reader) + _whos(found)
    for line in lines:
        cli.out.print(line, markup=False)


def _whens(found: Sighting) -> list[str]:
    lines = [f"when ({found.when.zone})" if found.when.candidates else "when: not said"]
    lines += [_when(c, zone_of(found.when.zone)) for c in found.when.candidates[: _OTHERS + 1]]
    return lines + ([f"  ! {found.when.conflict}"] if found.when.conflict else [])


def _when(candidate: WhenCandidate, zone: tzinfo) -> str:
    start, end = candidate.start.astimezone(zone), candidate.end.astimezone(zone)
    span = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
    return f"  {candidate.weight:.2f}  {span}  {_source(candidate.evidence)}"


def _wheres(found: Sighting, told: Sequence[Above], reader: str) -> list[str]:
    lines = ["where" if found.where.candidates else "where: not said"]
    shown = found.where.candidates[: _OTHERS + 1]
    lines += [_where(c, above.line(reader or "en")) for c, above in zip(shown, told, strict=False)]
    return lines + ([f"  ! {found.where.conflict}"] if found.where.conflict else [])


def _where(candidate: WhereCandidate, above: str) -> str:
    point = "no point known"
    if candidate.lat is not None and candidate.lon is not None:
        point = f"{candidate.lat:.4f}, {candidate.lon:.4f} within {candidate.radius_km:g} km"
    name = f"{candidate.name} ({above or 'nothing above known'})"
    return f"  {candidate.weight:.2f}  {name}: {point}  {_source(candidate.evidence)}"


def _whos(found: Sighting) -> list[str]:
    who = found.who
    age = "" if who.age_low is None else f"{who.age_low:g} to {who.age_high:g} years"
    number = {None: "", 0: "", 1: "1 child"}.get(who.children, f"{who.children} children")
    said = [number, who.sex, age, who.adult, *who.marks]
    return [f"who: {', '.join(filter(None, said)) or 'not said'}"]


def _source(evidence: Evidence) -> str:
    quote = f" 「{evidence.quote}」" if evidence.quote and evidence.kind is EvidenceKind.TEXT else ""
    return f"[{evidence.kind.value}: {evidence.rule}{quote}]"
