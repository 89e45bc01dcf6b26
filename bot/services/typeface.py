"""The typeface of printed pages: Noto Sans SC from its package, cut to the characters that a document needs.

One variable font carries Chinese, Latin, Greek, Cyrillic and kana in all weights. Draws nothing.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from store.errors import ConfigError

REGULAR, BOLD = 400, 700
"""Weights on the font's own axis."""
_PACKAGE, _FILE = "justmytype_intl_cjk", "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"
UNKNOWN = "□"
"""Printed in place of a character that the font does not carry, such as an emoji."""
_ALWAYS = "".join(chr(code) for code in range(0x20, 0x7F)) + UNKNOWN
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


@cache
def _file() -> bytes:
    """The font as its package ships it. Raises ConfigError where the package is not installed."""
    try:
        return resources.files(_PACKAGE).joinpath(_FILE).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise ConfigError(
            _PACKAGE, "is not installed, so nothing can be printed; `pip install -r requirements.txt`"
        ) from error


@cache
def _known() -> frozenset[int]:
    with TTFont(io.BytesIO(_file()), lazy=True) as font:
        return frozenset(font.getBestCmap())


def printable(text: str) -> str:
    """The text as the font can show it: composed, line ends kept, controls left out, unknown ones as □."""
    known, shown = _known(), []
    for char in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " ")):
        if char == "\n" or ord(char) in known:
            shown.append(char)
        elif unicodedata.category(char) not in _INVISIBLE and not 0xFE00 <= ord(char) <= 0xFE0F:
            shown.append(UNKNOWN)
    return "".join(shown)


def cut(texts: Iterable[str]) -> dict[int, bytes]:
    """The font with only these characters, as TrueType bytes by weight. The same characters, the same bytes.

    Raises ConfigError where the font's package is not installed.
    """
    wanted = {ord(char) for text in texts for char in text if char != "\n"} | {ord(char) for char in _ALWAYS}
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[1, 2, 4, 6])
    options.recalc_timestamp = False
    whole = TTFont(io.BytesIO(_file()), lazy=True, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted & _known())
    cutter.subset(whole)
    small = _bytes(whole)
    return {weight: _weighted(small, weight) for weight in (REGULAR, BOLD)}


def _weighted(small: bytes, weight: int) -> bytes:
    font = instancer.instantiateVariableFont(
        TTFont(io.BytesIO(small), recalcTimestamp=False), {"wght": weight}
    )
    for number in (1, 4, 6):  # Two weights under one name would be taken for one font.
        font["name"].setName(f"HomewardSans{weight}", number, 3, 1, 0x409)
    return _bytes(font)


def _bytes(font: TTFont) -> bytes:
    made = io.BytesIO()
    font.save(made)
    font.close()
    return made.getvalue()
