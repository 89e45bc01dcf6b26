"""Hashtags that name a kind of people alone are refused: ethnicity, religion, disability, poverty.

Such a tag points a camera at people for what they are, not for a child that is missed. A tag that says
more (that a child is looked for, a place, a name) is none of these. Words only: knows no post.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from store.records.naming import simplify


class Kind(StrEnum):
    """What a tag names when it is refused."""

    ETHNICITY = "ethnicity"
    RELIGION = "religion"
    DISABILITY = "disability"
    POVERTY = "poverty"


WHY: Mapping[Kind, str] = {
    Kind.ETHNICITY: "it names an ethnic group alone; where somebody comes from is no sign of a missing child",
    Kind.RELIGION: "it names a religion alone; what a family believes is no sign of a missing child",
    Kind.DISABILITY: "it names a disability alone; a child with one is no more likely to be missed",
    Kind.POVERTY: "it names poverty alone; of 135 begging children whom police checked in 2011 all were with "
    "their families",
}

_TERMS: Mapping[Kind, str] = {
    Kind.ETHNICITY: (
        "少数民族 民族 维吾尔族 维吾尔 维族 新疆人 藏族 藏人 西藏人 回族 回民 蒙古族 蒙族 蒙古人 "
        "满族 满人 壮族 苗族 苗人 彝族 土家族 布依族 侗族 瑶族 白族 哈尼族 傣族 黎族 傈僳族 佤族 "
        "畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族 柯尔克孜族 土族 达斡尔族 羌族 撒拉族 毛南族 "
        "仡佬族 锡伯族 阿昌族 普米族 塔吉克族 怒族 乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 "
        "裕固族 京族 塔塔尔族 独龙族 鄂伦春族 赫哲族 门巴族 珞巴族 基诺族 朝鲜族 哈萨克族 哈萨克 "
        "汉族 黑人 白人 亚裔 非裔 吉普赛 吉卜赛 罗姆人 罗姆 犹太人 阿拉伯人 外国人 外地人 ethnic "
        "ethnicminority ethnicminorities minority minorities uyghur uyghurs uighur uighurs "
        "tibetan tibetans hui hmong miao mongol mongols mongolian kazakh kazakhs roma romani "
        "gypsy gypsies sinti traveller travellers black blacks white whites asian asians arab "
        "arabs latino latina latinos hispanic hispanics african africans aboriginal aboriginals "
        "indigenous foreigner foreigners migrant migrants refugee refugees"
    ),
    Kind.RELIGION: (
        "穆斯林 回教徒 回教 伊斯兰教 伊斯兰 清真 基督徒 基督教 天主教 天主教徒 佛教 佛教徒 道教 "
        "道教徒 犹太教 法轮功 印度教 锡克教 信徒 muslim muslims islam islamic christian "
        "christians christianity catholic catholics buddhist buddhists buddhism taoist taoists "
        "hindu hindus hinduism sikh sikhs jew jews jewish judaism falungong mormon mormons "
        "believer believers"
    ),
    Kind.DISABILITY: (
        "残疾 残障 残废 伤残 肢残 聋 聋哑 聋人 哑巴 哑 盲人 盲 瞎子 瞎 失明 瘸子 瘸 跛子 跛 瘫痪 "
        "智障 弱智 智残 傻子 痴呆 自闭症 自闭 孤独症 脑瘫 唐氏 唐氏症 侏儒 侏儒症 精神病 癫痫 "
        "唇腭裂 兔唇 断肢 畸形 轮椅 disabled disability disabilities handicapped handicap deaf "
        "deafmute mute blind lame crippled cripple cripples paralysed paralyzed retarded autistic "
        "autism downsyndrome downs cerebralpalsy epileptic epilepsy dwarf dwarfs wheelchair "
        "amputee amputees deformed cleftlip mentallyill"
    ),
    Kind.POVERTY: (
        "乞讨 乞丐 行乞 要饭 讨饭 讨钱 要钱 乞儿 流浪 流浪汉 流浪儿 街头儿童 街头孩子 穷 穷人 "
        "贫困 贫穷 贫苦 贫民 低保 低保户 拾荒 捡垃圾 捡破烂 卖艺 农民工 留守 无家可归 困难户 poor "
        "poverty beggar beggars beg begging panhandler panhandlers panhandling homeless "
        "homelessness vagrant vagrants tramp tramps hobo destitute needy pauper paupers ragpicker "
        "ragpickers slum slums streetchild streetkid streetkids streetchildren"
    ),
}
_FILLERS = (
    "孩子 孩 小孩 小孩子 儿童 娃 娃娃 小朋友 女孩 男孩 女孩子 男孩子 女童 男童 婴儿 少年 少女 "
    "青少年 妇女 女人 男人 老人 母亲 妈妈 父亲 家庭 家长 人 人群 人士 群体 族 族人 者 们 的 "
    "小 儿 子 老 教徒 症 和 与 在 上 child children kid kids boy boys girl girls baby babies "
    "toddler toddlers teen teens youth youths son daughter people person persons man men "
    "woman women mother mothers father fathers family families community communities group "
    "groups the a an of and in on s with little young"
)
_ALL_FILLERS = frozenset(_FILLERS.split())
_KINDS: Mapping[str, Kind] = {term: kind for kind, words in _TERMS.items() for term in words.split()}
_LONGEST = max(map(len, [*_KINDS, *_ALL_FILLERS]))
MAX_CHARS = 140


def plain(tag: str) -> str:
    """A tag as these lists spell it: NFKC, case folded, simplified, letters and digits alone."""
    folded = simplify(unicodedata.normalize("NFKC", tag[:MAX_CHARS]).casefold())
    return "".join(char for char in folded if char.isalnum())


def refused(tag: str) -> Kind | None:
    """What the tag names alone, None if it says anything more than a kind of people."""
    word = plain(tag)
    # From each place that words of these lists reach: the kinds named on the way there, best first.
    reached: dict[int, Kind | None] = {0: None}
    for start in range(len(word)):
        if start not in reached:
            continue
        for end in range(start + 1, min(len(word), start + _LONGEST) + 1):
            part = word[start:end]
            if part in _KINDS or part in _ALL_FILLERS or part.isdigit():
                kind = reached[start] or _KINDS.get(part)
                reached[end] = reached.get(end) or kind
    return reached.get(len(word)) if word else None


def why(tag: str) -> str:
    """Why a tag is refused, in words; "" if it is not."""
    kind = refused(tag)
    return "" if kind is None else WHY[kind]
