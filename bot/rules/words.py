"""The words we send to people, as fixed templates in three languages, and the choice of language. Pure.

Words for a confirmed match equal the ordinary receipt: the person who holds the child may be reading.
They name no child, family, place or case, and hold no link.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import regex

from store.records.reply import Purpose


class Language(StrEnum):
    """The languages that our words exist in, as BCP 47 tags."""

    EN = "en"
    ZH_HANS = "zh-Hans"
    ZH_HANT = "zh-Hant"


# Placeholders are {hotline} and {reference} alone, and each text ends with the reference.
TEMPLATES: Mapping[Purpose, Mapping[Language, str]] = MappingProxyType(
    {
        Purpose.RECEIPT: MappingProxyType(
            {
                Language.EN: (
                    "Thank you for your post. A team has been told. "
                    "If a child is in danger now, call {hotline}. "
                    "Please do not approach or accuse anyone. Ref. {reference}"
                ),
                Language.ZH_HANS: (
                    "感谢您发帖，已转告我们的团队。"
                    "如有孩子正处于危险中，请立即联系{hotline}。"
                    "请勿自行靠近或指责任何人。编号 {reference}"
                ),
                Language.ZH_HANT: (
                    "感謝您發帖，已轉告我們的團隊。"
                    "如有孩子正處於危險中，請立即聯絡{hotline}。"
                    "請勿自行靠近或指責任何人。編號 {reference}"
                ),
            }
        ),
        # The receipt where place or time is missing. Day and district only: the answer may be public.
        Purpose.QUESTION: MappingProxyType(
            {
                Language.EN: (
                    "Thank you. A team has been told. Which day was it, and in which district? "
                    "Please answer with these two only. Please do not follow, confront or film; "
                    "in danger call the police. Help: {hotline}. Ref. {reference}"
                ),
                Language.ZH_HANS: (
                    "感谢您发帖，已转告我们的团队。请问是哪一天、在哪个区县看到的？只需回复这两点。"
                    "请勿跟踪、对质或拍摄；遇到危险请报警。求助：{hotline}。编号 {reference}"
                ),
                Language.ZH_HANT: (
                    "感謝您發帖，已轉告我們的團隊。請問是哪一天、在哪個區縣看到的？只需回覆這兩點。"
                    "請勿跟蹤、對質或拍攝；遇到危險請報警。求助：{hotline}。編號 {reference}"
                ),
            }
        ),
        # To a young author: no thanks for a sighting, no word of a team, nothing to do but to call.
        Purpose.HOTLINE_ONLY: MappingProxyType(
            {
                Language.EN: "If anyone is in danger now, call {hotline}. Ref. {reference}",
                Language.ZH_HANS: "如有人正处于危险中，请立即联系{hotline}。编号 {reference}",
                Language.ZH_HANT: "如有人正處於危險中，請立即聯絡{hotline}。編號 {reference}",
            }
        ),
    }
)

_LOCAL_POLICE: Mapping[Language, str] = MappingProxyType(
    {
        Language.EN: "the local police",
        Language.ZH_HANS: "当地警方",
        Language.ZH_HANT: "當地警方",
    }
)

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


def hotline(country: str, hotlines: Mapping[str, str], language: Language = Language.EN) -> str:
    """The number to call, from the operator's list by ISO 3166-1 code; else "the local police".

    The country must come from the campaign or the author, never from a case: it would give a place away.
    """
    known = {code.casefold(): number.strip() for code, number in hotlines.items()}
    return known.get(country.strip().casefold(), "") or _LOCAL_POLICE[language]
