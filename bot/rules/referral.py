"""When a child in need may be referred to a welfare body, what is passed on, and in which words.

Pure. A child is referred for a danger that somebody saw and named; that it begs is never one. Nothing
here knows a case or another child: a referral stands alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import regex

from store.records.referral import Danger, Details, ReferralState

_S = ReferralState
LEAST_WORDS = 4
LEAST_SEEN = 20
MOST_CHARS = 2000


class Language(StrEnum):
    """The languages of a referral's words."""

    EN = "en"
    ZH = "zh"


@dataclass(frozen=True, slots=True)
class Body:
    """A body that may take referrals: its licence, where that can be looked up, where it works."""

    name: str
    licence: str
    source: str
    area: str = ""


@dataclass(frozen=True, slots=True)
class ReferralPlan:
    """The licensed bodies of this installation, and by when an answer is asked for."""

    bodies: tuple[Body, ...] = ()
    answer: timedelta = timedelta(days=3)


NEXT: Mapping[ReferralState, frozenset[ReferralState]] = {
    _S.PREPARED: frozenset({_S.RELEASED, _S.WITHDRAWN}),
    _S.RELEASED: frozenset({_S.HANDED_OVER, _S.WITHDRAWN}),
    _S.HANDED_OVER: frozenset({_S.ANSWERED}),
    _S.ANSWERED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}

# Words that accuse somebody or name a child by its state: a referral says child and family.
UNFIT = (
    "suspect", "suspects", "trafficker", "traffickers", "kidnapper", "kidnappers", "abductor", "abductors",
    "criminal", "criminals", "beggar", "beggars", "street kid", "street kids", "urchin", "urchins", "victim",
    "victims", "gypsy", "gypsies",
    "嫌疑人", "嫌犯", "人贩子", "拐子", "罪犯", "乞丐", "叫花子", "流浪儿", "受害者", "受害人", "小叫花",
)  # fmt: skip
_LINK = regex.compile(r"https?://|www\.|(?<!\w)@\w", regex.IGNORECASE)
_LONG_NUMBER = regex.compile(r"(?:\d[\s-]?){7,}")

DANGERS: Mapping[Danger, tuple[str, str]] = {
    Danger.INJURED: ("is visibly injured", "身上有明显的伤"),
    Danger.ILL: ("seems to be seriously ill, drugged or unconscious", "看上去病重、被下药或昏迷"),
    Danger.HELD: ("is tied, locked in or kept from leaving", "被捆绑、关住或不让离开"),
    Danger.HIT: ("was hit or threatened", "遭到殴打或威胁"),
    Danger.ASKED: ("asked for help", "向人求助"),
    Danger.ALONE: (
        "is small and alone at night or in a dangerous place",
        "年纪很小，夜里或在危险的地方独自一人",
    ),
    Danger.EXPOSED: ("is without protection in dangerous heat or cold", "在危险的严寒或酷热中没有保护"),
    Danger.EXPLOITED: ("shows signs of sexual exploitation", "有遭受性剥削的迹象"),
    Danger.WORK: ("is made to do work that endangers it", "被迫做危险的工作"),
}
"""What a person saw, in English and Chinese. The list is closed: what is not on it refers nobody."""


def refusal(
    signs: Collection[Danger],
    details: Details,
    body: str,
    plan: ReferralPlan,
    *,
    has_candidate: bool,
    today: date,
) -> str:
    """Why a referral cannot be prepared, in words with the way out; "" when it can.

    `has_candidate`: the post stands beside a registered child, which is a lead's way and not this one.
    """
    if has_candidate:
        return "stands beside a registered child; that is decided in review, and goes to the police as a lead"
    if not plan.bodies:
        return "has nobody to go to: enter the licensed bodies under `outcomes.bodies` in config.yaml"
    if body not in {each.name for each in plan.bodies}:
        return f"names {body[:60]!r}, which is none of the licensed bodies in config.yaml"
    if not signs:
        return "needs a danger that was seen, from the list; that a child begs is none"
    if len(details.seen.strip()) < LEAST_SEEN:
        return f"needs in words what was seen (at least {LEAST_SEEN} characters)"
    if len(details.where.strip()) < LEAST_WORDS - 2 or details.day is None:
        return "needs the district and the day"
    if details.day > today + timedelta(days=1):
        return "names a day that lies ahead"
    return unfit(details)


def unfit(details: Details) -> str:
    """Why the words of a referral may not leave, in words; "" when they may."""
    for name in ("seen", "needs", "where", "looks"):
        text = getattr(details, name)
        if len(text) > MOST_CHARS:
            return f"has more than {MOST_CHARS} characters under “{name}”"
        if _LINK.search(text) or _LONG_NUMBER.search(text):
            return f"names a link, an account or a number under “{name}”; a referral holds none"
        found = [word for word in UNFIT if _holds(text, word)]
        if found:
            return f"says “{found[0]}” under “{name}”; say child, family, adult"
    return ""


def _holds(text: str, word: str) -> bool:
    if not word.isascii():
        return word in text
    return regex.search(rf"(?<!\w){regex.escape(word)}(?!\w)", text, regex.IGNORECASE) is not None


def release_refusal(state: ReferralState, to: ReferralState, prepared_by: str, by: str) -> str:
    """Why a referral cannot be moved on by this person, in words; "" when it can."""
    if to not in NEXT[state]:
        allowed = ", ".join(sorted(each.value for each in NEXT[state])) or "nothing more"
        return f"is {state.value}; what can follow: {allowed}"
    if to is _S.RELEASED and by.strip().casefold() == prepared_by.strip().casefold():
        return "was prepared by you; somebody else releases it"
    return ""


def written(reference: str, signs: Collection[Danger], details: Details, language: Language) -> str:
    """The words that go to the body: what was seen, where, when, which help; no name, link or picture."""
    at = 0 if language is Language.EN else 1
    dangers = [DANGERS[sign][at] for sign in Danger if sign in signs]
    day = details.day.isoformat() if details.day else ""
    looks, needs = details.looks.strip(), details.needs.strip()
    if language is Language.ZH:
        lines = [
            f"编号 {reference}",
            f"有人看到一个孩子可能需要帮助：{'；'.join(dangers)}。",
            f"时间：{day}。地区：{details.where.strip()}。",
            f"所见：{details.seen.strip()}",
            *([f"孩子的样子：{looks}"] if looks else []),
            *([f"可能需要：{needs}"] if needs else []),
            "以上只是一位路人所见，未经核实，不说明任何人有过错。孩子很可能和家人在一起。",
            "请先确认孩子是否安全，再与孩子和家人交谈。请勿公开。",
        ]
        return "\n".join(lines)
    lines = [
        f"Reference {reference}",
        f"Somebody saw a child who may need help: the child {'; '.join(dangers)}.",
        f"Day: {day}. District: {details.where.strip()}.",
        f"What was seen: {details.seen.strip()}",
        *([f"The child: {looks}"] if looks else []),
        *([f"What may be needed: {needs}"] if needs else []),
        "This is what a passer-by saw. It is not verified and says nothing against anybody; "
        "the child is most likely with family.",
        "Please see first that the child is safe, then talk with the child and the family. "
        "Please keep this to yourselves.",
    ]
    return "\n".join(lines)
