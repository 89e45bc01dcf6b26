"""Ages of children in English posts, with the words of other languages that stand in them. English only.

Numbers of other kinds (gates, classes, money, clocks) are blanked or refused by what stands beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from bot.extract.person_words import EN_NUMBERS, N_EN
from bot.extract.prefilter import Gate

_MOST_NUMBERS = 40
_LEAD = (
    r"(?:about|around|abt|'?bout|approx\.?|approximately|circa|maybe|mibbe|mebbe|perhaps|prob(?:s|ably)?|"
    r"prolly|roughly|"
    r"mga|siguro|sijui|umar|no more than|at most|not even|less than|younger than|below|under|of maybe|"
    r"of like|like|of|aged?|is|was|"
    r"looks?(?: like)?|looked(?: like)?|"
    r"seems|must be|might be|could be|no older than|not more than|none (?:above|over|older than)|"
    r"not (?:above|over)|only|just|"
    r"barely|hardly|max\.?|±|~|≈)"
)
_B = (
    rf"(?:\s?(?:-|–|/|&|,|\+)\s?|\s(?:to|or|and|maybe|mibbe|at|going on|n|'n'?|ug|aur|o|y|na)\s)"
    rf"(?:maybe |mibbe |siguro |mga )?(?P<b>{N_EN})"
)
_UNIT = (
    r"\s?-?(?:years?(?:[ -]?o(?:ld|lds)?)?|yrs?\.?(?:[ -]?(?:olds?|o))?|yro|y\.?/?o\.?s?|y|saal|sal|thn|"
    r"tahun|taon(?:g gulang)?|anyos|"
    r"vayass?u|bochor|bosor|a[nñ]os|ans|jaar)\b|\s?-?ish\b|\sor (?:so|thereabouts|sumn)\b|\s(?:tops|max|"
    r"at (?:the )?most|at a push|at the outside|if that|if a day)\b"
)
_CHILD = (
    r"(?:boys?|girls?|kids?|kidd(?:o|ie|y)s?|child|children|lads?|lass(?:ie|es)?|ones?|little|littlies|"
    r"baby|babby|bub|he|she|they|"
    r"siblings|sisters?|brothers?|bros?|sis|twins|teen(?:ager)?|tot|toddler|bata|batang|babae|lalak[ei]|"
    r"bac?h?ch?[aeiy]|bachch?ay|"
    r"ladk[ai]|tamariki|wahine|kijana|mtoto|watoto|mayibobo|fellas?|daughter|son|pair|dude|chap|doll|'?un|"
    r"laaities?|umfana|"
    r"yutes?|youths?|pikin|budak|adik|chokoras?|strollers|almajiri|youngest|smallest|littlest|oldest|"
    r"eldest|older|younger|elder|"
    r"biggest|bunso|chhot[aiu]|ni[nñ][oa]|M|F)"
)
_NOT_AGE = (
    r"(?!\s?-?(?:mins?\b|minutes?|hours?|hrs?\b|pm\b|am\b|[ap]\.m|o'?clock|rs\b|rupees|bucks|quid|pesos?|"
    r"bob\b|dollars|euros?|cents|"
    r"km|m\b|ft\b|feet(?! bare)|foot\b|inch|cm\b|kg|lbs?\b|%|°|degrees|kids|kidd|child|boys|girls|lads|"
    r"women|men\b|ladies|people|ppl|"
    r"persons|others?\b|adults|fingers|toes|legs?\b|eyes|teeth|times|of\b|for\b|days?\b|weeks?\b|"
    r"months?\b|nights?\b|stops|blocks|"
    r"coins|metres|meters|yards|steps|floors|lanes|stars|cars|vans|dogs|bags|packs?|pkts?|packets|bottles|"
    r"balloons|cups|plates|"
    r"(?:more|other|small|little|street|diff(?:erent)?|young|wee|tiny|big|old|new|plastic) |(?-i:[A-Z])))"
)
_NOT_AGE_OF = _NOT_AGE.replace(r"|of\b|for\b", "")
_ENDS = r"(?=[\s,.)?!:;\"”'/…&-]|$)"
_WITH_UNIT = re.compile(
    rf"(?P<near>\b{_LEAD}\s|"
    rf"[~≈±]\s?)?(?<![\d:./])\b(?!one\b(?! ?-?y))(?P<a>{N_EN})(?:{_B})?(?P<unit>{_UNIT})?",
    re.IGNORECASE,
)
_OF = re.compile(
    r"(?:\b(?:boys?|girls?|kids?|child|children|lad|lass(?:ie)?|baby|toddler|laaitie|bach[aei]|bachi|"
    r"umfana|chap|fella|sister|"
    r"brother|one|doll|wahine|ni[nñ][oa]|daughter|son|dude|tot|bata|wan|teen|pair) (?:of|aged?|de|ng) "
    rf"(?:(?P<near>{_LEAD}) )?|\b(?:hes|shes|he's|she's|theyre|they're|he is|she is|they are|he was|"
    rf"she was) (?P<near2>{_LEAD}) |"
    r"\b(?P<named>umur|umar|edad|miaka|ages?)\s?:?\s(?=\d)|(?P<be>\b)(?:can|could|can't|cannot|couldn't|"
    r"cant|couldnt|"
    r"cannae) ?(?:not )?(?:have )?be(?:en)? (?P<most>(?:older|more|mair|"
    rf"over) than |over )?)(?P<a>{N_EN})(?:{_B})?\b(?P<unit>{_UNIT})?{_NOT_AGE_OF}",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:said|says?|told (?:me|us|her|him)|tells me|claims?(?: to be)?|swears?|answered|reckons|"
    r"whispered|goes)[\s,:]{1,2}"
    rf"(?P<near>)(?:that )?(?:s?he'?s |s?he is |they'?re |im |"
    rf"i'm )?[\"“'‘]?(?P<a>{N_EN})(?:{_B})?(?P<unit>{_UNIT})?"
    rf"(?=[,.!?\"”'’]|$){_NOT_AGE}",
    re.IGNORECASE,
)
_ALONE = re.compile(
    rf"(?:\b(?P<near>{_LEAD})\s|[~≈±]\s?|(?<=[.,!?] )|(?<=[.,!?]  )|(?<=^)|"
    rf"(?<=\())(?!one\b)(?P<a>{N_EN})(?:{_B})?(?P<unit>\sor so|"
    rf"\s(?:tops|max|at (?:the )?most|if that)|-?ish)?(?=\?|[.,!)](?!\d)|\s?$|\s(?:maybe|perhaps|probably|"
    rf"prob|siguro|ra siguro|i (?:guess|"
    r"think|reckon|d say|'d say|swear)|id say|i'd say|only|going on)\b)",
    re.IGNORECASE,
)
_AFTER_CHILD = re.compile(
    rf"\b{_CHILD}\b(?:[^.!?\d]{{0,24}}?[\s,(/=-])(?:(?P<near>{_LEAD}|~|"
    rf"±)\s?)?~?(?!one\b)(?P<a>{N_EN})(?:{_B})?(?P<unit>{_UNIT})?{_ENDS}{_NOT_AGE}",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d{1,6}")
_LABEL_BEFORE = re.compile(
    r"(?:\b(?:class|std|grade|standard|yr|year|form|primary|sec|rooms?|gates?|bay|no\.?|number|platform|"
    r"pf|line|bus|route|"
    r"exit|pier|block|blk|unit|lane|level|floor|stage|phase|sector|day|area|zone|terminal|pillar|coach|"
    r"shop|stall|"
    r"section|ward|door|plot|tram|train|highway|hwy|road|rte|week|part|kilometre|mile|until|till|til|by|"
    r"before|"
    r"after|not)\s?#?|[$£€₹#]\s?|\b(?:rs|r|rm|kes|ksh|php|sgd)\.?\s?|\b(?:for|since|past|"
    r"last)\s(?:the (?:past|last)\s)?)$",
    re.IGNORECASE,
)
_NUMBERED_AFTER = re.compile(r"(?:st|nd|rd|th)\b|\s?x\b|[/.]\d{1,2}[/.]\d", re.IGNORECASE)
_OLD_AFTER = re.compile(r"\s?-?(?:y\.?/?o|(?:years?|yrs?)[ -]?old)", re.IGNORECASE)
_BLANKED = re.compile(
    r"\b(?:quarter|half|ten|twenty|five) (?:to|past|till|of) (?:\d{1,2}|[a-z]{3,6})(?:-?ish)?\b|"
    r"\bnot [a-z]{3,5}teen\b|\b(?:family|group|gang|bunch|party|crowd) of (?:\d{1,2}|[a-z]{3,6})\b|"
    r"\b(?:liv(?:ing|ed)|been|work\w{0,3}|teach\w{0,3}|driv\w{1,3}|"
    r"married)\b[^.!?\d]{0,30}\b\d{1,2} ?(?:years?|yrs?)\b(?! ?old)",
    re.IGNORECASE,
)
_ANY_NUMBER = re.compile(rf"\d|\b{N_EN}", re.IGNORECASE)
_HALF = re.compile(r"(?<!\d)(\d)1⁄2")
_PLURAL = re.compile(
    r"^(?:boys|girls|kids|kidd\w+s|children|lads|lassies|twins|siblings|sisters|brothers|fellas|bachay|"
    r"pair)\b",
    re.I,
)
_ONLY_NUMBERS = re.compile(
    r"^(?:(?:from|between|about|around|abt|'?bout|maybe) )?(?:\d{1,2}|[a-z]{3,6})(?:\s?(?:/|–|-|to|and|or|"
    r"n|&)\s?\d{1,2})?$",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\w ?\([^()]{0,8}\d{1,2}[^()]{0,6}$")
_BESIDE = re.compile(rf"^[\w'-]+,? (?:is |was )?{_LEAD}\s?\w+", re.IGNORECASE)
_CHILD_BEFORE = re.compile(rf"\b{_CHILD}\b", re.IGNORECASE)
_DOT_DIGIT = re.compile(r"\.\d")
_AT_MOST = (
    "no more than",
    "at most",
    "not even",
    "less than",
    "younger than",
    "below",
    "under",
    "no older than",
    "not more than",
    "max",
    "max.",
)
_EXACT = ("", "is", "was", "of", "aged", "age", "only", "just", "like", "umar")
_UP_TO = ("tops", "max", "at most", "at the most", "at a push", "at the outside", "if that", "if a day")

_GATE = Gate(
    [("of", _OF.pattern), ("says", _SAYS.pattern), ("blanked", _BLANKED.pattern), ("half", _HALF.pattern)]
)

Found = tuple[int, int, float, float]
"""Start and end of the words, least and greatest age in years."""


def ages_en(text: str, times: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """The ages that English words give; numbers inside `times` only where nothing else can be meant."""
    if not _ANY_NUMBER.search(text):
        return
    worth = _GATE.open(text)
    if "half" in worth:
        text = _HALF.sub(r"\g<1>   ", text)
    if "blanked" in worth:
        text = _BLANKED.sub(lambda m: " " * len(m[0]), text)
    text = _without_labels(text)
    if not _ANY_NUMBER.search(text):
        return
    taken: list[tuple[int, int]] = []
    for pattern in (_OF, _WITH_UNIT, _SAYS, _AFTER_CHILD, _ALONE):
        if (pattern is _OF and "of" not in worth) or (pattern is _SAYS and "says" not in worth):
            continue
        for m in islice(pattern.finditer(text), _MOST_NUMBERS):
            if pattern is _ALONE and taken and not (m["near"] or m["b"]):
                continue
            if not _is_age(m, pattern, text, times, taken):
                continue
            found = _interval(m, pattern)
            if found is not None:
                taken.append((m.start("a"), m.end()))
                yield m.start(), m.end(), *found


def _without_labels(text: str) -> str:
    """The text with the numbers of gates, classes, money and dates blanked."""
    for m in islice(_DIGITS.finditer(text), _MOST_NUMBERS):
        labelled = _LABEL_BEFORE.search(text[max(0, m.start() - 16) : m.start()]) and not _OLD_AFTER.match(
            text, m.end()
        )
        if labelled or _NUMBERED_AFTER.match(text, m.end()):
            text = text[: m.start()] + " " * len(m[0]) + text[m.end() :]
    return text


def _is_age(
    m: re.Match[str],
    pattern: re.Pattern[str],
    text: str,
    times: Sequence[tuple[int, int]],
    taken: Sequence[tuple[int, int]],
) -> bool:
    unit = (m["unit"] or "").strip()
    if pattern is _WITH_UNIT:
        if not unit and (m["near"] or "").strip() not in ("~", "≈", "±"):
            return False
        if "ish" in unit and not _CHILD_BEFORE.search(text[max(0, m.start() - 60) : m.start()]):
            return False
    if text[m.end() : m.end() + 1] in (":", "%") or _DOT_DIGIT.match(text, m.end()):
        return False
    if any(a < m.end() and m.start("a") < b for a, b in taken):
        return False
    if pattern is _AFTER_CHILD and not (m["b"] or unit or m["near"]) and _is_count(m, text):
        return False
    over = [(a, b) for a, b in times if a < m.end() and m.start("a") < b]
    if not over:
        return True
    start = m.start("near") if m["near"] else m.start("a")
    bare = all(_ONLY_NUMBERS.match(text[max(a, start) : b].strip(" ()")) for a, b in over)
    told = len(times) > len(over) or any(a < start - 2 for a, _ in over)
    beside = text[max(0, start - 16) : start]
    if pattern is _WITH_UNIT and unit.lower().startswith("y") and _CHILD_BEFORE.search(beside):
        return True
    return bare and _is_no_clock(m, pattern, told, text[: m.start()])


def _is_count(m: re.Match[str], text: str) -> bool:
    """A bare number after a word for children: of how many they are, or of what comes next."""
    if _PLURAL.match(m[0]) and (_word_number(m["a"]) or 0) < 5:
        return True
    gap = text[m.start() : m.start("a")].split()
    return len(gap) > 1 and not _CHILD_BEFORE.search(gap[-1]) and text[m.end() : m.end() + 1] == " "


def _is_no_clock(m: re.Match[str], pattern: re.Pattern[str], told: bool, before: str) -> bool:
    """ "Girl of 7/8", "kids 6 to 11 … at 4 pm": bare numbers beside a child, the time `told` elsewhere."""
    if pattern is _ALONE:
        return told and bool(m["near"] or m["b"]) and _CHILD_BEFORE.search(before) is not None
    if pattern is _AFTER_CHILD and _IN_BRACKETS.search(m[0]):
        return True
    if pattern is _AFTER_CHILD and m["near"] and not m["b"]:
        return told and _BESIDE.match(m[0]) is not None
    if pattern not in (_OF, _AFTER_CHILD) or not m["b"]:
        return False
    a, b = _word_number(m["a"]) or 0, _word_number(m["b"]) or 0
    return (b == a + 1 and "/" in m[0]) or (a < b and told)


def _interval(m: re.Match[str], pattern: re.Pattern[str]) -> tuple[float, float] | None:
    first = _word_number(m["a"])
    second = _word_number(m["b"]) if m["b"] else first
    if first is None or second is None:
        return None
    near = (m["near"] or m.groupdict().get("near2") or "").strip().lower()
    unit = (m["unit"] or "").strip().lower()
    if (
        pattern is _OF
        and m["named"] is None
        and m["be"] is not None
        and (m["most"] or "n" in m[0].lower().split(" be")[0][3:])
    ):
        near = "under"
    if (near in _AT_MOST or near.startswith(("none", "not ")) or unit in _UP_TO) and not m["b"]:
        return 0, second
    if first == second and (near not in _EXACT or unit.endswith("ish")):
        return first - 1, second + 1
    return min(first, second), max(first, second)


def _word_number(text: str) -> int | None:
    return int(text) if text.isdigit() else EN_NUMBERS.get(text.lower())
