"""What the desk of erasures says and when: codes that prove an account, days, words for people. Pure.

Sources: GDPR (Regulation (EU) 2016/679) Art. 12(3), 15, 17; PIPL (2021) Art. 15, 45, 47, 50; the Chinese
regulators' determination on apps of 2019, section 6: at most 15 working days.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import regex

from bot.rules.compose import ALPHABET
from store.records.replying import Asker, Erasure, ErasureState, Wants

CODE_LENGTH = 8
PREFIX = "HW-"
_CODES = regex.compile(rf"(?<![\p{{L}}\p{{N}}]){PREFIX}([{ALPHABET}]{{{CODE_LENGTH}}})(?![\p{{L}}\p{{N}}])")
_MOST_CHARS, _MOST_CODES = 4000, 3
REMIND_BEFORE = timedelta(days=3)
TELL_WITHIN = timedelta(days=14)
"""So long after the deletion the way to the person is still known; then it goes whether told or not."""
MIN_CHARS = 8
SENTENCES = {
    "en": "What we held of your account has been deleted. If anyone is in danger now, call {hotline}.",
    "zh-Hans": "我们保存的与您账号有关的内容已经删除。如有人正处于危险之中，请联系{hotline}。",
    "zh-Hant": "我們保存的與您帳號有關的內容已經刪除。如有人正處於危險之中，請聯絡{hotline}。",
}
"""What a person is told once it is done: nothing of a post, a picture, a case or a comparison."""
OPEN = frozenset({ErasureState.ASKED, ErasureState.PROVED})


def codes_in(text: str) -> tuple[str, ...]:
    """Codes in a text, as they were given out; at most three are read."""
    found = _CODES.findall(text[:_MOST_CHARS].upper())
    return tuple(f"{PREFIX}{each}" for each in dict.fromkeys(found[:_MOST_CODES]))


def may_not_erase(erasure: Erasure, *, beside_cases: int) -> str:
    """Why a wish cannot be carried out yet, "" if it can. `beside_cases`: posts that only two may let go."""
    if erasure.wants != Wants.ERASE:
        return "asks for a copy, not for deletion"
    if erasure.state == ErasureState.ASKED:
        return "is not proved yet: the account has to send its code, or two people have to see a document"
    if erasure.state != ErasureState.PROVED:
        return f"is {erasure.state} already"
    if beside_cases and not erasure.let_go_with:
        return (
            f"names {beside_cases} posts that stand beside a case: place a legal hold on them that two "
            "people confirm, or two people agree that they may go"
        )
    return ""


def may_not_see(erasure: Erasure, by: str) -> str:
    """Why this person cannot say that they saw a proof, "" if they can."""
    if erasure.state != ErasureState.ASKED:
        return f"is {erasure.state} already"
    if erasure.seen_by == by:
        return "was seen by you; a second person has to see it too"
    return ""


def late_by(erasure: Erasure, now: datetime) -> timedelta | None:
    """How long an open wish is over its day, None if it is not."""
    return now - erasure.due_at if erasure.state in OPEN and now > erasure.due_at else None


def reminder(open_ones: list[Erasure], untold: int, now: datetime) -> str:
    """What stands among the notices: numbers and the first day alone; "" where nothing waits."""
    words = []
    if open_ones:
        first = min(each.due_at for each in open_ones)
        state = "late" if first < now else "due soon" if first - now <= REMIND_BEFORE else "due"
        words.append(f"{len(open_ones)} wishes to be erased or to get a copy wait; the first is {state}")
        words.append(f"on {first:%Y-%m-%d}")
    if untold:
        words.append(f"{untold} people have to be told that it is done")
    return "; ".join([" ".join(words[:2]), *words[2:]] if open_ones else words)


def needs_document(kind: str) -> bool:
    """Whether control of an account proves nothing: who is pictured has none here."""
    return kind != Asker.AUTHOR
