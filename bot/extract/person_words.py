"""The words for children and for the adults beside them, Chinese and English. Words only, no reading.

Every pattern is bounded and has no nested repetition.
"""

from __future__ import annotations

import re

N_ZH = r"(?:\d{1,2}|[零一二两三四五六七八九十]{1,3})"
EN_NUMBERS = {
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
N_EN = r"(?:\d{1,2}|" + "|".join(list(EN_NUMBERS)[1:]) + ")"

GIRL = re.compile(
    r"小?女孩|女(?:子|伢)?娃娃?|女(?:童|婴|仔|宝宝|生|学生|伢|崽|囡|女)|小姑娘|姑娘|丫头|妮[子儿]|囡囡|"
    r"BB女|碎女子?|小嫚|大嫚|细妹|幺妹|妹[头娃]|丫[蛋丫]|小丫|闺妮|小姑凉|小美女|美眉|女[中小大]?(?:学生|"
    r"同学|娃)|小公主|姊妹|姐俩|姐妹俩|女囝|女宝|女婴|"
    r"妹[儿丁崽]|(?<!我)(?<!我家)女儿|小萝莉|小娘鱼|(?<!泡)妞|查某|小姐姐|小女[^的]|闺女|"
    r"小女|幼女|小妞|妞妞|妹[仔陀崽]|妹子|小妹妹?|妹妹|姐妹(?!们)|孙女|少女|细妹|细路女|[♀]|(?:小孩|孩子|"
    r"娃娃?)[^。!?,]{0,4}[,、(是]\s?女|"
    r"(?:^|[\s,。、(:])女(?=[,\s。、)])|(?<=小的)女"
    r"|\b(?:girls?|lass(?:ie|es)?|schoolgirls?|babae|dalaga|bachchi|bachi|penkutty|larki|larkiyan|kudi|"
    r"chhori|msichana|gal|gurl|(?:little|young) (?:miss|lady)|(?-i:F)(?=[,/] ?\d{1,2}\b)|wasichana|"
    r"dalagita|perempuan|ammayi|hudugi|keti|chica|gyal|"
    r"(?:female|f) (?:child|minor|toddler|infant|baby|kid)|chhoti|girlies?|"
    r"wee doll|ni[nñ]a|didi bahini|wahine|school girls?|chokri|"
    r"little madam|bacchi|ladki|beti|daughters|sisters|young one)\b",
    re.IGNORECASE,
)
BOY = re.compile(
    r"小?男孩|男(?:子|伢)?娃娃?|男(?:童|婴|仔|宝宝|生|学生|伢|崽|小囡|囡)|(?<!现)(?<!同)小伙子?|"
    r"小子|(?<![女妹])伢子|(?<!女)伢崽|(?<!我)(?<!我家)儿子|外孙(?!女)|小(?:胖子|光头|和尚|沙弥|男子汉)|尕娃|"
    r"奴仔|细路仔|细仔|仔仔|小崽崽|崽崽|后生娃娃|巴郎子?|查埔|弟[娃仔]|底迪|细佬仔?|正太|"
    r"小小子|臭小子|男[中小大]?(?:学生|同学|囝|宝|婴)|男仔|(?:小?哥|兄弟)俩|小爷们|"
    r"胖墩|小老弟|小男生|细佬|后生仔|"
    r"小胖?弟弟?|弟弟|孙子|少年|(?<!姐妹)兄弟(?!姐妹|们)|[♂](?!抱)|(?:小孩|孩子|"
    r"娃娃?)[^。!?,]{0,4}[,、(是]\s?男|"
    r"(?:^|[\s,。、(:])男(?=[,\s。、\d)])|(?<=大的)男"
    r"|\b(?:boys?|lads?|wee fella|little fella|schoolboys?|school boys?|chokra|bacha|ladka|beta|"
    r"kijana|lalak[ei]|batang laki|larka|larke|munda|chhora|chhotu|mvulana|laddie|boyo|boyz|boi|wa kiume|"
    r"(?-i:M)(?=[,/] ?\d{1,2}\b)|wavulana|binatilyo|lelaki|"
    r"laki-laki|paiyan|abbayi|"
    r"huduga|keta|chico|(?<!fe)male (?:child|minor|toddler|infant|baby|kid)|sons|brothers|almajirai?|"
    r"laaities?|umfana|yute|ni[nñ]o|small bhai|"
    r"bhai selling|"
    r"(?:young|little|lil|wee|small|tiny) (?:fellas?|guys?|man|men|dudes?|chaps?|bros?))\b",
    re.IGNORECASE,
)
BOTH = re.compile(
    r"兄妹|姐弟|(?:一男一女|一女一男)(?=(?:两|2|俩|,)?个?(?:小?孩|娃|小朋友|儿童|,?[^。,]{0,4}岁))|"
    r"(?:孩子?|娃娃?|儿童|小朋友)"
    r"[^。!?]{0,6}(?:一男一女|一女一男)"
    r"|\b(?:boys?|bro(?:ther)?|lad|son|lalak[ei]|bhai) ?(?:and|n|&|w/|with|\+|,)? ?(?:an?|his|her|one|"
    r"\d{1,2},?|of \d{1,2})? ?(?:and |w/ |with )?"
    r"(?:his |a )?(?:lil |little |small(?:er)? |big |baby |wee |older )?(?:girls?|sis(?:ter)?|lass(?:ie)?|"
    r"daughter|babae|behen)\b"
    r"|\b(?:girls?|sis(?:ter)?|lass|daughter) ?(?:and|n|&|w/|with|\+) ?(?:an?|his|her|one)? ?(?:lil |"
    r"little |small(?:er)? |big |baby |wee |older )?"
    r"(?:boys?|bro(?:ther)?|lad|son)\b",
    re.I,
)
QUOTED = re.compile(
    r"“[^”]{0,80}”|「[^」]{0,80}」|『[^』]{0,60}』|‘[^’]{0,60}’|\"[^\"]{1,80}\"|(?<!\w)'[^'\n]{4,80}'(?!\w)"
)
OTHERS = re.compile(
    r"(?:带给|送给|给|找|像|的|和|陪|等|说|叫|喊|问)(?:[他她]的?)?(?:姐姐|妹妹|弟弟|哥哥|姑娘|儿子|女儿)"
    r"|\b(?:his|her|my|their|your|baby)\s(?:little |big |older |younger )?(?:sis(?:ter)?|"
    r"bro(?:ther)?|girl|boy|son|daughter)s?\b",
    re.IGNORECASE,
)
PRONOUN = re.compile(
    r"(?P<f>她(?!们))|(?P<m>(?<![其给])他(?!们|人|[家爸妈爹娘父母奶爷姥外哥姐弟妹叔舅幺]))|"
    r"\b(?:(?P<fe>she'?s?|her|hers)|(?P<me>he'?s?|his|him))\b",
    re.IGNORECASE,
)
"""Read only where no noun says the sex."""

_CHILD_ZH = (
    r"(?:小男孩|小女孩|男孩|女孩|小孩|孩子|小朋友|娃娃|娃|婴儿|细路[女仔]?|细孩|细蚊仔|丫头|小姑娘|"
    r"姑娘|姐妹|兄弟|兄妹|姐弟|孩|"
    r"儿童|男童|女童|少年|男生|女生|男仔|女仔|囡囡|妹仔|伢|崽|男娃|女娃)"
)
COUNT_ZH = re.compile(
    rf"(?P<n>一|两|俩|仨|二|三|四|五|六|七|八|九|十|\d{{1,2}}|几)\s?(?P<unit>个|名|位|"
    rf"只)?(?:的)?(?:[大小]|乞讨|残疾|脏兮兮的|断臂|"
    rf"流浪|同样的|光脚|[五六七八九十]{{1,2}}岁的?|"
    rf"(?<=[两三四五]个)[^,。!?、\d一二三四五六七八九十两俩个]{{1,8}}的小?)?(?P<who>{_CHILD_ZH})"
)
PAIR_ZH = re.compile(
    r"(?<![爷娘孙子女])俩(?!小时|钟|洞|大人|警察|保安|钱|字|小?辫|喇叭|烤|男的|女的|老|馒|包子|月|礼拜|"
    r"星期)|两姐妹|(?<!的)姐妹(?!们)|兄弟(?!们)|兄妹|姐弟|双胞胎|[背抱牵领带拉][着个]?(?:自己|她|"
    r"他)?的?(?:小?弟弟|小?妹妹)(?!她|他)|(?:两边|左右)[^,。]{0,6}各|男孩女孩各|"
    r"一大一小|大的[^。!?]{1,16}小的|小的[^。!?]{1,24}大的|一男一女|"
    r"[背抱牵领拉][^,。]{0,4}一个[^。]{0,6}[背抱牵领拉头][^,。]{0,4}一个"
)
_CHILD_EN = (
    r"(?:boys?|girls?|kids?|child(?:ren)?|lads?|lass(?:ie)?s?|siblings|sisters|brothers|babies|"
    r"baby|little ones?|"
    r"littlies|small ones?|kidd(?:ie|o)s?|minors?|chokoras?|strollers|almajirai?|(?:little |"
    r"young )?fellas|bachch?[ae]y?|bacche|bhai|girlies|tots|"
    r"toddlers?|teens?|teenagers?|tots?|bata|tamariki|twins|infants?|"
    r"wee ones?|young ones?)"
)
COUNT_EN = re.compile(
    rf"\b(?P<n>an?|dalawang|tatlong|limang|apat na|isang|dalawa|tatlo|lima|apat|{N_EN}|several|some|"
    rf"group of)\s(?!(?:[ap]m|yo|y/o|y\.o|"
    rf"yrs?|year|min|hour|day|"
    rf"month|week|old)\b)(?:(?!(?:the|of|same|for|and|at|two|three|four|"
    rf"five)\b)[A-Za-z][\w-]{{1,13}}\s){{0,2}}?(?P<who>{_CHILD_EN})\b",
    re.IGNORECASE,
)
PAIR_EN = re.compile(
    r"\bsiblings\b|\b(?:two|both) (?:of them|sisters|brothers)\b|\btwins\b|\bbrother and sister\b|"
    r"\bsisters\b|\bbrothers\b|"
    r"\b(?:girl|boy|kid|child|lad|lass|lassie|umfana|bata|batang|one)\b[^.!?]{0,70}? (?:carrying|w/|with|"
    r"w|holding|minding|feeding|leading|cuddling|rocking) (?:an? |his |"
    r"her )?(?:[\w-]{2,12} ){0,2}?(?:baby|infant|toddler|bub|newborn|"
    r"smaller|little (?:brother|"
    r"sister|boy|girl))|\bone carrying the other\b",
    re.IGNORECASE,
)
SINGLE = re.compile(
    r"小家伙|小朋友|小鬼|幼[童女]|小不点|妞|妮|女儿|儿子|仔仔|胖墩|巴郎|妹丁|毛头|小学生|中学生|"
    r"\b(?:kiddo|bairn|wean|nipper|tyke|"
    r"little ?un|school ?kid|preteen|tween|"
    r"babby|penkutty|mtoto|pikin|yute|umfana|laaitie|young fella|small chap|little (?:chap|guy|dude|man)|"
    r"batang|bachi|bachcha|bub|munchkin|chokra|budak|anak|newborn|urchin|mite)\b|孩|娃|丫头|姑娘|婴|"
    r"[男女](?:童|生|仔|"
    r"伢)|宝宝|少年|妹妹|弟弟|妹[仔子]|小妹|小弟|BB|孙[子女]|[♀♂]|细路|细蚊|奴仔|伢|囡|崽|闺女|"
    r"小子|后生|学生|小家伙|岁|年级|(?:^|[\s,。])[男女](?=[,\s])"
    rf"|\b(?:{_CHILD_EN}|wee fella|lad|wahine|bacha|kijana|mayibobo|babae|teenager|"
    rf"\d{{1,2}}[ -]?(?:y/?o|yrs?|year)\b|"
    rf"(?:{'|'.join(list(EN_NUMBERS)[1:])}) (?:year|yr)s?|he|she|him|her)\b",
    re.IGNORECASE,
)
MANY = re.compile(r"一群|好几个|(?<!十)几个(?!月|小时|钟|人|字|路)|"
                  r"\b(?:several|some|group of|bunch of|rounding up)\b|"
    r"^[^.!?]{0,90}[a-z] boys (?!maybe)|"
                  r"\b[Dd]rumming boys\b")  # fmt: skip

_KIN_ACTS = r"(?=[^,。!?]{0,10}?(?:带|抱|牵|拉|背|领|推|坐|陪|跪|睡|盯|收|看着))"
_NOT_KIN = r"(?<![找问说等喊叫是给])(?<![他她])(?<!他的)(?<!她的)"
ADULTS: tuple[tuple[str, str], ...] = (
    ("couple",
        r"夫妻|夫妇|两口子|一家[三四五]口|一对男女|男的女的|女的[^。!?]{1,6}男的|男的[^。!?]{1,6}女的|"
        r"\bcouple\b(?! (?:of|hours|times))"),
    ("old woman",
        rf"老太太?|老太婆|老嬷嬷|阿奶|老嬢嬢|老奶奶|老妇|老婆婆|阿婆|{_NOT_KIN}(?:婆婆|奶奶|外婆|"
        rf"阿嬷){_KIN_ACTS}|"
        rf"\b(?:old(?:er)? (?:woman|lady)|granny|"
        r"elderly (?:woman|lady)|paati|ah ma|lola|old amma|nani|bibi)\b(?!'s)"),
    ("old man",
        rf"老头|老爷爷|阿伯|伯伯|老汉|老人(?!家说)|老大爷|大爷|{_NOT_KIN}(?:爷爷|阿公|"
        rf"外公){_KIN_ACTS}|\b(?:old(?:er)? (?:man|guy|"
        r"codger|fella)|baba|elderly man)\b(?!'s)"),
    ("woman",
        rf"妇女|妇人|(?<![孩子娃][,、(是])女的|女人|女子(?!娃)|婆姨|婆娘|姿娘|后生女|大妈|大姐(?!姐)|大婶|"
        rf"嬢嬢|"
        rf"孃孃|中年女|{_NOT_KIN}(?:妈妈|阿妈|母亲|"
        rf"阿姨|她妈|他妈){_KIN_ACTS}|\b(?<!every )(?<!two )(?:wom[ae]n|wumman|lad(?:y|ies)|"
        rf"female adult|adult female)\b(?!'s)"
        rf"|(?:\b(?:with|w/|and|by)\s(?:an?\s|the\s|his\s|her\s|their\s)?|[,.] )(?:mother|mum|mom|"
        rf"mam)\b(?!'s| maybe)(?! came)"),
    ("man",
        rf"(?<![,、])男的|男的(?![,、。])|男人|男子(?!娃)|光头男|中年男|大叔|大哥(?!哥)|放羊倌|小贩|"
        rf"[♂]抱|由[♂]|汉子|后生(?!仔|女|娃)|老爷们|老表|阿叔|"
        rf"{_NOT_KIN}(?:爸爸|阿爸|老爸|她爸|他爸|父亲){_KIN_ACTS}|"
        rf"\b(?<!taxi )(?<!delivery )(?:m[ae]n|guy|bloke|foreigner|"
        rf"adult male|male adult|abang|pakcik|aadmi|(?<!little )(?<!young )(?<!small )(?<!wee )fella|"
        rf"auld lad)\b(?!'s)"
        rf"|(?:\b(?:with|w/|and|by)\s(?:an?\s|the\s|his\s|her\s|their\s)?|[,.] )(?:father|dad|"
        rf"uncle)\b(?!'s| maybe)(?! came)"),
)  # fmt: skip
MARKS = re.compile(

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

GROUP = re.compile(
    r"^(?:(?:小?孩子?|小朋友|娃娃?|娃儿|小?伢|细路|细孩|儿童)|(?:kids?|children|littlies|ones|bata|bachay|"
    r"tamariki|little ones))$",
    re.IGNORECASE,
)
"""Words for several children that leave their sex open."""
ALL_OF_THEM = re.compile(
    r"(?:都是|全是|均为|全部是|两个都|俩都|清一色)[^,。]{0,4}$|\b(?:both|all|all of them|mostly) (?:are |"
    r"were )?$",
    re.IGNORECASE,
)
