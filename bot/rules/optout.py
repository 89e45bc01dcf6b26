"""What a message to us asks for: no more messages, here or everywhere, or to be erased. Pure.

Read strictly in one direction alone: a wish read wrongly costs a message, a missed one costs trust.
Whole clauses count, and phrases that can mean nothing else; "at the bus stop" is neither.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

import regex


class Wish(StrEnum):
    """What the author asks for. ERASE includes STOP."""

    NONE = ""
    STOP = "stop"
    STOP_EVERYWHERE = "stop_everywhere"
    ERASE = "erase"


_MOST_CHARS = 2000
_MENTIONS = regex.compile(r"https?://\S+|[@＠][\w.@-]+")
_CLAUSES = regex.compile(r"[\n\r.!?;:,…—–()\[\]\"“”«»。！？；：，、（）【】「」~～|/*#＃]+")
_NOT_LETTERS = regex.compile(r"[^\p{L}\p{N}']+")
_POLITE = (
    r"(?:please|pls|plz|ok(?:ay)?|hey|hi|hello|bot|no|now|just|and|so|then|immediately|thanks|thank you|thx"
    r"|sir|guys|already|right now|at once|请|請|麻烦"
    r"|麻煩|立即|立刻|马上|馬上|谢谢|謝謝|多谢|多謝|吧|了|啊|好吗|好嗎)"
)
_STOP_WORDS = (
    r"(?:stop|stopp?it|stop it|stop this|stop that|stop bot|bot stop|quit|cancel|end|unsubscribe(?: me)?"
    r"|unsub|optout|opt out|opt me out|i opt out|mute me|leave me alone|go away|get lost|td"
    r"|停|停止|停下|停了|停一下|别发了|別發了|别回了?|別回了?"
    r"|不要回了?|取消|退订|退訂|我要退订|我要退訂|取消订阅|取消訂閱"
    r"|勿扰|勿擾|请勿打扰|請勿打擾|别打扰|別打擾|不需要|走开|走開|滚|滾)"
)
_WRITE = (
    r"(?:messag|repl(?:y|yi)|respond|contact|writ|text|tagg?|mention|dm|pm|bother|spam|answer|annoy|notify)"
)
_ME = r"(?:me|us|my \w+|my account)"
_ZH_NOT = r"(?:别|別|不要|不用|请勿|請勿|勿|莫|少|不准|不许|不許|停止|禁止)(?:再|继续|繼續|来|來|老)*"
_ZH_WRITE = (
    r"(?:回复|回覆|回|联系|聯繫|聯絡|联络|打扰|打擾|骚扰|騷擾|艾特|圈|找|发消息给"
    r"|發訊息給|发信息给|发给|發給|私信|提醒|通知|烦|煩|at)"
)
_PHRASES = regex.compile(
    rf"\b(?:stop|quit|cease)(?: \w+){{0,2}} {_WRITE}\w*(?: to| at)? {_ME}\b"
    rf"|\b(?:don't|dont|do not|never|no longer|not)(?: ever"
    rf"| you)? (?:{_WRITE}\w*|talk|speak|write)(?: to| at)? "
    rf"{_ME}\b"
    r"|\bunsubscribe\b|\bopt(?:ing)? (?:me )?out\b|\bleave me alone\b|\bremove me\b|\btake me off\b"
    r"|\bno more (?:messages|replies|answers|notifications|dms?|mentions)\b"
    r"|\b(?:don't|dont|do not) (?:want|wish|need)(?: to (?:get|receive|have))?(?: any| your| these| more)* "
    r"(?:messages|replies|answers|notifications|dms?|mentions)\b"
    rf"|{_ZH_NOT}{_ZH_WRITE}(?:我|俺|咱)|{_ZH_NOT}(?:给|給|向|跟|和)我"
    r"|退订|退訂|取消订阅|取消訂閱|不想(?:再)?(?:收到|接收"
    r"|被打扰|被打擾)|停止(?:发送|發送|回复|回覆|联系|聯絡)",
    regex.IGNORECASE,
)
_ALL = regex.compile(
    r"\b(?:stop|unsubscribe|opt out|cancel|quit"
    r"|end)\b(?: \w+){0,3} (?:all|everything|everywhere|every platform"
    r"|anywhere)\b|\b(?:all|everything|everywhere) stop\b|\bstop all\b"
    r"|\bon (?:all|every|any) (?:platform|network|site)s?\b"
    r"|全部(?:停止|停|退订|退訂|取消|都停)|(?:停止|退订|退訂|取消)(?:一切|全部"
    r"|所有)|(?:所有|全部|每个|每個|任何)(?:的)?(?:平台|网站|網站|地方|渠道)"
    r"|一律(?:停止|不要)",
    regex.IGNORECASE,
)
_ERASE = (
    r"(?:delete(?: (?:it|this|that|everything|all))?|erase(?: (?:it|me|this|everything|all))?"
    r"|(?:delete|erase|remove|forget)(?: \w+){0,2} (?:my|mine)(?: \w+){0,4}|forget me|remove me|gdpr"
    r"|删除|刪除|删掉|刪掉|删了|刪了|全部删除|全部刪除|删帖|刪帖|删除吧|清除|抹去"
    r"|(?:删除|刪除|删掉|刪掉|清除|抹去|移除|销毁|銷毀)(?:掉)?(?:一切|所有"
    r"|全部)?(?:关于|關於|有关|有關)?我(?:的)?[\p{Han}]{0,10}"
    r"|(?:把)?我(?:的)?[\p{Han}]{1,8}(?:删除|刪除|删掉|刪掉|清除|移除)(?:掉|了)?)"
)
_STOP_CLAUSE = regex.compile(rf"(?:{_POLITE} ?)*{_STOP_WORDS}(?: ?{_POLITE})*", regex.IGNORECASE)
_ALL_CLAUSE = regex.compile(
    rf"(?:{_POLITE} ?)*(?:stop|unsubscribe|quit"
    rf"|cancel) (?:from )?(?:all|everything|everywhere)(?: ?{_POLITE})*",
    regex.IGNORECASE,
)
_ERASE_CLAUSE = regex.compile(rf"(?:(?:{_POLITE}|can you|could you|i want you to|you must) ?)*{_ERASE}"
                              rf"(?: ?{_POLITE})*", regex.IGNORECASE)  # fmt: skip


def wish_of(text: str, *, is_answer: bool = True) -> Wish:
    """What a message to us asks for. The caller makes sure that it is one to us, and no repost.

    In a post that only names us (not `is_answer`) a lone word counts at its beginning or end alone: in the
    middle it belongs to what is told, as in "he shouted: stop!".
    """
    plain = unicodedata.normalize("NFKC", text[:_MOST_CHARS]).replace("’", "'").replace("@我", "at我")
    plain = _MENTIONS.sub(" ", plain)
    found = [_NOT_LETTERS.sub(" ", part).strip() for part in _CLAUSES.split(plain)]
    clauses = [clause for clause in found if clause]
    whole = " ".join(clauses)
    ends = clauses if is_answer else [*clauses[:1], *clauses[-1:]]
    if any(_ERASE_CLAUSE.fullmatch(clause) for clause in ends):
        return Wish.ERASE
    lone = (_STOP_CLAUSE, _ALL_CLAUSE, _ALL)
    stops = any(pattern.fullmatch(clause) for clause in ends for pattern in lone)
    if not stops and not _PHRASES.search(whole):
        return Wish.NONE
    return Wish.STOP_EVERYWHERE if _ALL.search(whole) else Wish.STOP


def names_of(handle: str) -> frozenset[str]:
    """The names under which one person may be known on several platforms, casefolded, the host left out."""
    plain = unicodedata.normalize("NFKC", handle).strip().lstrip("@").casefold()
    user = plain.partition("@")[0]
    return frozenset({plain, user, user.partition(".")[0]} - {""})
