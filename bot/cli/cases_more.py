"""Further commands of `cases`: standing, sealing, team, photos, removal, sources, keys, families, export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.cases_shown import answer, read_photos
from bot.cli.context import DONE, PROBLEMS, Cli, viewer_of, who
from bot.cli.running import Json
from bot.pipeline.road import Road
from bot.services import cases as registry
from bot.services import exporting, families, registering
from bot.services.exporting import Part
from store.errors import UsageError
from store.records.registry import AuthorityKind, Relation, Risk, SourcePermission, Standing

By = Annotated[str, typer.Option("--by", help="Your account.")]
Why = Annotated[str, typer.Option(help="Why, in words; it is kept.")]
CaseId = Annotated[str, typer.Argument(help="The case's id.")]
Words = Annotated[str | None, typer.Option(help="In words.")]


def register(group: typer.Typer) -> None:
    """Add the commands of this module to `cases`."""
    for name, command in (
        ("standing", standing), ("seal", seal), ("unseal", unseal), ("team", team), ("photos", photos),
        ("contact", contact), ("reopen", reopen), ("renew", renew), ("remove", remove),
        ("bring-back", bring_back), ("removed", removed), ("source", source), ("reseal", reseal),
        ("invite", invite), ("export", export),
    ):  # fmt: skip
        group.command(name)(command)


def _step(
    context: typer.Context, by: str, as_json: bool, take: Callable[[Road, str], registry.CaseView]
) -> None:
    """Take a step as an account and show the case."""
    cli: Cli = context.obj
    with cli.installation() as built:
        view = take(built.road, who(cli, built, by))
    answer(cli, as_json, view)


def standing(
    context: typer.Context,
    case_id: CaseId,
    authority: Annotated[AuthorityKind | None, typer.Option(help="Who gave the reference.")] = None,
    authority_name: Annotated[str | None, typer.Option(help="Which office.")] = None,
    reference: Annotated[str | None, typer.Option(help="The authority's own reference.")] = None,
    trusted_registry: Annotated[str | None, typer.Option(help="A registry that config.yaml trusts.")] = None,
    registry_record: Annotated[str | None, typer.Option(help="The record's id there.")] = None,
    relation: Annotated[Relation | None, typer.Option(help="Who asks for the search.")] = None,
    relation_evidence: Annotated[str | None, typer.Option(help="By what paper that was seen.")] = None,
    photo_consent_by: Annotated[str | None, typer.Option(help="Who consents to the photos.")] = None,
    photo_consent_on: Annotated[str | None, typer.Option(help="On what day, YYYY-MM-DD.")] = None,
    risk: Annotated[list[Risk] | None, typer.Option(help="A known order or danger; again for more.")] = None,
    no_risk: Annotated[bool, typer.Option("--no-risk", help="No order or danger is known any more.")] = False,
    cleared: Annotated[
        str | None, typer.Option(help="The authority knows of the risks and wants it.")
    ] = None,
    adult_basis: Annotated[str | None, typer.Option(help="On what an adult is searched for.")] = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Say on what a case rests; what is left out stays. An active case that this holds leaves the search.

    Example: run_bot.py cases standing home/1 --authority police --reference 12/345 --by ana
    """
    cli: Cli = context.obj
    day = _day("--photo-consent-on", photo_consent_on)
    given: dict[str, Any] = {
        "authority": authority, "authority_name": authority_name, "authority_reference": reference,
        "registry": trusted_registry, "registry_record": registry_record, "relation": relation,
        "relation_evidence": relation_evidence, "photo_consent_by": photo_consent_by,
        "photo_consent_on": day, "cleared": cleared, "adult_basis": adult_basis,
        "risks": () if no_risk else tuple(risk) if risk else None,
    }  # fmt: skip
    changes = {name: value for name, value in given.items() if value is not None}
    with cli.installation() as built:
        name = who(cli, built, by)
        before = registry.show(built.road, case_id, viewer=name).standing
        after = replace(before, **changes)
        _need_partners(after, changes)
        view = registering.set_standing(built.road, after, by=name)
    answer(cli, as_json, view)


_PARTNERS = (
    ("authority_reference", "--reference", "authority", "--authority", "who gave it"),
    ("authority", "--authority", "authority_reference", "--reference", "the authority's own reference"),
    ("authority_name", "--authority-name", "authority", "--authority", "which kind it is"),
    ("registry", "--trusted-registry", "registry_record", "--registry-record", "the record's id there"),
    ("registry_record", "--registry-record", "registry", "--trusted-registry", "whose record it is"),
    ("relation", "--relation", "relation_evidence", "--relation-evidence", "by what paper that was seen"),
    ("relation_evidence", "--relation-evidence", "relation", "--relation", "who asks for the search"),
    ("photo_consent_by", "--photo-consent-by", "photo_consent_on", "--photo-consent-on", "on what day"),
    ("photo_consent_on", "--photo-consent-on", "photo_consent_by", "--photo-consent-by", "who consents"),
)
"""What says nothing alone: a field with its option, and the field that it needs beside it."""


def _need_partners(after: Standing, changes: Mapping[str, Any]) -> None:
    """Raises UsageError, which names the option that is missing, for half of a pair alone."""
    for name, option, partner, other, words in _PARTNERS:
        if changes.get(name) and not getattr(after, partner):
            raise UsageError(option, f"stands alone; give {other} as well: {words}")


def _day(name: str, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise UsageError(name, f"is {value!r}; write YYYY-MM-DD") from None


def seal(context: typer.Context, case_id: CaseId, why: Why, by: By = "", as_json: Json = False) -> None:
    """Hide a case from everybody but its team.

    Example: run_bot.py cases seal home/1 --why "protection order of 3 May" --by ana
    """
    _step(context, by, as_json, lambda road, name: registering.seal(road, case_id, by=name, why=why))


def unseal(context: typer.Context, case_id: CaseId, why: Why, by: By = "", as_json: Json = False) -> None:
    """Show a sealed case to all who may see cases again.

    Example: run_bot.py cases unseal home/1 --why "the order was lifted" --by ana
    """
    _step(context, by, as_json, lambda road, name: registering.unseal(road, case_id, by=name, why=why))


def team(
    context: typer.Context,
    case_id: CaseId,
    add: Annotated[str, typer.Option(help="An account to take in.")] = "",
    drop: Annotated[str, typer.Option(help="An account to take out.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Who knows of a sealed case and may open a contact.

    Example: run_bot.py cases team home/1 --add ben --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        name = who(cli, built, by)
        if drop:
            registering.leave_team(built.road, case_id, drop, by=name)
        if add:
            registering.join_team(built.road, case_id, add, by=name)
        members = list(registry.show(built.road, case_id, viewer=name).team)
    cli.answer(as_json, {"team": members}, lambda: cli.out.print(", ".join(members), markup=False))


def photos(
    context: typer.Context,
    case_id: CaseId,
    photo: Annotated[list[Path], typer.Argument(help="Photos.")],
    age: Annotated[list[float] | None, typer.Option(help="The child's age in each, in years.")] = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Add photos to a draft. Any other case is opened again first.

    Example: run_bot.py cases photos home/1 a.jpg b.jpg --age 3 --age 5 --by ana
    """
    files = read_photos("--age", photo, age)
    _step(context, by, as_json, lambda road, name: registering.add_photos(road, case_id, files, by=name))


def contact(
    context: typer.Context,
    case_id: CaseId,
    name: Annotated[str, typer.Option(help="Whom to reach.")] = "",
    phone: Annotated[str, typer.Option(help="A telephone number.")] = "",
    email: Annotated[str, typer.Option(help="A mail address.")] = "",
    why: Annotated[
        str, typer.Option("--open", help="Open it instead; say for what. It is written down.")
    ] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Keep the family's contact under seal, or open it for a reason.

    Example: run_bot.py cases contact home/1 --name "Aunt Li" --phone 000 --by ana
    """
    cli: Cli = context.obj
    given = {"contact_name": name, "contact_phone": phone, "contact_email": email}
    given = {field: value for field, value in given.items() if value}
    if bool(given) == bool(why):
        raise UsageError("contact", "give a name, phone or email to keep, or --open with a reason")
    with cli.installation() as built:
        account = who(cli, built, by)
        if given:
            registering.set_contact(built.road, case_id, given, by=account)
        found = registering.open_contact(built.road, case_id, by=account, why=why) if why else {}
    document = found or dict.fromkeys(given, "kept under seal")
    said = "\n".join(f"{n}: {v}" for n, v in document.items())
    cli.answer(as_json, document, lambda: cli.out.print(said, markup=False))


def reopen(context: typer.Context, case_id: CaseId, why: Why, by: By = "", as_json: Json = False) -> None:
    """Back to draft, out of the search: fields and photos can change, then it is verified anew.

    Example: run_bot.py cases reopen home/1 --why "a better photo" --by ana
    """
    _step(context, by, as_json, lambda road, name: registering.reopen(road, case_id, by=name, why=why))


def renew(
    context: typer.Context,
    case_id: CaseId,
    until: Annotated[str, typer.Argument(help="The day on which it expires, YYYY-MM-DD.")],
    why: Why,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Move the day on which a case expires.

    Example: run_bot.py cases renew home/1 2027-11-24 --why "the source renewed it" --by ana
    """
    day = _day("until", until)
    if day is None:
        raise UsageError("until", "is empty; write YYYY-MM-DD")
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    _step(context, by, as_json, lambda road, name: registering.renew(road, case_id, at, by=name, why=why))


def remove(
    context: typer.Context,
    case_id: CaseId,
    why: Why,
    keep_away: Annotated[bool, typer.Option("--keep-away", help="No import brings it back.")] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take a case out: hidden at once, destroyed when the days to bring it back are over.

    Example: run_bot.py cases remove home/1 --why "registered by mistake" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        done = registering.remove(built.road, case_id, by=who(cli, built, by), why=why, keep_away=keep_away)
    words = f"{case_id} is out and is destroyed on {done.until:%Y-%m-%d}."
    cli.answer(as_json, {"id": case_id, "until": done.until}, lambda: cli.out.print(words, markup=False))


def bring_back(context: typer.Context, case_id: CaseId, by: By = "", as_json: Json = False) -> None:
    """Take a removal back: the case is a draft again.

    Example: run_bot.py cases bring-back home/1 --by ana
    """
    _step(context, by, as_json, lambda road, name: registering.bring_back(road, case_id, by=name))


def removed(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Removed cases that can still be brought back.

    Example: run_bot.py cases removed --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        found = registering.removed(built.road, viewer=viewer_of(cli, built, by))
    document = [{"id": r.case_id, "by": r.by, "why": r.why, "until": r.until} for r in found]
    rows = [(r.case_id, r.by, r.why, f"{r.until:%Y-%m-%d}") for r in found]
    columns = ("id", "by", "why", "destroyed on")
    cli.answer(as_json, document, lambda: cli.table("Removed", columns, rows, empty="Nothing was removed."))


def source(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The source, as its cases name it; none lists all.")] = "",
    search: Annotated[bool, typer.Option("--search", help="Its records may be searched for.")] = False,
    display: Annotated[bool, typer.Option("--display", help="They may be shown outside the team.")] = False,
    publish: Annotated[bool, typer.Option("--publish", help="They may leave in exports.")] = False,
    basis: Annotated[str, typer.Option(help="Where that is written.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """What a source of records permits; without --search nothing of it is searched, wherever it shows them.

    Example: run_bot.py cases source police.example --search --basis "letter of 5 January" --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        if name:
            given = SourcePermission(name, search, display, publish, basis)
            registering.permit_source(built.road, given, by=who(cli, built, by))
        found = registering.source_permissions(built.road)
    document = [
        {"source": p.source, "search": p.search, "display": p.display, "publish": p.publish, "basis": p.basis}
        for p in found
    ]
    rows = [tuple(str(value) for value in each.values()) for each in document]
    columns = ("source", "search", "display", "publish", "basis")
    empty = "No source has permitted anything."
    cli.answer(as_json, document, lambda: cli.table("Sources", columns, rows, empty=empty))


def reseal(context: typer.Context, by: By = "", as_json: Json = False) -> None:
    """Seal contacts and other private values with the first key of HOMEWARD_CONTACT_KEYS.

    Example: run_bot.py cases reseal --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        done = registering.reseal(built.road, by=who(cli, built, by))
    words = f"{done} values were sealed anew. Older keys can go once this says 0."
    cli.answer(as_json, {"resealed": done}, lambda: cli.out.print(words, markup=False))


def invite(
    context: typer.Context,
    language: Annotated[str, typer.Option(help=", ".join(families.LANGUAGES))] = "en",
    by: By = "",
    as_json: Json = False,
) -> None:
    """A one-time link by which a family registers its child. Hand it over in person.

    Example: run_bot.py cases invite --language zh-Hans --by ana
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        url = families.invite(built.road, language, by=who(cli, built, by))
    cli.answer(as_json, {"url": url}, lambda: cli.out.print(url, markup=False))


def export(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="The file to write.")],
    why: Why,
    case_id: Annotated[list[str] | None, typer.Option("--case", help="One case; again for more.")] = None,
    form: Annotated[str, typer.Option("--format", help=", ".join(exporting.FORMATS))] = "pfif",
    part: Annotated[list[Part] | None, typer.Option(help="What else is let out; again for more.")] = None,
    version: Annotated[str, typer.Option(help="PFIF's version.")] = "1.4",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Write cases as PFIF, CSV or JSON: administrators only, with a reason; home and author fields stay here.

    Example: run_bot.py cases export out.xml --why "to the police, file 3" --by ada
    """
    cli: Cli = context.obj
    with cli.installation() as built:
        done = exporting.export(
            built.road, by=who(cli, built, by), why=why, ids=tuple(case_id or ()), form=form,
            parts=frozenset(part or ()), version=version,
        )  # fmt: skip
    try:
        out.touch(mode=0o600)
        out.write_text(done.text, encoding="utf-8")
    except OSError as error:
        raise UsageError(str(out), f"cannot be written ({error.strerror})") from error
    document = {"cases": done.cases, "held": [{"id": i, "why": w} for i, w in done.held], "file": str(out)}

    def show() -> None:
        cli.out.print(f"{len(done.cases)} cases are in {out}.", markup=False)
        for held_id, words in done.held:
            cli.out.print(f"held back: {held_id}: {words}", markup=False)

    cli.answer(as_json, document, show)
    raise typer.Exit(PROBLEMS if done.held else DONE)
