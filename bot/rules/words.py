"""In which language an author is answered. Pure. The words themselves are in bot/rules/catalogue/."""

from __future__ import annotations

from enum import StrEnum

import regex


class Language(StrEnum):
    """The languages that our words exist in, as BCP 47 tags."""

    EN = "en"
    ZH_HANS = "zh-Hans"
    ZH_HANT = "zh-Hant"


_TRADITIONAL_REGIONS = frozenset({"hant", "tw", "hk", "mo"})
_SIMPLIFIED_REGIONS = frozenset({"hans", "cn", "sg", "my"})
# Frequent characters that exist in one of the two scripts only, pair by pair.
_SIMPLIFIED = frozenset(
    "们这个来时说国见长车东马门问间无电话谢请过还让对发会实业学为从书买卖儿动开关头听"
    "现场应该认识两妈给总觉离难样张带经红线纸边远进运连选达处报护爱亲热点钟铁银错镇队阳阴陆险随隐"
)
_TRADITIONAL = frozenset(
    "們這個來時說國見長車東馬門問間無電話謝請過還讓對發會實業學為從書買賣兒動開關頭聽"
    "現場應該認識兩媽給總覺離難樣張帶經紅線紙邊遠進運連選達處報護愛親熱點鐘鐵銀錯鎮隊陽陰陸險隨隱"
)
_ONLY_SIMPLIFIED = _SIMPLIFIED - _TRADITIONAL
_ONLY_TRADITIONAL = _TRADITIONAL - _SIMPLIFIED
# Tags and names say nothing of the language in which their author writes.
_NOT_PROSE = regex.compile(r"https?://\S+|[@#＠＃][\w.@-]+|#[^#\n]{1,60}#")
_LETTER = regex.compile(r"\p{L}")
_HAN = regex.compile(r"\p{Han}")
_JAPANESE_KOREAN = regex.compile(r"[\p{Hiragana}\p{Katakana}\p{Hangul}]")
_OTHER_LETTER = regex.compile(r"[\p{L}--\p{Han}]", regex.V1)


def pick_language(declared: str, text: str) -> Language:
    """The language in which the author of `text` is best answered; English unless Chinese is seen.

    `declared` is the platform's language tag, which is often only a default: a text that is plainly
    Chinese is answered in Chinese whatever the tag says. Neither value is ever echoed.
    """
    parts = declared.casefold().replace("_", "-").split("-")
    prose = _NOT_PROSE.sub(" ", text)
    if not _LETTER.search(prose):
        # Nothing but tags, names and links: they are all there is to go by.
        prose = text
    han = len(_HAN.findall(prose))
    others = len(_OTHER_LETTER.findall(prose))
    foreign = bool(_JAPANESE_KOREAN.search(prose)) or parts[0] in {"ja", "ko"}
    says_chinese = parts[0] in {"zh", "yue", "cmn"}
    # A Latin word takes about five letters where Chinese needs one or two.
    reads_chinese = han > 0 and han * 3 >= others
    if foreign or not (reads_chinese or (says_chinese and others == 0)):
        return Language.EN
    return _script(parts[1:] if says_chinese else [], prose, cantonese=parts[0] == "yue")


def _script(subtags: list[str], text: str, *, cantonese: bool) -> Language:
    """Traditional or simplified, by the characters first, then by the tag; simplified in doubt."""
    simplified = sum(char in _ONLY_SIMPLIFIED for char in text)
    traditional = sum(char in _ONLY_TRADITIONAL for char in text)
    if simplified != traditional:
        return Language.ZH_HANS if simplified > traditional else Language.ZH_HANT
    if _SIMPLIFIED_REGIONS.intersection(subtags):
        return Language.ZH_HANS
    if cantonese or _TRADITIONAL_REGIONS.intersection(subtags):
        return Language.ZH_HANT
    return Language.ZH_HANS
