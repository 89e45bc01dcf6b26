"""Check the sources of the campaign block against what each adapter declares about itself.

Pure: the declarations (`SourceSpec`) are passed in, so a new platform is known here by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.config_report import either, found_at, unknown_key
from bot.config_yaml import Document, Where
from collectors.base import Option, SourceSpec
from store.errors import Mistake
from store.records.post import Platform

Specs = Mapping[str, SourceSpec]

OWN_KEYS = ("name", "kind", "enabled", "poll_every_s")
_VARIABLE = re.compile(r"HOMEWARD_[A-Z0-9_]+")
_WORDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list of texts",
    tuple: "a list of texts",
    dict: "a block of keys",
}


def take_options(document: Document, data: Any, specs: Specs) -> tuple[Any, list[Mistake]]:
    """`data` with each source's own options moved under `options`, defaults filled in; and what is wrong.

    A source whose kind is unknown, or that is no block at all, is left to the models.
    """
    found = list(_sources(data))
    if not found:
        return data, []
    sources = list(data["campaign"]["sources"])
    mistakes: list[Mistake] = []
    for where, source in found:
        sources[where[-1]], wrong = _one(document, where, source, specs)
        mistakes.extend(wrong)
    return {**data, "campaign": {**data["campaign"], "sources": sources}}, mistakes


def take_platforms(document: Document, data: Any, specs: Specs) -> tuple[Any, list[Mistake]]:
    """`data` without accounts and permissions on platforms that no adapter has; and which those were."""
    if not isinstance(data, dict):
        return data, []
    known = sorted({*Platform, *(spec.platform for spec in specs.values())})
    mistakes, taken = [], dict(data)
    if isinstance(accounts := data.get("accounts"), dict):
        unknown = [name for name in accounts if name not in known]
        mistakes += [unknown_key(document, ("accounts", name), known) for name in unknown]
        taken["accounts"] = {name: value for name, value in accounts.items() if name not in unknown}
    granted = data.get("permissions")
    for at, block in enumerate(granted if isinstance(granted, list) else []):
        name = block.get("platform") if isinstance(block, dict) else None
        if isinstance(name, str) and name not in known:
            where = ("permissions", at, "platform")
            mistakes.append(document.mistake(where, found_at(document, where), either(known)))
    return taken, mistakes


def _sources(data: Any) -> Iterator[tuple[tuple[str, str, int], dict[str, Any]]]:
    """The sources that are blocks, and where they stand."""
    campaign = data.get("campaign") if isinstance(data, dict) else None
    sources = campaign.get("sources") if isinstance(campaign, dict) else None
    for at, source in enumerate(sources if isinstance(sources, list) else []):
        if isinstance(source, dict):
            yield ("campaign", "sources", at), source


def _one(
    document: Document, where: Where, source: dict[str, Any], specs: Specs
) -> tuple[dict[str, Any], list[Mistake]]:
    own = {key: value for key, value in source.items() if key in OWN_KEYS}
    kind = source.get("kind")
    if not isinstance(kind, str):
        return own, []
    spec = specs.get(kind)
    if spec is None:
        kinds = either(sorted(specs)) if specs else "no kind at all"
        return own, [document.mistake((*where, "kind"), f'the unknown kind "{kind}"', kinds)]
    own.setdefault("poll_every_s", float(spec.poll_every_s))
    given = {key: value for key, value in source.items() if key not in OWN_KEYS}
    known = [*OWN_KEYS, *(option.name for option in spec.options)]
    mistakes = [unknown_key(document, (*where, key), known) for key in given if key not in known]
    values: dict[str, Any] = {}
    for option in spec.options:
        value = given.get(option.name)
        place = (*where, option.name)
        if value is None and option.default is None:
            mistakes.append(document.mistake(place, "nothing", allowed(option)))
        elif value is not None and not fits(option, value):
            mistakes.append(document.mistake(place, _found(document, place, option), allowed(option)))
        values[option.name] = _plain(option.default) if value is None else value
    own["options"] = values
    return own, mistakes


def named_variables(document: Document, specs: Specs) -> dict[Where, str]:
    """The variables that sources in use name as the place of a secret, and where they do so."""
    named: dict[Where, str] = {}
    for where, source in _sources(document.data):
        spec = specs.get(str(source.get("kind")))
        for option in spec.options if spec and source.get("enabled") is not False else ():
            value = source.get(option.name)
            if names_a_variable(option) and isinstance(value, str) and _VARIABLE.fullmatch(value):
                named[(*where, option.name)] = value
    return named


def names_a_variable(option: Option) -> bool:
    """True if the option holds not a secret but the name of the variable that holds it."""
    return option.name.endswith("_secret")


def _found(document: Document, place: Where, option: Option) -> str:
    # What stands where a variable's name belongs may be the secret itself.
    return "another text (not shown)" if names_a_variable(option) else found_at(document, place)


def fits(option: Option, value: Any) -> bool:
    """True if the value is of the option's kind and among its words."""
    if names_a_variable(option):
        return isinstance(value, str) and (not value or _VARIABLE.fullmatch(value) is not None)
    if option.kind in (list, tuple):
        is_list = isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)
        return is_list and (not option.choices or all(item in option.choices for item in value))
    if isinstance(value, bool) or option.kind is bool:
        return isinstance(value, bool) and option.kind is bool
    is_number = option.kind is float and isinstance(value, int)
    if isinstance(value, int | float) and not option.holds(value):
        return False
    return (is_number or isinstance(value, option.kind)) and (
        not option.choices or str(value) in option.choices
    )


def allowed(option: Option) -> str:
    """What the option takes, in words."""
    kind = _WORDS.get(option.kind, "another value")
    if names_a_variable(option):
        kind = "the name of a variable in .env, such as HOMEWARD_MASTODON_TOKEN"
    if option.choices:
        kind = f"{'a list of ' if option.kind in (list, tuple) else ''}{either(option.choices)}"
    kind = f"{kind} {option.bounds}" if option.bounds else kind
    return f"{kind} ({option.help})" if option.help else kind


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (tuple, set, frozenset)) else value
