"""The English words for time (and a few that English posts borrow), found in the normal form. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from bot.extract.clocks_en import find_clocks, with_ranges
from bot.extract.prefilter import Gate
from bot.extract.timewords import Hours, Role, Word, with_day_ranges, without_overlaps
from bot.extract.timewords_ahead import find_ahead_en
from bot.extract.timewords_en_casual import find_borrowed, find_elapsed
from bot.extract.timewords_en_days import DAY_RULES
from bot.extract.timewords_en_feasts import find_feasts
from bot.extract.timewords_en_parts import find_parts
from bot.extract.timewords_en_stretches import STRETCH_RULES


def _other_words(text: str) -> Iterator[Word]:
    yield from find_elapsed(text)
    yield from find_borrowed(text)
    yield from find_ahead_en(text)


_RULES = (*DAY_RULES, *STRETCH_RULES)
_COMPILED = [(rule, re.compile(p, re.IGNORECASE), score, make) for rule, p, score, make in _RULES]
_GATE = Gate((str(at), pattern) for at, (_, pattern, _, _) in enumerate(_RULES))
_TO = re.compile(r"\s?(?:-|–|—|to|till|until|through|thru)\s?", re.IGNORECASE)
_GLUE = re.compile(
    r"(?:\. |\)?[\s,:;]{0,2})(?:(?:at the|at|on my|on the|on|in the|in d|d|in|of|around|about|bout|abt|"
    r"arnd|like|by|the|an?|somewhere|-|–|—|@|"
    r"round|ng|nang|sa|bandang|mga|ki|ke|ko|k|pukul|jam|vers|as at|inna di|wale din|k din|ke din|"
    r"at the time of|maybe|prob(?:ably)?|"
    r"it was|must have been|must've been|had to be|i think|i guess|exactly|approx|approximately|roughly|say|"
    r"sometime|just|time|sharp|\()[\s,]{0,2}){0,3}",
    re.IGNORECASE,
)


_NIGHT = re.compile(r"\b(?:night|evening)s? (?:ago|back|earlier)", re.IGNORECASE)
_NIGHTS = Hours(20, 24, "night")
_MOST = 60
"""So many matches of one rule are read: no post has more, and soups of date words do."""


def is_glue(gap: str) -> bool:
    """Whether these characters may stand between two pieces of one expression."""
    return len(gap) <= 22 and _GLUE.fullmatch(gap) is not None


def find_words(text: str) -> list[Word]:
    """All pieces of time in a normal form, in order, none overlapping."""
    worth = _GATE.open(text)
    words = [*find_clocks(text), *find_parts(text), *find_feasts(text), *_other_words(text)]
    for at, (rule, pattern, score, make) in enumerate(_COMPILED):
        if str(at) not in worth:
            continue
        for m in islice(pattern.finditer(text), _MOST):
            meaning = make(m)
            if meaning and m.end() > m.start():
                start, end = m.start(), m.end()
                while text[end - 1] == " " and end - 1 > start:
                    end -= 1
                hours = _NIGHTS if rule == "days ago" and _NIGHT.search(m[0]) else None
                words.append(Word(start, end, Role.DAY, rule, score, days=meaning, hours=hours))
    words = with_ranges(without_overlaps(words), text)
    return with_day_ranges(words, lambda gap: _TO.fullmatch(gap) is not None, text)
