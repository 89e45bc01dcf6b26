"""Sentences that services and rules wrote in English, said in the reader's language at the page's edge.

They reach a page as text (an error, a reason, a notice; some were stored long ago), so they are recognised
by the catalogue `told`, whose patterns told_reading.py reads from the code. What is not known stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import structlog
from babel.messages.pofile import PoFileError, read_po

from bot.console import tongue
from bot.console.terms import TERMS
from bot.console.tongue import Language, noted

log = structlog.get_logger(__name__)

DOMAIN = "told"
MOST_CHARS = 4000
"""A longer text is no sentence of ours."""
_DEPTH = 4
_VALUE = re.compile(r"%\(([a-z])\)s")
_LATIN = re.compile(r"[A-Za-z]")
_NUMBER = re.compile(r"[\d.,:%–-]+")
FEW_LETTERS = 7
_TRIES = 6
_LEADS = (", ", "; ", "(")
"""What a piece begins with that some sentences end with."""
# Said by the checker of forms and addresses, which is not ours.
CHECKER = (
    noted("Field required"),
    noted("Input should be a valid integer, unable to parse string as an integer"),
    noted("Input should be a valid number, unable to parse string as a number"),
    noted("Input should be a valid string"),
    noted("Input should be a valid boolean, unable to interpret input"),
    noted("Method Not Allowed"),
)
JOINTS = (
    ("\n", "\n"),
    ("; ", "；"),
    (". ", "。"),
    (": ", "："),
    (", ", "、"),
    (" and ", "和"),
    (" or ", "或"),
)
"""What stands between two sentences or words, and what stands there in Chinese."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence with values: the words between them, the values' names, and the sentence in Chinese."""

    words: tuple[str, ...]
    names: tuple[str, ...]
    says: str
    longest: str
    """The longest run of words: a text without it is not looked at further."""
    is_loose: bool
    """Whether only a space or a sign stands between two values, so that where they part is a guess."""

    def values(self, text: str, after: int = 0) -> dict[str, str] | None:
        """The values of a text that reads so, None if it does not. Looks at each character once.

        `after` passes over as many places where the first of the inner words could stand.
        """
        first, last = self.words[0], self.words[-1]
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return None
        found: list[str] = []
        for number, piece in enumerate(self.words[1:-1]):
            begins = text.find(piece, at, end)
            for _ in range(after if number == 0 else 0):
                begins = text.find(piece, begins + 1, end) if begins >= 0 else -1
            if begins < 0:
                return None
            found.append(text[at:begins])
            at = begins + len(piece)
        found.append(text[at:end])
        return dict(zip(self.names, found, strict=True)) if self._may_be(found) else None

    def _may_be(self, values: list[str]) -> bool:
        """A pattern of few letters, such as "%(a)s km", is for numbers alone."""
        if sum(each.isalpha() for words in self.words for each in words) >= FEW_LETTERS:
            return True
        return all(_NUMBER.fullmatch(value) for value in values)


@dataclass(frozen=True, slots=True)
class Book:
    """The catalogue of a language: whole sentences, and patterns, the wordiest first."""

    whole: Mapping[str, str]
    patterns: tuple[Pattern, ...]


def told(text: object) -> str:
    """A text of the program's own in the reader's language; as it is where it is not known."""
    plain = str(text)
    language = tongue.reader().language
    if language is Language.EN or len(plain) > MOST_CHARS:
        return plain
    return _told(language, plain, 0)


def is_known(text: str) -> bool:
    """Whether a sentence of the program has its words in the reader's language."""
    return told(text) != text


@lru_cache(maxsize=8192)
def _told(language: Language, text: str, depth: int) -> str:
    plain = text.strip()
    if not _LATIN.search(plain) or depth > _DEPTH:
        return text
    for each in (plain, plain[:1].swapcase() + plain[1:]):
        if known := _known(language, each, depth):
            return known
    if plain[-1] in ".:;" and len(plain) > 1:
        shorter = _told(language, plain[:-1], depth + 1)
        if shorter != plain[:-1]:
            return shorter + {".": "。", ":": "：", ";": "；"}[plain[-1]]
    subject, colon, detail = plain.partition(": ")
    if colon and "; " not in subject and (known := _known(language, detail, depth)):
        return f"{_told(language, subject, depth + 1)}：{known}"
    return _with_piece(language, plain, depth) or _joined(language, plain, depth) or text


def _known(language: Language, text: str, depth: int) -> str:
    return _whole(language, text) or _by_pattern(language, text, depth)


def _whole(language: Language, text: str) -> str:
    """A whole sentence or word, also one that elsewhere follows a comma or a semicolon; "" if not known."""
    whole = _book(language).whole
    known = TERMS.get(text) or whole.get(text)
    if known:
        return known
    piece = whole.get(f"; {text}") or whole.get(f", {text}")
    if piece:
        return piece[1:]
    said = tongue.gettext(text)
    return said if said != text else ""


def _by_pattern(language: Language, text: str, depth: int) -> str:
    for pattern in _book(language).patterns:
        if pattern.longest not in text:
            continue
        best: tuple[int, dict[str, str]] = (-1, {})
        for after in range(_TRIES if pattern.is_loose else 1):
            values = pattern.values(text, after)
            if values is None:
                break
            said = {name: _told(language, value, depth + 1) for name, value in values.items()}
            best = max(best, (sum(said[name] != values[name] for name in said), said), key=lambda one: one[0])
        # Where loose values part is a guess: without a known one among them the text is another.
        if best[0] >= (1 if pattern.is_loose else 0):
            return pattern.says % best[1]
    return ""


def _with_piece(language: Language, text: str, depth: int) -> str:
    """A text that ends with a piece of its own, such as ", 3 possible resemblances"; "" if it does not."""
    for pattern in _book(language).patterns:
        lead = pattern.words[0]
        if not lead.startswith(_LEADS):
            continue
        begins = text.find(lead)
        values = pattern.values(text[begins:]) if begins > 0 else None
        if values is not None:
            said = {name: _told(language, value, depth + 1) for name, value in values.items()}
            return _told(language, text[:begins].rstrip(), depth + 1) + pattern.says % said
    return ""


def _joined(language: Language, text: str, depth: int) -> str:
    """Several sentences or words side by side, each told; "" if none of them is known."""
    for joint, ours in JOINTS:
        if joint not in text:
            continue
        parts = text.split(joint, 1) if joint == ": " else text.split(joint)
        said = [_told(language, part, depth + 1) for part in parts]
        if said != parts:
            return ours.join(part.strip() for part in said).replace("。。", "。")
    return ""


@cache
def _book(language: Language) -> Book:
    """The catalogue `told` of a language, empty where there is none that can be read."""
    path = tongue.LOCALES / language.locale / "LC_MESSAGES" / f"{DOMAIN}.po"
    try:
        with path.open("rb") as file:
            found = read_po(file, locale=language.locale, abort_invalid=True)
    except (OSError, PoFileError, ValueError) as error:
        # Sentences in English are better than no page.
        log.error("catalogue_unreadable", language=language.value, domain=DOMAIN, reason=str(error))
        return Book({}, ())
    return make_book((str(one.id), str(one.string)) for one in found if one.id and one.string)


def make_book(pairs: Iterable[tuple[str, str]]) -> Book:
    """A book of messages and what they are in another language; values are %(a)s, a percent sign %%."""
    whole: dict[str, str] = {}
    patterns: list[Pattern] = []
    for message, says in pairs:
        names = tuple(_VALUE.findall(message))
        if names:
            words = tuple(each.replace("%%", "%") for each in re.split(r"%\([a-z]\)s", message))
            is_loose = any(not any(map(str.isalpha, each)) for each in words[1:-1])
            patterns.append(Pattern(words, names, says, max(words, key=len), is_loose))
        else:
            whole[message.replace("%%", "%")] = says.replace("%%", "%")
    patterns.sort(key=lambda each: -sum(map(len, each.words)))
    return Book(whole, tuple(patterns))
