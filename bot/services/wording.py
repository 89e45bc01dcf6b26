"""Our words as people see and change them: previews as each platform counts, versions, approval by another.

What a text may be is decided in bot/rules/wording.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline import levels as pipeline
from bot.pipeline import withdrawing
from bot.pipeline.road import Road
from bot.rules import compose, leaks
from bot.rules import wording as rules
from bot.rules.wording import Catalogue
from store import audit, conversations, levels
from store.db import Transaction
from store.errors import NotAllowed, UsageError
from store.records.post import Platform
from store.records.reply import Purpose, ReplyState
from store.records.replying import Wording

REFERENCE = "7KX2QF"
HANDLES = {"mastodon": "name@server.example", "bluesky": "name.bsky.social"}
_LIVE = (*withdrawing.WAITING, ReplyState.SENT)


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as one platform gets it: the exact words, how long they are there, whether they fit."""

    platform: str
    text: str
    length: int
    max_length: int
    unit: str
    bytes: int
    max_bytes: int | None
    fits: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """A template, what it breaks, and how it looks on each platform."""

    purpose: Purpose
    language: str
    template: str
    mark: str
    problems: tuple[str, ...]
    shown: tuple[Shown, ...]


def catalogue(road: Road) -> Catalogue:
    """The words that are in force."""
    with road.store.reading() as tx:
        return pipeline.catalogue(road, tx)


def versions(road: Road) -> list[Wording]:
    """All versions that people wrote, newest first."""
    with road.store.reading() as tx:
        return levels.wordings(tx)


def preview(
    road: Road, purpose: Purpose, language: str, text: str = "", *, max_length: int | None = None
) -> Preview:
    """Exactly what would be posted, on each platform. `text` is tried in the place of what is in force.

    `max_length` replaces every platform's limit (a server of its own, or 140 to be sure). Raises UsageError.
    """
    with road.store.reading() as tx:
        now = pipeline.catalogue(road, tx)
        _known(now, purpose, language)
        template = text.strip() or now.text(purpose, language)
        problems = rules.problems_of(template, language, road.rules.lengths)
        problems += _leaks(tx, template) if text.strip() else []
    usable = not any("placeholder" in each or "brace" in each for each in problems)
    tried = _instead(now, purpose, language, template)
    shown = (
        [_shown(road, tried, purpose, language, p, max_length) for p in road.rules.lengths] if usable else []
    )
    mark = now.mark(purpose, language) or "as shipped"
    return Preview(purpose, language, template, mark, tuple(problems), tuple(shown))


def _instead(now: Catalogue, purpose: Purpose, language: str, template: str) -> Catalogue:
    texts = {tag: dict(found) for tag, found in now.texts.items()}
    texts[language][purpose] = template
    return Catalogue(texts, now.police, now.reference_lines)


def _known(now: Catalogue, purpose: Purpose, language: str) -> None:
    if language not in now.languages:
        raise UsageError("language", f"is {language[:20]!r}; the catalogue has {', '.join(now.languages)}")
    if purpose not in rules.PURPOSES:
        raise UsageError("purpose", f"{purpose.value} has no fixed words")


def _shown(
    road: Road, words: Catalogue, purpose: Purpose, language: str, platform: Platform, most: int | None
) -> Shown:
    rule = road.rules.lengths[platform]
    sender = road.senders.get(platform.value)
    limit = most or (sender.limits.max_length if sender is not None else rule.max_length)
    made = compose.compose(
        purpose,
        catalogue=words,
        hotline=words.hotline(road.plan.country, road.plan.hotlines, language),
        reference=REFERENCE,
        handle=HANDLES.get(platform.value, "name"),
        language=language,
        platform=platform,
        max_length=10**6,
        rules=road.rules.lengths,
    )
    if isinstance(made, compose.Unfit):
        return Shown(platform.value, "", 0, limit, rule.unit, 0, rule.max_bytes, False, made.why)
    size = len(made.text.encode())
    fits = rule.fits(made.text, max_length=limit)
    return Shown(platform.value, made.text, made.length, limit, rule.unit, size, rule.max_bytes, fits)


def _leaks(tx: Transaction, text: str) -> list[str]:
    found = leaks.found(text, levels.unsaid(tx))
    return [f"holds {each}" for each in found if "case" in each]


def write(road: Road, purpose: Purpose, language: str, text: str, *, by: str, why: str) -> Wording:
    """First person: keep a new version. Raises UsageError with everything that is wrong with it."""
    seen, now = preview(road, purpose, language, text), road.clock()
    if not text.strip():
        raise UsageError("text", "is empty")
    problems = [*seen.problems, *(f"does not fit {each.platform}" for each in seen.shown if not each.fits)]
    if problems:
        raise UsageError("text", "; ".join(problems))
    if len(why.strip()) < 8:
        raise UsageError("why", "is missing; say in words why the text is changed")
    with road.store.transaction(durable=True) as tx:
        if text.strip() == pipeline.catalogue(road, tx).text(purpose, language):
            raise UsageError("text", "is in force already")
        made = levels.write(tx, purpose, language, text.strip(), by=by, why=why.strip(), at=now)
        audit.write(tx, now, by, "wording.written", made.mark, why=why.strip())
    return made


def approve(road: Road, number: int, *, by: str) -> Wording:
    """Second person: rows that are drafted from now on are made of it. Raises Missing, NotAllowed."""
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        held = levels.wording(tx, number)
        standing = {(each.purpose, each.language): each for each in levels.in_force(tx)}
        words = rules.may_not_approve(held, standing.get((held.purpose, held.language)), by, now)
        if words:
            raise NotAllowed(str(number), words)
        levels.approve(tx, number, by=by, at=now)
        audit.write(tx, now, by, "wording.approved", held.mark)
        return levels.wording(tx, number)


def end(road: Road, number: int, *, by: str, why: str, is_wrong: bool = False) -> int:
    """Refuse a version or take it out of force; with `is_wrong`, take back what was sent with it.

    Gives how many rows were cancelled or are being taken back. Raises Missing, Conflict, UsageError.
    """
    if len(why.strip()) < 8:
        raise UsageError("why", "is missing; say in words what is wrong with the text")
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        held = levels.wording(tx, number)
        levels.end(tx, number, by=by, why=why.strip(), at=now)
        audit.write(tx, now, by, "wording.ended", held.mark, why=why.strip(), wrong=is_wrong)
        keys = conversations.with_wording(tx, held.mark, _LIVE) if is_wrong else []
        return withdrawing.order(road, tx, keys, why="the text was wrong")
