"""The child or children as the words describe them: number, sex, age, marks, accompanying adult.

Words only; nothing is ever guessed from a face, a name or what is usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.extract.clocks_zh import number
from bot.extract.normal import Normal
from store.records.sighting import Evidence, EvidenceKind, Who

_N = r"(?:\d{1,2}|[零一二两三四五六七八九十]{1,3})"
_EN_NUMBERS = {
    w: i
    for i, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
        ]
    )
}
_W = r"(?:\d{1,2}|" + "|".join(list(_EN_NUMBERS)[1:]) + ")"

_GIRL = re.compile(
    r"小?女孩|女娃娃?|小姑娘|姑娘|丫头|女童|女婴|女仔|小女生|小妹妹?|妹仔|妹妹|女儿|孙女|少女|♀|"
    r"(?:^|[\s,。、])女(?=[,\s。、])|(?<=小的)女"
    r"|\b(?:girls?|lass(?:ie)?|daughter|sisters?|schoolgirls?)\b",
    re.IGNORECASE,
)
_BOY = re.compile(
    r"小?男孩|男娃娃?|小伙子|男童|男婴|小男生|小胖?弟弟?|弟弟|儿子|孙子|少年|小子|♂(?!抱)|(?:^|"
    r"[\s,。、])男(?=[,\s。、\d])|(?<=大的)男"
    r"|\b(?:boys?|lad|son|brothers?|schoolboys?)\b",
    re.IGNORECASE,
)
_COUNT_ZH = re.compile(
    r"(?P<n>一|两|俩|二|三|四|五|六|七|八|九|十|\d{1,2}|几)\s?(?:个|名|位|岁)?(?:的)?(?:小|乞讨|"
    r"残疾|脏兮兮的|断臂|流浪)?(?P<who>孩子|小孩|小男孩|小女孩|男孩|女孩|小朋友|娃娃|娃|婴儿|细路|"
    r"丫头|小姑娘|姐妹|兄弟|孩|儿童|男童|女童|少年)"
)
_COUNT_EN = re.compile(
    rf"\b(?P<n>an?|{_W}|several|some|group of)\s(?:[\w-]{{2,12}}\s){{0,3}}?(?P<who>boys?|girls?|"
    rf"kids?|child(?:ren)?|lads?|siblings|sisters|brothers|babies|baby|little ones|toddlers?|"
    rf"teens?)\b",
    re.IGNORECASE,
)
_AGE_ZH = re.compile(
    r"(?P<near>大概|大约|约莫|约|估计|差不多|看[起着]?来|也就|应该也就|最多|顶多|最大的?(?:也就|"
    r"有|才|自称)?|不到|不超过|才|也就是)?[有是]?(?P<a>\d{1,2}|"
    r"[零一二两三四五六七八九十]{1,4})(?:[-~–到至、](?P<b>\d{1,2}|"
    r"[二三四五六七八九十]{1,3}))?(?P<more>来|多|几)?(?:岁|歲|周岁|yo)(?P<tail>多|左右|上下|大|"
    r"半)?"
)
_AGE_EN = re.compile(
    rf"(?P<near>\b(?:about|around|abt|approx\.?|approximately|maybe|roughly|mga|no more than|"
    rf"at most|under|of maybe|aged?|is|of|looks|or so|perhaps|probably)\s|[~≈]\s?)?"
    rf"\b(?P<a>{_W})(?:\s?(?:-|–|to|or|and|&|/)\s?(?P<b>{_W}))?(?P<unit>\s?-?(?:years?(?:[ -]old)?|"
    rf"yrs?(?: old)?|y\.?/?o\.?|yo)\b|\s?-?ish\b)?",
    re.IGNORECASE,
)
_AGE_ALONE = re.compile(
    rf"(?:\b(?P<near>about|around|abt|approx\.?|maybe|might be|must be|looks|looked)\s|"
    rf"(?<=[.,!?] )|(?<=^)|(?<=\())(?P<a>{_W})(?:\s?(?:-|–|to|or|&)\s?(?P<b>{_W}))?"
    r"(?=\?|[.,!)](?!\d)|\s?$|\sor so\b)(?P<unit>\sor so)?",
    re.IGNORECASE,
)
_AGE_AFTER_CHILD = re.compile(
    rf"\b(?:boy|girl|kid|child|lad|lass(?:ie)?|one|baby|he|she|siblings|sisters|teen boy|teen girl|"
    rf"teen)\b[^.!?]{{0,25}}?[\s,(](?:(?P<near>about|around|abt|approx\.?|maybe|of maybe|of|aged?|"
    rf"no more than|~|is|looks)\s?)?~?(?P<a>{_W})(?:\s?(?:-|–|to|or|"
    rf"&)\s?(?P<b>{_W}))?(?=[\s,.)?!:;]|$)(?!\s?(?:min|hour|pm|am|o'clock|rs\b|km|m\b|%|kids|boys|"
    rf"girls|people|fingers|toes|legs?|dollars|times|of\b|for\b|(?-i:[A-Z])))",
    re.IGNORECASE,
)
_ADULTS: tuple[tuple[str, str], ...] = (
    ("couple", r"夫妻|夫妇|两口子|一家[三四五]口|\bcouple\b"),
    ("old woman",
        r"老太太?|老太婆|老奶奶|奶奶|老妇|婆婆|阿婆|外婆|老婆婆|\b(?:old(?:er)? (?:woman|lady)|"
        r"grandmother|granny|grandma|elderly woman)\b"),
    ("old man",
        r"老头|老爷爷|爷爷|阿伯|老汉|老人|老大爷|大爷|阿公|\b(?:old(?:er)? man|grandfather|grandpa|"
        r"elderly man)\b"),
    ("woman",
        r"妇女|中年妇女|女的|女人|妈妈|阿妈|母亲|女子|大妈|大姐|大婶|妇人|阿姨|\b(?:wom[ae]n|lad(?:y|"
        r"ies)|mother|mum|mom)\b"),
    ("man",
        r"男的|男人|男子|大叔|大哥|爸爸|阿爸|老爸|她爸|他爸|放羊倌|小贩|♂抱|由♂|汉子|\b(?:m[ae]n|guy|"
        r"father|dad|uncle|bloke|fella)\b"),
)  # fmt: skip
_ADULT_RULES = [(label, re.compile(pattern, re.IGNORECASE)) for label, pattern in _ADULTS]
_MARKS = re.compile(

        r"(?:穿(?:着)?|戴(?:着)?|扎(?:着)?|光着|没穿|披着|裹着|背着|拿着?|抱着|举着?|缺(?:了)?|断了?|"
        r"少了?|没有?|卖|捡|拴(?:着)?|绑(?:着)?|跪(?:着|在)?|趴(?:着|在)?)[^,。!?;、\s]{1,12}"

        r"|[^,。!?;、\s]{0,4}(?:胎记|疤|痣|烫伤|淤青|瘀青|刀疤|兔唇|唇裂|牙印|残疾|断臂|针眼|锁痕|"
        r"印子)[^,。!?;、\s]{0,2}"

        r"|\b(?:(?:in|wearing|with|w/|holding|carrying|without|no)\s(?:an?\s|his\s|her\s|"
        r"the\s)?(?:[\w-]{2,14}\s){0,2}(?:hoodie|shirt|t-shirt|jacket|coat|dress|sari|dupatta|shoes|"
        r"cap|hat|trousers|jersey|uniform|backpack|bag|sign|cup|scar|tattoo|bandage|cast|"
        r"crutch(?:es)?|wheelchair|accordion|puppy|dog|braid|mask|frock|tracksuit|blanket|arm|leg|"
        r"hand|foot|eye|teeth)s?)\b"

        r"|\bbarefoot\b|\bhead shaved\b|\bshaved head\b|\bmissing (?:an?\s)?(?:arm|leg|hand|finger|"
        r"tooth|eye)\b|\bone leg\b|\b(?:\w+\s)?scar\b[^,.;!?]{0,24}",
    re.IGNORECASE,
)  # fmt: skip


def read(normal: Normal, taken: Sequence[tuple[int, int]] = ()) -> Who:
    """What the words say of the child; empty where they say nothing. Numbers in `taken` are times."""
    text = normal.text
    spans: list[Evidence] = []
    sex = _sex(normal, text, spans)
    children = _children(normal, text, spans)
    low, high = _age(normal, text, spans, taken)
    adult = _adult(normal, text, spans)
    marks = []
    for m in _MARKS.finditer(text):
        marks.append(normal.quote(m.start(), m.end()))
        spans.append(_said(normal, m, "mark"))
        if len(marks) == 8:
            break
    return Who(children, sex, low, high, adult, tuple(marks), tuple(spans))


def _said(normal: Normal, m: re.Match[str], rule: str) -> Evidence:
    start, end = normal.span(m.start(), m.end())
    return Evidence(EvidenceKind.TEXT, rule, start, end, normal.original[start:end])


def _sex(normal: Normal, text: str, spans: list[Evidence]) -> str:
    girl, boy = _GIRL.search(text), _BOY.search(text)
    if girl and boy:
        return ""
    m = girl or boy
    if m is None:
        pronoun = re.search(r"\b(?:(?P<f>she|her)|(?P<m>he|his|him))\b", text, re.IGNORECASE)
        if pronoun is None or not re.search(r"\b(?:kid|child|teen|baby|little one)\b", text, re.IGNORECASE):
            return ""
        spans.append(_said(normal, pronoun, "sex"))
        return "female" if pronoun["f"] else "male"
    spans.append(_said(normal, m, "sex"))
    return "female" if girl else "male"


def _children(normal: Normal, text: str, spans: list[Evidence]) -> int | None:
    for m in _COUNT_ZH.finditer(text):
        count = 2 if m["n"] == "俩" else number(m["n"])
        if count and 1 <= count <= 20:
            spans.append(_said(normal, m, "number"))
            return count
    for m in _COUNT_EN.finditer(text):
        word = m["n"].lower()
        count = 1 if word in ("a", "an") else int(word) if word.isdigit() else _EN_NUMBERS.get(word)
        plural = m["who"].lower().endswith(("s", "children", "babies")) or word not in ("a", "an", "1", "one")
        if count and count <= 20 and (count > 1) == plural:
            spans.append(_said(normal, m, "number"))
            return count
    single = re.search(
        r"俩|(?:小|男|女)孩|孩子|娃|丫头|小姑娘|婴儿|女童|男童|宝宝|少年|小[男女]生|妹妹|弟弟|BB|"
        r"孙子|♀|(?:^|[\s,。])[男女](?=[,\s])"
        r"|\b(?:boy|girl|kid|child|lad|lass(?:ie)?|baby|teen|toddler|wee one)\b",
        text,
        re.IGNORECASE,
    )
    if single is None:
        return None
    spans.append(_said(normal, single, "number"))
    return 2 if single[0] == "俩" else 1


def _age(
    normal: Normal, text: str, spans: list[Evidence], taken: Sequence[tuple[int, int]]
) -> tuple[float | None, float | None]:
    found = [*_ages_zh(text)] or [*_ages_en(text, taken)]
    found = [(m, low, high) for m, low, high in found if 0 <= low <= high <= 18]
    if not found:
        return None, None
    spans.extend(_said(normal, m, "age") for m, _, _ in found[:4])
    return min(low for _, low, _ in found), max(high for _, _, high in found)


def _ages_zh(text: str) -> Iterator[tuple[re.Match[str], float, float]]:
    for m in _AGE_ZH.finditer(text):
        low, high = _span_zh(m["a"], m["b"])
        if low is None or high is None:
            continue
        near, tail = m["near"] or "", (m["tail"] or "") + (m["more"] or "")
        if near in ("最多", "顶多", "不到", "不超过") or near.startswith("最大"):
            yield m, 0, high
        elif "多" in tail or "半" in tail:
            yield m, low, low + 1
        elif "来" in tail or "几" in tail:
            yield m, low - 1, low + 2
        elif low == high and (near or "左右" in tail or "上下" in tail) and near not in ("才", "看来"):
            yield m, max(0, low - 1), high + 1
        else:
            yield m, low, high


def _span_zh(a: str, b: str | None) -> tuple[float | None, float | None]:
    """五六岁, 十二三岁, 6-7岁: two numerals side by side are a range."""
    if b:
        first, second = number(a), number(b)
        return (first, second) if first is not None and second is not None else (None, None)
    if not a.isascii():
        if len(a) >= 2 and a[-1] not in "十零" and a[-2] not in "十零":
            tens = 10 if len(a) == 3 and a[0] == "十" else 0
            if len(a) == 2 or tens:
                first, second = number(a[-2]), number(a[-1])
                if first is not None and second is not None and second == first + 1:
                    return tens + first, tens + second
            return None, None
        value = number(a)
    else:
        value = int(a)
    return (value, value) if value is not None else (None, None)


def _ages_en(text: str, times: Sequence[tuple[int, int]]) -> Iterator[tuple[re.Match[str], float, float]]:
    taken = list(times)
    for pattern in (_AGE_EN, _AGE_AFTER_CHILD, _AGE_ALONE):
        if pattern is _AGE_ALONE and len(taken) > len(times):
            return
        for m in pattern.finditer(text):
            unit = (m.groupdict().get("unit") or "").strip().lower()
            if pattern is _AGE_EN and not unit and (m["near"] or "").strip() not in ("~", "≈"):
                continue
            if any(a < m.end() and m.start() < b for a, b in taken) or text[m.end() : m.end() + 1] in (
                ":",
                "%",
            ):
                continue
            first = _word_number(m["a"])
            second = _word_number(m["b"]) if m["b"] else first
            if first is None or second is None:
                continue
            taken.append((m.start("a"), m.end()))
            near = (m["near"] or "").strip().lower()
            if near in ("no more than", "at most", "under"):
                yield m, 0, second
            elif first == second and (near not in ("", "is", "of", "aged", "age") or unit.endswith("ish")):
                yield m, first - 1, second + 1
            else:
                yield m, min(first, second), max(first, second)


def _word_number(text: str) -> int | None:
    return int(text) if text.isdigit() else _EN_NUMBERS.get(text.lower())


def _adult(normal: Normal, text: str, spans: list[Evidence]) -> str:
    for label, pattern in _ADULT_RULES:
        m = pattern.search(text)
        if m:
            spans.append(_said(normal, m, "adult"))
            return label
    return ""
