"""The catalogue of our words: fixed templates by purpose and language, and what a text has to keep to. Pure.

Files are read elsewhere and handed in as mappings. There is one text for a purpose and language: words are
never varied to get past a platform's check for repetition.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import regex

from bot.rules import lengths
from bot.rules.urls import find_urls
from store.records.post import Platform
from store.records.reply import Purpose
from store.records.replying import Wording

ALLOWED = frozenset({"hotline", "reference", "handle"})
NEEDED = frozenset({"hotline", "reference"})
NEXT_CHANGE = timedelta(hours=24)
"""So long a text stays before another one may take its place, unless it is ended as wrong."""
PURPOSES = tuple(purpose for purpose in Purpose if purpose is not Purpose.FREE)
LONGEST = {"hotline": "9" * 40, "reference": "7KX2QF", "handle": "a" * 30 + "@" + "b" * 200 + ".example"}
SHORTEST_LIMIT = 140

_UNSAID = regex.compile(r"[\p{Cf}\p{Cc}]")
_TAG = regex.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_HAN = regex.compile(r"\p{Han}")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Texts by language tag and purpose, the words for "the local police", the line with the reference.

    `marks` name the approved versions that took a shipped text's place, by (purpose, language).
    """

    texts: Mapping[str, Mapping[Purpose, str]]
    police: Mapping[str, str]
    reference_lines: Mapping[str, str]
    marks: Mapping[tuple[Purpose, str], str] = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """The tags of all languages that are there."""
        return tuple(sorted(self.texts))

    def text(self, purpose: Purpose, language: str) -> str:
        """The template. Raises KeyError for a language or purpose that is not there."""
        return self.texts[language][purpose]

    def mark(self, purpose: Purpose, language: str) -> str:
        """Which version it is, "" for the one that ships."""
        return self.marks.get((purpose, language), "")

    def language_for(self, declared: str, picked: str) -> str:
        """`picked`, or where that is English, the catalogue's language that the author's own tag names."""
        tag = declared.strip().replace("_", "-")
        known = {each.casefold(): each for each in self.texts}
        found = known.get(tag.casefold()) or known.get(tag.partition("-")[0].casefold())
        return found if found and picked == "en" and not found.startswith("zh") else picked

    def hotline(self, country: str, hotlines: Mapping[str, str], language: str) -> str:
        """The number to call, from the operator's list by ISO 3166-1 code; else "the local police".

        The country must come from the campaign or the author, never from a case: it would give a place away.
        """
        known = {code.casefold(): number.strip() for code, number in hotlines.items()}
        return known.get(country.strip().casefold(), "") or self.police[language]

    def with_versions(self, versions: Iterable[Wording]) -> Catalogue:
        """The catalogue in which approved versions stand in the place of shipped texts."""
        texts = {tag: dict(found) for tag, found in self.texts.items()}
        marks = dict(self.marks)
        for each in versions:
            if each.is_in_force and each.language in texts:
                texts[each.language][each.purpose] = each.text
                marks[each.purpose, each.language] = each.mark
        return replace(self, texts=texts, marks=marks)


def parse_catalogue(
    files: Mapping[str, Mapping[str, Any]], rules: lengths.Rules = lengths.RULES
) -> Catalogue:
    """The catalogue of these files, by language tag.

    Raises ValueError that names each mistake by its place, e.g. "de: receipt: does not end with {reference}".
    """
    problems, texts = [], {}
    for tag, mapping in files.items():
        if mapping.get("language") != tag or not _TAG.match(tag):
            problems.append(f"{tag}: language: has to be the file's own tag")
        given = mapping.get("texts")
        found = given if isinstance(given, Mapping) else {}
        wanted = {purpose.value for purpose in PURPOSES}
        problems += [f"{tag}: {name}: is no purpose" for name in found if name not in wanted]
        problems += [f"{tag}: {name}: is missing" for name in sorted(wanted - set(found))]
        texts[tag] = {Purpose(name): str(text).strip() for name, text in found.items() if name in wanted}
        for purpose, text in texts[tag].items():
            problems += [f"{tag}: {purpose.value}: {each}" for each in problems_of(text, tag, rules)]
        for name in ("local_police", "reference_line"):
            if not isinstance(mapping.get(name), str):
                problems.append(f"{tag}: {name}: is missing")
    if "en" not in files:
        problems.append("en: is missing; every other language falls back on it")
    if problems:
        raise ValueError("; ".join(problems))
    police = {tag: str(mapping["local_police"]) for tag, mapping in files.items()}
    lines = {tag: str(mapping["reference_line"]) for tag, mapping in files.items()}
    return Catalogue(texts, police, lines)


def placeholders(template: str) -> frozenset[str]:
    """The names in braces of a template, with whatever is written behind them. Raises ValueError."""
    found = set()
    for _, name, spec, conversion in string.Formatter().parse(template):
        if name is not None:
            found.add(name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else ""))
    return frozenset(found)


def problems_of(text: str, language: str, rules: lengths.Rules = lengths.RULES) -> list[str]:
    """What a text breaks, in words; empty if it may be used."""
    try:
        names = placeholders(text)
    except ValueError:
        return ["a brace is not closed"]
    found = []
    if names - ALLOWED:
        found.append("holds a placeholder that is not {hotline}, {reference} or {handle}")
    if NEEDED - names:
        found.append("lacks {hotline} or {reference}")
    if not text.endswith("{reference}"):
        found.append("does not end with {reference}")
    if _UNSAID.search(text):
        found.append("holds line breaks or invisible characters")
    if find_urls(text) or "://" in text:
        found.append("holds a link")
    if regex.search(r"[@＠#＃]", text):
        found.append("holds a mention or a hashtag")
    if language.startswith("zh") != bool(_HAN.search(text)):
        found.append("is not in its language")
    return found or too_long(text, rules)


def too_long(text: str, rules: lengths.Rules = lengths.RULES) -> list[str]:
    """Where the text is too long with the longest values that it may be filled with."""
    filled = text.format(**LONGEST)
    wrong = []
    for platform, rule in rules.items():
        if platform is Platform.MASTODON:
            filled_here = f"@{LONGEST['handle']} {filled}"
        else:
            filled_here = text.format(**{**LONGEST, "handle": "a" * 15})
        if not rule.fits(filled_here):
            size = f"{rule.measure(filled_here)} of {rule.max_length} {rule.unit}"
            wrong.append(f"is too long for {platform.value} with the longest hotline: {size}")
    return wrong


def may_not_approve(wording: Wording, in_force: Wording | None, by: str, now: datetime) -> str:
    """Why this person cannot put the version into force, "" if they can."""
    if wording.approved_at is not None or wording.ended_at is not None:
        return "was decided already"
    if wording.written_by == by:
        return "was written by you; a second person approves it"
    since = in_force.approved_at if in_force is not None else None
    if since is not None and now - since < NEXT_CHANGE:
        return "comes within a day of the last change; words are not varied. End the last one if it is wrong"
    return ""
