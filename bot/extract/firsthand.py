"""Who speaks: the author's own sighting, one passed on, news, a notice, or something else; with the words.

Rules of words only, graded by order: the first that holds decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.extract.normal import Normal, Part
from store.records.sighting import FirstHand


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who saw it, the words or rule that say so, and whether the post reports a sighting at all."""

    first_hand: FirstHand
    why: str
    is_sighting: bool


_NOTICE = re.compile(
    r"寻子|寻女|寻人|协寻|寻找(?:儿子|女儿|孩子|小孩|走失)|悬赏|(?:走失|失踪|走丢|被拐|"
    r"被抱走)(?:时|儿童|男|女|人|,|。|于|后|至今|,?身)|与家人走(?:失|散)|离家出走|家人(?:非常|"
    r"很)?着急|必有重谢|重金酬谢"
    r"|\b(?:missing (?:child|boy|girl|person|since|from)|amber alert|have you seen (?:this|my|our|"
    r"him|her)|last seen (?:wearing|in|at|on|with|near)|help (?:us )?find (?:my|our|him|her)|"
    r"went missing|separated during|last with|bring (?:him|her) home)\b",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"警方(?:通报|提醒|破获|解救|表示)|公安(?:部|局)(?:通报|破获|部署|:)|据(?:报道|悉|"
    r".{1,8}(?:日报|晚报|新闻|电视台))|记者|【[^】]{4,40}】|新华社|来源[:：]|(?:人民|中国)网|预警|"
    r"民政部|通知要求|专项行动|打拐办|急寻!"
    r"|\b(?:police (?:hq )?(?:say|says|said|rescue[ds]?|arrest)|officials? said|according to|"
    r"reported(?:ly)? by|via @?(?:bbc|cnn|reuters)|ministry|court|sentenced|arrested|probation)\b",
    re.IGNORECASE,
)
_PASSED = re.compile(
    r"转自|转发自|转载|代发|帮(?:忙)?(?:转|发|上传|朋友)|朋友(?:发|说|拍|看|圈|告诉)|同事(?:说|"
    r"拍的|发)|网友(?:说|拍|爆料|投稿)|(?:阿姨|妈妈?|老公|老婆|爸爸?|姐|妹|哥|弟|表[姐妹哥弟]|"
    r"邻居|同学|舍友|室友|闺蜜|婆婆|奶奶|外婆|群里)(?:说|拍到|看到|告诉|发来|传)|听说|收到私信|"
    r"群里|投稿|私信说"
    r"|\b(?:rt @|forwarded|fwd|via (?:my|a)|my [a-z][\w'-]{2,14}(?: [\w'-]{2,14}){0,4} (?:sent|"
    r"says?|said|saw|told|took|texted|spotted|reports?|swears)\b|from my (?:tita|cousin|friend|"
    r"aunt|sister|brother|mum|mom)|passing (?:this )?on|copied|copy.?paste|as received|"
    r"someone (?:sent|told)|not my (?:photo|pic)|friend of a friend|heard from|posting for|"
    r"i (?:have not|haven't|did not|didn't) (?:seen?|witness\w*) it myself)\b",
    re.IGNORECASE,
)
_SCENE = re.compile(
    r"乞讨|要饭|讨钱|要钱|讨饭|行乞|乞钱|跪|磕头|卖花|卖唱|卖艺|残疾|断[了臂腿手]|缺|没穿|光着|"
    r"抱着|坐(?:在)?地|趴|拉二胡|卖(?:口香糖|纸巾|玫瑰|花|荧光)|拿着?(?:碗|盆|盘)|纸(?:盒|箱|壳)|"
    r"看[见到]|碰[见到]|遇[见到]|拍|睡|收[钱紧]|收錢|男孩|女孩|小孩|孩子|娃|丫头|小姑娘|婴儿|细路|"
    r"妹仔|妹妹|弟弟|男童|女童|少年"
    r"|\b(?:begging|begs?|beggar|asking for (?:money|coins|change|bus fare|cash)|selling|barefoot|"
    r"no shoes|cardboard|sign|cup|coins?|tissues?|busking|alone|sleeping|carrying|holding|boys?|"
    r"girls?|kids?|child(?:ren)?|lad|lass(?:ie)?|baby|toddler|teen|bata|wee one|little ones?|"
    r"siblings|sisters|brothers)\b",
    re.IGNORECASE,
)
_CHILD = re.compile(
    r"孩|娃|丫头|小姑娘|小男生|小女生|小妹|小弟|小胖|妹仔|妹妹|弟弟|细路|女仔|男童|女童|婴|宝宝|"
    r"BB|少年|学生|小家伙|孙子|孙女|儿童|[男女](?=[,\s,。]|\d)|♀|♂|岁"
    r"|\b(?:boys?|girls?|kids?|child(?:ren)?|lads?|lass(?:ie)?|bab(?:y|ies)|toddlers?|teens?|bata|"
    r"wee one|little ones?|siblings|sisters|brothers|y\.?o\.?|infant|youngster)\b",
    re.IGNORECASE,
)
_NOT_A_SIGHTING = re.compile(
    r"假的|谣言|辟谣|骗|撤回|后来怎么样|在哪在哪\?$|感谢|谢谢(?:大家|你们|所有)|加油|快乐|祝|建议|"
    r"呼吁|打码|诚招|招聘|日结|加QQ|加微信|包邮|优惠|不要再转|别再转|大家(?:都|拍照|不要)|"
    r"为什么永远|冷知识|纪录片|为.{1,6}祈祷|愿天下|志愿者|.{1,3}年前我|至今没有|小编|今年应该"
    r"|\b(?:every (?:share|photo|retweet)|thank(?:s| you) (?:to|for|all|every\w+|so)|"
    r"happy (?:thanksgiving|new year|easter|birthday)|april fools?|is there|do i just|"
    r"anybody know\?|has anyone|does anyone know|not every|stop calling|% off|deals?|promo|"
    r"giveaway|prayers|pray for|hoax|debunked|fake|i have no photo|volunteer|raise awareness|"
    r"donate|used to beg|where are they now|not (?:a|posting it as a) report|be someone's|"
    r"identified|documentary|joke)\b",
    re.IGNORECASE,
)
_STRONG_OWN = re.compile(
    r"刚刚|刚才|刚拍|今[天早晚儿日]|昨[天晚儿日]|前[天晚]|\d[点:]|[一二三四五六七八九十][点點]|"
    r"上午|下午|傍晚|早上|晚上|中午"
    r"|\b(?:just now|today|yesterday|last night|this (?:morning|afternoon|evening)|tonight|"
    r"\d{1,2}(?::\d\d)?\s?[ap]m|ago)\b",
    re.IGNORECASE,
)


def judge(
    normal: Normal, parts: Sequence[Part], *, has_place: bool, has_time: bool, has_photo: bool
) -> Verdict:
    """Who speaks and whether the post reports a sighting. `has_…`: what else was read from the post."""
    text = normal.text
    child, scene = _CHILD.search(text), _SCENE.search(text)
    against = _NOT_A_SIGHTING.search(text)
    reports = bool((child or scene) and (has_time or has_place or has_photo))
    own_words = " ".join(text[p.start : p.end] for p in parts if p.own)
    passed = _PASSED.search(text) or (not own_words.strip() or None)
    notice = _NOTICE.search(text)
    if notice and not (child and _STRONG_OWN.search(text) and scene and _begs(text)):
        return Verdict(FirstHand.NOTICE, notice[0], is_sighting=False)
    news = _NEWS.search(text)
    if news and not (child and _begs(text) and has_time and has_place):
        return Verdict(FirstHand.NEWS, news[0], is_sighting=False)
    if against and not (has_time and has_place and child and _begs(text)):
        first_hand = FirstHand.PASSED_ON if isinstance(passed, re.Match) else FirstHand.OTHER
        return Verdict(first_hand, against[0], is_sighting=False)
    if not reports and not (has_time and has_place):
        return Verdict(FirstHand.OTHER, "names no child, scene, time or place", is_sighting=False)
    if isinstance(passed, re.Match):
        return Verdict(FirstHand.PASSED_ON, passed[0], is_sighting=True)
    if passed or (len(parts) > 1 and not _SCENE.search(own_words)):
        return Verdict(FirstHand.PASSED_ON, "a repost chain", is_sighting=True)
    return Verdict(FirstHand.OWN, scene[0] if scene else child[0] if child else "", is_sighting=True)


_BEGS = re.compile(
    r"乞|要饭|[讨要]钱|讨饭|跪|磕头|卖|残|断|缺|爬|趴|睡|抱|抓|光着|拍|看[见到]|碰|遇|有个|一个"
    r"|\b(?:begg?\w*|asking|selling|coins?|money|barefoot|saw|sat|sitting|sleeping|alone|cup|sign|"
    r"busk\w*|holding)\b",
    re.IGNORECASE,
)


def _begs(text: str) -> bool:
    return _BEGS.search(text) is not None
